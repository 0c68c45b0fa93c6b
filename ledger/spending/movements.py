"""Money that reaches or leaves an account beside gifts, transfers and spending: lines F3, F4, F6, F7, B3, B5, B6.

Direct donations, interest and returned grants come as `income`; management cost, bank charges and donations that are
given back go as `expense`. Both are proved by a bank's line or by a file of evidence, and two people decide them, but
for income that a bank's line proves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ledger.actors import Actor
from ledger.clock import local_date, to_text
from ledger.decisions.booking import Proposed
from ledger.errors import FieldError, InsufficientError, StateError, UnknownNameError
from ledger.funds import history as funds
from ledger.funds import list_history
from ledger.funds.history import MoneyAccount
from ledger.journal import accounts
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.money import AMOUNT_MAX
from ledger.privacy.numbers import check_public
from ledger.sequencer.books import Books
from ledger.spending import evidence

SAID_CHARS_MAX = 200

INCOME = ("donation", "interest", "other", "returned-grant")
"""Classes of `income`: lines F3, F4, F4 and F7 of a fund account; line B3 of a collection account."""

EXPENSE = ("management", "donation-refund", "bank-charge", "other")
"""Classes of `expense`."""

CLASSES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Assets:Fund:": {"income": INCOME, "expense": ("management", "donation-refund")},
    "Assets:Bank:": {
        "income": ("donation", "interest", "other"),
        "expense": ("bank-charge", "donation-refund", "other"),
    },
}
"""What may come to, and go from, the accounts of a stage. A charge of the fund's own bank is a management cost."""

_INCOME_ACCOUNTS = {
    "donation": accounts.DONATIONS,
    "interest": accounts.INTEREST,
    "other": accounts.OTHER_INCOME,
    "returned-grant": accounts.RETURNED_GRANTS,
}
SCANNED_MAX = 100_000
"""Entries of one kind that are looked through; a fund has some hundreds a year."""


class Movement(NamedTuple):
    """What is to be booked.

    Attributes:
        way: `income` or `expense`.
        cls: One of the classes of that way.
        account: Bank or fund account.
        commodity: Of the account.
        amount: Minor units, above zero.
        on: Day; of a bank's line the line's own.
        said: What it is, in words that anyone may read; no names of people.
        item: Of a management cost: a code of the list of costs.
        refunds: Of a donation that is given back: its entry.
        evidence: SHA-256 of files that were brought.
        line: Identity of the account's bank line, or None.
    """

    way: str
    cls: str
    account: str
    commodity: str
    amount: int
    on: date
    said: str
    item: str = ""
    refunds: int | None = None
    evidence: tuple[str, ...] = ()
    line: str | None = None


class Shown(NamedTuple):
    """The bank's line that proves a movement.

    Attributes:
        at: When the bank booked it.
        file: SHA-256 of the file, hex.
        row: Line of the file.
        claim: That the line explains one entry only.
    """

    at: datetime
    file: str
    row: int
    claim: Claim


def other_side(one: Movement) -> str:
    """Return the account on the other side of a movement."""
    if one.way == "income":
        return _INCOME_ACCOUNTS[one.cls]
    return {
        "management": accounts.management(one.item),
        "donation-refund": accounts.donation_refunds(one.account),
        "bank-charge": accounts.BANK_CHARGES,
        "other": accounts.OTHER_PAYMENTS,
    }[one.cls]


def wanted(one: Movement) -> Proposed:
    """Return a movement as what two people are to decide."""
    content: dict[str, Any] = {
        "movement": one.way,
        "class": one.cls,
        "account": one.account,
        "amount": one.amount,
        "commodity": one.commodity,
        "on": one.on.isoformat(),
        "said": one.said,
        "evidence": list(one.evidence),
    }
    if one.item:
        content["item"] = one.item
    if one.refunds is not None:
        content["refunds"] = one.refunds
    if one.line is not None:
        content["line"] = one.line
    return Proposed("movement", content, one.amount, one.commodity)


def of_content(content: Mapping[str, Any]) -> Movement:
    """Read a movement from what was decided."""
    return Movement(
        way=content["movement"],
        cls=content["class"],
        account=content["account"],
        commodity=content["commodity"],
        amount=content["amount"],
        on=date.fromisoformat(content["on"]),
        said=content["said"],
        item=content.get("item", ""),
        refunds=content.get("refunds"),
        evidence=tuple(content["evidence"]),
        line=content.get("line"),
    )


def check(books: Books, one: Movement) -> MoneyAccount:
    """Hold that a movement can be booked now.

    Args:
        books: The fund's books.
        one: What.

    Returns:
        Its account.

    Raises:
        FieldError: A class that does not fit the account, no words, a cost that is not on the list, a day to come,
            or neither a bank's line nor evidence.
        UnknownNameError: The fund has no such account.
        NotFoundError: No such file was brought.
        InsufficientError: The account does not hold it, or less was donated.
        StateError: What is given back is no standing donation.
        PeriodClosedError: The month of its day takes it no more.
    """
    account = _account(books, one)
    stage = "Assets:Fund:" if account.name.startswith("Assets:Fund:") else "Assets:Bank:"
    known = CLASSES[stage].get(one.way, ())
    if one.cls not in known:
        raise FieldError(field="class", value=one.cls[:20], reason="unknown", known=known)
    if not 0 < one.amount <= AMOUNT_MAX:
        raise FieldError(field="amount", value=one.amount, reason="not-positive")
    _check_words(one)
    zone = funds.details(books.connection, books.fund.fund_id).zone
    if one.on > local_date(books.clock.now(), zone):
        raise FieldError(field="on", value=one.on.isoformat(), reason="in-the-future")
    if one.line is None:
        # A bank's line has happened whenever it comes, and books by itself with what is late.
        books.months.mark(one.way, to_text(_noon(one.on, zone)), {})
    if one.line is None and not one.evidence:
        raise FieldError(field="evidence", value="", reason="missing")
    evidence.check(books, one.evidence)
    _check_item(books, one)
    _check_refund(books, one)
    if one.way == "expense":
        held = books.totals(one.account, one.commodity).balance
        if one.amount > held:
            raise InsufficientError(account=one.account, available=held, asked=one.amount)
    return account


def _noon(on: date, zone: str) -> datetime:
    return datetime.combine(on, time(12), tzinfo=ZoneInfo(zone))


def _account(books: Books, one: Movement) -> MoneyAccount:
    known = funds.money_account_list(books.connection, books.fund.fund_id)
    for account in known:
        if account.name == one.account:
            if account.commodity != one.commodity:
                raise FieldError(
                    field="commodity", value=one.commodity[:10], expected=account.commodity
                )
            return account
    raise UnknownNameError(
        what="account", name=one.account[:60], known=[account.name for account in known]
    )


def _check_words(one: Movement) -> None:
    if not one.said.strip():
        raise FieldError(field="said", value="", reason="missing")
    if len(one.said) > SAID_CHARS_MAX or not one.said.isprintable():
        raise FieldError(field="said", value="", reason="too-long")
    check_public("said", one.said)


def _check_item(books: Books, one: Movement) -> None:
    """Hold a management cost to the fund's list of costs.

    Raises:
        FieldError: It is not on it, or another class names one.
    """
    if one.cls != "management" or one.way != "expense":
        if one.item:
            raise FieldError(field="item", value=one.item[:40], reason="not-a-cost")
        return
    lists = list_history.lists(books.connection, books.fund.fund_id)
    lists.check("cost", one.item, field="item")


def _check_refund(books: Books, one: Movement) -> None:
    """Hold that a donation that is given back was given, stands, and is not given back already.

    Raises:
        FieldError: No donation is named, or one is where none belongs.
        StateError: The entry is none, or was reversed.
        InsufficientError: Less of it is left.
    """
    is_refund = one.way == "expense" and one.cls == "donation-refund"
    if is_refund is not (one.refunds is not None):
        raise FieldError(field="refunds", value="", reason="missing" if is_refund else "not-one")
    if one.refunds is None:
        return
    value = decode(journal_history.entry(books.connection, books.fund.fund_id, one.refunds).entry)
    body = value["body"]
    is_donation = value["kind"] == "income" and body["class"] == "donation"
    if not is_donation or body["commodity"] != one.commodity:
        raise StateError(what="entry", key=one.refunds, state=value["kind"], needed="donation")
    if is_reversed(books, one.refunds):
        raise StateError(what="entry", key=one.refunds, state="reversed", needed="donation")
    left = int(body["amount"]) - refunded(books, one.refunds)
    if one.amount > left:
        raise InsufficientError(account=body["account"], available=left, asked=one.amount)


def refunded(books: Books, donation: int) -> int:
    """Return what of a donation was given back so far, minor units."""
    found = 0
    for stored in journal_history.of_kind(
        books.connection, books.fund.fund_id, "expense", newest=SCANNED_MAX
    ):
        body = decode(stored.entry)["body"]
        if body.get("refunds") == donation and not is_reversed(books, stored.seq):
            found += int(body["amount"])
    return found


def is_reversed(books: Books, seq: int) -> bool:
    """Tell whether an entry was reversed."""
    return str(seq) in books.claimed("reversal", [str(seq)])


def book(books: Books, actor: Actor, one: Movement, shown: Shown | None, decision: int) -> int:
    """Book a movement that was decided.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        one: What.
        shown: The bank's line; None where evidence alone proves it.
        decision: Number of the decision.

    Returns:
        The entry.

    Raises:
        InputError: As `check`: it cannot be booked any more.
    """
    check(books, one)
    zone = funds.details(books.connection, books.fund.fund_id).zone
    at = shown.at if shown else _noon(one.on, zone)
    body: dict[str, Any] = {
        "account": one.account,
        "class": one.cls,
        "amount": one.amount,
        "commodity": one.commodity,
        "said": one.said,
        "evidence": list(one.evidence),
        "decision": decision,
    }
    if one.item:
        body["item"] = one.item
    if one.refunds is not None:
        body["refunds"] = one.refunds
    if shown is not None:
        body |= {"file": shown.file, "row": shown.row}
    other = other_side(one)
    if one.way == "income":
        posting = Posting(one.account, other, one.commodity, one.amount)
        move = Move(None, "", 0, one.account, one.commodity, one.amount)
    else:
        posting = Posting(other, one.account, one.commodity, one.amount)
        move = Move(one.account, one.commodity, one.amount, other, one.commodity, one.amount)
    claim = None if shown is None else shown.claim
    seq = books.post(Draft(one.way, to_text(at), actor, body, (posting,), (move,), claim))
    books.settle()
    evidence.join(books, seq, one.evidence)
    return seq
