"""Read a file of a bank or wallet, by its bytes or by a mapping. Pure; nothing is compared with what is stored."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from ledger.errors import BalanceTieError
from ledger.matching.file_history import SavedMapping
from ledger.matching.formats import mapped
from ledger.matching.formats.detect import read_unproved
from ledger.matching.formats.mappings import from_json
from ledger.matching.lines import BankFile

READERS_VERSION = 1
"""Of all readers together: raised when one of them reads a line otherwise than before."""


class Reading(NamedTuple):
    """A file as it was read, before anything is compared.

    Attributes:
        name: As uploaded.
        data: Its bytes.
        statements: In the order of the file; none where its totals differ.
        parser: Which reader, and its version.
        fault: Why no statement can be told, though the format is known; None where they can.
    """

    name: str
    data: bytes
    statements: tuple[BankFile, ...]
    parser: str
    fault: BalanceTieError | None = None

    @property
    def sha256(self) -> bytes:
        """Return the hash that the file is kept under."""
        return sha256(self.data).digest()

    @property
    def format(self) -> str:
        """Return what the file is."""
        return self.statements[0].format if self.statements else "unknown"


def read(name: str, data: bytes, mapping: SavedMapping | None = None) -> Reading:
    """Read a file in any known format, or by a mapping.

    Args:
        name: As uploaded.
        data: The whole file.
        mapping: Decided by two people; None to find the format from the bytes.

    Returns:
        What it holds; balances are not held to anything yet.

    Raises:
        FileFormatError: None of the formats, a fault in it, or it does not fit the mapping.
        TooLargeError: Beyond a limit.
    """
    try:
        if mapping is None:
            found = read_unproved(name, data)
            parser = f"{found[0].format}/{READERS_VERSION}"
        else:
            found = mapped.read_unproved(name, data, from_json(mapping.content))
            parser = f"mapping:{mapping.name}/{mapping.version}/{READERS_VERSION}"
    except BalanceTieError as error:
        return Reading(name, data, (), f"unknown/{READERS_VERSION}", error)
    return Reading(name, data, found, parser)
