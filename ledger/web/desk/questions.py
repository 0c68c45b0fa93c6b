"""Viewers' questions at the desk: read, published or not, taken, answered."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import from_ms
from ledger.errors import FieldError
from ledger.keyset import Listing
from ledger.questions import asking, history
from ledger.questions.history import Question
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, chosen_in, read_list
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

NUMBER = "<int(max=1099511627775):number>"


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the list, the page of one, and what is done about it."""
    at = partial(view, ledger)
    add_list(blueprint, at, QUESTIONS, show)
    one = f"/desk/<fund>/questions/{NUMBER}"
    blueprint.add_url_rule(one, "desk_question", at("question.read", show_one))
    blueprint.add_url_rule(one, "step_question", at("question.answer", step), methods=["POST"])


def show(desk: Desk) -> Response:
    """List questions, newest first."""
    return desk.page("questions.html", list=read_list(desk, QUESTIONS))


def show_one(desk: Desk, number: int) -> Response:
    """Show a question and what was done about it."""
    return _page(desk, number, Typed())


def _page(desk: Desk, number: int, typed: Typed) -> Response:
    with desk.reading() as connection:
        found = history.question(connection, desk.fund.fund_id, number)
    return desk.page("question.html", status=typed.status, question=found, typed=typed)


def step(desk: Desk, number: int) -> Response:
    """Do one thing about a question."""
    typed, ledger = Typed(request.form), desk.ledger
    what = (number, typed["kind"], typed.whole("body"))
    try:
        asking.step(ledger.database, ledger.clock, desk.fund, desk.member, what)
    except FieldError as error:
        typed.refuse(error)
        return _page(desk, number, typed)
    return desk.done("desk_question", "done", number=number)


def _source(desk: Desk, asked: Typed) -> Listing[Question]:
    return history.listing(desk.fund.fund_id, chosen_in(asked, "state", ("waiting",)))


def _owner(desk: Desk, one: Question) -> str:
    return desk.names.get(one.owner, "") if one.owner else ""


QUESTIONS: ListPage[Question] = ListPage(
    name="desk_questions",
    address="/desk/<fund>/questions",
    action="question.read",
    columns=(
        Column("number", "column.number", lambda _desk, one: one.number, "number"),
        Column("when", "desk_questions.when", lambda _desk, one: from_ms(one.asked_ms), "moment"),
        Column("what", "desk_questions.what", lambda _desk, one: one.body),
        Column(
            "state",
            "desk_questions.state",
            lambda desk, one: desk.words("desk_questions.state", one.state),
        ),
        Column("owner", "desk_questions.owner", _owner, narrow=False),
    ),
    filters=("state",),
    source=_source,
)
