"""Words of bank files: currencies by name, and what a bank calls its fees and interest."""

from __future__ import annotations

from ledger.money import EXPONENTS

CURRENCIES = {
    "人民币元": "CNY",
    "人民币": "CNY",
    "RMB": "CNY",
    "美元": "USD",
    "欧元": "EUR",
    "港币": "HKD",
    "港元": "HKD",
    "英镑": "GBP",
    "日元": "JPY",
    "新台币": "TWD",
    "瑞典克朗": "SEK",
    "韩元": "KRW",
} | {code: code for code in EXPONENTS}

INTEREST = ("结息", "利息", "INTEREST")
FEES = ("手续费", "工本费", "账户管理费", "服务费", "SERVICE CHARGE", "BANK FEE", "BANK CHARGE")


def kind_of(summary: str) -> str:
    """Return the kind of a line, as in `LINE_KINDS`, by the bank's own word for it.

    Args:
        summary: What the bank writes; never a remark, which is written by whoever pays.
    """
    word = summary.upper()
    if any(one in word for one in INTEREST):
        return "interest"
    return "fee" if any(one in word for one in FEES) else "ordinary"
