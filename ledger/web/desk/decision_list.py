"""The list of decisions: open ones first, with whom they wait for."""

from __future__ import annotations

from functools import partial

from flask import Blueprint
from werkzeug.wrappers import Response

from ledger.decisions import history
from ledger.decisions.history import STATES, Asked
from ledger.decisions.rules import KINDS
from ledger.decisions.shapes import Decision
from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.keyset import Listing
from ledger.web.desk.forms import FORMS
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, chosen_in, read_list
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

ID_MAX = 20


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page and its exports."""
    add_list(blueprint, partial(view, ledger), DECISIONS, show)


def show(desk: Desk) -> Response:
    """List decisions; the filters are in the address."""
    found = read_list(desk, DECISIONS)
    with desk.reading() as connection:
        members = funds.all_members(connection, desk.fund.fund_id)
    return desk.page(
        "decisions.html",
        list=found,
        may_act={
            one.number: history.who_may_act(one, members) for one in found.rows if one.end is None
        },
        states=STATES,
        kinds=tuple(KINDS),
        proposals=[kind for kind in FORMS if desk.may(f"{kind}.propose")],
    )


def _source(desk: Desk, asked: Typed) -> Listing[Decision]:
    wanted = Asked(
        chosen_in(asked, "state", STATES),
        chosen_in(asked, "kind", KINDS),
        asked["proposer"][:ID_MAX],
    )
    return history.listing(desk.fund.fund_id, wanted)


def _amount(_desk: Desk, one: Decision) -> Money | None:
    newest = one.latest
    if newest.amount is None or newest.commodity is None:
        return None
    return Money(newest.amount, newest.commodity)


def _approvers(desk: Desk, one: Decision) -> str:
    return ", ".join(desk.names.get(who.member_id, who.member_id) for who in one.standing)


DECISIONS: ListPage[Decision] = ListPage(
    name="decisions",
    address="/desk/<fund>/decisions",
    action="decision.read",
    columns=(
        Column("number", "column.number", lambda _desk, one: one.number, "number"),
        Column("kind", "column.what", lambda desk, one: desk.words("decision.kind", one.kind)),
        Column("amount", "field.amount", _amount, "money"),
        Column(
            "proposed_by",
            "column.proposed_by",
            lambda desk, one: desk.names.get(one.proposed_by, one.proposed_by),
            narrow=False,
        ),
        Column("waits", "column.waits", lambda _desk, _one: None, places="page"),
        Column("state", "column.state", lambda desk, one: desk.words("decision.state", one.state)),
        Column("approved_by", "column.approved_by", _approvers, places="export"),
        Column(
            "reason",
            "column.reason",
            lambda _desk, one: one.end.reason if one.end else None,
            places="export",
        ),
        Column("entry", "column.entry", lambda _desk, one: one.latest.seq, "number", "export"),
    ),
    filters=("state", "kind", "proposer"),
    source=_source,
    key=lambda one: str(one.number),
)
