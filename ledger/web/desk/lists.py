"""The lists that a fund edits: shown to everybody of the fund, changed by two."""

from __future__ import annotations

import secrets
from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.desk import actions
from ledger.desk import spending as desk_spending
from ledger.errors import InputError
from ledger.funds.lists import LISTS, PROVIDER_KINDS, Change
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.spending import refuse
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    rule("/desk/<fund>/lists", "lists", at("rules.read", show))
    rule("/desk/<fund>/lists/change", "new_lists", at("lists.propose", ask))
    rule(
        "/desk/<fund>/lists/change",
        "propose_lists",
        at("lists.propose", propose),
        methods=["POST"],
    )


def show(desk: Desk) -> Response:
    """Show the lists."""
    return desk.page("lists.html", lists={name: desk.lists.items(name) for name in LISTS})


def ask(desk: Desk) -> Response:
    """Ask what should change."""
    typed = Typed(request.args)
    found = desk.lists.get(typed["list"], typed["code"]) if typed["list"] in LISTS else None
    if found is not None and typed["change"] == "rename":
        now = {"zh": found.zh, "en": found.en, "kind": found.kind}
        typed = Typed({**request.args, **now})
    return _form(desk, typed)


def _form(desk: Desk, typed: Typed) -> Response:
    name = typed["list"] if typed["list"] in LISTS else "disease"
    return desk.page(
        "new_lists.html",
        status=typed.status,
        typed=typed,
        name=name,
        change=typed["change"] or "add",
        item=desk.lists.get(name, typed["code"]),
        provider_kinds=PROVIDER_KINDS,
        key=typed["key"] or secrets.token_hex(16),
    )


def propose(desk: Desk) -> Response:
    """Propose a change; a controller decides."""
    typed = Typed(request.form)
    found = Change(
        typed["list"],
        typed["change"],
        typed["code"],
        typed["zh"],
        typed["en"],
        typed["kind"] if typed["list"] == "provider" else "",
    )
    if found.change not in ("add", "rename"):
        found = found._replace(zh="", en="", kind="")
    new, key = desk_spending.list_change(found), typed["key"] or None
    try:
        done = actions.propose(desk.ledger.sequencer, desk.fund, desk.member.member_id, new, key)
    except InputError as error:
        refuse(typed, error)
        return _form(desk, typed)
    return desk.done("decision", "proposed", number=done.number)
