"""Section 1: what changed in the basis since the statement before, from the entries that changed it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from ledger.clock import from_ms, local_date
from ledger.funds import history as funds
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.money import format_amount
from ledger.projections.month import Month
from reports import wording
from reports.statement import Name, UnitRate

CHANGES_MAX: Final = 50
"""How many are told; the entries have all."""


def _channel(body: Mapping[str, Any]) -> Name:
    zh, en = body.get("title_zh") or body["name"], body.get("title_en") or body["name"]
    return Name(f"新开渠道：{zh}", f"New channel: {en}")


def _account(body: Mapping[str, Any]) -> Name:
    shown = f"{body['account'].rpartition(':')[2]} {body.get('number_ending', '')}".strip()
    return Name(f"新开账户：{shown}", f"New account: {shown}")


def _rate(body: Mapping[str, Any]) -> Name:
    worth = f"{format_amount(body['minor'], body['commodity'])} {body['commodity']}"
    return Name(
        f"折算价：{body['units']} {body['unit']} 合 {worth}",
        f"Rate: {body['units']} {body['unit']} are {worth}",
    )


def _rule(body: Mapping[str, Any]) -> Name:
    kind = str(body.get("kind", ""))
    return Name(
        f"改了几个人批准的规则：{wording.named(wording.DECISION, kind, 'zh')}",
        f"Change of how many approve: {wording.named(wording.DECISION, kind, 'en')}",
    )


def _list(_body: Mapping[str, Any]) -> Name:
    return Name(
        "改了人群、病种或机构的名单", "Change of the list of groups, diseases or providers"
    )


def _key(_body: Mapping[str, Any]) -> Name:
    return Name("换了账本的签名密钥", "The ledger signs with a new key")


_TOLD: Final[Mapping[str, Callable[[Mapping[str, Any]], Name]]] = {
    "channel.opened": _channel,
    "account.opened": _account,
    "rate.set": _rate,
    "rule.set": _rule,
    "list.changed": _list,
    "key.rotated": _key,
}


def changes(month: Month) -> tuple[Name, ...]:
    """Tell what changed in a span.

    Args:
        month: A closed span.

    Returns:
        A sentence for each change, in the order of the entries, alike ones once; none for a fund's first span, in which
        everything is new.
    """
    if month.cut.previous is None:
        return ()
    found = journal.of_kinds(
        month.connection,
        month.fund.fund_id,
        tuple(_TOLD),
        month.cut.first,
        month.cut.size,
        most=CHANGES_MAX,
    )
    return tuple(dict.fromkeys(_TOLD[one.kind](decode(one.entry)["body"]) for one in found))


def rates_in_force(month: Month) -> tuple[UnitRate, ...]:
    """Tell what platforms' units were worth in a span.

    Args:
        month: A closed span.

    Returns:
        Of each unit the rate that held at the beginning, and every one that began to hold by the end; as the log said
        it at the span's last entry.
    """
    start, stop = month.span_ms()
    found: list[UnitRate] = []
    covered: set[str] = set()
    # Newest first: what stands behind the first one that held at the beginning held before it.
    for one in funds.rates_of(month.connection, month.fund.fund_id):
        if one.seq >= month.cut.size or one.from_ms >= stop or one.unit in covered:
            continue
        if one.from_ms <= start:
            covered.add(one.unit)
        since = local_date(from_ms(one.from_ms), month.details.zone) if one.from_ms else None
        found.append(UnitRate(one.unit, one.units, one.minor, one.commodity, since, one.seq))
    return tuple(sorted(found, key=lambda one: (one.unit, one.since or date.min, one.entry)))
