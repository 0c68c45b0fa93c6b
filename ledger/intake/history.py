"""Read what is held: gifts that arrived and cannot be booked as they are."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.intake.store import Held
from ledger.intake.tables import held_rows


def held_list(connection: sa.Connection, fund_id: int) -> list[Held]:
    """Return what is held, oldest first."""
    columns = [held_rows.c[name] for name in Held._fields]
    rows = connection.execute(
        sa.select(*columns).where(held_rows.c.fund_id == fund_id).order_by(held_rows.c.held_id)
    )
    return [Held(*row) for row in rows]
