"""Months: where each stands, what is looked at before it closes, and the next step."""

from __future__ import annotations

from datetime import date
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from ledger.clock import local_month
from ledger.desk import months
from ledger.desk.checklist import checklist
from ledger.errors import InputError, TimeFieldError
from ledger.journal.months import month_after
from ledger.periods import history
from ledger.periods.history import Standing
from ledger.projections.dates import first_gift_day
from ledger.web.desk.frame import Desk, view
from ledger.wiring import Ledger

MONTHS_MAX = 36
"""Months that the page lists, the newest first."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    rule("/desk/<fund>/periods", "periods", at("period.read", show_all))
    one = "/desk/<fund>/periods/<month>"
    rule(one, "period", at("period.read", show))
    rule(f"{one}/closing", "begin_closing", at("closing.begin", begin), methods=["POST"])


class Row(NamedTuple):
    """A month in the list.

    Attributes:
        month: `2026-10`.
        day: Its first day.
        state: `running`, `open`, or what its steps say.
        standing: Its steps; None without any.
    """

    month: str
    day: date
    state: str
    standing: Standing | None


def show_all(desk: Desk) -> Response:
    """List months, the newest first."""
    now = local_month(desk.ledger.clock.now(), desk.details.zone)
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        standing = {one.month: one for one in history.standings(connection, fund_id)}
        begun = first_gift_day(connection, fund_id, desk.details.zone)
    first = min([*standing, f"{begun:%Y-%m}" if begun else now, now])
    listed = [first]
    while listed[-1] < now:
        listed.append(month_after(listed[-1]))
    rows = [_row(month, standing.get(month), now) for month in reversed(listed[-MONTHS_MAX:])]
    return desk.page("periods.html", rows=rows)


def _row(month: str, standing: Standing | None, now: str) -> Row:
    if standing is not None:
        return Row(month, _first(month), standing.state, standing)
    return Row(month, _first(month), "running" if month >= now else "open", None)


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def show(desk: Desk, month: str) -> Response:
    """Show a month: its state, its steps, its checklist, and what can be done now."""
    return _page(desk, month)


def _page(desk: Desk, month: str, notice: str = "") -> Response:
    now = desk.ledger.clock.now()
    try:
        first = _first(month)
        with desk.reading() as connection:
            found = checklist(connection, desk.fund, month, now)
            closed = history.closed(connection, desk.fund.fund_id)
    except (TimeFieldError, ValueError):
        abort(HTTPStatus.NOT_FOUND)
    row = _row(month, found.standing, local_month(now, desk.details.zone))
    return desk.page(
        "period.html",
        status=HTTPStatus.CONFLICT if notice else HTTPStatus.OK,
        row=row,
        first=first,
        list=found,
        is_last=bool(closed) and closed[-1].month == month,
        notice=notice,
    )


def begin(desk: Desk, month: str) -> Response:
    """Begin to close a month."""
    try:
        months.begin_closing(desk.ledger.sequencer, desk.fund, desk.member.member_id, month)
    except InputError:
        return _page(desk, month, notice="period.moved_on")
    return desk.done("period", "closing", month=month)
