import io
from datetime import datetime

import openpyxl
import pytest

from ledger.errors import FileFormatError
from ledger.matching.formats.settlement_csv import COLUMNS, read_settlement_file
from tests.unit.matching.formats.old_workbook import xls

MONTH = datetime(2026, 10, 1)  # noqa: DTZ001 - a workbook knows no zones
ROW = [
    "kuaishou",
    "2026-10",
    21649.10,
    0,
    0.5,
    -10824.55,
    10824.55,
    -109.79,
    10714.76,
    "KU-ST-202610",
]
CSV = ",".join(COLUMNS) + "\n" + ",".join(map(str, ROW)) + "\n"


def xlsx(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(data):
    with pytest.raises(FileFormatError) as raised:
        read_settlement_file("f", data)
    return raised.value.fields


@pytest.mark.parametrize("period", ["2026-10", MONTH])
@pytest.mark.parametrize("title", [[], [["Settlements of October"], []]])
def test_a_settlement_workbook_says_what_the_text_says(period, title):
    (expected,) = read_settlement_file("f", CSV.encode()).lines
    rows = [*title, COLUMNS, [ROW[0], period, *ROW[2:]]]
    (line,) = read_settlement_file("f", xlsx(rows)).lines
    assert line.line_no == len(title) + 2
    assert (line.period, line.gross, line.share, line.tax, line.net) == (
        expected.period,
        expected.gross,
        expected.share,
        expected.tax,
        expected.net,
    )


def test_an_old_workbook_is_taken_too():
    (line,) = read_settlement_file("f", xls([list(COLUMNS), ROW])).lines
    assert (line.gross, line.net, line.statement_no) == (2164910, 1071476, "KU-ST-202610")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (2, 21649.105, "too-many-decimals"),
        (2, "=1+1", "formula-without-value"),
        (1, MONTH.replace(day=2), "malformed"),
        (1, 46296, "malformed"),
        (9, 2026100000000000000, "ruined-number"),
        (8, 10714.75, "not-income-tax"),
    ],
)
def test_a_wrong_cell_is_named(column, value, reason):
    row = [*ROW[:column], value, *ROW[column + 1 :]]
    fields = refused(xlsx([COLUMNS, row]))
    assert fields["file"] == "f/sheet 1"
    assert (fields["line"], fields["cell"], fields["reason"]) == (
        2,
        f"{'ABCDEFGHIJ'[column]}2",
        reason,
    )


def test_the_sheet_is_found_among_others_and_two_of_them_are_refused():
    assert len(read_settlement_file("f", xlsx([["cover"]], [COLUMNS, ROW])).lines) == 1
    assert refused(xlsx([COLUMNS, ROW], [COLUMNS, ROW]))["reason"] == "several-sheets"
    assert refused(xlsx([["cover"]]))["reason"] == "not-a-settlement-sheet"
    assert refused(xlsx([COLUMNS]))["reason"] == "no-lines"
