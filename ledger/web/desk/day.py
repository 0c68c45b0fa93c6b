"""A day at the desk: what came in, what is not explained, where the money is, in one page."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import local_date
from ledger.decisions import history as decisions
from ledger.funds import history as funds
from ledger.matching import matches
from ledger.matching.matches import Asked
from ledger.projections import transfer_page
from ledger.projections.desk_day import day_page
from ledger.web.desk import notices, subjects
from ledger.web.desk.frame import Desk, view
from ledger.wiring import Ledger

SHOWN = 6
"""Exceptions that have a card; the list has all."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page."""
    blueprint.add_url_rule("/desk/<fund>/day", "day", view(ledger, "exception.read", show))


def show(desk: Desk) -> Response:
    """Show a day: the one in the address, or today."""
    now = desk.ledger.clock.now()
    today = local_date(now, desk.details.zone)
    day = min(_day(request.args.get("on", ""), today), today)
    fund_id = desk.fund.fund_id
    with desk.reading() as connection:
        found = day_page(connection, desk.fund, day, now)
        suggested = matches.suggestion_listing(fund_id, Asked()).count(connection)
        is_open = decisions.open_decisions(connection, fund_id)
        to_give = notices.to_give(desk, connection)
        people = funds.all_members(connection, fund_id)
        late = [
            one
            for one in transfer_page.waiting(connection, desk.fund, today)
            if one.is_late(today)
        ]
    shown = found.items[:SHOWN]
    return desk.page(
        "day.html",
        page=found,
        today=today,
        before=(day - timedelta(days=1)).isoformat(),
        after=(day + timedelta(days=1)).isoformat() if day < today else None,
        cards=shown,
        about=subjects.about(desk, [one.subject for one in shown]),
        late_transfers=late,
        to_give=to_give,
        suggested=suggested,
        waiting=len(is_open),
        by_policy=[
            one for one in is_open if one.kind == "transfer" and "policy" in one.latest.content
        ],
        next_hands=[
            one.name
            for one in people
            if not one.removed
            and "controller" in one.roles
            and one.member_id != desk.member.member_id
        ],
        can_work=desk.may("exception.work"),
        held=[one for one in found.files if one.state == "held"],
        sums=desk.say("and").join(
            desk.say.money(one.amount_minor, one.commodity) for one in found.unexplained
        ),
    )


def _day(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today
