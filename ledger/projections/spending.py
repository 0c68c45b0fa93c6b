"""What medicine was paid for, by disease, without letting anybody be recognised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.funds.lists import Lists
from ledger.projections.reversals import reversed_spends
from ledger.projections.shapes import OtherSpending, Spending, Words
from ledger.spending.tables import spends

FEWEST = 5
"""A count of 1 to 4 people could point at somebody.

Source:
    Statements, section 7; Hundepool et al., Statistical Disclosure Control (2012), chapter 4.
"""

ROOM = FEWEST - 2
"""How far apart the smallest and the largest value must stay that a hidden count may have: all of 1 to 4."""

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
) -> list[Sum]:
    """Sum spending by `disease` or `people` over a span of entries, reversals in the span taken off.

    A reversal of an earlier month's spend takes its amount and its counts off this month's.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        commodity: Of the amounts.
        by: Column.
        span: First entry, and the number after the last.

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
    undone = [
        spend
        for spend, reversal in reversed_spends(connection, fund_id).items()
        if first <= reversal < stop
    ]
    if undone:
        add(spends.c.seq.in_(undone), -1)
    rows = [Sum(code, *figures) for code, figures in found.items() if any(figures)]
    return sorted(rows, key=lambda row: (-row.amount, row.code))


def public_spending(
    rows: Sequence[Sum], lists: Lists
) -> tuple[tuple[Spending, ...], OtherSpending | None]:
    """Merge what could point at people, and whatever else is needed so that it cannot be worked out.

    A disease with 1 to 4 people is never alone in the merged row, and the visits of that row leave
    room for every number of people that a small disease may have.

    Args:
        rows: By disease, largest first.
        lists: The fund's, for the names.

    Returns:
        Diseases to show, largest first, and the merged rest.
    """
    small = {at for at, row in enumerate(rows) if 0 < row.persons < FEWEST}
    merged = set(small) | set(range(SHOWN_MAX, len(rows)))
    spare = sorted(
        (at for at in range(len(rows)) if at not in merged), key=lambda at: rows[at].person_times
    )
    while small and spare and not _hides(rows, small, merged):
        merged.add(spare.pop(0))
    shown = tuple(
        Spending(Words(*lists.names("disease", row.code)), row.person_times, row.amount)
        for at, row in enumerate(rows)
        if at not in merged
    )
    if not merged:
        return shown, None
    rest = [rows[at] for at in merged]
    # Where even all diseases together do not hide the small ones, the visits are withheld.
    times = (
        sum(row.person_times for row in rest) if not small or _hides(rows, small, merged) else 0
    )
    other = OtherSpending(len(rest), times, sum(row.amount for row in rest), bool(small))
    return shown, other


def _hides(rows: Sequence[Sum], small: set[int], merged: set[int]) -> bool:
    lows = sum(1 if at in small else FEWEST for at in merged)
    visits = sum(rows[at].person_times for at in merged)
    return len(merged) > 1 and visits - lows >= ROOM
