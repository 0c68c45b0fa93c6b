"""Read PayPal's settlement report `STL-yyyymmdd.NN.009.CSV`: every movement of an account, a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.assembly import bank_file
from ledger.matching.formats.mapped import moment
from ledger.matching.formats.sheets import YEARS, Record, Row, check_unique, plain, rows_under
from ledger.matching.lines import BankFile, BankLine, normalise_text, references_in
from ledger.money import AMOUNT_MAX, EXPONENTS

FORMAT = "paypal_stl"

LINE_ID = "TransactionID"
INVOICE = "InvoiceID"
OTHER_ID = "PayPalReferenceID"
EVENT = "TransactionEventCode"
STARTED = "TransactionInitiationDate"
COMPLETED = "TransactionCompletionDate"
SIGN = "TransactionDebitorCredit"
GROSS = "GrossTransactionAmount"
CURRENCY = "GrossTransactionCurrency"
FEE_SIGN = "FeeDebitorCredit"
FEE = "FeeAmount"
FEE_CURRENCY = "FeeCurrency"
CUSTOM = "CustomField"
BANK_ID = "BankReferenceID"

REQUIRED = (LINE_ID, EVENT, STARTED, SIGN, GROSS, CURRENCY, FEE_SIGN, FEE, FEE_CURRENCY)

SIGNS = {"CR": 1, "DR": -1}
FEE_EVENTS = "T01"
TIME_FORMAT = "%Y/%m/%d %H:%M:%S %z"
ACCOUNT_AT = 3
"""Place of the account in a section's header, after its two times."""

TOTALS_AT = range(2, 6)
"""Places of the sums in a section's footer: gross credits, gross debits, fee credits, fee debits."""

_UNSIGNED = re.compile(r"\d{1,16}", re.ASCII)


@dataclass(slots=True)
class _Section:
    """One account's part of a report."""

    head: Record
    columns: Record | None = None
    body: list[Record] = field(default_factory=list)
    footers: list[Record] = field(default_factory=list)
    counts: list[Record] = field(default_factory=list)


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records begin as this report does."""
    return bool(given) and given[0].cells[0] == "RH" and _Reader("", given).has_columns()


def read(name: str, given: Sequence[Record]) -> tuple[BankFile, ...]:
    """Read every section of a report.

    1. Amounts are whole numbers of minor units without a point; the sign is CR or DR beside them.
    2. A transaction is one line of its gross and, if there is one, one of its fee, which may be
    given back (CR).
    3. Footers, where they are there, must agree in count and sums.

    Args:
        name: File name for errors.
        given: Records of the whole file, as CSV.

    Returns:
        One statement for each account and currency, with the days of its section. There are no
        balances that its lines would have to meet.

    Raises:
        FileFormatError: A record or a value is wrong.
        BalanceTieError: A footer differs from the lines.

    Source:
        Inputs, section 5.5; PayPal, "Settlement Report Specification", version 9.
    """
    return _Reader(name, given).statements()


class _Reader:
    def __init__(self, name: str, given: Sequence[Record]) -> None:
        self._name = name
        self._given = given

    def has_columns(self) -> bool:
        return any(
            record.cells[0] == "CH" and set(REQUIRED) <= set(map(plain, record.cells))
            for record in self._given
        )

    def statements(self) -> tuple[BankFile, ...]:
        if not self._given or self._given[0].cells[0] != "RH":
            raise self._wrong(1, "RH", "not-a-settlement-report")
        found: list[BankFile] = []
        sections, counts = self._sections()
        if not sections:
            raise self._wrong(self._given[-1].line, "SH", "missing")
        for section in sections:
            found += self._of_section(section)
        for record in counts:
            self._check_count(record, sum(len(section.body) for section in sections))
        if not found:
            raise self._wrong(self._given[-1].line, "SB", "no-lines")
        return tuple(found)

    def _sections(self) -> tuple[list[_Section], list[Record]]:
        """Sort the records by their types, and return the counts of the whole report beside."""
        sections: list[_Section] = []
        counts: list[Record] = []
        for record in self._given:
            kind = record.cells[0]
            if kind in {"RH", "FH", "FF", "RF", "FC"}:
                continue
            if kind == "RC":
                counts.append(record)
            elif kind == "SH":
                sections.append(_Section(record))
            elif not sections or kind not in {"CH", "SB", "SF", "SC"}:
                raise self._wrong(record.line, "record-type", "unknown-record")
            elif kind == "CH":
                sections[-1].columns = record
            else:
                part = {"SB": "body", "SF": "footers", "SC": "counts"}[kind]
                getattr(sections[-1], part).append(record)
        return sections, counts

    def _of_section(self, section: _Section) -> list[BankFile]:
        for record in section.counts:
            self._check_count(record, len(section.body))
        if not section.body:
            return []
        if section.columns is None or not set(REQUIRED) <= set(map(plain, section.columns.cells)):
            raise self._wrong(section.head.line, "CH", "missing")
        rows = list(rows_under(self._name, section.columns, section.body, plain))
        check_unique(rows, LINE_ID)
        account = self._cell(section.head, ACCOUNT_AT)
        period = [self._day(section.head, place) for place in (1, 2)]
        groups: dict[str, list[BankLine]] = {}
        for row in rows:
            for line in _lines(row, account):
                groups.setdefault(line.commodity, []).append(line)
        for record in section.footers:
            self._check_footer(record, rows)
        return [
            bank_file(FORMAT, lines, account, commodity, period)
            for commodity, lines in groups.items()
        ]

    def _check_count(self, record: Record, expected: int) -> None:
        self._tie(record, "count", expected, self._number(record, 1))

    def _check_footer(self, record: Record, rows: Sequence[Row]) -> None:
        currency = self._cell(record, 1)
        sums = [0, 0, 0, 0]
        for row in rows:
            if row.text(CURRENCY) == currency:
                sums[0 if row.text(SIGN) == "CR" else 1] += _unsigned(row, GROSS)
            if row.text(FEE_CURRENCY) == currency:
                sums[2 if row.text(FEE_SIGN) == "CR" else 3] += _unsigned(row, FEE)
        for place, expected in zip(TOTALS_AT, sums, strict=True):
            self._tie(record, f"SF {place + 1}", expected, self._number(record, place))

    def _tie(self, record: Record, name: str, expected: int, found: int) -> None:
        if expected != found:
            raise BalanceTieError(
                file=self._name, line=record.line, field=name, expected=expected, found=found
            )

    def _cell(self, record: Record, place: int) -> str:
        if place >= len(record.cells):
            raise self._wrong(record.line, record.cells[0], "wrong-number-of-cells")
        return record.cells[place].strip()

    def _number(self, record: Record, place: int) -> int:
        text = self._cell(record, place)
        if not _UNSIGNED.fullmatch(text):
            raise self._wrong(record.line, record.cells[0], "not-an-amount")
        return int(text)

    def _day(self, record: Record, place: int) -> date:
        try:
            at = moment(self._cell(record, place), TIME_FORMAT)
        except (ValueError, OverflowError) as error:
            raise self._wrong(record.line, record.cells[0], "not-a-time") from error
        if at.year not in YEARS:
            raise self._wrong(record.line, record.cells[0], "not-a-time")
        return at.date()

    def _wrong(self, line: int, name: str, reason: str) -> FileFormatError:
        return FileFormatError(file=self._name, line=line, field=name, reason=reason)


def _lines(row: Row, account: str) -> list[BankLine]:
    number = row.identifier_needed(LINE_ID)
    event = row.text(EVENT)
    ids = [row.identifier(one) or "" for one in (INVOICE, OTHER_ID, BANK_ID)]
    commodity = _commodity(row, CURRENCY)
    line = BankLine(
        line_no=row.line,
        account=account,
        booked_at=_instant(row),
        amount_minor=_signed(row, SIGN, GROSS),
        commodity=commodity,
        balance_minor=None,
        bank_id=number,
        references=references_in(number, *ids, row.text(CUSTOM)),
        counterparty="",
        text=normalise_text(" ".join((event, *ids, row.text(CUSTOM)))),
        kind="fee" if event.startswith(FEE_EVENTS) else "ordinary",
    )
    fee_minor = _signed(row, FEE_SIGN, FEE)
    if not fee_minor:
        return [line]
    fee = replace(line, amount_minor=fee_minor, bank_id=f"{number}/fee", kind="fee")
    return [line, replace(fee, commodity=_commodity(row, FEE_CURRENCY))]


def _commodity(row: Row, name: str) -> str:
    commodity = row.text(name)
    if commodity not in EXPONENTS:
        raise row.wrong(name, "unknown-currency")
    return commodity


def _unsigned(row: Row, name: str) -> int:
    text = row.text(name) or "0"
    if not _UNSIGNED.fullmatch(text):
        raise row.wrong(name, "not-an-amount")
    minor = int(text)
    if minor > AMOUNT_MAX:
        raise row.wrong(name, "too-large")
    return minor


def _signed(row: Row, sign: str, name: str) -> int:
    minor = _unsigned(row, name)
    if not minor:
        return 0
    direction = SIGNS.get(row.text(sign))
    if direction is None:
        raise row.wrong(sign, "unknown-direction")
    return direction * minor


def _instant(row: Row) -> datetime:
    name = COMPLETED if row.text(COMPLETED) else STARTED
    try:
        at = moment(row.text(name), TIME_FORMAT)
    except (ValueError, OverflowError) as error:
        raise row.wrong(name, "not-a-time") from error
    if at.year not in YEARS:
        raise row.wrong(name, "not-a-time")
    return at
