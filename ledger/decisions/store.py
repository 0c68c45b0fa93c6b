"""Rows of decisions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ledger.decisions.tables import (
    decision_approvals,
    decision_ends,
    decision_private_parts,
    decision_versions,
    decisions,
)


def add(connection: sa.Connection, fund_id: int, number: int, kind: str) -> None:
    """Insert a decision; its first version follows."""
    connection.execute(sa.insert(decisions).values(fund_id=fund_id, number=number, kind=kind))


def add_version(connection: sa.Connection, **values: Any) -> None:
    """Insert what was proposed, or what an edit made of it."""
    connection.execute(sa.insert(decision_versions).values(**values))


def add_approval(connection: sa.Connection, **values: Any) -> None:
    """Insert an approval."""
    connection.execute(sa.insert(decision_approvals).values(**values))


def add_end(connection: sa.Connection, **values: Any) -> None:
    """Insert how a decision ended."""
    connection.execute(sa.insert(decision_ends).values(**values))


def add_private(connection: sa.Connection, **values: Any) -> None:
    """Insert what is private of a version."""
    connection.execute(sa.insert(decision_private_parts).values(**values))


def delete_private(connection: sa.Connection, fund_id: int, number: int) -> None:
    """Delete what is private of a decision."""
    connection.execute(
        sa.delete(decision_private_parts).where(
            decision_private_parts.c.fund_id == fund_id,
            decision_private_parts.c.number == number,
        )
    )
