"""What the documents are called, and how their sections are numbered and named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports import wording

if TYPE_CHECKING:
    from datetime import date

    from reports.wording import Language

TITLE: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "M": "打赏与划转报告",
        "Q": "公开募捐与项目实施情况季度公示",
        "A": "基金收支报告",
        "R": "对账报告",
        "C": "更正说明",
    },
    "en": {
        "M": "Gifts and transfers",
        "Q": "Quarterly disclosure",
        "A": "Annual statement of the fund",
        "R": "Reconciliation report",
        "C": "Correction notice",
    },
}
"""By kind of document."""

FULL: Final = {
    "M": "Monthly statement of gifts and transfers",
    "Q": "Quarterly fundraising disclosure",
    "A": "Annual statement of receipts, payments and balances",
    "R": "Reconciliation report",
    "C": "Correction notice",
}
THIS: Final[dict[Language, dict[str, str]]] = {
    "zh": {"M": "本月", "Q": "本季", "A": "本年", "R": "本月", "C": "本月"},
    "en": {"M": "the month", "Q": "the quarter", "A": "the year", "R": "the month", "C": "month"},
}

_QUARTERS: Final = ("一", "二", "三", "四")

ANNUAL: Final[dict[int, tuple[str, str, str]]] = {
    0: ("0", "封面、目录", "Cover and contents"),
    101: ("1", "审计报告", "Independent auditor's report"),
    102: ("2", "管理层声明", "Statement of responsibility"),
    103: ("3", "财务报表", "Financial statements"),
    104: ("4", "打赏与划转年度汇总", "Gifts and transfers of the year"),
    2: ("4.1", "打赏情况", "Gifts"),
    3: ("4.2", "平台结算", "Settlements by platforms"),
    5: ("4.3", "划转", "Transfers to the fund"),
    105: ("5", "资金流向", "Flow of money"),
    7: ("6", "项目与受益", "Projects and beneficiaries"),
    106: ("6.1", "计划与单位成本", "Plan and unit cost"),
    107: ("7", "募捐成本与管理费用", "Fundraising and management cost"),
    108: ("8", "附注", "Notes"),
    1: ("8.1", "编制基础与口径", "Basis and definitions"),
    9: ("8.2", "已公布月份的更正", "Corrections of published months"),
    11: ("8.3", "个人信息与匿名", "Personal information"),
    4: ("9", "对账与核对", "Reconciliations"),
    6: ("9.1", "基金账户核对", "The fund and its bank"),
    8: ("9.2", "未达与差异", "Open items and differences"),
    110: ("10", "内部控制说明", "Controls"),
    10: ("11", "账本完整性证明", "Evidence of integrity"),
    112: ("12", "审计程序与抽样", "Procedures supplied to the auditor"),
    12: ("13", "签章", "Signatures"),
    13: ("14", "附件清单", "Attachments"),
    14: ("14.1", "查询与投诉", "Questions and complaints"),
}
"""How the annual statement numbers and names what the monthly one numbers 0 to 14, and its own sections.

Source:
    Statements, section 4.
"""

_QUARTERLY: Final[dict[int, tuple[str, str, str]]] = {
    104: ("2.1", "各月汇总", "Months"),
    106: ("7.1", "计划与单位成本", "Plan and unit cost"),
}


def heading(kind: str, number: int) -> tuple[str, str, str]:
    """Give a section's number and its titles in a document.

    Args:
        kind: Of document.
        number: As templates number it.

    Returns:
        Number as printed, Chinese title, English title.
    """
    if kind == "A":
        return ANNUAL[number]
    if kind == "Q" and number in _QUARTERLY:
        return _QUARTERLY[number]
    zh, en = wording.SECTION[number]
    return str(number), zh, en


CONTENTS: Final = (
    101,
    102,
    103,
    104,
    2,
    3,
    5,
    105,
    7,
    106,
    107,
    108,
    1,
    9,
    11,
    4,
    6,
    8,
    110,
    10,
    112,
    12,
    13,
    14,
)
"""The annual statement's sections in the order of its pages."""

_IN_SCOPE: Final = ("3", "7", "8")


def audit_mark(kind: str, number: int, language: Language) -> str:
    """Say whether an auditor's opinion can refer to a section: only the annual statement has such.

    Args:
        kind: Of document.
        number: As templates number it.
        language: Of the words.

    Returns:
        The mark; empty for other documents.
    """
    if kind != "A":
        return ""
    if heading(kind, number)[0].partition(".")[0] in _IN_SCOPE:
        return "送审" if language == "zh" else "submitted for audit"
    return "其他信息，未经审计" if language == "zh" else "other information, unaudited"


def period(kind: str, first: date, language: Language) -> str:
    """Name the period of a document: `2019 年 10 月`, `2019 年第四季度`, `2019 年度`.

    Args:
        kind: Of document.
        first: First day of the period.
        language: Of the words.

    Returns:
        Its name.
    """
    if kind == "A":
        return f"{first.year} 年度" if language == "zh" else f"Year {first.year}"
    if kind == "Q":
        quarter = (first.month - 1) // 3
        if language == "zh":
            return f"{first.year} 年第{_QUARTERS[quarter]}季度"
        return f"Quarter {quarter + 1}, {first.year}"
    return wording.month(first, language)
