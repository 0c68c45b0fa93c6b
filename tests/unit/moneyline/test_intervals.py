"""Where each movement puts its units, and what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InsufficientError, InvariantError
from ledger.money import AMOUNT_MAX
from ledger.moneyline.intervals import (
    Hole,
    Line,
    LineState,
    Segment,
    effective_offset,
    map_interval,
    segment_from_json,
    segment_to_json,
    settled_end,
)

PLATFORM = Line("Assets:Platform:Kuaishou", "CNY")
PLATFORM_USD = Line("Assets:Platform:Twitch", "USD")
PAYOUT = Line("Assets:Payout:Kuaishou", "CNY")
BANK = Line("Assets:Bank:CCB", "CNY")
FEES = Line("Expenses:BankFees", "CNY")
TRANSIT = Line("Assets:InTransit:Fund", "CNY")
FUND = Line("Assets:Fund:Main", "CNY")
PROGRAMME = Line("Expenses:Programme:Gout", "CNY")


def raised(*gifts: int, line: Line = PLATFORM) -> LineState:
    """Return lines with these gifts on a platform's line."""
    state = LineState()
    for amount in gifts:
        state.gift(line, amount)
    return state


def banked(amount: int) -> LineState:
    """Return lines with this amount in the bank."""
    state = LineState()
    state.receive(BANK, amount)
    return state


def places(segment: Segment) -> tuple[int, int, int, int, int]:
    """Return start, end and length on the source, start and length on the target."""
    return segment.start, segment.end, segment.length, segment.to_start, segment.to_length


def snapshot(state: LineState) -> object:
    """Return all that a state tells of its lines."""
    return [
        (
            line,
            state.debits(line),
            state.credits(line),
            state.front(line),
            state.holes(line),
            list(state.voids(line, 0, AMOUNT_MAX)),
            list(state.find(line, 0, AMOUNT_MAX)),
        )
        for line in state.lines()
    ]


# --- platforms' lines -------------------------------------------------------------------------


def test_gifts_lie_one_behind_the_other() -> None:
    state = LineState()
    assert [state.gift(PLATFORM, amount) for amount in (300, 1, 50)] == [0, 300, 301]
    assert (state.debits(PLATFORM), state.held(PLATFORM), state.front(PLATFORM)) == (351, 351, 0)


@pytest.mark.parametrize(
    ("voided", "gross", "start_end", "next_start_end"),
    [
        # Gifts at 0, 10, 20, 30, each 10 long; the next settlement takes 5 more.
        ([], 15, (0, 15), (15, 20)),
        ([0], 10, (0, 20), (20, 25)),  # a void first belongs to the settlement that passes it
        ([10], 10, (0, 10), (10, 25)),  # a void just behind the boundary to the next one
        ([10], 15, (0, 25), (25, 30)),
        ([10, 20], 15, (0, 35), (35, 40)),  # neighbours
        ([0, 10], 15, (0, 35), (35, 40)),
        ([0, 20], 15, (0, 35), (35, 40)),
        ([30], 25, (0, 25), (25, 30)),  # a void last is passed by nobody
    ],
)
def test_a_settlement_walks_over_voids(
    voided: list[int],
    gross: int,
    start_end: tuple[int, int],
    next_start_end: tuple[int, int],
) -> None:
    state = raised(10, 10, 10, 10)
    for start in voided:
        state.void(PLATFORM, start, 10)
    assert state.held(PLATFORM) == 40 - 10 * len(voided)
    for taken, expected in ((gross, start_end), (5, next_start_end)):
        segment, unattributed = state.settle(PLATFORM, taken, PAYOUT, 1)
        assert (segment.start, segment.end) == expected
        assert (segment.length, unattributed) == (taken, 0)
        assert state.front(PLATFORM) == expected[1]
    assert state.held(PLATFORM) == 40 - 10 * len(voided) - gross - 5


def test_a_settlement_of_more_than_the_line_makes_a_hole() -> None:
    state = raised(10, 10)
    segment, unattributed = state.settle(PLATFORM, 27, PAYOUT, 13)
    assert (places(segment), unattributed) == ((0, 27, 27, 0, 13), 7)
    assert state.holes(PLATFORM) == [Hole(20, 7)]
    assert (state.debits(PLATFORM), state.held(PLATFORM), state.front(PLATFORM)) == (27, 0, 27)
    assert state.gift(PLATFORM, 4) == 27


@pytest.mark.parametrize(("voided", "end"), [(0, 27), (10, 27)])
def test_a_hole_comes_behind_a_void(voided: int, end: int) -> None:
    state = raised(10, 10)
    state.void(PLATFORM, voided, 10)
    segment, unattributed = state.settle(PLATFORM, 17, PAYOUT, 8)
    assert (segment.end, segment.length, unattributed) == (end, 17, 7)
    assert state.holes(PLATFORM) == [Hole(20, 7)]


def test_an_empty_line_can_be_settled_into_a_hole() -> None:
    state = LineState()
    segment, unattributed = state.settle(PLATFORM, 5, PAYOUT, 2)
    assert (places(segment), unattributed) == ((0, 5, 5, 0, 2), 5)


def test_gifts_found_later_fill_the_oldest_hole_that_fits_whole() -> None:
    state = LineState()
    state.settle(PLATFORM, 5, PAYOUT, 2)
    state.gift(PLATFORM, 1)
    state.settle(PLATFORM, 9, PAYOUT, 2)  # holes at 0 (5 long) and 6 (8 long)
    before = state.debits(PLATFORM), state.credits(PLATFORM)
    assert state.fill(PLATFORM, 3) == 0
    assert state.fill(PLATFORM, 3) == 6  # two are left in the first
    assert state.fill(PLATFORM, 2) == 3
    assert state.fill(PLATFORM, 6) is None
    assert state.fill(PLATFORM, 5) == 9
    assert state.fill(PLATFORM, 1) is None
    assert (state.debits(PLATFORM), state.credits(PLATFORM)) == before
    assert state.holes(PLATFORM) == [Hole(0, 5, 5), Hole(6, 8, 8)]


@pytest.mark.parametrize(
    ("start", "amount", "reason"),
    [
        (0, 10, "settled"),
        (10, 10, "settled"),  # cut by the boundary at 15
        (20, 10, "void-already"),
        (25, 10, "void-already"),
        (30, 11, "beyond-the-line"),
        (30, 0, "not-positive"),
    ],
)
def test_only_what_is_whole_and_unsettled_can_become_void(
    start: int, amount: int, reason: str
) -> None:
    state = raised(10, 10, 10, 10)
    state.settle(PLATFORM, 15, PAYOUT, 15)
    state.void(PLATFORM, 20, 10)
    with pytest.raises(InvariantError, match=reason):
        state.void(PLATFORM, start, amount)
    state.void(PLATFORM, 30, 10)


def test_a_gift_in_a_hole_is_settled_and_cannot_become_void() -> None:
    state = LineState()
    state.settle(PLATFORM, 5, PAYOUT, 2)
    start = state.fill(PLATFORM, 5)
    assert start == 0
    with pytest.raises(InvariantError, match="settled"):
        state.void(PLATFORM, start, 5)


@pytest.mark.parametrize(
    ("line", "gross", "net", "reason"),
    [
        (PLATFORM, 10, -1, "negative"),
        (PLATFORM, 10, 11, "more-arrives-than-left"),
        (PLATFORM, 0, 0, "not-positive"),
        (PLATFORM, -1, 0, "not-positive"),
        (PLATFORM, AMOUNT_MAX + 1, 0, "too-large"),
        (BANK, 10, 5, "not-a-platform-line"),
    ],
)
def test_a_refused_settlement_changes_nothing(
    line: Line, gross: int, net: int, reason: str
) -> None:
    state = raised(4)
    before = snapshot(state)
    with pytest.raises(InvariantError, match=reason):
        state.settle(line, gross, PAYOUT, net)
    assert snapshot(state) == before


def test_a_settlement_may_pay_nothing() -> None:
    state = raised(4)
    segment, _ = state.settle(PLATFORM, 4, PAYOUT, 0)
    assert places(segment) == (0, 4, 4, 0, 0)
    assert state.held(PAYOUT) == 0


def test_a_conversion_may_grow() -> None:
    state = raised(100, line=PLATFORM_USD)
    segment, _ = state.settle(PLATFORM_USD, 100, PAYOUT, 711)
    assert (segment.length, segment.to_length, state.held(PAYOUT)) == (100, 711, 711)


# --- queues and intervals ---------------------------------------------------------------------


def test_two_channels_queue_at_one_bank_account() -> None:
    state = LineState()
    for channel, net in (("Kuaishou", 50), ("Douyin", 30), ("Kuaishou", 20)):
        payout = Line(f"Assets:Payout:{channel}", "CNY")
        state.gift(Line(f"Assets:Platform:{channel}", "CNY"), 100)
        state.settle(Line(f"Assets:Platform:{channel}", "CNY"), 100, payout, net)
        state.move(payout, net, BANK, net)
    kuaishou = state.find(Line("Assets:Payout:Kuaishou", "CNY"), 0, 100)
    assert [(s.start, s.to_start, s.to_length) for s in kuaishou] == [(0, 0, 50), (50, 80, 20)]


def test_the_front_of_a_queue_is_its_credits() -> None:
    state = banked(100)
    assert places(state.move(BANK, 30, TRANSIT, 30)) == (0, 30, 30, 0, 30)
    assert places(state.move(BANK, 2, FEES, 2)) == (30, 32, 2, 0, 2)
    assert places(state.move(BANK, 68, TRANSIT, 68)) == (32, 100, 68, 30, 68)
    assert state.front(BANK) == state.credits(BANK) == 100
    with pytest.raises(InsufficientError) as caught:
        state.move(BANK, 1, TRANSIT, 1)
    assert caught.value.fields == {
        "account": "Assets:Bank:CCB",
        "commodity": "CNY",
        "available": 0,
        "asked": 1,
    }


def test_confirmations_take_their_own_interval_in_any_order() -> None:
    state = banked(100)
    first, second = state.move(BANK, 60, TRANSIT, 60), state.move(BANK, 40, TRANSIT, 40)
    late = state.move_interval(TRANSIT, second.to_start, second.to_length, FUND, 40)
    early = state.move_interval(TRANSIT, first.to_start, 25, FUND, 25)  # a part of it
    rest = state.move_interval(TRANSIT, first.to_start + 25, 35, FUND, 35)
    assert [places(s) for s in (late, early, rest)] == [
        (60, 100, 40, 0, 40),
        (0, 25, 25, 40, 25),
        (25, 60, 35, 65, 35),
    ]
    assert list(state.find(TRANSIT, 0, 100)) == [early, rest, late]
    assert (state.held(TRANSIT), state.held(FUND)) == (0, 100)


def test_a_returned_transfer_queues_again_and_may_cost_a_fee() -> None:
    state = banked(100)
    sent = state.move(BANK, 60, TRANSIT, 60)
    back = state.move_interval(TRANSIT, sent.to_start, 60, BANK, 58)
    again = state.move(BANK, 98, TRANSIT, 98)
    assert (places(back), places(again)) == ((0, 60, 60, 100, 58), (60, 158, 98, 60, 98))


@pytest.mark.parametrize(
    ("start", "length", "error", "message"),
    [
        (10, 10, InvariantError, "taken-already"),
        (0, 11, InvariantError, "taken-already"),
        (19, 2, InvariantError, "taken-already"),
        (5, 20, InvariantError, "taken-already"),
        (20, 11, InsufficientError, "available=10"),
        (40, 1, InsufficientError, "available=0"),
        (20, 0, InvariantError, "not-positive"),
        (-1, 1, InvariantError, "negative"),
    ],
)
def test_no_unit_leaves_twice(
    start: int, length: int, error: type[Exception], message: str
) -> None:
    state = banked(30)
    state.move(BANK, 30, TRANSIT, 30)
    state.move_interval(TRANSIT, 10, 10, FUND, 10)
    before = snapshot(state)
    with pytest.raises(error, match=message):
        state.move_interval(TRANSIT, start, length, FUND, length)
    assert snapshot(state) == before
    state.move_interval(TRANSIT, 0, 10, FUND, 10)
    state.move_interval(TRANSIT, 20, 10, FUND, 10)


def test_a_spend_reversed_is_in_the_fund_again() -> None:
    state = LineState()
    state.receive(FUND, 100)
    spent = state.move(FUND, 40, PROGRAMME, 40)
    state.move(FUND, 60, PROGRAMME, 60)
    back = state.move_interval(PROGRAMME, spent.to_start, spent.to_length, FUND, 40)
    assert places(back) == (0, 40, 40, 100, 40)
    assert (state.held(PROGRAMME), state.held(FUND), state.front(FUND)) == (60, 40, 100)


@pytest.mark.parametrize(
    ("movement", "arguments", "reason"),
    [
        ("move", (PLATFORM, 1, BANK, 1), "not-a-queue"),
        ("move", (TRANSIT, 1, BANK, 1), "not-a-queue"),
        ("move", (PROGRAMME, 1, BANK, 1), "not-a-queue"),
        ("move_interval", (BANK, 0, 1, FUND, 1), "not-by-interval"),
        ("move_interval", (PLATFORM, 0, 1, FUND, 1), "not-by-interval"),
        ("gift", (BANK, 1), "not-a-platform-line"),
        ("fill", (BANK, 1), "not-a-platform-line"),
        ("void", (BANK, 0, 1), "not-a-platform-line"),
        ("gift", (PLATFORM, 0), "not-positive"),
        ("gift", (PLATFORM, AMOUNT_MAX - 98), "too-large"),
        ("fill", (PLATFORM, -1), "not-positive"),
        ("receive", (BANK, 0), "not-positive"),
        ("receive", (BANK, -1), "negative"),
        ("receive", (BANK, AMOUNT_MAX - 98), "too-large"),
        ("move", (BANK, 0, FUND, 0), "not-positive"),
        ("move", (BANK, 1, FUND, 2), "more-arrives-than-left"),
        ("move", (BANK, 1, FUND, -1), "negative"),
        ("move", (BANK, 1, BANK, 1), "same-line"),
    ],
)
def test_a_refused_movement_changes_nothing(
    movement: str, arguments: tuple[object, ...], reason: str
) -> None:
    state = raised(99)
    state.receive(BANK, 99)
    before = snapshot(state)
    with pytest.raises(InvariantError, match=reason):
        getattr(state, movement)(*arguments)
    assert snapshot(state) == before


def test_asking_does_not_make_a_line() -> None:
    state = LineState()
    with pytest.raises(InsufficientError):
        state.move(BANK, 1, FUND, 1)
    assert (state.held(BANK), state.front(BANK), state.lines()) == (0, 0, [])


def test_segments_carry_the_entry_that_made_them() -> None:
    state = LineState()
    state.seq = 17
    assert state.receive(BANK, 5).seq == 17


# --- free functions ---------------------------------------------------------------------------

RUNS = st.lists(st.tuples(st.booleans(), st.integers(1, 6)), max_size=12)


def laid_out(runs: list[tuple[bool, int]]) -> tuple[list[bool], list[tuple[int, int]]]:
    """Return for each raw unit whether it has value, and the voids."""
    units: list[bool] = []
    voids = []
    for value, length in runs:
        if not value:
            voids.append((len(units), length))
        units += [value] * length
    return units, voids


@given(runs=RUNS, gross=st.integers(1, 40), data=st.data())
def test_settled_end_is_what_counting_unit_by_unit_gives(
    runs: list[tuple[bool, int]], gross: int, data: st.DataObject
) -> None:
    units, voids = laid_out(runs)
    # A front is the end of a settlement, so never inside a void.
    fronts = [0, *(place + 1 for place, value in enumerate(units) if value)]
    front = data.draw(st.sampled_from(fronts))
    position, missing = front, gross
    while missing and position < len(units):
        missing -= units[position]
        position += 1
    assert settled_end(front, gross, voids, len(units)) == (position + missing, missing)


@given(runs=RUNS, data=st.data())
def test_effective_offset_counts_units_of_value(
    runs: list[tuple[bool, int]], data: st.DataObject
) -> None:
    units, voids = laid_out(runs)
    start = data.draw(st.integers(0, len(units)))
    position = data.draw(st.integers(start, len(units)))
    assert effective_offset(start, position, voids) == sum(units[start:position])


@pytest.mark.parametrize(
    ("front", "gross", "voids", "line_end"),
    [
        (0, 0, [], 10),
        (5, 3, [(4, 3)], 10),  # the front inside a void
        (0, 9, [(0, 4), (3, 2)], 10),  # voids overlap
        (0, 9, [(2, 0)], 10),
        (0, 9, [(8, 4)], 10),  # a void beyond the line
    ],
)
def test_settled_end_refuses_data_that_contradicts_itself(
    front: int, gross: int, voids: list[tuple[int, int]], line_end: int
) -> None:
    with pytest.raises(InvariantError, match=r"not-positive|voids"):
        settled_end(front, gross, voids, line_end)


def test_map_interval_shares_by_value_not_by_raw_length() -> None:
    segment = Segment(PLATFORM, 10, 30, 10, PAYOUT, 100, 5, 3)
    voids = [(14, 10)]
    assert map_interval(segment, 10, 14, voids) == (100, 102)
    assert map_interval(segment, 14, 24, voids) == (102, 102)
    assert map_interval(segment, 12, 26, voids) == (101, 103)
    assert map_interval(segment, 10, 30, voids) == (100, 105)


@pytest.mark.parametrize(("lo", "hi"), [(9, 12), (12, 31), (13, 12)])
def test_map_interval_refuses_what_lies_outside(lo: int, hi: int) -> None:
    with pytest.raises(InvariantError, match="outside"):
        map_interval(Segment(BANK, 10, 30, 20, TRANSIT, 0, 20, 3), lo, hi, [])


def test_map_interval_notices_voids_that_are_not_the_segment_s() -> None:
    segment = Segment(PLATFORM, 10, 30, 10, PAYOUT, 100, 5, 3)
    with pytest.raises(InvariantError, match="share-range"):
        map_interval(segment, 10, 30, [])


# --- the form in entries ----------------------------------------------------------------------

GOLDEN = {
    "from": "Assets:Platform:Kuaishou",
    "commodity": "CNY",
    "start": 0,
    "end": 30,
    "length": 20,
    "to": "Assets:Payout:Kuaishou",
    "to_commodity": "CNY",
    "to_start": 7,
    "to_length": 9,
}


def test_a_segment_has_one_form() -> None:
    segment = Segment(PLATFORM, 0, 30, 20, PAYOUT, 7, 9, 4)
    assert segment_to_json(segment) == GOLDEN
    assert segment_from_json(json.loads(json.dumps(GOLDEN)), 4) == segment


def test_money_from_outside_has_no_source() -> None:
    segment = LineState().receive(BANK, 5)
    data = segment_to_json(segment)
    assert (data["from"], data["commodity"]) == (None, None)
    assert (data["start"], data["end"], data["length"]) == (0, 0, 0)
    assert segment_from_json(json.loads(json.dumps(data)), 0) == segment


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"extra": 1}, "segment-form"),
        ({"from": 5}, "segment-form"),
        ({"from": None}, "segment-form"),
        ({"to": None}, "segment-form"),
        ({"start": True}, "segment-form"),
        ({"start": 0.0}, "segment-form"),
        ({"length": "20"}, "segment-form"),
        ({"start": -1}, "negative"),
        ({"to_start": -1}, "negative"),
        ({"end": 2**53}, "too-large"),
        ({"end": 19}, "length"),
        ({"length": 0}, "not-positive"),
        ({"to_length": 21}, "more-arrives-than-left"),
        ({"from": "Assets:Bank:CCB"}, "length"),  # only platforms' lines have voids
        ({"from": "Assets:Payout:Kuaishou", "end": 20}, "same-line"),
        ({"from": None, "commodity": None, "start": 0, "end": 0}, "length"),
        ({"from": None, "commodity": None, "start": 3, "end": 3, "length": 0}, "outside"),
    ],
)
def test_a_malformed_segment_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(InvariantError, match=f"reason='{reason}'"):
        segment_from_json({**GOLDEN, **change}, 4)


def test_a_segment_with_a_missing_field_is_refused() -> None:
    with pytest.raises(InvariantError, match="segment-form"):
        segment_from_json({name: GOLDEN[name] for name in GOLDEN if name != "end"}, 4)


# --- replay -----------------------------------------------------------------------------------


def test_replay_makes_the_movement_that_a_segment_states() -> None:
    state = raised(10, 10, 10)
    state.void(PLATFORM, 0, 10)
    state.receive(PAYOUT, 7)
    assert state.replay(Segment(PLATFORM, 0, 35, 25, PAYOUT, 7, 9, 5)) == 5
    assert state.replay(Segment(PAYOUT, 0, 16, 16, BANK, 0, 16, 6)) == 0
    assert state.replay(Segment(BANK, 0, 6, 6, TRANSIT, 0, 6, 7)) == 0
    assert state.replay(Segment(TRANSIT, 2, 4, 2, FUND, 0, 2, 8)) == 0
    assert state.replay(Segment(None, 0, 0, 0, FUND, 2, 3, 9)) == 0
    assert [state.held(line) for line in (PAYOUT, BANK, TRANSIT, FUND)] == [0, 10, 4, 5]


@pytest.mark.parametrize(
    ("start", "end", "to_start", "field"),
    [(1, 30, 7, "start"), (0, 31, 7, "end"), (0, 30, 8, "to_start")],
)
def test_replay_notices_a_segment_that_the_lines_do_not_give(
    start: int, end: int, to_start: int, field: str
) -> None:
    state = raised(10, 10, 10)
    state.void(PLATFORM, 0, 10)
    state.receive(PAYOUT, 7)
    with pytest.raises(InvariantError, match=f"other-segment.*field='{field}'"):
        state.replay(Segment(PLATFORM, start, end, 20, PAYOUT, to_start, 9, 5))
