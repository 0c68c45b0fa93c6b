"""Read the personal account export of China Construction Bank (CCB 建设银行), an .xls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ledger.matching.formats.assembly import by_account
from ledger.matching.formats.banks import required_header, stated_above
from ledger.matching.formats.mapped import lines_under
from ledger.matching.formats.mappings import Mapping
from ledger.matching.formats.sheets import Record, header_at, plain
from ledger.matching.lines import BankFile

FORMAT = "ccb_personal"

MAPPING = Mapping(
    name=FORMAT,
    date="交易日期",
    date_format="%Y%m%d",
    time="交易时间",
    sign="columns",
    money_in="收入",
    money_out="支出",
    balance="账户余额",
    bank_word="摘要",
    text=("交易地点",),
    counterparty="对方户名",
    currency_column="币种",
    ignored_starts=("以上数据",),
)


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of this export."""
    return header_at(given, MAPPING.columns(), plain) is not None


def read(name: str, given: Sequence[Record]) -> tuple[BankFile, ...]:
    """Read the export of one account, which may hold several currencies.

    Args:
        name: File name for errors.
        given: Records of the whole sheet; the account's number, often masked, stands above the
            header.

    Returns:
        One statement for each currency. Balances not yet checked.

    Raises:
        FileFormatError: A column or a value is wrong.

    Source:
        Inputs, section 6.5, row "CCB, personal xls".
    """
    start = required_header(name, given, MAPPING)
    mapping = replace(MAPPING, account=stated_above(given[:start], "账号"))
    return by_account(FORMAT, lines_under(name, given[start], given[start + 1 :], mapping))
