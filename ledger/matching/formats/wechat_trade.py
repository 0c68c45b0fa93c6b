"""Read WeChat Pay's trade bill 交易账单: a merchant's orders and refunds (text, UTF-8).

It is not a statement of the account: fees, withdrawals and the balance are only in the fund bill
(`wechat_fundflow`). Take one of the two for an account, never both; a notice says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.assembly import by_account
from ledger.matching.formats.sheets import Record, Row, compact, rows_under
from ledger.matching.formats.wechat_fundflow import cells_of
from ledger.matching.formats.words import CURRENCIES
from ledger.matching.lines import BankFile, BankLine, Notice, normalise_text, references_in

FORMAT = "wechat_trade"
COMMODITY = "CNY"

TIME = "交易时间"
MERCHANT = "商户号"
ORDER_ID = "微信订单号"
OWN_ID = "商户订单号"
STATE = "交易状态"
CURRENCY = "货币种类"
ORDER = "应结订单金额"
REFUND_ID = "微信退款单号"
OWN_REFUND_ID = "商户退款单号"
REFUND = "退款金额"
REFUND_STATE = "退款状态"
GOODS = "商品名称"
FEE = "手续费"

REQUIRED = (TIME, MERCHANT, ORDER_ID, STATE, CURRENCY, ORDER, REFUND_ID, REFUND, REFUND_STATE, FEE)
SUMMARY = {"应结订单总金额": ORDER, "退款总金额": REFUND}
COUNT = "总交易单数"
FEES = "手续费总金额"

PAID = "SUCCESS"
TAKEN_BACK = ("REFUND", "REVOKED")

_FINE = re.compile(r"-?\d{1,13}(?:\.\d{1,5})?", re.ASCII)


def recognises(text: str) -> bool:
    """Return whether text starts with the header of this bill."""
    first = text.lstrip().split("\n", 1)[0]
    return set(REQUIRED) <= {compact(cell) for cell in first.split(",")}


def read(name: str, text: str) -> tuple[BankFile, ...]:
    """Read the bill of one or more merchants' numbers.

    1. Every value has a backtick in front; a row is split at comma + backtick.
    2. An order is what WeChat Pay settles (应结订单金额); a refund what it takes back (退款金额).
    3. Fees make no lines: rows have five decimals and the summary two, and only the fund bill says
    what was taken.
    4. The last two lines are a summary, which must agree; without it the file was cut.

    Args:
        name: File name for errors.
        text: The whole bill, without byte order marks.

    Returns:
        One statement for each merchant number, without balances, which the bill does not have.

    Raises:
        FileFormatError: A column or a value is wrong, or the summary is missing.
        BalanceTieError: The summary differs from the rows.

    Source:
        Inputs, section 5.3, trade bill.
    """
    given = [
        Record(number, cells_of(line))
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip()
    ]
    if not recognises(text):
        raise FileFormatError(file=name, line=1, field="header", reason="not-a-trade-bill")
    if len(given) < 3 or COUNT not in map(compact, given[-2].cells):  # noqa: PLR2004 - header and summary
        raise FileFormatError(file=name, line=given[-1].line, field="row", reason="cut-off")
    rows = list(rows_under(name, given[0], given[1:-2]))
    if not rows:
        raise FileFormatError(file=name, line=given[0].line, field="row", reason="no-lines")
    _check_summary(next(rows_under(name, given[-2], given[-1:])), rows)
    lines = [_line(row) for row in rows if row.text(REFUND_STATE) != "FAIL"]
    _check_unique(rows, lines)
    warning = (Notice(given[0].line, "format", "orders-not-movements"),)
    return tuple(replace(file, notices=warning) for file in by_account(FORMAT, lines))


def _line(row: Row) -> BankLine:
    if CURRENCIES.get(row.text(CURRENCY)) != COMMODITY:
        raise row.wrong(CURRENCY, "unknown-currency")
    state = row.text(STATE)
    if state != PAID and state not in TAKEN_BACK:
        raise row.wrong(STATE, "unknown-state")
    paid = state == PAID
    amount_minor = _amount(row, ORDER if paid else REFUND)
    ids = [row.identifier(field) or "" for field in (ORDER_ID, OWN_ID, OWN_REFUND_ID)]
    return BankLine(
        line_no=row.line,
        account=row.identifier_needed(MERCHANT),
        booked_at=row.instant(TIME),
        amount_minor=amount_minor if paid else -amount_minor,
        commodity=COMMODITY,
        balance_minor=None,
        bank_id=row.identifier_needed(ORDER_ID if paid else REFUND_ID),
        references=references_in(*ids, row.text(GOODS)),
        counterparty="",
        text=normalise_text(row.text(GOODS)),
    )


def _amount(row: Row, field: str) -> int:
    minor = row.amount_needed(field, COMMODITY)
    if minor < 0:
        raise row.wrong(field, "negative")
    return minor


def _check_unique(rows: Iterable[Row], lines: Sequence[BankLine]) -> None:
    by_line = {row.line: row for row in rows}
    seen: set[str | None] = set()
    for line in lines:
        if line.bank_id in seen:
            raise by_line[line.line_no].wrong(ORDER_ID, "twice")
        seen.add(line.bank_id)


def _check_summary(stated: Row, rows: Sequence[Row]) -> None:
    count = stated.text(COUNT).removesuffix(".0")
    _tie(stated, COUNT, str(len(rows)), count)
    for total, field in SUMMARY.items():
        found = sum(_amount(row, field) for row in rows)
        _tie(stated, total, found, stated.amount_needed(total, COMMODITY))
    exact = sum((_fee(row, FEE) for row in rows), Decimal(0))
    rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    fees = _fee(stated, FEES)
    if fees not in {exact, rounded}:
        _tie(stated, FEES, str(exact), str(fees))


def _tie(row: Row, field: str, expected: object, found: object) -> None:
    if expected != found:
        raise BalanceTieError(
            file=row.file, line=row.line, field=field, expected=expected, found=found
        )


def _fee(row: Row, field: str) -> Decimal:
    """Return a fee in yuan with its decimals, up to five, which are too fine for fen.

    Raises:
        FileFormatError: Not an amount.
    """
    text = row.text(field)
    if not _FINE.fullmatch(text):
        raise row.wrong(field, "not-an-amount")
    return Decimal(text)
