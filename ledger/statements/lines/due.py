"""Section 3: what platforms owe, and what they paid (P1 to P5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from ledger.clock import local_date
from ledger.journal import accounts as names
from ledger.projections.dates import month_first, month_last
from ledger.projections.known_then import payments_undone
from ledger.projections.month import RELEASED, Month, Movement
from ledger.projections.stages import KEPT, PAYOUT, PLATFORM
from ledger.statements.lines.changes import (
    balance,
    change,
    in_fund,
    put_back,
    settlements,
    title,
)
from reports.statement import (
    DueAge,
    DueLines,
    Name,
    PlatformDue,
    Received,
    Settlement,
    UnpaidSettlement,
    WriteOff,
)
from reports.ties import LONG_OPEN_DAYS, VERY_LONG_OPEN_DAYS


def due_lines(month: Month, g6: int) -> DueLines:
    """Make the lines P.

    Args:
        month: A closed span.
        g6: Net due of its gifts, to which P2 must be equal.

    Returns:
        The lines with their lists.
    """
    closing, opening = month.closing, month.opening
    by_channel = {one.name: title(one) for one in month.channels}
    platforms = []
    for name, shown in by_channel.items():
        platforms.append(
            PlatformDue(
                platform=name,
                name=shown,
                p1=opening[names.platform(name)].balance + opening[names.payout(name)].balance,
                p2=change(month, names.platform(name)).balance
                + change(month, names.payout(name)).debits
                - put_back(month, names.payout(name)),
                p3=change(month, names.payout(name)).credits
                - put_back(month, names.payout(name))
                - _written_off(month, name),
                p4=_written_off(month, name),
                p5=closing[names.platform(name)].balance + closing[names.payout(name)].balance,
            )
        )
    unpaid = _unpaid(month, by_channel)
    gifts = _unsettled(month, by_channel)
    received = _received(month, by_channel)
    return DueLines(
        p1=opening.balance(PLATFORM) + opening.balance(PAYOUT),
        p2=g6,
        p3=month.credits(PAYOUT)
        - put_back(month, PAYOUT)
        - sum(balance(month, prefix) for prefix in KEPT),
        p4=sum(balance(month, prefix) for prefix in KEPT),
        p5=closing.balance(PLATFORM) + closing.balance(PAYOUT),
        p5_recomputed=sum(whole for whole, *_ in gifts.values())
        + sum(one.amount_minor for one in unpaid),
        by_platform=tuple(platforms),
        settlements=tuple(
            _settlement(one, by_channel, received)
            for one in settlements(month)
            if in_fund(one, month)
        ),
        received=received,
        write_offs=_write_offs(month),
        ages=tuple(_age(name, shown, gifts[name], unpaid) for name, shown in by_channel.items()),
        unpaid=unpaid,
    )


def _unpaid(month: Month, titles: dict[str, Name]) -> tuple[UnpaidSettlement, ...]:
    """List the settlements that were booked and not paid at the span's end."""
    last, commodity = month_last(month.cut.month), month.details.commodity
    found = [one for one in month.unpaid(month.cut.size) if one.commodity == commodity]
    when = month.occurred([one.settled_seq for one in found])
    rows = []
    for one in found:
        booked_on = local_date(when[one.settled_seq], month.details.zone)
        rows.append(
            UnpaidSettlement(
                entry=one.settled_seq,
                platform=one.channel,
                name=titles[one.channel],
                platform_ref=one.statement_no,
                booked_on=booked_on,
                age_days=max(0, (last - booked_on).days),
                amount_minor=one.net,
            )
        )
    return tuple(rows)


def _unsettled(month: Month, titles: Iterable[str]) -> dict[str, list[int]]:
    """Measure each channel's gifts that no settlement took: all, those older than 30 days, those older than 90."""
    last = month_last(month.cut.month)
    ends = [month.closing]
    ends += [
        month.before_day(last - timedelta(days=days))
        for days in (LONG_OPEN_DAYS, VERY_LONG_OPEN_DAYS)
    ]
    return {name: month.unsettled_of(name, month.cut.size, ends) for name in titles}


def _age(
    platform: str, shown: Name, gifts: Sequence[int], unpaid: Iterable[UnpaidSettlement]
) -> DueAge:
    """Add up what a platform owes by age: its gifts, and its settlements."""
    whole, late, very_late = gifts
    bands = [whole - late, late - very_late, very_late]
    for one in unpaid:
        if one.platform == platform:
            days = one.age_days
            bands[(days > LONG_OPEN_DAYS) + (days > VERY_LONG_OPEN_DAYS)] += one.amount_minor
    return DueAge(platform, shown, *bands)


def _received(month: Month, titles: dict[str, Name]) -> tuple[Received, ...]:
    """List what platforms paid; a payment whose match was released stands against its first row."""
    zone, commodity = month.details.zone, month.details.commodity
    came = [
        Received(
            entry=one.seq,
            platform=titles[one.body["channel"]],
            on=local_date(one.at, zone),
            amount_minor=one.to_length,
            bank_ref=one.body["statement_no"],
        )
        for one in month.movements
        if one.kind == "payout" and one.commodity == commodity
    ]
    undone = payments_undone(month.connection, month.fund.fund_id, month.cut.first, month.cut.size)
    back = [
        Received(
            entry=one.release,
            platform=titles[one.channel],
            on=local_date(one.at, zone),
            amount_minor=-one.amount,
            bank_ref=one.statement_no,
        )
        for one in undone
        if one.commodity == commodity
    ]
    return tuple(sorted((*came, *back), key=lambda one: one.entry))


def _write_offs(month: Month) -> tuple[WriteOff, ...]:
    """List what platforms will not pay; what a release takes back of it stands against its first row."""
    return tuple(
        WriteOff(
            entry=one.seq,
            on=local_date(one.at, month.details.zone),
            amount_minor=one.length if one.kind != RELEASED else -one.to_length,
            approved_by=one.role,
            reason=one.body["reason"],
        )
        for one in month.movements
        if one.commodity == month.details.commodity
        and (one.target if one.kind != RELEASED else one.source or "").startswith(KEPT)
    )


def _written_off(month: Month, channel: str) -> int:
    """Return what a platform owed and will not pay: written off, rounded away, or its stated fee."""
    kept = (
        names.written_off(names.payout(channel)),
        names.rounded_away(channel),
        names.platform_fee(channel),
    )
    return sum(change(month, name).balance for name in kept)


def _settlement(
    one: Movement, titles: dict[str, Name], received: Sequence[Received]
) -> Settlement:
    body = one.body
    # A payment whose match was released is none, unless it was made again.
    paid = next(
        (
            payment
            for payment in reversed(received)
            if (payment.platform, payment.bank_ref)
            == (titles[body["channel"]], body["statement_no"])
        ),
        None,
    )
    if paid is not None and paid.amount_minor < 0:
        paid = None
    return Settlement(
        number=one.seq,
        entry=one.seq,
        platform=titles[body["channel"]],
        platform_ref=body["statement_no"],
        covers_first=month_first(body["period"]),
        covers_last=month_last(body["period"]),
        gross_minor=body["gross"],
        refund_minor=body["refund"],
        share_minor=body["share"],
        deduction_minor=body["tax"],
        net_minor=body["net"],
        received_entry=None if paid is None else paid.entry,
        received_on=None if paid is None else paid.on,
    )
