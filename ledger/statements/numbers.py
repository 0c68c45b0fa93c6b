"""What documents are called: `{fund}-{period}-{kind}-v{n}`."""

from __future__ import annotations

from typing import Literal

from ledger.issuing.numbers import number_of
from ledger.journal.history import Fund

Kind = Literal["M", "Q", "A", "C", "R"]
"""Monthly, quarterly, annual statement; correction notice; reconciliation report."""


def statement_number(fund: Fund, period: str, kind: Kind, version: int) -> str:
    """Return a document's number.

    Args:
        fund: Whose.
        period: `2026-10`, `2026-Q4` or `2026-Y`.
        kind: Of document.
        version: 1 for the first issue.

    Returns:
        Such as `qinghe-2026-10-M-v1`.

    Source:
        Statements, section 1.
    """
    return number_of(fund.slug, period, kind, version)
