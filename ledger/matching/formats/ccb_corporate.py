"""Read the corporate account export of China Construction Bank (CSV, GB18030)."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import FileFormatError
from ledger.matching.formats.sheets import Record, Row, check_unique, header_at, rows_under
from ledger.matching.formats.words import CURRENCIES, kind_of
from ledger.matching.lines import (
    BankFile,
    BankLine,
    closing_of,
    normalise_text,
    oldest_first,
    opening_of,
    references_in,
)

FORMAT = "ccb_corporate"

ACCOUNT = "账号"
TIME = "交易时间"
OUT = "借方发生额"
IN = "贷方发生额"
BALANCE = "余额"
CURRENCY = "币种"
PARTY = "对方户名"
SUMMARY = "摘要"
REMARK = "备注"
LINE_ID = "账户明细编号-交易流水号"
OWN_ID = "企业流水号"

REQUIRED = (ACCOUNT, TIME, OUT, IN, BALANCE, CURRENCY, SUMMARY, LINE_ID)


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of this export."""
    return header_at(given, REQUIRED) is not None


def read(name: str, given: Sequence[Record]) -> BankFile:
    """Read the export of one account.

    The statement is the bank's book: 借方 (debit) is money out of our account,
    贷方 (credit) money in. A reversal in red is a negative amount in its own column.
    Rows may come newest or oldest first; the balances decide.

    Args:
        name: File name for errors.
        given: Records of the whole file.

    Returns:
        Lines oldest first, balances as stated, not yet checked.

    Raises:
        FileFormatError: A column or a value is wrong, or the file has several accounts or
            currencies.

    Source:
        Inputs, section 6.5, row "CCB, corporate".
    """
    start = header_at(given, REQUIRED)
    if start is None:
        raise FileFormatError(file=name, line=1, field="header", reason="not-a-ccb-export")
    rows = list(rows_under(name, given[start], given[start + 1 :]))
    if not rows:
        raise FileFormatError(file=name, line=given[start].line, field="row", reason="no-lines")
    check_unique(rows, LINE_ID)
    lines = oldest_first([_line(row) for row in rows])
    for row in rows:
        if row.text(ACCOUNT) != rows[0].text(ACCOUNT):
            raise row.wrong(ACCOUNT, "several-accounts")
        if _commodity(row) != lines[0].commodity:
            raise row.wrong(CURRENCY, "several-currencies")
    days = sorted(line.booked_at.date() for line in lines)
    return BankFile(
        format=FORMAT,
        account=lines[0].account,
        commodity=lines[0].commodity,
        opening_minor=opening_of(lines),
        closing_minor=closing_of(lines),
        first_day=days[0],
        last_day=days[-1],
        lines=lines,
    )


def _line(row: Row) -> BankLine:
    commodity = _commodity(row)
    text = normalise_text(f"{row.text(SUMMARY)} {row.text(REMARK)}")
    return BankLine(
        line_no=row.line,
        account=row.identifier_needed(ACCOUNT),
        booked_at=row.instant(TIME),
        amount_minor=_signed(row, commodity),
        commodity=commodity,
        balance_minor=row.amount_needed(BALANCE, commodity),
        bank_id=row.identifier(LINE_ID),
        references=references_in(row.text(SUMMARY), row.text(REMARK), row.text(OWN_ID)),
        counterparty=normalise_text(row.text(PARTY)),
        text=text,
        kind=kind_of(row.text(SUMMARY)),
    )


def _signed(row: Row, commodity: str) -> int:
    out_minor, in_minor = row.amount(OUT, commodity), row.amount(IN, commodity)
    if out_minor is None and in_minor is None:
        raise row.wrong(IN, "no-amount")
    if out_minor and in_minor:
        raise row.wrong(IN, "in-and-out")
    return (in_minor or 0) - (out_minor or 0)


def _commodity(row: Row) -> str:
    commodity = CURRENCIES.get(row.text(CURRENCY))
    if commodity is None:
        raise row.wrong(CURRENCY, "unknown-currency")
    return commodity
