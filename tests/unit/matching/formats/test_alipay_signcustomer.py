# ruff: noqa: E501 - rows are as long as they are in the file

import io
import zipfile

import pytest

from ledger.errors import BalanceTieError, FileFormatError, TooLargeError
from ledger.matching.formats import archives
from ledger.matching.formats.detect import read_bank_file

HEADER = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注"
TOP = """#支付宝账务明细查询
#账号：[20880000000000000733]
#起始日期：[2026年11月01日 00:00:00]   终止日期：[2026年12月01日 00:00:00]
#----------账务明细列表----------"""
IN = "7330001\t,20261106200040\t,\t,快手直播收益提现\t,2026-11-06 10:12:31,快手(ks***)\t,7316.43,0.00,7436.93,支付宝,转账,KU-ST-202610"
OUT = "7330002\t,20261107200040\t,\t,转账到银行卡\t,2026-11-07 11:12:31,基金\t,0.00,-7316.43,120.50,支付宝,提现,捐赠转基金 2026-10"
END = """#----------账务明细列表结束----------
#支出合计：1笔，共7316.43元
#收入合计：1笔，共7316.43元
#导出时间：[2026年12月01日 09:00:00]"""
SUMMARY = "#支付宝账务汇总查询\n类型,收入笔数,收入金额（+元）\n转账,1,7316.43\n"


def detail(*rows, top=TOP, header=HEADER, end=END):
    return "\r\n".join([top, header, *rows, end, ""]).encode("gb18030")


def read(*rows, **parts):
    return read_bank_file("bill.csv", detail(*rows, **parts))


def packed(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def test_the_detail_is_found_by_its_header_wherever_it_stands():
    members = [
        ("账务明细(汇总).csv", SUMMARY.encode("gb18030")),
        ("账务明细.csv", detail(IN, OUT)),
        ("a.txt", b"\xff"),
    ]
    for order in (members, members[::-1]):
        file = read_bank_file("bill.zip", packed(*order))
        assert (file.format, file.account) == ("alipay_signcustomer", "20880000000000000733")
        assert [line.amount_minor for line in file.lines] == [731643, -731643]


def test_rows_are_read_with_their_tabs_taken_off():
    file = read(IN, OUT)
    assert (file.opening_minor, file.closing_minor, file.commodity) == (12050, 12050, "CNY")
    assert [line.bank_id for line in file.lines] == ["7330001", "7330002"]
    assert file.lines[0].references == ("20261106200040", "KU-ST-202610")
    assert file.lines[0].booked_at.isoformat() == "2026-11-06T10:12:31+08:00"
    assert file.lines[1].text == "转账到银行卡 捐赠转基金 2026-10"


def test_the_period_is_the_stated_one_and_an_end_at_midnight_is_the_day_before():
    file = read(IN, OUT)
    assert (file.first_day.isoformat(), file.last_day.isoformat()) == ("2026-11-01", "2026-11-30")


def test_an_expense_may_be_written_without_its_minus_and_amounts_may_be_empty():
    assert read(IN.replace(",0.00,", ",,"), OUT.replace("-7316.43", "7316.43")) == read(IN, OUT)


def test_columns_are_taken_by_name_in_any_order_and_any_parentheses():
    order = (8, 0, 4, 7, 6, 11, 3, 1, 2, 10, 5, 9)

    def turned(row):
        return ",".join(row.split(",")[at] for at in order)

    header = turned(HEADER).replace("（", "(").replace("）", ")")
    assert read(turned(IN), turned(OUT), header=header) == read(IN, OUT)


def test_a_month_without_movements_is_a_file_without_lines():
    file = read(end="#---账务明细列表结束---\n#支出合计：0笔，共0.00元\n#收入合计：0笔，共0.00元")
    assert (file.lines, file.opening_minor, file.account) == ((), None, "20880000000000000733")


def test_a_fee_is_told_by_its_business_type():
    fee = "7330003\t,1\t,\t,\t,2026-11-07 11:12:31,\t,,-0.50,120.00,支付宝,收费,"
    end = END.replace("支出合计：1笔，共7316.43", "支出合计：2笔，共7316.93")
    assert [line.kind for line in read(IN, OUT, fee, end=end).lines] == [
        "ordinary",
        "ordinary",
        "fee",
    ]


def test_totals_that_differ_from_the_lines_hold_the_file():
    with pytest.raises(BalanceTieError) as raised:
        read(IN, OUT, end=END.replace("收入合计：1笔", "收入合计：2笔"))
    assert raised.value.fields["field"] == "收入合计"


def test_a_balance_that_does_not_follow_holds_the_file():
    with pytest.raises(BalanceTieError) as raised:
        read(IN, OUT.replace("120.50", "120.51"))
    assert (raised.value.fields["line"], raised.value.fields["expected"]) == (7, 12050)


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("7330002\t", "\t", "账务流水号", "missing"),
        ("7330002\t", "7330001\t", "账务流水号", "twice"),
        ("7330002\t", "2.02E+27", "账务流水号", "ruined-number"),
        ("0.00,-7316.43", "1.00,-7316.43", "收入金额", "in-and-out"),
        ("0.00,-7316.43", ",", "收入金额", "no-amount"),
        ("0.00,-7316.43", "-7316.43,", "收入金额", "negative"),
        ("2026-11-07 11:12:31", "2026-11-7 11:12:31", "发生时间", "not-a-time"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(old, new, field, reason):
    wrong = OUT.replace(old, new, 1)
    assert wrong != OUT
    with pytest.raises(FileFormatError) as raised:
        read(IN, wrong)
    assert raised.value.fields == {"file": "bill.csv", "line": 7, "field": field, "reason": reason}


def test_a_bill_without_the_end_of_its_list_was_cut():
    with pytest.raises(FileFormatError) as raised:
        read(IN, OUT, end="")
    assert raised.value.fields["reason"] == "cut-off"


@pytest.mark.parametrize(
    "period",
    [
        "2026年13月01日 00:00:00]   终止日期：[2026年12月01日",
        "2026年12月01日]   终止日期：[2026年11月01日",
    ],
)
def test_a_period_that_is_none_is_refused(period):
    top = TOP.replace("2026年11月01日 00:00:00]   终止日期：[2026年12月01日", period)
    with pytest.raises(FileFormatError):
        read(IN, OUT, top=top)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([], "broken-archive"),
        ([("a.csv", SUMMARY.encode("gb18030"))], "no-detail-file"),
        ([("a.csv", detail(IN, OUT)), ("b.csv", detail(IN, OUT))], "several-detail-files"),
    ],
)
def test_an_archive_has_exactly_one_detail_file(members, reason):
    data = packed(*members) if members else b"PK\x03\x04 and nothing more"
    with pytest.raises(FileFormatError) as raised:
        read_bank_file("bill.zip", data)
    assert raised.value.fields["reason"] == reason


def test_other_packing_and_encryption_are_refused():
    with pytest.raises(FileFormatError) as raised:
        read_bank_file("bill.zip", packed(("a.csv", detail(IN, OUT)), method=zipfile.ZIP_LZMA))
    assert raised.value.fields["reason"] == "unknown-packing"
    data = bytearray(packed(("a.csv", detail(IN, OUT))))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FileFormatError) as raised:
        read_bank_file("bill.zip", bytes(data))
    assert raised.value.fields["reason"] == "encrypted"


def test_an_archive_beyond_a_limit_is_refused_before_it_is_unpacked(monkeypatch):
    many = packed(*((f"{number}.csv", b"") for number in range(archives.MEMBERS_MAX + 1)))
    bomb = packed(("a.csv", b"0" * 2**20))
    for data, what in ((many, "members"), (bomb, "ratio")):
        with pytest.raises(TooLargeError) as raised:
            read_bank_file("bill.zip", data)
        assert raised.value.fields["what"] == what
    monkeypatch.setattr(archives, "UNPACKED_BYTES_MAX", 100)
    with pytest.raises(TooLargeError) as raised:
        read_bank_file("bill.zip", packed(("a.csv", detail(IN, OUT))))
    assert raised.value.fields["what"] == "unpacked"
