"""Read Alipay's account bill `signcustomer`: every movement of a balance (zip of CSV, GBK)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ledger.errors import AmountError, BalanceTieError, FileFormatError
from ledger.matching.formats import archives
from ledger.matching.formats.sheets import (
    Record,
    Row,
    check_unique,
    decode,
    header_at,
    records,
    rows_under,
)
from ledger.matching.lines import (
    BankFile,
    BankLine,
    closing_of,
    normalise_text,
    oldest_first,
    opening_of,
    references_in,
)
from ledger.money import parse_amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMAT = "alipay_signcustomer"
COMMODITY = "CNY"

LINE_ID = "账务流水号"
BUSINESS_ID = "业务流水号"
ORDER_ID = "商户订单号"
GOODS = "商品名称"
TIME = "发生时间"
PARTY = "对方账号"
IN = "收入金额"
OUT = "支出金额"
BALANCE = "账户余额"
TYPE = "业务类型"
REMARK = "备注"

REQUIRED = (LINE_ID, TIME, IN, OUT, BALANCE)

FEES = ("收费", "服务费", "手续费")

_ACCOUNT = re.compile(r"#账号:\[?(\d{6,32})\]?", re.ASCII)
_DAY = r"(\d{4})年(\d{2})月(\d{2})日"
_PERIOD = re.compile(rf"起始日期:\[?{_DAY}.*终止日期:\[?{_DAY}(00:00:00)?", re.ASCII)
_TOTAL = re.compile(r"#(支出|收入)合计:(\d{1,9})笔,共(-?[\d.]{1,20})元", re.ASCII)
_END = "列表结束"


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of the detail file."""
    return header_at(given, REQUIRED) is not None


def read_archive(name: str, data: bytes) -> BankFile:
    """Read the zip as downloaded.

    The detail file is chosen by its header, never by its place or name: the summary may come
    first.

    Args:
        name: File name for errors.
        data: The whole archive.

    Returns:
        As `read`.

    Raises:
        FileFormatError: No detail file or several, or a fault within it.
        TooLargeError: Beyond the limits of `archives`.
        BalanceTieError: The stated totals differ from the lines.
    """
    details = []
    for member, content in archives.text_members(name, data):
        inner = f"{name}/{member}"
        given = records(inner, decode(inner, content))
        if recognises(given):
            details.append((inner, given))
    if len(details) != 1:
        reason = "several-detail-files" if details else "no-detail-file"
        raise FileFormatError(file=name, line=0, field="archive", reason=reason)
    return read(*details[0])


def read(name: str, given: Sequence[Record]) -> BankFile:
    """Read the detail file.

    Args:
        name: File name for errors.
        given: Records of the whole file, notes (lines that start with `#`) included.

    Returns:
        Lines oldest first; days as the notes state them (an end at midnight is the day before),
        and as the lines need them. Balances as stated, not yet checked.

    Raises:
        FileFormatError: A column or a value is wrong, or the end of the list is missing.
        BalanceTieError: The stated totals differ from the lines.

    Source:
        Inputs, section 5.2, `signcustomer`.
    """
    start = header_at(given, REQUIRED)
    if start is None:
        raise FileFormatError(file=name, line=1, field="header", reason="not-a-signcustomer-bill")
    notes = [_note(record) for record in given if _is_note(record)]
    if not any(_END in note for note in notes):
        raise FileFormatError(file=name, line=given[-1].line, field="row", reason="cut-off")
    body = [record for record in given[start + 1 :] if not _is_note(record)]
    rows = list(rows_under(name, given[start], body))
    check_unique(rows, LINE_ID)
    account = next((found[1] for note in notes if (found := _ACCOUNT.match(note))), "")
    lines = oldest_first([_line(row, account) for row in rows])
    _check_totals(name, notes, [line.amount_minor for line in lines])
    days = [*_period(name, notes), *(line.booked_at.date() for line in lines)]
    return BankFile(
        format=FORMAT,
        account=account,
        commodity=COMMODITY,
        opening_minor=opening_of(lines),
        closing_minor=closing_of(lines),
        first_day=min(days) if days else None,
        last_day=max(days) if days else None,
        lines=lines,
    )


def _is_note(record: Record) -> bool:
    return record.cells[0].lstrip().startswith("#")


def _note(record: Record) -> str:
    # A full-width comma is not a separator, so NFKC after splitting cannot change the cells.
    return "".join(normalise_text(",".join(record.cells)).split())


def _line(row: Row, account: str) -> BankLine:
    text = normalise_text(f"{row.text(GOODS)} {row.text(REMARK)}")
    ids = [row.identifier(field) or "" for field in (ORDER_ID, BUSINESS_ID)]
    kind = normalise_text(row.text(TYPE))
    return BankLine(
        line_no=row.line,
        account=account,
        booked_at=row.instant(TIME),
        amount_minor=_signed(row),
        commodity=COMMODITY,
        balance_minor=row.amount_needed(BALANCE, COMMODITY),
        bank_id=row.identifier_needed(LINE_ID),
        references=references_in(*ids, row.text(GOODS), row.text(REMARK)),
        counterparty=normalise_text(row.text(PARTY)),
        text=text,
        kind="fee" if kind in FEES else "ordinary",
    )


def _signed(row: Row) -> int:
    in_minor, out_minor = row.amount(IN, COMMODITY), row.amount(OUT, COMMODITY)
    if in_minor is None and out_minor is None:
        raise row.wrong(IN, "no-amount")
    if in_minor and out_minor:
        raise row.wrong(IN, "in-and-out")
    if (in_minor or 0) < 0:
        raise row.wrong(IN, "negative")
    # 支出金额 is written with or without its minus; the balance chain would show a wrong guess.
    return (in_minor or 0) - abs(out_minor or 0)


def _check_totals(name: str, notes: Iterable[str], amounts: Sequence[int]) -> None:
    for note in notes:
        found = _TOTAL.match(note)
        if found is None:
            continue
        side, count, total = found.groups()
        of_side = [
            abs(amount) for amount in amounts if (amount < 0) == (side == "支出") and amount
        ]
        try:
            stated = (int(count), abs(parse_amount(total, COMMODITY)))
        except AmountError as error:
            reason = str(error.fields["reason"])
            raise FileFormatError(file=name, line=0, field=f"{side}合计", reason=reason) from error
        if stated != (len(of_side), sum(of_side)):
            raise BalanceTieError(
                file=name,
                line=0,
                field=f"{side}合计",
                expected=(len(of_side), sum(of_side)),
                found=stated,
            )


def _period(name: str, notes: Iterable[str]) -> list[date]:
    """Return the first and last day that the notes state; an end at midnight is the day before.

    Raises:
        FileFormatError: They are no days, or the last is before the first.
    """
    found = next((found for note in notes if (found := _PERIOD.search(note))), None)
    if found is None:
        return []
    numbers = [int(part) for part in found.groups()[:6]]
    try:
        first, end = date(*numbers[:3]), date(*numbers[3:])
        last = end - timedelta(days=1) if found[7] else end
    except (ValueError, OverflowError) as error:
        raise FileFormatError(file=name, line=0, field="日期", reason="not-a-time") from error
    if last < first:
        raise FileFormatError(file=name, line=0, field="终止日期", reason="before-its-start")
    return [first, last]
