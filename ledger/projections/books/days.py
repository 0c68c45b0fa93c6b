"""Where days end in a fund's journal, and what its accounts held then.

A day's end is a number of entries, found by halving (recorded times never go back); the accounts at it are one
look-up each. So any period costs the same, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.journal.history import size_before, sizes_before
from ledger.projections.accounts import Accounts, accounts_at
from ledger.projections.fund_page import View

DAY = timedelta(days=1)


class Days:
    """The days of a fund; each is looked up once.

    Args:
        of: The fund.
    """

    def __init__(self, of: View) -> None:
        self._connection: sa.Connection = of.connection
        self._fund_id = of.fund.fund_id
        self._zone = ZoneInfo(of.details.zone)
        self._commodity = of.details.commodity
        self._sizes: dict[date, int] = {}
        self._accounts: dict[int, Accounts] = {}

    def fill(self, days: Iterable[date]) -> None:
        """Look up many days together, which are then known: some statements for all of them.

        Args:
            days: In any order.
        """
        wanted = sorted(set(days) - set(self._sizes))
        ends = [self._end(day) for day in wanted]
        sizes = sizes_before(self._connection, self._fund_id, ends)
        self._sizes |= dict(zip(wanted, sizes, strict=True))
        missing = set(sizes) - set(self._accounts)
        self._accounts |= accounts_at(self._connection, self._fund_id, self._commodity, missing)

    def _end(self, day: date) -> datetime:
        return datetime.combine(day + DAY, time(), self._zone).astimezone(UTC)

    def size(self, day: date) -> int:
        """Return how many entries were recorded up to the end of a day in the fund's zone."""
        found = self._sizes.get(day)
        if found is None:
            found = size_before(self._connection, self._fund_id, self._end(day))
            self._sizes[day] = found
        return found

    def accounts(self, day: date) -> Accounts:
        """Return what the accounts held at the end of a day."""
        size = self.size(day)
        found = self._accounts.get(size)
        if found is None:
            # A day ends between two commits: a commit has one recorded time.
            found = Accounts(self._connection, self._fund_id, self._commodity, size)
            self._accounts[size] = found
        return found
