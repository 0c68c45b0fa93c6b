"""Shares are exact, round halves up, and telescope."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvariantError
from ledger.moneyline.shares import share, share_interval

SUMS = st.integers(0, 2**53 - 1)


@pytest.mark.parametrize(
    ("total_to", "offset", "total_from", "expected"),
    [
        (5, 0, 10, 0),
        (5, 10, 10, 5),
        (5, 1, 10, 1),  # 0.5 goes up
        (5, 3, 10, 2),  # 1.5
        (5, 5, 10, 3),  # 2.5, which does not go to the even 2
        (1, 1, 3, 0),
        (1, 2, 3, 1),
        (0, 7, 10, 0),
        (700, 1, 100, 7),  # a conversion may grow
        (2**53 - 1, 2**53 - 2, 2**53 - 1, 2**53 - 2),  # where a float would be wrong
    ],
)
def test_share_rounds_half_up(total_to: int, offset: int, total_from: int, expected: int) -> None:
    assert share(total_to, offset, total_from) == expected


@given(total_to=SUMS, total_from=SUMS.filter(bool), data=st.data())
def test_share_is_within_half_a_unit(total_to: int, total_from: int, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, total_from))
    error = share(total_to, offset, total_from) - Fraction(total_to * offset, total_from)
    assert Fraction(-1, 2) < error <= Fraction(1, 2)


@given(total_to=SUMS, total_from=SUMS.filter(bool), data=st.data())
def test_neighbours_telescope(total_to: int, total_from: int, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, total_from), max_size=20))
    ends = [
        share_interval(total_to, lo, hi, total_from)
        for lo, hi in pairwise([0, *sorted(cuts), total_from])
    ]
    assert sum(hi - lo for lo, hi in ends) == total_to
    assert all(hi >= lo for lo, hi in ends)
    assert all(before[1] == after[0] for before, after in pairwise(ends))


@pytest.mark.parametrize(
    ("total_to", "offset", "total_from"),
    [(5, 0, 0), (5, 0, -1), (-1, 0, 5), (5, -1, 5), (5, 6, 5)],
)
def test_share_refuses_what_is_out_of_range(total_to: int, offset: int, total_from: int) -> None:
    with pytest.raises(InvariantError, match="share-range"):
        share(total_to, offset, total_from)


def test_share_interval_refuses_a_turned_interval() -> None:
    with pytest.raises(InvariantError, match="share-range"):
        share_interval(5, 3, 2, 10)
