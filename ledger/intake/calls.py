"""One call of the interface: who may post, gifts with an idempotency key, and the receipts that come back.

In: a token, a body, a key. Out: what became of each gift, with its receipt. Guaranteed: a token that has ended records
nothing from that instant on, and a key that comes again with the same body gives the first answer, in any process and
after any restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

import orjson

from ledger.actors import Actor
from ledger.clock import Clock, to_ms
from ledger.errors import ConflictError, FieldError, NotAllowedError, UnauthorizedError
from ledger.funds import history as funds
from ledger.funds.history import Channel, Token
from ledger.funds.tokens import TokenUses, check, hash_of
from ledger.intake.booking import (
    AlreadyRecorded,
    Contradicted,
    Recorded,
    Verdict,
    book_gifts,
    scope,
)
from ledger.intake.events import GiftEvent, RowProblem, shown_value
from ledger.intake.gift_receipts import GiftReceipt, opening_of, stored_receipts
from ledger.intake.prepared import PreparedGift, RateTable, prepare
from ledger.intake.receiving import rate_table
from ledger.intake.sources.own_rows import read_body
from ledger.journal.history import Fund, fund_by_slug
from ledger.journal.receipt_numbers import receipt_number
from ledger.privacy import store as privacy_store
from ledger.sequencer import receipts
from ledger.sequencer.books import Books, Claimed
from ledger.sequencer.groups import Commit, Sequencer
from ledger.sequencer.store import CLAIM_COLUMNS
from ledger.sequencer.tables import claims

RECORDING = "gifts.record"

TOKENS_KEPT = 1024
"""Tokens that a process remembers; whether they still hold is looked up in every commit."""

FEW_RECEIPTS = 8
"""Up to so many gifts each proof is made from the commit alone; above, proofs share what they read from the log."""

KEY_CHARS_MAX = 128


class Caller(NamedTuple):
    """A machine that showed a token of the fund.

    Attributes:
        fund: The fund.
        member_id: For whom it acts.
        token_hash: SHA-256 of the token.
    """

    fund: Fund
    member_id: str
    token_hash: bytes


class Kept(NamedTuple):
    """A gift that is in the ledger: by this call (`is_new`) or by an earlier one."""

    line: int
    is_new: bool
    receipt: GiftReceipt


class Wrong(NamedTuple):
    """A gift that was not taken.

    Attributes:
        line: Place in the body, from 1.
        field: As the sender writes it; empty when the whole is meant.
        reason: A key of `events.REASONS`; `conflict` for a known id with other content.
        value: What stood there; never personal.
        seq: For a conflict the first entry.
    """

    line: int
    field: str
    reason: str
    value: str
    seq: int | None = None


Result = Kept | Wrong


@dataclass(frozen=True, slots=True)
class _Posted:
    """What the one writer found and did."""

    gifts: list[PreparedGift]
    verdicts: list[Verdict]
    problems: list[RowProblem]
    entries: dict[int, bytes]
    """Bytes of the new ones, as far as they are at hand."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """The token has ended since it was last seen."""


@dataclass(frozen=True, slots=True)
class _OtherBody:
    """The key was used with another body."""

    seq: int


class _Channel(NamedTuple):
    channel: Channel
    zone: str


class GiftCalls:
    """Takes the calls of all funds, for this process.

    What it remembers never changes (channels, zones) or is looked up again in the commit (tokens). Rates are read
    anew for every call that has coins in it.

    Args:
        sequencer: The writer.
        clock: Tells when a call arrives.
    """

    def __init__(self, sequencer: Sequencer, clock: Clock) -> None:
        self._sequencer = sequencer
        self._database = sequencer.database
        self._clock = clock
        self._callers: dict[tuple[str, bytes], Caller] = {}
        self._channels: dict[tuple[int, str], _Channel] = {}
        self._uses = TokenUses(sequencer.database, clock)

    def caller(self, slug: str, token: str) -> Caller:
        """Tell who calls.

        Args:
            slug: The fund.
            token: As it came; empty for none.

        Returns:
            The caller. Whether the token still holds is asked again when gifts are recorded.

        Raises:
            NotFoundError: There is no such fund.
            UnauthorizedError: No token, or one that is unknown, ended or of another fund.
            NotAllowedError: The token is for something else.
        """
        token_hash = hash_of(token)
        known = self._callers.get((slug, token_hash))
        if known is not None:
            return known
        with self._database.reading() as connection:
            fund = fund_by_slug(connection, slug)
            found = funds.token(connection, fund.fund_id, token_hash) if token else None
        member = check(found, RECORDING, to_ms(self._clock.now()))
        if len(self._callers) >= TOKENS_KEPT:
            self._callers.clear()
        caller = self._callers[slug, token_hash] = Caller(fund, member.member_id, token_hash)
        return caller

    def take(self, caller: Caller, channel_name: str, body: bytes, key: str = "") -> list[Result]:
        """Record the gifts of one call in one commit.

        Args:
            caller: Who calls.
            channel_name: Where the gifts come from.
            body: As it arrived: one gift, or an array.
            key: The idempotency key; empty for none.

        Returns:
            What became of each gift, in the order of the body.

        Raises:
            FileFormatError: The body is no gift and no list of gifts; nothing was recorded.
            FieldError: The channel is missing, or the key cannot be used.
            UnknownNameError: The fund has no such channel.
            UnauthorizedError: The token has ended.
            ConflictError: The key was used with another body; nothing was recorded.
        """
        place = self._channel(caller.fund, channel_name)
        _check_key(key)
        rows = read_body(body)
        events = [row for row in rows if isinstance(row, GiftEvent)]
        unreadable = [row for row in rows if isinstance(row, RowProblem)]
        gifts, refused = prepare(
            events, to_ms(self._clock.now()), self._rates(caller.fund, events)
        )
        call = _Call(caller, place, events, gifts, unreadable + refused, key, body)
        if not gifts and not key:
            self._check_again(caller)
            return [_wrong(problem) for problem in call.sorted_problems()]
        decided = self._sequencer.decide_jointly(caller.fund, _decide_all, call)
        posted = decided.value
        if isinstance(posted, _Ended):
            self._forget(caller)
            raise UnauthorizedError(reason="token")
        if isinstance(posted, _OtherBody):
            raise ConflictError(field="Idempotency-Key", seq=posted.seq)
        # After the commit: when a token was used last is never worth waiting for in it.
        self._uses.note(caller.fund.fund_id, caller.token_hash)
        return self._results(caller.fund, posted, decided.commit, events)

    def stored_receipt(self, fund: Fund, seq: int) -> receipts.Receipt:
        """Return the receipt of any entry as it is stored.

        Args:
            fund: The fund.
            seq: The entry.

        Returns:
            The same at any later time.

        Raises:
            NotFoundError: There is no such entry.
        """
        with self._database.reading() as connection:
            return receipts.stored(connection, fund, seq)

    # --- what a call needs to know --------------------------------------------------------------

    def _channel(self, fund: Fund, name: str) -> _Channel:
        known = self._channels.get((fund.fund_id, name))
        if known is not None:
            return known
        if not name:
            raise FieldError(field="channel", reason="missing", value="")
        with self._database.reading() as connection:
            found = _Channel(
                funds.channel(connection, fund.fund_id, name),
                funds.details(connection, fund.fund_id).zone,
            )
        # Remembered by its own spelling only, of which there are few.
        self._channels[fund.fund_id, found.channel.name] = found
        return found

    def _rates(self, fund: Fund, events: Sequence[GiftEvent]) -> RateTable:
        if all(event.gross_minor is not None for event in events):
            return {}
        with self._database.reading() as connection:
            return rate_table(funds.rates_of(connection, fund.fund_id))

    def _check_again(self, caller: Caller) -> None:
        """Look whether the token still holds, where no commit does.

        Raises:
            UnauthorizedError: It has ended.
        """
        with self._database.reading() as connection:
            found = funds.token(connection, caller.fund.fund_id, caller.token_hash)
        if not _holds(found, to_ms(self._clock.now())):
            self._forget(caller)
            raise UnauthorizedError(reason="token")

    def _forget(self, caller: Caller) -> None:
        self._callers.pop((caller.fund.slug, caller.token_hash), None)

    # --- the answer -----------------------------------------------------------------------------

    def _results(
        self, fund: Fund, posted: _Posted, commit: Commit | None, events: Sequence[GiftEvent]
    ) -> list[Result]:
        found = self._receipts(fund, posted, commit)
        results: list[Result] = [_wrong(problem) for problem in posted.problems]
        for gift, verdict in zip(posted.gifts, posted.verdicts, strict=True):
            if isinstance(verdict, Contradicted):
                event = next(event for event in events if event.line == gift.line)
                name = _written(verdict.field, event)
                results.append(Wrong(gift.line, name, "conflict", "", verdict.seq))
            else:
                is_new = isinstance(verdict, Recorded)
                results.append(Kept(gift.line, is_new, found[verdict.seq]))
        if len(results) > 1:
            results.sort(key=lambda one: one.line)
        return results

    def _receipts(
        self, fund: Fund, posted: _Posted, commit: Commit | None
    ) -> dict[int, GiftReceipt]:
        """Make each gift's receipt: new ones of a small call without reading, all others from what is stored."""
        found: dict[int, GiftReceipt] = {}
        wanted: list[int] = []
        for gift, verdict in zip(posted.gifts, posted.verdicts, strict=True):
            if isinstance(verdict, Contradicted):
                continue
            entry = posted.entries.get(verdict.seq)
            if (
                commit is None
                or entry is None
                or not isinstance(verdict, Recorded)
                or len(posted.gifts) > FEW_RECEIPTS
            ):
                wanted.append(verdict.seq)
                continue
            number = receipt_number(verdict.seq, commit.leaves[verdict.seq - commit.start])
            proof = receipts.from_commit(commit, verdict.seq)
            found[verdict.seq] = GiftReceipt(
                verdict.seq, number.compact, entry, proof, opening_of(gift)
            )
        if wanted:
            with self._database.reading() as connection:
                found.update((one.seq, one) for one in stored_receipts(connection, fund, wanted))
        return found


@dataclass(frozen=True, slots=True)
class _Call:
    """One call, as the one writer sees it."""

    caller: Caller
    place: _Channel
    events: list[GiftEvent]
    gifts: list[PreparedGift]
    problems: list[RowProblem]
    key: str
    body: bytes

    def sorted_problems(self) -> list[RowProblem]:
        """Return the refused rows in the order of the body."""
        return sorted(self.problems, key=lambda one: one.line)

    def book(self, books: Books, gifts: list[PreparedGift]) -> list[Verdict]:
        """Post gifts of the call's channel."""
        channel = self.place.channel
        return book_gifts(books, channel, Actor("intake", channel.name), self.place.zone, gifts)

    def token_holds(self, books: Books) -> bool:
        """Look the token up once a commit: whoever ends it waits for the commit, or the commit sees its end."""
        seen: dict[bytes, bool] = books.notes.setdefault("tokens", {})
        holds = seen.get(self.caller.token_hash)
        if holds is None:
            found = funds.token(books.connection, books.fund.fund_id, self.caller.token_hash)
            holds = seen[self.caller.token_hash] = _holds(found, to_ms(books.clock.now()))
        return holds

    # --- the idempotency key --------------------------------------------------------------------

    @property
    def key_scope(self) -> str:
        """Return the claim scope of the keys of this member."""
        return f"call:{self.caller.member_id}"

    def _digest(self) -> bytes:
        return sha256(self.place.channel.name.encode() + b"\n" + self.body).digest()[:16]

    def remember(self, books: Books, seq: int) -> Claimed:
        """Claim the key for the first gift that this call recorded, in the same commit."""
        claim = Claimed(seq, self._digest())
        row = (books.fund.fund_id, self.key_scope, self.key, *claim)
        books.add_row(claims, CLAIM_COLUMNS, row)
        _noted(books, self.key_scope)[self.key] = claim
        return claim

    def again(self, books: Books, claim: Claimed) -> _Posted | _OtherBody:
        """Give the first answer again, from what is stored; nothing is recorded.

        The claim tells the first gift that the call recorded. So rows are judged as of the instant at which that
        gift arrived, by the rates that were set before it, and a gift with that number or a later one is one that
        the call recorded: everything else in the body was known before, or refused.
        """
        if claim.digest != self._digest():
            return _OtherBody(claim.seq)
        books.settle()
        received_ms = _received_ms(books, claim.seq)
        fund_id = books.fund.fund_id
        rates = [one for one in funds.rates_of(books.connection, fund_id) if one.seq < claim.seq]
        gifts, refused = prepare(self.events, received_ms, rate_table(rates))
        known = books.claimed(scope(self.place.channel), [gift.source_id for gift in gifts])
        # A rate that was set while the first call was on its way can make a gift of what was refused then.
        late = [gift for gift in gifts if gift.source_id not in known]
        gifts = [gift for gift in gifts if gift.source_id in known]
        refused += [RowProblem(gift.line, "unit", "no-rate", "") for gift in late]
        unreadable = [one for one in self.problems if one.event is None]
        verdicts = _as_first_seen(self.book(books, gifts), claim.seq)
        return _Posted(gifts, verdicts, unreadable + refused, {})


def _decide_all(books: Books, calls: Sequence[_Call]) -> list[_Posted | _Ended | _OtherBody]:
    """Record the gifts of calls that share a commit, each as if it came alone. Never refuses.

    1. The token has ended: nothing.
    2. The key is known with this body: the first answer. With another one: nothing.
    3. Otherwise the gifts are recorded, and the key with them if one was new.

    Calls beside each other that come to step 3 for the same channel are booked in one go: what a booking asks the
    database costs as much for one gift as for many.
    """
    keys = _claimed_keys(books, calls)
    results: list[_Posted | _Ended | _OtherBody] = []
    fresh: list[_Call] = []

    def book() -> None:
        results.extend(_book_all(books, fresh))
        fresh.clear()

    for call in calls:
        holds = call.token_holds(books)
        again = [one for one in fresh if one.key == call.key] if call.key else []
        if fresh and (not holds or again or call.place != fresh[0].place):
            book()
        claim = keys[call.key_scope].get(call.key) if call.key else None
        if holds and claim is None:
            fresh.append(call)
        else:
            book()
            results.append(_Ended() if claim is None or not holds else call.again(books, claim))
    book()
    return results


def _noted(books: Books, scope: str) -> dict[str, Claimed]:
    """Return the keys of a scope that are known to be claimed, as far as this commit asked."""
    noted: dict[str, Claimed] = books.notes.setdefault(scope, {})
    return noted


def _claimed_keys(books: Books, calls: Sequence[_Call]) -> dict[str, dict[str, Claimed]]:
    """Find which idempotency keys are known, in one question a member; what is claimed later on is added."""
    asked: dict[str, list[str]] = {}
    for call in calls:
        if call.key:
            asked.setdefault(call.key_scope, []).append(call.key)
    found = {}
    for member, keys in asked.items():
        noted = found[member] = _noted(books, member)
        noted.update(books.claimed(member, [key for key in keys if key not in noted]))
    return found


def _book_all(books: Books, calls: Sequence[_Call]) -> list[_Posted]:
    """Record the gifts of calls of one channel."""
    if not calls:
        return []
    start = books.size
    gifts = [gift for call in calls for gift in call.gifts]
    verdicts = iter(calls[0].book(books, gifts))
    entries = _new_entries(books, start)
    results = []
    for call in calls:
        mine = list(islice(verdicts, len(call.gifts)))
        new = next((one.seq for one in mine if isinstance(one, Recorded)), None)
        if call.key and new is not None:
            call.remember(books, new)
        results.append(_Posted(call.gifts, mine, call.problems, entries))
    return results


def _as_first_seen(verdicts: Iterable[Verdict], first: int) -> list[Verdict]:
    """Turn repeats of a call's own gifts back into what they were in the first answer."""
    seen: set[int] = set()
    result: list[Verdict] = []
    for verdict in verdicts:
        if isinstance(verdict, AlreadyRecorded) and verdict.seq >= first:
            result.append(verdict if verdict.seq in seen else Recorded(verdict.seq))
            seen.add(verdict.seq)
        else:
            result.append(verdict)
    return result


def _received_ms(books: Books, seq: int) -> int:
    """Return when a recorded gift arrived; when that is erased, the time of this repeat must do."""
    part = privacy_store.find(books.connection, books.fund.fund_id, [seq]).get(seq)
    if part is None:
        return to_ms(books.clock.now())
    return int(orjson.loads(part.delivery)["received_ms"])


def _check_key(key: str) -> None:
    """Hold that an idempotency key can be kept.

    Raises:
        FieldError: Too long, or not printable ASCII.
    """
    if len(key) > KEY_CHARS_MAX:
        raise FieldError(field="Idempotency-Key", reason="too-long", value="")
    if not (key.isascii() and key.isprintable()):
        raise FieldError(field="Idempotency-Key", reason="control-character", value="")


def _new_entries(books: Books, start: int) -> dict[int, bytes]:
    """Return the bytes of the entries posted since a number, as far as they are not inserted yet."""
    rows = books._entry_rows  # noqa: SLF001 -- reading them back costs a query a call; the books have no door for it yet
    return {row[1]: row[4] for row in rows[max(0, len(rows) - (books.size - start)) :]}


def _holds(token: Token | None, now_ms: int) -> bool:
    """Tell whether a token records gifts: it, its scope, and the role of its member."""
    try:
        check(token, RECORDING, now_ms)
    except NotAllowedError:
        return False
    return True


def _wrong(problem: RowProblem) -> Wrong:
    """Name field and value as the sender wrote them: checks after reading speak of the event's."""
    if problem.event is None:
        return Wrong(problem.line, problem.field, problem.reason, problem.value)
    name = _written(problem.field, problem.event)
    value = orjson.loads(problem.event.raw).get(name, "")
    return Wrong(problem.line, name, problem.reason, shown_value(name, value))


_WRITTEN = {
    "source_id": "id",
    "occurred_at_ms": "at",
    "item": "gift",
    "item_name": "gift",
    "commodity": "currency",
}
_AMOUNTS = ("amount", "amount_minor", "coins")


def _written(name: str, event: GiftEvent) -> str:
    """Name a field of an event as its sender wrote it."""
    if name in {"units", "gross_minor"}:
        row = orjson.loads(event.raw)
        return next(written for written in _AMOUNTS if row.get(written) is not None)
    if name == "unit" and event.gross_minor is not None:
        return "currency"
    return _WRITTEN.get(name, name)
