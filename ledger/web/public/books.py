"""Pages below a fund's page: any period, broadcasts, waits, what is late or open, spending, registers, accounts.

They work by their addresses alone. A wrong number or day in one is answered beside the field, with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from flask import Blueprint, Response, make_response, render_template, request

from ledger.clock import local_date
from ledger.errors import FieldError, NotFoundError
from ledger.issuing.numbers import address_of_number
from ledger.journal import accounts as names
from ledger.projections.books.broadcasts import broadcast_page
from ledger.projections.books.head import Head, head
from ledger.projections.books.moved import period_page
from ledger.projections.books.open_items import open_page
from ledger.projections.books.programme import programme_page
from ledger.projections.books.records import calendar_page, correction_page
from ledger.projections.books.terms import account_page, entries_page, movement_page
from ledger.projections.fund_page import View
from ledger.projections.stages import (
    ACCOUNTS_OF,
    BANK_FEES,
    CHARGEBACKS,
    GIFTS,
    PLATFORM_FEES,
    SHARE,
    TAX,
)
from ledger.web import headers
from ledger.web.language import Voice, language_of
from ledger.web.public import flow
from ledger.web.sentences import SENTENCES
from ledger.web.services import services

T = TypeVar("T")

DIGITS_MAX = 15
"""Of an entry's number: all below 2^53."""

ACCOUNT_CHARS_MAX = 120
TERMS = {
    "raised": GIFTS,
    "refund": GIFTS,
    "platform_share": SHARE,
    "tax": TAX,
    "chargeback": CHARGEBACKS,
    "platform_fee": PLATFORM_FEES,
    "bank_fee": BANK_FEES,
    "interest": names.INTEREST,
    "donation": names.DONATIONS,
    "opening": names.OPENING,
    "management_cost": names.MANAGEMENT,
    **{f"at-{key}": prefix for key, prefix in ACCOUNTS_OF.items()},
}
"""How the accounts begin that a term of the equation is summed from; the others are found in the list."""

FIRST_YEAR, LAST_YEAR = 2000, 2200


def add(blueprint: Blueprint) -> None:
    """Add the addresses, in each language."""
    for path, name, view in (
        ("", "books", books),
        ("/period", "period", period),
        ("/broadcasts", "broadcasts", broadcasts),
        ("/waits", "waits", waits),
        ("/open", "open", open_items),
        ("/spending", "programme", programme),
        ("/calendar", "calendar", calendar),
        ("/corrections", "corrections", corrections),
        ("/account", "account", account),
        ("/entries", "entries", entries),
    ):
        blueprint.add_url_rule(f"/funds/<fund>/books{path}", name, view)


def _page(
    template: str, of: Head, status: HTTPStatus = HTTPStatus.OK, **shown: object
) -> Response:
    say = Voice(language_of(request.path), of.zone, of.commodity)
    html = render_template(f"books/{template}", say=say, page=of, contact=of.contact, **shown)
    response = make_response(html, status)
    if status == HTTPStatus.OK:
        return headers.public_page(response)
    response.headers["Cache-Control"] = headers.NO_STORE
    return response


def _read(fund: str, make: Callable[[View], T]) -> T:
    return services().read(fund, make)


def _number(name: str) -> int | None:
    """Return the number in the address; None where there is none.

    Raises:
        NotFoundError: Something else is there: no page of ours leads to it.
    """
    typed = request.args.get(name, "")
    if not typed:
        return None
    if not typed.isascii() or not typed.isdigit() or len(typed) > DIGITS_MAX:
        raise NotFoundError(what="page")
    return int(typed)


def books(fund: str) -> Response:
    """Show the equation with every term, and all accounts."""
    found = _read(fund, account_page)
    page = services().fund_page(fund)
    sums = flow.flow_sum(page)
    accounts = [one.name for one in found.accounts]
    places = {
        key: next((at for at, name in enumerate(accounts) if name.startswith(prefix)), None)
        for key, prefix in TERMS.items()
    }
    return _page(
        "index.html",
        found.head,
        shown=found,
        stages=page.stages,
        sum=sums,
        places=places,
        firsts={places[f"at-{key}"]: key for key in ACCOUNTS_OF},
        debits=sum(one.debits for one in found.accounts),
        credits=sum(one.credits for one in found.accounts),
    )


def account(fund: str) -> Response:
    """Show what moved an account."""
    name = request.args.get("name", "")[:ACCOUNT_CHARS_MAX]
    found = _read(fund, partial(movement_page, name=name, below=_number("below")))
    return _page("account.html", found.head, shown=found)


def entries(fund: str) -> Response:
    """Show entries in a row.

    Raises:
        NotFoundError: The address does not say which.
    """
    first, stop = _number("first"), _number("stop")
    if first is None or stop is None:
        raise NotFoundError(what="page")
    found = _read(fund, partial(entries_page, first=first, stop=stop, start=_number("start")))
    return _page("entries.html", found.head, shown=found)


def period(fund: str) -> Response:
    """Show what a period moved, or say how to correct its days."""
    of = _read(fund, head)
    today = local_date(of.as_of.at, of.zone) if of.as_of else date(FIRST_YEAR, 1, 1)
    typed = {name: request.args.get(name, "")[:20] for name in ("from", "to")}
    asked = typed if any(typed.values()) else {"from": f"{today:%Y-%m}-01", "to": f"{today}"}
    errors: dict[str, str] = {}
    days: dict[str, date] = {}
    for name, text in asked.items():
        try:
            days[name] = _day(name, text)
        except FieldError as error:
            errors[name] = str(error.fields["reason"])
    if not errors and days["from"] > days["to"]:
        errors["to"] = "backwards"
    if errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _page("period.html", of, status, shown=None, typed=typed, errors=errors)
    found = _read(fund, partial(period_page, first=days["from"], last=days["to"]))
    return _page("period.html", found.head, shown=found, typed=asked, errors=errors)


def _day(name: str, text: str) -> date:
    """Read a day.

    Raises:
        FieldError: It is none, or one that no ledger reaches.
    """
    try:
        found = date.fromisoformat(text.strip())
    except ValueError as error:
        raise FieldError(
            field=name, value=text, reason="missing" if not text else "no-day"
        ) from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise FieldError(field=name, value=text, reason="no-day")
    return found


def broadcasts(fund: str) -> Response:
    """List broadcasts."""
    found = _read(fund, partial(broadcast_page, below=_number("below")))
    return _page("broadcasts.html", found.head, shown=found)


def waits(fund: str) -> Response:
    """Show how long money stays at each stage."""
    found = services().wait_page(fund)
    return _page("waits.html", found.head, shown=found)


def open_items(fund: str) -> Response:
    """Show what is late or not explained."""
    found = _read(fund, partial(open_page, after=_number("after")))
    return _page("open.html", found.head, shown=found, known=SENTENCES)


def programme(fund: str) -> Response:
    """Show what was paid for, by disease and by group."""
    found = _read(fund, programme_page)
    return _page("programme.html", found.head, shown=found)


def calendar(fund: str) -> Response:
    """Show what had to be disclosed by when."""
    found = _read(fund, calendar_page)
    return _page("calendar.html", found.head, shown=found)


def corrections(fund: str) -> Response:
    """Show the register of corrections."""
    found = _read(fund, partial(correction_page, below=_number("below")))
    return _page("corrections.html", found.head, shown=found, page_name=address_of_number)
