"""What the number of a document says of it: `{fund}-{period}-{kind}-v{n}`. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

NOTICE = "C"
"""Kind of a correction notice."""

_NUMBER = re.compile(
    r".+-(?P<period>\d{4}-(?:\d{2}|Q[1-4]|Y))-(?P<kind>[A-Z])-v(?P<version>\d{1,6})", re.ASCII
)
_QUARTER_MONTHS = 3
_YEAR_MONTHS = 12


class Numbered(NamedTuple):
    """A document's number, taken apart.

    Attributes:
        period: `2026-10`, `2026-Q4` or `2026-Y`.
        kind: Of document, a letter.
        version: 1 for the first.
    """

    period: str
    kind: str
    version: int

    @property
    def months(self) -> tuple[str, ...]:
        """Return the months that its period has, oldest first."""
        year, _, part = self.period.partition("-")
        if part == "Y":
            return tuple(f"{year}-{month:02}" for month in range(1, _YEAR_MONTHS + 1))
        if part.startswith("Q"):
            last = _QUARTER_MONTHS * int(part[1])
            return tuple(f"{year}-{month:02}" for month in range(last - 2, last + 1))
        return (self.period,)


def numbered(number: str) -> Numbered | None:
    """Take a document's number apart.

    Args:
        number: Such as `qinghe-2026-10-M-v1`.

    Returns:
        Its parts; None for what is no number of ours.
    """
    found = _NUMBER.fullmatch(number)
    if found is None:
        return None
    return Numbered(found["period"], found["kind"], int(found["version"]))


def number_of(slug: str, period: str, kind: str, version: int) -> str:
    """Return a document's number.

    Args:
        slug: Of the fund.
        period: `2026-10`, `2026-Q4` or `2026-Y`.
        kind: Of document, a letter.
        version: 1 for the first.

    Returns:
        Such as `qinghe-2026-10-M-v1`.

    Source:
        Statements, section 1.
    """
    return f"{slug}-{period}-{kind}-v{version}"


def address_of(period: str, kind: str, version: int) -> str:
    """Return a document's name in addresses: of a monthly statement the month, and its version after the first."""
    if kind != "M":
        return f"{period}-{kind}-v{version}"
    return f"{period}-{version}" if version > 1 else period


def address_of_number(number: str) -> str:
    """Return a document's name in addresses by its number; what is no number of ours stands for itself."""
    named = numbered(number)
    return number if named is None else address_of(*named)


def is_notice(number: str) -> bool:
    """Tell whether a document is a correction notice."""
    found = numbered(number)
    return found is not None and found.kind == NOTICE
