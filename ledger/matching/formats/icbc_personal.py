"""Read the personal account export of the Industrial and Commercial Bank of China (ICBC 工商银行)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.assembly import by_account
from ledger.matching.formats.banks import required_header, stated_above
from ledger.matching.formats.mapped import amount, lines_under
from ledger.matching.formats.mappings import Mapping
from ledger.matching.formats.sheets import Record, header_at, plain, rows_under
from ledger.matching.formats.words import CURRENCIES
from ledger.matching.lines import BankFile, BankLine

FORMAT = "icbc_personal"

MAPPING = Mapping(
    name=FORMAT,
    date="交易日期",
    date_format="%Y-%m-%d",
    sign="columns",
    # What was booked; the amounts of the transaction itself may be in another currency.
    money_in="记账金额(收入)",
    money_out="记账金额(支出)",
    balance="余额",
    bank_word="摘要",
    text=("交易场所",),
    counterparty="对方户名",
    currency_column="记账币种",
)

_TOTAL = "合计"


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of this export."""
    return header_at(given, MAPPING.columns(), plain) is not None


def read(name: str, given: Sequence[Record]) -> tuple[BankFile, ...]:
    """Read the export of one account, which may hold several currencies.

    1. The rows end with one line of totals for each currency; without it the file was cut off.
    2. The totals must be those of the lines.

    Args:
        name: File name for errors.
        given: Records of the whole file.

    Returns:
        One statement for each currency. Balances not yet checked.

    Raises:
        FileFormatError: A column or a value is wrong, for example a masked balance, or the totals
            are missing.
        BalanceTieError: The totals differ from the lines.

    Source:
        Inputs, section 6.5, row "ICBC".
    """
    start = required_header(name, given, MAPPING)
    body = given[start + 1 :]
    totals = [record for record in body if _is_total(record)]
    if not totals:
        raise FileFormatError(file=name, line=given[-1].line, field="row", reason="cut-off")
    details = tuple(one for one in ("交易详情",) if one in map(plain, given[start].cells))
    mapping = replace(
        MAPPING, account=stated_above(given[:start], "卡号"), text=(*details, *MAPPING.text)
    )
    kept = [record for record in body if not _is_total(record)]
    lines = lines_under(name, given[start], kept, mapping)
    _check_totals(name, given[start], totals, lines)
    return by_account(FORMAT, lines)


def _is_total(record: Record) -> bool:
    return plain(record.cells[0]).endswith(_TOTAL)


def _check_totals(
    name: str, header: Record, totals: Sequence[Record], lines: Sequence[BankLine]
) -> None:
    stated = set()
    for row in rows_under(name, header, totals, plain, padded=True):
        word = plain(row.text(MAPPING.date)).removesuffix(_TOTAL)
        commodity = CURRENCIES.get(word)
        if commodity is None:
            raise row.wrong(MAPPING.date, "unknown-currency")
        stated.add(commodity)
        amounts = [line.amount_minor for line in lines if line.commodity == commodity]
        for column, found in (
            (MAPPING.money_in, sum(one for one in amounts if one > 0)),
            (MAPPING.money_out, -sum(one for one in amounts if one < 0)),
        ):
            total = amount(row, column, MAPPING, commodity) or 0
            if total != found:
                raise BalanceTieError(
                    file=name, line=row.line, field=column, expected=found, found=total
                )
    if not {line.commodity for line in lines} <= stated:
        raise FileFormatError(file=name, line=totals[-1].line, field="row", reason="cut-off")
