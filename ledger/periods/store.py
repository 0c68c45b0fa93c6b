"""Closed months and issued statements."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ledger.periods.tables import periods, statements


def add_period(connection: sa.Connection, fund_id: int, month: str, closed_seq: int) -> None:
    """Insert a closed month."""
    connection.execute(
        sa.insert(periods).values(fund_id=fund_id, month=month, closed_seq=closed_seq)
    )


def add_statement(connection: sa.Connection, **values: Any) -> None:
    """Insert an issued statement."""
    connection.execute(sa.insert(statements).values(**values))
