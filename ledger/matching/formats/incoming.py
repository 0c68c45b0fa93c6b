"""What arrived, as the recognisers and readers see it: bytes, and what was decoded from them, once."""

from __future__ import annotations

import codecs
import csv
import io
from functools import cached_property

from ledger.matching.formats.sheets import HEADER_WITHIN, Record, decode, records

HEAD_BYTES = 64 * 1024
"""A file is known by its beginning; recognisers never look further."""


class Incoming:
    """One file from outside.

    Recognisers use `head`, `head_records` and `data`, which never raise; readers use `text` and
    `records`, which do.

    Attributes:
        name: File name as uploaded; only repeated in errors, never trusted.
        data: The whole file.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data

    @cached_property
    def head(self) -> str:
        """The first 64 KiB as text, without byte order marks; what is not text is replaced."""
        piece = self.data[:HEAD_BYTES]
        if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return piece.decode("utf-16", "replace")
        try:
            found = codecs.getincrementaldecoder("utf-8")().decode(piece, final=False)
        except UnicodeDecodeError:
            found = piece.decode("gb18030", "replace")
        return found.lstrip("\ufeff")

    @cached_property
    def head_records(self) -> list[Record]:
        """The first records of `head` read as CSV, as far as it is CSV."""
        reader = csv.reader(io.StringIO(self.head, newline=""), strict=True)
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

    @cached_property
    def text(self) -> str:
        """The whole file as text: UTF-8, else GB18030.

        Raises:
            FileFormatError: Neither encoding fits.
        """
        return decode(self.name, self.data)

    @cached_property
    def records(self) -> list[Record]:
        """The whole file as records of CSV.

        Raises:
            FileFormatError: No encoding fits, quotes do not close, or a cell is too long.
        """
        return records(self.name, self.text)
