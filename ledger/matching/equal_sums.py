"""Pair expectations and lines of one sum that lie near each other in time, however many have that sum.

Pure. Days are swept once for each account and sum, so that the work grows with expectations, lines and the pairs that
are given, never with their product: a line that more than `CANDIDATES_MAX` expectations fit is named and not paired,
because nobody could choose among so many by sum and date, and every pair would have to be kept and read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import groupby
from typing import TYPE_CHECKING

from ledger.matching.items import same_party

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, timedelta

    from ledger.matching.items import Expectation, Observation

CANDIDATES_MAX = 20
"""Expectations that a line may be paired with by its sum and day."""


@dataclass(slots=True)
class Paired:
    """What fits by sum and day.

    Attributes:
        pairs: Of the lines that few expectations fit.
        crowded: Lines that more than `CANDIDATES_MAX` expectations fit.
        beside_crowded: Ids of the expectations that a crowded line fits: none of them is ever the only one.
    """

    pairs: list[tuple[Expectation, Observation]] = field(default_factory=list)
    crowded: list[Observation] = field(default_factory=list)
    beside_crowded: set[str] = field(default_factory=set)


_Key = tuple[str, str, int]
"""Account, currency and sum: direction is the sum's sign."""


def pair_equal_sums(
    expectations: Iterable[Expectation], observations: Iterable[Observation], days: timedelta
) -> Paired:
    """Pair what has the same account, currency and sum, and no parties that differ.

    Args:
        expectations: In any order.
        observations: In any order.
        days: So long before the first due day, and after the last, a line fits.

    Returns:
        The pairs, and the lines that too many expectations fit; parties are not looked at where it is told how many
        those are.
    """
    things: dict[_Key, list[Expectation]] = defaultdict(list)
    for one in expectations:
        for account in dict.fromkeys(one.accounts):
            things[account, one.commodity, one.amount_minor].append(one)
    lines: dict[_Key, list[Observation]] = defaultdict(list)
    for other in observations:
        key = (other.account, other.line.commodity, other.line.amount_minor)
        if key in things:
            lines[key].append(other)
    found = Paired()
    for key, some in lines.items():
        _pair(things[key], some, days, found)
    return found


def _pair(
    things: Sequence[Expectation], lines: Sequence[Observation], days: timedelta, found: Paired
) -> None:
    crowded: list[date] = []
    for day, some, near in _by_day(things, lines, days):
        if len(near) > CANDIDATES_MAX:
            crowded.append(day)
            found.crowded += some
        else:
            found.pairs += [
                (one, other) for other in some for one in near.values() if _fits(one, other)
            ]
    if crowded:
        for one in things:
            at = bisect_left(crowded, one.due_first - days)
            if at < len(crowded) and crowded[at] <= one.due_last + days:
                found.beside_crowded.add(one.id)


def _fits(one: Expectation, other: Observation) -> bool:
    return not (one.party and other.line.counterparty and not same_party(one, other))


def _by_day(
    things: Sequence[Expectation], lines: Sequence[Observation], days: timedelta
) -> Iterator[tuple[date, list[Observation], dict[str, Expectation]]]:
    """Go through the days on which there are lines, with the expectations that are near on each.

    Yields:
        Day, its lines, and expectations by id; these only until the next day.
    """
    waiting = sorted(things, key=lambda one: (one.due_first, one.id), reverse=True)
    near: dict[str, Expectation] = {}
    ends: list[tuple[date, str]] = []
    for day, some in groupby(sorted(lines, key=_day), key=_day):
        while waiting and waiting[-1].due_first - days <= day:
            one = waiting.pop()
            near[one.id] = one
            heappush(ends, (one.due_last + days, one.id))
        while ends and ends[0][0] < day:
            del near[heappop(ends)[1]]
        yield day, list(some), near


def _day(other: Observation) -> date:
    return other.day
