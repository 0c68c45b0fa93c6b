"""The activity record of a fund, as a list."""

from __future__ import annotations

from functools import partial

from flask import Blueprint
from werkzeug.wrappers import Response

from ledger.activity import history
from ledger.activity.history import Asked
from ledger.activity.records import OUTCOMES, Recorded
from ledger.keyset import Listing
from ledger.roles import ACTIONS
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, chosen_in, read_list, span_ms
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

ID_MAX = 20


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page and its exports."""
    add_list(blueprint, partial(view, ledger), ACTIVITY, show)


def show(desk: Desk) -> Response:
    """Show who did and read what; the filters are in the address."""
    return desk.page(
        "activity.html",
        list=read_list(desk, ACTIVITY),
        actions=ACTIONS,
        outcomes=OUTCOMES,
    )


def _source(desk: Desk, asked: Typed) -> Listing[Recorded]:
    wanted = Asked(
        asked["member"][:ID_MAX],
        chosen_in(asked, "action", ACTIONS),
        chosen_in(asked, "outcome", OUTCOMES),
        *span_ms(desk, asked),
    )
    return history.listing(desk.fund.fund_id, wanted)


def _who(desk: Desk, one: Recorded) -> str:
    who = one.activity.member_id
    return desk.names.get(who, who) if who else str(desk.say("activity.machine"))


def _what(desk: Desk, one: Recorded) -> str:
    action = ACTIONS.get(one.activity.action)
    if action is None:
        return one.activity.action
    return action.zh if desk.say.language == "zh" else action.en


ACTIVITY: ListPage[Recorded] = ListPage(
    name="activity",
    address="/desk/<fund>/activity",
    action="activity.read",
    columns=(
        Column("when", "activity.when", lambda _desk, one: one.at, "moment"),
        Column("who", "activity.who", _who),
        Column("action", "activity.action", _what),
        Column("subject", "activity.subject", lambda _desk, one: one.activity.subject),
        Column(
            "address",
            "activity.from",
            lambda _desk, one: one.activity.origin.address,
            narrow=False,
        ),
        Column(
            "outcome",
            "activity.outcome",
            lambda desk, one: desk.words("activity.outcome", one.activity.outcome),
        ),
        Column("reason", "column.reason", lambda _desk, one: one.activity.reason, places="export"),
        Column("role", "column.role", lambda _desk, one: one.activity.role, places="export"),
        Column(
            "request",
            "column.request",
            lambda _desk, one: one.activity.origin.request_id,
            places="export",
        ),
    ),
    filters=("member", "action", "outcome", "from", "to"),
    source=_source,
    saw=lambda desk: desk.saw("activity.read", "activity"),
)
