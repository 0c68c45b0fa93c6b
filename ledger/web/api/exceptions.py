"""Exceptions and days for machines: read them, work on them, propose how they end. Nothing here approves."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, request

from ledger.clock import local_date
from ledger.desk import exceptions as wanting
from ledger.desk import handling
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.matching.exceptions import history
from ledger.matching.exceptions.booking import NOTE_MAX, Step
from ledger.matching.exceptions.history import Filter
from ledger.matching.exceptions.kinds import KINDS, STATES
from ledger.projections.desk_day import day_page
from ledger.projections.desk_json import aged_json, day_json, exception_json, thread_json
from ledger.web.api import asked
from ledger.web.api.bodies import Body, json_body
from ledger.web.api.guard import Caller, Views
from ledger.web.api.proposed import client_key, propose

PAGE = 100


class Exceptions(Views):
    """The views."""

    def exceptions(self, fund: str) -> dict[str, Any]:
        """List exceptions, the oldest first, a hundred at a time; without `state` those that are open."""
        caller = self._guard.caller(fund, "exception.read")
        today = self._today(caller)
        wanted, after = _filter(today), asked.number("after")
        with self._ledger.database.reading() as connection:
            rows = history.page(connection, caller.fund.fund_id, wanted, after=after, limit=PAGE)
            aged = history.ageing(connection, caller.fund.fund_id, today)
        return {
            "exceptions": [exception_json(one, today) for one in rows],
            "after": rows[-1].raised_seq if len(rows) == PAGE else None,
            "ageing": [aged_json(one) for one in aged],
        }

    def exception(self, fund: str, number: int) -> dict[str, Any]:
        """Show an exception with its thread and its evidence."""
        caller = self._guard.caller(fund, "exception.read")
        fund_id = caller.fund.fund_id
        with self._ledger.database.reading() as connection:
            found = history.item(connection, fund_id, number)
            thread = history.thread(connection, fund_id, number)
            files = history.evidence(connection, fund_id, number)
        return {**exception_json(found, self._today(caller)), **thread_json(thread, files)}

    def day(self, fund: str) -> dict[str, Any]:
        """Show a day: what came in, what is open, and whether all of it is explained; `date` names another than today.

        Raises:
            FieldError: Not a day.
        """
        caller = self._guard.caller(fund, "exception.read")
        given = request.args.get("date")
        day = self._today(caller) if given is None else _date(given)
        with self._ledger.database.reading() as connection:
            return day_json(day_page(connection, caller.fund, day, self._ledger.clock.now()))

    def exception_step(self, fund: str, number: int) -> dict[str, Any]:
        """Take a step about an exception: `assigned`, `note`, `due`, `paused`, `resumed`, `disputed`, `settled`."""
        caller = self._guard.caller(fund, "exception.work")
        body = Body(json_body())
        step = Step(body.text("step"), body.text("value", ""), body.words("text", "", NOTE_MAX))
        body.check_all_read()
        member_id = caller.member.member_id
        found = handling.work(self._ledger.sequencer, caller.fund, member_id, number, step)
        return exception_json(found, self._today(caller))

    def propose_resolution(self, fund: str, number: int) -> Response:
        """Propose to close an exception because its cause is known."""
        return self._propose(fund, "resolution", number)

    def propose_write_off(self, fund: str, number: int) -> Response:
        """Propose to write off the settlement that an exception says is overdue."""
        return self._propose(fund, "write-off", number)

    def _propose(self, fund: str, kind: str, number: int) -> Response:
        caller = self._guard.caller(fund, f"{kind}.propose")
        key = client_key()
        body = Body(json_body())
        reason = body.words("reason", None, NOTE_MAX)
        body.check_all_read()
        make = wanting.resolution if kind == "resolution" else wanting.write_off
        return propose(self._ledger, caller, make(number, reason), key)

    def _today(self, caller: Caller) -> date:
        with self._ledger.database.reading() as connection:
            zone = funds.details(connection, caller.fund.fund_id).zone
        return local_date(self._ledger.clock.now(), zone)


def _filter(today: date) -> Filter:
    """Return what the address asks for.

    Raises:
        FieldError: A state or kind that there is not, or a text that is too long.
    """
    state, kind = asked.one_of("state", STATES), asked.one_of("kind", tuple(KINDS))
    return Filter(
        is_open=True if state is None else None,
        states=None if state is None else (state,),
        kinds=None if kind is None else (kind,),
        # An empty one asks for what nobody looks after.
        owner=asked.text("owner") if "owner" in request.args else None,
        text=asked.text("text") or None,
        overdue_on=today if request.args.get("overdue") == "true" else None,
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(field="date", value=text[:20], reason="not-a-day") from error
