"""What a fund's page says first: what is late, since when and with whom, what is not explained, what was corrected.

In: a view of the fund. Out: its page, whole. What the notices say is what the pages behind them list, from the same
functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from ledger.clock import local_date
from ledger.issuing.numbers import numbered
from ledger.matching.exceptions import history as exceptions
from ledger.matching.exceptions.history import Filter
from ledger.projections.books.open_items import Late, late_things
from ledger.projections.books.waiting import NOTHING_MOVED, Moved
from ledger.projections.dates import month_first
from ledger.projections.fund_page import View, fund_page
from ledger.projections.notices import notices
from ledger.projections.published_counts import Published
from ledger.projections.shapes import (
    Correction,
    FundPage,
    LateSettlement,
    LateStatement,
    LateTransfer,
    Notice,
    StageKey,
    Unexplained,
    WithoutGift,
)

CORRECTED_FOR = timedelta(days=92)
"""How long a fund's page says that a published figure was corrected; the statement's page says so for good."""

CORRECTED_SHOWN = 3


def _corrected(of: View) -> list[Correction]:
    """Return the figures of monthly statements that notices of the last months correct, the newest first."""
    found = []
    for one in reversed(notices(of.connection, of.fund.fund_id)):
        if of.now - one.at > CORRECTED_FOR:
            break
        for row in one.corrects:
            named = numbered(row.statement)
            if named is not None and named.kind == "M":
                day = local_date(one.at, of.details.zone)
                found.append(
                    Correction(
                        month_first(named.period), row.line, row.old, row.new, day, one.entry
                    )
                )
    return found[:CORRECTED_SHOWN]


def front_page(of: View, moved: Mapping[StageKey, Moved], counted: Published) -> FundPage:
    """Make a fund's page with what comes first on it.

    Args:
        of: The fund.
        moved: What `books.waiting.moved_on` gives: it changes when money moves on, so it may be kept.
        counted: Of all closed months: it changes with them, so it may be kept.

    Returns:
        The page.
    """
    page = fund_page(of, counted)
    stages = tuple(
        replace(one, average_tenths=moved.get(one.key, NOTHING_MOVED).average_tenths)
        for one in page.stages
    )
    missing = [WithoutGift(page.unattributed_minor)] if page.unattributed_minor else []
    told = (*_late(of), *_unexplained(of), *missing, *_corrected(of))
    return replace(page, stages=stages, notices=told)


def _late(of: View) -> list[Notice]:
    today = local_date(of.now, of.details.zone)
    return [_notice(of, one, today) for one in late_things(of)]


def _notice(of: View, one: Late, today: date) -> Notice:
    if one.what == "statement":
        return LateStatement(month_first(one.name), one.days, one.due, one.role)
    amount, entry = one.amount_minor or 0, one.entry or 0
    if one.channel is not None:
        return LateSettlement(one.channel, one.name, amount, one.days, one.due, one.role, entry)
    waited = (today - one.since).days
    return LateTransfer(int(one.name), amount, waited, of.promises.transfer_days, one.role, entry)


def _unexplained(of: View) -> list[Notice]:
    connection, fund_id = of.connection, of.fund.fund_id
    aged = exceptions.ageing(connection, fund_id, local_date(of.now, of.details.zone))
    if not aged:
        return []
    amount = sum(one.amount for one in aged if one.commodity == of.details.commodity)
    untaken = exceptions.page(connection, fund_id, Filter(owner="", is_open=True), limit=1)
    return [Unexplained(amount, sum(one.items for one in aged), owned=not untaken)]
