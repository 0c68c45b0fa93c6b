"""Days on pages: when entries happened, and by when things are promised."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from ledger.clock import from_text, local_date
from ledger.journal.codec import decode
from ledger.journal.tables import entries

_AT_ONCE = 500


def occurred(
    connection: sa.Connection, fund_id: int, seqs: Iterable[int | None]
) -> dict[int, datetime]:
    """Read when some entries happened.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        seqs: Entries, with None for those that do not exist.

    Returns:
        Instants in UTC by entry.
    """
    wanted = sorted({seq for seq in seqs if seq is not None})
    found: dict[int, datetime] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        rows = connection.execute(
            sa.select(entries.c.seq, entries.c.entry).where(
                entries.c.fund_id == fund_id, entries.c.seq.in_(wanted[at : at + _AT_ONCE])
            )
        )
        for row in rows:
            found[row.seq] = from_text(str(decode(bytes(row.entry))["occurred_at"]))
    return found


def first_gift_day(connection: sa.Connection, fund_id: int, zone: str) -> date | None:
    """Return the day of the first gift that was recorded; None before it."""
    data = connection.execute(
        sa.select(entries.c.entry)
        .where(entries.c.fund_id == fund_id, entries.c.kind == "gift")
        .order_by(entries.c.seq)
        .limit(1)
    ).scalar()
    return (
        None
        if data is None
        else local_date(from_text(str(decode(bytes(data))["occurred_at"])), zone)
    )


def days_between(earlier: datetime, later: datetime, zone: str) -> int:
    """Return the calendar days between two instants in a zone, never below 0."""
    return max(0, (local_date(later, zone) - local_date(earlier, zone)).days)


def month_first(month: str) -> date:
    """Return the first day of a month such as `2026-10`."""
    return date.fromisoformat(f"{month}-01")


def month_last(month: str) -> date:
    """Return the last day of a month such as `2026-10`."""
    return next_month(month_first(month)) - timedelta(days=1)


def next_month(first: date) -> date:
    """Return the first day of the month after the one that a day lies in."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
