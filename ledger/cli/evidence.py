"""Files of evidence on the command line."""

from __future__ import annotations

from pathlib import Path

from ledger.cli.session import naming
from ledger.errors import TooLargeError
from ledger.evidence import FILE_MAX, Brought
from ledger.matching.formats.sniffing import kind_of, shown_name


def read_evidence(path: Path) -> Brought:
    """Read a file that somebody brings as evidence.

    Args:
        path: The file.

    Returns:
        Its name, its kind by its bytes, and its bytes.

    Raises:
        TooLargeError: It has more than `FILE_MAX` bytes; nothing was read.
        InputError: It is of no kind that is taken.
    """
    with naming(path):
        size = path.stat().st_size
        if size > FILE_MAX:
            raise TooLargeError(what="file", size=size, limit=FILE_MAX)
        data = path.read_bytes()
        return Brought(shown_name(path.name), kind_of(path.name, data), data)
