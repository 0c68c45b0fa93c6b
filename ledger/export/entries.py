"""The journal as exports read it: entry by entry, in order, in bounded memory.

In: the journal. Out: decoded entries, and what has to be known before the first line of a file is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_text, local_date
from ledger.funds import history as funds
from ledger.journal import balances
from ledger.journal import history as journal_history
from ledger.journal.balances import AccountTotals
from ledger.journal.codec import decode
from ledger.journal.history import Fund

TOLD_EVERY = 1_000
"""Entries between two words to a progress bar: it costs more than an entry does."""


class Line(NamedTuple):
    """One signed line of an entry: debit above zero, credit below, minor units."""

    account: str
    commodity: str
    amount: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        seq: Its number.
        kind: Its kind.
        on: Day on which it happened, in the fund's zone.
        occurred_at: When it happened, UTC.
        recorded_at: When it was recorded, UTC, to the minute.
        actor: `role` and `id`.
        body: What its kind says.
        lines: Signed lines; none where no money moved.
        leaf_hash: 32 bytes.
    """

    seq: int
    kind: str
    on: date
    occurred_at: datetime
    recorded_at: datetime
    actor: dict[str, str]
    body: dict[str, Any]
    lines: tuple[Line, ...]
    leaf_hash: bytes


@dataclass
class Outline:
    """What has to be known before the first line is written.

    Attributes:
        title: The fund's name.
        commodity: What it keeps its books in.
        entries: How many entries there are.
        opened: Day of the first posting of each account.
        commodities: Day of the first posting in each commodity.
        last: Latest day of a posting.
        totals: What the ledger says that each account holds.
    """

    title: str
    commodity: str
    entries: int = 0
    opened: dict[str, date] = field(default_factory=dict)
    commodities: dict[str, date] = field(default_factory=dict)
    last: date = date.min
    totals: list[AccountTotals] = field(default_factory=list)


def read_entries(
    connection: sa.Connection, fund: Fund, first: int = 0, stop: int | None = None
) -> Iterator[Entry]:
    """Read entries.

    Args:
        connection: In a transaction.
        fund: The fund.
        first: First number.
        stop: Number after the last; None for all there are.

    Yields:
        Entries, oldest first.
    """
    zone = funds.details(connection, fund.fund_id).zone
    end = journal_history.size(connection, fund.fund_id) if stop is None else stop
    for stored in journal_history.span(connection, fund.fund_id, first, end):
        value = decode(stored.entry)
        occurred_at = from_text(value["occurred_at"])
        yield Entry(
            stored.seq,
            stored.kind,
            local_date(occurred_at, zone),
            occurred_at,
            from_text(value["recorded_at"]),
            value["actor"],
            value["body"],
            tuple(
                Line(one["account"], one["commodity"], one["amount"]) for one in value["postings"]
            ),
            stored.leaf_hash,
        )


def outline(connection: sa.Connection, fund: Fund) -> Outline:
    """Read the journal once for what other programs want to know first.

    A gift may have been given before the entry that opened its account was recorded, so the first day of an account is
    known only at the end.

    Args:
        connection: In a transaction; the same one as for the entries.
        fund: The fund.

    Returns:
        The outline; it grows with the number of accounts, not of entries.
    """
    details = funds.details(connection, fund.fund_id)
    found = Outline(f"{details.name_zh} {details.name_en}", details.commodity)
    for entry in read_entries(connection, fund):
        found.entries += 1
        for line in entry.lines:
            found.last = max(found.last, entry.on)
            for days, name in (
                (found.opened, line.account),
                (found.commodities, line.commodity),
            ):
                days[name] = min(days.get(name, entry.on), entry.on)
    found.totals = balances.all_totals(connection, fund.fund_id)
    return found
