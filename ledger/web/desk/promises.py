"""What the fund promises: by when money arrives, is paid, and a statement is out; and other days, proposed here."""

from __future__ import annotations

import secrets
from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.decisions import history as decisions
from ledger.decisions.promises import (
    DAYS_MAX,
    WHAT,
    Promises,
    promises_from_json,
    promises_in_force,
)
from ledger.desk import actions, wanted
from ledger.errors import InputError
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed, whole_number
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page."""
    at = partial(view, ledger)
    where = "/desk/<fund>/promises"
    blueprint.add_url_rule(where, "promises", at("rules.read", show))
    proposing = at("rule.propose", propose)
    blueprint.add_url_rule(where, "propose_promises", proposing, methods=["POST"])


def show(desk: Desk) -> Response:
    """Show the days that hold, and offer to propose others."""
    with desk.reading() as connection:
        now = promises_in_force(connection, desk.fund.fund_id)
    return _page(desk, Typed({name: str(days) for name, days in now._asdict().items()}))


def _page(desk: Desk, typed: Typed) -> Response:
    with desk.reading() as connection:
        now = promises_in_force(connection, desk.fund.fund_id)
        before = [
            (number, promises_from_json(content))
            for number, content in decisions.approved(connection, desk.fund.fund_id, "rule")
            if WHAT in content
        ]
    return desk.page(
        "promises.html",
        status=typed.status,
        typed=typed,
        now=now,
        usual=Promises(),
        versions=before,
        names=Promises._fields,
        most=DAYS_MAX,
        # A form that is sent twice proposes once.
        key=typed["key"] or secrets.token_hex(16),
    )


def propose(desk: Desk) -> Response:
    """Propose other days; somebody else approves."""
    typed = Typed(request.form)
    days = {name: _days(typed, name) for name in Promises._fields}
    found = {name: value for name, value in days.items() if value is not None}
    if typed.errors:
        return _page(desk, typed)
    new, who = wanted.promises(Promises(**found)), desk.member.member_id
    try:
        done = actions.propose(desk.ledger.sequencer, desk.fund, who, new, typed["key"] or None)
    except InputError as error:
        typed.refuse(error)
        return _page(desk, typed)
    return desk.done("decision", "proposed", number=done.number)


def _days(typed: Typed, name: str) -> int | None:
    """Read a number of days; what is none that a fund may promise stands beside its field."""
    found = typed.read(name, whole_number)
    if name in typed.errors or found is None or not 1 <= found <= DAYS_MAX:
        typed.errors[name] = ("promises.range", {"n": DAYS_MAX})
        return None
    return found
