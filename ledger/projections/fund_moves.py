"""What moved a fund's accounts, by the line of the statement that counts it: F1 to F7.

In: movements. Out: lines and signed amounts. The rule is one, for registers and for the columns of restriction.
"""

from __future__ import annotations

from ledger.journal import accounts as names
from ledger.journal.entries import OPENED
from ledger.projections.month import Movement
from ledger.projections.stages import FUND, FUND_FEES, PROGRAMME, REFUNDED_FUND, TRANSIT

_LINES = (
    (TRANSIT, "F2"),
    (PROGRAMME, "F5"),
    (names.MANAGEMENT, "F6"),
    (FUND_FEES, "F6"),
    (REFUNDED_FUND, "F3"),
    (names.DONATIONS, "F3"),
    (names.RETURNED_GRANTS, "F7"),
    ("Income:", "F4"),
)


def fund_line(one: Movement, *, is_first: bool) -> tuple[str, int]:
    """Tell which line of the fund counts a movement, and how it changes the fund.

    Args:
        one: The movement.
        is_first: It is in a fund's first span: what its accounts held then is its opening balance.

    Returns:
        The code and a signed amount, minor units; an empty code for what moves no account of the fund.
    """
    source = one.source or ""
    if one.target.startswith(FUND):
        if one.source is None:
            return _outside(one, is_first=is_first), one.to_length
        return _line_of(source), one.to_length
    if source.startswith(FUND):
        return _line_of(one.target), -one.length
    return "", 0


def _line_of(account: str) -> str:
    """Tell which line counts what moves between the fund and another account."""
    return next((line for start, line in _LINES if account.startswith(start)), "")


def _outside(one: Movement, *, is_first: bool) -> str:
    if one.kind in OPENED:
        return "F1" if is_first else "F4"
    return {"donation": "F3", "returned-grant": "F7"}.get(one.body.get("class", ""), "F4")
