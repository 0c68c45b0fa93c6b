"""Who has to approve what in a fund, and where the fund asks for less than usual."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from ledger.decisions import history
from ledger.decisions.rules import KINDS, is_weaker
from ledger.web.desk.frame import Desk, view
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page."""
    blueprint.add_url_rule("/desk/<fund>/rules", "rules", view(ledger, "rules.read", show))


def show(desk: Desk) -> Response:
    """Show the rule of every kind of decision."""
    with desk.reading() as connection:
        found = history.rules_in_force(connection, desk.fund.fund_id)
    rows = [
        (KINDS[name], one, is_weaker(one.rule, KINDS[name].default)) for name, one in found.items()
    ]
    return desk.page("rules.html", rows=rows)
