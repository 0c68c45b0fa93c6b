"""Where the proof of an entry lies: a file that is kept, and a row of it."""

from __future__ import annotations

from typing import NamedTuple


class Evidence(NamedTuple):
    """A row of a kept file.

    Attributes:
        file: SHA-256 of the file's bytes, hex.
        row: Line of the file, from 1.
    """

    file: str
    row: int
