"""Formats that are tables with a known header, whether text or a workbook holds them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from ledger.errors import FileFormatError
from ledger.matching.formats import (
    abc_personal,
    alipay_personal,
    alipay_signcustomer,
    ccb_corporate,
    ccb_personal,
    cmb_personal,
    corporate,
    icbc_personal,
    paypal_stl,
    stripe_payouts,
    wechat_personal,
    wechat_trade,
    workbooks,
)
from ledger.matching.formats.incoming import Incoming
from ledger.matching.formats.sheets import HEADER_WITHIN, Record, records
from ledger.matching.lines import BankFile


class Table(NamedTuple):
    """One format of rows under a header.

    Attributes:
        name: As in `BankFile.format`.
        recognises: Tells from the first records; never raises.
        read: Reads all records.
        strict: Whether its CSV is: WeChat's personal bill has tabs after closing quotes.
    """

    name: str
    recognises: Callable[[Sequence[Record]], bool]
    read: Callable[[str, Sequence[Record]], tuple[BankFile, ...]]
    strict: bool = True


def _single(
    read: Callable[[str, Sequence[Record]], BankFile],
) -> Callable[[str, Sequence[Record]], tuple[BankFile, ...]]:
    return lambda name, given: (read(name, given),)


_KNOWN = (
    Table(ccb_corporate.FORMAT, ccb_corporate.recognises, _single(ccb_corporate.read)),
    Table(
        alipay_signcustomer.FORMAT,
        alipay_signcustomer.recognises,
        _single(alipay_signcustomer.read),
    ),
    Table(ccb_personal.FORMAT, ccb_personal.recognises, ccb_personal.read),
    Table(icbc_personal.FORMAT, icbc_personal.recognises, icbc_personal.read),
    Table(abc_personal.FORMAT, abc_personal.recognises, _single(abc_personal.read)),
    Table(cmb_personal.FORMAT, cmb_personal.recognises, cmb_personal.read),
    Table(alipay_personal.FORMAT, alipay_personal.recognises, _single(alipay_personal.read)),
    Table(
        wechat_personal.FORMAT,
        wechat_personal.recognises,
        _single(wechat_personal.read),
        strict=False,
    ),
    Table(stripe_payouts.FORMAT, stripe_payouts.recognises, stripe_payouts.read),
    Table(paypal_stl.FORMAT, paypal_stl.recognises, paypal_stl.read),
)


def _by_words(bank: corporate.Bank, given: Sequence[Record]) -> bool:
    """Tell whether only its words say what a table is: one whose header is known is read as what it is."""
    return corporate.recognises(bank, given) and not any(one.recognises(given) for one in _KNOWN)


TABLES = (
    *_KNOWN,
    *(
        Table(bank.format, partial(_by_words, bank), partial(corporate.read, bank))
        for bank in corporate.BANKS
    ),
)

DELIMITERS = (",", "\t")
"""Some banks call tab-separated text an .xls."""


def recognises_workbook(file: Incoming) -> bool:
    """Return whether a file is a workbook, whatever it holds."""
    return workbooks.is_workbook(file.data)


def read_workbook(file: Incoming) -> tuple[BankFile, ...]:
    """Read the one visible worksheet that is a known table.

    Args:
        file: A workbook.

    Returns:
        Its statements, balances not yet checked.

    Raises:
        FileFormatError: No visible worksheet is a known table, or several are; or a fault in it.
        TooLargeError: Beyond a limit of `workbooks`.
        BalanceTieError: Stated totals differ from the lines.
    """
    found = [
        (table, sheet)
        for sheet in workbooks.visible_sheets(file.name, file.data)
        for table in TABLES
        if table.recognises(sheet.records[:HEADER_WITHIN])
    ]
    if not found:
        raise FileFormatError(file=file.name, line=1, field="header", reason="unknown-format")
    if len(found) > 1:
        raise FileFormatError(file=file.name, line=0, field="workbook", reason="several-sheets")
    table, sheet = found[0]
    return table.read(sheet.name, sheet.records)


def _head(file: Incoming, delimiter: str) -> list[Record]:
    """Return the first records of a file, as far as it is text of this kind."""
    if delimiter == ",":
        return file.head_records
    reader = csv.reader(io.StringIO(file.head, newline=""), delimiter=delimiter)
    found: list[Record] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(Record(reader.line_num, tuple(cells)))
            if len(found) == HEADER_WITHIN:
                break
    except csv.Error:
        pass
    return found


def _recognises_text(table: Table, delimiter: str, file: Incoming) -> bool:
    return table.recognises(_head(file, delimiter))


def _read_text(table: Table, delimiter: str, file: Incoming) -> tuple[BankFile, ...]:
    given = records(file.name, file.text, delimiter=delimiter, strict=table.strict)
    return table.read(file.name, given)


TEXT_FORMATS: tuple[
    tuple[str, Callable[[Incoming], bool], Callable[[Incoming], tuple[BankFile, ...]]], ...
] = (
    (
        wechat_trade.FORMAT,
        lambda file: wechat_trade.recognises(file.head),
        lambda file: wechat_trade.read(file.name, file.text),
    ),
    *(
        (
            table.name,
            partial(_recognises_text, table, delimiter),
            partial(_read_text, table, delimiter),
        )
        for delimiter in DELIMITERS
        for table in TABLES
    ),
)
"""Name, recogniser and reader of each, for the registry."""
