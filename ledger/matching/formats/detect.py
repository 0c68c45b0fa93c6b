"""Find out what a file is from its bytes, and read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import FileFormatError
from ledger.matching.formats import alipay_signcustomer, archives, ccb_corporate, wechat_fundflow
from ledger.matching.formats.sheets import check_size, decode, records
from ledger.matching.lines import check_chain

if TYPE_CHECKING:
    from ledger.matching.lines import BankFile


def read_bank_file(name: str, data: bytes) -> BankFile:
    """Read a bank's or wallet's statement in any known format, and prove that it adds up.

    Known are CCB's corporate export, Alipay's `signcustomer` bill (the zip or its detail file) and
    WeChat Pay's fund bill. The name is only repeated in errors, never trusted.

    Args:
        name: File name as uploaded.
        data: The whole file, at most 20 MiB.

    Returns:
        A file whose balances form an unbroken chain.

    Raises:
        FileFormatError: None of the formats, or a fault in it; fields `file`, `line`, `field`,
            `reason`.
        BalanceTieError: It does not add up, and has to be held.
        TooLargeError: Beyond a limit of size or unpacking.
    """
    check_size(name, data)
    file = _read(name, data)
    check_chain(file, name)
    return file


def _read(name: str, data: bytes) -> BankFile:
    if data.startswith(archives.MAGIC):
        return alipay_signcustomer.read_archive(name, data)
    text = decode(name, data)
    if wechat_fundflow.recognises(text):
        return wechat_fundflow.read(name, text)
    given = records(name, text)
    if ccb_corporate.recognises(given):
        return ccb_corporate.read(name, given)
    if alipay_signcustomer.recognises(given):
        return alipay_signcustomer.read(name, given)
    raise FileFormatError(file=name, line=1, field="header", reason="unknown-format")
