"""Where each transfer stands."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.transfers.tables import transfers


def add(connection: sa.Connection, **values: int | str | None) -> None:
    """Insert a proposed transfer."""
    connection.execute(sa.insert(transfers).values(**values))


def move_on(
    connection: sa.Connection, fund_id: int, number: int, **values: int | str | None
) -> None:
    """Write the step that a transfer took."""
    connection.execute(
        sa.update(transfers)
        .where(transfers.c.fund_id == fund_id, transfers.c.number == number)
        .values(**values)
    )
