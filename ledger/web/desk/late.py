"""Late entries one by one: the gifts that a month's check lists, and what belongs to a closed month by its own date."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from ledger.clock import month_end
from ledger.desk.checklist import late_gifts
from ledger.errors import NotFoundError, TimeFieldError
from ledger.journal.late import LATE_DAYS
from ledger.journal.late_history import LateOf, late_page, late_sums
from ledger.periods import history as periods
from ledger.web.desk.frame import Desk, view
from ledger.wiring import Ledger

ROWS = 50
DIGITS_MAX = 15


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    one = "/desk/<fund>/periods/<month>"
    blueprint.add_url_rule(f"{one}/late-gifts", "late_gifts", at("period.read", show_gifts))
    blueprint.add_url_rule(f"{one}/late", "late_entries", at("period.read", show_dated))


def show_gifts(desk: Desk, month: str) -> Response:
    """List the gifts that count in a month and were recorded late."""
    _known(desk, month)
    return _page(desk, late_gifts(month), first=-1)


def show_dated(desk: Desk, month: str) -> Response:
    """List what is dated in a closed month and was recorded after it was closed."""
    _known(desk, month)
    try:
        with desk.reading() as connection:
            closed_seq = periods.period(connection, desk.fund.fund_id, month).closed_seq
    except NotFoundError:
        abort(404)
    return _page(desk, LateOf(month, dated=True, after=closed_seq), closed_seq)


def _known(desk: Desk, month: str) -> None:
    try:
        month_end(month, desk.details.zone)
    except TimeFieldError:
        abort(404)


def _page(desk: Desk, wanted: LateOf, first: int) -> Response:
    text = request.args.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else first
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        sums = late_sums(connection, fund_id, wanted)
        asked = wanted._replace(after=max(first, after))
        found = late_page(connection, fund_id, asked, most=ROWS + 1)
    rows = found[:ROWS]
    return desk.page(
        "late.html",
        month=wanted.month,
        dated=wanted.dated,
        days=LATE_DAYS,
        sums=sums,
        rows=rows,
        after=after > first,
        further=rows[-1].seq if len(found) > ROWS else None,
    )
