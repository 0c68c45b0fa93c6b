"""Gifts become entries: repeats first, then broadcast, place on the line, entry.

One table of outcomes, in order of precedence:

1. the id is known with the same content: the first entry (`AlreadyRecorded`);
2. the id is known with other content: an alarm that names the first field that differs (`Contradicted`);
3. otherwise it is recorded (`Recorded`), into a hole of a settled period if it belongs there and fits whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import eq
from typing import Any

import orjson

from ledger.actors import Actor
from ledger.clock import from_ms, from_text, local_date, local_month, to_text
from ledger.errors import InsufficientError, NotFoundError, StateError
from ledger.funds.history import Channel
from ledger.intake import store
from ledger.intake.events import CONTENT_FIELDS
from ledger.intake.prepared import PreparedGift
from ledger.intake.store import Session
from ledger.journal import accounts
from ledger.journal import history as journal_history
from ledger.journal.codec import decode, encode
from ledger.journal.entries import VERSION, Claim, Draft, Posting
from ledger.journal.late import OPEN, LateRun, joined, late_before
from ledger.moneyline.history import OpenHole
from ledger.privacy import store as privacy_store
from ledger.privacy.aliases import Aliases
from ledger.privacy.tables import private_parts
from ledger.sequencer.books import Books, Run


@dataclass(slots=True)
class Recorded:
    """A new entry. Verdicts are not frozen, because freezing triples the cost of making one."""

    seq: int


@dataclass(slots=True)
class AlreadyRecorded:
    """A repeat: the first entry."""

    seq: int


@dataclass(slots=True)
class Contradicted:
    """The id is known with other content; `field` is the first that differs."""

    seq: int
    field: str


Verdict = Recorded | AlreadyRecorded | Contradicted


def scope(channel: Channel) -> str:
    """Return the claim scope of a channel's gifts."""
    return f"gift:{channel.name}"


def book_gifts(
    books: Books, channel: Channel, actor: Actor, zone: str, gifts: Sequence[PreparedGift]
) -> list[Verdict]:
    """Post gifts of one channel; a bulk decision: it never refuses after it has posted.

    Args:
        books: The fund's books.
        channel: Where they came from.
        actor: The feed or import.
        zone: Time zone that decides days.
        gifts: Prepared, in order.

    Returns:
        A verdict for each gift, in order.
    """
    known = _known(books, scope(channel), gifts)
    lane = _Lane(books, channel, actor, zone)
    verdicts: list[Verdict] = []
    for gift in gifts:
        found = known.get(gift.source_id)
        if found is None:
            seq = lane.post(gift)
            known[gift.source_id] = (seq, gift.digest)
            verdicts.append(Recorded(seq))
        elif found[1] == gift.digest:
            verdicts.append(AlreadyRecorded(found[0]))
        else:
            lane.settle()
            verdicts.append(Contradicted(found[0], _first_difference(books, found[0], gift)))
    lane.flush()
    return verdicts


def repeats(
    books: Books, channel: Channel, ids: Sequence[str], digests: Sequence[bytes]
) -> list[bool]:
    """Tell which gifts are recorded with just this content; posts nothing.

    Gifts of erased donors are left out: `book_gifts` finds them. What is recorded once stays so, and an answer is good
    however much later it is used.

    Args:
        books: The fund's books.
        channel: Where the gifts came from.
        ids: Their ids on the channel.
        digests: Their contents' digests.

    Returns:
        One for each gift.
    """
    known = {key: claim.digest for key, claim in books.claimed(scope(channel), ids).items()}
    return list(map(eq, map(known.get, ids), digests))


def _known(
    books: Books, claim_scope: str, gifts: Sequence[PreparedGift]
) -> dict[str, tuple[int, bytes]]:
    """Find which gifts are entries already, those of erased donors too: they are known by keyed hashes."""
    known: dict[str, tuple[int, bytes]] = {
        key: (claim.seq, claim.digest)
        for key, claim in books.claimed(claim_scope, [gift.source_id for gift in gifts]).items()
    }
    unknown = [gift for gift in gifts if gift.source_id not in known]
    if not unknown or not books.has_erased(claim_scope):
        return known
    aliases = Aliases(books.keys, books.fund.slug)
    by_alias = {aliases.of_id(claim_scope, gift.source_id): gift for gift in unknown}
    for alias, claim in books.claimed(claim_scope, list(by_alias)).items():
        gift = by_alias[alias]
        same = claim.digest == aliases.of_digest(gift.digest)
        known[gift.source_id] = (claim.seq, gift.digest if same else b"")
    return known


class _Lane:
    """Posts the gifts of one channel in one commit: gathers neighbours into runs, and posts others one by one."""

    def __init__(self, books: Books, channel: Channel, actor: Actor, zone: str) -> None:
        self._books = books
        self._channel = channel
        self._actor = actor
        self._zone = zone
        self._platform = accounts.platform(channel.name)
        self._gifts = accounts.gifts(channel.name)
        self._unattributed = accounts.unattributed(channel.name)
        self._scope = scope(channel)
        self._holes: list[OpenHole] = []
        # Broadcasts by key, as [entry, gifts, total]: as far as gifts are gathered, posted or not.
        self._sessions: dict[str, list[int]] = books.notes.setdefault("sessions", {})
        self._last: tuple[str, list[int]] | None = None
        self._commodity = ""
        self._gathered: list[tuple[PreparedGift, int, int]] = []
        # Read before anything of this lane is numbered: it may close a month whose time is over.
        self._months = books.months
        self._bound = self._months.bound
        self._late_before = late_before(books.recorded_text)

    def post(self, gift: PreparedGift) -> int:
        """Take one gift and return the number that it has, or will have when the run is posted."""
        commodity = gift.commodity
        if commodity != self._commodity:
            self.flush()
            self._commodity = commodity
            self._holes = self._books.open_holes(self._platform, commodity)
            self._last = None
        session = self._session(gift)
        session[1] += 1
        session[2] += gift.gross
        hole = self._fill(gift) if self._holes else None
        if hole is not None:
            return self._post_into(hole, gift, session)
        self._gathered.append((gift, session[1], session[0]))
        return self._books.size + len(self._gathered) - 1

    def flush(self) -> None:
        """Post the gathered gifts."""
        gathered, self._gathered = self._gathered, []
        if not gathered:
            return
        books, commodity = self._books, self._commodity
        first = books.size
        run = Run("gift", self._platform, self._gifts, commodity, self._scope)
        template = _template(books, self._actor, self._channel.name, run)
        bound = self._bound

        def encode_all(seq: int, position: int) -> list[bytes]:
            encoded: list[bytes] = []
            for gift, n, session_seq in gathered:
                gross = gift.gross
                before_line, before_n, before_session, end = gift.written
                if gift.occurred_at < bound:
                    before_line += self._late(gift)
                encoded.append(
                    template
                    % (
                        gross, before_line, position, before_n, n, before_session, session_seq,
                        end, gift.occurred_at.encode(), gross, gross, seq,
                    )
                )  # fmt: skip
                position += gross
                seq += 1
            return encoded

        books.post_run(
            run, [(gift.gross, gift.source_id, gift.digest) for gift, _, _ in gathered], encode_all
        )
        books.add_rows(
            private_parts,
            privacy_store.COLUMNS,
            [self._private_row(gift, first + at) for at, (gift, _, _) in enumerate(gathered)],
        )
        before = max(bound, self._late_before)
        late = [
            self._late_run(gift, first + at)
            for at, (gift, _, _) in enumerate(gathered)
            if gift.occurred_at < before
        ]
        if late:
            books.add_late(joined(late))

    def _late_run(self, gift: PreparedGift, seq: int) -> LateRun:
        """Return what the index of late entries says of a gift."""
        occurred_at = gift.occurred_at
        if occurred_at < self._bound:
            mark = self._months.mark("gift", occurred_at, {})
            assert mark is not None
            month = self._months.month_of(occurred_at)
            counts_in, state = mark["counts_in"], mark["state"]
        else:
            month = counts_in = _month_of(occurred_at, self._zone)
            state = OPEN
        return LateRun(seq, seq, "gift", month, counts_in, state, gift.gross, gift.commodity)

    def _late(self, gift: PreparedGift) -> bytes:
        """Return the mark of a gift that is dated in a month which is closed or closing, before its `line`."""
        mark = self._months.mark("gift", gift.occurred_at, {})
        assert mark is not None
        return b'"late":%b,' % encode(mark)

    def settle(self) -> None:
        """Post and insert everything so far."""
        self.flush()
        self._books.settle()
        self._last = None

    def _post_into(self, hole: OpenHole, gift: PreparedGift, session: list[int]) -> int:
        """Post a gift into the room that a settlement left for it."""
        self.flush()
        books, commodity = self._books, gift.commodity
        body = {
            **gift.fields,
            "amount": gift.gross,
            "channel": self._channel.name,
            "commodity": commodity,
            "fills": hole.seq,
            "line": hole.start,
            "n": session[1],
            "session": session[0],
        }
        seq = books.post(
            Draft(
                "gift",
                gift.occurred_at,
                self._actor,
                body,
                (Posting(self._unattributed, self._gifts, commodity, gift.gross),),
                (),
                Claim(self._scope, gift.source_id, gift.digest),
            )
        )
        if self._bound <= gift.occurred_at < self._late_before:
            books.add_late([self._late_run(gift, seq)])
        books.add_fill(self._platform, commodity, hole.start, gift.gross)
        books.add_row(private_parts, privacy_store.COLUMNS, self._private_row(gift, seq))
        return seq

    def _private_row(self, gift: PreparedGift, seq: int) -> tuple[Any, ...]:
        return (
            self._books.fund.fund_id,
            seq,
            self._channel.name,
            gift.giver,
            gift.nickname,
            gift.message,
            gift.delivery,
            gift.salts,
        )

    def _session(self, gift: PreparedGift) -> list[int]:
        """Return the gift's broadcast with its counters before this gift."""
        key = gift.session
        last = self._last
        if last is not None and last[0] == key and key:
            return last[1]
        key = key or f"{local_date(from_ms(gift.occurred_ms), self._zone)}"
        name = f"{self._channel.name}/{key}"
        session = self._sessions.get(name)
        if session is None:
            session = self._open(gift, key)
            self._sessions[name] = session
        self._last = (gift.session, session)
        return session

    def _open(self, gift: PreparedGift, key: str) -> list[int]:
        self.flush()
        books, fund_id = self._books, self._books.fund.fund_id
        books.at_settling("sessions", self._write_sessions)
        found = store.open_session(books.connection, fund_id, self._channel.name, key)
        if found is None:
            seq = books.post(
                Draft(
                    "session.opened",
                    gift.occurred_at,
                    self._actor,
                    {"channel": self._channel.name},
                )
            )
            books.settle()
            books.at_settling("sessions", self._write_sessions)
            found = Session(seq, 0, 0)
            store.add_session(books.connection, fund_id, self._channel.name, key, found)
        return list(found)

    def _write_sessions(self) -> None:
        for session in self._sessions.values():
            store.update_session(
                self._books.connection, self._books.fund.fund_id, Session(*session)
            )
        self._sessions.clear()

    def _fill(self, gift: PreparedGift) -> OpenHole | None:
        """Take room in the oldest hole that the gift belongs into and fits whole."""
        holes = self._holes
        for at, hole in enumerate(holes):
            if gift.occurred_ms < hole.until_ms and gift.gross <= hole.room:
                holes[at] = hole._replace(
                    start=hole.start + gift.gross, room=hole.room - gift.gross
                )
                return hole
        return None


@lru_cache(maxsize=10_000)
def _month_of(occurred_at: str, zone: str) -> str:
    """Return the month that a minute is in; neighbours share their minute."""
    return local_month(from_text(occurred_at), zone)


def _template(books: Books, actor: Actor, channel: str, run: Run) -> bytes:
    """Return what the entries of a run have in common, with a `%` place for everything else.

    A property test holds that what comes of it are the bytes that `encode` makes of the same entry.

    Args:
        books: Name the fund and the time.
        actor: Who posts.
        channel: Its name.
        run: Kind, accounts and commodity.

    Returns:
        A template of: amount, first part (see `write_parts`), line, second part, n, third part, session, last part,
        minute of the gift, amount, amount, number.

    Source:
        RFC 8785 section 3.2.3: members stand in the order of their names.
    """
    commodity = _quoted(run.commodity)
    return b"".join(
        (
            b'{"actor":{"id":%b,"role":%b},' % (_quoted(actor.id), _quoted(actor.role)),
            b'"body":{"amount":%%d,"channel":%b,' % _quoted(channel),
            b'"commodity":%b,%%b"line":%%d,%%b"n":%%d,%%b"session":%%d,%%b},' % commodity,
            b'"fund":%b,"kind":%b,' % (_quoted(books.fund.slug), _quoted(run.kind)),
            b'"occurred_at":"%b","postings":[',
            b'{"account":%b,"amount":%%d,"commodity":%b},' % (_quoted(run.debit), commodity),
            b'{"account":%b,"amount":-%%d,"commodity":%b}],' % (_quoted(run.credit), commodity),
            b'"recorded_at":%b,"seq":%%d,"v":%d}' % (_quoted(books.recorded_text), VERSION),
        )
    )


def _quoted(text: str) -> bytes:
    """Encode a text for the inside of a template."""
    return orjson.dumps(text).replace(b"%", b"%%")


def _first_difference(books: Books, seq: int, gift: PreparedGift) -> str:
    """Name the first field in which a known id comes with other content; `giver` and the like may be erased."""
    fund_id = books.fund.fund_id
    body = decode(journal_history.entry(books.connection, fund_id, seq).entry)["body"]
    private = privacy_store.find(books.connection, fund_id, [seq]).get(seq)
    stored: dict[str, object] = {
        "units": body.get("units", body["amount"]),
        "unit": body.get("unit", body["commodity"]),
        "gross_minor": body["amount"],
        "commodity": body["commodity"],
        "count": body["count"],
        "item": body["item"],
    }
    if private is not None:
        delivery = orjson.loads(private.delivery)
        stored |= {
            "giver": private.giver,
            "message": private.message,
            "session": delivery["session"],
            "occurred_at_ms": delivery["occurred_ms"],
        }
    came: dict[str, object] = {
        "units": gift.fields.get("units", gift.gross),
        "unit": gift.fields.get("unit", gift.commodity),
        "gross_minor": gift.gross,
        "commodity": gift.commodity,
        "count": gift.fields["count"],
        "item": gift.fields["item"],
        "giver": gift.giver,
        "message": gift.message,
        "session": gift.session,
        "occurred_at_ms": gift.occurred_ms,
    }
    for name in CONTENT_FIELDS:
        if name in stored and name in came and stored[name] != came[name]:
            return name
    return "content"


def reverse_gift(books: Books, actor: Actor, seq: int, occurred_at: str, reason: str) -> int:
    """Reverse a gift: off the line when it is not settled yet; else it keeps its place, and the next settlement says
    what the platform takes back.

    Args:
        books: The fund's books.
        actor: Who says so.
        seq: The gift's entry.
        occurred_at: RFC 3339 UTC.
        reason: `refund`, `minor-refund` or `error`.

    Returns:
        The reversing entry.

    Raises:
        NotFoundError: Not a gift.
        StateError: It is reversed already.
        InsufficientError: The line does not hold it any more.
    """
    found = journal_history.entry(books.connection, books.fund.fund_id, seq)
    if found.kind != "gift":
        raise NotFoundError(what="gift", seq=seq)
    body = decode(found.entry)["body"]
    platform, commodity, amount = (
        accounts.platform(body["channel"]),
        body["commodity"],
        body["amount"],
    )
    if books.claimed("reversal", [str(seq)]):
        raise StateError(what="gift", seq=seq, state="reversed", needed="standing")
    start = body["line"]
    early = start >= books.front(platform, commodity)
    if early and books.totals(platform, commodity).balance < amount:
        raise InsufficientError(account=platform, asked=amount)
    claim = Claim("reversal", str(seq), seq.to_bytes(16, "big"))
    postings = (
        (Posting(accounts.gifts(body["channel"]), platform, commodity, amount),) if early else ()
    )
    text = {
        "reverses": seq,
        "reason": reason,
        "settled": not early,
        "channel": body["channel"],
        "amount": amount,
        "commodity": commodity,
    }
    reversal = books.post(Draft("gift.reversed", occurred_at, actor, text, postings, (), claim))
    if early:
        books.add_void(platform, commodity, start, amount)
    return reversal


def close_sessions(books: Books, actor: Actor) -> int:
    """Close all open broadcasts: the closing entry states how many gifts there were and their sum.

    A gift that comes later opens a further session of the same room.

    Args:
        books: The fund's books, settled.
        actor: Who closes.

    Returns:
        How many were closed.
    """
    fund_id = books.fund.fund_id
    found = store.open_sessions(books.connection, fund_id)
    for one in found:
        body = {
            "channel": one.channel,
            "session": one.session.session_seq,
            "gifts": one.session.gifts,
            "total": one.session.total,
        }
        seq = books.post(Draft("session.closed", to_text(books.clock.now()), actor, dict(body)))
        books.settle()
        store.close_session(books.connection, fund_id, one.session.session_seq, seq)
    return len(found)
