"""Read the lists that a fund edits."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.funds.lists import Change, Lists
from ledger.funds.tables import list_changes


def changes(
    connection: sa.Connection, fund_id: int, size: int = 2**62
) -> list[tuple[int, Change]]:
    """Return the changes below an entry, in order, each with its entry."""
    rows = connection.execute(
        sa.select(
            list_changes.c.seq,
            list_changes.c.list,
            list_changes.c.change,
            list_changes.c.code,
            list_changes.c.zh,
            list_changes.c.en,
            list_changes.c.kind,
        )
        .where(list_changes.c.fund_id == fund_id, list_changes.c.seq < size)
        .order_by(list_changes.c.seq)
    )
    return [(row[0], Change(*row[1:])) for row in rows]


def lists(connection: sa.Connection, fund_id: int, size: int = 2**62) -> Lists:
    """Return a fund's lists.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        size: As they were in a log of this size; all of it unless said otherwise.

    Returns:
        The lists.
    """
    return Lists(changes(connection, fund_id, size))
