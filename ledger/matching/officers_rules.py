"""What a fund has changed about the passes: data that two people decide, told by its decision's number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from ledger.decisions import history as decisions
from ledger.errors import FieldError
from ledger.matching.passes import RULE_VERSION, Rules

WHAT = "matching"
"""Names, in the content of a decision of kind `rule`, that it is about the passes."""

TOLERANCE_MAX = 10_000
STEPS = ("R3", "R4", "R5", "R6")
DAYS_MAX = 400


def rules_to_json(rules: Rules) -> dict[str, Any]:
    """Return rules as their decision says them."""
    return {
        WHAT: {
            "confirm_amount_and_date": rules.confirm_amount_and_date,
            "amount_and_date_steps": list(rules.amount_and_date_steps),
            "tolerance_minor": rules.tolerance_minor,
            "holidays": sorted(one.isoformat() for one in rules.holidays),
            "workdays": sorted(one.isoformat() for one in rules.workdays),
        }
    }


def rules_from_json(content: Mapping[str, Any]) -> Rules:
    """Read rules, and hold that a fund may have them.

    Args:
        content: Of a decision, or of a file.

    Returns:
        The rules; what is not said is as by default.

    Raises:
        FieldError: Unknown fields, a tolerance that is too high, gifts matched by amount, or days that are none.
    """
    said = content.get(WHAT)
    if not isinstance(said, dict) or len(content) != 1:
        raise FieldError(field=WHAT, value="", reason="malformed")
    usual = rules_to_json(Rules())[WHAT]
    for name in said.keys() - usual.keys():
        raise FieldError(field=str(name)[:40], value="", reason="unknown", known=tuple(usual))
    values = {**usual, **said}
    tolerance = values["tolerance_minor"]
    if type(tolerance) is not int or not 0 <= tolerance <= TOLERANCE_MAX:
        raise FieldError(field="tolerance_minor", value=str(tolerance)[:20], reason="out-of-range")
    if type(values["confirm_amount_and_date"]) is not bool:
        raise FieldError(field="confirm_amount_and_date", value="", reason="not-yes-or-no")
    steps = values["amount_and_date_steps"]
    if not isinstance(steps, list) or not all(one in STEPS for one in steps):
        raise FieldError(
            field="amount_and_date_steps", value=str(steps)[:40], reason="unknown", known=STEPS
        )
    return Rules(
        confirm_amount_and_date=values["confirm_amount_and_date"],
        amount_and_date_steps=tuple(steps),
        tolerance_minor=tolerance,
        holidays=_days("holidays", values["holidays"]),
        workdays=_days("workdays", values["workdays"]),
    )


def _days(field: str, value: object) -> frozenset[date]:
    """Read days.

    Raises:
        FieldError: One is none, or there are too many.
    """
    if not isinstance(value, list) or len(value) > DAYS_MAX:
        raise FieldError(field=field, value="", reason="not-a-list")
    try:
        return frozenset(date.fromisoformat(one) for one in value)
    except (TypeError, ValueError) as error:
        raise FieldError(field=field, value=str(error)[:40], reason="not-a-day") from error


def rules_in_force(connection: sa.Connection, fund_id: int) -> tuple[Rules, str]:
    """Return the rules that a fund matches by, and their version, which is kept with every match.

    Args:
        connection: In a transaction.
        fund_id: The fund.

    Returns:
        The rules of the newest decision about them; the defaults before the first.
    """
    for number, content in decisions.approved(connection, fund_id, "rule"):
        if WHAT in content:
            return rules_from_json(content), f"{RULE_VERSION}/decision-{number}"
    return Rules(), RULE_VERSION
