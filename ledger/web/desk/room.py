"""The auditors' room: what there is, what was decided how quickly, and one's own working papers."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import from_text
from ledger.decisions import history as decisions
from ledger.decisions.shapes import Decision
from ledger.errors import FieldError, StateError
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.papers import history, writing
from ledger.papers.writing import Draft
from ledger.periods import history as periods
from ledger.projections.accounts import Accounts
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed, whole_number
from ledger.wiring import Ledger

NUMBER = "<int(max=1099511627775):number>"
NEWEST = 50
MONTHS = 24
QUICK = timedelta(minutes=1)
"""Between proposal and approval: quicker than anybody reads."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    rule("/audit/<fund>/", "room", at("audit.read", show))
    rule("/audit/<fund>/papers/new", "new_paper", at("papers.write", ask))
    rule("/audit/<fund>/papers/new", "write_paper", at("papers.write", write), methods=["POST"])
    one = f"/audit/<fund>/papers/{NUMBER}"
    rule(one, "paper", at("audit.read", show_paper))
    rule(f"{one}/edit", "edit_paper", at("papers.write", ask_revision))
    rule(f"{one}/edit", "revise_paper", at("papers.write", revise), methods=["POST"])


class Taken(NamedTuple):
    """A decision that was approved, and how long that took."""

    decision: Decision
    took: timedelta
    is_quick: bool


def show(desk: Desk) -> Response:
    """Show the population, the decisions, the exceptions and the papers."""
    desk.saw("audit.read", "audit")
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        found = Accounts(connection, fund_id, desk.details.commodity)
        ended = decisions.ended_decisions(connection, fund_id, newest=NEWEST)
        taken = [_taken(connection, fund_id, one) for one in ended if one.is_approved]
        return desk.page(
            "room.html",
            entries=journal.size(connection, fund_id),
            debits=found.debits(""),
            credits=found.credits(""),
            taken=taken,
            exceptions=decisions.exceptions_in_force(connection, fund_id),
            papers=history.all_papers(connection, fund_id),
            months=[one.month for one in reversed(periods.closed(connection, fund_id))][:MONTHS],
        )


def _taken(connection: Any, fund_id: int, one: Decision) -> Taken:
    first, last = (
        from_text(decode(journal.entry(connection, fund_id, seq).entry)["occurred_at"])
        for seq in (one.latest.seq, one.standing[-1].seq)
    )
    return Taken(one, last - first, last - first < QUICK)


def show_paper(desk: Desk, number: int) -> Response:
    """Show a paper with all its versions."""
    with desk.reading() as connection:
        history.paper(connection, desk.fund.fund_id, number)
        versions = history.versions(connection, desk.fund.fund_id, number)
    return desk.page("paper.html", paper=versions[0], versions=versions)


def ask(desk: Desk) -> Response:
    """Show an empty paper."""
    return _form(desk, Typed({"subject": request.args.get("subject", "")[:200]}), None)


def _form(desk: Desk, typed: Typed, number: int | None) -> Response:
    to = desk.url("write_paper") if number is None else desk.url("revise_paper", number=number)
    return desk.page("new_paper.html", status=typed.status, typed=typed, to=to, number=number)


def _draft(typed: Typed) -> Draft:
    return Draft(*(typed.whole(name) for name in Draft._fields))


def write(desk: Desk) -> Response:
    """Begin a paper."""
    typed, ledger = Typed(request.form), desk.ledger
    try:
        number = writing.write(
            ledger.database, ledger.clock, desk.fund, desk.member, _draft(typed)
        )
    except FieldError as error:
        typed.refuse(error)
        return _form(desk, typed, None)
    return desk.done("paper", "written", number=number)


def ask_revision(desk: Desk, number: int) -> Response:
    """Show one's own paper in a form."""
    with desk.reading() as connection:
        found = history.paper(connection, desk.fund.fund_id, number)
    texts = {name: getattr(found, name) for name in Draft._fields}
    return _form(desk, Typed({**texts, "version": str(found.version)}), number)


def revise(desk: Desk, number: int) -> Response:
    """Write the next version of one's own paper."""
    typed, ledger = Typed(request.form), desk.ledger
    seen = typed.read("version", whole_number) or 0
    try:
        what = (number, seen, _draft(typed))
        writing.revise(ledger.database, ledger.clock, desk.fund, desk.member, what)
    except FieldError as error:
        typed.refuse(error)
        return _form(desk, typed, number)
    except StateError:
        typed.errors["body"] = ("paper.moved_on", {})
        return _form(desk, typed, number)
    return desk.done("paper", "written", number=number)
