"""Read the settlement sheet (CSV or workbook): what platforms say they owe, typed or exported by an officer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ledger.errors import FileFormatError, InputError
from ledger.matching.formats import workbooks
from ledger.matching.formats.sheets import (
    Record,
    Row,
    check_size,
    decode,
    header_at,
    records,
    rows_under,
)
from ledger.matching.lines import SettlementFile, SettlementLine
from ledger.money import EXPONENTS, PLATFORM_UNITS

FORMAT = "settlement_csv"
COMMODITY = "CNY"
COLUMNS = (
    "platform",
    "period",
    "gross_cny",
    "refund_cny",
    "platform_share_rate",
    "platform_share_cny",
    "income_cny",
    "tax_withheld_cny",
    "net_cny",
    "statement_no",
)

# Optional are `gross_units` and `unit`, for a channel whose gifts are not counted in CNY: the gross in its own currency
# or unit; and `payout_fee_cny`, for a platform that states a fee for paying out: what it may keep of the net.

_PLATFORM = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_PERIOD = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])", re.ASCII)
_FIRST_DAY = re.compile(r"(20\d\d-(?:0[1-9]|1[0-2]))-01", re.ASCII)
# A label, never computed with; but above one it would be a slipped column.
_RATE = re.compile(r"0(?:\.\d{1,6})?|1(?:\.0{1,6})?", re.ASCII)
_NOT_NEGATIVE = ("gross_cny", "income_cny", "net_cny")
_NOT_POSITIVE = ("refund_cny", "platform_share_cny", "tax_withheld_cny")


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of this sheet."""
    return header_at(given, COLUMNS) is not None


def read_settlement_file(name: str, data: bytes) -> SettlementFile:
    """Read a settlement sheet and check its arithmetic.

    1. gross, income and net are not negative; refund, share and tax are not positive.
    2. gross + refund + share = income.
    3. income + tax = net.
    4. A statement number of a platform occurs once.

    The share is not recomputed from its rate: a month may mix rates, and what the platform states
    is what it pays.

    Args:
        name: File name for errors.
        data: The whole file: CSV in UTF-8 or GB18030, with or without byte order mark, or a
            workbook with the sheet on one visible worksheet. There a period may be the first day
            of its month, because spreadsheets make dates of months.

    Returns:
        At least one line, in the order of the file.

    Raises:
        FileFormatError: A column, a value or a sum is wrong.
        TooLargeError: Above 20 MiB, or a workbook beyond its limits.

    Source:
        Inputs, section 5.1.
    """
    check_size(name, data)
    label, given = _table(name, data)
    start = header_at(given, COLUMNS)
    if start is None:
        raise FileFormatError(file=label, line=1, field="header", reason="not-a-settlement-sheet")
    rows = list(rows_under(label, given[start], given[start + 1 :]))
    if not rows:
        raise FileFormatError(file=label, line=given[start].line, field="row", reason="no-lines")
    lines = tuple(_line(row) for row in rows)
    _check_numbers(rows, lines)
    return SettlementFile(FORMAT, lines)


class WrongRow(NamedTuple):
    """A row of a sheet that cannot be booked.

    Attributes:
        line: Of the file.
        cells: As written, by the columns of the sheet.
        field: What is wrong.
        reason: Why.
    """

    line: int
    cells: tuple[str, ...]
    field: str
    reason: str


def wrong_rows(name: str, data: bytes) -> tuple[tuple[str, ...], tuple[WrongRow, ...]]:
    """Find every wrong row of a sheet that was refused, so that all can be corrected at once.

    Args:
        name: File name for errors.
        data: The whole file.

    Returns:
        The sheet's columns and its wrong rows; none where it is the sheet as a whole that cannot be read.
    """
    try:
        label, given = _table(name, data)
        start = header_at(given, COLUMNS)
        if start is None:
            return (), ()
        rows = list(rows_under(label, given[start], given[start + 1 :]))
    except InputError:
        return (), ()
    columns = tuple(cell.strip() for cell in given[start].cells if cell.strip())
    found = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        try:
            line = _line(row)
            number = (line.platform, line.statement_no)
            if number in seen:
                raise row.wrong("statement_no", "twice")
            seen.add(number)
        except FileFormatError as error:
            cells = tuple(row.text(column) for column in columns)
            what, why = (str(error.fields[field]) for field in ("field", "reason"))
            found.append(WrongRow(row.line, cells, what, why))
    return columns, tuple(found)


def _check_numbers(rows: Sequence[Row], lines: Sequence[SettlementLine]) -> None:
    """Refuse a sheet that has a number of one platform twice; two platforms may count alike.

    Raises:
        FileFormatError: At the second row that has it.
    """
    seen: set[tuple[str, str]] = set()
    for row, line in zip(rows, lines, strict=True):
        number = (line.platform, line.statement_no)
        if number in seen:
            raise row.wrong("statement_no", "twice")
        seen.add(number)


def _table(name: str, data: bytes) -> tuple[str, Sequence[Record]]:
    if not workbooks.is_workbook(data):
        return name, records(name, decode(name, data))
    sheets = workbooks.visible_sheets(name, data)
    fitting = [sheet for sheet in sheets if recognises(sheet.records)]
    if len(fitting) > 1:
        raise FileFormatError(file=name, line=0, field="workbook", reason="several-sheets")
    return (fitting or sheets)[0]


def _period(row: Row) -> str:
    first_day = row.epoch is not None and _FIRST_DAY.fullmatch(row.text("period"))
    return first_day[1] if first_day else _shaped(row, "period", _PERIOD)


def _line(row: Row) -> SettlementLine:
    sums = {
        field: row.amount_needed(field, COMMODITY) for field in (*_NOT_NEGATIVE, *_NOT_POSITIVE)
    }
    _check_signs(row, sums)
    _check_sums(row, sums)
    return SettlementLine(
        line_no=row.line,
        platform=_shaped(row, "platform", _PLATFORM),
        period=_period(row),
        gross=sums["gross_cny"],
        refund=sums["refund_cny"],
        share_rate=_shaped(row, "platform_share_rate", _RATE),
        share=sums["platform_share_cny"],
        income=sums["income_cny"],
        tax=sums["tax_withheld_cny"],
        net=sums["net_cny"],
        statement_no=row.identifier_needed("statement_no"),
        commodity=COMMODITY,
        gross_units=_gross_units(row),
        unit=row.text("unit"),
        payout_fee=_payout_fee(row, sums["net_cny"]),
    )


def _gross_units(row: Row) -> int | None:
    unit = row.text("unit")
    if not unit:
        return None
    if unit not in EXPONENTS and unit not in PLATFORM_UNITS:
        raise row.wrong("unit", "unknown-commodity")
    units = row.amount_needed("gross_units", unit)
    if units <= 0:
        raise row.wrong("gross_units", "not-positive")
    return units


def _payout_fee(row: Row, net: int) -> int:
    field = "payout_fee_cny"
    fee = row.amount_needed(field, COMMODITY) if row.text(field) else 0
    if fee > 0:
        raise row.wrong(field, "positive")
    if fee and -fee >= net:
        raise row.wrong(field, "above-net")
    return fee


def _check_signs(row: Row, sums: dict[str, int]) -> None:
    for field in _NOT_NEGATIVE:
        if sums[field] < 0:
            raise row.wrong(field, "negative")
    for field in _NOT_POSITIVE:
        if sums[field] > 0:
            raise row.wrong(field, "positive")


def _check_sums(row: Row, sums: dict[str, int]) -> None:
    income = sums["gross_cny"] + sums["refund_cny"] + sums["platform_share_cny"]
    net = sums["income_cny"] + sums["tax_withheld_cny"]
    for field, computed, reason in (
        ("income_cny", income, "not-gross-refund-share"),
        ("net_cny", net, "not-income-tax"),
    ):
        if sums[field] != computed:
            raise row.wrong(field, reason)


def _shaped(row: Row, field: str, shape: re.Pattern[str]) -> str:
    text = row.text(field)
    if not text:
        raise row.wrong(field, "missing")
    if not shape.fullmatch(text):
        raise row.wrong(field, "malformed")
    return text
