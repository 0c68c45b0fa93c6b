"""What the fund paid for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ledger.sequencer.books import Books
from ledger.spending.tables import entry_evidence, evidence_files, spend_sheets, spends


def add(books: Books, **values: Any) -> None:
    """Insert a spend, with all others of its commit after their entries; all have the same columns."""
    books.add_row(spends, tuple(values), tuple(values.values()))


def add_file(connection: sa.Connection, **values: Any) -> None:
    """Insert a file of evidence."""
    connection.execute(sa.insert(evidence_files).values(**values))


def join_file(books: Books, **values: Any) -> None:
    """Join a file of evidence to an entry, likewise."""
    books.add_row(entry_evidence, tuple(values), tuple(values.values()))


def add_sheet(connection: sa.Connection, **values: Any) -> None:
    """Insert a spending sheet as it was uploaded."""
    connection.execute(sa.insert(spend_sheets).values(**values))
