"""What a fund promises: by when money arrives, is paid, and a statement is out. Data that two people decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.decisions import history
from ledger.errors import FieldError

WHAT = "promises"
"""Names, in the content of a decision of kind `rule`, that it is about promises."""

DAYS_MAX = 120


class Promises(NamedTuple):
    """Days; those of before are what holds until a fund says otherwise.

    Attributes:
        transfer_days: Working days within which a transfer arrives.
        settlement_days: Calendar days after its month, or after its sheet where that came later, within which a
            platform pays a settlement.
        statement_days: Working days after a month within which its statement is out.
    """

    transfer_days: int = 3
    settlement_days: int = 15
    statement_days: int = 5


def promises_to_json(promises: Promises) -> dict[str, Any]:
    """Return promises as their decision says them."""
    return {WHAT: promises._asdict()}


def promises_from_json(content: Mapping[str, Any]) -> Promises:
    """Read promises, and hold that a fund may make them.

    Args:
        content: Of a decision.

    Returns:
        The promises; what is not said is as usual.

    Raises:
        FieldError: Something else is said, or days that nobody could be held to.
    """
    said = content.get(WHAT)
    if not isinstance(said, dict) or len(content) != 1:
        raise FieldError(field=WHAT, value="", reason="malformed")
    for name, days in said.items():
        if name not in Promises._fields:
            raise FieldError(
                field=str(name)[:40], value="", reason="unknown", known=Promises._fields
            )
        if type(days) is not int or not 1 <= days <= DAYS_MAX:
            raise FieldError(
                field=name, value=str(days)[:20], reason="out-of-range", most=DAYS_MAX
            )
    return Promises(**said)


def promises_in_force(connection: sa.Connection, fund_id: int) -> Promises:
    """Return what a fund promises now: what was decided last.

    Args:
        connection: In a transaction.
        fund_id: The fund.

    Returns:
        The promises; the usual ones before the first decision about them.
    """
    for _, content in history.approved(connection, fund_id, "rule"):
        if WHAT in content:
            return promises_from_json(content)
    return Promises()
