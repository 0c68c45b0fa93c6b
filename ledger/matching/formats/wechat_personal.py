"""Read WeChat Pay's personal bill 微信支付账单 (CSV in UTF-8, or a workbook)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ledger.errors import AmountError, FileFormatError
from ledger.matching.formats.assembly import bank_file
from ledger.matching.formats.sheets import Record, Row, header_at, plain, rows_under
from ledger.matching.formats.wallet_bills import (
    COMMODITY,
    LEFT_OUT,
    Pocket,
    check_identities,
    check_totals,
    notes_above,
    period_above,
    pocket_of,
)
from ledger.matching.lines import BankFile, BankLine, Notice, normalise_text, references_in
from ledger.money import parse_amount

FORMAT = "wechat_personal"

TIME = "交易时间"
TYPE = "交易类型"
PARTY = "交易对方"
GOODS = "商品"
DIRECTION = "收/支"
AMOUNT = "金额(元)"
MEANS = "支付方式"
STATE = "当前状态"
LINE_ID = "交易单号"
ORDER_ID = "商户单号"
REMARK = "备注"

REQUIRED = (TIME, TYPE, PARTY, GOODS, DIRECTION, AMOUNT, MEANS, STATE, LINE_ID, ORDER_ID, REMARK)

DIRECTIONS = {"收入": "收入", "支出": "支出", "/": "中性交易"}
OWN = ("零钱", "零钱通")
NOT_MOVED = ("失败", "关闭", "取消")
PAYMENTS = ("购买", "信用卡还款")
"""Neutral types that take money from whatever pays for them."""

_FEE = re.compile(r"服务费[¥￥](\d{1,9}\.\d{2})", re.ASCII)


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of this bill."""
    return header_at(given, REQUIRED, plain) is not None


def read(name: str, given: Sequence[Record]) -> BankFile:
    """Read the bill of one person's wallet.

    1. The number of rows and the sums above the table must be those of the table.
    2. A failed payment moved nothing, one by card nothing in the wallet (零钱 and 零钱通 together):
    no lines, but notices.
    3. Neutral rows have their direction from their type; where it does not tell, the row is
    refused.
    4. The fee of a withdrawal stands only in the remark; it becomes a line of its own.

    Args:
        name: File name for errors.
        given: Records of the whole file.

    Returns:
        Lines oldest first, without balances and `account` empty, which the bill does not have.

    Raises:
        FileFormatError: A column or a value is wrong, or a row does not tell which way money went.
        BalanceTieError: The totals differ from the rows.

    Source:
        Inputs, section 5.3, personal bill.
    """
    start = header_at(given, REQUIRED, plain)
    if start is None:
        raise FileFormatError(file=name, line=1, field="header", reason="not-a-personal-bill")
    notes = notes_above(given[:start])
    rows = list(rows_under(name, given[start], given[start + 1 :], plain))
    check_totals(name, notes, rows, _direction, _amount)
    signs = [(row, _sign(row)) for row in rows]
    moved = [(row, sign) for row, sign in signs if sign]
    left_out = tuple(Notice(row.line, MEANS, LEFT_OUT) for row, sign in signs if not sign)
    check_identities(((row, _identity(row, sign)) for row, sign in moved), LINE_ID)
    lines = [line for row, sign in moved for line in _lines(row, sign)]
    file = bank_file(FORMAT, lines, "", COMMODITY, period_above(name, notes))
    return replace(file, notices=left_out)


def _direction(row: Row) -> str:
    word = DIRECTIONS.get(row.text(DIRECTION))
    if word is None:
        raise row.wrong(DIRECTION, "unknown-direction")
    return word


def _amount(row: Row) -> int:
    text = row.text(AMOUNT)
    if text[:1] in {"¥", "￥"}:
        text = text[1:]
    try:
        minor = parse_amount(text, COMMODITY)
    except AmountError as error:
        raise row.wrong(AMOUNT, str(error.fields["reason"])) from error
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
    if direction == "中性交易":
        return _neutral(row)
    pocket = pocket_of(row, MEANS, OWN)
    if direction == "收入":
        # Where income went is often not told; it is the wallet unless a card is named.
        return 0 if pocket is Pocket.ELSEWHERE else 1
    if pocket is Pocket.UNKNOWN:
        raise row.wrong(MEANS, "unknown-pocket")
    return -1 if pocket is Pocket.WALLET else 0


def _neutral(row: Row) -> int:
    kind, _, where = normalise_text(row.text(TYPE)).partition("-")
    if kind == "零钱提现":
        return -1
    if kind == "零钱充值":
        return 1
    if kind in {"转入零钱通", "零钱通转出"}:
        inside = where.removeprefix("来自").removeprefix("到") in OWN
        return 0 if inside else (1 if kind == "转入零钱通" else -1)
    pocket = pocket_of(row, MEANS, OWN)
    if pocket is Pocket.ELSEWHERE:
        return 0
    if not kind.startswith(PAYMENTS):
        raise row.wrong(TYPE, "unknown-direction")
    if pocket is Pocket.UNKNOWN:
        raise row.wrong(MEANS, "unknown-pocket")
    return -1


def _identity(row: Row, sign: int) -> str:
    # A refund may carry the number of its payment.
    return f"{row.identifier_needed(LINE_ID)}{'+' if sign > 0 else '-'}"


def _lines(row: Row, sign: int) -> list[BankLine]:
    words = [row.text(field) for field in (TYPE, GOODS, REMARK)]
    words = [word for word in words if word != "/"]
    line = BankLine(
        line_no=row.line,
        account="",
        booked_at=row.instant(TIME),
        amount_minor=sign * _amount(row),
        commodity=COMMODITY,
        balance_minor=None,
        bank_id=_identity(row, sign),
        references=references_in(row.identifier(ORDER_ID) or "", *words[1:]),
        counterparty=normalise_text(row.text(PARTY)),
        text=normalise_text(" ".join(words)),
    )
    fee_minor = _fee(row) if sign < 0 else 0
    if not fee_minor:
        return [line]
    fee = replace(line, amount_minor=-fee_minor, bank_id=f"{line.bank_id}/fee", kind="fee")
    return [replace(line, amount_minor=line.amount_minor + fee_minor), fee]


def _fee(row: Row) -> int:
    """Return the fee of a withdrawal, which its amount includes; 0 for others.

    Raises:
        FileFormatError: It is more than the amount.
    """
    found = _FEE.search(row.text(REMARK))
    if found is None or not row.text(TYPE).startswith("零钱提现"):
        return 0
    fee_minor = parse_amount(found[1], COMMODITY)
    if fee_minor > _amount(row):
        raise row.wrong(REMARK, "fee-above-amount")
    return fee_minor
