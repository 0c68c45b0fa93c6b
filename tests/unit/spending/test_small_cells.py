"""Small counts stay hidden from somebody who subtracts everything that is printed from the totals."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.spending.small_cells import (
    BELOW,
    FEWEST,
    WITHHELD,
    Cell,
    Counts,
    combine,
    is_protected,
    protect,
)

COUNTS = st.builds(
    lambda persons, more: Counts(persons + more if persons else 0, persons),
    st.integers(0, 12),
    st.integers(0, 3),
)


def _possible(printed: list[Cell], total: Cell, most: int) -> list[set[int]]:
    """Try every way to fill the hidden cells that agrees with the total: what an outsider can know."""
    visible = sum(cell for cell in printed if isinstance(cell, int))
    hidden = [cell for cell in printed if not isinstance(cell, int)]
    ranges = [range(1, FEWEST) if cell == BELOW else range(1, most) for cell in hidden]
    ways = [
        way
        for way in product(*ranges)
        if not isinstance(total, int) or sum(way) + visible == total
    ]
    return [{way[at] for way in ways} for at, cell in enumerate(hidden) if cell == BELOW]


@given(st.lists(COUNTS, max_size=4))
def test_persons_cannot_be_worked_out_by_subtraction(rows: list[Counts]) -> None:
    (cells,) = protect([rows])
    printed = [cell[1] for cell in cells[:-1]]
    for candidates in _possible(printed, cells[-1][1], 40):
        assert candidates == {1, 2, 3, 4}


@given(st.lists(st.integers(0, 12), max_size=4))
def test_visits_stand_in_for_persons_that_are_not_counted(visits: list[int]) -> None:
    (cells,) = protect([[Counts(times, None) for times in visits]])
    printed = [cell[0] for cell in cells[:-1]]
    for candidates in _possible(printed, cells[-1][0], 40):
        assert candidates == {1, 2, 3, 4}


@given(st.lists(COUNTS, max_size=8), st.lists(COUNTS, max_size=8))
def test_nothing_small_is_printed_and_totals_are_true_or_withheld(
    one: list[Counts], two: list[Counts]
) -> None:
    tables = protect([one, two])
    for rows, cells in zip((one, two), tables, strict=True):
        assert all(is_protected(cell[1]) for cell in cells[:-1])
        for row, cell in zip(rows, cells, strict=False):
            assert cell[0] in {row.person_times, WITHHELD}
            assert cell[1] in {row.persons, WITHHELD, BELOW}
        if isinstance(cells[-1][1], int):
            assert cells[-1][1] == sum(row.persons or 0 for row in rows)


def test_a_total_that_one_table_must_withhold_is_withheld_in_both() -> None:
    lone, plain = protect([[Counts(3, 3)], [Counts(20, 10), Counts(30, 20)]])
    assert lone == ((WITHHELD, BELOW), (WITHHELD, WITHHELD))
    # The rows of the other table would add up to it.
    assert plain == ((WITHHELD, WITHHELD),) * 3


def test_the_smallest_other_row_is_withheld_beside_a_small_one() -> None:
    (cells,) = protect([[Counts(90, 80), Counts(9, 3), Counts(30, 25)]])
    assert cells == ((90, 80), (WITHHELD, BELOW), (WITHHELD, WITHHELD), (129, 108))


@pytest.mark.parametrize("rows", [[], [Counts(0, 0)], [Counts(5, 5), Counts(70, 60)]])
def test_without_small_counts_nothing_is_hidden(rows: list[Counts]) -> None:
    (cells,) = protect([rows])
    assert list(cells[:-1]) == [(row.person_times, row.persons) for row in rows]


CROSS = st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=2), min_size=1, max_size=3)


@given(CROSS)
def test_two_tables_of_the_same_people_tell_no_more_than_each(people: list[list[int]]) -> None:
    """An outsider has the rows of both: whichever total they can make, every small cell keeps all its values."""
    by_group = [sum(row) for row in people]
    by_disease = [sum(column) for column in zip(*people, strict=True)]
    tables = protect([[Counts(n, n) for n in rows] for rows in (by_group, by_disease)])
    printed = [[cell[1] for cell in cells[:-1]] for cells in tables]
    totals = {cells[-1][1] for cells in tables}
    totals |= {sum(cells) for cells in printed if all(isinstance(cell, int) for cell in cells)}  # type: ignore[arg-type]
    known = next((total for total in totals if isinstance(total, int)), WITHHELD)
    for cells in printed:
        for candidates in _possible(cells, known, 44):
            assert candidates == {1, 2, 3, 4}


@given(st.lists(st.lists(COUNTS, min_size=3, max_size=3), min_size=1, max_size=4))
def test_no_two_publications_differ_by_a_hidden_cell(months: list[list[Counts]]) -> None:
    """Running totals after each month, and every stretch of months: subtracting one from another gives a month's cell
    only where the month shows it.
    """
    cells = [dict(zip("abc", protect([rows])[0], strict=False)) for rows in months]
    for first in range(len(cells)):
        for stop in range(first + 1, len(cells) + 1):
            joined = combine(cells[first:stop])
            for key, cell in joined.items():
                parts = [month[key] for month in cells[first:stop]]
                for column in (0, 1):
                    column_parts = [part[column] for part in parts]
                    shown = all(isinstance(part, int) for part in column_parts)
                    assert isinstance(cell[column], int) is shown
                    if shown:
                        assert cell[column] == sum(column_parts)
                    assert is_protected(cell[1])
