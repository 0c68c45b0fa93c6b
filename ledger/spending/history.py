"""Read spending."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from ledger.spending.tables import spends


class Spend(NamedTuple):
    """One spend as stored."""

    seq: int
    spent_ms: int
    disease: str
    people: str
    provider: str
    batch: str
    persons: int
    person_times: int
    amount: int
    commodity: str
    reference: str


class Sum(NamedTuple):
    """Sums of one disease or group."""

    code: str
    amount: int
    persons: int
    person_times: int


def figures(connection: sa.Connection, fund_id: int, seq: int) -> tuple[int, int, int]:
    """Return amount, persons and person-times of one spend."""
    row = connection.execute(
        sa.select(spends.c.amount, spends.c.persons, spends.c.person_times).where(
            spends.c.fund_id == fund_id, spends.c.seq == seq
        )
    ).one()
    return row.amount, row.persons, row.person_times


class Payment(NamedTuple):
    """All spending with one payment reference.

    Attributes:
        reference: As the bank's line carries it.
        amount: Sum, minor units.
        first_ms: First day of spending, ms since 1970.
        last_ms: Last day.
    """

    reference: str
    amount: int
    first_ms: int
    last_ms: int


def payments(connection: sa.Connection, fund_id: int) -> list[Payment]:
    """Return spending by payment reference, in its order."""
    rows = connection.execute(
        sa.select(
            spends.c.reference,
            sa.func.sum(spends.c.amount),
            sa.func.min(spends.c.spent_ms),
            sa.func.max(spends.c.spent_ms),
        )
        .where(spends.c.fund_id == fund_id)
        .group_by(spends.c.reference)
        .order_by(spends.c.reference)
    )
    return [Payment(row[0], int(row[1]), row[2], row[3]) for row in rows]


def references_of(connection: sa.Connection, fund_id: int, seqs: set[int]) -> set[str]:
    """Return the payment references of those of some entries that are spending."""
    rows = connection.execute(
        sa.select(spends.c.seq, spends.c.reference).where(spends.c.fund_id == fund_id)
    )
    return {reference for seq, reference in rows if seq in seqs}


def seqs_of_reference(connection: sa.Connection, fund_id: int, reference: str) -> list[int]:
    """Return the entries of a payment reference, in order."""
    return list(
        connection.execute(
            sa.select(spends.c.seq)
            .where(spends.c.fund_id == fund_id, spends.c.reference == reference)
            .order_by(spends.c.seq)
        ).scalars()
    )


REFERENCES_A_QUERY = 500
"""Asked for at once: databases limit the parameters of a statement."""


def last_seqs(
    connection: sa.Connection, fund_id: int, references: Iterable[str]
) -> dict[str, int]:
    """Return the last entry of each of some payment references."""
    wanted = sorted(references)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), REFERENCES_A_QUERY):
        rows = connection.execute(
            sa.select(spends.c.reference, sa.func.max(spends.c.seq))
            .where(
                spends.c.fund_id == fund_id,
                spends.c.reference.in_(wanted[start : start + REFERENCES_A_QUERY]),
            )
            .group_by(spends.c.reference)
        )
        found |= {reference: int(seq) for reference, seq in rows}
    return found


def sums(
    connection: sa.Connection, fund_id: int, by: str, first: int = 0, stop: int = 2**62
) -> list[Sum]:
    """Return spending by `disease` or by `people`, largest first, of a span of entries."""
    column = spends.c[by]
    total = sa.func.sum(spends.c.amount)
    rows = connection.execute(
        sa.select(column, total, sa.func.sum(spends.c.persons), sa.func.sum(spends.c.person_times))
        .where(spends.c.fund_id == fund_id, spends.c.seq >= first, spends.c.seq < stop)
        .group_by(column)
        .order_by(total.desc(), column)
    )
    return [Sum(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


def providers(
    connection: sa.Connection, fund_id: int, first: int, stop: int
) -> list[tuple[str, int]]:
    """Return spending by provider, largest first, of a span of entries."""
    total = sa.func.sum(spends.c.amount)
    rows = connection.execute(
        sa.select(spends.c.provider, total)
        .where(spends.c.fund_id == fund_id, spends.c.seq >= first, spends.c.seq < stop)
        .group_by(spends.c.provider)
        .order_by(total.desc(), spends.c.provider)
    )
    return [(row[0], int(row[1])) for row in rows]
