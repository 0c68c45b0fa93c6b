"""Statements published, due and overdue."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from ledger.clock import from_ms, local_date, working_days_after
from ledger.decisions.promises import promises_in_force
from ledger.issuing import history
from ledger.issuing.numbers import address_of, address_of_number, numbered
from ledger.issuing.steps import COUNTERSIGNED
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.periods import history as periods
from ledger.periods.history import IssuedStatement
from ledger.projections.dates import (
    first_gift_day,
    month_first,
    month_last,
    next_month,
)
from ledger.projections.notices import notices as notices_of
from ledger.projections.shapes import PublishedFile, StatementLine


def statement_lines(
    connection: sa.Connection, fund: Fund, zone: str, now: datetime
) -> tuple[StatementLine, ...]:
    """List a line for each published statement, and for each month without one.

    Args:
        connection: In a transaction.
        fund: The fund.
        zone: Its time zone.
        now: Decides what is overdue.

    Returns:
        Published and overdue ones newest first, then those not due.
    """
    today = local_date(now, zone)
    promised = promises_in_force(connection, fund.fund_id).statement_days
    issued: dict[str, list[IssuedStatement]] = {}
    for one in periods.issued(connection, fund.fund_id):
        if one.published_seq is not None:
            issued.setdefault(one.month, []).append(one)
    signed = {
        one.number: _opinion(connection, fund.fund_id, step.seq)
        for one in history.issues(connection, fund.fund_id)
        if (step := one.newest(COUNTERSIGNED)) is not None
    }
    notices = corrected_by(connection, fund.fund_id) if issued else {}
    lines: list[StatementLine] = []
    waiting: list[StatementLine] = []
    for month in _months(connection, fund.fund_id, zone, today):
        due_on = working_days_after(month_last(month), promised)
        first = month_first(month)
        found = _published(issued.get(month, []), first, due_on, (zone, signed, notices))
        lines += found
        if any(one.kind == MONTHLY for one in found):
            continue
        if today > due_on:
            late = (today - due_on).days
            lines.append(StatementLine(month, first, 1, "overdue", due_on, days_late=late))
        else:
            waiting.append(StatementLine(month, first, 1, "not_due", due_on))
    lines.sort(key=lambda line: (line.month, line.kind, line.issue), reverse=True)
    return (*lines, *waiting)


def _months(connection: sa.Connection, fund_id: int, zone: str, today: date) -> list[str]:
    """List the months from the first gift's to the current one, and closed ones before them."""
    day = first_gift_day(connection, fund_id, zone)
    closed = [one.month for one in periods.closed(connection, fund_id)]
    if day is None:
        return closed
    day = day.replace(day=1)
    found = set(closed)
    while day <= today:
        found.add(f"{day:%Y-%m}")
        day = next_month(day)
    return sorted(found)


def _opinion(connection: sa.Connection, fund_id: int, seq: int) -> str:
    """Return the kind of opinion that the entry of a countersignature states."""
    return str(decode(journal.entry(connection, fund_id, seq).entry)["body"].get("opinion", ""))


def _published(
    issued: list[IssuedStatement],
    first: date,
    due_on: date,
    beside: tuple[str, dict[str, str], dict[str, tuple[str, ...]]],
) -> list[StatementLine]:
    zone, signed, notices = beside
    by_number: dict[str, list[IssuedStatement]] = {}
    for one in issued:
        by_number.setdefault(one.number, []).append(one)
    lines = []
    for number, files in by_number.items():
        issue = issue_of(number)
        file = preferred(files)
        published_on = local_date(from_ms(file.built_ms), zone)
        named = numbered(number)
        kind = named.kind if named else MONTHLY
        due = _due(kind, first, published_on, due_on)
        lines.append(
            StatementLine(
                id=statement_id(file),
                month=first,
                issue=issue,
                state="published",
                due_on=due,
                published_on=published_on,
                days_late=max(0, (published_on - due).days),
                corrections=notices.get(number, ()),
                kind=kind,
                period=named.period if named else file.month,
                auditor_signed=number in signed,
                size_bytes=file.bytes,
                entry=file.published_seq,
                opinion=signed.get(number, ""),
            )
        )
    return lines


MONTHLY = "M"


def _due(kind: str, first: date, published_on: date, monthly: date) -> date:
    """Return by when a document has to be out.

    A quarter's is due within a month, a year's on the last of May; a notice and a report to work with, when they come.

    Source:
        Statements, section 1.
    """
    if kind == "Q":
        return month_last(f"{next_month(first):%Y-%m}")
    if kind == "A":
        return date(first.year + 1, 5, 31)
    return monthly if kind == MONTHLY else published_on


def corrected_by(connection: sa.Connection, fund_id: int) -> dict[str, tuple[str, ...]]:
    """Return by number of a statement the names in addresses of the notices that correct it, oldest first."""
    found: dict[str, tuple[str, ...]] = {}
    for one in notices_of(connection, fund_id):
        for number in one.statements:
            found[number] = (*found.get(number, ()), address_of_number(one.number))
    return found


def published_files(connection: sa.Connection, fund_id: int) -> list[PublishedFile]:
    """List every published file of a fund's statements, newest first."""
    return [
        PublishedFile(
            statement_id(one), one.number, one.language, one.sha256.hex(), one.bytes, seq
        )
        for one in periods.issued(connection, fund_id)
        if (seq := one.published_seq) is not None
    ]


def statement_id(file: IssuedStatement) -> str:
    """Return a statement's name in addresses: a month, and its issue after the first; of others also the kind."""
    named = numbered(file.number)
    if named is None:
        return address_of(file.month, "M", issue_of(file.number))
    return address_of(*named)


def issue_of(number: str) -> int:
    """Return the issue that a statement's number ends with: `qinghe-2026-10-M-v2` gives 2."""
    text = number.rpartition("-v")[2]
    return int(text) if text.isascii() and text.isdigit() else 1


def preferred(files: list[IssuedStatement]) -> IssuedStatement:
    """Return the file that a statement's short address gives: the one published first, so that it never changes."""
    return min(files, key=lambda one: one.published_seq or 0)


class NamedFile(NamedTuple):
    """A published file, as far as its bytes are found by it.

    Attributes:
        number: Of the statement, such as `qinghe-2019-09-M-v1`.
        language: `zh`, `en` or `both`.
        sha256: Of the file.
    """

    number: str
    language: str
    sha256: bytes


def published_names(connection: sa.Connection, fund_id: int) -> dict[str, NamedFile]:
    """Return the published files by all names that they have in addresses.

    Args:
        connection: In a transaction.
        fund_id: The fund.

    Returns:
        `2026-10`, `2026-10-2` for a second issue, `2026-Q4-Q-v1` for another kind; with `-en` behind it the file in
        that language.
    """
    by_name: dict[str, list[IssuedStatement]] = {}
    for one in periods.issued(connection, fund_id):
        if one.published_seq is not None:
            for name in _names(one):
                by_name.setdefault(name, []).append(one)
    chosen = {name: preferred(files) for name, files in by_name.items()}
    return {name: NamedFile(one.number, one.language, one.sha256) for name, one in chosen.items()}


def published_file(connection: sa.Connection, fund_id: int, name: str) -> NamedFile | None:
    """Find the published file that a statement's name in addresses stands for.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        name: As in `published_names`.

    Returns:
        The file; None if none is published under this name.
    """
    return published_names(connection, fund_id).get(name)


def _names(file: IssuedStatement) -> tuple[str, ...]:
    name = statement_id(file)
    return (name, f"{name}-1", f"{name}-{file.language}")
