"""The list of exceptions: filtered, exported, looked for anew, and worked on many at once."""

from __future__ import annotations

import secrets
from datetime import date
from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import local_date
from ledger.decisions.booking import check_reason
from ledger.desk import actions, finding, handling
from ledger.desk import exceptions as wanting
from ledger.errors import FieldError
from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.keyset import Listing
from ledger.matching.exceptions import history
from ledger.matching.exceptions.booking import Step
from ledger.matching.exceptions.history import Filter, Item
from ledger.matching.exceptions.kinds import BRACKETS, KINDS, STATES
from ledger.roles import may
from ledger.web.desk import many, subjects
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, day_in, read_list
from ledger.web.desk.many import Told
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

TEXT_MAX = 100
OVERDUE = "overdue"


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page, its exports, and what is done from it."""
    at = partial(view, ledger)
    add_list(blueprint, at, EXCEPTIONS, show)
    rule = blueprint.add_url_rule
    looking = at("exception.work", look)
    rule("/desk/<fund>/exceptions/find", "find_exceptions", looking, methods=["POST"])
    giving = at("exception.work", assign)
    rule("/desk/<fund>/exceptions/assign", "assign_exceptions", giving, methods=["POST"])
    closing = at("resolution.propose", resolve)
    rule("/desk/<fund>/exceptions/resolve", "resolve_exceptions", closing, methods=["POST"])


def today(desk: Desk) -> date:
    """Return the day in the fund's zone."""
    return local_date(desk.ledger.clock.now(), desk.details.zone)


def show(desk: Desk) -> Response:
    """List exceptions; all filters stand in the address."""
    return _page(desk, Typed(request.args))


def _page(desk: Desk, asked: Typed) -> Response:
    with desk.reading() as connection:
        aged = history.ageing(connection, desk.fund.fund_id, today(desk))
        members = [
            one
            for one in funds.all_members(connection, desk.fund.fund_id)
            if not one.removed and may(one, "exception.work")
        ]
    found = read_list(desk, EXCEPTIONS, asked)
    return desk.page(
        "exceptions.html",
        status=asked.status,
        list=found,
        about=subjects.about(desk, [one.subject for one in found.rows]),
        told=many.read_told(asked["results"]),
        typed=asked,
        aged=aged,
        brackets=BRACKETS,
        kinds=tuple(KINDS),
        states=STATES,
        members=members,
        today=today(desk),
        # A form that is sent twice proposes once.
        key=asked["key"] or secrets.token_hex(12),
        can_work=desk.may("exception.work"),
        can_resolve=desk.may("resolution.propose"),
    )


def _source(desk: Desk, asked: Typed) -> Listing[Item]:
    return history.listing(desk.fund.fund_id, filter_of(asked, today(desk)))


def filter_of(asked: Typed, day: date) -> Filter:
    """Return which exceptions an address asks for; without a state the open ones."""
    state, kind = asked["state"], asked["kind"]
    first, last = day_in(asked["from"]), day_in(asked["to"])
    return Filter(
        is_open=True if not state or state == OVERDUE else None,
        states=(state,) if state in STATES else None,
        overdue_on=day if state == OVERDUE else None,
        kinds=(kind,) if kind in KINDS else None,
        owner=asked["owner"] or None,
        since_first=date.fromisoformat(first) if first else None,
        since_last=date.fromisoformat(last) if last else None,
        text=asked["text"][:TEXT_MAX] or None,
    )


def _owner(desk: Desk, one: Item) -> str:
    return desk.names.get(one.owner, one.owner) if one.owner else ""


EXCEPTIONS: ListPage[Item] = ListPage(
    name="exceptions",
    address="/desk/<fund>/exceptions",
    action="exception.read",
    columns=(
        Column("kind", "column.what", lambda desk, one: desk.words("exception.kind", one.kind)),
        Column("subject", "column.subject", lambda _desk, one: one.subject),
        Column(
            "amount", "field.amount", lambda _desk, one: Money(one.amount, one.commodity), "money"
        ),
        Column("since", "column.since", lambda _desk, one: date.fromisoformat(one.since), "day"),
        Column(
            "age", "column.age", lambda desk, one: one.age(today(desk)), "number", narrow=False
        ),
        Column("due", "column.due", lambda _desk, one: date.fromisoformat(one.due), "day"),
        Column("owner", "exceptions.owner", _owner),
        Column(
            "state", "column.state", lambda desk, one: desk.words("exception.state", one.state)
        ),
        Column("entry", "column.entry", lambda _desk, one: one.raised_seq, "number", "export"),
        Column("decision", "column.decision", lambda _desk, one: one.decision, "number", "export"),
    ),
    filters=("state", "kind", "owner", "from", "to", "text"),
    source=_source,
    key=lambda one: str(one.raised_seq),
)


# --- many at once ---------------------------------------------------------------------------------


def look(desk: Desk) -> Response:
    """Raise what does not match by now, and close what an entry explains by now."""
    finding.look(desk.ledger.sequencer, desk.fund)
    return desk.done("exceptions", "looked")


def _after(desk: Desk, told: list[Told]) -> Response:
    return desk.done("exceptions", "many", **many.after(told))


def _refused(desk: Desk, keys: list[str], field: str, error: FieldError | None) -> Response:
    """Show the list again, with what was chosen and typed, and nothing done."""
    typed = many.typed_with(keys)
    if error is not None:
        typed.refuse(error)
    else:
        typed.errors[field] = ("many.none", {})
    return _page(desk, typed)


def assign(desk: Desk) -> Response:
    """Give the chosen exceptions to somebody, one by one."""
    keys, owner = many.chosen(), request.form.get("owner_to", "")
    if not keys:
        return _refused(desk, keys, "owner_to", None)
    who, sequencer = desk.member.member_id, desk.ledger.sequencer

    def act(key: str) -> Told:
        handling.work(sequencer, desk.fund, who, int(key), Step("assigned", owner, ""))
        return Told("assigned", key)

    return _after(desk, many.one_by_one(keys, act))


def resolve(desk: Desk) -> Response:
    """Propose to close the chosen exceptions, one decision each, by the same cause."""
    keys, reason = many.chosen(), request.form.get("reason", "")
    try:
        check_reason(reason)
    except FieldError as error:
        return _refused(desk, keys, "reason", error)
    if not keys:
        return _refused(desk, keys, "reason", None)
    who, sequencer, form_key = desk.member.member_id, desk.ledger.sequencer, request.form["key"]

    def act(key: str) -> Told:
        new = wanting.resolution(int(key), reason)
        found = actions.propose(sequencer, desk.fund, who, new, f"{form_key[:40]}{key}")
        return Told("proposed", key, found.number)

    return _after(desk, many.one_by_one(keys, act))
