"""A list as a file for spreadsheets: CSV or XLSX, row by row, however long it is.

In: columns, and rows of values. Out: bytes. Guaranteed: amounts and numbers are numbers and have their unit in the
head, one column for each currency; no text can run as a formula; one row in memory at a time.

CSV is UTF-8 with a byte order mark, and its lines end with CRLF. A workbook has texts as texts, so that long numbers
of banks keep their digits; beyond a million rows it goes on on a further sheet.

Source:
    RFC 4180; ECMA-376 (SpreadsheetML); OWASP ASVS 5.0, 1.2.10.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO, Literal, NamedTuple
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from ledger.cells import BYTE_ORDER_MARK, guarded
from ledger.money import exponent, plain_amount

Kind = Literal["text", "money", "number", "day", "moment"]

SHEET_ROWS = 1_000_000
"""Rows of one sheet; a workbook may have 1,048,576."""

CELL_CHARS_MAX = 32_767
"""Of a workbook's cell."""

DIGITS_MAX = 15
"""A spreadsheet keeps so many digits of a number; a longer one is written as text."""

_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What no XML may hold."""


class Money(NamedTuple):
    """An amount.

    Attributes:
        minor: Minor units, with a sign.
        commodity: ISO 4217 code, or a platform's unit.
    """

    minor: int
    commodity: str


Value = str | int | Money | date | datetime | None
"""What stands in a cell; None where nothing applies."""


class Column(NamedTuple):
    """A column.

    Attributes:
        title: Its head, without a unit.
        kind: What its values are.
    """

    title: str
    kind: Kind = "text"


class Table(NamedTuple):
    """What is written.

    Attributes:
        columns: In order.
        rows: Values by column; read once.
        units: By currency, what follows the head of an amount, such as `（元）`: a column for each.
        zone: Time zone of moments; their heads name it.
    """

    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    units: Mapping[str, str]
    zone: str


class _Cell(NamedTuple):
    """A cell as both files write it: a text, a number with its places, a day or a moment of the zone."""

    value: str | int | Decimal | date | datetime | None
    places: int | None = None


def write_csv(out: BinaryIO, table: Table) -> int:
    """Write a table as CSV.

    Args:
        out: Where to; stays open.
        table: What.

    Returns:
        Rows, without the head.
    """
    text = io.TextIOWrapper(out, encoding="utf-8", errors="replace", newline="")
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guarded(one) for one in heads(table)])
    count = 0
    for cells in _rows(table):
        writer.writerow([_plain(one) for one in cells])
        count += 1
    text.flush()
    text.detach()
    return count


def write_xlsx(out: BinaryIO, table: Table) -> int:
    """Write a table as a workbook.

    Args:
        out: Where to; stays open.
        table: What.

    Returns:
        Rows, without the heads.
    """
    book = Workbook(write_only=True)
    sheet, count = _sheet(book, table), 0
    for cells in _rows(table):
        if count and count % SHEET_ROWS == 0:
            sheet = _sheet(book, table)
        sheet.append([_typed(sheet, one) for one in cells])
        count += 1
    book.save(out)
    return count


def heads(table: Table) -> list[str]:
    """Return the head of each column that is written: amounts with their unit, moments with their zone."""
    found = []
    for column in table.columns:
        if column.kind == "money":
            found += [f"{column.title}{unit}" for unit in table.units.values()]
        elif column.kind == "moment":
            found.append(f"{column.title} ({table.zone})")
        else:
            found.append(column.title)
    return found


def _rows(table: Table) -> Iterator[list[_Cell]]:
    zone = ZoneInfo(table.zone)
    for row in table.rows:
        cells: list[_Cell] = []
        for column, value in zip(table.columns, row, strict=True):
            if column.kind == "money":
                cells += [_amount(value, commodity) for commodity in table.units]
            else:
                cells.append(_cell(value, zone))
        yield cells


def _amount(value: Value, commodity: str) -> _Cell:
    if not isinstance(value, Money) or value.commodity != commodity:
        return _Cell(None)
    return _Cell(Decimal(plain_amount(value.minor, commodity)), exponent(commodity))


def _cell(value: Value, zone: ZoneInfo) -> _Cell:
    if isinstance(value, datetime):
        return _Cell(value.astimezone(zone).replace(microsecond=0, tzinfo=None))
    if isinstance(value, int):
        return _Cell(value, 0)
    assert not isinstance(value, Money)
    return _Cell(value)


def _plain(cell: _Cell) -> str:
    """Write a cell for CSV."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def _sheet(book: Workbook, table: Table) -> WriteOnlyWorksheet:
    sheet: WriteOnlyWorksheet = book.create_sheet()
    named = heads(table)
    sheet.freeze_panes = "A2"
    for at in range(len(named)):
        sheet.column_dimensions[get_column_letter(at + 1)].width = 18  # type: ignore[attr-defined]  # made for each sheet
    cells = [_text(sheet, one) for one in named]
    for one in cells:
        one.font = Font(bold=True)
    sheet.append(cells)
    return sheet


def _typed(sheet: WriteOnlyWorksheet, cell: _Cell) -> object:
    """Return a cell for a workbook: a number stays one, and a text is never read as a formula."""
    value = cell.value
    if value is None:
        return None
    if isinstance(value, str):
        return _text(sheet, value)
    if (
        isinstance(value, int | Decimal)
        and len(str(value).strip("-").replace(".", "")) > DIGITS_MAX
    ):
        return _text(sheet, str(value))
    made: SheetCell = WriteOnlyCell(sheet, value)  # type: ignore[arg-type]  # decimals and days are taken too
    if isinstance(value, datetime):
        made.number_format = "yyyy-mm-dd hh:mm:ss"
    elif isinstance(value, date):
        made.number_format = "yyyy-mm-dd"
    elif cell.places:
        made.number_format = "#,##0." + "0" * cell.places
    return made


def _text(sheet: WriteOnlyWorksheet, text: str) -> SheetCell:
    safe = _UNWRITABLE.sub("\ufffd", guarded(text))[:CELL_CHARS_MAX]
    made: SheetCell = WriteOnlyCell(sheet, safe)
    made.data_type = "s"
    return made
