"""The register of corrections: every entry that takes something back or sets it right.

In: entries of the kinds that correct, by index. Out: what each corrects, why, who proposed and approved it, and which
published statements it touches. Guaranteed: nothing is left out: a kind of entry that corrects stands in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_text
from ledger.decisions import history as decisions
from ledger.errors import NotFoundError
from ledger.funds import history as funds
from ledger.issuing.numbers import numbered
from ledger.journal.balances import ANY_SIZE
from ledger.journal.codec import decode
from ledger.journal.history import StoredEntry, of_kinds
from ledger.journal.tables import entries
from ledger.keyset import Listing, Sort
from ledger.periods import history as periods
from ledger.periods.history import IssuedStatement, Period
from ledger.projections.notices import CORRECTED, Entry, made_wrong, published, told_by
from ledger.projections.notices import corrects as corrects_month

KINDS = (
    "gift.reversed",
    "spend.reversed",
    "movement.reversed",
    "match.released",
    "adjustment",
    "period.reopened",
)
"""Kinds of entries that correct others."""


class Corrected(NamedTuple):
    """One correction.

    Attributes:
        seq: Its entry.
        kind: Of the entry.
        at: When it was recorded.
        corrects: Entries that it corrects, oldest first; empty for a difference that no entry made.
        reason: Why, as the entry says it; a platform's reversal may say none.
        amount: Minor units; None for a reopened month.
        commodity: Of the amount.
        proposed_by: Member who proposed it; the actor where nobody had to decide.
        approved_by: Members who approved it.
        statements: Numbers of the published statements that cover what it corrects and did not know of it yet.
        restates: Whether it changes a figure of one of them, so that a notice has to tell of it.
        notice: Number of the published notice that tells of it; empty while none does.
    """

    seq: int
    kind: str
    at: datetime
    corrects: tuple[int, ...]
    reason: str
    amount: int | None
    commodity: str
    proposed_by: str
    approved_by: tuple[str, ...]
    statements: tuple[str, ...]
    restates: bool = False
    notice: str = ""


def correction_listing(fund_id: int, kind: str | None = None) -> Listing[Corrected]:
    """Return the register as a list, the newest first.

    Args:
        fund_id: The fund.
        kind: Only this one of `KINDS`.

    Returns:
        The list.
    """
    kinds = (kind,) if kind in KINDS else KINDS
    query = sa.select(entries.c.seq, entries.c.kind, entries.c.entry).where(
        entries.c.fund_id == fund_id, entries.c.kind.in_(kinds)
    )
    return Listing(
        query,
        {"entry": (entries.c.seq,)},
        Sort("entry", descending=True),
        lambda connection, rows: _read(connection, fund_id, rows),
    )


def corrections_between(
    connection: sa.Connection,
    fund_id: int,
    first: int,
    stop: int,
    *,
    kinds: Sequence[str] = KINDS,
    known_at: int | None = None,
) -> list[Corrected]:
    """Return the corrections that stand in a span of the log, oldest first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        first: First entry.
        stop: Entry after the last.
        kinds: Only these.
        known_at: Statements published at or after this entry are not known yet; all are unless given.

    Returns:
        They; read by index on the kind.
    """
    found = of_kinds(connection, fund_id, kinds, first, stop, most=ANY_SIZE)
    return list(_read(connection, fund_id, [one._asdict() for one in found], known_at))


def read_corrections(
    connection: sa.Connection, fund_id: int, stored: Sequence[StoredEntry]
) -> Sequence[Corrected]:
    """Read corrections from their entries, in the order given."""
    return _read(connection, fund_id, [one._asdict() for one in stored])


def _read(
    connection: sa.Connection,
    fund_id: int,
    rows: Sequence[Mapping[Any, Any]],
    known_at: int | None = None,
) -> Sequence[Corrected]:
    issued = [
        one
        for one in published(connection, fund_id)
        if known_at is None or (one.published_seq or 0) < known_at
    ]
    closed = periods.closed(connection, fund_id) if issued else []
    months = {one.month: one for one in closed}
    zone = funds.details(connection, fund_id).zone
    found = []
    for row in rows:
        value = decode(bytes(row["entry"]))
        corrects = _corrected(value["body"])
        proposed_by, approved_by = _people(connection, fund_id, value)
        amount, commodity = _amount(value)
        entry = Entry(row["seq"], row["kind"], from_text(value["occurred_at"]), value["body"])
        wrong = corrects_month(entry, zone, [one for one in closed if one.closed_seq < entry.seq])
        restates = bool(wrong and made_wrong(entry.seq, wrong[1], issued))
        found.append(
            Corrected(
                seq=row["seq"],
                kind=row["kind"],
                at=from_text(value["recorded_at"]),
                corrects=corrects,
                reason=str(value["body"].get("reason", "")),
                amount=amount,
                commodity=commodity,
                proposed_by=proposed_by,
                approved_by=approved_by,
                statements=touched(row["seq"], corrects, issued, months),
                restates=restates,
                notice=(told_by(entry.seq, issued, closed) or "") if restates else "",
            )
        )
    return found


def touched(
    seq: int,
    corrects: Sequence[int],
    issued: Sequence[IssuedStatement],
    months: Mapping[str, Period],
) -> tuple[str, ...]:
    """Return the statements that a correction touches. Pure.

    Args:
        seq: The correction.
        corrects: What it corrects.
        issued: Published statements.
        months: Closed months.

    Returns:
        Their numbers, once each: of those that cover what is corrected and were built before.
    """
    numbers = []
    for one in issued:
        named = numbered(one.number)
        if named is None or named.kind not in CORRECTED:
            continue
        covered = [months[month] for month in named.months if month in months]
        covers = any(
            month.first <= entry <= month.closed_seq for month in covered for entry in corrects
        )
        if covers and one.size <= seq and one.number not in numbers:
            numbers.append(one.number)
    return tuple(sorted(numbers))


def _corrected(body: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the entries that a correction names."""
    named = body.get("reverses", body.get("corrects", body.get("raised", body.get("closed"))))
    if isinstance(named, int):
        return (named,)
    return tuple(sorted(named)) if isinstance(named, list) else ()


def _amount(value: Mapping[str, Any]) -> tuple[int | None, str]:
    """Return what a correction is about: its amount, or what the entries that it takes back had moved."""
    body = value["body"]
    if "amount" in body:
        return body["amount"], body["commodity"]
    moved = [line for line in value["postings"] if line["amount"] > 0]
    if not moved:
        return None, ""
    return sum(line["amount"] for line in moved), moved[0]["commodity"]


def _people(
    connection: sa.Connection, fund_id: int, value: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    number = value["body"].get("decision")
    if not isinstance(number, int):
        return value["actor"]["id"], ()
    try:
        found = decisions.decision(connection, fund_id, number)
    except NotFoundError:
        return value["actor"]["id"], ()
    return found.proposed_by, tuple(one.member_id for one in found.standing)


def corrected_json(one: Corrected) -> dict[str, Any]:
    """Return a correction for machines."""
    return {
        **one._asdict(),
        "at": one.at.isoformat().replace("+00:00", "Z"),
        "corrects": list(one.corrects),
        "approved_by": list(one.approved_by),
        "statements": list(one.statements),
    }
