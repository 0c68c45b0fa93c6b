"""Read the corporate account exports of ICBC 工商银行, ABC 农业银行 and CMB 招商银行: by what their columns are called.

These banks publish no layout, and their exports differ from branch to branch in columns, order and dates. So the
columns are found by the words that all of them use, the bank by words that only it uses or by its name above the
header, and formats and signs by the values: the balances have to follow, or the statement is held. What stays open
refuses the file, and is then said by a mapping.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.errors import FileFormatError
from ledger.matching.formats.assembly import by_account
from ledger.matching.formats.banks import stated_above
from ledger.matching.formats.mapped import lines_under
from ledger.matching.formats.mapping_guess import columns_of, settled
from ledger.matching.formats.mappings import Mapping
from ledger.matching.formats.sheets import HEADER_CELLS_MAX, HEADER_WITHIN, Record, plain
from ledger.matching.formats.words import CURRENCIES
from ledger.matching.lines import BankFile


@dataclass(frozen=True, slots=True)
class Bank:
    """How a bank's corporate export is known.

    Attributes:
        format: As in `BankFile.format`.
        names: What it calls itself above the header.
        marks: Columns that stand together in its exports and in no other's.
    """

    format: str
    names: tuple[str, ...]
    marks: tuple[frozenset[str], ...]


ICBC = Bank(
    "icbc_corporate",
    ("工商银行", "ICBC"),
    (frozenset({"本方账号", "对方单位名称"}), frozenset({"本方账号", "对方单位", "个性化信息"})),
)
ABC = Bank(
    "abc_corporate",
    ("农业银行",),
    (frozenset({"交易行名", "对方省市"}), frozenset({"交易行名", "对方户名", "交易用途"})),
)
CMB = Bank(
    "cmb_corporate",
    ("招商银行",),
    (frozenset({"收/付方名称", "流水号"}), frozenset({"收(付)方名称", "流水号"})),
)
BANKS = (ICBC, ABC, CMB)

ACCOUNT_LABELS = ("账号", "本方账号", "账户", "查询账号", "账户账号")
TOTALS = ("合计", "总计", "小计", "本页合计", "借方合计", "贷方合计", "累计")
"""How rows begin that sum others up."""
CURRENCY_LABELS = ("币种", "币别", "货币")


def recognises(bank: Bank, given: Sequence[Record]) -> bool:
    """Return whether records have the header of a corporate export of a bank."""
    found = _header(given)
    return found is not None and _bank_of(given, found[0]) == bank


def _header(given: Sequence[Record]) -> tuple[int, Mapping] | None:
    """Return where the header is, and what its words say; None where nothing is one of a corporate export."""
    for start, record in enumerate(given[:HEADER_WITHIN]):
        if len(record.cells) > HEADER_CELLS_MAX:
            continue
        found = columns_of(record.cells)
        # Balances prove what is read; an export without them is none that could be told by words alone.
        if found is None or "balance" not in found or "counterparty" not in found:
            continue
        return start, Mapping(name="corporate", date_format="", **found)
    return None


def _bank_of(given: Sequence[Record], start: int) -> Bank | None:
    there = {plain(cell) for cell in given[start].cells}
    for bank in BANKS:
        if any(marks <= there for marks in bank.marks):
            return bank
    above = "".join(plain(cell) for record in given[:start] for cell in record.cells)
    named = [bank for bank in BANKS if any(name in above for name in bank.names)]
    return named[0] if len(named) == 1 else None


def read(bank: Bank, name: str, given: Sequence[Record]) -> tuple[BankFile, ...]:
    """Read the corporate export of a bank.

    Args:
        bank: As it was recognised.
        name: File name for errors.
        given: Records of the whole file.

    Returns:
        One statement for each account and currency. Balances not yet checked.

    Raises:
        FileFormatError: A value is wrong, there are no lines, no account is named, or the days can be read in two ways.

    Source:
        Inputs, section 6.5: the words of all these banks' exports; debit is what left the account.
    """
    found = _header(given)
    if found is None:
        raise FileFormatError(file=name, line=1, field="header", reason=f"not-{bank.format}")
    start, words = found
    header = given[start]
    rows = [one for one in given[start + 1 :] if not _first_cell(one).startswith(TOTALS)]
    if not rows:
        raise FileFormatError(file=name, line=header.line, field="row", reason="no-lines")
    mapping = settled(name, replace(words, name=bank.format, currency="CNY"), header, rows)
    mapping = _with_unique_numbers(_told_above(mapping, given[:start]), header, rows)
    if not mapping.date_format:
        raise FileFormatError(
            file=name, line=rows[0].line, field=mapping.date, reason="unknown-date-format"
        )
    if not mapping.account and not mapping.account_column:
        raise FileFormatError(file=name, line=header.line, field="账号", reason="missing-column")
    lines = lines_under(name, header, rows, mapping, padded=True)
    if not lines:
        raise FileFormatError(file=name, line=header.line, field="row", reason="no-lines")
    return by_account(bank.format, lines)


def _first_cell(record: Record) -> str:
    return next((plain(cell) for cell in record.cells if cell.strip()), "")


def _told_above(mapping: Mapping, above: Sequence[Record]) -> Mapping:
    """Take account and currency from what stands above the header, where no column has them."""
    account = next(filter(None, (stated_above(above, label) for label in ACCOUNT_LABELS)), "")
    currency = next(filter(None, (stated_above(above, label) for label in CURRENCY_LABELS)), "")
    if not mapping.currency_column and currency in CURRENCIES:
        mapping = replace(mapping, currency=CURRENCIES[currency])
    if mapping.currency_column:
        mapping = replace(mapping, currency="")
    return mapping if mapping.account_column else replace(mapping, account=account)


def _with_unique_numbers(mapping: Mapping, header: Record, rows: Sequence[Record]) -> Mapping:
    """Take a column of numbers for the bank's own of each line only where no two lines share one."""
    names = [plain(cell) for cell in header.cells]
    columns = [names.index(column) for column in mapping.id if column in names]
    numbers = Counter(
        cells
        for row in rows
        if any(cells := tuple(row.cells[at].strip() for at in columns if at < len(row.cells)))
    )
    return mapping if all(count == 1 for count in numbers.values()) else replace(mapping, id=())
