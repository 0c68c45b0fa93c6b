"""The register of corrections, and figures as they were known at any checkpoint."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.errors import NotFoundError
from ledger.export.sheets import Money
from ledger.issuing.numbers import address_of_number
from ledger.keyset import Listing
from ledger.periods import history
from ledger.projections.corrections import KINDS, Corrected, correction_listing
from ledger.projections.known import known_at
from ledger.statements.life import LANGUAGES
from ledger.web.desk import notices
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, read_list
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    add_list(blueprint, at, CORRECTIONS, show_all)
    blueprint.add_url_rule("/desk/<fund>/figures", "known", at("period.read", show_known))


def show_all(desk: Desk) -> Response:
    """List corrections."""
    with desk.reading() as connection:
        found = notices.to_give(desk, connection)
    return desk.page(
        "corrections.html",
        list=read_list(desk, CORRECTIONS),
        kinds=KINDS,
        to_give=found,
        languages=LANGUAGES,
        page_name=address_of_number,
    )


def _source(desk: Desk, asked: Typed) -> Listing[Corrected]:
    return correction_listing(desk.fund.fund_id, asked["kind"] or None)


def _name(desk: Desk, member: str) -> str:
    return desk.names.get(member, member)


CORRECTIONS: ListPage[Corrected] = ListPage(
    name="corrections",
    address="/desk/<fund>/corrections",
    action="period.read",
    columns=(
        Column("entry", "column.entry", lambda _desk, one: one.seq, "number"),
        Column("at", "corrections.at", lambda _desk, one: one.at, "moment", narrow=False),
        Column("kind", "column.kind", lambda desk, one: str(desk.say(f"kind.{one.kind}"))),
        Column(
            "corrects",
            "corrections.corrects",
            lambda _desk, one: " ".join(str(seq) for seq in one.corrects),
        ),
        Column(
            "amount",
            "field.amount",
            lambda _desk, one: None if one.amount is None else Money(one.amount, one.commodity),
            "money",
        ),
        Column("reason", "corrections.reason", lambda _desk, one: one.reason, narrow=False),
        Column(
            "proposed",
            "corrections.proposed",
            lambda desk, one: _name(desk, one.proposed_by),
            narrow=False,
        ),
        Column(
            "approved",
            "corrections.approved",
            lambda desk, one: " ".join(_name(desk, who) for who in one.approved_by),
            narrow=False,
        ),
        Column(
            "statements", "corrections.statements", lambda _desk, one: " ".join(one.statements)
        ),
        Column("notice", "corrections.notice", lambda _desk, one: one.notice),
    ),
    filters=("kind",),
    source=_source,
)


def show_known(desk: Desk) -> Response:
    """Show figures as they were known at a size or a day, beside those of now; without either, ask for it."""
    asked = Typed(request.args)
    found = None
    missing = False
    with desk.reading() as connection:
        months = [one.month for one in history.closed(connection, desk.fund.fund_id)]
        month = asked["month"] if asked["month"] in months else None
        if asked["at"]:
            try:
                found = known_at(connection, desk.fund, asked["at"], month)
            except NotFoundError:
                missing = True
    return desk.page(
        "known.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if missing else HTTPStatus.OK,
        asked=asked,
        months=months[::-1],
        found=found,
        missing=missing,
    )
