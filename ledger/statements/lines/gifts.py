"""Section 2: gifts (G1 to G6).

Two terms have no line of their own in the statement and stand as rows of this section, so that nothing is left out of
the equations: what a platform settled beyond the gifts that we know (taken off again when such a gift is found), and
what a channel in another currency brought or took by conversion.
"""

from __future__ import annotations

from ledger.journal import accounts as names
from ledger.projections.month import Month, Movement
from ledger.projections.stages import (
    CHARGEBACKS,
    GIFTS,
    PAYOUT,
    PLATFORM,
    SHARE,
    TAX,
    UNATTRIBUTED,
)
from ledger.statements.lines.changes import (
    balance,
    change,
    net_credits,
    put_back,
    settlements,
    title,
)
from ledger.statements.lines.refunds import Refunds, refunds_of
from ledger.statements.lines.tally import GiftTally
from reports.statement import GiftLines, Name, PlatformGifts
from reports.ties import BESIDE


def gift_lines(month: Month, tally: GiftTally) -> GiftLines:
    """Make the lines G.

    Args:
        month: A closed span.
        tally: What its gifts add up to; settlements are added to its days.

    Returns:
        The lines with their tables.
    """
    refunds = refunds_of(month)
    by_platform = _by_platform(month, tally.counts, refunds)
    for one in settlements(month):
        tally.add(one.at, 0, _beside(one, month))
    g3 = month.debits(GIFTS) + balance(month, CHARGEBACKS)
    g4, g5 = balance(month, SHARE), balance(month, TAX)
    gross_by_account = (
        month.credits(GIFTS) + month.credits(UNATTRIBUTED) - month.debits(UNATTRIBUTED)
    )
    converted = net_credits(month, names.CONVERSION)
    return GiftLines(
        g1=tally.total,
        first_gift_no=tally.first,
        last_gift_no=tally.last,
        g2=gross_by_account + converted,
        g3=g3,
        # Both from entries, not from the line above: their sum is compared with it.
        g3a=sum(refunds.minors.values()),
        g3b=sum(refunds.others.values()) + _foreign_charges(month),
        g4=g4,
        g5=g5,
        g5a=g5,
        g5b=0,
        # From what platforms owe, not from the lines above: these are compared with it.
        g6=balance(month, PLATFORM) + month.debits(PAYOUT) - put_back(month, PAYOUT),
        largest_minor=tally.largest if tally.total else None,
        by_platform=by_platform,
        by_day=tally.days(),
        bands=tally.bands(),
        queues=refunds.queues,
    )


def _foreign_charges(month: Month, channel: str | None = None) -> int:
    """Sum what settlements take back for gifts of channels that are kept in another currency, minor units."""
    commodity = month.details.commodity
    return sum(
        one.body["refund"]
        for one in settlements(month)
        if one.body["net_commodity"] == commodity != one.body["commodity"]
        and channel in (None, one.body["channel"])
    )


def _beside(one: Movement, month: Month) -> int:
    """Return what a settlement adds to gross beyond known gifts: unattributed, and what it converts; minor units."""
    body, commodity = one.body, month.details.commodity
    found = body["unattributed"] if body["commodity"] == commodity else 0
    if body["commodity"] != body["net_commodity"]:
        paid = body["net"] + body["share"] + body["tax"] + body["refund"]
        found += paid if body["net_commodity"] == commodity else 0
        found -= body["gross"] if body["commodity"] == commodity else 0
    return int(found)


def _by_platform(
    month: Month, counts: dict[str, int], refunds: Refunds
) -> tuple[PlatformGifts, ...]:
    """Make a row for each channel, and one more where settlements state more than its gifts."""
    rows = []
    for one in month.channels:
        gifts = change(month, names.gifts(one.name))
        gross = gifts.credits
        minors = refunds.minors.get(one.name, 0)
        others = refunds.others.get(one.name, 0) + _foreign_charges(month, one.name)
        share = change(month, names.platform_share(one.name)).balance
        tax = change(month, names.tax(one.name)).balance
        rows.append(
            PlatformGifts(
                platform=one.name,
                name=title(one),
                gifts=counts.get(one.name, 0),
                gross_minor=gross,
                refund_minors_minor=minors,
                refund_others_minor=others,
                share_minor=share,
                tax_minor=tax,
                fee_minor=0,
                net_minor=gross - minors - others - share - tax,
            )
        )
        beside = -change(month, names.unattributed(one.name)).balance + sum(
            _beside(settled, month) - _unattributed(settled, month)
            for settled in settlements(month)
            if settled.body["channel"] == one.name
        )
        if beside:
            shown = title(one)
            rows.append(
                PlatformGifts(
                    one.name + BESIDE,
                    Name(
                        f"{shown.zh}：结算单有、没有对应打赏",
                        f"{shown.en or shown.zh}: settled without a gift",
                    ),
                    *(0, beside, None, 0, 0, 0, 0, beside),
                )
            )
    return tuple(rows)


def _unattributed(one: Movement, month: Month) -> int:
    body = one.body
    return int(body["unattributed"]) if body["commodity"] == month.details.commodity else 0
