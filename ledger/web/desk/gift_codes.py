"""A donor who shows the platform's order is handed the code of their gift, once on paper or by telephone."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.desk.gift_codes import ORDER_MAX, PROOFS, Handed, Order, hand_out
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.projections.fund_page import channel_words
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

PLACE = "/desk/<fund>/gift-code"


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page."""
    at = partial(view, ledger)
    blueprint.add_url_rule(PLACE, "gift_code", at("gift.code", show))
    blueprint.add_url_rule(PLACE, "hand_code", at("gift.code", hand), methods=["POST"])


def show(desk: Desk) -> Response:
    """Ask for what the donor shows."""
    return _page(desk, Typed(), None)


def hand(desk: Desk) -> Response:
    """Show the code, in the answer itself: it never stands in an address."""
    typed, ledger = Typed(request.form), desk.ledger
    for name in ("order", "amount", "proof"):
        typed.read(name, str)
    if typed.errors:
        return _page(desk, typed, None)
    order = Order(typed["order"], typed["amount"], typed["proof"])
    try:
        found = hand_out(ledger.database, ledger.clock, desk.fund, desk.member, order)
    except FieldError as error:
        field, reason = str(error.fields["field"]), str(error.fields["reason"])
        typed.errors[field] = (f"gift_code.error.{reason}", {})
        return _page(desk, typed, None)
    return _page(desk, Typed(), found)


def _page(desk: Desk, typed: Typed, found: Handed | None) -> Response:
    with desk.reading() as connection:
        channels = funds.all_channels(connection, desk.fund.fund_id)
    return desk.page(
        "gift_code.html",
        status=typed.status,
        typed=typed,
        found=found,
        channel=channel_words(channels, found.channel) if found else None,
        proofs=PROOFS,
        most=ORDER_MAX,
    )
