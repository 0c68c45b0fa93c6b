"""Workbooks from outside (.xlsx, .xls), opened within limits: bytes to rows of text.

A workbook is a program's file and not a statement: it holds numbers as binary fractions, dates as
serial numbers, formulas, hidden sheets. What comes out here is what a person would copy from the
screen, exactly, or an error that names the cell.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple

import openpyxl
import xlrd

from ledger.errors import FileFormatError, LedgerError, TooLargeError
from ledger.matching.formats import archives
from ledger.matching.formats.sheets import Record, column_letters

OLD_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Start of an OLE2 file: an .xls, or an .xlsx with a password."""

CELLS_MAX = 1_000_000
"""Cells of a workbook, blank ones within rows included; fifty thousand lines of twenty columns."""

TAGS_MAX = 8_000_000
"""Tags of all its XML, which bound the time: 4.7 million took 20 seconds on two busy cores (4 µs each)."""

BLANK_ROWS_MAX = 10_000
"""Reading stops after so many blank rows: beyond is formatting that somebody dragged down."""

DIGITS_MAX = 15
"""Digits that a spreadsheet's number holds; of a longer one the rest has become zeros."""

EPOCH_1900 = date(1899, 12, 30)
"""Day zero such that serial numbers from March 1900 on are right, in spite of 29 February 1900."""

EPOCH_1904 = date(1904, 1, 1)

_CONTENT = "[Content_Types].xml"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PLACES = re.compile(
    rb"<(?:\w+:)?(?:row\b[^>]*?\sr=[\"'](\d{1,9})[\"']|c\b[^>]*?\sr=[\"']([A-Z]{1,3})(\d{1,9})[\"'])"
)


class Sheet(NamedTuple):
    """One visible worksheet.

    Attributes:
        name: For errors: the file's name and which visible sheet it is, from 1. A title may be an
            account's number.
        records: Rows that are not blank.
    """

    name: str
    records: list[Record]


def is_workbook(data: bytes) -> bool:
    """Return whether bytes are a workbook, perhaps a broken one; never raises."""
    if data.startswith(OLD_MAGIC):
        return True
    if not data.startswith(archives.MAGIC):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _CONTENT in archive.namelist()
    except archives.FAULTS:
        return False


def visible_sheets(name: str, data: bytes) -> list[Sheet]:
    """Read every visible worksheet; hidden ones are left out.

    Args:
        name: File name for errors.
        data: The whole workbook.

    Returns:
        Sheets that have rows, in their order. Numbers and dates as text: `2176.91`,
        `2026-11-03 09:00:00`; a number of more than 15 digits as `6.217E+18`, so that nobody takes
        it for an account.

    Raises:
        FileFormatError: Broken, with a password, a formula without its value, or nothing to see.
        TooLargeError: Beyond a limit of this module or of `archives`.
        LedgerError: One of these two, as it came.
    """
    reader = _old_sheets if data.startswith(OLD_MAGIC) else _sheets
    try:
        found = [sheet for sheet in reader(name, data) if sheet.records]
    except LedgerError:
        raise
    except Exception as error:  # what two libraries raise on broken files is beyond counting
        raise FileFormatError(
            file=name, line=0, field="workbook", reason="broken-workbook"
        ) from error
    if not found:
        raise FileFormatError(file=name, line=0, field="workbook", reason="nothing-visible")
    return found


# --- .xlsx -------------------------------------------------------------------------------------------


def _sheets(name: str, data: bytes) -> Iterator[Sheet]:
    _check_parts(name, data)
    book = _opened(data, values=False)
    epoch = EPOCH_1904 if book.epoch.year == EPOCH_1904.year else EPOCH_1900
    counted = _Counter(name)
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for number, sheet in enumerate(visible, start=1):
        label = f"{name}/sheet {number}"
        rows = dict(_filled_rows(counted, _cells(sheet)))
        formulas = [
            (line, index)
            for line, cells in rows.items()
            for index, (kind, _) in enumerate(cells)
            if kind == "f"
        ]
        if formulas:
            valued = _opened(data, values=True).worksheets[book.worksheets.index(sheet)]
            _put_values(label, _cells(valued), rows, formulas)
        yield Sheet(label, _records(label, rows, epoch))


def _opened(data: bytes, *, values: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions, which are not read
        return openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=values, keep_links=False
        )


def _cells(sheet: Any) -> Iterator[list[tuple[str, object]]]:
    # The stated dimension is often wrong, and what lies outside would be left out without a word.
    sheet.reset_dimensions()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row in sheet.iter_rows():
            yield [(cell.data_type, cell.value) for cell in row]


def _put_values(
    label: str,
    given: Iterable[list[tuple[str, object]]],
    rows: dict[int, list[tuple[str, object]]],
    formulas: Iterable[tuple[int, int]],
) -> None:
    """Replace formulas by the values that the spreadsheet stored beside them.

    Raises:
        FileFormatError: A formula has none: a program wrote the file and never computed it.
    """
    wanted = set(formulas)
    last = max(line for line, _ in wanted)
    for line, cells in enumerate(given, start=1):
        for index, (kind, value) in enumerate(cells):
            if (line, index) not in wanted:
                continue
            # `str` without a value is a formula whose result is the empty text.
            if value is None and kind != "str":
                raise FileFormatError(**_place(label, line, index), reason="formula-without-value")
            rows[line][index] = (kind, value)
        if line == last:
            return


def _check_parts(name: str, data: bytes) -> None:
    """Look over the archive and its XML before a library does.

    1. Members, bytes and ratio are within the limits of `archives`.
    2. No part declares a document type: entities are how XML grows and how it reads files.
    3. There are no more than `TAGS_MAX` tags.
    4. Rows and cells stand in order; the library would leave out the others without a word.

    Raises:
        FileFormatError: Of points 1, 2 or 4, or not an archive.
        TooLargeError: Of points 1 or 3.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            archives.check_members(name, members)
            parts = [
                archive.read(info)
                for info in members
                if info.filename.lower().endswith((".xml", ".rels"))
            ]
    except archives.FAULTS as error:
        raise FileFormatError(
            file=name, line=0, field="archive", reason="broken-archive"
        ) from error
    tags = sum(part.count(b"<") for part in parts)
    if tags > TAGS_MAX:
        raise TooLargeError(file=name, what="tags", limit=TAGS_MAX, found=tags)
    for part in parts:
        if b"\x00" in part[:200] or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise FileFormatError(file=name, line=0, field="workbook", reason="document-type")
        if b"sheetData" in part:
            _check_places(name, part)


def _check_places(name: str, part: bytes) -> None:
    row, column = 0, (0, b"")
    for found in _PLACES.finditer(part):
        if found[1] is not None:
            if int(found[1]) <= row:
                raise _out_of_order(name, int(found[1]))
            row, column = int(found[1]), (0, b"")
            continue
        place = (len(found[2]), found[2])
        if place <= column or (row and int(found[3]) != row):
            raise _out_of_order(name, int(found[3]))
        column = place


def _out_of_order(name: str, row: int) -> FileFormatError:
    return FileFormatError(file=name, line=row, field="row", reason="out-of-order")


# --- .xls --------------------------------------------------------------------------------------------


def _old_sheets(name: str, data: bytes) -> Iterator[Sheet]:
    if _ENCRYPTED in data:
        raise FileFormatError(file=name, line=0, field="workbook", reason="encrypted")
    book = xlrd.open_workbook(
        file_contents=data, on_demand=True, ragged_rows=True, logfile=io.StringIO()
    )
    epoch = EPOCH_1904 if book.datemode else EPOCH_1900
    counted = _Counter(name)
    number = 0
    for index in range(book.nsheets):
        sheet = book.sheet_by_index(index)
        if sheet.visibility:
            continue
        number += 1
        label = f"{name}/sheet {number}"
        rows = dict(_filled_rows(counted, _old_cells(sheet, epoch)))
        yield Sheet(label, _records(label, rows, epoch))
        book.unload_sheet(index)


def _old_cells(sheet: Any, epoch: date) -> Iterator[list[tuple[str, object]]]:
    readings: dict[int, Callable[[Any], object]] = {
        xlrd.XL_CELL_TEXT: str,
        xlrd.XL_CELL_NUMBER: lambda value: value,
        xlrd.XL_CELL_DATE: lambda value: _moment(value, epoch),
        xlrd.XL_CELL_BOOLEAN: bool,
        xlrd.XL_CELL_ERROR: lambda _: "#ERROR!",
    }
    for index in range(sheet.nrows):
        yield [
            ("", readings[cell.ctype](cell.value) if cell.ctype in readings else None)
            for cell in sheet.row(index)
        ]


def _moment(value: Any, epoch: date) -> object:
    serial = Decimal(repr(value))
    seconds = timedelta(seconds=round(serial % 1 * 86_400))
    if serial < 1:
        return (datetime.min + seconds).time()  # noqa: DTZ901 - a time of day, on no day
    return datetime.combine(epoch, time()) + timedelta(days=int(serial)) + seconds


# --- both --------------------------------------------------------------------------------------------


class _Counter:
    """Counts the cells of a workbook, and stops at `CELLS_MAX`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._cells = 0

    def add(self, cells: int) -> None:
        """Count the cells of one row.

        Raises:
            TooLargeError: There are too many.
        """
        self._cells += cells
        if self._cells > CELLS_MAX:
            raise TooLargeError(file=self._name, what="cells", limit=CELLS_MAX, found=self._cells)


def _filled_rows(
    counted: _Counter, given: Iterable[list[tuple[str, object]]]
) -> Iterator[tuple[int, list[tuple[str, object]]]]:
    """Yield rows that are not blank with their number from 1, until there are blank ones only."""
    blank = 0
    for line, cells in enumerate(given, start=1):
        counted.add(len(cells))
        if any(value is not None and value != "" for _, value in cells):
            blank = 0
            yield line, cells
            continue
        blank += 1
        if blank >= BLANK_ROWS_MAX:
            return


def _records(label: str, rows: dict[int, list[tuple[str, object]]], epoch: date) -> list[Record]:
    found = []
    for line, cells in rows.items():
        texts = tuple(_text(label, line, index, value) for index, (_, value) in enumerate(cells))
        if any(text.strip() for text in texts):
            numbers = frozenset(
                index for index, (_, value) in enumerate(cells) if _is_number(value)
            )
            found.append(Record(line, texts, epoch, numbers))
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _text(label: str, line: int, index: int, value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            return _shown(value)
        case date() | time() | timedelta():
            return str(value)
    number = Decimal(repr(value))
    if not number.is_finite():
        raise FileFormatError(**_place(label, line, index), reason="not-a-number")
    return number_text(number)


def _shown(at: datetime) -> str:
    rounded = (at + timedelta(milliseconds=500)).replace(microsecond=0)
    return str(rounded.date() if rounded.time() == time() else rounded)


def number_text(number: Decimal) -> str:
    """Write a spreadsheet's number as its shortest exact decimal text.

    Args:
        number: From the shortest text that gives the stored binary fraction: 67.1 is stored as
            67.099999999999994 and is 67.1; 0.1 + 0.2 is 0.30000000000000004 and stays so.

    Returns:
        `67.1`, `15001666668888`; beyond 15 digits before the point `6.217E+18`, which no amount
        and no identifier can be.
    """
    if number.adjusted() >= DIGITS_MAX:
        return f"{number.normalize():E}"
    if number == number.to_integral_value():
        return str(int(number))
    return f"{number.normalize():f}"


def _place(label: str, line: int, index: int) -> dict[str, object]:
    """Return the fields of an error that say where it is."""
    cell = f"{column_letters(index)}{line}"
    return {"file": label, "line": line, "cell": cell, "field": "cell"}
