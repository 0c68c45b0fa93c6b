# ruff: noqa: E501 - rows are as long as they are in the file
"""Personal bills of Alipay and WeChat Pay, and WeChat Pay's trade bill."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.detect import read_statements

FROM_OUTSIDE = Path(__file__).parents[5] / "shared" / "samples"


def refused(data, kind=FileFormatError):
    with pytest.raises(kind) as raised:
        read_statements("f", data)
    return raised.value.fields


def only(data):
    (file,) = read_statements("f", data)
    return file


# --- Alipay ------------------------------------------------------------------------------------------

ALIPAY_HEADER = "交易时间   ,交易分类  ,交易对方  ,对方账号   ,商品说明  ,收/支  ,金额   ,收/付款方式   ,交易状态  ,交易订单号  ,商家订单号  ,备注  ,"


def alipay(*rows, totals=None, count=None):
    """Make a bill; the totals are those of the rows unless a test says otherwise."""
    sides = {
        side: [fen(row.split(",")[6]) for row in rows if row.split(",")[5].strip() == side]
        for side in ("收入", "支出", "不计收支")
    }
    stated = totals or [
        f"{side}：{len(of)}笔 {sum(of) // 100}.{sum(of) % 100:02d}元" for side, of in sides.items()
    ]
    top = [
        "-" * 80,
        "导出信息：",
        "姓名：王某",
        "支付宝账户：fund@example.com",
        "起始时间：[2026-11-01 00:00:00]    终止时间：[2026-11-30 23:59:59]",
    ]
    top += [
        f"共{len(rows) if count is None else count}笔记录",
        *stated,
        "",
        "特别提示：",
        "1.本回单,仅供对账",
        "-------支付宝  电子客户回单-------",
    ]
    return "\r\n".join([*top, ALIPAY_HEADER, *rows, ""]).encode("gb18030")


def fen(text):
    return int(text.strip().lstrip("¥").replace(".", ""))


def alipay_row(  # noqa: PLR0917
    direction="收入",
    amount="100.00",
    means="余额",
    state="交易成功",
    category="转账红包",
    goods="转账",
    number="20261103001",
):
    return f"2026-11-03 09:00:00 ,{category} ,王某 ,wan***@163.com ,{goods} ,{direction} ,{amount} ,{means} ,{state} ,{number}\t,WD20261101\t, ,"


def test_an_alipay_bill_is_read():
    file = only(alipay(alipay_row()))
    assert (file.format, file.account, file.commodity) == (
        "alipay_personal",
        "fund@example.com",
        "CNY",
    )
    assert (file.opening_minor, file.first_day.isoformat(), file.last_day.isoformat()) == (
        None,
        "2026-11-01",
        "2026-11-30",
    )
    (line,) = file.lines
    assert (line.amount_minor, line.bank_id, line.references) == (
        10000,
        "20261103001+",
        ("WD20261101",),
    )
    assert (line.counterparty, line.text, line.booked_at.isoformat()) == (
        "王某",
        "转账红包 转账",
        "2026-11-03T09:00:00+08:00",
    )


@pytest.mark.parametrize(
    ("row", "minor"),
    [
        (alipay_row(), 10000),
        (alipay_row(means=""), 10000),
        (alipay_row(means="交通银行(7449)"), None),
        (alipay_row("支出"), -10000),
        (alipay_row("支出", means="余额宝"), -10000),
        (alipay_row("支出", means="余额&余额宝"), -10000),
        (alipay_row("支出", state="等待确认收货"), -10000),
        (alipay_row("支出", means="交通银行信用卡(7449)"), None),
        (alipay_row("支出", means="花呗"), None),
        (alipay_row("支出", state="交易关闭"), None),
        (alipay_row("不计收支", means="", state="交易关闭"), None),
        (alipay_row("不计收支", state="退款成功", category="退款", goods="退款-药"), 10000),
        (alipay_row("不计收支", state="退款成功", category="退款", goods="退款-药", means="建设银行(1)"), None),
        (alipay_row("不计收支", category="转账", goods="提现-实时提现", means="建设银行(8888)"), -10000),
        (alipay_row("不计收支", category="账户存取", goods="账户充值", means="建设银行(8888)"), 10000),
        (alipay_row("不计收支", category="投资理财", goods="余额宝-自动转入", means="余额"), None),
        (alipay_row("不计收支", category="投资理财", goods="某基金-卖出至余额宝", means="余额宝"), 10000),
        (alipay_row("不计收支", category="投资理财", goods="某基金-买入", means="余额宝"), -10000),
        (alipay_row("不计收支", category="投资理财", goods="余额宝-2026.11.02-收益发放", means="余额宝"), 10000),
    ],
)  # fmt: skip
def test_only_what_moved_the_alipay_wallet_is_a_line(row, minor):
    file = only(alipay(row))
    assert [line.amount_minor for line in file.lines] == ([] if minor is None else [minor])
    left_out = [notice.line_no for notice in file.notices]
    assert len(left_out) + len(file.lines) == 1, "a row is a line or a notice"


def test_what_the_savings_pocket_earns_is_interest():
    row = alipay_row(
        "不计收支", category="投资理财", goods="余额宝-2026.11.02-收益发放", means="余额宝"
    )
    assert only(alipay(row)).lines[0].kind == "interest"


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (alipay_row("支出", means="余额&花呗"), "收/付款方式", "mixed-payment"),
        (alipay_row("支出", means=""), "收/付款方式", "unknown-pocket"),
        (alipay_row("支出", means="某种积分"), "收/付款方式", "unknown-pocket"),
        (alipay_row("不计收支"), "收/支", "unknown-direction"),
        (alipay_row("别的"), "收/支", "unknown-direction"),
        (alipay_row(amount="-1.00"), "金额", "negative"),
        (alipay_row(amount="1.005"), "金额", "too-many-decimals"),
        (alipay_row(amount="１.00"), "金额", "not-an-amount"),
        (alipay_row(number="2.02E+27"), "交易订单号", "ruined-number"),
        (alipay_row(number=""), "交易订单号", "missing"),
        (alipay_row().replace("2026-11-03", "2026-02-30"), "交易时间", "not-a-time"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_tell_is_refused_by_its_line(row, field, reason):
    fields = refused(alipay(row, totals=["没有合计"]))
    assert (fields["line"], fields["field"], fields["reason"]) == (13, field, reason)


def test_a_refund_may_carry_the_number_of_its_payment_but_no_other_row():
    refund = alipay_row("不计收支", state="退款成功", category="退款")
    assert [line.bank_id for line in only(alipay(alipay_row("支出"), refund)).lines] == [
        "20261103001-",
        "20261103001+",
    ]
    assert refused(alipay(alipay_row(), alipay_row()))["reason"] == "twice"


@pytest.mark.parametrize(
    ("change", "line", "field"),
    [
        ({"count": 2}, 6, "共N笔记录"),
        ({"totals": ["收入：1笔 100.01元"]}, 7, "收入"),
        ({"totals": ["收入：1笔 100.00元", "支出：1笔 1.00元"]}, 8, "支出"),
    ],
)
def test_totals_that_differ_are_raised(change, line, field):
    fields = refused(alipay(alipay_row(), **change), BalanceTieError)
    assert (fields["line"], fields["field"]) == (line, field)


def test_a_bill_that_does_not_say_how_long_it_is_is_refused():
    fields = refused(alipay(alipay_row()).replace("共1笔记录".encode("gb18030"), b""))
    assert (fields["field"], fields["reason"]) == ("共N笔记录", "missing")


def test_rows_that_were_cut_off_are_noticed():
    whole = alipay(alipay_row(), alipay_row(number="20261103002"))
    cut = whole[: whole.rindex(b"2026-11-03")]
    assert refused(cut, BalanceTieError)["field"] == "共N笔记录"


# --- WeChat, personal --------------------------------------------------------------------------------

WECHAT_HEADER = (
    "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注"
)
WECHAT_SIDES = {"收入": "收入", "支出": "支出", "中性交易": "/"}


def wechat_row(  # noqa: PLR0917
    direction="收入",
    amount="¥100.10",
    means="零钱",
    state="支付成功",
    kind="转账",
    number="1000261103001",
    remark="/",
):
    return f'2026-11-03 09:00:00,{kind},王某,"转账备注:WD20261101",{direction},{amount},{means},{state},"{number}"\t,"/"\t,"{remark}"'


def wechat(*rows, totals=None, count=None):
    sides = {
        name: [fen(row.split(",")[5]) for row in rows if row.split(",")[4] == side]
        for name, side in WECHAT_SIDES.items()
    }
    stated = totals or [
        f"{side}：{len(of)}笔 {sum(of) // 100}.{sum(of) % 100:02d}元" for side, of in sides.items()
    ]
    top = [
        "微信支付账单明细",
        "微信昵称：[测试]",
        "起始时间：[2026-11-01 00:00:00] 终止时间：[2026-11-30 23:59:59]",
    ]
    top += [
        f"共{len(rows) if count is None else count}笔记录",
        *stated,
        "",
        "----微信支付账单明细列表----",
    ]
    return "\r\n".join([*(line + "," * 10 for line in top), WECHAT_HEADER, *rows, ""]).encode()


def test_a_wechat_bill_is_read():
    file = only(wechat(wechat_row()))
    assert (file.format, file.account, file.commodity, file.notices) == (
        "wechat_personal",
        "",
        "CNY",
        (),
    )
    assert (file.first_day.isoformat(), file.last_day.isoformat()) == ("2026-11-01", "2026-11-30")
    (line,) = file.lines
    assert (line.amount_minor, line.bank_id, line.references) == (
        10010,
        "1000261103001+",
        ("WD20261101",),
    )
    assert (line.counterparty, line.text) == ("王某", "转账 转账备注:WD20261101")


def test_a_wechat_bill_may_be_a_workbook_with_numbers():
    book = openpyxl.Workbook()
    for cells in csv.reader(io.StringIO(wechat(wechat_row()).decode())):
        book.active.append([100.1 if cell == "¥100.10" else cell.strip("\t") for cell in cells])
    out = io.BytesIO()
    book.save(out)
    assert only(out.getvalue()).lines[0].amount_minor == 10010


@pytest.mark.parametrize(
    ("row", "minors"),
    [
        (wechat_row(means="/"), [10010]),
        (wechat_row(means="招商银行(1234)", kind="商户退款"), []),
        (wechat_row("支出"), [-10010]),
        (wechat_row("支出", means="零钱通"), [-10010]),
        (wechat_row("支出", means="中国银行(1234)"), []),
        (wechat_row("/", means="工商银行", kind="零钱提现"), [-10010]),
        (wechat_row("/", means="工商银行", kind="零钱提现", remark="服务费¥0.10"), [-10000, -10]),
        (wechat_row("/", means="工商银行", kind="零钱提现", state="提现失败"), []),
        (wechat_row("/", means="工商银行(9876)", kind="零钱充值"), [10010]),
        (wechat_row("/", means="工商银行(9876)", kind="转入零钱通-来自工商银行(9876)"), [10010]),
        (wechat_row("/", kind="转入零钱通-来自零钱"), []),
        (wechat_row("/", means="零钱通", kind="零钱通转出-到零钱"), []),
        (wechat_row("/", means="零钱通", kind="零钱通转出-到工商银行(9876)"), [-10010]),
        (wechat_row("/", kind="信用卡还款"), [-10010]),
        (wechat_row("/", means="工商银行", kind="购买理财通"), []),
    ],
)
def test_only_what_moved_the_wechat_wallet_is_a_line(row, minors):
    file = only(wechat(row))
    assert [line.amount_minor for line in file.lines] == minors
    assert len(file.notices) == (not minors)


def test_a_withdrawals_fee_is_a_line_of_its_own():
    file = only(wechat(wechat_row("/", means="工商银行", kind="零钱提现", remark="服务费¥0.10")))
    assert [(line.kind, line.bank_id) for line in file.lines] == [
        ("ordinary", "1000261103001-"),
        ("fee", "1000261103001-/fee"),
    ]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (wechat_row("支出", means="/"), "支付方式", "unknown-pocket"),
        (wechat_row("支出", means="零钱&招商银行(1234)"), "支付方式", "mixed-payment"),
        (wechat_row("/", kind="新的类型"), "交易类型", "unknown-direction"),
        (wechat_row("/", means="/", kind="信用卡还款"), "支付方式", "unknown-pocket"),
        (wechat_row("其他"), "收/支", "unknown-direction"),
        (wechat_row(amount="¥-1.00"), "金额(元)", "negative"),
        (wechat_row(amount="¥¥1.00"), "金额(元)", "not-an-amount"),
        (wechat_row("/", kind="零钱提现", remark="服务费¥100.11"), "备注", "fee-above-amount"),
    ],
)
def test_a_wechat_row_that_does_not_tell_is_refused(row, field, reason):
    fields = refused(wechat(row, totals=["没有合计"]))
    assert (fields["line"], fields["field"], fields["reason"]) == (9, field, reason)


def test_a_quote_that_swallows_rows_is_noticed_by_their_number():
    broken = wechat(wechat_row(), wechat_row(number="2"), wechat_row(number="3")).replace(
        b'"1000261103001"', b'"1000261103001', 1
    )
    with pytest.raises((FileFormatError, BalanceTieError)):
        read_statements("f", broken)


def test_wechat_totals_that_differ_are_raised():
    assert refused(wechat(wechat_row(), count=2), BalanceTieError)["field"] == "共N笔记录"
    assert (
        refused(wechat(wechat_row(), totals=["中性交易：1笔 0.01元"]), BalanceTieError)["field"]
        == "中性交易"
    )


# --- WeChat, trade bill ------------------------------------------------------------------------------

TRADE_HEADER = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
TRADE_SUMMARY = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
PAID = "`2026-11-03 09:00:00,`wx1,`1900001,`0,`,`4200001,`GIFT20261103,`o_1,`JSAPI,`SUCCESS,`OTHERS,`CNY,`50.00,`0.00,`0,`0,`0.00,`0.00,`,`,`礼物, 捐款,`,`0.30000,`0.60%,`50.00,`0.00,`"
BACK = "`2026-11-04 09:00:00,`wx1,`1900001,`0,`,`4200001,`GIFT20261103,`o_1,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5000001,`REF20261104,`20.00,`0.00,`ORIGINAL,`SUCCESS,`礼物,`,`-0.12345,`0.60%,`0.00,`20.00,`"


def trade(*rows, summary="`2.0,`50.00,`20.00,`0.00,`0.18,`50.00,`20.00"):
    return "\r\n".join(["\ufeff" + TRADE_HEADER, *rows, TRADE_SUMMARY, summary, ""]).encode()


def test_a_trade_bill_has_orders_and_refunds_and_says_that_it_is_no_statement():
    file = only(trade(PAID, BACK))
    assert (file.format, file.account, file.sum_minor) == ("wechat_trade", "1900001", 3000)
    assert [(line.amount_minor, line.bank_id) for line in file.lines] == [
        (5000, "4200001"),
        (-2000, "5000001"),
    ]
    assert file.lines[0].references == ("GIFT20261103",)
    assert file.lines[0].text == "礼物, 捐款"
    assert [notice.reason for notice in file.notices] == ["orders-not-movements"]


def test_each_merchants_number_has_a_statement():
    files = read_statements("f", trade(PAID, BACK.replace("1900001", "1900002")))
    assert [(file.account, file.sum_minor) for file in files] == [
        ("1900001", 5000),
        ("1900002", -2000),
    ]


def test_a_refund_that_failed_moved_nothing():
    assert only(trade(PAID, BACK.replace("ORIGINAL,`SUCCESS", "ORIGINAL,`FAIL"))).sum_minor == 5000


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("`2.0,", "`3.0,", "总交易单数"),
        (",`50.00,`20.00,`0.00,`0.18", ",`50.01,`20.00,`0.00,`0.18", "应结订单总金额"),
        (",`20.00,`0.00,`0.18", ",`20.01,`0.00,`0.18", "退款总金额"),
        ("`0.18,", "`0.19,", "手续费总金额"),
    ],
)
def test_a_summary_that_differs_is_raised(old, new, field):
    changed = trade(PAID, BACK).decode().replace(old, new)
    assert refused(changed.encode(), BalanceTieError)["field"] == field


def test_fees_may_be_summed_exactly_or_rounded():
    exact = "`2.0,`50.00,`20.00,`0.00,`0.17655,`50.00,`20.00"
    assert only(trade(PAID, BACK, summary=exact)).sum_minor == 3000


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        (trade(PAID, BACK.replace("5000001", "4200001")), "微信订单号", "twice"),
        (trade(PAID, BACK.replace("REFUND", "USERPAYING")), "交易状态", "unknown-state"),
        (trade(PAID, BACK.replace("CNY", "USD")), "货币种类", "unknown-currency"),
        (trade(PAID, BACK.replace("-0.12345", "0.123456")), "手续费", "not-an-amount"),
        (
            trade(PAID, BACK.replace("`20.00,`0.00,`ORIGINAL", "`-20.00,`0.00,`ORIGINAL")),
            "退款金额",
            "negative",
        ),
        (trade(PAID, BACK).rpartition("总交易单数".encode())[0], "row", "cut-off"),
        (trade(), "row", "no-lines"),
    ],
)
def test_a_wrong_trade_bill_is_refused(data, field, reason):
    fields = refused(data)
    assert (fields["field"], fields["reason"]) == (field, reason)


# --- samples -----------------------------------------------------------------------------------------


@pytest.mark.skipif(not FROM_OUTSIDE.is_dir(), reason="the samples are not here")
def test_the_samples():
    bill = only((FROM_OUTSIDE / "wechat-bills/wechat-merchant-trade-bill-a.csv").read_bytes())
    assert (len(bill.lines), bill.sum_minor) == (23, 23 - 8)
    for name, rows, stated in (
        ("alipay-bills/alipay-personal.gbk.csv", 10, 66),
        ("wechat-bills/wechat-personal.csv", 27, 43),
    ):
        fields = refused((FROM_OUTSIDE / name).read_bytes(), BalanceTieError)
        assert (fields["expected"], fields["found"]) == (rows, stated)
