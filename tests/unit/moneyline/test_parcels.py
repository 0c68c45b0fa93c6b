"""What of a transfer is under way, held against a list of single units."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.moneyline.parcels import Parcels, as_text, from_text, put, take, take_back, total

gaps = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=6)


def laid(found: list[tuple[int, int]]) -> Parcels:
    """Lay intervals of some lengths, with gaps between them."""
    parcels: Parcels = ()
    end = 0
    for gap, length in found:
        parcels = put(parcels, end + gap, length)
        end += gap + length
    return parcels


def units(parcels: Parcels) -> list[int]:
    return [at for start, length in parcels for at in range(start, start + length)]


@given(gaps, st.data())
def test_units_leave_from_the_front_and_none_is_lost(
    found: list[tuple[int, int]], data: st.DataObject
) -> None:
    parcels = laid(found)
    amount = data.draw(st.integers(0, total(parcels)))
    taken, left = take(parcels, amount)
    assert units(taken) + units(left) == units(parcels)
    assert total(taken) == amount
    assert all(length > 0 for _, length in (*taken, *left))
    assert from_text(as_text(left)) == left


@given(gaps, st.data())
def test_what_a_sending_put_there_is_taken_back_or_as_much_from_the_end(
    found: list[tuple[int, int]], data: st.DataObject
) -> None:
    parcels = laid(found)
    length = data.draw(st.integers(0, total(parcels)))
    start = data.draw(st.integers(0, 40))
    taken, left = take_back(parcels, start, length)
    assert sorted(units(taken) + units(left)) == units(parcels)
    assert total(taken) == length
    whole = range(start, start + length)
    is_there = any(a <= start and start + length <= a + n for a, n in parcels)
    assert units(taken) == ([*whole] if is_there else units(parcels)[total(parcels) - length :])
