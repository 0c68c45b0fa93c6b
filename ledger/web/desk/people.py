"""Who works on a fund: enrolled and given roles by decision, removed at once."""

from __future__ import annotations

from functools import partial

from flask import Blueprint
from werkzeug.wrappers import Response

from ledger.funds import history, members
from ledger.signin.sessions import end_sessions
from ledger.web.desk.frame import Desk, view
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    blueprint.add_url_rule("/desk/<fund>/people", "people", at("people.read", show))
    rule = "/desk/<fund>/people/<member_id>/remove"
    blueprint.add_url_rule(rule, "removal", at("members.remove", ask_removal))
    blueprint.add_url_rule(rule, "remove", at("members.remove", remove), methods=["POST"])


def show(desk: Desk) -> Response:
    """List everybody, with their names: reading it is recorded."""
    desk.saw("people.read", "people")
    with desk.reading() as connection:
        found = history.all_members(connection, desk.fund.fund_id)
    return desk.page(
        "people.html",
        now=[one for one in found if not one.removed],
        before=[one for one in found if one.removed],
    )


def ask_removal(desk: Desk, member_id: str) -> Response:
    """Ask whether somebody should really be removed."""
    with desk.reading() as connection:
        found = history.member(connection, desk.fund.fund_id, member_id)
    return desk.page("remove.html", who=found)


def remove(desk: Desk, member_id: str) -> Response:
    """Remove somebody; their sessions and tokens end with the same commit."""
    members.remove_member(
        desk.ledger.sequencer, desk.fund, member_id, desk.member.member_id, end_sessions
    )
    return desk.done("people", "removed")
