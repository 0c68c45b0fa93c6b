"""What the fund paid for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ledger.spending.tables import spends


def add(connection: sa.Connection, **values: Any) -> None:
    """Insert a spend."""
    connection.execute(sa.insert(spends).values(**values))
