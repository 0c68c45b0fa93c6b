# ruff: noqa: E501 - rows are as long as they are in the file
"""Personal exports of four banks, as text and as workbooks, through the registry."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.detect import read_statements
from tests.unit.matching.formats.old_workbook import xls

FROM_OUTSIDE = Path(__file__).parents[5] / "shared" / "samples" / "cn-bank-exports"

ABC = """交易日期,交易时间,交易摘要,交易金额,本次余额,对手信息,日 志 号,交易渠道,交易附言
20261103,093001,转存,+10000.00,11000.00,张三,369396693,超级网银,捐款 WD20261101
20261104,,网银手续费,-10.00,10990.00,--,369333999
20261104,,结息,+0.37,10990.37,--,0000000000,,个人活期结息
"""

CMB = """记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要
2026-11-03,CNY,"1,234.00","1,271.66",转账汇款,张三,捐款 WD20261101
2026-11-04,CNY,"-1,000.00",271.66,快捷支付,医院,药费
2026-11-04,USD,3.00,10.00,结息,,
"""

ICBC = """明细查询文件下载

卡号: 1234****9876,"卡别名: 这是卡别名"

子账户序号: 00000,子账户类别: 活期,"子账户别名: "

交易日期,摘要,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),记账金额(支出),记账币种,余额,对方户名
2026-11-05     \t,"消费      \t",药店          \t,"CHN \t",钞  \t,"-  \t","-  \t",-  \t,"        \t","13.40     \t",人民币   \t,"1,220.60   \t","某药店  \t",
2026-11-04     \t,"他行汇入  \t",              \t,"CHN \t",钞  \t,"-  \t","-  \t",-  \t,"1,234.00 \t","          \t",人民币   \t,"1,234.00   \t","张三  \t",

人民币合计,,,,,,,,"1,234.00   \t","13.40   \t",
"""

CCB = [
    ["China Construction Bank"],
    ["开户机构：", "多伦支行"],
    ["币　　种：", "人民币"],
    ["账　　号：", "15001*********8888"],
    [],
    ["记账日   ", "交易日期  ", "交易时间  ", "支出  ", "收入 ", "账户余额 ", "币种 ", "摘要 ", "对方账号 ", "对方户名 ", "交易地点 "],
    ["20261103", "20261103", "18:53:19", 67.0, 0.0, 2176.91, "人民币", "消费", "2088*****0156", "某公司", "支付宝-药房"],
    ["20261104", "20261104", "00:00:01", 0.0, 16.78, 2193.69, "人民币", "电子汇入", "2088*****0121", "张三", "WD20261101"],
    ["以上数据仅供参考|具体内容请以柜台为准"],
]  # fmt: skip


def xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table(text):
    return list(csv.reader(io.StringIO(text)))


def facts(data):
    """What every statement of a file says, but for the numbers of its lines."""
    return [
        (
            file.format, file.account, file.commodity, file.opening_minor, file.closing_minor,
            [(line.booked_at.isoformat(), line.amount_minor, line.bank_id, line.references, line.counterparty, line.text, line.kind) for line in file.lines],
        )
        for file in read_statements("f", data)
    ]  # fmt: skip


def refused(data, kind=FileFormatError):
    with pytest.raises(kind) as raised:
        read_statements("f", data)
    return raised.value.fields


def test_abc():
    ((name, account, commodity, opening, closing, lines),) = facts(ABC.encode("gb18030"))
    assert (name, account, commodity, opening, closing) == (
        "abc_personal",
        "",
        "CNY",
        100000,
        1099037,
    )
    assert lines == [
        (
            "2026-11-03T09:30:01+08:00",
            1000000,
            "20261103-369396693",
            ("WD20261101",),
            "张三",
            "转存 捐款 WD20261101",
            "ordinary",
        ),
        ("2026-11-04T00:00:00+08:00", -1000, "20261104-369333999", (), "--", "网银手续费", "fee"),
        ("2026-11-04T00:00:00+08:00", 37, None, (), "--", "结息 个人活期结息", "interest"),
    ]


def test_abc_log_numbers_are_numbers_of_a_day():
    assert (
        refused(
            ABC.replace("369333999", "369396693").replace("20261104,,网", "20261103,,网").encode()
        )["reason"]
        == "twice"
    )
    assert len(facts(ABC.replace("369333999", "369396693").encode())[0][5]) == 3


def test_cmb_has_a_statement_for_each_currency():
    yuan, dollars = facts(CMB.encode())
    assert yuan[:5] == ("cmb_personal", "", "CNY", 3766, 27166)
    assert [line[1] for line in yuan[5]] == [123400, -100000]
    assert yuan[5][0][3] == ("WD20261101",)
    assert dollars[1:5] == ("", "USD", 700, 1000)
    assert dollars[5][0][6] == "interest"


def test_icbc():
    ((name, account, commodity, opening, closing, lines),) = facts(ICBC.encode())
    assert (name, account, commodity, opening, closing) == (
        "icbc_personal",
        "1234****9876",
        "CNY",
        0,
        122060,
    )
    assert [(line[0][:10], line[1], line[4], line[5]) for line in lines] == [
        ("2026-11-04", 123400, "张三", "他行汇入"),
        ("2026-11-05", -1340, "某药店", "消费 药店"),
    ]


def test_ccb():
    ((name, account, commodity, opening, closing, lines),) = facts(xls(CCB))
    assert (name, account, commodity, opening, closing) == (
        "ccb_personal",
        "15001*********8888",
        "CNY",
        224391,
        219369,
    )
    assert [(line[0], line[1], line[5]) for line in lines] == [
        ("2026-11-03T18:53:19+08:00", -6700, "消费 支付宝-药房"),
        ("2026-11-04T00:00:01+08:00", 1678, "电子汇入 WD20261101"),
    ]


@pytest.mark.parametrize("text", [ABC, CMB, ICBC], ids=["abc", "cmb", "icbc"])
def test_the_same_table_in_any_wrapping_says_the_same(text):
    expected = facts(text.encode())
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        assert facts(text.encode(encoding)) == expected
    assert facts(xlsx(table(text))) == expected
    assert facts(xls(table(text))) == expected
    tabs = "\n".join("\t".join(cells) for cells in table(text.replace(" \t", "")))
    assert facts(tabs.encode("gb18030")) == expected


def test_ccb_corporate_may_be_a_workbook():
    header = [
        "账号",
        "交易时间",
        "借方发生额（支取）",
        "贷方发生额（收入）",
        "余额",
        "币种",
        "对方户名",
        "摘要",
        "备注",
        "账户明细编号-交易流水号",
        "企业流水号",
    ]
    row = [
        "15001666668888",
        "20261103 09:00:00",
        None,
        200.1,
        50200.1,
        "人民币元",
        "张三",
        "电子汇入",
        "捐款",
        "10001-1",
        None,
    ]
    for data in (xlsx([header, row]), xls([header, row])):
        ((name, account, _, opening, closing, _),) = facts(data)
        assert (name, account, opening, closing) == (
            "ccb_corporate",
            "15001666668888",
            5000000,
            5020010,
        )
    lost = refused(xlsx([header, [6217000000000000123, *row[1:]]]))
    assert (lost["cell"], lost["field"], lost["reason"]) == ("A2", "账号", "ruined-number")
    wrong = refused(xlsx([header, [*row[:3], 200.123, *row[4:]]]))
    assert (wrong["file"], wrong["cell"], wrong["reason"]) == (
        "f/sheet 1",
        "D2",
        "too-many-decimals",
    )


@pytest.mark.parametrize(
    ("text", "old", "new", "kind", "field"),
    [
        (ABC, "10990.00", "10990.01", BalanceTieError, "balance"),
        (ABC, "20261104,,网", "20261131,,网", FileFormatError, "交易日期"),
        (ABC, "093001", "9:30", FileFormatError, "交易时间"),
        (ABC, "-10.00", "10.00-", FileFormatError, "交易金额"),
        (CMB, "271.66,快", "271.67,快", BalanceTieError, "balance"),
        (CMB, "CNY", "XXX", FileFormatError, "货币"),
        (CMB, '"-1,000.00"', '"-1000,00"', FileFormatError, "交易金额"),
        (ICBC, '"13.40   \t",\n', '"13.41   \t",\n', BalanceTieError, "记账金额(支出)"),
        (ICBC, "1,220.60", "1,220.61", BalanceTieError, "balance"),
        (ICBC, "1,220.60", "x,yyy.zz", FileFormatError, "余额"),
        (ICBC, "人民币合计", "卢布合计", FileFormatError, "交易日期"),
        (ICBC, "人民币合计", "美元合计", BalanceTieError, "记账金额(收入)"),
        (ICBC, ICBC[ICBC.index("人民币合计") :], "", FileFormatError, "row"),
    ],
)
def test_a_wrong_value_is_named(text, old, new, kind, field):
    assert old in text
    assert refused(text.replace(old, new).encode(), kind)["field"] == field


@pytest.mark.parametrize("text", [ABC, CMB, ICBC], ids=["abc", "cmb", "icbc"])
def test_an_export_without_rows_is_refused(text):
    header = next(row for row in text.splitlines() if "余额" in row)
    assert refused((header + "\n").encode())["reason"] == "no-lines"


def test_a_workbook_with_two_known_tables_or_none_is_refused():
    assert refused(xls(CCB, CCB))["reason"] == "several-sheets"
    assert refused(xls([["a"]]))["reason"] == "unknown-format"
    assert facts(xls([["cover"]], CCB)) == facts(xls(CCB))
    assert facts(xls(CCB, CCB, hidden={1})) == facts(xls(CCB))


@pytest.mark.parametrize(
    ("name", "kind", "line", "field"),
    [
        ("abc-debit.csv", BalanceTieError, 3, "balance"),
        ("cmb-debit.csv", BalanceTieError, 4, "balance"),
        ("ccb-debit.xls", BalanceTieError, 10, "balance"),
        ("icbc-debit-v1.csv", FileFormatError, 8, "余额"),
    ],
)
def test_the_samples_were_cut_by_their_origins_and_say_where(name, kind, line, field):
    if not FROM_OUTSIDE.is_dir():
        pytest.skip("the samples are not here")
    fields = refused((FROM_OUTSIDE / name).read_bytes(), kind)
    assert (fields["line"], fields["field"]) == (line, field)
