"""The figures of a statement as rows of its page: code, words, value, and whether it counts or is money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ledger.web.formats import Language
from reports.wording import LINE

ORDER = "GPBTFS"
"""Sections whose lines a page shows, in order; counts of the ledger and of open items are in the PDF."""

COUNTS = ("G1",)


class Row(NamedTuple):
    """A line of the page."""

    code: str
    name: str
    value: int | None
    counts: bool


def rows(lines: Mapping[str, int | None], language: Language) -> list[Row]:
    """Return the rows of a statement's page.

    Args:
        lines: Figures by code.
        language: Of the page.

    Returns:
        Those that have words, by section and number.
    """
    known = [
        code
        for code, value in lines.items()
        if code in LINE and code[0] in ORDER and value is not None
    ]
    known.sort(key=lambda code: (ORDER.index(code[0]), _number(code), code))
    at = 0 if language == "zh" else 1
    return [Row(code, LINE[code][at], lines[code], code in COUNTS) for code in known]


def _number(code: str) -> int:
    digits = "".join(one for one in code if one.isdigit())
    return int(digits) if digits else 0


def line_name(code: str, language: Language) -> str:
    """Name a line in the language of the page; empty for one without words."""
    names = LINE.get(code, ("", "", ""))
    return names[0 if language == "zh" else 1]
