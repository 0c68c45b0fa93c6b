"""Section 8: what was still open (X1 to X4), and section 12: where the fund asks for less than two people."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.clock import local_date
from ledger.decisions.rules import Exempted, weaker_parts
from ledger.projections.dates import month_last
from ledger.projections.month import Month
from ledger.statements.roles import ROLES
from reports.statement import OpenItem, OpenLines, RuleException

_KINDS = {"missing_gift": "unattributed", "late_refund": "refund-not-seen"}


def open_lines(month: Month) -> OpenLines:
    """Make the lines X."""
    zone, commodity = month.details.zone, month.details.commodity
    last = month_last(month.cut.month)
    items = []
    for one in month.items():
        opened_on = local_date(one.at, zone)
        items.append(
            OpenItem(
                number=one.number,
                kind=_KINDS.get(one.kind, one.kind),
                opened_on=opened_on,
                amount_minor=one.amount if one.commodity == commodity else 0,
                age_days=max(0, (last - opened_on).days),
                owner=ROLES.get(one.owner, one.owner),
                state=one.state,
            )
        )
    return OpenLines(
        x1=len(items),
        x2=sum(item.amount_minor for item in items),
        x3=sum(item.age_days > 30 for item in items),  # noqa: PLR2004 -- the line's own name
        x4=sum(item.age_days > 90 for item in items),  # noqa: PLR2004 -- the same
        items=tuple(items),
    )


def exception_rows(found: Sequence[Exempted]) -> tuple[RuleException, ...]:
    """Tell for which amounts the fund asks for fewer approvals than usual."""
    return tuple(
        RuleException(
            kind=one.kind,
            commodity=part.commodity,
            above_minor=part.above,
            up_to_minor=part.up_to,
            roles=tuple(ROLES[role] for role in part.slots),
            usual=tuple(ROLES[role] for role in part.usual),
            reason=one.reason,
            entry=one.seq,
        )
        for one in found
        for part in weaker_parts(one.rule, one.default)
    )
