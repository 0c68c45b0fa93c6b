"""What the exports of Chinese banks share: a header below some lines about the account."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import FileFormatError
from ledger.matching.formats.mappings import Mapping
from ledger.matching.formats.sheets import Record, header_at, plain


def required_header(name: str, given: Sequence[Record], mapping: Mapping) -> int:
    """Return where the header is.

    Raises:
        FileFormatError: There is none with every column of the mapping, or nothing below it.
    """
    start = header_at(given, map(plain, mapping.columns()), plain)
    if start is None:
        raise FileFormatError(file=name, line=1, field="header", reason=f"not-{mapping.name}")
    if start + 1 == len(given):
        raise FileFormatError(file=name, line=given[start].line, field="row", reason="no-lines")
    return start


def stated_above(given: Sequence[Record], label: str) -> str:
    """Return what stands behind a label above the header: `账号：` and the next cell, or `卡号: 1234`.

    Args:
        given: Records above the header.
        label: Without its colon.

    Returns:
        Without spaces; empty if nothing does.
    """
    for record in given:
        cells = [plain(cell) for cell in record.cells]
        for index, cell in enumerate(cells):
            if cell.rstrip(":") == label:
                return next(filter(None, cells[index + 1 :]), "")
            if cell.startswith(f"{label}:"):
                return cell.removeprefix(f"{label}:")
    return ""
