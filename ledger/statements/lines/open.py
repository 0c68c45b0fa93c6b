"""Section 8: what was still open (X1 to X4), and section 12: where the fund asks for less than two people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from ledger.clock import local_date
from ledger.decisions.rules import Exempted, weaker_parts
from ledger.projections.dates import month_last
from ledger.projections.month import Month
from ledger.statements.roles import ROLES
from reports.statement import OpenItem, OpenKind, OpenLines, RuleException
from reports.ties import LONG_OPEN_DAYS, VERY_LONG_OPEN_DAYS

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
                plan=one.plan,
                until=None if one.due is None else date.fromisoformat(one.due),
            )
        )
    return OpenLines(
        x1=len(items),
        x2=sum(item.amount_minor for item in items),
        x3=sum(item.age_days > LONG_OPEN_DAYS for item in items),
        x4=sum(item.age_days > VERY_LONG_OPEN_DAYS for item in items),
        items=tuple(items),
        by_kind=tuple(_kinds(items)),
    )


def _kinds(items: Sequence[OpenItem]) -> Iterator[OpenKind]:
    """Add open items up by kind.

    Yields:
        A row for each kind, by its key.
    """
    for kind in sorted({one.kind for one in items}):
        some = [one for one in items if one.kind == kind]
        late = [one for one in some if one.age_days > LONG_OPEN_DAYS]
        very_late = [one for one in some if one.age_days > VERY_LONG_OPEN_DAYS]
        counted = [
            figure
            for ones in (some, late, very_late)
            for figure in (len(ones), sum(one.amount_minor for one in ones))
        ]
        yield OpenKind(kind, *counted)


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
