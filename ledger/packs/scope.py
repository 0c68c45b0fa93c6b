"""What a pack covers: a closed period, or the whole log.

In: a period's name. Out: which entries, which tree, and which instants. Guaranteed: the registers of periods that
follow each other join without a gap and without an overlap, and so do evidence and activity: what came in after one
closing's checkpoint is in the next pack.

The tree always begins at entry 0, so that opening balances are recomputed and not believed. It goes as far as the
period's closing, or as its seal or its last published statement, whose entries stand behind the closing.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.journal.history import Fund
from ledger.log import history as log_history
from ledger.log.tables import checkpoints
from ledger.periods import history as periods
from ledger.periods.history import IssuedStatement
from ledger.projections.month import cuts_of, joined_cut
from ledger.statements.spans import kind_of, span_of

SECOND_MS = 1000


class Scope(NamedTuple):
    """What a pack covers.

    Attributes:
        period: `2026-10`, `2026-Q4` or `2026-Y`; empty for the whole log.
        first: First entry of the registers.
        stop: Number after their last.
        size: Entries of the tree.
        note: The signed checkpoint of that size.
        since_ms: What was taken in from this instant on, POSIX milliseconds.
        until_ms: And before this one.
        statements: Published ones, the oldest first.
    """

    period: str
    first: int
    stop: int
    size: int
    note: bytes
    since_ms: int
    until_ms: int
    statements: tuple[IssuedStatement, ...]


def scope_of(connection: sa.Connection, fund: Fund, period: str) -> Scope:
    """Find what a pack covers.

    Args:
        connection: In a transaction.
        fund: The fund.
        period: `2026-10`, `2026-Q4`, `2026`; empty for the whole log.

    Returns:
        The scope.

    Raises:
        TimeFieldError: Not a period.
        NotFoundError: Its last month is not closed.
    """
    published = [
        one for one in periods.issued(connection, fund.fund_id) if one.published_seq is not None
    ]
    published.sort(key=lambda one: (one.published_seq or 0, one.number, one.language))
    if not period:
        size, note = log_history.latest_note(connection, fund.fund_id)
        until = _behind(connection, fund.fund_id, size)
        return Scope("", 0, size, size, note, 0, until, tuple(published))
    span = span_of(period, kind_of(period))
    cut = joined_cut(cuts_of(connection, fund.fund_id, span.months))
    # A quarter's and a year's own statements are kept under their last month.
    wanted = tuple(one for one in published if one.month in span.months)
    size, note = cut.size, cut.note
    behind = [one.published_seq or 0 for one in wanted]
    behind += [
        one.seq
        for one in periods.steps(connection, fund.fund_id)
        if one.month in span.months and one.state == "sealed"
    ]
    for seq in behind:
        covered = log_history.checkpoint_covering(connection, fund.fund_id, seq)
        size, note = max((size, note), covered)
    return Scope(
        span.label,
        cut.first,
        cut.size,
        size,
        note,
        _behind(connection, fund.fund_id, cut.first) if cut.first else 0,
        _behind(connection, fund.fund_id, cut.size),
        wanted,
    )


def _behind(connection: sa.Connection, fund_id: int, size: int) -> int:
    """Return the first whole second after a checkpoint was signed, POSIX milliseconds."""
    signed_at = connection.execute(
        sa.select(checkpoints.c.signed_at).where(
            checkpoints.c.fund_id == fund_id, checkpoints.c.size == size
        )
    ).scalar_one()
    return (int(signed_at) + 1) * SECOND_MS
