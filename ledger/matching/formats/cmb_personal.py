"""Read the personal account export of China Merchants Bank (CMB 招商银行)."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.matching.formats.assembly import by_account
from ledger.matching.formats.banks import required_header
from ledger.matching.formats.mapped import lines_under
from ledger.matching.formats.mappings import Mapping
from ledger.matching.formats.sheets import Record, header_at, plain
from ledger.matching.lines import BankFile

FORMAT = "cmb_personal"

MAPPING = Mapping(
    name=FORMAT,
    date="记账日期",
    date_format="%Y-%m-%d",
    amount="交易金额",
    balance="联机余额",
    bank_word="交易摘要",
    text=("客户摘要",),
    counterparty="对手信息",
    currency_column="货币",
)


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of this export."""
    return header_at(given, MAPPING.columns(), plain) is not None


def read(name: str, given: Sequence[Record]) -> tuple[BankFile, ...]:
    """Read the export of one account, which may hold several currencies.

    Args:
        name: File name for errors.
        given: Records of the whole file.

    Returns:
        One statement for each currency, `account` empty, because the export does not name it.
        Balances not yet checked.

    Raises:
        FileFormatError: A column or a value is wrong.

    Source:
        Inputs, section 6.5, row "CMB".
    """
    start = required_header(name, given, MAPPING)
    return by_account(FORMAT, lines_under(name, given[start], given[start + 1 :], MAPPING))
