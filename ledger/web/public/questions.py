"""Questions in public: those that were answered, and a form to ask one. No cookie: the form needs no session."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from ledger.errors import FieldError, NotFoundError, StateError
from ledger.journal.receipt_numbers import parse_receipt_number
from ledger.web import headers
from ledger.web.language import Voice, language_of
from ledger.web.services import services

TRAP = "website"
"""A field that people do not see: whoever fills it is a program."""


def add(blueprint: Blueprint) -> None:
    """Add the pages."""
    at = "/funds/<fund>/questions"
    blueprint.add_url_rule(at, "questions", show)
    blueprint.add_url_rule(at, "ask_question", ask, methods=["POST"])
    blueprint.add_url_rule(f"{at}/<int(max=1099511627775):number>", "question", one)


def show(fund: str) -> Response:
    """Show the newest questions with their answers, and the form."""
    return headers.public_page(_page(fund, {"receipt": request.args.get("receipt", "")}, {}))


def _page(fund: str, typed: dict[str, str], errors: dict[str, str]) -> Response:
    found = services().totals(fund)
    say = Voice(language_of(request.path), found.zone, found.commodity)
    html = render_template(
        "questions.html",
        say=say,
        totals=found,
        questions=services().questions(fund),
        typed=typed,
        errors=errors,
        trap=TRAP,
    )
    return make_response(html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


def ask(fund: str) -> BaseResponse:
    """Register a question, and lead to the page that tells what became of it."""
    say = Voice(language_of(request.path))
    typed = {name: request.form.get(name, "").replace("\0", "") for name in ("body", "receipt")}
    if request.form.get(TRAP):
        # It is told that all is well, and nothing is kept.
        return redirect(say.url("questions", fund=fund), HTTPStatus.SEE_OTHER)
    gift, wrong = _gift(fund, typed["receipt"])
    errors = {"receipt": wrong} if wrong else {}
    try:
        if not errors:
            made = services().ask(fund, typed["body"], say.language, gift)
            return redirect(say.url("question", fund=fund, number=made), HTTPStatus.SEE_OTHER)
    except FieldError:
        errors["body"] = "question.error.length"
    except StateError:
        errors["body"] = "question.error.full"
    response = _page(fund, typed, errors)
    response.headers["Cache-Control"] = headers.NO_STORE
    return response


def _gift(fund: str, receipt: str) -> tuple[int | None, str]:
    """Read which gift a question is about.

    Returns:
        Its entry, or None for the fund; and what is wrong with the number.
    """
    if not receipt.strip():
        return None, ""
    try:
        number = parse_receipt_number(receipt)
    except FieldError:
        return None, "question.error.receipt"
    if services().gift_page(fund, number.seq, number.check) is None:
        return None, "question.error.gift"
    return number.seq, ""


def one(fund: str, number: int) -> Response:
    """Show a question that anybody may read; of others, only that they are registered.

    Raises:
        NotFoundError: There is none of this number.
    """
    found = services().totals(fund)
    say = Voice(language_of(request.path), found.zone, found.commodity)
    asked = services().question(fund, number)
    if asked is None:
        raise NotFoundError(what="page")
    html = render_template("question.html", say=say, totals=found, question=asked)
    return headers.public_page(make_response(html))
