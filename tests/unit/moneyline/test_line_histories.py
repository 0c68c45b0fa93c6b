"""Random histories on the lines, held against a model with one object a unit, which knows no positions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ledger.errors import InsufficientError, InvariantError
from ledger.moneyline.intervals import Line, LineState, Segment, is_platform
from ledger.moneyline.way import Piece, totals_by_stage, trace

BANK = Line("Assets:Bank:CCB", "CNY")
FEES = Line("Expenses:BankFees", "CNY")
TRANSIT = Line("Assets:InTransit:Fund", "CNY")
FUND = Line("Assets:Fund:Main", "CNY")
PROGRAMMES = (Line("Expenses:Programme:Gout", "CNY"), Line("Expenses:Programme:Asthma", "CNY"))
CHANNELS = tuple(
    (Line(f"Assets:Platform:{name}", commodity), Line(f"Assets:Payout:{name}", "CNY"))
    for name, commodity in (("Kuaishou", "CNY"), ("Douyin", "CNY"), ("Twitch", "USD"))
)

channels = st.sampled_from(CHANNELS)
amounts = st.integers(1, 12)
some = st.integers(0, 1000)


@dataclass(eq=False, slots=True)
class Unit:
    """One unit that came in, and whose it is. What it became stays this object."""

    owner: str


@dataclass
class SlowLines:
    """The obvious model: a list of units for each place, and nothing else.

    A parcel is what one movement put on a line that is left by interval; a unit that left it is
    None.
    """

    waiting: dict[Line, list[Unit]] = field(default_factory=dict)
    parcels: dict[tuple[Line, int], list[Unit | None]] = field(default_factory=dict)
    took: dict[int, list[Unit]] = field(default_factory=dict)
    gave: dict[int, list[Unit]] = field(default_factory=dict)

    def on(self, line: Line) -> list[Unit]:
        """Return the units on a line."""
        in_parcels = [
            unit
            for (where, _), parcel in self.parcels.items()
            if where == line
            for unit in parcel
            if unit
        ]
        return self.waiting.setdefault(line, []) + in_parcels

    def cross(self, number: int, units: list[Unit], to: Line, arriving: int) -> None:
        """Let each unit become its rounded share of what arrives."""
        ends = [
            floor(Fraction(arriving * count, len(units)) + Fraction(1, 2))
            for count in range(len(units) + 1)
        ]
        arrived = [unit for i, unit in enumerate(units) for _ in range(ends[i + 1] - ends[i])]
        self.took[number], self.gave[number] = units, arrived
        self.put(number, to, arrived)

    def put(self, number: int, to: Line, units: list[Unit]) -> None:
        """Put units behind the others, or into a parcel of their own."""
        if to in {TRANSIT, FEES, *PROGRAMMES}:
            self.parcels[to, number] = list(units)
        else:
            self.waiting.setdefault(to, []).extend(units)

    def take(self, line: Line, count: int) -> list[Unit]:
        """Take units from the front."""
        units = self.waiting[line][:count]
        del self.waiting[line][:count]
        return units


class Histories(RuleBasedStateMachine):
    """Make the same movements on both models."""

    def __init__(self) -> None:
        super().__init__()
        self.fast = LineState()
        self.slow = SlowLines()
        self.number = 0
        self.gifts: dict[str, tuple[Line, int, int]] = {}
        self.holes: dict[str, tuple[Line, list[Unit]]] = {}
        self.received: dict[str, Segment] = {}
        self.segments: dict[int, Segment] = {}
        self.again: list[Callable[[LineState], object]] = []

    def next(self) -> int:
        """Begin the next entry."""
        self.number += 1
        self.fast.seq = self.number
        return self.number

    def keep(self, segment: Segment) -> Segment:
        """Remember a segment, by its entry."""
        assert segment.seq == self.number
        self.segments[self.number] = segment
        self.again.append(lambda state: state.replay(segment))
        return segment

    # --- gifts --------------------------------------------------------------------------------

    @initialize(channel=channels, several=st.lists(amounts, max_size=8))
    def begin(self, channel: tuple[Line, Line], several: list[int]) -> None:
        self.give(channel, several)

    @rule(channel=channels, several=st.lists(amounts, max_size=4))
    def give(self, channel: tuple[Line, Line], several: list[int]) -> None:
        for amount in several:
            self.give_one(channel[0], amount)

    def give_one(self, line: Line, amount: int) -> None:
        """Put a gift on its line."""
        owner = f"gift {self.next()}"
        self.gifts[owner] = line, self.fast.gift(line, amount), amount
        self.slow.put(self.number, line, [Unit(owner) for _ in range(amount)])
        self.again.append(lambda state: state.gift(line, amount))

    @rule(which=some)
    def reverse_gift(self, which: int) -> None:
        if not self.gifts:
            return
        owner = list(self.gifts)[which % len(self.gifts)]
        line, start, amount = self.gifts[owner]
        units = self.slow.waiting[line]
        if [unit.owner for unit in units].count(owner) < amount:
            # Settled in part or whole, void already, or found later in a hole.
            with pytest.raises(InvariantError, match=r"settled|void-already"):
                self.fast.void(line, start, amount)
            return
        self.fast.void(line, start, amount)
        self.slow.waiting[line] = [unit for unit in units if unit.owner != owner]
        self.again.append(lambda state: state.void(line, start, amount))

    @rule(which=some, amount=st.integers(1, 4))
    def find_gift(self, which: int, amount: int) -> None:
        if not self.holes:
            return
        line, _ = list(self.holes.values())[which % len(self.holes)]
        owner = f"gift {self.next()}"
        free = [
            [unit for unit in units if unit.owner == hole]
            for hole, (where, units) in self.holes.items()
            if where == line
        ]
        room = next((units for units in free if len(units) >= amount), None)
        start = self.fast.fill(line, amount)
        assert (start is None) == (room is None)
        if start is not None and room is not None:
            self.gifts[owner] = line, start, amount
            for unit in room[:amount]:
                unit.owner = owner
        self.again.append(lambda state: state.fill(line, amount))

    @rule(channel=channels, stated=some, part=some)
    def settle(self, channel: tuple[Line, Line], stated: int, part: int) -> None:
        line, payout = channel
        gross = 1 + stated % (len(self.slow.on(line)) + 4)
        net = part % (gross + 1) if line.commodity == "CNY" else part % (4 * gross + 1)
        number, hole = self.next(), f"hole {self.number}"
        missing = max(0, gross - len(self.slow.on(line)))
        if missing:
            units = [Unit(hole) for _ in range(missing)]
            self.holes[hole] = line, units
            self.slow.put(number, line, units)
        segment, unattributed = self.fast.settle(line, gross, payout, net)
        assert unattributed == missing
        self.keep(segment)
        self.slow.cross(number, self.slow.take(line, gross), payout, net)

    # --- the rest of the way --------------------------------------------------------------------

    def move(self, source: Line, part: int, target: Line, fee: int) -> None:
        """Move from the front, or see that both models hold too little (by one)."""
        number, count = self.next(), 1 + part % (len(self.slow.on(source)) + 1)
        arriving = max(0, count - fee)
        if count > len(self.slow.on(source)):
            with pytest.raises(InsufficientError):
                self.fast.move(source, count, target, arriving)
            return
        self.keep(self.fast.move(source, count, target, arriving))
        self.slow.cross(number, self.slow.take(source, count), target, arriving)

    def move_parcel(self, line: Line, cut: tuple[int, int, int], target: Line, fee: int) -> None:
        """Take a part of a parcel, or see that it has left already."""
        parcels = [key for key, parcel in self.slow.parcels.items() if key[0] == line and parcel]
        whole = [key for key in parcels if None not in self.slow.parcels[key]]
        if not parcels:
            return
        # Mostly one that is still whole: a history should get somewhere.
        key = (whole * 4 + parcels)[cut[0] % (len(whole) * 4 + len(parcels))]
        parcel, put = self.slow.parcels[key], self.segments[key[1]]
        lo = cut[1] % len(parcel)
        hi = lo + 1 + cut[2] % (len(parcel) - lo)
        units = [unit for unit in parcel[lo:hi] if unit]
        number, arriving = self.next(), max(0, hi - lo - fee)
        if len(units) < hi - lo:
            with pytest.raises(InvariantError, match="taken-already"):
                self.fast.move_interval(line, put.to_start + lo, hi - lo, target, arriving)
            return
        self.keep(self.fast.move_interval(line, put.to_start + lo, hi - lo, target, arriving))
        parcel[lo:hi] = [None] * (hi - lo)
        self.slow.cross(number, units, target, arriving)

    @rule(channel=channels, cut=st.tuples(some, some, some))
    def hasten(self, channel: tuple[Line, Line], cut: tuple[int, int, int]) -> None:
        """Move a part of what waits at each stage, so that gifts get far in a short history."""
        self.settle(channel, cut[0], cut[1])
        self.pay_out(channel, cut[2], 0)
        self.send(cut[0], 0)
        self.confirm((cut[1], 0, cut[2]))
        self.spend(cut[1], PROGRAMMES[0])

    @rule(channel=channels, part=some, fee=st.integers(0, 2))
    def pay_out(self, channel: tuple[Line, Line], part: int, fee: int) -> None:
        self.move(channel[1], part, BANK, fee)

    @rule(part=some, fee=st.integers(0, 1))
    def send(self, part: int, fee: int) -> None:
        self.move(BANK, part, TRANSIT, fee)

    @rule(part=st.integers(0, 1))
    def pay_fee(self, part: int) -> None:
        self.move(BANK, part, FEES, 0)

    @rule(cut=st.tuples(some, some, some))
    def confirm(self, cut: tuple[int, int, int]) -> None:
        self.move_parcel(TRANSIT, cut, FUND, 0)

    @rule(cut=st.tuples(some, some, some), fee=st.integers(0, 2))
    def send_back(self, cut: tuple[int, int, int], fee: int) -> None:
        self.move_parcel(TRANSIT, cut, BANK, fee)

    @rule(part=some, programme=st.sampled_from(PROGRAMMES))
    def spend(self, part: int, programme: Line) -> None:
        self.move(FUND, part, programme, 0)

    @rule(cut=st.tuples(some, some, some), programme=st.sampled_from(PROGRAMMES))
    def reverse_spend(self, cut: tuple[int, int, int], programme: Line) -> None:
        self.move_parcel(programme, cut, FUND, 0)

    @rule(to=st.sampled_from((BANK, FUND)), amount=amounts)
    def receive(self, to: Line, amount: int) -> None:
        owner = f"received {self.next()}"
        self.received[owner] = self.keep(self.fast.receive(to, amount))
        self.slow.put(self.number, to, [Unit(owner) for _ in range(amount)])

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def both_hold_the_same(self) -> None:
        for line in self.fast.lines():
            assert self.fast.held(line) == len(self.slow.on(line))
            assert self.fast.held(line) == self.fast.debits(line) - self.fast.credits(line)

    @rule()
    def look(self) -> None:
        ways = self.ways()
        self.each_way_is_the_slow_one(ways)
        self.each_crossing_adds_up(ways)
        self.each_position_is_somebody_s(ways)

    def teardown(self) -> None:
        self.look()
        replayed = LineState()
        for movement in self.again:
            movement(replayed)
        for line in self.fast.lines():
            everything = line, 0, self.fast.debits(line)
            assert replayed.held(line) == self.fast.held(line)
            assert replayed.holes(line) == self.fast.holes(line)
            assert list(replayed.find(*everything)) == list(self.fast.find(*everything))
            assert list(replayed.voids(*everything)) == list(self.fast.voids(*everything))

    def ways(self) -> dict[str, list[Piece]]:
        """Trace all that ever came in, by owner."""
        roots = {
            owner: (line, lo, lo + amount) for owner, (line, lo, amount) in self.gifts.items()
        }
        for owner, segment in self.received.items():
            lo = segment.to_start
            roots[owner] = segment.target, lo, lo + segment.to_length
        names = {line: [n for n in self.holes if self.holes[n][0] == line] for line, _ in CHANNELS}
        for line, owners in names.items():
            for owner, hole in zip(owners, self.fast.holes(line), strict=True):
                roots[owner] = line, hole.start + hole.filled, hole.start + hole.length
        find, voids = self.fast.find, self.fast.voids
        return {owner: trace(*root, find, voids) for owner, root in roots.items()}

    def each_way_is_the_slow_one(self, ways: dict[str, list[Piece]]) -> None:
        """Compare what waits where, and what passed each segment."""
        for owner, pieces in ways.items():
            waits: Counter[Line] = Counter()
            took: Counter[int] = Counter()
            gave: Counter[int] = Counter()
            for piece in pieces:
                waits[piece.line] += piece.waiting
                if piece.via is not None:
                    took[piece.via.seq] += piece.taken or 0
                    gave[piece.via.seq] += piece.amount
            for line in self.fast.lines():
                assert waits[line] == [unit.owner for unit in self.slow.on(line)].count(owner)
            for number, units in self.slow.took.items():
                assert took[number] == [unit.owner for unit in units].count(owner)
                arrived = self.slow.gave[number]
                assert gave[number] == [unit.owner for unit in arrived].count(owner)
            totals = totals_by_stage(pieces).values()
            if pieces[0].line.commodity == "CNY":
                settled = sum(total.waiting + total.left for total in totals)
                assert settled == pieces[0].amount

    def each_crossing_adds_up(self, ways: dict[str, list[Piece]]) -> None:
        """See that the pieces of all owners are the segment, exactly."""
        taken: Counter[int] = Counter()
        arrived: Counter[int] = Counter()
        for piece in (piece for pieces in ways.values() for piece in pieces[1:]):
            assert piece.via is not None
            taken[piece.via.seq] += piece.taken or 0
            arrived[piece.via.seq] += piece.amount
        for number in self.slow.took:
            segment = self.segments[number]
            assert (taken[number], arrived[number]) == (segment.length, segment.to_length)

    def each_position_is_somebody_s(self, ways: dict[str, list[Piece]]) -> None:
        """See that the pieces tile each line, and that those who wait do it in the slow order."""
        places: dict[Line, dict[int, str]] = {line: {} for line in self.fast.lines()}
        for owner, pieces in ways.items():
            for piece in pieces:
                for position in range(piece.lo, piece.hi):
                    assert position not in places[piece.line]
                    places[piece.line][position] = owner
        for line, owners in places.items():
            assert sorted(owners) == list(range(self.fast.debits(line)))
            gone = {
                position
                for segment in self.fast.find(line, 0, len(owners))
                for position in range(segment.start, segment.end)
            }
            for start, length in self.fast.voids(line, 0, len(owners)):
                gone |= set(range(start, start + length))
            waiting = [owners[place] for place in range(len(owners)) if place not in gone]
            assert waiting == [unit.owner for unit in self.slow.on(line)]
            if is_platform(line):
                front = self.fast.front(line)
                assert all(place in gone for place in range(front))


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=150,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
