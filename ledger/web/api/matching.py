"""Matches for machines: what was confirmed and why, and what is suggested. Nothing here confirms."""

from __future__ import annotations

from typing import Any

from flask import request

from ledger.errors import FieldError
from ledger.matching import matches
from ledger.matching.matches import Asked
from ledger.web.api.guard import Guard
from ledger.wiring import Ledger

STATES = ("suggested", "ambiguous", "confirmed", "released")
STEPS = ("R3", "R4", "R5", "R6", "income")
DIGITS_MAX = 12
TEXT_MAX = 200
PAGE = 50


class Matching:
    """The views.

    Args:
        ledger: What they read.
        guard: Lets calls through.
    """

    def __init__(self, ledger: Ledger, guard: Guard) -> None:
        self._ledger = ledger
        self._guard = guard

    def matches(self, fund: str) -> dict[str, Any]:
        """List suggestions, or with `state` what was confirmed or released; fifty at a time."""
        caller = self._guard.caller(fund, "match.read")
        asked = _asked()
        with self._ledger.database.reading() as connection:
            if asked.state in matches.STATES:
                kept = matches.match_list(connection, caller.fund.fund_id, asked)
                return {"matches": [matches.match_json(one) for one in kept]}
            found = matches.suggestion_list(connection, caller.fund.fund_id, asked)
            return {"matches": [matches.suggestion_json(one) for one in found]}

    def match(self, fund: str, number: int) -> dict[str, Any]:
        """Show a match: its pass, every field with both values, what lost and why, and its entries."""
        caller = self._guard.caller(fund, "match.read")
        with self._ledger.database.reading() as connection:
            return matches.match_json(matches.match(connection, caller.fund.fund_id, number))


def _asked() -> Asked:
    """Return what the address asks for.

    Raises:
        FieldError: A state or step that there is not, or a place that is no number.
    """
    state = request.args.get("state", "suggested")
    if state not in STATES:
        raise FieldError(field="state", value=state[:20], reason="unknown", known=STATES)
    step = request.args.get("step")
    if step is not None and step not in STEPS:
        raise FieldError(field="step", value=step[:20], reason="unknown", known=STEPS)
    account = request.args.get("account")
    if account is not None and len(account) > TEXT_MAX:
        raise FieldError(field="account", value=account[:20], reason="too-long")
    return Asked(state=state, account=account, step=step, below=_below(), limit=PAGE)


def _below() -> int | None:
    given = request.args.get("below")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= DIGITS_MAX):
        raise FieldError(field="below", value=given[:20], reason="not-an-integer")
    return int(given)
