# ruff: noqa: DTZ001 - a workbook knows no zones

import contextlib
import io
import random
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.errors import FileFormatError, InputError, TooLargeError
from ledger.matching.formats import workbooks
from ledger.matching.formats.workbooks import is_workbook, number_text, visible_sheets
from tests.unit.matching.formats.old_workbook import xls

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{}</sheetData></worksheet>"
)


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def with_sheet(content, **extra):
    """Put raw XML where the first worksheet is, as no spreadsheet would write it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx([1]))) as given_,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in given_.namelist():
            made.writestr(name, content if name.endswith("sheet1.xml") else given_.read(name))
        for name, data in extra.items():
            made.writestr(name, data)
    return out.getvalue()


def texts(data):
    return [record.cells for sheet in visible_sheets("x", data) for record in sheet.records]


def refused(data, kind=FileFormatError):
    with pytest.raises(kind) as raised:
        visible_sheets("x", data)
    return raised.value.fields


CELLS = ["字", 67.1, 2176.91, 0, -3, 1500.5, 15001666668888]


@pytest.mark.parametrize("make", [xlsx, lambda row: xls([row])], ids=["xlsx", "xls"])
def test_numbers_come_out_as_they_were_typed(make):
    assert texts(make(CELLS)) == [("字", "67.1", "2176.91", "0", "-3", "1500.5", "15001666668888")]


@given(st.integers(-(10**14), 10**14))
def test_any_amount_of_hundredths_survives_the_binary_fraction(minor):
    value = minor / 100
    assert Decimal(number_text(Decimal(repr(value)))) * 100 == minor


def test_what_is_no_exact_amount_keeps_all_its_decimals():
    assert number_text(Decimal(repr(0.1 + 0.2))) == "0.30000000000000004"


def test_a_number_of_sixteen_digits_is_written_so_that_nobody_takes_it_for_an_account():
    for data in (xlsx([6217000000000000123]), xls([[6.217e18]])):
        assert texts(data) == [("6.217E+18",)]
    assert texts(xlsx([999999999999999])) == [("999999999999999",)]


def test_dates_come_out_as_days_and_times():
    at = datetime(2026, 11, 3, 9, 0, 59, 999999)
    assert texts(xlsx([at, datetime(2026, 11, 3), date(2026, 11, 4)])) == [
        ("2026-11-03 09:01:00", "2026-11-03", "2026-11-04")
    ]
    assert texts(xls([[(46329.375,), (46329.0,), (0.5,)]])) == [
        ("2026-11-03 09:00:00", "2026-11-03", "12:00:00")
    ]


def test_hidden_sheets_are_left_out():
    book = openpyxl.Workbook()
    book.active.append(["seen"])
    for state in ("hidden", "veryHidden"):
        sheet = book.create_sheet(state)
        sheet.append(["not seen"])
        sheet.sheet_state = state
    assert texts(saved(book)) == [("seen",)]
    assert texts(xls([["seen"]], [["not seen"]], hidden={1})) == [("seen",)]
    assert refused(xls([["not seen"]], hidden={0}))["reason"] == "nothing-visible"


def test_a_formula_gives_its_stored_value():
    cells = (
        '<row r="1"><c r="A1"><f>1+1</f><v>2.5</v></c><c r="B1" t="str"><f>""</f><v></v></c></row>'
    )
    assert texts(with_sheet(SHEET.format(cells))) == [("2.5", "")]


def test_a_formula_without_a_value_is_refused_by_its_cell():
    fields = refused(xlsx(["a"], [None, "=SUM(A1:A9)"]))
    assert fields == {
        "file": "x/sheet 1",
        "line": 2,
        "cell": "B2",
        "field": "cell",
        "reason": "formula-without-value",
    }


def test_merged_cells_have_their_value_in_the_first():
    book = openpyxl.Workbook()
    book.active.append(["title", None, "c"])
    book.active.merge_cells("A1:B1")
    assert texts(saved(book)) == [("title", "", "c")]


def test_a_stated_dimension_is_not_believed():
    content = SHEET.format('<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>')
    narrow = content.replace("<sheetData>", '<dimension ref="A1"/><sheetData>')
    assert texts(with_sheet(narrow)) == [("1", "2")]


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="5"><c r="A5"><v>1</v></c></row><row r="3"><c r="A3"><v>2</v></c></row>',
        '<row r="5"><c r="A5"><v>1</v></c></row><row r="5"><c r="A5"><v>2</v></c></row>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A2"><v>1</v></c></row>',
    ],
)
def test_rows_and_cells_out_of_order_are_refused_because_the_library_drops_them(cells):
    assert refused(with_sheet(SHEET.format(cells)))["reason"] == "out-of-order"


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="10000000"><c r="A10000000"><v>2</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        + "".join(f'<row r="{n}" q="{n**5}"/>' for n in range(2, 200_000)),
    ],
    ids=["a gap", "rows"],
)
def test_endless_blank_rows_are_not_read_to_their_end(rows):
    start = time.monotonic()
    assert texts(with_sheet(SHEET.format(rows))) == [("1",)]
    assert time.monotonic() - start < 20


def test_ten_million_blank_rows_are_a_bomb():
    assert (
        refused(with_sheet(SHEET.format("<row/>" * 10_000_000)), TooLargeError)["what"] == "ratio"
    )


def test_more_members_bytes_tags_and_cells_than_allowed_are_refused(monkeypatch):
    many = with_sheet(SHEET.format(""), **{f"m{number}": b"" for number in range(2_000)})
    assert refused(many, TooLargeError)["what"] == "members"
    monkeypatch.setattr(workbooks, "CELLS_MAX", 3)
    assert refused(xlsx([1, 2], [3, 4]), TooLargeError) == {
        "file": "x",
        "what": "cells",
        "limit": 3,
        "found": 4,
    }
    assert refused(xls([[1, 2], [3, 4]]), TooLargeError)["what"] == "cells"
    monkeypatch.setattr(workbooks, "TAGS_MAX", 10)
    assert refused(xlsx([1]), TooLargeError)["what"] == "tags"
    monkeypatch.setattr("ledger.matching.formats.archives.UNPACKED_BYTES_MAX", 100)
    assert refused(xlsx([1]), TooLargeError)["what"] == "unpacked"


@pytest.mark.parametrize(
    "start", ["<!DOCTYPE a [<!ENTITY b 'c'>]>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>"]
)
def test_a_document_type_is_refused(start):
    assert refused(with_sheet(start + SHEET.format("")))["reason"] == "document-type"
    assert (
        refused(with_sheet((start + SHEET.format("")).encode("utf-16")))["reason"]
        == "document-type"
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04[Content_Types].xml", "broken-archive"),
        (workbooks.OLD_MAGIC + b"\x00" * 600, "broken-workbook"),
        (workbooks.OLD_MAGIC + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (with_sheet("<worksheet"), "broken-workbook"),
        (xlsx(), "nothing-visible"),
        (xlsx([" ", None]), "nothing-visible"),
    ],
)
def test_what_cannot_be_opened_is_refused(data, reason):
    assert refused(data)["reason"] == reason


def test_only_workbooks_are_workbooks():
    plain_zip = io.BytesIO()
    with zipfile.ZipFile(plain_zip, "w") as archive:
        archive.writestr("a.csv", "a")
    assert is_workbook(xlsx([1]))
    assert is_workbook(xls([[1]]))
    assert not any(map(is_workbook, [b"", b"a,b", b"PK\x03\x04", plain_zip.getvalue()]))


GOOD = [
    xlsx(["日期", "金额"], [datetime(2026, 11, 3), 67.1], ["=1", None]),
    xls([["日期", 67.1, (46000.5,)]]),
]


@given(st.sampled_from(GOOD), st.integers(0, 2**32))
def test_a_damaged_workbook_is_read_or_refused_in_our_own_words(data, seed):
    chance = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(damaged))
        if chance.random() < 0.1:
            del damaged[at : at + chance.randrange(1, 400)]
        else:
            damaged[at] = chance.randrange(256)
    with contextlib.suppress(InputError):
        visible_sheets("x", bytes(damaged))


@given(st.binary(max_size=300))
@example(b"")
def test_random_bytes_after_the_magic_are_refused_in_our_own_words(tail):
    for magic in (workbooks.OLD_MAGIC, b"PK\x03\x04"):
        with pytest.raises(InputError):
            visible_sheets("x", magic + tail)


def inside(content):
    return with_sheet(SHEET.format(content))


PIECES = [
    '<row r="1">',
    "<row>",
    "</row>",
    '<c r="A1" t="s">',
    '<c r="B1" t="inlineStr">',
    "<c>",
    "</c>",
    "<v>",
    "</v>",
]
PIECES += [
    "<f>",
    "</f>",
    "1",
    "1e999",
    "-0",
    "NaN",
    "inf",
    "9" * 40,
    "A1",
    "<is><t>",
    "</t></is>",
    '<c t="d">',
    '<c t="b">',
]


@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_any_xml_of_a_sheet_is_read_or_refused_in_our_own_words(pieces):
    with contextlib.suppress(InputError):
        visible_sheets("x", inside("".join(pieces)))
