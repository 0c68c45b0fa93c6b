"""Hide counts of few people, so that they cannot be worked out from totals, or from one publication and the next.

In: counts by row, and the fact that their totals are published. Out: cells to print. Pure, and the only one of its
kind: pages, statements and exports all publish what comes out of it.

A closed month is protected once (`protect`); whatever covers more, such as a quarter, a year or a page's running total,
is added up from the months' published cells (`combine`). So no two publications differ by a cell that was hidden.
Amounts are not hidden: they stand in the public entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FEWEST = 5
"""A count of 1 to 4 people could point at somebody."""

_SPREAD = FEWEST - 2
"""How far apart the smallest and the largest value must stay that a hidden cell may have: all of 1 to 4."""

BELOW = f"<{FEWEST}"
WITHHELD = "*"

Cell = int | str | None
"""A count; `<5` for 1 to 4 people; `*` for a count hidden to protect another; None where nothing is known."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What one row would say if it hid nothing. Stays in memory, never published.

    Attributes:
        person_times: Visits; None if unknown.
        persons: Distinct people, at most the visits; None if unknown.
    """

    person_times: int | None
    persons: int | None


_NOBODY = Counts(0, 0)


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What an outsider knows of a hidden count: its bounds."""

    low: int
    high: int | None


def protect(tables: Sequence[Sequence[Counts]]) -> tuple[tuple[tuple[Cell, Cell], ...], ...]:
    """Hide small rows in tables that share their totals, such as by group and by disease.

    A row of 1 to 4 people (or of so few visits, where people are not counted) hides both its counts. Further rows,
    smallest first, are withheld until someone who subtracts all visible rows from the total still finds room for
    every value from 1 to 4. Where no rows are left for that, the totals of all tables are withheld, and with them all
    rows: the tables divide the same people, so that the rows of one would add up to the total of the other.

    Args:
        tables: Rows of each table; the tables divide the same people and visits.

    Returns:
        For each table its cells (person-times, persons), and one last row with the totals.

    Source:
        Hundepool et al., Statistical Disclosure Control (2012), chapter 4: primary and secondary suppression.
    """
    hidden = [_choose(rows) for rows in tables]
    total_hidden = any(choice is None for choice in hidden)
    cells: list[tuple[tuple[Cell, Cell], ...]] = []
    for rows, choice in zip(tables, hidden, strict=True):
        small = {index for index, row in enumerate(rows) if _is_small(row)}
        # A table that shows all its rows tells the total by adding them up: then none shows any.
        counted = {index for index, row in enumerate(rows) if row != _NOBODY}
        out = counted if total_hidden else choice or set()
        body = [_cells(row, index in small, index in out) for index, row in enumerate(rows)]
        body.append((WITHHELD, WITHHELD) if total_hidden and rows else _totals(rows))
        cells.append(tuple(body))
    return tuple(cells)


def is_protected(cell: Cell) -> bool:
    """Tell whether a cell may be printed as it is."""
    return not isinstance(cell, int) or cell == 0 or cell >= FEWEST


def _is_small(row: Counts) -> bool:
    deciding = row.persons if row.persons is not None else row.person_times
    return deciding is not None and 0 < deciding < FEWEST


def _choose(rows: Sequence[Counts]) -> set[int] | None:
    """Choose the rows to hide; None if no choice protects the small ones while totals are known."""
    small = {index for index, row in enumerate(rows) if _is_small(row)}
    if not small:
        return set()
    chosen = set(small)
    spare = sorted(
        (index for index in range(len(rows)) if index not in small and _size(rows[index])),
        key=lambda index: (_size(rows[index]), index),
    )
    while not _is_safe(rows, small, chosen):
        if not spare:
            return None
        chosen.add(spare.pop(0))
    return chosen


def _size(row: Counts) -> int:
    return (row.persons if row.persons is not None else row.person_times) or 0


def _is_safe(rows: Sequence[Counts], small: set[int], chosen: set[int]) -> bool:
    """Subtract like an outsider would, in both columns."""
    bounds = {
        index: _Hidden(1, FEWEST - 1) if index in small else _Hidden(FEWEST, None)
        for index in chosen
    }
    visits = {
        # Few people may make many visits: only the lower bound follows from their number.
        index: _Hidden(bound.low, bound.high if rows[index].persons is None else None)
        for index, bound in bounds.items()
    }
    return _leaves_room([row.persons for row in rows], small, bounds) and _leaves_room(
        [row.person_times for row in rows], small, visits
    )


def _leaves_room(values: list[int | None], small: set[int], bounds: dict[int, _Hidden]) -> bool:
    known = {index: value for index, value in enumerate(values) if value is not None}
    concerned = {index: bound for index, bound in bounds.items() if index in known}
    rest = sum(known[index] for index in concerned)
    for index in small & concerned.keys():
        others = [bound for other, bound in concerned.items() if other != index]
        most = rest - sum(bound.low for bound in others)
        highs = [bound.high for bound in others]
        least = 1 if None in highs else max(1, rest - sum(high or 0 for high in highs))
        ceiling = concerned[index].high
        if (most if ceiling is None else min(most, ceiling)) - least < _SPREAD:
            return False
    return True


def _cells(row: Counts, small: bool, out: bool) -> tuple[Cell, Cell]:
    if not out:
        return row.person_times, row.persons
    times = None if row.person_times is None else WITHHELD
    persons = None if row.persons is None else WITHHELD
    if small and row.persons is not None:
        return times, BELOW
    if small:
        return BELOW, persons
    return times, persons


def _totals(rows: Sequence[Counts]) -> tuple[Cell, Cell]:
    times = [row.person_times for row in rows]
    persons = [row.persons for row in rows]
    return _sum_if_known(times), _sum_if_known(persons)


def _sum_if_known(values: list[int | None]) -> Cell:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) and known else None


def combine(parts: Sequence[Mapping[str, tuple[Cell, Cell]]]) -> dict[str, tuple[Cell, Cell]]:
    """Add up the published cells of spans that have nothing in common.

    Args:
        parts: By row, the cells (person-times, persons) of each span as it was published.

    Returns:
        By row: the sum, or `*` where a span hides its part. Nothing but published cells enters it.
    """
    found: dict[str, tuple[Cell, Cell]] = {}
    for part in parts:
        for key, cells in part.items():
            before = found.get(key)
            found[key] = (
                cells
                if before is None
                else (_added(before[0], cells[0]), _added(before[1], cells[1]))
            )
    return found


def _added(one: Cell, other: Cell) -> Cell:
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    if one is None and other is None:
        return None
    return WITHHELD
