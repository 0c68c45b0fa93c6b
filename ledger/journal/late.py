"""Which entries are late: recorded long after they happened, or dated in a month that was closed. Pure.

In: times, and where months stand. Out: runs of late entries that stand beside each other. Guaranteed: the books write
and the checker reads by the same words.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from ledger.clock import from_text, to_minute_text

LATE_DAYS = 3
"""A gift that is recorded more days than these after it happened is late."""

OPEN = "open"
"""State of the month of an entry that is only late for its own time; of others it is that of their mark."""


class LateRun(NamedTuple):
    """Late entries of one kind that stand beside each other.

    Attributes:
        first: Number of the first.
        last: Number of the last.
        kind: Of each.
        month: That they are dated in, such as `2026-10`.
        counts_in: Month that they count in.
        state: Of their month when they were recorded: `open`, `closing`, `closed`, `reopened` or `sealed`.
        amount: Of gifts: their sum, minor units; 0 of others.
        commodity: Of the sum; empty of others.
    """

    first: int
    last: int
    kind: str
    month: str
    counts_in: str
    state: str
    amount: int = 0
    commodity: str = ""

    @property
    def length(self) -> int:
        """Return how many they are."""
        return self.last - self.first + 1


def late_before(recorded_at: str) -> str:
    """Return the time before which an entry of this recorded time must have happened to be late; RFC 3339 UTC."""
    return to_minute_text(from_text(recorded_at) - timedelta(days=LATE_DAYS))


def joined(runs: Iterable[LateRun]) -> list[LateRun]:
    """Join runs that follow each other and differ in nothing but their numbers and sums.

    Args:
        runs: By rising number.

    Returns:
        As few as can be: the same entries give the same, however they were committed.
    """
    found: list[LateRun] = []
    for one in runs:
        last = found[-1] if found else None
        if last is not None and last.last + 1 == one.first and _same(last) == _same(one):
            found[-1] = last._replace(last=one.last, amount=last.amount + one.amount)
        else:
            found.append(one)
    return found


def _same(one: LateRun) -> tuple[str, str, str, str, str]:
    return one.kind, one.month, one.counts_in, one.state, one.commodity
