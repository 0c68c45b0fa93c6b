"""Months for machines: where they stand, what is looked at before they close, and figures. Nothing here decides."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, request

from ledger.desk import months
from ledger.desk.checklist import checklist, checklist_json
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.keyset import Cut
from ledger.periods import history
from ledger.projections.corrections import corrected_json, correction_listing
from ledger.projections.known import known_at, known_json, year_lines
from ledger.web.api import asked
from ledger.web.api.gifts import JSON
from ledger.web.api.guard import Caller, Views

YEAR_DIGITS = 4


class Periods(Views):
    """The views."""

    def periods(self, fund: str) -> dict[str, Any]:
        """List the months that have left `open`, the oldest first."""
        caller = self._guard.caller(fund, "period.read")
        with self._ledger.database.reading() as connection:
            found = history.standings(connection, caller.fund.fund_id)
        return {"months": [history.standing_json(one) for one in found]}

    def corrections(self, fund: str) -> dict[str, Any]:
        """List corrections, the newest first, fifty at a time."""
        caller = self._guard.caller(fund, "period.read")
        listed = correction_listing(caller.fund.fund_id, request.args.get("kind"))
        below = asked.number("below")
        cut = None if below is None else Cut((below,))
        with self._ledger.database.reading() as connection:
            page = listed.page(connection, cut=cut)
        # A list shows its first page where nothing lies beyond the cut: whoever goes on below the last is at the end.
        is_over = below is not None and any(one.seq >= below for one in page.rows)
        return {
            "corrections": [] if is_over else [corrected_json(one) for one in page.rows],
            "below": page.end[0] if page.end and not is_over else None,
        }

    def figures(self, fund: str) -> dict[str, Any]:
        """Show figures as they were known at a checkpoint, beside those of now; or what the months of a year moved.

        Raises:
            FieldError: It is not said at which checkpoint, nor of which year.
        """
        caller = self._guard.caller(fund, "period.read")
        year = request.args.get("year")
        if year is not None:
            return self._year(caller, year)
        at = request.args.get("at", "")
        if not at:
            raise FieldError(field="at", value="", reason="missing")
        with self._ledger.database.reading() as connection:
            found = known_at(connection, caller.fund, at, request.args.get("month"))
        return known_json(found)

    def _year(self, caller: Caller, year: str) -> dict[str, Any]:
        if not (year.isascii() and year.isdigit() and len(year) == YEAR_DIGITS):
            raise FieldError(field="year", value=year[:20], reason="not-a-year")
        with self._ledger.database.reading() as connection:
            commodity = funds.details(connection, caller.fund.fund_id).commodity
            months = year_lines(connection, caller.fund, year)
        return {"year": year, "commodity": commodity, "months": months}

    def begin_closing(self, fund: str, month: str) -> Response:
        """Begin to close a month: what is dated in it needs a reason from now on."""
        caller = self._guard.caller(fund, "closing.begin")
        member_id = caller.member.member_id
        seq = months.begin_closing(self._ledger.sequencer, caller.fund, member_id, month)
        body = orjson.dumps({"month": month, "entry": seq})
        return Response(body, HTTPStatus.CREATED, content_type=JSON)

    def period(self, fund: str, month: str) -> dict[str, Any]:
        """Show a month: its state, its steps, and each check with what was found."""
        caller = self._guard.caller(fund, "period.read")
        now = self._ledger.clock.now()
        with self._ledger.database.reading() as connection:
            return checklist_json(checklist(connection, caller.fund, month, now))
