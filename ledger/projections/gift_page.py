"""One gift's whole way, and what the server has checked about it.

In: an entry, its receipt as it is handed out, and the log's keys. Out: `GiftPage`. The cost is one
look-up for each piece of the way, whatever the number of gifts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_text
from ledger.errors import InvariantError, LedgerError, NotFoundError
from ledger.funds import history as funds
from ledger.funds import list_history
from ledger.funds.history import Channel, MoneyAccount
from ledger.intake.tables import sessions
from ledger.journal import accounts as names
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.history import StoredEntry
from ledger.journal.receipt_numbers import receipt_number
from ledger.log.notes import Verifier
from ledger.log.tlogproof import decode_tlog_proof, verify_tlog_proof
from ledger.moneyline.history import LineReader
from ledger.moneyline.intervals import Line, effective_offset, is_platform
from ledger.moneyline.way import Piece, Stage, stage_of, trace
from ledger.privacy.gift_parts import check_opening
from ledger.privacy.tables import private_parts
from ledger.projections.dates import days_between
from ledger.projections.fund_page import View, as_of, channel_words, shown_names
from ledger.projections.gift_ways import Hop, Part, parts_of, split_left
from ledger.projections.reversals import reversals_of
from ledger.projections.shapes import (
    STAGES,
    Check,
    CheckOutcome,
    GiftPage,
    Left,
    LeftKey,
    Reversal,
    StageKey,
    Step,
    Way,
    Words,
)
from ledger.publication import history as witnessed

_KEYS: Mapping[Stage, StageKey] = {
    Stage.RAISED: "raised",
    Stage.SETTLED: "settled",
    Stage.BANK: "bank",
    Stage.TRANSIT: "sent",
    Stage.FUND: "fund",
    Stage.PROGRAMME: "work",
}
_TAIL = 4

VOIDS_MAX = 40
"""A browser fetches and proves two entries for each."""

_BESIDE: tuple[tuple[str, LeftKey], ...] = (
    (names.MANAGEMENT, "management_cost"),
    (names.DONATION_REFUNDS, "donation_refund"),
    ("Expenses:BankFees:", "bank_fee"),
    ("Expenses:WrittenOff:", "written_off"),
    ("Expenses:Rounding:", "written_off"),
    ("Income:", "correction"),
)
"""Where money goes that leaves the way from a stage that it had reached."""


class Proven(NamedTuple):
    """What stands outside the projections about an entry.

    Attributes:
        receipt: The `c2sp.org/tlog-proof@v1` file as it is handed out.
        keys: The log's keys, to verify it with.
        witnesses: By verifier key, how each witness is called.
    """

    receipt: bytes
    keys: Iterable[Verifier]
    witnesses: Mapping[str, Words] = MappingProxyType({})


class _Gift(NamedTuple):
    """The gift's entry, read."""

    stored: StoredEntry
    body: Mapping[str, Any]
    at: datetime
    line: Line
    lo: int
    hi: int


def find_gift(of: View, seq: int, check: int) -> StoredEntry | None:
    """Find a gift by the two parts of its receipt number.

    Args:
        of: The fund.
        seq: Entry.
        check: Check value.

    Returns:
        The entry; None unless it is a gift with this check value.
    """
    try:
        stored = journal_history.entry(of.connection, of.fund.fund_id, seq)
    except NotFoundError:
        return None
    if stored.kind != "gift" or receipt_number(seq, stored.leaf_hash).check != check:
        return None
    return stored


def gift_page(of: View, stored: StoredEntry, proven: Proven) -> GiftPage:
    """Make a gift's page.

    Args:
        of: The fund.
        stored: The gift's entry.
        proven: Its receipt and the log's keys.

    Returns:
        The page.
    """
    connection, fund_id = of.connection, of.fund.fund_id
    value = decode(stored.entry)
    body = value["body"]
    line = Line(names.platform(body["channel"]), body["commodity"])
    gift = _Gift(
        stored,
        body,
        from_text(value["occurred_at"]),
        line,
        body["line"],
        body["line"] + body["amount"],
    )
    undone = _reversal(of, gift)
    channels = funds.all_channels(connection, fund_id)
    followed = _Ways(of, gift, channels)
    ways = followed.all(void=undone is not None and not undone.after_settlement)
    private = _private(connection, fund_id, stored.seq)
    reached = as_of(connection, fund_id)
    assert reached is not None
    return GiftPage(
        slug=of.fund.slug,
        fund=of.name,
        contact=of.contact,
        zone=of.details.zone,
        entry=stored.seq,
        at=gift.at,
        name=shown_names(connection, fund_id, [stored.seq]).get(stored.seq),
        channel=channel_words(channels, body["channel"]),
        commodity=body["commodity"],
        amount_minor=body["amount"],
        ways=ways,
        checks=(
            _in_log(of, gift, proven),
            _none_missing(of, gift),
            Check("sums", "holds" if _adds_up(body["amount"], ways) else "fails"),
            _same_book(of, stored.seq, proven),
            _private_parts(gift, private),
        ),
        as_of=reached,
        proof_bytes=len(proven.receipt),
        units=body.get("units"),
        units_commodity=body.get("unit"),
        reversal=undone,
        voids=followed.voids(),
    )


def _reversal(of: View, gift: _Gift) -> Reversal | None:
    seq = reversals_of(of.connection, of.fund.fund_id, [gift.stored.seq]).get(gift.stored.seq)
    if seq is None:
        return None
    value = decode(journal_history.entry(of.connection, of.fund.fund_id, seq).entry)
    return Reversal(from_text(value["occurred_at"]), seq, bool(value["body"]["settled"]))


# --- the ways ---------------------------------------------------------------------------------


class _Moved(NamedTuple):
    """An entry that moved money, read."""

    kind: str
    body: Mapping[str, Any]
    at: datetime


class _Ways:
    """Makes the ways of one gift; keeps the entries that it has read."""

    def __init__(self, of: View, gift: _Gift, channels: list[Channel]) -> None:
        self._of = of
        self._gift = gift
        self._channels = channels
        self._accounts = funds.money_account_list(of.connection, of.fund.fund_id)
        names_by_id = journal_history.account_names(of.connection, of.fund.fund_id)
        self._reader = LineReader(of.connection, of.fund.fund_id, names_by_id)
        self._lists = list_history.lists(of.connection, of.fund.fund_id)
        self._entries: dict[int, _Moved] = {}
        self._pieces: list[Piece] = []

    def all(self, *, void: bool) -> tuple[Way, ...]:
        gift = self._gift
        if void:
            amount = gift.hi - gift.lo
            first = self._first(0, (Left("refund", amount),))
            return (Way(amount, (first, *_not_reached(1))),)
        self._pieces = trace(gift.line, gift.lo, gift.hi, self._reader.find, self._reader.voids)
        return tuple(self._way(part) for part in parts_of(self._pieces))

    def voids(self) -> tuple[int, ...] | None:
        """Return the entries that took back other gifts of the settlements this one was part of, a few of them."""
        found: set[int] = set()
        for piece in self._pieces:
            segment = piece.via
            if segment is None or not is_platform(self._pieces[piece.parent or 0].line):
                continue
            line = self._pieces[piece.parent or 0].line
            seqs = self._reader.reversals(line, segment.start, segment.end, VOIDS_MAX)
            if seqs is None:
                return None
            found.update(seqs)
        return tuple(sorted(found)) if len(found) <= VOIDS_MAX else None

    def _way(self, part: Part) -> Way:
        steps: list[Step] = [self._first(part[0].amount, ())]
        for hop in part[1:]:
            if self._is_beside(hop):
                if hop is part[-1]:
                    steps[-1] = self._gone(steps[-1], hop)
                # Else it came back: the next hop tells where it is now.
                continue
            step = self._step(hop)
            place = STAGES.index(step.key)
            while len(steps) > place:
                # It came back: the way begins anew from here, and what left meanwhile is told here.
                step = _with_left(step, steps.pop().left)
            while len(steps) < place:
                steps.append(Step(STAGES[len(steps)], step.amount_minor, reached=True))
            steps.append(step)
        steps[-1] = self._standing(steps[-1])
        return Way(part[0].amount, (*steps, *_not_reached(len(steps))))

    def _is_beside(self, hop: Hop) -> bool:
        """Tell whether a hop leaves the way: to a cost, to somebody who got money back, or by a correction."""
        return stage_of(self._pieces[hop.piece].line.account) in (Stage.COST, Stage.OTHER)

    def _gone(self, step: Step, hop: Hop) -> Step:
        """Tell at a way's last step that all of it has left from there, and by which entry."""
        piece = self._pieces[hop.piece]
        assert piece.via is not None
        account = piece.line.account
        key: LeftKey = next((key for start, key in _BESIDE if account.startswith(start)), "other")
        left = (Left(key, hop.amount, entry=piece.via.seq),) if hop.amount else ()
        if hop.left:
            left = (*left, *self._left(hop, piece, self._moved(piece.via.seq)))
        return replace(_with_left(step, left), amount_minor=0)

    def _first(self, amount: int, left: tuple[Left, ...]) -> Step:
        gift = self._gift
        return Step("raised", amount, reached=True, at=gift.at, entry=gift.stored.seq, left=left)

    def _standing(self, step: Step) -> Step:
        if step.key == "work" or step.at is None or not step.amount_minor:
            return step
        return replace(
            step, waiting_days=days_between(step.at, self._of.now, self._of.details.zone)
        )

    def _step(self, hop: Hop) -> Step:
        piece = self._pieces[hop.piece]
        assert piece.via is not None
        moved = self._moved(piece.via.seq)
        body = moved.body
        key = _KEYS.get(stage_of(piece.line.account))
        if key is None:
            raise InvariantError(
                reason="beside-the-way", account=piece.line.account, seq=piece.via.seq
            )
        return Step(
            key,
            hop.amount,
            reached=True,
            at=moved.at,
            entry=piece.via.seq,
            left=self._left(hop, piece, moved),
            channel=channel_words(self._channels, body["channel"]) if key == "settled" else None,
            reference=body.get("statement_no") if key == "settled" else None,
            account_tail=self._tail(piece.line.account) if key in {"bank", "fund"} else None,
            transfer=body.get("number") if key in {"sent", "fund"} else None,
            disease=Words(*self._lists.names("disease", body["disease"]))
            if moved.kind == "spend"
            else None,
            batch_minor=body["amount"] if moved.kind == "spend" else None,
            # Visits of one batch, beside the sums by disease, would tell those of the others: they are not shown.
        )

    def _left(self, hop: Hop, piece: Piece, moved: _Moved) -> tuple[Left, ...]:
        """Tell what left on the way to a hop, and why."""
        if not hop.left:
            return ()
        if moved.kind == "settlement":
            body = moved.body
            causes: tuple[tuple[LeftKey, int], ...] = (
                ("platform_share", body["share"]),
                ("tax", body["tax"]),
                ("chargeback", body["refund"]),
            )
            whole = [amount for _, amount in causes]
            lo = self._left_before(piece) + hop.left_at
            if lo + hop.left <= sum(whole):
                parts = split_left(whole, lo, lo + hop.left)
                return tuple(
                    Left(key, amount)
                    for (key, _), amount in zip(causes, parts, strict=True)
                    if amount
                )
        key: LeftKey = "bank_fee" if moved.kind == "transfer.sent" else "other"
        return (Left(key, hop.left),)

    def _left_before(self, piece: Piece) -> int:
        """Count what the units before this piece left behind at the same crossing."""
        segment, parent = piece.via, self._pieces[piece.parent or 0]
        assert segment is not None
        first = max(parent.lo, segment.start)
        voids: Sequence[tuple[int, int]] = ()
        if is_platform(parent.line):
            voids = self._reader.voids(parent.line, segment.start, first)
        return effective_offset(segment.start, first, voids) - (piece.lo - segment.to_start)

    def _moved(self, seq: int) -> _Moved:
        found = self._entries.get(seq)
        if found is None:
            stored = journal_history.entry(self._of.connection, self._of.fund.fund_id, seq)
            value = decode(stored.entry)
            found = _Moved(stored.kind, value["body"], from_text(value["occurred_at"]))
            self._entries[seq] = found
        return found

    def _tail(self, account: str) -> str | None:
        return account_tail(self._accounts, account)


def account_tail(accounts: Sequence[MoneyAccount], name: str) -> str | None:
    """Return the last four digits of an account's number; None for an unknown one."""
    return next((one.number[-_TAIL:] for one in accounts if one.name == name), None)


def _with_left(step: Step, left: tuple[Left, ...]) -> Step:
    merged: dict[LeftKey, Left] = {}
    for part in (*left, *step.left):
        before = merged.get(part.key)
        if before is not None:
            part = replace(part, amount_minor=part.amount_minor + before.amount_minor)  # noqa: PLW2901
        merged[part.key] = part
    return replace(step, left=tuple(merged.values()))


def _not_reached(first: int) -> tuple[Step, ...]:
    return tuple(Step(key, 0, reached=False) for key in STAGES[first:])


# --- the checks -------------------------------------------------------------------------------


def _in_log(of: View, gift: _Gift, proven: Proven) -> Check:
    """Verify the receipt that is handed out, as anybody could: entry, proof, checkpoint, signature."""
    seq = gift.stored.seq
    try:
        receipt = decode_tlog_proof(proven.receipt)
        opened = verify_tlog_proof(receipt, gift.stored.entry, of.fund.origin, proven.keys)
    except LedgerError:
        return Check("in_log", "fails", entry=seq)
    outcome: CheckOutcome = "holds" if receipt.index == seq else "fails"
    return Check("in_log", outcome, entry=seq, size=opened.checkpoint.size)


def _same_book(of: View, seq: int, proven: Proven) -> Check:
    """Look for the newest checkpoint that holds the entry and that a named witness has cosigned."""
    fund_id = of.fund.fund_id
    found = witnessed.newest_size(of.connection, fund_id, list(proven.witnesses))
    if found <= seq:
        return Check("same_book", "unknown")
    lines = [
        one
        for one in witnessed.cosignatures_of(of.connection, fund_id, found)
        if one.vkey in proven.witnesses
    ]
    names = tuple(proven.witnesses[one.vkey] for one in lines)
    at = datetime.fromtimestamp(max(one.signed_at for one in lines), UTC)
    return Check("same_book", "holds", size=found, witnesses=names, at=at)


def _none_missing(of: View, gift: _Gift) -> Check:
    """Hold the gift's counter against what the closing entry of its broadcast states."""
    number, fund_id = int(gift.body["n"]), of.fund.fund_id
    row = of.connection.execute(
        sa.select(sessions.c.gifts, sessions.c.closed_seq).where(
            sessions.c.fund_id == fund_id, sessions.c.session_seq == gift.body["session"]
        )
    ).first()
    if row is None:
        return Check("none_missing", "fails", number=number)
    if row.closed_seq is None:
        return Check("none_missing", "unknown", number=number)
    closing = decode(journal_history.entry(of.connection, fund_id, row.closed_seq).entry)["body"]
    holds = (
        closing["session"] == gift.body["session"] and 1 <= number <= closing["gifts"] == row.gifts
    )
    return Check(
        "none_missing",
        "holds" if holds else "fails",
        number=number,
        total=closing["gifts"],
        closing=row.closed_seq,
    )


def _adds_up(amount: int, ways: Sequence[Way]) -> bool:
    """Follow every way down: at each step the amount is the one before less what left."""
    for way in ways:
        before = way.amount_minor
        for step in way.steps:
            if not step.reached:
                break
            if step.amount_minor + sum(left.amount_minor for left in step.left) != before:
                return False
            before = step.amount_minor
    return sum(way.amount_minor for way in ways) == amount


class _Private(NamedTuple):
    """The erasable row of a gift."""

    giver: str
    nickname: str
    message: str
    delivery: str
    salts: bytes


def _private(connection: sa.Connection, fund_id: int, seq: int) -> _Private | None:
    columns = [private_parts.c[name] for name in _Private._fields]
    row = connection.execute(
        sa.select(*columns).where(private_parts.c.fund_id == fund_id, private_parts.c.seq == seq)
    ).first()
    if row is None:
        return None
    return _Private(row.giver, row.nickname, row.message, row.delivery, bytes(row.salts))


def _private_parts(gift: _Gift, private: _Private | None) -> Check:
    if private is None:
        return Check("private_parts", "unknown")
    try:
        check_opening(
            dict(gift.body),
            private.giver,
            private.nickname,
            private.delivery,
            private.message,
            private.salts,
        )
    except LedgerError:
        return Check("private_parts", "fails")
    return Check("private_parts", "holds")
