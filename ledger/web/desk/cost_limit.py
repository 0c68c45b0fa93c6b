"""The limit on management cost: what holds, how much of this year's payments it is, and another one to be proposed."""

from __future__ import annotations

import secrets
from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.decisions import history as decisions
from ledger.decisions.cost_limit import (
    SOURCE_CHARS_MAX,
    WHAT,
    CostLimit,
    limit_from_json,
    parse_percent,
)
from ledger.desk import wanted
from ledger.spending.management import management_share
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.standing import proposed
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page."""
    at = partial(view, ledger)
    rule, where = blueprint.add_url_rule, "/desk/<fund>/cost-limit"
    rule(where, "cost_limit", at("rules.read", show))
    rule(where, "propose_cost_limit", at("rule.propose", propose), methods=["POST"])


def show(desk: Desk) -> Response:
    """Show the limit that holds, and offer to propose another."""
    return _page(desk, Typed())


def _page(desk: Desk, typed: Typed) -> Response:
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        now = decisions.limit_in_force(connection, fund_id)
        # What was paid is shown to those only who see spending.
        may_see = desk.may("spending.read")
        share = management_share(connection, desk.fund, desk.now) if may_see else None
        versions = [
            (number, limit_from_json(content))
            for number, content in decisions.approved(connection, fund_id, "rule")
            if WHAT in content
        ]
        waiting = [
            one.number
            for one in decisions.open_decisions(connection, fund_id)
            if one.kind == "rule" and WHAT in one.latest.content
        ]
    return desk.page(
        "cost_limit.html",
        status=typed.status,
        typed=typed,
        now=now,
        share=share,
        versions=versions,
        waiting=waiting,
        most=SOURCE_CHARS_MAX,
        # A form that is sent twice proposes once.
        key=typed["key"] or secrets.token_hex(16),
    )


def propose(desk: Desk) -> Response:
    """Propose another limit; somebody else approves."""
    typed = Typed(request.form)
    permyriad = typed.read("permyriad", parse_percent)
    if "permyriad" in typed.errors and typed["permyriad"]:
        typed.errors["permyriad"] = ("cost_limit.error.percent", {})
    source = typed.read("source", str)
    if typed.errors or permyriad is None or source is None:
        return _page(desk, typed)
    done = proposed(desk, typed, wanted.cost_limit(CostLimit(permyriad, source)))
    return _page(desk, typed) if done is None else desk.done("decision", "proposed", number=done)
