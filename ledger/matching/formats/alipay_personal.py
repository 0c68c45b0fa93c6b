"""Read Alipay's personal bill 电子客户回单 (CSV, GB18030, or the same as a workbook)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ledger.errors import FileFormatError
from ledger.matching.formats.assembly import bank_file
from ledger.matching.formats.sheets import Record, Row, header_at, plain, rows_under
from ledger.matching.formats.wallet_bills import (
    COMMODITY,
    LEFT_OUT,
    Pocket,
    account_above,
    check_identities,
    check_totals,
    notes_above,
    period_above,
    pocket_of,
)
from ledger.matching.lines import BankFile, BankLine, Notice, normalise_text, references_in

FORMAT = "alipay_personal"

TIME = "交易时间"
CATEGORY = "交易分类"
PARTY = "交易对方"
GOODS = "商品说明"
DIRECTION = "收/支"
AMOUNT = "金额"
MEANS = "收/付款方式"
STATE = "交易状态"
LINE_ID = "交易订单号"
ORDER_ID = "商家订单号"
REMARK = "备注"

REQUIRED = (TIME, CATEGORY, PARTY, GOODS, DIRECTION, AMOUNT, MEANS, STATE, LINE_ID, ORDER_ID)

DIRECTIONS = ("收入", "支出", "不计收支")
OWN = ("余额", "账户余额", "余额宝", "支付宝余额")
NOT_MOVED = ("关闭", "失败", "等待付款", "取消")

WHATEVER_THE_MEANS = (
    (("余额宝", "收益"), 1),
    (("提现",), -1),
    (("转出到银行卡",), -1),
    (("账户充值",), 1),
)
"""Words of category and text that tell the direction of what is not counted, and the first that fits."""

BY_THE_WALLET = (
    (("余额宝", "转入"), 0),  # from one pocket of the wallet to the other
    (("余额宝", "转出到余额"), 0),
    (("退款",), 1),
    (("卖出",), 1),
    (("买入",), -1),
)
"""The same, where the means of payment is the wallet."""


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of this bill."""
    return header_at(given, REQUIRED, plain) is not None


def read(name: str, given: Sequence[Record]) -> BankFile:
    """Read the bill of one person's account.

    1. The number of rows and the sums above the table must be those of the table.
    2. A closed or failed payment moved nothing, one by card nothing in the wallet: no lines, but notices.
    3. What the bill does not count as income or expense (不计收支) has its direction from its
    category and text; where they do not tell, the row is refused.

    Args:
        name: File name for errors.
        given: Records of the whole file.

    Returns:
        Lines oldest first, without balances, which the bill does not have.

    Raises:
        FileFormatError: A column or a value is wrong, or a row does not tell which way money went.
        BalanceTieError: The totals differ from the rows.

    Source:
        Inputs, section 5.2, personal bill.
    """
    start = header_at(given, REQUIRED, plain)
    if start is None:
        raise FileFormatError(file=name, line=1, field="header", reason="not-a-personal-bill")
    notes = notes_above(given[:start])
    rows = list(rows_under(name, given[start], given[start + 1 :], plain))
    check_totals(name, notes, rows, _direction, _amount)
    account = account_above(notes, "支付宝账户")
    signs = [(row, _sign(row)) for row in rows]
    moved = [(row, sign) for row, sign in signs if sign]
    left_out = tuple(Notice(row.line, MEANS, LEFT_OUT) for row, sign in signs if not sign)
    check_identities(((row, _identity(row, sign)) for row, sign in moved), LINE_ID)
    lines = [_line(row, sign, account) for row, sign in moved]
    file = bank_file(FORMAT, lines, account, COMMODITY, period_above(name, notes))
    return replace(file, notices=left_out)


def _direction(row: Row) -> str:
    word = row.text(DIRECTION)
    if word not in DIRECTIONS:
        raise row.wrong(DIRECTION, "unknown-direction")
    return word


def _amount(row: Row) -> int:
    minor = row.amount_needed(AMOUNT, COMMODITY)
    if minor < 0:
        raise row.wrong(AMOUNT, "negative")
    return minor


def _sign(row: Row) -> int:
    """Return 1 for money into the wallet, -1 for out of it, 0 for a row that did not move it.

    Raises:
        FileFormatError: The row does not tell.
    """
    if any(word in row.text(STATE) for word in NOT_MOVED):
        return 0
    direction = _direction(row)
    if direction == "不计收支":
        return _uncounted(row)
    pocket = pocket_of(row, MEANS, OWN)
    if direction == "收入":
        # Where income went is often not told; it is the wallet unless a card is named.
        return 0 if pocket is Pocket.ELSEWHERE else 1
    if pocket is Pocket.UNKNOWN:
        raise row.wrong(MEANS, "unknown-pocket")
    return -1 if pocket is Pocket.WALLET else 0


def _uncounted(row: Row) -> int:
    words = f"{row.text(CATEGORY)} {row.text(GOODS)}"
    named = _sign_by(words, WHATEVER_THE_MEANS)
    if named is not None:
        return named
    pocket = pocket_of(row, MEANS, OWN)
    if pocket is Pocket.ELSEWHERE:
        return 0
    named = _sign_by(words, BY_THE_WALLET) if pocket is Pocket.WALLET else None
    if named is None:
        raise row.wrong(DIRECTION, "unknown-direction")
    return named


def _sign_by(words: str, table: Sequence[tuple[tuple[str, ...], int]]) -> int | None:
    return next((sign for needed, sign in table if all(one in words for one in needed)), None)


def _identity(row: Row, sign: int) -> str:
    # A refund may carry the number of its payment.
    return f"{row.identifier_needed(LINE_ID)}{'+' if sign > 0 else '-'}"


def _line(row: Row, sign: int, account: str) -> BankLine:
    words = [row.text(field) for field in (CATEGORY, GOODS, REMARK)]
    interest = "余额宝" in words[1] and "收益" in words[1]
    return BankLine(
        line_no=row.line,
        account=account,
        booked_at=row.instant(TIME),
        amount_minor=sign * _amount(row),
        commodity=COMMODITY,
        balance_minor=None,
        bank_id=_identity(row, sign),
        references=references_in(row.identifier(ORDER_ID) or "", *words[1:]),
        counterparty=normalise_text(row.text(PARTY)),
        text=normalise_text(" ".join(words)),
        kind="interest" if interest else "ordinary",
    )
