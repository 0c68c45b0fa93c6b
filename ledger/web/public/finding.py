"""A gift found without its receipt number, and what its donor wants shown. No cookie: the forms need no session."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from ledger.errors import FieldError, InputError, NotFoundError
from ledger.journal.receipt_numbers import ReceiptNumber, parse_receipt_number
from ledger.money import parse_amount
from ledger.privacy.choices import Choice
from ledger.projections.books.head import head
from ledger.projections.gift_finding import by_moment, by_order
from ledger.projections.shapes import GiftPage
from ledger.web import headers
from ledger.web.language import Voice, language_of
from ledger.web.public.books import FIRST_YEAR, LAST_YEAR
from ledger.web.services import services

TYPED_MAX = 128


def add(blueprint: Blueprint) -> None:
    """Add the pages."""
    at = "/funds/<fund>/find"
    blueprint.add_url_rule(at, "find", find)
    blueprint.add_url_rule(at, "find_by_order", find_by_order, methods=["POST"])
    at = "/funds/<fund>/gifts/<receipt>/choice"
    blueprint.add_url_rule(at, "choice", show_choice)
    blueprint.add_url_rule(at, "choose", choose, methods=["POST"])


def find(fund: str) -> Response:
    """Show the ways to find a gift, and the gifts of a minute and an amount."""
    of = services().read(fund, head)
    typed = {name: request.args.get(name, "").strip()[:40] for name in ("at", "amount")}
    if not any(typed.values()):
        return headers.public_page(_page(fund, typed, {}, None))
    errors: dict[str, str] = {}
    minute, amount = None, 0
    try:
        minute = datetime.fromisoformat(typed["at"]).replace(second=0, microsecond=0)
        minute = minute.replace(tzinfo=ZoneInfo(of.zone))
    except ValueError:
        errors["at"] = "find.error.at"
    if minute is not None and not FIRST_YEAR <= minute.year <= LAST_YEAR:
        errors["at"] = "find.error.at"
    try:
        amount = parse_amount(typed["amount"].replace(",", ""), of.commodity)
    except InputError:
        errors["amount"] = "find.error.amount"
    if errors or minute is None:
        return _page(fund, typed, errors, None)
    found = services().read(fund, partial(by_moment, minute=minute, amount_minor=amount))
    return headers.public_page(_page(fund, typed, {}, found))


def find_by_order(fund: str) -> BaseResponse:
    """Lead from the platform's number and the donor's code to the gift."""
    order = request.form.get("order", "").strip()[:TYPED_MAX]
    code = request.form.get("code", "")[:TYPED_MAX]
    found = services().read(fund, partial(by_order, order=order, code=code))
    if found is None:
        return _page(fund, {"order": order}, {"code": "find.error.order"}, None)
    say = Voice(language_of(request.path))
    return redirect(say.url("gift", fund=fund, receipt=found), HTTPStatus.SEE_OTHER)


def _page(fund: str, typed: dict[str, str], errors: dict[str, str], found: object) -> Response:
    of = services().read(fund, head)
    say = Voice(language_of(request.path), of.zone, of.commodity)
    html = render_template(
        "find_ways.html",
        say=say,
        page=of,
        contact=of.contact,
        typed=typed,
        errors=errors,
        found=found,
    )
    response = make_response(html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)
    response.headers["Cache-Control"] = headers.NO_STORE
    return response


def _gift(fund: str, receipt: str) -> tuple[ReceiptNumber, GiftPage]:
    """Read the gift that an address names.

    Raises:
        NotFoundError: There is none.
    """
    try:
        number = parse_receipt_number(receipt)
    except FieldError as error:
        raise NotFoundError(what="gift") from error
    page = services().gift_page(fund, number.seq, number.check)
    if page is None:
        raise NotFoundError(what="gift")
    return number, page


def show_choice(fund: str, receipt: str) -> Response:
    """Show what a donor may choose."""
    number, page = _gift(fund, receipt)
    return headers.public_page(_choice(number, page, Choice(), {}))


def _choice(
    number: ReceiptNumber, page: GiftPage, choice: Choice, errors: dict[str, str]
) -> Response:
    say = Voice(language_of(request.path), page.zone, page.commodity)
    html = render_template(
        "choice.html",
        say=say,
        page=page,
        contact=page.contact,
        number=number,
        choice=choice,
        errors=errors,
    )
    return make_response(html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


def choose(fund: str, receipt: str) -> BaseResponse:
    """Keep what a donor wants, and lead back to the gift."""
    number, page = _gift(fund, receipt)
    choice = Choice(request.form.get("name", ""), request.form.get("thanks", ""))
    try:
        services().choose(fund, number.seq, request.form.get("code", "")[:TYPED_MAX], choice)
    except FieldError as error:
        field = str(error.fields["field"])
        key = f"choice.error.{field}.{error.fields['reason']}"
        response = _choice(number, page, choice, {field: key})
        response.headers["Cache-Control"] = headers.NO_STORE
        return response
    say = Voice(language_of(request.path))
    address = say.url("gift", fund=fund, receipt=number.compact, chosen="1")
    return redirect(address, HTTPStatus.SEE_OTHER)
