"""How much of what a fund pays is management cost, beside its legal limit.

The measure is of a calendar year: management cost over all that the fund paid (programme spending and management cost),
each less what was reversed.

Source:
    Statements, section 3, line F6, and section 4, part 7. The limit of ten percent of the year's total is that of
    foundations with public fundraising [K]: the fund's counsel confirms which limit is the fund's own.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.funds import history as funds
from ledger.journal import accounts as names
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.projections.reversals import NEWEST_MAX, reversed_spends
from ledger.spending.tables import spends

LIMIT_PERMYRIAD = 1_000
"""Ten percent, in hundredths of a percent."""


class Share(NamedTuple):
    """Management cost of a year.

    Attributes:
        year: In the fund's zone.
        management_minor: Minor units.
        total_minor: With programme spending.
        limit_permyriad: The limit, in hundredths of a percent.
    """

    year: int
    management_minor: int
    total_minor: int
    limit_permyriad: int

    @property
    def permyriad(self) -> int | None:
        """Return the share in hundredths of a percent, rounded up; None where nothing was paid."""
        if not self.total_minor:
            return None
        return -(-self.management_minor * 10_000 // self.total_minor)

    @property
    def is_above(self) -> bool:
        """Tell whether it is above the limit, exactly."""
        return self.management_minor * 10_000 > self.limit_permyriad * self.total_minor


def management_share(connection: sa.Connection, fund: Fund, now: datetime) -> Share:
    """Measure the year that an instant is in.

    Args:
        connection: In a transaction.
        fund: The fund.
        now: The instant.

    Returns:
        Cost, total and limit.
    """
    details = funds.details(connection, fund.fund_id)
    zone = ZoneInfo(details.zone)
    year = now.astimezone(zone).year
    first = to_ms(datetime(year, 1, 1, tzinfo=zone))
    stop = to_ms(datetime(year + 1, 1, 1, tzinfo=zone))
    undone = reversed_spends(connection, fund.fund_id)
    spent = connection.execute(
        sa.select(sa.func.coalesce(sa.func.sum(spends.c.amount), 0)).where(
            spends.c.fund_id == fund.fund_id,
            spends.c.commodity == details.commodity,
            spends.c.spent_ms >= first,
            spends.c.spent_ms < stop,
            spends.c.seq.not_in(list(undone)),
        )
    ).scalar_one()
    cost = _managed(connection, fund.fund_id, details.commodity, (str(year), zone))
    return Share(year, cost, cost + int(spent), LIMIT_PERMYRIAD)


def _managed(
    connection: sa.Connection, fund_id: int, commodity: str, year: tuple[str, ZoneInfo]
) -> int:
    undone = {
        int(decode(one.entry)["body"]["reverses"])
        for one in journal_history.of_kind(
            connection, fund_id, "movement.reversed", newest=NEWEST_MAX
        )
    }
    found = 0
    for one in journal_history.of_kind(connection, fund_id, "expense", newest=NEWEST_MAX):
        value = decode(one.entry)
        at = datetime.fromisoformat(value["occurred_at"]).astimezone(year[1])
        debit = value["postings"][0]
        if (
            one.seq not in undone
            and str(at.year) == year[0]
            and debit["account"].startswith(names.MANAGEMENT)
            and debit["commodity"] == commodity
        ):
            found += int(debit["amount"])
    return found
