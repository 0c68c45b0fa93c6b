"""Find which of some amounts make up a sum, and whether they are the only ones that do.

Pure. Amounts are integers in minor units. Nothing is enumerated: reachable sums are counted, so forty items cost
no more than forty passes over the sums below the target.

Source:
    Reconciliation rules, section 4, "Subset sum".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ITEMS_MAX = 40
STATES_MAX = 200_000
"""A bound on work that gives the same answer on every machine; a bound in seconds would not."""


@dataclass(frozen=True, slots=True)
class Found:
    """Which items make the sum.

    Attributes:
        items: Their places in what was given, ascending, when they are the only ones that do; else empty.
        is_ambiguous: Whether several sets make the sum. Both false and empty: none does.
        gave_up: Whether there were more items or sums than are looked at; then nothing is said.
    """

    items: tuple[int, ...]
    is_ambiguous: bool = False
    gave_up: bool = False


_Reached = dict[tuple[int, int], tuple[int, int]]
"""How many items and their sum, to how many sets make it (two stands for more) and the first of them as bits."""


def subset_with_sum(amounts: Sequence[int], target: int, fewest: int, most: int) -> Found:
    """Find the one set of `fewest` to `most` amounts that makes the target.

    Args:
        amounts: Minor units, all of the target's sign: with mixed signs, strangers that cancel could be put into
            any set. At most `ITEMS_MAX`.
        target: What they should make.
        fewest: Least number of items.
        most: Greatest number of items.

    Returns:
        The set, or why there is none.
    """
    if len(amounts) > ITEMS_MAX:
        return Found((), gave_up=True)
    sign = 1 if target > 0 else -1
    aim = target * sign
    sizes = [amount * sign for amount in amounts]
    if aim <= 0 or any(size <= 0 for size in sizes):
        return Found(())
    reached = _reachable(sizes, aim, most)
    if reached is None:
        return Found((), gave_up=True)
    fitting = [reached[count, aim] for count in range(fewest, most + 1) if (count, aim) in reached]
    if sum(ways for ways, _ in fitting) > 1:
        return Found((), is_ambiguous=True)
    if not fitting:
        return Found(())
    bits = fitting[0][1]
    return Found(tuple(place for place in range(len(sizes)) if bits >> place & 1))


def _reachable(sizes: Sequence[int], aim: int, most: int) -> _Reached | None:
    """Return which sums up to the aim can be made; None when there are too many."""
    reached: _Reached = {(0, 0): (1, 0)}
    for place, size in enumerate(sizes):
        longer = {
            (count + 1, total + size): (ways, items | 1 << place)
            for (count, total), (ways, items) in reached.items()
            if count < most and total + size <= aim
        }
        for key, (ways, items) in longer.items():
            before, first = reached.get(key, (0, items))
            reached[key] = (min(2, before + ways), first)
        if len(reached) > STATES_MAX:
            return None
    return reached
