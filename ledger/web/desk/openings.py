"""Opening balances: what accounts held before the ledger began, proposed here and decided by another person."""

from __future__ import annotations

import secrets
from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.desk import actions
from ledger.desk import spending as desk_spending
from ledger.errors import InputError, StateError
from ledger.funds.history import MoneyAccount
from ledger.spending import openings
from ledger.spending.openings import Balance, Opening
from ledger.web.desk.evidence import brought
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.movements import day
from ledger.web.desk.spending import refuse
from ledger.web.desk.typed import Typed, money
from ledger.web.uploads import takes_files
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the form."""
    at = partial(view, ledger)
    where = "/desk/<fund>/openings/new"
    blueprint.add_url_rule(where, "new_opening", at("opening.propose", ask))
    proposing = takes_files(at("opening.propose", propose))
    blueprint.add_url_rule(where, "propose_opening", proposing, methods=["POST"])


def ask(desk: Desk) -> Response:
    """Ask what the accounts held."""
    return _form(desk, Typed(request.args))


def _accounts(desk: Desk) -> list[MoneyAccount]:
    with desk.reading() as connection:
        return openings.untouched(connection, desk.fund)


def _form(desk: Desk, typed: Typed) -> Response:
    return desk.page(
        "new_opening.html",
        status=typed.status,
        typed=typed,
        accounts=_accounts(desk),
        key=typed["key"] or secrets.token_hex(16),
    )


def propose(desk: Desk) -> Response:
    """Propose it; somebody else approves."""
    typed = Typed(request.form)
    balances = _balances(desk, typed)
    on, reason = typed.read("on", day), typed.read("reason", str)
    if typed.errors or on is None or reason is None:
        return _form(desk, typed)
    wanted = Opening(on, balances, reason, brought(desk, typed, "evidence"))
    if typed.errors:
        return _form(desk, typed)
    new, key = desk_spending.opening(wanted), typed["key"] or None
    try:
        found = actions.propose(desk.ledger.sequencer, desk.fund, desk.member.member_id, new, key)
    except StateError:
        typed.errors["balances"] = ("openings.error.moved", {})
        return _form(desk, typed)
    except InputError as error:
        refuse(typed, error)
        return _form(desk, typed)
    return desk.done("decision", "proposed", number=found.number)


def _balances(desk: Desk, typed: Typed) -> tuple[Balance, ...]:
    """Read the amount of each account; an empty field is an account that held nothing."""
    found = []
    for one in _accounts(desk):
        if typed[one.name]:
            amount = typed.read(one.name, money(one.commodity))
            if amount is not None:
                found.append(Balance(one.name, one.commodity, amount))
    if not found and not typed.errors:
        typed.errors["balances"] = ("error.missing", {})
    return tuple(found)
