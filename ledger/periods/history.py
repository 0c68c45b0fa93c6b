"""Read closed months and issued statements."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.errors import NotFoundError
from ledger.periods.tables import periods, statements


class Period(NamedTuple):
    """A closed month and the entries that it covers.

    Attributes:
        month: `2026-10`.
        first: First entry.
        closed_seq: Last entry: the one that closed it.
    """

    month: str
    first: int
    closed_seq: int


def closed(connection: sa.Connection, fund_id: int) -> list[Period]:
    """Return the closed months, oldest first. Each begins after the one before it ended."""
    rows = connection.execute(
        sa.select(periods.c.month, periods.c.closed_seq)
        .where(periods.c.fund_id == fund_id)
        .order_by(periods.c.closed_seq)
    )
    found: list[Period] = []
    for row in rows:
        first = found[-1].closed_seq + 1 if found else 0
        found.append(Period(row.month, first, row.closed_seq))
    return found


def period(connection: sa.Connection, fund_id: int, month: str) -> Period:
    """Return one closed month.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        month: `2026-10`.

    Returns:
        The month.

    Raises:
        NotFoundError: It is not closed.
    """
    for one in closed(connection, fund_id):
        if one.month == month:
            return one
    raise NotFoundError(what="closed-month", month=month[:20])


class IssuedStatement(NamedTuple):
    """A statement that was issued."""

    number: str
    language: str
    month: str
    size: int
    sha256: bytes
    bytes: int
    built_ms: int
    published_seq: int | None


def issued(connection: sa.Connection, fund_id: int) -> list[IssuedStatement]:
    """Return issued statements, newest first."""
    columns = [statements.c[name] for name in IssuedStatement._fields]
    rows = connection.execute(
        sa.select(*columns)
        .where(statements.c.fund_id == fund_id)
        .order_by(statements.c.built_ms.desc(), statements.c.number, statements.c.language)
    )
    return [IssuedStatement(*row) for row in rows]
