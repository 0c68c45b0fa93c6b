# ruff: noqa: E501 - rows are as long as they are in the file

import pytest

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.detect import read_bank_file

HEADER = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
IN = '`2026-11-06 11:00:05,`50000733,`190001,`企业付款,`企业付款,`收入,`766.15,`774.15,`system,`抖音,收益,"DO-ST-202610,`DO-ST-202610'
OUT = "`2026-11-08 09:20:00,`50000734,`190002,`提现,`提现,`支出,`765.38,`8.77,`API,`捐赠转基金\\nWD20261101,`"
FEE = "`2026-11-08 09:20:00,`50000735,`190003,`手续费,`扣除交易手续费,`支出,`0.77,`8.00,`system,`提现手续费,`WD20261101"
SUMMARY = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
TOTALS = "`3.0,`1.0,`766.15,`2.0,`766.15"


def read(*rows, header=HEADER, summary=(SUMMARY, TOTALS), start=b"\xef\xbb\xbf", end="\r\n"):
    return read_bank_file("flow.csv", start + end.join([header, *rows, *summary, ""]).encode())


def test_the_direction_gives_the_sign():
    file = read(IN, OUT, FEE)
    assert (file.format, file.account, file.commodity) == ("wechat_fundflow", "", "CNY")
    assert (file.opening_minor, file.closing_minor) == (800, 800)
    assert [line.amount_minor for line in file.lines] == [76615, -76538, -77]
    assert [line.kind for line in file.lines] == ["ordinary", "ordinary", "fee"]
    assert [line.bank_id for line in file.lines] == ["190001", "190002", "190003"]


def test_a_comma_or_a_quote_in_a_remark_does_not_split_the_row():
    assert '抖音,收益,"DO-ST-202610' in read(IN, OUT, FEE).lines[0].text


def test_a_line_end_spelled_out_does_not_grow_onto_the_reference():
    assert read(IN, OUT, FEE).lines[1].references == ("50000734", "WD20261101")


@pytest.mark.parametrize(
    ("start", "end"), [(b"", "\n"), (b"\xef\xbb\xbf" * 2, "\r\n"), (b"\xef\xbb\xbf", "\n")]
)
def test_marks_at_the_start_and_line_ends_do_not_matter(start, end):
    assert read(IN, OUT, FEE, start=start, end=end) == read(IN, OUT, FEE)


def test_a_day_without_movements_is_a_file_without_lines():
    file = read(summary=(SUMMARY, "`0.0,`0.0,`0.00,`0.0,`0.00"))
    assert (file.lines, file.first_day, file.closing_minor) == ((), None, None)


@pytest.mark.parametrize(
    "totals",
    [
        "`2.0,`1.0,`766.15,`2.0,`766.15",
        "`3.0,`1.0,`766.14,`2.0,`766.15",
        "`3.0,`2.0,`766.15,`1.0,`766.15",
    ],
)
def test_a_summary_that_differs_from_the_lines_holds_the_file(totals):
    with pytest.raises(BalanceTieError) as raised:
        read(IN, OUT, FEE, summary=(SUMMARY, totals))
    assert (raised.value.fields["field"], raised.value.fields["line"]) == ("summary", 6)


@pytest.mark.parametrize("summary", [(), (SUMMARY,), (TOTALS,)])
def test_a_bill_without_its_summary_was_cut(summary):
    with pytest.raises(FileFormatError) as raised:
        read(IN, OUT, FEE, summary=summary)
    assert raised.value.fields["reason"] == "cut-off"


def test_a_balance_that_does_not_follow_holds_the_file():
    with pytest.raises(BalanceTieError) as raised:
        read(IN, OUT, FEE.replace("`8.00", "`8.01"))
    assert (raised.value.fields["line"], raised.value.fields["expected"]) == (4, 800)


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("`支出", "`其他", "收支类型", "unknown-direction"),
        ("`765.38", "`-765.38", "收支金额", "negative"),
        ("`765.38", "`765.385", "收支金额", "too-many-decimals"),
        ("`8.77", "`", "账户结余", "missing"),
        ("`190002", "`190001", "资金流水单号", "twice"),
        ("`190002", "`1.9E+27", "资金流水单号", "ruined-number"),
        ("`2026-11-08 09:20:00", "`08.11.2026", "记账时间", "not-a-time"),
        ("`API,", "", "row", "wrong-number-of-cells"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(old, new, field, reason):
    wrong = OUT.replace(old, new, 1)
    assert wrong != OUT
    with pytest.raises(FileFormatError) as raised:
        read(IN, wrong, FEE)
    assert raised.value.fields == {"file": "flow.csv", "line": 3, "field": field, "reason": reason}


@pytest.mark.parametrize("count", ["`3.5", "`三", "`", "`-3.0", "`" + "9" * 50])
def test_a_count_that_is_none_is_refused(count):
    with pytest.raises(FileFormatError) as raised:
        read(IN, OUT, FEE, summary=(SUMMARY, TOTALS.replace("`3.0", count)))
    assert raised.value.fields["field"] == "资金流水总笔数"
