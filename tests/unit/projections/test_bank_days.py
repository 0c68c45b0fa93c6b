"""Going through the days once says the same of each evening as counting everything anew for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.desk.bank_days import BankDay, Movement, evenings

DAYS = [f"2026-10-{day:02d}" for day in range(1, 8)]
_keys = st.sampled_from(["entry/1", "entry/2", "payment/A", "line/x", "line/y"])
_amounts = st.integers(-3, 3)
_booked = st.lists(
    st.builds(Movement, st.sampled_from(DAYS), _keys, _amounts)
    | st.builds(Movement, st.just(""), st.just("opening"), _amounts),
    max_size=8,
)
_lines = st.lists(st.builds(Movement, st.sampled_from(DAYS), _keys, _amounts), max_size=8)


def plain(
    day: str, booked: Sequence[Movement], lines: Sequence[Movement], stated: Mapping[str, int]
) -> BankDay:
    """Count everything until an evening."""
    ledger = sum(one.amount for one in booked if one.day <= day)
    left: dict[str, int] = defaultdict(int)
    for one in booked:
        if one.day <= day and one.key != "opening":
            left[one.key] += one.amount
    seen = {one.key for one in lines if one.day <= day}
    for one in lines:
        if one.day <= day:
            left[one.key] -= one.amount
    there = [amount for key, amount in left.items() if amount and key in seen]
    here = [amount for key, amount in left.items() if amount and key not in seen]
    bank = stated.get(day)
    rest = None if bank is None else ledger - bank - sum(there) - sum(here)
    return BankDay(day, bank, ledger, sum(here), len(here), sum(there), len(there), rest)


@settings(max_examples=300, deadline=None)
@given(
    _booked,
    _lines,
    st.dictionaries(st.sampled_from(DAYS), _amounts),
    st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)),
)
def test_each_evening_is_what_a_plain_count_says(
    booked: list[Movement],
    lines: list[Movement],
    stated: dict[str, int],
    span: tuple[str, str],
) -> None:
    days = sorted({one.day for one in lines if span[0] <= one.day <= span[1]})
    expected = [plain(day, booked, lines, stated) for day in days]
    assert evenings(booked, lines, stated, span) == expected
