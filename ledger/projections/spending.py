"""What medicine was paid for, by disease. Counts are not hidden here: `published_counts` says which may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.funds.lists import Lists
from ledger.journal import accounts
from ledger.projections.reversals import reversed_spends
from ledger.projections.shapes import OtherSpending, Spending, Words
from ledger.spending.small_cells import Cell
from ledger.spending.tables import spends

SHOWN_MAX = 25
"""The scheme has 25 diseases: what is beyond is merged."""


class Sum(NamedTuple):
    """Spending on one disease or group, before anything is hidden.

    Attributes:
        code: Of the list.
        amount: Minor units.
        persons: Distinct people of each batch, added up.
        person_times: Visits.
    """

    code: str
    amount: int
    persons: int
    person_times: int


def sums(
    connection: sa.Connection,
    fund_id: int,
    commodity: str,
    by: str,
    span: tuple[int, int] = (0, 2**62),
    reversed_by: Mapping[int, int] | None = None,
) -> list[Sum]:
    """Sum spending by `disease` or `people` over a span of entries, reversals in the span taken off.

    A reversal of an earlier month's spend takes its amount and its counts off this month's.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        commodity: Of the amounts.
        by: Column.
        span: First entry, and the number after the last.
        reversed_by: What `reversed_spends` gives, where it was read already.

    Returns:
        Largest first.
    """
    first, stop = span
    found: dict[str, list[int]] = {}

    def add(condition: sa.ColumnElement[bool], sign: int) -> None:
        column = spends.c[by]
        rows = connection.execute(
            sa.select(
                column,
                sa.func.sum(spends.c.amount),
                sa.func.sum(spends.c.persons),
                sa.func.sum(spends.c.person_times),
            )
            .where(spends.c.fund_id == fund_id, spends.c.commodity == commodity, condition)
            .group_by(column)
        )
        for code, *figures in rows:
            mine = found.setdefault(code, [0, 0, 0])
            for at, figure in enumerate(figures):
                mine[at] += sign * int(figure)

    add(sa.and_(spends.c.seq >= first, spends.c.seq < stop), 1)
    known = reversed_spends(connection, fund_id) if reversed_by is None else reversed_by
    undone = [spend for spend, reversal in known.items() if first <= reversal < stop]
    if undone:
        add(spends.c.seq.in_(undone), -1)
    rows = [Sum(code, *figures) for code, figures in found.items() if any(figures)]
    return sorted(rows, key=lambda row: (-row.amount, row.code))


def public_spending(
    rows: Sequence[Sum], lists: Lists, visits: Mapping[str, tuple[Cell, Cell]]
) -> tuple[tuple[Spending, ...], OtherSpending | None]:
    """Make the rows of the public page: amounts as of now, visits as they were published.

    Args:
        rows: By disease, largest first.
        lists: The fund's, for the names.
        visits: Published cells by disease, of all closed months.

    Returns:
        Diseases to show, largest first, and the rest together where there are too many.
    """
    shown = tuple(
        Spending(
            Words(*lists.names("disease", row.code)),
            visits.get(row.code, (None, None))[0],
            row.amount,
            accounts.programme(row.code),
        )
        for row in rows[:SHOWN_MAX]
    )
    rest = rows[SHOWN_MAX:]
    if not rest:
        return shown, None
    counted = [visits.get(row.code, (None, None))[0] for row in rest]
    known = [one for one in counted if isinstance(one, int)]
    other = OtherSpending(
        len(rest),
        sum(known) if len(known) == len(counted) else None,
        sum(row.amount for row in rest),
        protects=False,
    )
    return shown, other
