"""R7: what the ledger holds on an account against what the bank says, day by day, with what makes the difference.

In: an account's postings and its bank lines. Out: a row a day on which the bank booked something. Guaranteed: ledger =
bank + in the ledger only + at the bank only + rest, to the fen; with all files joined the rest is zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.clock import from_text
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.entries import OPENED
from ledger.journal.history import Fund
from ledger.journal.tables import entries
from ledger.matching.tables import bank_lines
from ledger.moneyline.tables import segments
from ledger.spending.tables import spends

_OPENING = "opening"
"""What an account held before the ledger knew it: the bank's first line counts it already, whatever its day."""

ENTRIES_A_QUERY = 500
"""Asked for at once: databases limit the parameters of a statement."""


class BankDay(NamedTuple):
    """The evening of a day on which the bank booked something.

    Attributes:
        day: ISO 8601, as the bank means it.
        bank: Balance that the last line of the day states, minor units; None where none does.
        ledger: What the ledger holds by then.
        ledger_only: In the ledger, and not at the bank yet: sum.
        ledger_items: How many.
        bank_only: At the bank, and not in the ledger yet: sum, with the sign that it has in the ledger's difference.
        bank_items: How many.
        rest: What no item explains; None without the bank's balance.
    """

    day: str
    bank: int | None
    ledger: int
    ledger_only: int
    ledger_items: int
    bank_only: int
    bank_items: int
    rest: int | None

    @property
    def is_equal(self) -> bool:
        """Tell whether the listed items explain the whole difference."""
        return self.rest == 0


class Movement(NamedTuple):
    """What moved on an account.

    Attributes:
        day: ISO 8601; empty for what it held before its first day.
        key: The same for what the ledger books and for the bank's line that shows it.
        amount: Signed minor units.
    """

    day: str
    key: str
    amount: int


def bank_days(
    connection: sa.Connection, fund: Fund, account: MoneyAccount, span: tuple[str, str]
) -> list[BankDay]:
    """Compare an account with its bank.

    Args:
        connection: In a transaction.
        fund: The fund.
        account: Its account.
        span: First and last day, ISO 8601.

    Returns:
        The days between on which the bank booked something, oldest first.
    """
    booked = _entries(connection, fund, account)
    lines, stated = _lines(connection, fund, account)
    return evenings(booked, lines, stated, span)


def evenings(
    booked: Sequence[Movement],
    lines: Sequence[Movement],
    stated: Mapping[str, int],
    span: tuple[str, str],
) -> list[BankDay]:
    """Go through the days once, with what differs in the evening of each. Pure.

    Args:
        booked: In the ledger, in any order.
        lines: At the bank, likewise.
        stated: The bank's balance in the evening of a day.
        span: First and last day.

    Returns:
        The days between on which the bank booked something, oldest first.
    """
    differing = _Differing()
    here, there = (sorted(some, key=lambda one: one.day) for some in (booked, lines))
    at_here = at_there = ledger = 0
    found = []
    for day in sorted({line.day for line in lines if line.day <= span[1]}):
        while at_here < len(here) and here[at_here].day <= day:
            ledger += here[at_here].amount
            differing.book(here[at_here])
            at_here += 1
        while at_there < len(there) and there[at_there].day <= day:
            differing.see(there[at_there])
            at_there += 1
        if day >= span[0]:
            found.append(differing.evening(day, ledger, stated.get(day)))
    return found


def was_used(connection: sa.Connection, fund: Fund, account: MoneyAccount, day: str) -> bool:
    """Tell whether the ledger or the bank has anything on an account by a day, ISO 8601."""
    booked = _entries(connection, fund, account)
    lines, _ = _lines(connection, fund, account)
    return any(one.day <= day for one in (*booked, *lines))


class _Differing:
    """What ledger and bank do not both have: by key, and summed as it changes."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._seen: set[str] = set()
        # Of what only the ledger has, and of what the bank has too: sum, and how many.
        self._sums = {False: [0, 0], True: [0, 0]}

    def book(self, one: Movement) -> None:
        """Add what the ledger booked. What it held before is in the bank's first balance, and differs from nothing."""
        if one.key != _OPENING:
            self._change(one.key, one.amount)

    def see(self, one: Movement) -> None:
        """Take off what the bank shows."""
        if one.key not in self._seen:
            self._count(one.key, -1)
            self._seen.add(one.key)
            self._count(one.key, 1)
        self._change(one.key, -one.amount)

    def _change(self, key: str, amount: int) -> None:
        self._count(key, -1)
        self._left[key] = self._left.get(key, 0) + amount
        self._count(key, 1)

    def _count(self, key: str, sign: int) -> None:
        amount = self._left.get(key, 0)
        if amount:
            sums = self._sums[key in self._seen]
            sums[0] += sign * amount
            sums[1] += sign

    def evening(self, day: str, ledger: int, stated: int | None) -> BankDay:
        """Return how things stand."""
        here, here_items = self._sums[False]
        there, there_items = self._sums[True]
        rest = None if stated is None else ledger - stated - there - here
        return BankDay(day, stated, ledger, here, here_items, there, there_items, rest)


def _entries(connection: sa.Connection, fund: Fund, account: MoneyAccount) -> list[Movement]:
    """Return what each entry moved on an account; spending by its payment, as a bank's line shows it.

    Whatever moves on such an account has its segments of the money line, which are found by index however many gifts
    there are.
    """
    account_id = journal.account_id(connection, fund.fund_id, account.name)
    if account_id is None:
        return []
    zone = ZoneInfo(funds.details(connection, fund.fund_id).zone)
    payments = _payments(connection, fund)
    c = segments.c
    came = sa.select(c.seq.label("seq"), c.to_length.label("amount")).where(
        c.fund_id == fund.fund_id,
        c.target_id == account_id,
        c.target_commodity == account.commodity,
    )
    went = sa.select(c.seq.label("seq"), (-c.length).label("amount")).where(
        c.fund_id == fund.fund_id,
        c.source_id == account_id,
        c.source_commodity == account.commodity,
    )
    moved: dict[int, int] = defaultdict(int)
    for seq, amount in connection.execute(sa.union_all(came, went)):
        moved[seq] += int(amount)
    seqs = sorted(moved)
    found = []
    for start in range(0, len(seqs), ENTRIES_A_QUERY):
        rows = connection.execute(
            sa.select(entries.c.seq, entries.c.entry).where(
                entries.c.fund_id == fund.fund_id,
                entries.c.seq.in_(seqs[start : start + ENTRIES_A_QUERY]),
            )
        )
        for seq, data in rows:
            value = decode(bytes(data))
            if value["kind"] in OPENED:
                found.append(Movement("", _OPENING, moved[seq]))
                continue
            day = from_text(value["occurred_at"]).astimezone(zone).date().isoformat()
            found.append(Movement(day, payments.get(seq, f"entry/{seq}"), moved[seq]))
    return found


def _payments(connection: sa.Connection, fund: Fund) -> Mapping[int, str]:
    rows = connection.execute(
        sa.select(spends.c.seq, spends.c.reference).where(spends.c.fund_id == fund.fund_id)
    )
    return {seq: f"payment/{reference}" for seq, reference in rows}


def _lines(
    connection: sa.Connection, fund: Fund, account: MoneyAccount
) -> tuple[list[Movement], Mapping[str, int]]:
    """Return a bank's lines by what explains them, and what it states in the evening of each day."""
    payments = _payments(connection, fund)
    rows = connection.execute(
        sa.select(
            bank_lines.c.day,
            bank_lines.c.matched_seq,
            bank_lines.c.identity,
            bank_lines.c.amount,
            bank_lines.c.balance,
        )
        .where(bank_lines.c.fund_id == fund.fund_id, bank_lines.c.account == account.name)
        .order_by(bank_lines.c.booked_ms, bank_lines.c.line_no)
    )
    found: list[Movement] = []
    stated: dict[str, int] = {}
    for day, seq, identity, amount, balance in rows:
        key = f"line/{identity}" if seq is None else payments.get(seq, f"entry/{seq}")
        found.append(Movement(day, key, amount))
        if balance is not None:
            stated[day] = balance
    return found, stated
