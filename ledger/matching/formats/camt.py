"""Read ISO 20022 account reports: camt.052 (of the day), camt.053 (statement), camt.054 (notification).

Elements are found by their local names, so every version of the messages is read, with or without
its namespace. What differs between versions: `Sts` is text up to version 7 and `Sts/Cd` from 8 on,
and a party's name is `Nm` or `Pty/Nm`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from itertools import chain
from typing import NamedTuple

from ledger.matching.formats.incoming import Incoming
from ledger.matching.formats.places import REFERENCES_MAX, Place, check_lines, midnight, shortened
from ledger.matching.formats.xml_tree import Element, read_tree
from ledger.matching.lines import (
    NO_CURRENCY,
    BankFile,
    BankLine,
    normalise_text,
    references_in,
    reused_numbers,
)

FORMAT = "camt"

MESSAGES = {
    "BkToCstmrAcctRpt": ("camt052", "Rpt"),
    "BkToCstmrStmt": ("camt053", "Stmt"),
    "BkToCstmrDbtCdtNtfctn": ("camt054", "Ntfctn"),
}
"""Body of each message: its format, and what a statement is called in it."""

SIGNS = {"CRDT": 1, "DBIT": -1}

STATES = {"BOOK": "booked", "PDNG": "pending", "FUTR": "pending", "INFO": "information"}

NO_REFERENCE = frozenset({"NOTPROVIDED", "NONREF", "NOREF"})
"""What banks write where there is no reference."""

FEES = frozenset({"CHRG", "COMM", "FEES"})
INTEREST = "INTR"
"""Sub-families of the domain code: ISO 20022 external code set, bank transaction codes."""

_KNOWN = re.compile(
    r"<(?:[\w.-]+:)?(?:BkToCstmr(?:AcctRpt|Stmt|DbtCdtNtfctn)\b|Document\b[^>]{0,1000}camt\.05[234])"
)
_MESSAGE_WITHIN = 4
"""Levels above the message: an envelope of a bank's channel has two or three."""

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_TEXTS = (("RmtInf", "Ustrd"), ("RmtInf", "Strd", "CdtrRefInf", "Ref"), ("AddtlTxInf",))
_IDS = ("EndToEndId", "InstrId", "PmtInfId", "MsgId", "TxId", "UETR", "ChqNb", "AcctSvcrRef")


class _Balance(NamedTuple):
    """A stated balance: minor units of its own currency (empty if none), and its day."""

    amount_minor: int
    commodity: str
    day: date | None


def recognises(file: Incoming) -> bool:
    """Return whether a file is one of these messages, by what it begins with."""
    return file.head.lstrip().startswith("<") and _KNOWN.search(file.head) is not None


def read(file: Incoming) -> tuple[BankFile, ...]:
    """Read every statement of a message.

    The entry is the movement: its amount and its `CdtDbtInd` alone decide. A detail may state
    another currency, a part of a batch, or nothing; only texts and references are taken from it.
    `RvslInd` says what an entry is, and not which way its money went.

    Args:
        file: The message.

    Returns:
        The statements in the order of the message. Entries that are not booked are kept apart.
        Balances of a camt.054 are not read: it has none of the account.

    Raises:
        FileFormatError: Not well-formed, an element is missing or its value is wrong.
        TooLargeError: Beyond the limits of `xml_tree`.

    Source:
        Inputs, section 6.1; ISO 20022 message definition reports, bank-to-customer cash management.
    """
    root = read_tree(file.name, file.data)
    found = [
        _statement(file.name, MESSAGES[message.name][0], statement)
        for message in _messages(root, _MESSAGE_WITHIN)
        for statement in message.all(MESSAGES[message.name][1])
    ]
    if not found:
        raise Place(file.name, root.line).wrong(root.name[:40], "no-statement")
    return tuple(found)


def _messages(element: Element, levels: int) -> list[Element]:
    if element.name in MESSAGES:
        return [element]
    if not levels:
        return []
    return [found for child in element.children for found in _messages(child, levels - 1)]


def _statement(name: str, kind: str, statement: Element) -> BankFile:
    has_balances = kind != "camt054"
    opening = _balance(name, statement, "OPBD", "PRCD") if has_balances else None
    closing = _balance(name, statement, "CLBD") if has_balances else None
    account, commodity = _account(name, statement), _commodity(name, statement, opening, closing)
    if opening is not None and opening.commodity != commodity:
        raise Place(name, statement.line).wrong("Bal/Amt", "other-currency")
    check_lines(name, sum(1 for _ in statement.all("Ntry")))
    entries = [_entry(name, account, commodity, one) for one in statement.all("Ntry")]
    lines = tuple(one for one in entries if one.state == "booked")
    days = [one.booked_at.date() for one in lines]
    days += _period(name, statement) or [one.day for one in (closing,) if one and one.day]
    return BankFile(
        format=kind,
        account=account,
        commodity=commodity,
        opening_minor=opening.amount_minor if opening else None,
        closing_minor=closing.amount_minor if closing else None,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        lines=lines,
        number=Place(name, statement.line).identifier("Id", statement.text_at("Id")),
        pending=tuple(one for one in entries if one.state != "booked"),
        notices=reused_numbers(lines, "AcctSvcrRef"),
        closing_commodity=_other(closing, commodity),
    )


def _other(closing: _Balance | None, commodity: str) -> str:
    if closing is None or closing.commodity == commodity:
        return ""
    return closing.commodity or NO_CURRENCY


def _account(name: str, statement: Element) -> str:
    """Return the number of the account, an IBAN without its spaces.

    Raises:
        FileFormatError: None is stated, or it is too long.
    """
    place = Place(name, statement.line)
    iban = "".join(statement.text_at("Acct", "Id", "IBAN").split())
    account = place.identifier("Acct/Id", iban or statement.text_at("Acct", "Id", "Othr", "Id"))
    if not account:
        raise place.wrong("Acct/Id", "missing")
    return account


def _commodity(
    name: str, statement: Element, opening: _Balance | None, closing: _Balance | None
) -> str:
    """Return the account's currency: as stated, else of its balances, else of its first entry.

    Raises:
        FileFormatError: Nothing states it, or it is none.
    """
    place = Place(name, statement.line)
    stated = statement.text_at("Acct", "Ccy")
    if stated:
        return place.commodity("Acct/Ccy", stated)
    for balance in (opening, closing):
        if balance is not None and balance.commodity:
            return balance.commodity
    amount = statement.first("Ntry", "Amt")
    if amount is None:
        raise place.wrong("Acct/Ccy", "missing")
    return Place(name, amount.line).commodity("Amt/@Ccy", amount.attributes.get("Ccy", ""))


def _balance(name: str, statement: Element, *codes: str) -> _Balance | None:
    """Return the first balance of one of some types, a debit negative.

    Raises:
        FileFormatError: Its amount, direction or day is wrong.
    """
    for code in codes:
        for balance in statement.all("Bal"):
            if balance.text_at("Tp", "CdOrPrtry", "Cd") != code:
                continue
            amount = _needed(name, balance, "Amt")
            place = Place(name, amount.line)
            commodity = amount.attributes.get("Ccy", "")
            if commodity:
                place.commodity("Bal/Amt/@Ccy", commodity)
            # Without a currency the figure is read to be shown; `closing_commodity` keeps it from tying.
            minor = place.unsigned("Bal/Amt", amount.text, commodity or "EUR")
            days = [_day(name, one, "Bal/Dt") for one in balance.all("Dt", "Dt")]
            return _Balance(
                _sign(name, balance, "Bal") * minor, commodity, min(days, default=None)
            )
    return None


def _entry(name: str, account: str, commodity: str, entry: Element) -> BankLine:
    place = Place(name, entry.line)
    amount = _needed(name, entry, "Amt")
    if amount.attributes.get("Ccy") != commodity:
        raise Place(name, amount.line).wrong("Ntry/Amt/@Ccy", "other-currency")
    minor = Place(name, amount.line).unsigned("Ntry/Amt", amount.text, commodity)
    signed = _sign(name, entry, "Ntry") * minor
    details = list(entry.all("NtryDtls", "TxDtls"))
    texts = [
        *(one.text for detail in details for path in _TEXTS for one in detail.all(*path)),
        *(_given(detail.text_at("Refs", "EndToEndId")) for detail in details),
        entry.text_at("AddtlNtryInf"),
    ]
    text = shortened(normalise_text(" ".join(dict.fromkeys(filter(None, texts)))))
    return BankLine(
        line_no=entry.line,
        account=account,
        booked_at=_booked_at(name, entry),
        amount_minor=signed,
        commodity=commodity,
        balance_minor=None,
        bank_id=place.identifier("AcctSvcrRef", _bank_id(entry, details)) or None,
        references=references_in(*_references(entry, details), text)[:REFERENCES_MAX],
        counterparty=_counterparty(details, signed),
        text=text,
        kind=_kind(entry, signed),
        state=_state(name, entry),
        value_day=_value_day(name, entry),
    )


def _needed(name: str, element: Element, child: str) -> Element:
    """Return a child that must be there.

    Raises:
        FileFormatError: It is not.
    """
    found = element.first(child)
    if found is None:
        raise Place(name, element.line).wrong(f"{element.name}/{child}", "missing")
    return found


def _sign(name: str, element: Element, field: str) -> int:
    stated = _needed(name, element, "CdtDbtInd")
    sign = SIGNS.get(stated.text)
    if sign is None:
        raise Place(name, stated.line).wrong(f"{field}/CdtDbtInd", "unknown-direction")
    return sign


def _state(name: str, entry: Element) -> str:
    stated = _needed(name, entry, "Sts")
    state = STATES.get(stated.text or stated.text_at("Cd"))
    if state is None:
        raise Place(name, stated.line).wrong("Ntry/Sts", "unknown-status")
    return state


def _booked_at(name: str, entry: Element) -> datetime:
    """Return when an entry was booked; for one that is not booked yet, its value day will do.

    Raises:
        FileFormatError: No day, or one that does not exist.
    """
    for field in ("BookgDt", "ValDt"):
        stated = entry.first(field)
        if stated is None:
            continue
        for one in stated.all("DtTm"):
            return _instant(name, one, f"{field}/DtTm")
        for one in stated.all("Dt"):
            return midnight(_day(name, one, f"{field}/Dt"))
    raise Place(name, entry.line).wrong("Ntry/BookgDt", "missing")


def _value_day(name: str, entry: Element) -> date | None:
    for one in entry.all("ValDt", "Dt"):
        return _day(name, one, "ValDt/Dt")
    for one in entry.all("ValDt", "DtTm"):
        return _instant(name, one, "ValDt/DtTm").date()
    return None


def _period(name: str, statement: Element) -> list[date]:
    """Return the first and last day that a statement says it covers; nothing if it does not.

    Raises:
        FileFormatError: They are no days, or the last is before the first.
    """
    pairs = (("FrDtTm", "ToDtTm", _instant_day), ("FrDt", "ToDt", _day))
    for first_name, last_name, day_of in pairs:
        first = statement.first("FrToDt", first_name)
        last = statement.first("FrToDt", last_name)
        if first is not None and last is not None:
            days = [
                day_of(name, first, f"FrToDt/{first_name}"),
                day_of(name, last, f"FrToDt/{last_name}"),
            ]
            if days[1] < days[0]:
                raise Place(name, last.line).wrong(f"FrToDt/{last_name}", "before-its-start")
            return days
    return []


def _day(name: str, element: Element, field: str) -> date:
    place = Place(name, element.line)
    found = _DAY.fullmatch(element.text)
    if found is None:
        raise place.wrong(field, "not-a-day")
    return place.day(field, int(found[1]), int(found[2]), int(found[3]))


def _instant(name: str, element: Element, field: str) -> datetime:
    """Return an instant in the zone of the file; without one the wall time is kept as UTC.

    Raises:
        FileFormatError: Not a time, or of no year of ours.
    """
    place = Place(name, element.line)
    if "T" not in element.text or len(element.text) > 40:  # noqa: PLR2004 - no ISO 8601 time is longer
        raise place.wrong(field, "not-a-time")
    try:
        at = datetime.fromisoformat(element.text)
    except ValueError as error:
        raise place.wrong(field, "not-a-time") from error
    place.day(field, at.year, at.month, at.day)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _instant_day(name: str, element: Element, field: str) -> date:
    return _instant(name, element, field).date()


def _given(reference: str) -> str:
    return "" if reference in NO_REFERENCE else reference


def _bank_id(entry: Element, details: list[Element]) -> str:
    own = _given(entry.text_at("AcctSvcrRef"))
    if own or len(details) != 1:
        return own
    return _given(details[0].text_at("Refs", "AcctSvcrRef"))


def _references(entry: Element, details: list[Element]) -> list[str]:
    of_details = (
        one.text
        for detail in details
        for refs in detail.all("Refs")
        for one in refs.children
        if one.name in _IDS
    )
    proprietary = (one.text for d in details for one in d.all("Refs", "Prtry", "Ref"))
    of_batch = (one.text for batch in entry.all("NtryDtls", "Btch") for one in batch.children)
    own = (entry.text_at("AcctSvcrRef"), entry.text_at("NtryRef"))
    return [one for one in chain(own, of_batch, of_details, proprietary) if _given(one)]


def _counterparty(details: list[Element], signed: int) -> str:
    """Return the other party's name; empty where an entry has several."""
    roles = ("Dbtr", "UltmtDbtr") if signed > 0 else ("Cdtr", "UltmtCdtr")
    names = {
        normalise_text(party.text_at("Nm") or party.text_at("Pty", "Nm"))
        for detail in details
        for role in roles
        for party in detail.all("RltdPties", role)
    } - {""}
    return names.pop() if len(names) == 1 else ""


def _kind(entry: Element, signed: int) -> str:
    family = entry.text_at("BkTxCd", "Domn", "Fmly", "SubFmlyCd")
    if family == INTEREST:
        return "interest" if signed > 0 else "fee"
    return "fee" if family in FEES and signed < 0 else "ordinary"
