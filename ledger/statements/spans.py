"""Which months a document covers."""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.errors import TimeFieldError
from ledger.statements.numbers import Kind

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)
_YEAR = re.compile(r"(\d{4})(-Y)?", re.ASCII)


class Span(NamedTuple):
    """The months of a document.

    Attributes:
        label: As its number has it: `2026-10`, `2026-Q4`, `2026-Y`.
        months: Oldest first.
    """

    label: str
    months: tuple[str, ...]


def kind_of(period: str) -> Kind:
    """Tell which statement a period has: `2026-10` a monthly, `2026-Q4` a quarterly, `2026` an annual one."""
    if _QUARTER.fullmatch(period):
        return "Q"
    return "A" if _YEAR.fullmatch(period) else "M"


def span_of(period: str, kind: Kind) -> Span:
    """Read which months a document covers.

    Args:
        period: `2026-10` for a month, `2026-Q4` for a quarter (kind Q), `2026` for a year (kind A).
        kind: Of document.

    Returns:
        Its months.

    Raises:
        TimeFieldError: Not a period of this kind.
    """
    quarter, year = _QUARTER.fullmatch(period), _YEAR.fullmatch(period)
    if kind == "Q" and quarter:
        first = 3 * int(quarter[2]) - 2
        months = tuple(f"{quarter[1]}-{month:02}" for month in range(first, first + 3))
        return Span(period, months)
    if kind == "A" and year:
        label = f"{year[1]}-Y"
        return Span(label, tuple(f"{year[1]}-{month:02}" for month in range(1, 13)))
    if kind not in ("Q", "A") and _MONTH.fullmatch(period):
        return Span(period, (period,))
    reason = {"Q": "not-a-quarter", "A": "not-a-year"}.get(kind, "not-a-month")
    raise TimeFieldError(field="period", value=period[:20], reason=reason)
