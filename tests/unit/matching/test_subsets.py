from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ledger.matching.subsets import ITEMS_MAX, subset_with_sum


@given(
    st.lists(st.integers(1, 60), max_size=9),
    st.integers(1, 120),
    st.integers(2, 3),
    st.integers(3, 6),
    st.sampled_from([1, -1]),
)
def test_it_finds_what_trying_every_set_finds(amounts, target, fewest, most, sign):
    fitting = [
        places
        for count in range(fewest, most + 1)
        for places in combinations(range(len(amounts)), count)
        if sum(amounts[place] for place in places) == target
    ]
    found = subset_with_sum([one * sign for one in amounts], target * sign, fewest, most)
    assert found.is_ambiguous == (len(fitting) > 1)
    assert found.items == (fitting[0] if len(fitting) == 1 else ())


def test_a_pair_that_cancels_is_never_put_into_a_set():
    assert subset_with_sum([500, -500, 300, 200], 500, 2, 6).items == ()


def test_forty_items_are_looked_at_and_more_are_not():
    amounts = [10**6 + 2**at for at in range(ITEMS_MAX)]
    target = amounts[3] + amounts[17] + amounts[18]
    assert subset_with_sum(amounts, target, 2, 6).items == (3, 17, 18)
    assert subset_with_sum([*amounts, 1], target, 2, 6).gave_up


def test_too_many_sums_are_given_up():
    amounts = [10**9 + 2**at for at in range(30)]
    assert subset_with_sum(amounts, sum(amounts[-6:]), 2, 6).gave_up
