"""Rules of the passes: what is in force, its versions, and new ones that are tried before they are proposed."""

from __future__ import annotations

import re
import secrets
from functools import partial
from typing import Any, NamedTuple

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.decisions import history as decisions
from ledger.desk import actions, matching
from ledger.desk.dry_run import Tried, dry_run
from ledger.errors import FieldError, InputError, StateError
from ledger.matching.officers_rules import (
    STEPS,
    WHAT,
    rules_from_json,
    rules_in_force,
    rules_to_json,
)
from ledger.matching.passes import Rules
from ledger.money import plain_amount
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed, money
from ledger.wiring import Ledger

SHOWN = 200
"""Differences that a page shows; they are counted all."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule, where = blueprint.add_url_rule, "/desk/<fund>/matching-rules"
    rule(where, "matching_rules", at("rules.read", show))
    rule(f"{where}/try", "try_rules", at("rule.propose", attempt), methods=["POST"])
    rule(where, "propose_rules", at("rule.propose", propose), methods=["POST"])


class Version(NamedTuple):
    """Rules that two people decided, by the number of their decision."""

    decision: int
    rules: Rules


def show(desk: Desk) -> Response:
    """Show the rules in force, and offer to try others."""
    with desk.reading() as connection:
        rules, _ = rules_in_force(connection, desk.fund.fund_id)
    return _page(desk, Typed(texts_of(rules)), list(rules.amount_and_date_steps))


def _page(
    desk: Desk,
    typed: Typed,
    steps: list[str],
    tried: Tried | None = None,
    *,
    untried: bool = False,
) -> Response:
    with desk.reading() as connection:
        rules, version = rules_in_force(connection, desk.fund.fund_id)
        before = [
            Version(number, rules_from_json(content))
            for number, content in decisions.approved(connection, desk.fund.fund_id, "rule")
            if WHAT in content
        ]
    return desk.page(
        "matching_rules.html",
        status=typed.status,
        typed=typed,
        chosen=steps,
        steps=STEPS,
        rules=rules,
        version=version,
        versions=before,
        tried=tried,
        untried=untried,
        most=SHOWN,
        # A form that is sent twice proposes once.
        key=typed["key"] or secrets.token_hex(16),
    )


def texts_of(rules: Rules) -> dict[str, str]:
    """Return rules as the texts of their form; which steps stands beside them."""
    said: dict[str, Any] = rules_to_json(rules)[WHAT]
    return {
        "confirm_amount_and_date": "1" if rules.confirm_amount_and_date else "",
        "tolerance_minor": plain_amount(rules.tolerance_minor, "CNY"),
        "holidays": " ".join(said["holidays"]),
        "workdays": " ".join(said["workdays"]),
    }


def rules_of(typed: Typed, steps: list[str]) -> Rules | None:
    """Read rules from the texts of their form; what is wrong stands beside its field.

    Args:
        typed: The form.
        steps: Which steps are chosen.

    Returns:
        The rules, or None.
    """
    tolerance = typed.read("tolerance_minor", money("CNY"))
    if tolerance is None:
        return None
    content = {
        WHAT: {
            "confirm_amount_and_date": typed["confirm_amount_and_date"] == "1",
            "amount_and_date_steps": steps,
            "tolerance_minor": tolerance,
            **{
                name: re.split(r"[\s,，、;；]+", typed[name]) if typed[name] else []
                for name in ("holidays", "workdays")
            },
        }
    }
    try:
        return rules_from_json(content)
    except FieldError as error:
        typed.refuse(error)
        return None


def attempt(desk: Desk) -> Response:
    """Say what the new rules would have said of the last closed month; nothing is proposed."""
    typed, steps = Typed(request.form), request.form.getlist("amount_and_date_steps")
    new = rules_of(typed, steps)
    if new is None:
        return _page(desk, typed, steps)
    try:
        with desk.reading() as connection:
            tried = dry_run(connection, desk.fund, new)
    except StateError:
        return _page(desk, typed, steps, untried=True)
    return _page(desk, typed, steps, tried)


def propose(desk: Desk) -> Response:
    """Propose the rules that were tried; somebody else approves them."""
    typed, steps = Typed(request.form), request.form.getlist("amount_and_date_steps")
    new = rules_of(typed, steps)
    if new is None:
        return _page(desk, typed, steps)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    try:
        found = actions.propose(
            sequencer, desk.fund, who, matching.rules(new), typed["key"] or None
        )
    except InputError as error:
        typed.refuse(error)
        return _page(desk, typed, steps)
    return desk.done("decision", "proposed", number=found.number)
