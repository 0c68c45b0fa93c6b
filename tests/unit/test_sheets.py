"""Tables for spreadsheets: nothing runs, nothing is lost, amounts are numbers in a column of their currency."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.cells import FORMULA_STARTS
from ledger.export.sheets import Column, Money, Table, write_csv, write_xlsx

COLUMNS = (
    Column("附言"),
    Column("金额", "money"),
    Column("笔数", "number"),
    Column("日", "day"),
    Column("时间", "moment"),
)
UNITS = {"CNY": "（元）", "JPY": "（JPY）"}
AT = datetime(2026, 10, 9, 12, 0, 24, tzinfo=UTC)
ROWS = st.lists(
    st.tuples(
        st.text() | st.sampled_from([f"{one}1+1" for one in FORMULA_STARTS]),
        st.builds(Money, st.integers(-(10**13), 10**13), st.sampled_from(["CNY", "JPY"])),
        st.none() | st.integers(0, 10**18),
        st.none() | st.dates(date(1999, 1, 1), date(2100, 1, 1)),
        st.just(AT),
    ),
    min_size=5,
    max_size=30,
)


def written(write, rows):
    out = io.BytesIO()
    assert write(out, Table(COLUMNS, iter(rows), UNITS, "Asia/Shanghai")) == len(rows)
    return out


@settings(max_examples=15)
@given(ROWS)
def test_no_text_runs_and_no_amount_is_lost(rows):
    text = written(write_csv, rows).getvalue().decode("utf-8-sig")
    head, *told = csv.reader(io.StringIO(text, newline=""))
    assert head == ["附言", "金额（元）", "金额（JPY）", "笔数", "日", "时间 (Asia/Shanghai)"]
    assert len(told) == len(rows)
    sheet = openpyxl.load_workbook(written(write_xlsx, rows)).active
    for row, cells, found in zip(rows, told, sheet.iter_rows(min_row=2), strict=True):
        assert not cells[0].startswith(FORMULA_STARTS)
        assert cells[5] == "2026-10-09 20:00:24"
        at, digits = (1, 2) if row[1].commodity == "CNY" else (2, 0)
        assert int(Decimal(cells[at]).scaleb(digits)) == row[1].minor
        assert cells[3 - at] == ""
        assert {one.data_type for one in found} <= {"s", "n", "d", "inlineStr"}
        assert (
            int((Decimal(str(found[at].value)).scaleb(digits)).to_integral_value()) == row[1].minor
        )
        # A number of more digits than a spreadsheet keeps is a text.
        assert str(found[3].value or 0) == str(row[2] or 0)
