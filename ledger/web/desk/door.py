"""Add the desk to the app: each page twice, once for each language."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from flask import Blueprint, Flask, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from ledger.funds import history as funds
from ledger.roles import OWN, does
from ledger.signin import identity
from ledger.web.desk import (
    activity,
    corrections,
    cost_limit,
    day,
    decision_list,
    decisions,
    exception_list,
    exceptions,
    files,
    frame,
    gift_codes,
    home,
    late,
    lines,
    lists,
    mappings,
    match_list,
    matches,
    matching_rules,
    more,
    movements,
    openings,
    packs,
    payment_columns,
    people,
    periods,
    promises,
    questions,
    room,
    rules,
    settlements,
    spending,
    standing,
    statements,
    together,
    tokens,
    transfers,
)
from ledger.web.language import PREFIX, Voice, language_of
from ledger.wiring import Ledger


def register_desk(app: Flask, ledger: Ledger) -> None:
    """Add the desk below `/desk` and `/en/desk`.

    Args:
        app: The app.
        ledger: What it reads and writes.
    """
    blueprint = Blueprint(frame.NAME, __name__, template_folder="templates")
    blueprint.add_url_rule("/desk/", "funds", does(OWN)(partial(_funds, ledger)))
    for part in (
        home,
        day,
        files,
        gift_codes,
        lines,
        settlements,
        match_list,
        matches,
        exception_list,
        exceptions,
        decision_list,
        decisions,
        periods,
        late,
        transfers,
        standing,
        payment_columns,
        spending,
        statements,
        movements,
        openings,
        packs,
        lists,
        corrections,
        people,
        questions,
        tokens,
        rules,
        promises,
        cost_limit,
        activity,
        room,
        mappings,
        matching_rules,
        more,
        together,
    ):
        part.add(blueprint, ledger)
    app.extensions[together.EXTENSION] = together.open_presence(ledger)
    app.jinja_env.globals["others_at"] = together.others
    for language, prefix in PREFIX.items():
        app.register_blueprint(blueprint, name=f"{frame.NAME}_{language}", url_prefix=prefix)


def _funds(ledger: Ledger) -> Response:
    """Show the funds that the user acts in; lead on where there is one only."""
    signed_in = identity.required()
    say = Voice(language_of(request.path))
    with ledger.database.reading() as connection:
        mine = funds.memberships(connection, signed_in.user_id)
        named = [(fund, member, funds.details(connection, fund.fund_id)) for fund, member in mine]
    if len(named) == 1:
        return redirect(frame.address(say, "home", fund=named[0][0].slug), HTTPStatus.SEE_OTHER)
    return make_response(
        render_template(
            "desk/funds.html",
            say=say,
            signed_in=signed_in,
            funds=named,
            address=frame.address,
            other_address=frame.in_other_language(say),
        )
    )
