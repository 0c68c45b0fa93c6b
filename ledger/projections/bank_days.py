"""R7: what the ledger holds on an account against what the bank says, day by day, with what makes the difference.

In: an account's postings and its bank lines. Out: a row a day on which the bank booked something. Guaranteed: ledger =
bank + in the ledger only + at the bank only + rest, to the fen; with all files joined the rest is zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.clock import from_text
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.journal.tables import entries, postings
from ledger.matching.tables import bank_lines
from ledger.spending.tables import spends

_OPENING = "opening"
"""What an account held before the ledger knew it: the bank's first line counts it already, whatever its day."""


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


class _Movement(NamedTuple):
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
    days = sorted({line.day for line in lines if span[0] <= line.day <= span[1]})
    return [_evening(day, booked, lines, stated.get(day)) for day in days]


def _evening(
    day: str, booked: list[_Movement], lines: list[_Movement], stated: int | None
) -> BankDay:
    ledger = sum(one.amount for one in booked if one.day <= day)
    left: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    for one in booked:
        if one.day <= day and one.key != _OPENING:
            left[one.key] += one.amount
    for one in lines:
        if one.day <= day:
            left[one.key] -= one.amount
            seen.add(one.key)
    items = {key: amount for key, amount in left.items() if amount}
    at_bank = [amount for key, amount in items.items() if key in seen]
    here = [amount for key, amount in items.items() if key not in seen]
    rest = None if stated is None else ledger - stated - sum(at_bank) - sum(here)
    return BankDay(day, stated, ledger, sum(here), len(here), sum(at_bank), len(at_bank), rest)


def _entries(connection: sa.Connection, fund: Fund, account: MoneyAccount) -> list[_Movement]:
    """Return what each entry moved on an account; spending by its payment, as a bank's line shows it."""
    account_id = journal.account_id(connection, fund.fund_id, account.name)
    if account_id is None:
        return []
    zone = ZoneInfo(funds.details(connection, fund.fund_id).zone)
    payments = _payments(connection, fund)
    rows = connection.execute(
        sa.select(
            entries.c.seq,
            entries.c.entry,
            sa.func.sum(
                sa.case(
                    (postings.c.debit_id == account_id, postings.c.amount),
                    else_=-postings.c.amount,
                )
            ),
        )
        .select_from(
            postings.join(
                entries,
                sa.and_(entries.c.fund_id == postings.c.fund_id, entries.c.seq == postings.c.seq),
            )
        )
        .where(
            postings.c.fund_id == fund.fund_id,
            postings.c.commodity == account.commodity,
            sa.or_(postings.c.debit_id == account_id, postings.c.credit_id == account_id),
        )
        .group_by(entries.c.seq, entries.c.entry)
    )
    found = []
    for seq, data, amount in rows:
        value = decode(bytes(data))
        if value["kind"] == "account.opened":
            found.append(_Movement("", _OPENING, int(amount)))
            continue
        day = from_text(value["occurred_at"]).astimezone(zone).date().isoformat()
        found.append(_Movement(day, payments.get(seq, f"entry/{seq}"), int(amount)))
    return found


def _payments(connection: sa.Connection, fund: Fund) -> Mapping[int, str]:
    rows = connection.execute(
        sa.select(spends.c.seq, spends.c.reference).where(spends.c.fund_id == fund.fund_id)
    )
    return {seq: f"payment/{reference}" for seq, reference in rows}


def _lines(
    connection: sa.Connection, fund: Fund, account: MoneyAccount
) -> tuple[list[_Movement], Mapping[str, int]]:
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
    found: list[_Movement] = []
    stated: dict[str, int] = {}
    for day, seq, identity, amount, balance in rows:
        key = f"line/{identity}" if seq is None else payments.get(seq, f"entry/{seq}")
        found.append(_Movement(day, key, amount))
        if balance is not None:
            stated[day] = balance
    return found, stated
