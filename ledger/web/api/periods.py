"""Months for machines: where they stand, and what is looked at before they close. Nothing here decides."""

from __future__ import annotations

from typing import Any

from ledger.desk.checklist import checklist, checklist_json
from ledger.periods import history
from ledger.web.api.guard import Guard
from ledger.wiring import Ledger


class Periods:
    """The views.

    Args:
        ledger: What they read.
        guard: Lets calls through.
    """

    def __init__(self, ledger: Ledger, guard: Guard) -> None:
        self._ledger = ledger
        self._guard = guard

    def periods(self, fund: str) -> dict[str, Any]:
        """List the months that have left `open`, the oldest first."""
        caller = self._guard.caller(fund, "period.read")
        with self._ledger.database.reading() as connection:
            found = history.standings(connection, caller.fund.fund_id)
        return {"months": [history.standing_json(one) for one in found]}

    def period(self, fund: str, month: str) -> dict[str, Any]:
        """Show a month: its state, its steps, and each check with what was found."""
        caller = self._guard.caller(fund, "period.read")
        now = self._ledger.clock.now()
        with self._ledger.database.reading() as connection:
            return checklist_json(checklist(connection, caller.fund, month, now))
