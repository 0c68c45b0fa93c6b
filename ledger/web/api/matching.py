"""Matches for machines: what was confirmed and why, and what is suggested. Nothing here confirms."""

from __future__ import annotations

from typing import Any

from ledger.matching import matches
from ledger.matching.matches import Asked
from ledger.web.api import asked
from ledger.web.api.guard import Views

STATES = ("suggested", "ambiguous", "confirmed", "released")
STEPS = ("R3", "R4", "R5", "R6", "income")
PAGE = 50


class Matching(Views):
    """The views."""

    def matches(self, fund: str) -> dict[str, Any]:
        """List suggestions, or with `state` what was confirmed or released; fifty at a time."""
        caller = self._guard.caller(fund, "match.read")
        wanted = _wanted()
        with self._ledger.database.reading() as connection:
            if wanted.state in matches.STATES:
                kept = matches.match_list(connection, caller.fund.fund_id, wanted)
                return {"matches": [matches.match_json(one) for one in kept]}
            found = matches.suggestion_list(connection, caller.fund.fund_id, wanted)
            return {"matches": [matches.suggestion_json(one) for one in found]}

    def match(self, fund: str, number: int) -> dict[str, Any]:
        """Show a match: its pass, every field with both values, what lost and why, and its entries."""
        caller = self._guard.caller(fund, "match.read")
        with self._ledger.database.reading() as connection:
            return matches.match_json(matches.match(connection, caller.fund.fund_id, number))


def _wanted() -> Asked:
    """Return what the address asks for.

    Raises:
        FieldError: A state or step that there is not, or a place that is no number.
    """
    return Asked(
        state=asked.one_of("state", STATES) or "suggested",
        account=asked.text("account") or None,
        step=asked.one_of("step", STEPS),
        below=asked.number("below"),
        limit=PAGE,
    )
