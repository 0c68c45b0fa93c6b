# ruff: noqa: E501 - rows are as long as they are in the file

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.detect import read_bank_file

HEADER = (
    "账号,交易时间,借方发生额（支取）,贷方发生额（收入）,余额,币种,对方户名,对方账号,对方开户机构,"
    "记账日期,摘要,备注,账户明细编号-交易流水号,企业流水号,凭证种类,凭证号,交易介质编号"
)
IN = '150,20261107 11:30:00,,"10,714.76","10,714.76",人民币元,王某,2088,财付通,20261107,电子汇入,WD20261101 手续费,1-1,,,,'
OUT = '150,20261112 15:00:00,"1,280.00",,"9,434.76",人民币元,医院,1500,农行,20261112,转账支取,药费,2-2,ZF20261112,,,'
INTEREST = "150,20261121 02:00:00,,0.37,9435.13,人民币元,,,,20261121,结息,,3-3,,,,"


def read(*rows, header=HEADER, encoding="gb18030"):
    return read_bank_file("ccb.csv", "\r\n".join([header, *rows, ""]).encode(encoding))


def test_credit_is_money_in_and_debit_money_out():
    file = read(IN, OUT, INTEREST)
    assert (file.format, file.account, file.commodity) == ("ccb_corporate", "150", "CNY")
    assert (file.opening_minor, file.closing_minor) == (0, 943513)
    assert (file.first_day.isoformat(), file.last_day.isoformat()) == ("2026-11-07", "2026-11-21")
    assert [line.amount_minor for line in file.lines] == [1071476, -128000, 37]
    assert [line.bank_id for line in file.lines] == ["1-1", "2-2", "3-3"]
    assert [line.references for line in file.lines] == [("WD20261101",), ("ZF20261112",), ()]
    assert file.lines[0].booked_at == datetime(
        2026, 11, 7, 11, 30, tzinfo=ZoneInfo("Asia/Shanghai")
    )
    assert file.lines[0].counterparty == "王某"


def test_only_the_banks_own_word_makes_a_fee_or_interest():
    assert [line.kind for line in read(IN, OUT, INTEREST).lines] == [
        "ordinary",
        "ordinary",
        "interest",
    ]
    fee = OUT.replace("转账支取", "网银手续费")
    assert read(IN, fee).lines[1].kind == "fee"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("借方发生额（支取）,贷方发生额（收入）", "借方发生额/元(支取),贷方发生额/元(收入)"),
        ("借方发生额（支取）", " 借方发生额 \t"),
        ("余额", "余额(元)"),
    ],
)
def test_spaces_parentheses_and_units_of_header_cells_do_not_matter(old, new):
    assert HEADER.replace(old, new) != HEADER
    assert read(IN, OUT, header=HEADER.replace(old, new)) == read(IN, OUT)


def test_lines_before_the_header_and_utf8_are_read_too():
    assert len(read(IN, header="账户明细,,\r\n\r\n" + HEADER).lines) == 1
    assert read(IN, encoding="utf-8-sig") == read(IN)


def test_an_export_written_newest_first_is_turned_round():
    file = read(INTEREST, OUT, IN)
    assert [line.bank_id for line in file.lines] == ["1-1", "2-2", "3-3"]
    assert [line.line_no for line in file.lines] == [4, 3, 2]


def test_a_reversal_in_red_is_negative_in_its_own_column():
    red = '150,20261113 09:00:00,"-1,280.00",,"10,714.76",人民币元,医院,1500,农行,20261113,冲正,药费,4-4,,,,'
    assert read(IN, OUT, red).lines[2].amount_minor == 128000


def test_a_row_that_is_missing_breaks_the_chain():
    with pytest.raises(BalanceTieError) as raised:
        read(IN, INTEREST)
    assert raised.value.fields == {
        "file": "ccb.csv",
        "line": 3,
        "field": "balance",
        "expected": 1071513,
        "found": 943513,
        "account_ending": "150",
        "currency": "CNY",
        "first_day": "2026-11-07",
        "last_day": "2026-11-21",
        "opening_minor": 0,
        "closing_minor": 943513,
        "sum_minor": 1071513,
        "lines": 2,
        "difference_minor": -128000,
    }


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ('"1,280.00",,', '"1,280.00",5.00,', "贷方发生额", "in-and-out"),
        ('"1,280.00",,', ",,", "贷方发生额", "no-amount"),
        ('"1,280.00"', '"1,28.00"', "借方发生额", "not-an-amount"),
        ('"9,434.76"', "", "余额", "missing"),
        ("人民币元", "卢布", "币种", "unknown-currency"),
        ("人民币元", "美元", "币种", "several-currencies"),
        ("150,", "151,", "账号", "several-accounts"),
        ("150,", "1.5E+13,", "账号", "ruined-number"),
        ("20261112 15:00:00", "2026112 15:00:00", "交易时间", "not-a-time"),
        ("20261112 15:00:00", "20261131 15:00:00", "交易时间", "not-a-time"),
        ("20261112 15:00:00", "00011112 15:00:00", "交易时间", "not-a-time"),
        ("2-2", "1-1", "账户明细编号-交易流水号", "twice"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(old, new, field, reason):
    wrong = OUT.replace(old, new, 1)
    assert wrong != OUT
    with pytest.raises(FileFormatError) as raised:
        read(IN, wrong)
    assert raised.value.fields == {"file": "ccb.csv", "line": 3, "field": field, "reason": reason}


def test_no_lines_are_an_error_because_nothing_says_which_account_it_is():
    with pytest.raises(FileFormatError) as raised:
        read()
    assert raised.value.fields["reason"] == "no-lines"
