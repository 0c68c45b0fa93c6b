"""Read the personal account export of the Agricultural Bank of China (ABC 农业银行)."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.matching.formats.assembly import bank_file
from ledger.matching.formats.banks import required_header
from ledger.matching.formats.mapped import lines_under
from ledger.matching.formats.mappings import Mapping
from ledger.matching.formats.sheets import Record, header_at, plain
from ledger.matching.lines import BankFile

FORMAT = "abc_personal"

MAPPING = Mapping(
    name=FORMAT,
    date="交易日期",
    date_format="%Y%m%d",
    time="交易时间",
    time_format="%H%M%S",
    amount="交易金额",
    balance="本次余额",
    bank_word="交易摘要",
    text=("交易附言",),
    counterparty="对手信息",
    # The log number alone is one of a day; one of zeros belongs to the bank's own lines, and is none.
    id=("交易日期", "日志号"),
    currency="CNY",
)


def recognises(given: Sequence[Record]) -> bool:
    """Return whether records have the header of this export."""
    return header_at(given, MAPPING.columns(), plain) is not None


def read(name: str, given: Sequence[Record]) -> BankFile:
    """Read the export of one account.

    Args:
        name: File name for errors.
        given: Records of the whole file. Rows may lack the columns at their end.

    Returns:
        Lines oldest first, `account` empty, because the export does not name it. Balances not yet
        checked.

    Raises:
        FileFormatError: A column or a value is wrong.

    Source:
        Inputs, section 6.5, row "ABC".
    """
    start = required_header(name, given, MAPPING)
    lines = lines_under(name, given[start], given[start + 1 :], MAPPING, padded=True)
    return bank_file(FORMAT, lines, "", MAPPING.currency)
