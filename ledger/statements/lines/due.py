"""Section 3: what platforms owe, and what they paid (P1 to P5)."""

from __future__ import annotations

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
from reports.statement import DueLines, Name, PlatformDue, Received, Settlement, WriteOff


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
    unpaid = [
        one for one in month.unpaid(month.cut.size) if one.commodity == month.details.commodity
    ]
    unsettled = sum(month.unsettled(name, month.cut.size) for name in by_channel)
    return DueLines(
        p1=opening.balance(PLATFORM) + opening.balance(PAYOUT),
        p2=g6,
        p3=month.credits(PAYOUT)
        - put_back(month, PAYOUT)
        - sum(balance(month, prefix) for prefix in KEPT),
        p4=sum(balance(month, prefix) for prefix in KEPT),
        p5=closing.balance(PLATFORM) + closing.balance(PAYOUT),
        p5_recomputed=unsettled + sum(one.net for one in unpaid),
        by_platform=tuple(platforms),
        settlements=tuple(
            _settlement(one, by_channel) for one in settlements(month) if in_fund(one, month)
        ),
        received=_received(month, by_channel),
        write_offs=_write_offs(month),
    )


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


def _settlement(one: Movement, titles: dict[str, Name]) -> Settlement:
    body = one.body
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
    )
