# ruff: noqa: E501 - rows are as long as they are in the file
"""Corporate exports of ICBC, ABC and CMB, known by their words: as text, as workbooks, in any order of columns."""

import csv
import io
import random

import openpyxl
import pytest

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.detect import read_statements
from tests.unit.matching.formats.old_workbook import xls

ICBC = """凭证号,本方账号,对方账号,交易时间,借/贷,借方发生额,贷方发生额,对方行号,摘要,用途,对方单位名称,余额,附言,个性化信息
0,1202021909900012345,6222000000000000001,2026-11-05 10:12:13,借,"1,000.00",,102,转账,药费,某医院,"9,000.00",YL20261101,
0,1202021909900012345,6222000000000000002,2026-11-04 09:00:00,贷,,"10,000.00",102,汇入,KU-ST-202610,某平台,"10,000.00",结算,
合计,,,,,"1,000.00","10,000.00",,,,,,,
"""

ABC = """账户明细查询
账号：,19030101040012345,币种：,人民币
交易时间,收入金额,支出金额,本次余额,交易行名,对方省市,对方账号,对方户名,交易用途
20261104 090000,10000.00,0.00,10000.00,某支行,北京,6228480000000000001,某平台,KU-ST-202610
20261105 101213,0.00,1000.00,9000.00,某支行,北京,6228480000000000002,某医院,YL20261101
"""

CMB = """招商银行交易查询
账号,755900012345678,币种,人民币
交易日,交易时间,起息日,交易类型,借方金额,贷方金额,余额,摘要,流水号,业务参考号,收/付方名称,收/付方账号
20261104,090000,20261104,汇入,,10000.00,10000.00,KU-ST-202610,K000001,REF00000001,某平台,6225000000000001
20261105,101213,20261105,转账汇款,1000.00,,9000.00,药费 YL20261101,K000002,REF00000002,某医院,6225000000000002
"""

TEXTS = {"icbc_corporate": ICBC, "abc_corporate": ABC, "cmb_corporate": CMB}
ACCOUNTS = {
    "icbc_corporate": "1202021909900012345",
    "abc_corporate": "19030101040012345",
    "cmb_corporate": "755900012345678",
}


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_text(rows, delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def ways(text):
    """Write an export in every way in which banks hand it out."""
    rows = rows_of(text)
    return {
        "utf-8": text.encode(),
        "gb18030": text.encode("gb18030"),
        "tabs": as_text(rows, "\t").encode("gb18030"),
        "xlsx": xlsx(rows),
        "xls": xls(rows),
    }


@pytest.mark.parametrize("way", ["utf-8", "gb18030", "tabs", "xlsx", "xls"])
@pytest.mark.parametrize("name", TEXTS)
def test_each_is_read_whatever_holds_it(name, way):
    (file,) = read_statements("export", ways(TEXTS[name])[way])
    assert (file.format, file.account, file.commodity) == (name, ACCOUNTS[name], "CNY")
    assert [(str(line.booked_at.date()), line.amount_minor) for line in file.lines] == [
        ("2026-11-04", 1_000_000),
        ("2026-11-05", -100_000),
    ]
    assert (file.opening_minor, file.closing_minor) == (0, 900_000)
    assert [line.counterparty for line in file.lines] == ["某平台", "某医院"]
    assert all("YL20261101" in line.references for line in file.lines[1:])
    assert any("KU-ST-202610" in line.text for line in file.lines)


@pytest.mark.parametrize("name", TEXTS)
def test_columns_may_stand_in_any_order(name):
    rows = rows_of(TEXTS[name])
    width = max(map(len, rows))
    order = list(range(width))
    random.Random(1).shuffle(order)
    start = next(at for at, row in enumerate(rows) if len(row) == width)
    moved = [[row[at] for at in order] for row in rows[start:] if len(row) == width]
    # A line of totals is known by how it begins, so it stays as it is.
    moved = [row for row in moved if "合计" not in row]
    (file,) = read_statements("export", as_text([*rows[:start], *moved]).encode())
    assert (file.format, file.account, file.sum_minor) == (name, ACCOUNTS[name], 900_000)


def test_only_cmb_numbers_its_lines():
    numbers = {
        name: read_statements("x", text.encode())[0].lines[0].bank_id
        for name, text in TEXTS.items()
    }
    assert numbers == {"icbc_corporate": None, "abc_corporate": None, "cmb_corporate": "K000001"}
    twice = CMB.replace("K000002", "K000001").encode()
    assert [line.bank_id for line in read_statements("x", twice)[0].lines] == [None, None]


def test_a_balance_that_does_not_follow_is_not_swallowed():
    with pytest.raises(BalanceTieError):
        read_statements("x", ABC.replace("9000.00", "8999.00").encode())


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        (ABC.replace("账号：,19030101040012345,", ""), "账号", "missing-column"),
        (
            ABC.replace("20261104 090000", "03/04/2026").replace("20261105 101213", "04/05/2026"),
            "交易时间",
            "unknown-date-format",
        ),
        (ABC.replace("20261105 101213", "20260230 101213"), "交易时间", "unknown-date-format"),
        (ABC.replace("1000.00,9000.00", "1000.00-,9000.00"), "支出金额", "not-an-amount"),
    ],
)
def test_what_stays_open_refuses_the_file(text, field, reason):
    with pytest.raises(FileFormatError) as raised:
        read_statements("x", text.encode())
    assert (raised.value.fields["field"], raised.value.fields["reason"]) == (field, reason)


def test_another_banks_words_are_not_taken_for_theirs():
    with pytest.raises(FileFormatError) as raised:
        read_statements("x", ABC.replace("交易行名", "行名").encode())
    assert raised.value.fields["reason"] == "unknown-format"
