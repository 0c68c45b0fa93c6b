"""What the fund paid for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ledger.spending.tables import entry_evidence, evidence_files, spend_sheets, spends


def add(connection: sa.Connection, **values: Any) -> None:
    """Insert a spend."""
    connection.execute(sa.insert(spends).values(**values))


def add_file(connection: sa.Connection, **values: Any) -> None:
    """Insert a file of evidence."""
    connection.execute(sa.insert(evidence_files).values(**values))


def join_file(connection: sa.Connection, **values: Any) -> None:
    """Join a file of evidence to an entry."""
    connection.execute(sa.insert(entry_evidence).values(**values))


def add_sheet(connection: sa.Connection, **values: Any) -> None:
    """Insert a spending sheet as it was uploaded."""
    connection.execute(sa.insert(spend_sheets).values(**values))
