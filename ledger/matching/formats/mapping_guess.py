"""Propose a mapping from a sheet's header and its first rows, for a person to look at.

A guess is made only where one answer fits. What stays open is left empty, and `mappings.check`
names it: `03/04/2026` alone does not say whether it is March or April.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Names
from dataclasses import replace
from typing import Any

from ledger.errors import FileFormatError, InputError
from ledger.matching.formats import mappings, workbooks
from ledger.matching.formats.assembly import by_account
from ledger.matching.formats.mapped import lines_under, moment
from ledger.matching.formats.mappings import DELIMITERS, Mapping
from ledger.matching.formats.sheets import (
    HEADER_CELLS_MAX,
    HEADER_WITHIN,
    Record,
    check_size,
    compact,
    decode,
    plain,
    records,
)
from ledger.matching.lines import check_chain

ROWS_LOOKED_AT = 200
NOTE_START = 20
"""So many characters of a note are enough to know it again."""

_DATES = (
    "交易日期 记账日期 入账日期 记账日 交易日 日期 发生日期 交易时间 记账时间 发生时间 入账时间 时间 "
    "date bookingdate transactiondate postingdate posteddate posted completeddate valuedate timestamp"
)
_TIMES = "交易时间 记账时间 交易时间戳 时间 time transactiontime"
_AMOUNTS = "交易金额 金额 发生额 收支金额 交易额 amount transactionamount value sum"
_INS = (
    "贷方发生额 贷方金额 贷方 收入金额 收入 存入金额 存入 转入金额 入账金额 贷方入账 记账金额收入 交易金额收入 "
    "credit creditamount deposit deposits paidin moneyin in"
)
_OUTS = (
    "借方发生额 借方金额 借方 支出金额 支出 取出金额 取出 转出金额 出账金额 借方出账 记账金额支出 交易金额支出 "
    "debit debitamount withdrawal withdrawals paidout moneyout out"
)
_DIRECTIONS = (
    "借贷 借贷标志 借贷方向 收支 收支类型 收付标志 交易方向 "
    "dc drcr debitcredit creditdebit direction cdtdbtind"
)
_BALANCES = (
    "余额 账户余额 本次余额 联机余额 账户结余 交易后余额 balance runningbalance accountbalance"
)
_CURRENCIES = "币种 币别 货币 记账币种 交易币种 currency ccy"
_ACCOUNTS = "账号 本方账号 本方账户 accountnumber accountno account ouraccount"
_PARTIES = (
    "对方户名 对方名称 对方账户名称 对方账户名 对方单位名称 对方单位 收付方名称 对手信息 交易对方 交易对手名称 "
    "partnername counterparty counterpartyname payee payer beneficiary name"
)
_BANK_WORDS = "摘要 交易摘要 交易类型 交易名称 业务类型 type transactiontype"
_TEXTS = (
    "备注 附言 交易附言 用途 交易用途 交易说明 业务摘要 客户摘要 商品说明 label description details memo narrative "
    "purpose particulars remittanceinformation text notes"
)
_IDS = (
    "账户明细编号交易流水号 交易流水号 账务流水号 资金流水单号 流水号 日志号 核心流水号 顺序号 "
    "transactionid id bankreference fitid entryid"
)
_REFERENCES = "企业流水号 业务参考号 凭证号 商户订单号 reference ref endtoendid paymentreference"

_SINGLE: Names[str, str] = {
    "date": _DATES,
    "amount": _AMOUNTS,
    "money_in": _INS,
    "money_out": _OUTS,
    "direction": _DIRECTIONS,
    "balance": _BALANCES,
    "currency_column": _CURRENCIES,
    "account_column": _ACCOUNTS,
    "counterparty": _PARTIES,
    "bank_word": _BANK_WORDS,
    "id": _IDS,
}

_DAY_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
)
_CLOCK_FORMATS = ("%H:%M:%S", "%H:%M", "%H%M%S", "%H:%M:%S.%f", "%H:%M:%S%z")
_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,3}(?:[. ']?\d{3})*,\d{1,2}", re.ASCII)
_DECIMAL_POINT = re.compile(r"[+-]?\d[\d, ']*\.\d{1,3}", re.ASCII)
_GROUPED = re.compile(r"\d([., '])\d{3}", re.ASCII)
_HAS_DIGIT = re.compile(r"\d")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def propose(name: str, data: bytes, currency: str = "") -> Mapping:
    """Propose a mapping for a file.

    Args:
        name: File name; for errors, and the mapping's name.
        data: The whole file: text or a workbook.
        currency: ISO 4217 code, where the sheet has no column for it. Without one a sheet with a
            Chinese header is taken for CNY.

    Returns:
        A mapping that `mappings.check` may still refuse: what the sheet leaves open is empty.

    Raises:
        FileFormatError: No row looks like a header, or the file cannot be read.
        TooLargeError: Beyond a limit.
    """
    check_size(name, data)
    for delimiter, given in _tables(name, data):
        for skipped, header in enumerate(given[:HEADER_WITHIN]):
            if len(header.cells) > HEADER_CELLS_MAX:
                continue
            found = columns_of(header.cells)
            if found is not None:
                rows = given[skipped + 1 : skipped + 1 + ROWS_LOOKED_AT]
                start = Mapping(name=name[: mappings.TEXT_MAX], date_format="", **found)
                start = replace(start, delimiter=delimiter, skip_rows=skipped)
                return settled(name, _with_currency(start, header, currency), header, rows)
    raise FileFormatError(file=name, line=1, field="header", reason="no-header")


def _tables(name: str, data: bytes) -> Iterable[tuple[str, list[Record]]]:
    if workbooks.is_workbook(data):
        yield from ((",", sheet.records) for sheet in workbooks.visible_sheets(name, data))
        return
    text = decode(name, data)
    for delimiter in DELIMITERS:
        try:
            yield delimiter, records(name, text, delimiter=delimiter)
        except FileFormatError:
            continue


def columns_of(cells: Sequence[str]) -> dict[str, Any] | None:
    """Return the fields of a mapping that names tell, or None if there is no day or no amount."""
    # Turned round, so that of two columns of one name the first one counts.
    names = {_key(cell): plain(cell) for cell in reversed(cells) if cell.strip()}
    found: dict[str, Any] = {
        field: column for field, wanted in _SINGLE.items() if (column := _first(names, wanted))
    }
    found["id"] = tuple(filter(None, [found.get("id", "")]))
    if "money_in" in found and "money_out" in found:
        found.pop("amount", None)
        found.pop("direction", None)
        found["sign"] = "columns"
    else:
        found.pop("money_in", None)
        found.pop("money_out", None)
        found["sign"] = "direction" if "direction" in found else "plus-in"
    if "date" not in found or not ({"amount", "money_in"} & found.keys()):
        return None
    clock = _first(names, _TIMES)
    if clock and clock != found["date"]:
        found["time"] = clock
    found["text"] = _all(names, _TEXTS)
    found["references"] = _all(names, _REFERENCES)
    return found


def _key(cell: str) -> str:
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]", "", plain(cell).lower())


def _first(names: Names[str, str], wanted: str) -> str:
    """Return the column that has the first of the wanted names; units may follow it."""
    for one in wanted.split():
        for key, column in names.items():
            if key == one or _key(compact(column)) == one:
                return column
    return ""


def _all(names: Names[str, str], wanted: str) -> tuple[str, ...]:
    keys = set(wanted.split())
    return tuple(column for key, column in names.items() if key in keys)[::-1]


def _with_currency(start: Mapping, header: Record, currency: str) -> Mapping:
    if start.currency_column:
        return start
    chinese = _CHINESE.search("".join(header.cells))
    return replace(start, currency=currency or ("CNY" if chinese else ""))


def settled(name: str, start: Mapping, header: Record, rows: Sequence[Record]) -> Mapping:
    """Choose formats by the values, and among signs the first that makes the balances follow.

    Args:
        name: File name, for errors.
        start: What the header says.
        header: The header.
        rows: Under it, at least some.

    Returns:
        The mapping; its `date_format` is empty where the days can be read in two ways.
    """
    columns = {plain(cell): index for index, cell in enumerate(header.cells)}

    def values(column: str) -> list[str]:
        index = columns.get(column, len(header.cells))
        cells = (row.cells[index].strip() for row in rows if index < len(row.cells))
        return [cell for cell in cells if cell]

    chosen = _with_times(start, values)
    decimal, thousands = _separators(
        [*values(start.amount), *values(start.money_in), *values(start.money_out)]
    )
    sums = [start.amount, start.money_in, start.money_out]
    starts = _starts_of_notes(rows, columns[chosen.date], [columns[one] for one in sums if one])
    chosen = replace(chosen, decimal=decimal, thousands=thousands, ignored_starts=starts)
    options = {
        "plus-in": ("plus-in", "plus-out"),
        "direction": ("direction", "direction-only"),
        "columns": ("columns", "columns-only"),
    }[start.sign]
    tying = (sign for sign in options if _ties(name, replace(chosen, sign=sign), header, rows))
    return replace(chosen, sign=next(tying, options[0]))


def _starts_of_notes(rows: Sequence[Record], day: int, sums: Sequence[int]) -> tuple[str, ...]:
    """Return how rows begin that are no lines: words where the day should be, or neither day nor sum."""
    found: dict[str, None] = {}
    for row in rows:
        cells = dict(enumerate(cell.strip() for cell in row.cells))
        if _HAS_DIGIT.search(cells.get(day, "")):
            continue
        if cells.get(day) or not any(_HAS_DIGIT.search(cells.get(one, "")) for one in sums):
            start = next(plain(cell) for cell in row.cells if cell.strip())
            found[start[:NOTE_START]] = None
    return tuple(found)[: mappings.COLUMNS_MAX]


def _with_times(start: Mapping, values: Callable[[str], list[str]]) -> Mapping:
    """Choose the formats of day and time; a column of times that holds whole moments is the day's."""
    if start.time:
        whole = _date_format(values(start.time), timed=True)
        if whole:
            return replace(start, date=start.time, date_format=whole, time="")
    return replace(
        start,
        date_format=_date_format(values(start.date), timed=not start.time),
        time_format=_fitting(values(start.time), _CLOCK_FORMATS) or start.time_format,
    )


def _ties(name: str, mapping: Mapping, header: Record, rows: Sequence[Record]) -> bool:
    try:
        mappings.check(mapping)
        for file in by_account("", lines_under(name, header, rows, mapping, padded=True)):
            check_chain(file)
    except InputError:
        return False
    return True


def _date_format(values: Sequence[str], *, timed: bool) -> str:
    """Return the one format that fits all values but those of totals and notes, or nothing."""
    clocks = ("", *(f" {clock}" for clock in _CLOCK_FORMATS), *(f"T{c}" for c in _CLOCK_FORMATS))
    formats = [day + clock for day in _DAY_FORMATS for clock in (clocks if timed else ("",))]
    return _fitting([value for value in values if _HAS_DIGIT.search(value)], formats)


def _fitting(values: Sequence[str], formats: Iterable[str]) -> str:
    fitting = [one for one in formats if values and all(_fits(value, one) for value in values)]
    return fitting[0] if len(fitting) == 1 else ""


def _fits(value: str, date_format: str) -> bool:
    try:
        moment(value, date_format)
    except (ValueError, OverflowError):
        return False
    return True


def _separators(values: Sequence[str]) -> tuple[str, str]:
    """Return the signs before decimals and between thousands; a point and a comma unless texts say otherwise."""
    commas = any(_DECIMAL_COMMA.fullmatch(value) for value in values)
    points = any(_DECIMAL_POINT.fullmatch(value) for value in values)
    decimal = "," if commas and not points else "."
    seen = {found[1] for value in values for found in _GROUPED.finditer(value)} - {decimal}
    usual = "." if decimal == "," else ","
    return decimal, seen.pop() if len(seen) == 1 else usual
