"""What the gifts of a span add up to: by day, by size, by channel."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from ledger.projections.month import Month, MonthGift
from reports.statement import DayGifts, SizeBand

BANDS: Final = (0, 100, 1_000, 10_000, 100_000)
"""Where bands of sizes begin, minor units."""


class GiftTally:
    """Adds up gifts one at a time; it grows with days and channels, not with gifts.

    Args:
        commodity: Of the fund. A gift in another one is not money of this fund yet: it brings some once settled.
        zone: In which days are told.

    Attributes:
        first: Number of the first gift; None before one.
        last: Number of the last.
        total: How many.
        largest: Amount of the largest, minor units.
        counts: How many by channel.
    """

    def __init__(self, commodity: str, zone: str) -> None:
        self._commodity = commodity
        self._zone = ZoneInfo(zone)
        self._days: dict[date, list[int]] = defaultdict(lambda: [0, 0])
        self._bands = [[0, 0] for _ in BANDS]
        # Gifts are told to the minute: a busy minute's day is looked for once.
        self._sums_of: dict[datetime, list[int]] = {}
        self.first: int | None = None
        self.last: int | None = None
        self.total = 0
        self.largest = 0
        self.counts: dict[str, int] = defaultdict(int)

    def take(self, gift: MonthGift) -> int:
        """Add a gift.

        Args:
            gift: The next one, by number.

        Returns:
            Its gross, minor units of the fund's commodity.
        """
        body = gift.body
        gross = int(body["amount"]) if body["commodity"] == self._commodity else 0
        if self.first is None:
            self.first = gift.number
        self.last = gift.number
        self.total += 1
        self.counts[body["channel"]] += 1
        self.largest = max(self.largest, gross)
        # What fills a hole was counted with the settlement that left it.
        self.add(gift.at, 1, 0 if "fills" in body else gross)
        band = self._bands[bisect_right(BANDS, gross) - 1]
        band[0] += 1
        band[1] += gross
        return gross

    def add(self, at: datetime, gifts: int, gross: int) -> None:
        """Add to the day of an instant."""
        day = self._sums_of.get(at)
        if day is None:
            day = self._sums_of[at] = self._days[at.astimezone(self._zone).date()]
        day[0] += gifts
        day[1] += gross

    def state(self) -> dict[str, Any]:
        """Return all that it has summed, for JSON."""
        return {
            "first": self.first,
            "last": self.last,
            "total": self.total,
            "largest": self.largest,
            "counts": dict(self.counts),
            "days": {on.isoformat(): list(sums) for on, sums in sorted(self._days.items())},
            "bands": [list(sums) for sums in self._bands],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what was summed before; `days` by day.

        Args:
            state: As `state` gave it, its days read.

        Raises:
            ValueError: Not as many bands as there are.
        """
        if len(state["bands"]) != len(BANDS):
            raise ValueError
        self.first, self.last = state["first"], state["last"]
        self.total, self.largest = int(state["total"]), int(state["largest"])
        self.counts.update(state["counts"])
        self._days.update(state["days"])
        self._sums_of.clear()
        self._bands = [[int(gifts), int(gross)] for gifts, gross in state["bands"]]

    def days(self) -> tuple[DayGifts, ...]:
        """Return the days, oldest first."""
        return tuple(DayGifts(day, *figures) for day, figures in sorted(self._days.items()))

    def bands(self) -> tuple[SizeBand, ...]:
        """Return the ranges of sizes, smallest first."""
        ends = (*BANDS[1:], None)
        return tuple(
            SizeBand(start, end, *figures)
            for start, end, figures in zip(BANDS, ends, self._bands, strict=True)
        )


def tally_of(month: Month) -> GiftTally:
    """Read the gifts of a span once and add them up.

    Args:
        month: A closed span.

    Returns:
        What they make.
    """
    tally = GiftTally(month.details.commodity, month.details.zone)
    for gift in month.gifts():
        tally.take(gift)
    return tally
