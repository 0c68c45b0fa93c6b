"""What accounts held before the ledger began, where a fund starts in the middle of its life.

In: balances of bank and fund accounts on a day, with the banks' statements of that day as evidence. Out: one entry that
puts them onto the money line, each as money that belongs to no gift. Guaranteed: two people decided it, and nothing had
moved on any of these accounts before, so that no gift stands in front of money that was there first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.actors import Actor
from ledger.clock import local_date, to_text
from ledger.decisions.booking import Proposed
from ledger.decisions.rules import REASON_CHARS_MAX
from ledger.errors import FieldError, StateError, UnknownNameError
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.journal import accounts, balances
from ledger.journal.entries import Draft, Move, Posting
from ledger.journal.history import Fund
from ledger.money import AMOUNT_MAX
from ledger.sequencer.books import Books
from ledger.spending import evidence

KIND = "opening.balances"
BALANCES_MAX = 100
"""Accounts of one entry: each takes some 300 of its 65,535 bytes."""


class Balance(NamedTuple):
    """What one account held.

    Attributes:
        account: Bank or fund account.
        commodity: Of the account.
        amount: Minor units, above zero.
    """

    account: str
    commodity: str
    amount: int


class Opening(NamedTuple):
    """What accounts held on a day.

    Attributes:
        on: The day; the banks' balances in its evening.
        balances: Of each account once.
        reason: Where the figures come from, in words that anyone may read.
        evidence: SHA-256 of files that were brought.
    """

    on: date
    balances: tuple[Balance, ...]
    reason: str
    evidence: tuple[str, ...]


def wanted(one: Opening) -> Proposed:
    """Return opening balances as what two people are to decide; they carry an amount where there is one currency."""
    found = sorted(one.balances)
    content: dict[str, Any] = {
        "balances": [balance._asdict() for balance in found],
        "on": one.on.isoformat(),
        "reason": one.reason.strip(),
        "evidence": list(one.evidence),
    }
    currencies = {balance.commodity for balance in found}
    total = sum(balance.amount for balance in found)
    if len(currencies) == 1 and total <= AMOUNT_MAX:
        return Proposed("opening", content, total, currencies.pop())
    return Proposed("opening", content)


def of_content(content: Mapping[str, Any]) -> Opening:
    """Read opening balances from what was decided."""
    return Opening(
        date.fromisoformat(content["on"]),
        tuple(Balance(**one) for one in content["balances"]),
        content["reason"],
        tuple(content["evidence"]),
    )


def check(books: Books, one: Opening) -> None:
    """Hold that opening balances can be booked now.

    Args:
        books: The fund's books.
        one: What.

    Raises:
        FieldError: No balance, an account twice, another currency than the account's, no words, a day to come, or no
            evidence.
        UnknownNameError: The fund has no such account.
        StateError: Money has moved on an account: what it held before is behind that.
        PeriodClosedError: The month of its day takes it no more.
    """
    _check_balances(books, one.balances)
    if not one.reason.strip() or len(one.reason) > REASON_CHARS_MAX:
        code = "too-long" if one.reason.strip() else "missing"
        raise FieldError(field="reason", value="", reason=code)
    if one.on > local_date(books.clock.now(), _zone(books)):
        raise FieldError(field="on", value=one.on.isoformat(), reason="in-the-future")
    books.months.mark(KIND, to_text(_noon(books, one.on)), {"reason": one.reason})
    if not one.evidence:
        raise FieldError(field="evidence", value="", reason="missing")
    evidence.check(books, one.evidence)


def untouched(connection: sa.Connection, fund: Fund) -> list[MoneyAccount]:
    """Return the accounts on which nothing has moved: those that may still be given an opening balance."""
    moved = {one.account for one in balances.all_totals(connection, fund.fund_id)}
    return [
        one for one in funds.money_account_list(connection, fund.fund_id) if one.name not in moved
    ]


def _noon(books: Books, on: date) -> datetime:
    return datetime.combine(on, time(12), tzinfo=ZoneInfo(_zone(books)))


def _zone(books: Books) -> str:
    return funds.details(books.connection, books.fund.fund_id).zone


def _check_balances(books: Books, found: Sequence[Balance]) -> None:
    if not found:
        raise FieldError(field="balances", value="", reason="missing")
    if len(found) > BALANCES_MAX or len({one.account for one in found}) != len(found):
        raise FieldError(field="balances", value=len(found), reason="too-many")
    listed = funds.money_account_list(books.connection, books.fund.fund_id)
    known = {one.name: one.commodity for one in listed}
    for one in found:
        if one.account not in known:
            raise UnknownNameError(what="account", name=one.account[:60], known=list(known))
        if one.commodity != known[one.account]:
            raise FieldError(
                field="commodity", value=one.commodity[:10], expected=known[one.account]
            )
        if not 0 < one.amount <= AMOUNT_MAX:
            raise FieldError(field="balances", value=one.amount, reason="not-positive")
        if books.totals(one.account, one.commodity).debits:
            raise StateError(what="account", key=one.account, state="moved", needed="untouched")


def book(books: Books, actor: Actor, one: Opening, decision: int) -> int:
    """Book opening balances that were decided.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        one: What.
        decision: Number of the decision.

    Returns:
        The entry.

    Raises:
        InputError: As `check`: they cannot be booked any more.
    """
    check(books, one)
    at = _noon(books, one.on)
    body = {**wanted(one).content, "decision": decision}
    found = sorted(one.balances)
    postings = tuple(
        Posting(each.account, accounts.OPENING, each.commodity, each.amount) for each in found
    )
    moves = tuple(Move(None, "", 0, each.account, each.commodity, each.amount) for each in found)
    # The noon of a day of today may lie ahead.
    occurred = min(at, books.clock.now())
    seq = books.post(Draft(KIND, to_text(occurred), actor, body, postings, moves))
    books.settle()
    evidence.join(books, seq, one.evidence)
    return seq
