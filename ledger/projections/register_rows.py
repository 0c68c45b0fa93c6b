"""What registers of a span list beside its lines: bank lines, and what became of each gift.

In: a closed span. Out: rows in the order of their numbers. Guaranteed: what was not known when the span was closed is
not in them, so the same registers come out whenever they are made; memory grows with settlements and voids, not with
gifts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from itertools import accumulate
from typing import NamedTuple

import sqlalchemy as sa

from ledger.clock import from_ms, local_date
from ledger.db import written
from ledger.journal.codec import decode
from ledger.journal.tables import entries
from ledger.matching.tables import bank_lines
from ledger.moneyline.shares import share_interval
from ledger.moneyline.tables import segments, voids
from ledger.projections.month import Month, MonthGift
from ledger.projections.stages import PLATFORM


class BankRow(NamedTuple):
    """One line of a bank, as a public register shows it: no counterparty and no text.

    Attributes:
        number: Running number in the register, from 1.
        account: Our name of the account.
        on: Day on which the bank booked it.
        amount: Signed minor units, + is into the account.
        commodity: Of the amount.
        kind: What the reader of its file took it for.
        entry: The entry that explained it by the end of the span; None for none.
        reference: References that it carries.
    """

    number: int
    account: str
    on: date
    amount: int
    commodity: str
    kind: str
    entry: int | None
    reference: str


def bank_rows(month: Month) -> Iterator[BankRow]:
    """Read the bank lines that were booked or became known in a span.

    Args:
        month: A closed span.

    Yields:
        Rows by account and day.
    """
    since, _ = month.span_ms()
    rows = month.connection.execute(
        sa.select(*written(bank_lines))
        .where(
            month.known_lines(),
            sa.or_(bank_lines.c.booked_ms >= since, bank_lines.c.taken_ms >= since),
        )
        .order_by(
            bank_lines.c.account,
            bank_lines.c.booked_ms,
            bank_lines.c.line_no,
            bank_lines.c.identity,
        )
    )
    for number, row in enumerate(rows, start=1):
        booked = from_ms(row.booked_ms)
        yield BankRow(
            number,
            row.account,
            date.fromisoformat(row.day) if row.day else local_date(booked, month.details.zone),
            row.amount,
            row.commodity,
            row.kind,
            month.explained_by((row.account, row.identity), row.matched_seq),
            row.refs,
        )


class GiftEnd(NamedTuple):
    """What had become of a gift by the end of a span.

    Attributes:
        net: What settlements made of it, minor units of what they paid in.
        settlements: Their entries, in order; two where a boundary cuts the gift.
        reversal: The entry that took it back; None for none.
        after_settlement: Whether it was taken back after a settlement had taken it.
    """

    net: int
    settlements: tuple[int, ...]
    reversal: int | None
    after_settlement: bool


class GiftEnds:
    """Tells what became of the gifts of a span, one at a time.

    Args:
        month: A closed span.
    """

    def __init__(self, month: Month) -> None:
        self._lines: dict[tuple[str, str], _Line] = {}
        self._month = month
        self._reversals = _reversals(month)

    def of(self, gift: MonthGift) -> GiftEnd:
        """Return what had become of a gift."""
        body = gift.body
        key = (body["channel"], body["commodity"])
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(self._month, *key)
        start = body["line"]
        if gift.seq not in self._reversals:
            net, seqs = line.net(start, start + body["amount"])
            return GiftEnd(net, seqs, None, after_settlement=False)
        reversal, late = self._reversals[gift.seq]
        if not late:
            return GiftEnd(0, (), reversal, after_settlement=False)
        net, seqs = line.net(start, start + body["amount"])
        return GiftEnd(net, seqs, reversal, after_settlement=True)


def _reversals(month: Month) -> dict[int, tuple[int, bool]]:
    """Return by gift the reversal that the log held by the end of the span, and whether the gift was settled before."""
    rows = month.connection.execute(
        sa.select(entries.c.seq, entries.c.entry).where(
            entries.c.fund_id == month.fund.fund_id,
            entries.c.kind == "gift.reversed",
            entries.c.seq >= month.cut.first,
            entries.c.seq < month.cut.size,
        )
    )
    found = {}
    for row in rows:
        body = decode(bytes(row.entry))["body"]
        found[int(body["reverses"])] = (int(row.seq), bool(body["settled"]))
    return found


class _Segment(NamedTuple):
    """A settlement's interval of a platform's line, raw units, and what it became."""

    start: int
    stop: int
    length: int
    to_length: int
    seq: int
    seqs: tuple[int, ...]
    is_plain: bool
    """Whether no void lies in it."""


class _Line:
    """A platform's line, as settlements had cut it by the end of a span."""

    def __init__(self, month: Month, channel: str, commodity: str) -> None:
        account = month.closing.ids.get(PLATFORM + channel)
        fund_id = month.fund.fund_id
        void = month.connection.execute(
            sa.select(voids.c.start, voids.c.length)
            .where(
                voids.c.fund_id == fund_id,
                voids.c.account_id == account,
                voids.c.commodity == commodity,
                voids.c.seq < month.cut.size,
            )
            .order_by(voids.c.start)
        ).all()
        self._void_starts = [int(one.start) for one in void]
        self._void_before: list[int] = [0, *accumulate(int(one.length) for one in void)]
        rows = month.connection.execute(
            sa.select(
                segments.c.start,
                segments.c.stop,
                segments.c.length,
                segments.c.to_length,
                segments.c.seq,
            )
            .where(
                segments.c.fund_id == fund_id,
                segments.c.source_id == account,
                segments.c.source_commodity == commodity,
                segments.c.seq < month.cut.size,
            )
            .order_by(segments.c.start)
        )
        self._segments = [
            _Segment(
                *row,
                seqs=(int(row.seq),),
                is_plain=row.length > 0 and not self._empty(row.start, row.stop),
            )
            for row in rows
        ]
        self._ends = [one.stop for one in self._segments]
        self._at = 0
        """Segment of the last gift: the next one is nearly always in it too."""

    def net(self, lo: int, hi: int) -> tuple[int, tuple[int, ...]]:
        """Return what the raw interval became, and the settlements that took it."""
        if self._at < len(self._segments):
            start, stop, length, to_length, _, seqs, is_plain = self._segments[self._at]
            if is_plain and start <= lo and hi <= stop:
                before, after = share_interval(to_length, lo - start, hi - start, length)
                return after - before, seqs
        return self._searched(lo, hi)

    def _searched(self, lo: int, hi: int) -> tuple[int, tuple[int, ...]]:
        net, found = 0, []
        first = bisect_right(self._ends, lo)
        for at in range(first, len(self._segments)):
            one = self._segments[at]
            if one.start >= hi:
                break
            if one.length:
                first_at = self._offset(one.start, max(lo, one.start))
                stop_at = self._offset(one.start, min(hi, one.stop))
                before, after = share_interval(one.to_length, first_at, stop_at, one.length)
                net += after - before
            found.append(one.seq)
        self._at = first
        return net, tuple(found)

    def _offset(self, start: int, at: int) -> int:
        """Return how many units of value lie between a segment's start and a raw position inside it."""
        return at - start - self._empty(start, at)

    def _empty(self, start: int, stop: int) -> int:
        """Return how many raw units of voids begin in an interval."""
        lo, hi = bisect_left(self._void_starts, start), bisect_left(self._void_starts, stop)
        return self._void_before[hi] - self._void_before[lo]
