"""Read what is held: gifts that arrived and cannot be booked as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from ledger.intake.store import Held
from ledger.intake.tables import held_rows
from ledger.journal.codec import decode
from ledger.journal.tables import entries


def held_list(connection: sa.Connection, fund_id: int) -> list[Held]:
    """Return what is held, oldest first."""
    columns = [held_rows.c[name] for name in Held._fields]
    rows = connection.execute(
        sa.select(*columns).where(held_rows.c.fund_id == fund_id).order_by(held_rows.c.held_id)
    )
    return [Held(*row) for row in rows]


PAGE = 100
SCAN_MAX = 5_000
"""So many gifts are read at most to count those of a stretch: other channels' gifts lie between."""


def gifts_on_line(
    connection: sa.Connection, fund_id: int, channel: str, span: tuple[int, int], most: int
) -> int:
    """Count the gifts that begin in a stretch of a platform's line; found by bisection, and no further than asked.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        channel: Whose line.
        span: Raw positions, the first and the one after the last.
        most: Count no further.

    Returns:
        How many, at most `most`; fewer than there are where other channels' gifts lie so close between them that
        reading on would take long.
    """
    first, stop = span
    at = _first_gift_from(connection, fund_id, channel, first)
    found = 0
    for body in _gifts_from(connection, fund_id, at, SCAN_MAX):
        if found >= most or (body["channel"] == channel and body["line"] >= stop):
            break
        found += body["channel"] == channel and body["line"] >= first
    return found


def _gifts_from(
    connection: sa.Connection, fund_id: int, seq: int, limit: int
) -> Iterator[dict[str, Any]]:
    """Read plain gifts in order, each with its number as `seq`; those that fill holes lie elsewhere on the line.

    Yields:
        Bodies.
    """
    query = sa.select(entries.c.seq, entries.c.entry).where(
        entries.c.fund_id == fund_id, entries.c.kind == "gift"
    )
    while limit > 0:
        page = query.where(entries.c.seq >= seq).order_by(entries.c.seq).limit(PAGE)
        rows = connection.execute(page).all()
        for row in rows:
            body = decode(bytes(row.entry))["body"]
            if "fills" not in body:
                yield {**body, "seq": row.seq}
        if len(rows) < PAGE:
            return
        seq, limit = rows[-1].seq + 1, limit - PAGE


def _first_gift_from(connection: sa.Connection, fund_id: int, channel: str, position: int) -> int:
    """Return the entry from which on a channel's gifts begin at a position or behind it."""
    low, high = 0, _stop(connection, fund_id)
    while low < high:
        middle = (low + high) // 2
        near = next(
            (
                body
                for body in _gifts_from(connection, fund_id, middle, SCAN_MAX)
                if body["channel"] == channel
            ),
            None,
        )
        if near is None or near["line"] >= position:
            high = middle
        else:
            low = near["seq"] + 1
    return low


def _stop(connection: sa.Connection, fund_id: int) -> int:
    newest = connection.execute(
        sa.select(sa.func.max(entries.c.seq)).where(
            entries.c.fund_id == fund_id, entries.c.kind == "gift"
        )
    ).scalar()
    return 0 if newest is None else int(newest) + 1
