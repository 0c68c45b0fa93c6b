"""Tokens of machines: one's own, and all of them for an administrator."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import to_ms
from ledger.errors import FieldError
from ledger.funds import history, tokens
from ledger.funds.tokens import DAYS_DEFAULT, NewToken
from ledger.roles import ACTIONS, SCOPES
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed, whole_number
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    blueprint.add_url_rule("/desk/<fund>/tokens", "tokens", at("token.read", show))
    blueprint.add_url_rule(
        "/desk/<fund>/tokens", "make_token", at("token.make", make), methods=["POST"]
    )
    blueprint.add_url_rule("/desk/<fund>/tokens/new", "new_token", at("token.make", form))
    blueprint.add_url_rule(
        "/desk/<fund>/tokens/<int:number>/end", "end_token", at("token.end", end), methods=["POST"]
    )


def show(desk: Desk, made: str = "") -> Response:
    """List tokens."""
    with desk.reading() as connection:
        found = history.all_tokens(connection, desk.fund.fund_id)
    if not desk.may("token.manage"):
        found = [one for one in found if one.member.member_id == desk.member.member_id]
    now_ms = to_ms(desk.ledger.clock.now())
    return desk.page("tokens.html", tokens=found, made=made, now_ms=now_ms)


def form(desk: Desk, typed: Typed | None = None) -> Response:
    """Ask what a new token is for."""
    useful = [
        scope
        for scope in SCOPES
        if any(row.by_token == scope and desk.may(name) for name, row in ACTIONS.items())
    ]
    typed = typed or Typed({"days": str(DAYS_DEFAULT)})
    return desk.page("new_token.html", typed=typed, scopes=useful, status=typed.status)


def make(desk: Desk) -> Response:
    """Make a token and show it this once."""
    typed = Typed(request.form)
    scopes = frozenset(request.form.getlist("scopes"))
    days = typed.read("days", whole_number)
    if typed.errors or days is None:
        return form(desk, typed)
    try:
        made = tokens.make_token(
            desk.ledger.database,
            desk.ledger.clock,
            desk.fund,
            desk.member.member_id,
            NewToken(typed["name"], scopes, days),
        )
    except FieldError as error:
        typed.refuse(error)
        return form(desk, typed)
    return show(desk, made)


def end(desk: Desk, number: int) -> Response:
    """End a token at once."""
    tokens.end_token(desk.ledger.database, desk.ledger.clock, desk.fund, number, desk.member)
    return desk.done("tokens", "ended")
