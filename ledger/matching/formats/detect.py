"""Find out what a file is from its bytes, and read it.

`FORMATS` is the registry: a new reader is a module of its own and one row here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from ledger.errors import FileFormatError
from ledger.matching.formats import (
    alipay_signcustomer,
    archives,
    bai2,
    camt,
    ccb_corporate,
    mt940,
    ofx,
    tables,
    wechat_fundflow,
)
from ledger.matching.formats.incoming import Incoming
from ledger.matching.formats.sheets import check_size
from ledger.matching.lines import BankFile, check_chain, count_twins


class Format(NamedTuple):
    """One row of the registry.

    Attributes:
        name: As in `BankFile.format`, or what those of its statements begin with.
        recognises: Tells from the beginning of a file whether it is this format; never raises, and
            is true for a file that is this format but broken.
        read: Reads it: the statements in the order of the file, balances not yet checked. Raises
            the errors of `read_statements`.
    """

    name: str
    recognises: Callable[[Incoming], bool]
    read: Callable[[Incoming], tuple[BankFile, ...]]


FORMATS: tuple[Format, ...] = (
    # Archives first: the text of a member can lie in a zip as it is. Of them this one is last, because it takes any.
    Format("workbook", tables.recognises_workbook, tables.read_workbook),
    Format(
        alipay_signcustomer.FORMAT,
        lambda file: file.data.startswith(archives.MAGIC),
        lambda file: (alipay_signcustomer.read_archive(file.name, file.data),),
    ),
    Format(camt.FORMAT, camt.recognises, camt.read),
    Format(mt940.FORMAT, mt940.recognises, mt940.read),
    Format(ofx.FORMAT, ofx.recognises, ofx.read),
    Format(bai2.FORMAT, bai2.recognises, bai2.read),
    Format(
        wechat_fundflow.FORMAT,
        lambda file: wechat_fundflow.recognises(file.head),
        lambda file: (wechat_fundflow.read(file.name, file.text),),
    ),
    Format(
        ccb_corporate.FORMAT,
        lambda file: ccb_corporate.recognises(file.head_records),
        lambda file: (ccb_corporate.read(file.name, file.records),),
    ),
    Format(
        alipay_signcustomer.FORMAT,
        lambda file: alipay_signcustomer.recognises(file.head_records),
        lambda file: (alipay_signcustomer.read(file.name, file.records),),
    ),
    *(Format(*entry) for entry in tables.TEXT_FORMATS),
)
"""Every format that is read. The first whose `recognises` is true reads the file, so a narrow one stands
above a wide one."""


def read_statements(name: str, data: bytes) -> tuple[BankFile, ...]:
    """Read a file of a bank or wallet in any known format, and prove that every statement adds up.

    Args:
        name: File name as uploaded; only repeated in errors.
        data: The whole file, at most 20 MiB.

    Returns:
        The statements in the order of the file, at least one; each one's balances are an unbroken
        chain.

    Raises:
        FileFormatError: None of the formats, or a fault in it; fields `file`, `line`, `field`,
            `reason`.
        BalanceTieError: A statement does not add up, and has to be held.
        TooLargeError: Beyond a limit of size or unpacking.
    """
    files = read_unproved(name, data)
    for file in files:
        check_chain(file, name)
    return files


def read_unproved(name: str, data: bytes) -> tuple[BankFile, ...]:
    """Read a file like `read_statements`, but leave it to the caller to prove each statement.

    Args:
        name: File name as uploaded.
        data: The whole file.

    Returns:
        The statements in the order of the file, at least one.

    Raises:
        FileFormatError: None of the formats, or a fault in it.
        TooLargeError: Beyond a limit of size or unpacking.
    """
    check_size(name, data)
    if not data.strip(b"\x00\t\n\r \xef\xbb\xbf"):
        raise FileFormatError(file=name, line=1, field="file", reason="empty")
    incoming = Incoming(name, data)
    for known in FORMATS:
        if known.recognises(incoming):
            files = known.read(incoming)
            for file in files:
                _check_storable(name, file)
            return count_twins(_own_lines(files))
    raise FileFormatError(file=name, line=1, field="header", reason="unknown-format")


def read_bank_file(name: str, data: bytes) -> BankFile:
    """Read a file that holds one statement, like `read_statements`.

    Args:
        name: File name as uploaded.
        data: The whole file.

    Returns:
        The statement.

    Raises:
        FileFormatError: As `read_statements`, or the file holds several statements.
        BalanceTieError: As `read_statements`.
        TooLargeError: As `read_statements`.
    """
    files = read_statements(name, data)
    if len(files) != 1:
        raise FileFormatError(file=name, line=1, field="file", reason="several-statements")
    return files[0]


def _check_storable(name: str, file: BankFile) -> None:
    """Refuse texts with NUL: no bank writes them, and PostgreSQL does not keep them.

    Raises:
        FileFormatError: A line has one.
    """
    for line in file.lines:
        for field in ("account", "bank_id", "counterparty", "text"):
            if "\x00" in (getattr(line, field) or ""):
                raise FileFormatError(
                    file=name, line=line.line_no, field=field, reason="nul-character"
                )


def _own_lines(files: tuple[BankFile, ...]) -> tuple[BankFile, ...]:
    """Give every line of a file a number of its own.

    Banks write whole XML files on one line. Officers name a bank line by its number, so there the
    lines are counted instead, from 1, those that are pending too.
    """
    numbers = [line.line_no for file in files for line in (*file.lines, *file.pending)]
    if len(set(numbers)) == len(numbers):
        return files
    count = itertools.count(1)
    return tuple(
        replace(
            file,
            lines=tuple(replace(line, line_no=next(count)) for line in file.lines),
            pending=tuple(replace(line, line_no=next(count)) for line in file.pending),
        )
        for file in files
    )
