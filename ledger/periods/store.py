"""Issued statements."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ledger.periods.tables import statements


def add_statement(connection: sa.Connection, **values: Any) -> None:
    """Insert an issued statement."""
    connection.execute(sa.insert(statements).values(**values))
