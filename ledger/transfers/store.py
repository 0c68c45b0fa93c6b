"""Where each transfer stands."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ledger.transfers.tables import (
    payment_files,
    transfer_files,
    transfer_rules,
    transfer_steps,
    transfers,
)


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


def add_step(
    connection: sa.Connection, fund_id: int, number: int, **values: int | str | None
) -> None:
    """Add an entry to the steps of a transfer."""
    steps = transfer_steps.c
    last = sa.select(sa.func.coalesce(sa.func.max(steps.place), 0)).where(
        steps.fund_id == fund_id, steps.number == number
    )
    place = int(connection.execute(last).scalar_one()) + 1
    row = {"fund_id": fund_id, "number": number, "place": place, **values}
    connection.execute(sa.insert(transfer_steps).values(row))


def add_payment_file(connection: sa.Connection, **values: Any) -> None:
    """Insert a payment file that is handed out."""
    connection.execute(sa.insert(payment_files).values(**values))


def add_file(connection: sa.Connection, **values: Any) -> None:
    """Insert a file of evidence."""
    connection.execute(sa.insert(transfer_files).values(**values))


def add_rule(connection: sa.Connection, **values: Any) -> None:
    """Insert the next version of a policy, or of a bank portal's columns."""
    connection.execute(sa.insert(transfer_rules).values(**values))
