"""The kinds of exceptions, their states and ages. Pure.

Source:
    Reconciliation rules, section 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

from ledger.errors import FieldError


class Kind(NamedTuple):
    """A kind of exception.

    Attributes:
        name: As entries say it.
        blocks: Whether a month cannot be closed over it.
        owner: Role that looks after it until somebody is named.
        days: Calendar days from its raising within which it is due.
        blocks_above: In the cases below or at this amount it does not block, minor units of CNY.
    """

    name: str
    blocks: bool
    owner: str
    days: int
    blocks_above: int = 0


KINDS: Mapping[str, Kind] = {
    one.name: one
    for one in (
        Kind("missing_gift", True, "operator", 1),
        Kind("extra_gift", True, "operator", 1),
        Kind("gift_amount", True, "finance", 2),
        Kind("unknown_receipt", True, "finance", 3, 10_000),
        Kind("overdue_settlement", False, "finance", 5),
        Kind("short_settlement", True, "finance", 3),
        Kind("over_settlement", True, "finance", 3),
        Kind("duplicate_receipt", True, "finance", 1),
        Kind("unallocated_transfer", False, "finance", 2),
        Kind("ambiguous", False, "finance", 3),
        Kind("late_refund", False, "finance", 5),
        Kind("balance_break", True, "finance", 1),
        Kind("reversed_match", True, "finance", 1),
        Kind("period_violation", True, "controller", 1),
        # Not in the rules' table: gifts that arrived and have no value in money yet.
        Kind("unvalued_gift", True, "operator", 1),
    )
}

State = Literal["open", "assigned", "proposed", "disputed", "resolved", "written-off"]
STATES: tuple[State, ...] = (
    "open",
    "assigned",
    "proposed",
    "disputed",
    "resolved",
    "written-off",
)
ENDED: tuple[State, ...] = ("resolved", "written-off")
"""States that an exception never leaves."""

STILL_OPEN: tuple[State, ...] = tuple(one for one in STATES if one not in ENDED)
"""All others: named, so that an index by state finds them among years of what has ended."""

BRACKETS = ("0-7", "8-30", "31-90", "over-90")
"""Ages in calendar days; a statement prints the last two."""

BRACKET_DAYS = (7, 30, 90)
"""Last day of each bracket but the last."""


def kind_of(name: str) -> Kind:
    """Return a kind by its name.

    Args:
        name: As entries say it.

    Returns:
        The kind.

    Raises:
        FieldError: There is none of this name.
    """
    if name not in KINDS:
        raise FieldError(field="kind", value=name[:40], reason="unknown", known=tuple(KINDS))
    return KINDS[name]


def blocks(kind: str, amount: int, commodity: str) -> bool:
    """Tell whether a month cannot be closed while an exception is open.

    Args:
        kind: Of the exception.
        amount: Minor units.
        commodity: Of the amount: limits are in CNY, and an amount in anything else counts as above them.

    Returns:
        Whether it blocks. One of a kind that is not known blocks.
    """
    found = KINDS.get(kind)
    if found is None:
        return True
    small = commodity == "CNY" and amount <= found.blocks_above
    return found.blocks and not (found.blocks_above and small)


OTHER_DAYS = 3
"""Days until an exception of a kind without a row is due."""


def first_due(kind: str, raised_on: date) -> date:
    """Return the day by which an exception is to be explained, as it is set when it is raised."""
    found = KINDS.get(kind)
    return raised_on + timedelta(days=OTHER_DAYS if found is None else found.days)


def age_days(since: date, today: date) -> int:
    """Return the calendar days since something was observed, never below 0."""
    return max(0, (today - since).days)


def bracket_of(days: int) -> str:
    """Return the bracket of an age in days."""
    for last, name in zip(BRACKET_DAYS, BRACKETS, strict=False):
        if days <= last:
            return name
    return BRACKETS[-1]


def standing(*, decision: int | None, disputed: str | None, owner: str | None) -> State:
    """Return the state of an exception that has not ended.

    Args:
        decision: Number of the decision that waits about it.
        disputed: Day since when somebody contests it.
        owner: Member who looks after it.

    Returns:
        The state that says most.
    """
    if decision is not None:
        return "proposed"
    if disputed is not None:
        return "disputed"
    return "open" if owner is None else "assigned"


# --- subjects -------------------------------------------------------------------------------------


def settlement_subject(channel: str, statement_no: str) -> str:
    """Return how an exception names a settlement."""
    return f"settlement/{channel}/{statement_no}"


def settlement_of(subject: str) -> tuple[str, str]:
    """Return channel and number of the settlement that a subject names.

    Args:
        subject: As `settlement_subject` makes it.

    Returns:
        Channel and statement number; both empty for a subject of another kind.
    """
    first, _, rest = subject.partition("/")
    channel, _, number = rest.partition("/")
    return (channel, number) if first == "settlement" else ("", "")


def gifts_subject(channel: str, statement_no: str) -> str:
    """Return how an exception names the gifts or refunds that a settlement has and nobody told us of."""
    return f"gifts/{channel}/{statement_no}"


def line_subject(file: str, row: int) -> str:
    """Return how an exception names a line of a bank file: by the file's hash and the row."""
    return f"line/{file}/{row}"


def transfer_subject(number: int) -> str:
    """Return how an exception names a transfer."""
    return f"transfer/{number}"
