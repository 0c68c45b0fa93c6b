"""The way of a gift: cut, mixed, returned, converted, and always added up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ledger.errors import InvariantError
from ledger.moneyline.intervals import Line, LineState, Segment
from ledger.moneyline.way import (
    DEPTH_MAX,
    Piece,
    Stage,
    StageTotal,
    stage_of,
    totals_by_stage,
    trace,
)

PLATFORM = Line("Assets:Platform:Kuaishou", "CNY")
PLATFORM_USD = Line("Assets:Platform:Twitch", "USD")
PAYOUT = Line("Assets:Payout:Kuaishou", "CNY")
BANK = Line("Assets:Bank:CCB", "CNY")
FEES = Line("Expenses:BankFees", "CNY")
TRANSIT = Line("Assets:InTransit:Fund", "CNY")
FUND = Line("Assets:Fund:Main", "CNY")
GOUT = Line("Expenses:Programme:Gout", "CNY")
ASTHMA = Line("Expenses:Programme:Asthma", "CNY")


def way(state: LineState, line: Line, lo: int, hi: int) -> list[Piece]:
    """Return the way of an interval through what a state knows."""
    return trace(line, lo, hi, state.find, state.voids)


def told(pieces: Sequence[Piece]) -> list[tuple[str, int, int, int, int | None]]:
    """Return for each piece its account's last name, where it lies, what waits and is left."""
    return [
        (piece.line.account.split(":")[-1], piece.lo, piece.hi, piece.waiting, piece.left)
        for piece in pieces
    ]


def banked(*gifts: int, gross: int, net: int) -> LineState:
    """Return lines with these gifts, settled once, with the net in the bank."""
    state = LineState()
    for amount in gifts:
        state.gift(PLATFORM, amount)
    state.settle(PLATFORM, gross, PAYOUT, net)
    if net:
        state.move(PAYOUT, net, BANK, net)
    return state


def test_a_gift_waits_where_it_was_raised() -> None:
    state = LineState()
    state.gift(PLATFORM, 300)
    (piece,) = way(state, PLATFORM, 0, 300)
    assert piece == Piece(PLATFORM, 0, 300, 300, 300, None, None, None, 0)
    assert piece.left is None


def test_a_gift_goes_all_the_way() -> None:
    state = banked(300, 100, gross=400, net=200)
    sent = state.move(BANK, 200, TRANSIT, 200)
    state.move_interval(TRANSIT, sent.to_start, 200, FUND, 200)
    state.move(FUND, 120, GOUT, 120)
    pieces = way(state, PLATFORM, 0, 300)
    assert told(pieces) == [
        ("Kuaishou", 0, 300, 0, None),
        ("Kuaishou", 0, 150, 0, 150),
        ("CCB", 0, 150, 0, 0),
        ("Fund", 0, 150, 0, 0),
        ("Main", 0, 150, 30, 0),
        ("Gout", 0, 120, 120, 0),
    ]
    assert [piece.parent for piece in pieces] == [None, 0, 1, 2, 3, 4]
    assert totals_by_stage(pieces) == {
        (Stage.RAISED, "CNY"): StageTotal(300, 0, 0),
        (Stage.SETTLED, "CNY"): StageTotal(150, 0, 150),
        (Stage.BANK, "CNY"): StageTotal(150, 0, 0),
        (Stage.TRANSIT, "CNY"): StageTotal(150, 0, 0),
        (Stage.FUND, "CNY"): StageTotal(150, 30, 0),
        (Stage.PROGRAMME, "CNY"): StageTotal(120, 120, 0),
    }


def test_a_boundary_cuts_a_gift_into_two_ways() -> None:
    state = LineState()
    state.gift(PLATFORM, 10)
    state.gift(PLATFORM, 10)
    state.settle(PLATFORM, 15, PAYOUT, 5)
    state.settle(PLATFORM, 3, PAYOUT, 3)
    pieces = way(state, PLATFORM, 10, 20)
    assert told(pieces) == [
        ("Kuaishou", 10, 20, 2, None),
        ("Kuaishou", 3, 5, 2, 3),
        ("Kuaishou", 5, 8, 3, 0),
    ]
    assert [(piece.taken, piece.parent) for piece in pieces[1:]] == [(5, 0), (3, 0)]


def test_gift_nets_add_up_to_the_settlement() -> None:
    state = banked(1, 1, 1, 1, 1, 1, 1, gross=7, net=3)
    nets = [way(state, PLATFORM, start, start + 1)[1].amount for start in range(7)]
    assert nets == [0, 1, 0, 1, 0, 1, 0]


def test_a_gift_of_which_nothing_is_left_has_an_empty_piece() -> None:
    state = banked(1, 9, gross=10, net=4)
    assert told(way(state, PLATFORM, 0, 1)) == [
        ("Kuaishou", 0, 1, 0, None),
        ("Kuaishou", 0, 0, 0, 1),
    ]
    unpaid = banked(5, gross=5, net=0)
    assert told(way(unpaid, PLATFORM, 0, 5))[1:] == [("Kuaishou", 0, 0, 0, 5)]


@pytest.mark.parametrize(
    ("voided", "gift", "expected"),
    [
        # Gifts at 0, 10, 20, 30; 20 taken of them for a net of 10, so each gift nets 5.
        (0, 10, [("Kuaishou", 10, 20, 0, None), ("Kuaishou", 0, 5, 5, 5)]),
        (0, 20, [("Kuaishou", 20, 30, 0, None), ("Kuaishou", 5, 10, 5, 5)]),
        (10, 0, [("Kuaishou", 0, 10, 0, None), ("Kuaishou", 0, 5, 5, 5)]),
        (10, 20, [("Kuaishou", 20, 30, 0, None), ("Kuaishou", 5, 10, 5, 5)]),
        (20, 10, [("Kuaishou", 10, 20, 0, None), ("Kuaishou", 5, 10, 5, 5)]),
        (20, 30, [("Kuaishou", 30, 40, 10, None)]),
    ],
)
def test_neighbours_of_a_void_keep_their_shares(
    voided: int, gift: int, expected: list[tuple[str, int, int, int, int | None]]
) -> None:
    state = LineState()
    for _ in range(4):
        state.gift(PLATFORM, 10)
    state.void(PLATFORM, voided, 10)
    state.settle(PLATFORM, 20, PAYOUT, 10)
    assert told(way(state, PLATFORM, gift, gift + 10)) == expected


@pytest.mark.parametrize("gross", [5, 20, 30])
def test_a_void_gift_goes_nowhere(gross: int) -> None:
    state = LineState()
    for _ in range(3):
        state.gift(PLATFORM, 10)
    state.void(PLATFORM, 10, 10)
    state.settle(PLATFORM, gross, PAYOUT, gross)
    (piece,) = way(state, PLATFORM, 10, 20)
    assert (piece.amount, piece.waiting) == (0, 0)


def test_a_gift_in_a_hole_goes_the_way_of_the_settlement() -> None:
    state = LineState()
    state.gift(PLATFORM, 10)
    state.gift(PLATFORM, 10)
    state.void(PLATFORM, 10, 10)
    state.settle(PLATFORM, 20, PAYOUT, 10)
    start = state.fill(PLATFORM, 4)
    assert start == 20
    assert told(way(state, PLATFORM, 20, 24))[1:] == [("Kuaishou", 5, 7, 2, 2)]
    assert told(way(state, PLATFORM, 24, 30))[1:] == [("Kuaishou", 7, 10, 3, 3)]


def test_two_channels_mix_in_the_bank_and_part_again() -> None:
    state = LineState()
    ways = {}
    for channel in ("Kuaishou", "Douyin"):
        line = Line(f"Assets:Platform:{channel}", "CNY")
        payout = Line(f"Assets:Payout:{channel}", "CNY")
        ways[channel] = line, state.gift(line, 10)
        state.settle(line, 10, payout, 10)
        state.move(payout, 10, BANK, 10)
    state.move(BANK, 15, TRANSIT, 15)
    kuaishou, douyin = (way(state, line, start, start + 10) for line, start in ways.values())
    assert told(kuaishou)[-1] == ("Fund", 0, 10, 10, 0)
    assert told(douyin)[-2:] == [("CCB", 10, 20, 5, 0), ("Fund", 10, 15, 5, 0)]


def test_after_a_conversion_nothing_is_said_to_be_left_behind() -> None:
    state = LineState()
    state.gift(PLATFORM_USD, 3)
    state.gift(PLATFORM_USD, 7)
    state.settle(PLATFORM_USD, 10, PAYOUT, 71)
    pieces = way(state, PLATFORM_USD, 0, 3)
    assert told(pieces) == [("Twitch", 0, 3, 0, None), ("Kuaishou", 0, 21, 21, None)]
    assert totals_by_stage(pieces) == {
        (Stage.RAISED, "USD"): StageTotal(3, 0, 0),
        (Stage.SETTLED, "CNY"): StageTotal(21, 21, 0),
    }


def test_a_fee_can_take_the_front_or_be_spread() -> None:
    front = banked(10, 10, gross=20, net=20)
    front.move(BANK, 2, FEES, 2)
    front.move(BANK, 18, TRANSIT, 18)
    assert told(way(front, PLATFORM, 0, 10))[-2:] == [
        ("BankFees", 0, 2, 2, 0),
        ("Fund", 0, 8, 8, 0),
    ]
    spread = banked(10, 10, gross=20, net=20)
    spread.move(BANK, 20, TRANSIT, 18)
    assert [told(way(spread, PLATFORM, start, start + 10))[-1] for start in (0, 10)] == [
        ("Fund", 0, 9, 9, 1),
        ("Fund", 9, 18, 9, 1),
    ]


def test_confirmations_out_of_order_do_not_swap_gifts() -> None:
    state = banked(10, 10, gross=20, net=20)
    first, second = (state.move(BANK, 10, TRANSIT, 10) for _ in range(2))
    for sent in (second, first):
        state.move_interval(TRANSIT, sent.to_start, 10, FUND, 10)
    assert told(way(state, PLATFORM, 0, 10))[-1] == ("Main", 10, 20, 10, 0)
    assert told(way(state, PLATFORM, 10, 20))[-1] == ("Main", 0, 10, 10, 0)


def test_a_returned_transfer_is_sent_again_behind_the_others() -> None:
    state = banked(10, 10, gross=20, net=20)
    sent = state.move(BANK, 10, TRANSIT, 10)
    state.move_interval(TRANSIT, sent.to_start, 10, BANK, 9)
    state.move(BANK, 15, TRANSIT, 15)
    pieces = way(state, PLATFORM, 0, 10)
    assert told(pieces)[2:] == [
        ("CCB", 0, 10, 0, 0),
        ("Fund", 0, 10, 0, 0),
        ("CCB", 20, 29, 4, 1),
        ("Fund", 20, 25, 5, 0),
    ]
    totals = totals_by_stage(pieces)
    assert totals[Stage.BANK, "CNY"] == StageTotal(10, 4, 1)
    assert totals[Stage.TRANSIT, "CNY"] == StageTotal(10, 5, 0)


def test_a_spend_reversed_can_be_spent_on_something_else() -> None:
    state = LineState()
    state.receive(FUND, 10)
    spent = state.move(FUND, 10, GOUT, 10)
    state.move_interval(GOUT, spent.to_start + 2, 5, FUND, 5)
    state.move(FUND, 3, ASTHMA, 3)
    assert told(way(state, FUND, 0, 10)) == [
        ("Main", 0, 10, 0, None),
        ("Gout", 0, 10, 5, 0),
        ("Main", 10, 15, 2, 0),
        ("Asthma", 0, 3, 3, 0),
    ]


def test_the_order_in_which_segments_are_found_does_not_matter() -> None:
    state = banked(10, gross=10, net=10)
    for _ in range(5):
        state.move(BANK, 2, TRANSIT, 2)

    def turned(line: Line, lo: int, hi: int) -> Sequence[Segment]:
        return list(reversed(state.find(line, lo, hi)))

    expected = way(state, PLATFORM, 0, 10)
    assert trace(PLATFORM, 0, 10, turned, state.voids) == expected


def test_voids_are_asked_for_on_platforms_lines_only() -> None:
    state = banked(10, gross=10, net=10)
    asked = set()

    def voids(line: Line, lo: int, hi: int) -> Sequence[tuple[int, int]]:
        asked.add(line)
        return state.voids(line, lo, hi)

    trace(PLATFORM, 0, 10, state.find, voids)
    assert asked == {PLATFORM}


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        (
            [Segment(BANK, 0, 6, 6, FUND, 0, 6, 1), Segment(BANK, 5, 9, 4, FUND, 6, 4, 2)],
            "overlap",
        ),
        ([Segment(BANK, 20, 26, 6, FUND, 0, 6, 1)], "overlap"),  # not what was asked for
        ([Segment(BANK, 0, 6, 6, FUND, 0, 6, 5), Segment(FUND, 0, 6, 6, GOUT, 0, 6, 4)], "back"),
        ([Segment(BANK, 0, 6, 6, FUND, 0, 6, 5), Segment(FUND, 0, 6, 6, BANK, 0, 6, 5)], "circle"),
    ],
)
def test_damaged_segments_are_noticed(segments: list[Segment], reason: str) -> None:
    def find(line: Line, _lo: int, _hi: int) -> Sequence[Segment]:
        return [segment for segment in segments if segment.source == line]

    with pytest.raises(InvariantError, match=reason):
        trace(BANK, 0, 10, find, lambda _line, _lo, _hi: ())


@pytest.mark.parametrize(("lo", "hi"), [(-1, 3), (3, 2)])
def test_an_interval_that_is_none_is_refused(lo: int, hi: int) -> None:
    with pytest.raises(InvariantError, match="outside"):
        way(LineState(), BANK, lo, hi)


def test_a_way_may_be_long() -> None:
    state = LineState()
    state.receive(BANK, 3)
    for _ in range(DEPTH_MAX // 4):
        sent = state.move(BANK, 3, TRANSIT, 3)
        state.move_interval(TRANSIT, sent.to_start, 3, BANK, 3)
    assert len(way(state, BANK, 0, 3)) == DEPTH_MAX // 2 + 1


@pytest.mark.parametrize(
    ("account", "stage"),
    [
        ("Assets:Platform:Kuaishou", Stage.RAISED),
        ("Assets:Payout:Kuaishou", Stage.SETTLED),
        ("Assets:Bank:CCB", Stage.BANK),
        ("Assets:InTransit:Fund", Stage.TRANSIT),
        ("Assets:Fund:Main", Stage.FUND),
        ("Expenses:Programme:Gout", Stage.PROGRAMME),
        ("Expenses:BankFees", Stage.COST),
        ("Equity:Opening", Stage.OTHER),
    ],
)
def test_an_account_has_a_stage(account: str, stage: Stage) -> None:
    assert stage_of(account) is stage
