"""The words of statements and of the flow picture, in both languages. No figures are made here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from ledger.money import format_amount

if TYPE_CHECKING:
    from datetime import date, datetime

Language = Literal["zh", "en"]

FONTS: Final[dict[Language, str]] = {
    "zh": "PingFang SC,HarmonyOS Sans SC,MiSans,Microsoft YaHei,Noto Sans SC,Noto Sans CJK SC,sans-serif",
    "en": "Segoe UI,Helvetica Neue,Roboto,Noto Sans,Noto Sans CJK SC,sans-serif",
}

STAGE: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "raised": "收到",
        "settled": "结算",
        "bank": "到银行",
        "transit": "转出",
        "fund": "进基金",
        "work": "用上了",
    },
    "en": {
        "raised": "Raised",
        "settled": "Settled",
        "bank": "Into the bank",
        "transit": "Sent on",
        "fund": "Into the fund",
        "work": "At work",
    },
}
"""Movements: the figure beside them is what passed through."""

WAITING: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "raised": "待结算",
        "settled": "待打款",
        "bank": "在银行",
        "transit": "在路上",
        "fund": "在基金",
        "work": "用上了",
    },
    "en": {
        "raised": "To be settled",
        "settled": "To be paid out",
        "bank": "In the bank",
        "transit": "On its way",
        "fund": "In the fund",
        "work": "At work",
    },
}
"""Places: the figure beside them is what stands there."""

LEFT: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "platform_share": "平台分成",
        "tax": "代扣税费",
        "platform_fee": "平台手续费",
        "refund": "退款",
        "chargeback": "结算后退款",
        "written_off": "核销",
        "bank_fee": "银行手续费",
        "management_cost": "管理费用",
        "donation_refund": "退还捐赠",
        "other": "其他支出",
    },
    "en": {
        "platform_share": "Platform share",
        "tax": "Tax withheld",
        "platform_fee": "Platform fees",
        "refund": "Refunds",
        "chargeback": "Later refunds",
        "written_off": "Written off",
        "bank_fee": "Bank fees",
        "management_cost": "Management cost",
        "donation_refund": "Given back",
        "other": "Other payments",
    },
}

JOINED: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "opening": "开账余额",
        "interest": "利息",
        "donation": "直接捐赠",
        "returned_grant": "退回款",
        "unattributed": "没对上打赏的",
        "other": "其他收入",
    },
    "en": {
        "opening": "Opening balance",
        "interest": "Interest",
        "donation": "Direct donations",
        "returned_grant": "Returned grants",
        "unattributed": "No known gift",
        "other": "Other receipts",
    },
}

LATE: Final[dict[Language, str]] = {
    "zh": "{name}，已 {days} 天",
    "en": "{name} for {days} days",
}
AVERAGE_DAYS: Final[dict[Language, str]] = {"zh": "{days} 天", "en": "{days} days"}

FLOW_SENTENCE: Final[dict[Language, str]] = {
    "zh": "收到打赏 {raised}，其中 {work}已经用上。停在六处的 {waiting}加上离开的 {left}，"
    "正好是收到的 {raised}，一分不差。",
    "en": "{raised} was raised, and {work} of it is at work. The {waiting} that stands at the six stages plus the"
    " {left} that has left make exactly {raised}.",
}
FLOW_SENTENCE_JOINED: Final[dict[Language, str]] = {
    "zh": "收到打赏 {raised}，另有 {joined}不经打赏进来；{work}已经用上。停在六处的 {waiting}加上离开的 {left}，"
    "正好是这两项之和，一分不差。",
    "en": "{raised} was raised, {joined} came in without being a gift, and {work} is at work. The {waiting} that"
    " stands at the six stages plus the {left} that has left make exactly both together.",
}
FLOW_SHAPES: Final[dict[Language, str]] = {
    "zh": "长条继续往前，短块停在这里，斜线离开了。",
    "en": "Long bars move on, short blocks wait here, hatching has left. ",
}
FLOW_NOTE: Final[dict[Language, str]] = {
    "zh": "宽度按金额画，细到看不见的画成 1.5 像素。",
    "en": "Widths are to scale; what would be too thin to see is drawn 1.5 px wide.",
}
FLOW_DAYS: Final[dict[Language, str]] = {"zh": "天数是平均用时。", "en": " Days are averages."}
"""Only where the picture has days."""
FLOW_SUM: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "waiting": "停在六处的",
        "left": "离开的",
        "raised": "收到的",
        "raised_joined": "收到的和另外进来的",
        "exact": "一分不差",
    },
    "en": {
        "waiting": "At the six stages",
        "left": "Has left",
        "raised": "Raised",
        "raised_joined": "Raised and joined",
        "exact": "To the fen",
    },
}
FLOW_LEGEND: Final[dict[Language, dict[str, str]]] = {
    "zh": {"onward": "继续往前", "waiting": "停在这里", "left": "离开了"},
    "en": {"onward": "moves on", "waiting": "waits here", "left": "has left"},
}

_SYMBOLS: Final = {"CNY": "¥"}


def money_in_sentence(amount_minor: int, commodity: str, language: Language) -> str:
    """Write an amount as sentences do: `3.00 元`, `¥3.00`, `12.00 USD`.

    Args:
        amount_minor: Minor units.
        commodity: ISO 4217 code.
        language: Of the sentence.

    Returns:
        The amount with its unit.
    """
    figure = format_amount(amount_minor, commodity)
    if commodity not in _SYMBOLS:
        return f"{figure} {commodity}"
    if language == "zh":
        return f"{figure} 元"
    sign = "\u2212" if figure.startswith("\u2212") else ""
    return f"{sign}{_SYMBOLS[commodity]}{figure.removeprefix(sign)}"


def unit(commodity: str, language: Language) -> str:
    """Name the unit of a table's amounts: 元, ¥ or the code."""
    if commodity not in _SYMBOLS:
        return commodity
    return "元" if language == "zh" else _SYMBOLS[commodity]


_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def day(on: date, language: Language) -> str:
    """Write a day with its year: `2019 年 10 月 8 日`, `8 October 2019`."""
    if language == "zh":
        return f"{on.year} 年 {on.month} 月 {on.day} 日"
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def month(on: date, language: Language) -> str:
    """Write a month with its year: `2019 年 10 月`, `October 2019`."""
    if language == "zh":
        return f"{on.year} 年 {on.month} 月"
    return f"{_MONTHS[on.month - 1]} {on.year}"


def instant(at: datetime, language: Language) -> str:
    """Write a time of a zone to the minute: `2019-10-18 21:40`, `18 Oct 2019, 21:40`."""
    if language == "zh":
        return at.strftime("%Y-%m-%d %H:%M")
    return f"{at.day} {_MONTHS[at.month - 1][:3]} {at.year}, {at:%H:%M}"


LINE: Final[dict[str, tuple[str, str, str]]] = {
    "G1": ("打赏笔数", "Number of gifts", "last − first + 1"),
    "G2": ("打赏总额", "Gross", ""),
    "G3": ("退款", "Refunds", ""),
    "G4": ("平台分成", "Platform share", ""),
    "G5": ("代扣税费及手续费", "Deductions", ""),
    "G6": ("应结算净额", "Net due", "= G2 − G3 − G4 − G5"),
    "P1": ("期初应收", "Due from platforms, opening", ""),
    "P2": ("本期增加", "Added", "= G6"),
    "P3": ("本期到账", "Received", ""),
    "P4": ("核销", "Written off", ""),
    "P5": ("期末应收", "Due from platforms, closing", "= P1 + P2 − P3 − P4"),
    "B1": ("期初余额", "Opening balance", ""),
    "B2": ("平台到账", "From platforms", "= P3"),
    "B3": ("其他收入", "Other receipts", ""),
    "B4": ("划转基金", "Transfers to the fund", ""),
    "B5": ("银行手续费", "Bank charges", ""),
    "B6": ("其他支出", "Other payments", ""),
    "B7": ("账面期末余额", "Closing by the ledger", "= B1 + B2 + B3 − B4 − B5 − B6"),
    "B8": ("银行对账单余额", "Closing by the bank", ""),
    "T1": ("期初在途", "In transit, opening", ""),
    "T2": ("本期到达", "Arrived", ""),
    "T2r": ("本期退回", "Returned to the collection account", ""),
    "T3": ("期末在途", "In transit, closing", "= T1 + B4 − T2 − T2r"),
    "F1": ("期初余额", "Opening balance", ""),
    "F2": ("划入", "Transfers arrived", "= T2"),
    "F3": ("直接捐赠", "Direct donations", ""),
    "F4": ("利息及其他", "Interest and other", ""),
    "F5": ("项目支出", "Programme spending", "= S1 = S2"),
    "F6": ("管理费用", "Management cost", ""),
    "F7": ("退回", "Returned grants", ""),
    "F8": ("期末余额", "Closing balance", "= F1 + F2 + F3 + F4 − F5 − F6 + F7"),
    "F9": ("基金银行余额", "Fund bank balance", ""),
    "F10a": ("应收", "Receivable", ""),
    "F10b": ("应付", "Payable", ""),
    "S1": ("按人群类别", "By group", "= F5"),
    "S2": ("按病种", "By disease", "= F5"),
    "S3": ("按机构", "By provider", "= F5"),
    "X1": ("未达与差异件数", "Open items, count", ""),
    "X2": ("未达与差异金额", "Open items, amount", ""),
    "X3": ("其中超过 30 天", "Of which over 30 days", ""),
    "X4": ("其中超过 90 天", "Of which over 90 days", ""),
}
"""Of each code: the Chinese name, the English name, the formula."""

SECTION: Final = (
    ("封面与摘要", "Cover and summary"),
    ("编制基础与口径", "Basis and definitions"),
    ("打赏情况", "Gifts"),
    ("平台结算", "Settlements by platforms"),
    ("归集账户", "Collection account"),
    ("划转", "Transfers to the fund"),
    ("基金变动", "Movement of the fund"),
    ("支出与受益", "Spending and beneficiaries"),
    ("未达与差异", "Open items and differences"),
    ("更正", "Corrections"),
    ("账本完整性", "Integrity of the ledger"),
    ("个人信息与匿名", "Personal information"),
    ("审批与签章", "Approval and signature"),
    ("附件清单", "Attachments"),
    ("查询与投诉", "Questions and complaints"),
)
"""Titles of the sections by number; the order is fixed, and an empty one says 无 / None."""

KIND: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "interest": "利息",
        "donation": "直接捐赠",
        "returned-transfer": "划转退回",
        "donation-refund": "退还捐赠",
        "returned-grant": "退回款",
        "reversed": "冲正",
        "unidentified": "来源待查",
        "opening": "开账余额",
        "other": "其他",
        "sent-not-debited": "已转出，银行未扣",
        "received-not-credited": "已到账，银行未记",
        "bank-not-booked": "银行已记，账本未记",
        "unmatched-bank-line": "银行流水没对上",
        "unmatched-settlement": "结算单没对上",
        "unattributed": "结算多于打赏",
        "amount-differs": "金额不符",
        "conflict": "同一事件内容不同",
        "overdue-settlement": "平台逾期未结算",
        "overdue-transfer": "划转逾期未到",
        "refund-not-seen": "退款没有对应事件",
        "missing_gift": "平台有、账本没有的打赏",
        "extra_gift": "账本有、平台没有的打赏",
        "gift_amount": "打赏金额不一致",
        "unknown_receipt": "不明款项",
        "overdue_settlement": "结算款逾期未到",
        "short_settlement": "结算款少到",
        "over_settlement": "结算款多到",
        "duplicate_receipt": "重复到账",
        "unallocated_transfer": "划转逾期未到",
        "ambiguous": "有几种可能的对法",
        "late_refund": "封账后的退款",
        "balance_break": "对账单余额不连",
        "reversed_match": "对上的账被冲正",
        "period_violation": "落在已关账月份",
        "unvalued_gift": "没有折算率的打赏",
    },
    "en": {
        "interest": "Interest",
        "donation": "Direct donation",
        "returned-transfer": "Returned transfer",
        "donation-refund": "Donation given back",
        "returned-grant": "Returned grant",
        "reversed": "Taken back by a correction",
        "unidentified": "Source unknown",
        "opening": "Balance brought in",
        "other": "Other",
        "sent-not-debited": "Sent, not yet debited by the bank",
        "received-not-credited": "Received, not yet credited by the bank",
        "bank-not-booked": "On the bank statement, not in the ledger",
        "unmatched-bank-line": "Bank line without a match",
        "unmatched-settlement": "Settlement without a match",
        "unattributed": "Settled more than was received",
        "amount-differs": "Amounts differ",
        "conflict": "One event, two contents",
        "overdue-settlement": "Settlement overdue",
        "overdue-transfer": "Transfer overdue",
        "refund-not-seen": "Refund without an event",
        "missing_gift": "Gift at the platform only",
        "extra_gift": "Gift in the ledger only",
        "gift_amount": "Gift amount differs",
        "unknown_receipt": "Bank line without an explanation",
        "overdue_settlement": "Settlement not paid in time",
        "short_settlement": "Settlement paid short",
        "over_settlement": "Settlement paid over",
        "duplicate_receipt": "Paid twice",
        "unallocated_transfer": "Transfer not arrived in time",
        "ambiguous": "More than one way to match",
        "late_refund": "Refund of a closed month",
        "balance_break": "Bank file does not tie or join",
        "reversed_match": "Matched entry reversed",
        "period_violation": "Line in a closed month",
        "unvalued_gift": "Gift without a rate",
    },
}
"""Kinds of listed movements, outstanding items and open items; a kind not here is printed as it is."""

ADJUSTMENT: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "spend.reversed": "支出冲正",
        "movement.reversed": "收付冲正",
        "match.released": "撤销对账",
        "adjustment": "调整",
        "period.reopened": "重开月份",
    },
    "en": {
        "spend.reversed": "Spending taken back",
        "movement.reversed": "Receipt or payment taken back",
        "match.released": "Match released",
        "adjustment": "Adjustment",
        "period.reopened": "Month reopened",
    },
}
"""Kinds of entries that take back or set right; one not here is printed as it is."""

ROLE: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "officer": "财务经办人",
        "approver": "批准人",
        "reviewer": "复核人",
        "auditor": "审计师",
        "owner": "负责人",
        "system": "系统",
    },
    "en": {
        "officer": "Finance officer",
        "approver": "Approver",
        "reviewer": "Reviewer",
        "auditor": "Auditor",
        "owner": "Owner",
        "system": "System",
    },
}
"""Roles of members; a role not here is printed as it is."""

DECISION: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "transfer": "划转到基金",
        "adjustment": "调整",
        "resolution": "差异处理",
        "write-off": "核销",
        "match": "匹配",
        "rule": "匹配规则",
        "rate": "折算价",
        "close": "结账",
        "seal": "封账",
        "reopen": "重开",
        "erase": "删除个人信息",
        "publish": "公布报告",
        "members": "人员变动",
        "spend": "用款",
        "movement": "其他收支",
        "opening": "开账余额",
        "reversal": "冲正",
        "lists": "修改清单",
        "payee": "改账户资料",
        "certificate": "登记审计师证书",
        "four-eyes": "改双人规则",
    },
    "en": {
        "transfer": "Transfer to the fund",
        "adjustment": "Adjustment",
        "resolution": "Resolution of a difference",
        "write-off": "Write-off",
        "match": "Match",
        "rule": "Matching rule",
        "rate": "Rate",
        "close": "Closing a month",
        "seal": "Sealing a month",
        "reopen": "Reopening a month",
        "erase": "Erasing personal data",
        "publish": "Publishing a statement",
        "members": "Change of people",
        "spend": "Spending",
        "movement": "Other receipts and payments",
        "opening": "Opening balances",
        "reversal": "Reversal",
        "lists": "Change of a list",
        "payee": "Change of an account’s details",
        "certificate": "Enrolling an auditor’s certificate",
        "four-eyes": "Change of this rule",
    },
}
"""Kinds of decisions that two people take; a kind not here is printed as it is."""

STEP: Final[dict[Language, dict[str, str]]] = {
    "zh": {"prepared": "编制", "reviewed": "复核", "approved": "批准"},
    "en": {"prepared": "Prepared", "reviewed": "Reviewed", "approved": "Approved"},
}

STATE: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "open": "待处理",
        "assigned": "处理中",
        "proposed": "待批准",
        "disputed": "有争议",
        "asked": "已询问",
        "waiting": "等待到账",
    },
    "en": {
        "open": "Open",
        "assigned": "Being worked on",
        "proposed": "Awaiting approval",
        "disputed": "Disputed",
        "asked": "Asked",
        "waiting": "Awaiting",
    },
}
"""States of open items; a state not here is printed as it is."""

PLAN: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "explain": "查明原因",
        "resolution": "已提出处理办法",
        "write-off": "已提出核销",
        "waiting": "等外单位答复",
    },
    "en": {
        "explain": "To be explained",
        "resolution": "A resolution is proposed",
        "write-off": "A write-off is proposed",
        "waiting": "Waits for an outside party",
    },
}
"""What is done about open items."""


def named(table: dict[Language, dict[str, str]], key: str, language: Language) -> str:
    """Look up a word, and fall back to the key itself rather than hide a new kind of thing."""
    return table[language].get(key, key)


COVER: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "G2": "收到打赏",
        "G6": "平台应结算净额",
        "B4": "划转基金",
        "F5": "买药等项目支出",
        "F8": "基金期末余额",
    },
    "en": {
        "G2": "Gifts received",
        "G6": "Net due from platforms",
        "B4": "Transfers to the fund",
        "F5": "Programme spending",
        "F8": "Fund at the end",
    },
}

BASIS: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "G1": "第 {first} 到 {last} 笔，没有缺号",
        "no-gifts": "本期没有打赏",
        "G3": "未成年人 {a}（G3a），其他 {b}（G3b）",
        "G5": "税 {a}（G5a），手续费 {b}（G5b）",
        "payments": "{n} 笔，见下表",
        "first": "首份报告，之前没有",
        "opening": "= {number} 的 {code}",
        "B4": "{n} 次，见第 {section} 节",
        "no-bank-file": "没有导入到期末的对账单，未核对",
        "bank-file": "对账单到 {on}",
        "listed": "{n} 笔，见下表",
        "no-provider": "账本没有按机构记录",
    },
    "en": {
        "G1": "Gifts {first} to {last}, no gaps",
        "no-gifts": "No gifts in the period",
        "G3": "Minors {a} (G3a), others {b} (G3b)",
        "G5": "Tax {a} (G5a), fees {b} (G5b)",
        "payments": "{n} payments, listed below",
        "first": "First statement, none before",
        "opening": "= {code} of {number}",
        "B4": "{n} transfers, section {section}",
        "no-bank-file": "No bank statement up to the end; not compared",
        "bank-file": "Bank statement to {on}",
        "listed": "{n} items, listed below",
        "no-provider": "The ledger does not record providers",
    },
}
"""What single lines rest on."""
