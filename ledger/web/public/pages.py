"""Pages anyone may read: funds, gifts, transfers, statements, entries. One blueprint, added once
for each language.
"""

from __future__ import annotations

import json
from datetime import date
from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ledger.errors import FieldError, NotFoundError
from ledger.issuing.numbers import numbered
from ledger.journal.receipt_numbers import parse_receipt_number
from ledger.projections.fund_page import FUNDS_A_PAGE
from ledger.projections.shapes import (
    Correction,
    FundPage,
    LateSettlement,
    LateStatement,
    LateTransfer,
)
from ledger.web import headers, problems
from ledger.web.formats import rate, size
from ledger.web.language import LANG_TAG, Voice, language_of, other
from ledger.web.public import (
    books,
    checking,
    data,
    finding,
    flow,
    outward,
    questions,
    reading,
    reports,
    ways,
)
from ledger.web.services import services
from reports.flow import flow_note

pages = Blueprint("pages", __name__)
checking.add(pages)
outward.add(pages)
data.add(pages)
questions.add(pages)
books.add(pages)
reading.add(pages)
finding.add(pages)

SEARCH_MAX = 60
PLACE_DIGITS = 8
LATE = (LateTransfer, LateSettlement, LateStatement)
LATE_SHOWN = 3
"""What is later than promised, on a fund's page: a link leads to all of it."""

TYPED_MAX = 40
"""What of a mistyped receipt number is shown back: more than a number with its spaces."""


@pages.context_processor
def _frame() -> dict[str, object]:
    """Give every page its own address in each language."""
    name = (request.endpoint or "").partition(".")[2]
    values = {**(request.view_args or {}), **request.args.to_dict()}
    here = language_of(request.path)
    address = {
        LANG_TAG[language]: url_for(f"{language}.{name}", _external=True, **values)
        for language in (here, other(here))
    }
    return {
        "addresses": address,
        "contact": services().contact,
        "other_address": address[LANG_TAG[other(here)]],
    }


def _voice(zone: str | None = None, commodity: str = "CNY") -> Voice:
    language = language_of(request.path)
    return Voice(language, zone, commodity) if zone else Voice(language, commodity=commodity)


def _page(template: str, say: Voice, **shown: object) -> Response:
    return headers.public_page(make_response(render_template(template, say=say, **shown)))


@pages.get("/")
def all_funds() -> Response:
    """Show the funds, or those that somebody looks for."""
    typed = request.args.get("q", "").strip()[:SEARCH_MAX]
    place = request.args.get("first", "")
    first = int(place) if place.isascii() and place.isdigit() and len(place) < PLACE_DIGITS else 0
    found = services().fund_list(typed, first)
    return _page("funds.html", _voice(), found=found, typed=typed, step=FUNDS_A_PAGE)


@pages.get("/funds/<fund>")
def fund(fund: str) -> Response:
    """Show one fund."""
    page = services().fund_page(fund)
    say = _voice(page.zone, page.commodity)
    return _page("fund.html", say, **_fund_parts(page, say))


def _fund_parts(page: FundPage, say: Voice) -> dict[str, object]:
    """Prepare what the fund page computes from its figures."""
    spent = sum(line.amount_minor for line in page.spending)
    if page.other_spending is not None:
        spent += page.other_spending.amount_minor
    counted = [line.person_times for line in page.spending]
    counted += [page.other_spending.person_times] if page.other_spending else []
    known = [one for one in counted if isinstance(one, int)]
    # Where a count is hidden, the rows cannot be added up: the total is told as it is.
    times = sum(known) if len(known) == len(counted) else page.person_times
    largest = max((line.amount_minor for line in page.spending), default=0)
    if page.other_spending is not None:
        largest = max(largest, page.other_spending.amount_minor)
    sums = flow.flow_sum(page)
    corrected = [one for one in page.notices if isinstance(one, Correction)]
    late = [one for one in page.notices if isinstance(one, LATE)]
    others = [one for one in page.notices if not isinstance(one, (*LATE, Correction))]
    return {
        "urgent": (*late[:LATE_SHOWN], *others),
        "more_late": len(late[LATE_SHOWN:]),
        "corrected": corrected,
        "page": page,
        "contact": page.contact,
        "sum": sums,
        "pictures": flow.pictures(page, say) if sums.holds else None,
        "note": flow_note("upright", say.language),
        "lying_note": flow_note("lying", say.language),
        "days": any(stage.average_tenths is not None for stage in page.stages),
        "shares": flow.shares_sentence(page, say),
        "left_of": flow.left_of,
        "spent": spent,
        "times": times,
        "largest": largest,
        "size": size,
        "errors": None,
        "typed": "",
    }


@pages.get("/funds/<fund>/gifts")
def find_gift(fund: str) -> BaseResponse:
    """Lead from a typed receipt number to the gift, or say how to correct it."""
    typed = request.args.get("receipt", "")
    try:
        number = parse_receipt_number(typed)
    except FieldError as error:
        page = services().fund_page(fund)
        return _find_form(page.slug, page, typed, error)
    return redirect(_voice().url("gift", fund=fund, receipt=number.compact), HTTPStatus.SEE_OTHER)


def _find_form(slug: str, page: FundPage, typed: str, error: FieldError | None) -> Response:
    say = _voice(page.zone, page.commodity)
    wrong = None
    if error is not None:
        values = {name: error.fields.get(name, "") for name in ("count", "value")}
        wrong = say(f"find.error.{error.fields['reason']}", **values)
    html = render_template(
        "find.html",
        say=say,
        page=page,
        contact=page.contact,
        slug=slug,
        typed=typed[:TYPED_MAX],
        errors=wrong,
    )
    response = make_response(html, HTTPStatus.UNPROCESSABLE_ENTITY if error else 404)
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/funds/<fund>/gifts/<receipt>")
def gift(fund: str, receipt: str) -> BaseResponse:
    """Show one gift's whole way."""
    try:
        number = parse_receipt_number(receipt)
    except FieldError as error:
        return _find_form(fund, services().fund_page(fund), receipt, error)
    if receipt != number.compact:
        address = _voice().url("gift", fund=fund, receipt=number.compact)
        return redirect(address, HTTPStatus.MOVED_PERMANENTLY)
    page = services().gift_page(fund, number.seq, number.check)
    if page is None:
        return _find_form(fund, services().fund_page(fund), number.grouped, None)
    say = _voice(page.zone, page.commodity)
    tone, counted = ways.verdict(page, say)
    return _page(
        "gift.html",
        say,
        page=page,
        contact=page.contact,
        number=number,
        title=ways.title(page, say),
        lead=ways.lead(page, say, number.grouped),
        how=[told for way in page.ways if (told := ways.how(way, say))],
        tone=tone,
        counted=counted,
        sum=ways.gift_sum(page),
        detail=ways.detail,
        standing=ways.standing,
        thickness=ways.thickness,
        witnesses=services().witness_keys(),
        rate=rate,
        size=size,
        chosen="chosen" in request.args,
    )


@pages.get("/funds/<fund>/transfers")
def transfers(fund: str) -> Response:
    """List all transfers."""
    page = services().transfers(fund)
    return _page(
        "transfers.html", _voice(page.zone, page.commodity), page=page, contact=page.contact
    )


@pages.get("/funds/<fund>/statements")
def statements(fund: str) -> Response:
    """List all statements, those that are due too."""
    page = services().statements(fund)
    return _page("statements.html", _voice(page.zone), page=page, contact=page.contact, size=size)


@pages.get("/funds/<fund>/statements/<statement_id>")
def report(fund: str, statement_id: str) -> BaseResponse:
    """Show a published statement: figures, history, and how to check it.

    Raises:
        NotFoundError: None of this name is published.
    """
    page = services().statement_page(fund, statement_id)
    if page is None:
        raise NotFoundError(what="statement")
    say = _voice(page.zone, page.commodity)
    if statement_id != page.id:
        address = say.url("report", fund=page.slug, statement_id=page.id)
        return redirect(address, HTTPStatus.MOVED_PERMANENTLY)
    named = numbered(page.number)
    return _page(
        "report.html",
        say,
        page=page,
        named=named,
        month=date.fromisoformat(f"{named.months[0]}-01") if named else None,
        contact=page.contact,
        rows=reports.rows(page.lines, say.language),
        line_name=lambda code: reports.line_name(code, say.language),
        size=size,
        verify="python -m ledger verify FILE.pdf",
        detach="pdfdetach -saveall FILE.pdf",
    )


@pages.get("/funds/<fund>/entries/<int:seq>")
def entry(fund: str, seq: int) -> Response:
    """Show one entry of the journal, all of it.

    Raises:
        NotFoundError: The journal has not come that far.
    """
    page = services().entry(fund, seq)
    if page is None:
        raise NotFoundError(what="entry")
    sums: dict[str, int] = {}
    for line in page.postings:
        sums[line.commodity] = sums.get(line.commodity, 0) + line.amount_minor
    pretty = json.dumps(json.loads(page.canonical), ensure_ascii=False, indent=2)
    return _page(
        "entry.html",
        _voice(page.zone),
        page=page,
        contact=page.contact,
        pretty=pretty,
        zero=not any(sums.values()),
    )


@pages.get("/problems/<slug>")
def problem(slug: str) -> Response:
    """Explain a problem's `type`.

    Raises:
        NotFoundError: No such problem.
    """
    row = problems.by_slug(slug)
    if row is None:
        raise NotFoundError(what="problem")
    return _page("problem.html", _voice(), problem=row, explained=True)
