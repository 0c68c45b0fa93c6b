"""Read where months stand, and issued statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.errors import NotFoundError
from ledger.journal.months import Step
from ledger.journal.tables import period_steps
from ledger.periods.tables import statements


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


class Standing(NamedTuple):
    """Where a month stands.

    Attributes:
        month: `2026-10`.
        state: `closing`, `closed`, `reopened` or `sealed`.
        steps: What brought it there, oldest first.
    """

    month: str
    state: str
    steps: tuple[Step, ...]


def steps(connection: sa.Connection, fund_id: int) -> list[Step]:
    """Return all steps of all months, oldest first."""
    rows = connection.execute(
        sa.select(*(period_steps.c[name] for name in Step._fields))
        .where(period_steps.c.fund_id == fund_id)
        .order_by(period_steps.c.seq)
    )
    return [Step(*row) for row in rows]


def standings(connection: sa.Connection, fund_id: int) -> list[Standing]:
    """Return where each month stands that has left `open`, oldest first."""
    by_month: dict[str, list[Step]] = {}
    for one in steps(connection, fund_id):
        by_month.setdefault(one.month, []).append(one)
    return [Standing(month, of[-1].state, tuple(of)) for month, of in sorted(by_month.items())]


def standing_json(one: Standing) -> dict[str, Any]:
    """Return a month for machines."""
    return {"month": one.month, "state": one.state, "steps": steps_json(one.steps)}


def steps_json(of: Iterable[Step]) -> list[dict[str, Any]]:
    """Return steps for machines."""
    return [{"state": one.state, "entry": one.seq, "until": one.until} for one in of]


def closed(connection: sa.Connection, fund_id: int) -> list[Period]:
    """Return the months that are closed now, oldest first. Each begins after the one before it ended."""
    ends: dict[str, int] = {}
    for one in steps(connection, fund_id):
        if one.state == "closed":
            ends[one.month] = one.seq
        elif one.state == "reopened":
            ends.pop(one.month, None)
    found: list[Period] = []
    for month, seq in sorted(ends.items(), key=lambda end: end[1]):
        first = found[-1].closed_seq + 1 if found else 0
        found.append(Period(month, first, seq))
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
