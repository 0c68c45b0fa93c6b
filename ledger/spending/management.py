"""How much of what a fund pays is management cost, beside its limit.

The measure is of a calendar year: management cost over all that the fund paid (programme spending and management cost),
each less what was reversed. The limit is data of the fund: `decisions/cost_limit.py`.

Source:
    Statements, section 3, line F6, and section 4, part 7.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.decisions.cost_limit import CostLimit
from ledger.decisions.history import limit_in_force
from ledger.funds import history as funds
from ledger.journal import accounts as names
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.spending.tables import spends

NEWEST_MAX = 100_000
"""Entries of a kind that are looked at; a fund has few of these."""


class Share(NamedTuple):
    """Management cost of a year.

    Attributes:
        year: In the fund's zone.
        management_minor: Minor units.
        total_minor: With programme spending.
        limit: What holds now.
    """

    year: int
    management_minor: int
    total_minor: int
    limit: CostLimit

    @property
    def permyriad(self) -> int | None:
        """Return the share in hundredths of a percent, rounded up; None where nothing was paid."""
        if not self.total_minor:
            return None
        return -(-self.management_minor * 10_000 // self.total_minor)

    @property
    def is_above(self) -> bool:
        """Tell whether it is above the limit, exactly."""
        return self.management_minor * 10_000 > self.limit.permyriad * self.total_minor


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
    undone = _reversed(connection, fund.fund_id, "spend.reversed")
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
    return Share(year, cost, cost + int(spent), limit_in_force(connection, fund.fund_id))


def _managed(
    connection: sa.Connection, fund_id: int, commodity: str, year: tuple[str, ZoneInfo]
) -> int:
    undone = _reversed(connection, fund_id, "movement.reversed")
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


def _reversed(connection: sa.Connection, fund_id: int, kind: str) -> set[int]:
    """Return the entries that reversals of a kind take back."""
    found = journal_history.of_kind(connection, fund_id, kind, newest=NEWEST_MAX)
    return {int(decode(one.entry)["body"]["reverses"]) for one in found}
