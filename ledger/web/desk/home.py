"""The first page of a desk: what waits for me, what I have proposed, what waits for others."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint
from werkzeug.wrappers import Response

from ledger.decisions import history
from ledger.decisions.history import MayAct
from ledger.decisions.shapes import Decision
from ledger.funds import history as funds
from ledger.web.desk.forms import FORMS
from ledger.web.desk.frame import Desk, view
from ledger.wiring import Ledger


class Waiting(NamedTuple):
    """An open decision, and who can still act."""

    decision: Decision
    may_act: MayAct


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page."""
    blueprint.add_url_rule("/desk/<fund>/", "home", view(ledger, "desk.read", show))


def show(desk: Desk) -> Response:
    """Show what is to be done."""
    with desk.reading() as connection:
        members = funds.all_members(connection, desk.fund.fund_id)
        waiting = [
            Waiting(one, history.who_may_act(one, members))
            for one in history.open_decisions(connection, desk.fund.fund_id)
        ]
        exceptions = history.exceptions_in_force(connection, desk.fund.fund_id)
    me = desk.member.member_id
    mine = [one for one in waiting if any(who.member_id == me for who in one.may_act.members)]
    proposed = [one for one in waiting if me in one.decision.touched]
    others = [one for one in waiting if one not in mine and one not in proposed]
    return desk.page(
        "home.html",
        mine=mine,
        proposed=proposed,
        others=others,
        exceptions=exceptions,
        proposals=[kind for kind in FORMS if desk.may(f"{kind}.propose")],
    )
