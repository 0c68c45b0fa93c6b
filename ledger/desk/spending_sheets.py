"""Spending sheets from bytes: CSV in whichever encoding, or a workbook."""

from __future__ import annotations

from ledger.errors import FileFormatError
from ledger.funds.lists import Lists
from ledger.matching.formats import workbooks
from ledger.matching.formats.sheets import check_size, decode, records
from ledger.spending.sheet import Reading, first_fault, read_records


def read(name: str, data: bytes, lists: Lists) -> Reading:
    """Read a spending sheet.

    Args:
        name: Of the file, for errors.
        data: CSV or workbook; of a workbook its first sheet that has the header.
        lists: What the fund's lists hold now.

    Returns:
        Rows and faults.

    Raises:
        FileFormatError: Not such a sheet.
        TooLargeError: Too many bytes or cells.
    """
    check_size(name, data)
    if not workbooks.is_workbook(data):
        text = decode(name, data)
        found = records(name, text)
        return read_records(name, ((one.line, one.cells) for one in found), lists)
    error: FileFormatError | None = None
    for sheet in workbooks.visible_sheets(name, data):
        try:
            return read_records(
                sheet.name, ((one.line, one.cells) for one in sheet.records), lists
            )
        except FileFormatError as wrong:
            if wrong.fields.get("reason") != "columns":
                raise
            error = error or wrong
    assert error is not None
    raise error


def read_whole(name: str, data: bytes, lists: Lists) -> Reading:
    """Read a spending sheet that has no faults.

    Raises:
        FileFormatError: It has; names file, line, field and reason of the first.
    """
    found = read(name, data, lists)
    first_fault(name, found)
    return found
