"""The activity record of a fund, page by page."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.activity import history
from ledger.activity.history import PAGE_ROWS, Before
from ledger.roles import ACTIONS
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

DIGITS_MAX = 18


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page."""
    blueprint.add_url_rule(
        "/desk/<fund>/activity", "activity", view(ledger, "activity.read", show)
    )


def show(desk: Desk) -> Response:
    """Show who did and read what; the filters are in the address."""
    asked = Typed(request.args)
    member, action = asked["member"][:20], asked["action"]
    action = action if action in ACTIONS else ""
    desk.saw("activity.read", "activity")
    with desk.reading() as connection:
        rows = history.of_fund(
            connection,
            desk.fund.fund_id,
            member_id=member,
            action=action,
            below=_below(asked["below"]),
            limit=PAGE_ROWS + 1,
        )
    more = history.before(rows[PAGE_ROWS - 1]) if len(rows) > PAGE_ROWS else None
    return desk.page(
        "activity.html",
        rows=rows[:PAGE_ROWS],
        more=f"{more.at_ms}-{more.number}" if more else "",
        member=member,
        action=action,
        actions=ACTIONS,
    )


def _below(text: str) -> Before | None:
    """Read where the page before ended; whatever it was not, the newest page is shown."""
    at_ms, _, number = text.partition("-")
    if not (at_ms.isascii() and at_ms.isdigit() and number.isascii() and number.isdigit()):
        return None
    if max(len(at_ms), len(number)) > DIGITS_MAX:
        return None
    return Before(int(at_ms), int(number))
