"""Lists of matching: what is suggested, opened below its row and decided many at once; and what was confirmed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import from_ms, local_date
from ledger.decisions import history as decided
from ledger.decisions.booking import check_reason
from ledger.desk import actions, matching
from ledger.errors import FieldError
from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.keyset import Listing
from ledger.matching import file_history, matches
from ledger.matching.equal_sums import CANDIDATES_MAX
from ledger.matching.file_history import LineFilter
from ledger.matching.matches import Asked, Days, KeptMatch, LineKey, Suggestion
from ledger.matching.officers_rules import STEPS
from ledger.web.desk import many, together
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import (
    Column,
    ListPage,
    Shown,
    add_list,
    amount_in,
    chosen_in,
    read_list,
    span_ms,
)
from ledger.web.desk.many import Told
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

VERDICTS = ("suggested", "ambiguous")
ALL_STEPS = (*STEPS, "income")


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages, their exports, and what is done with many suggestions."""
    at = partial(view, ledger)
    add_list(blueprint, at, SUGGESTIONS, show)
    add_list(blueprint, at, CONFIRMED, show_confirmed)
    rule = blueprint.add_url_rule
    for name, action, act in (
        ("confirm", "match.confirm", confirm),
        ("dismiss", "match.dismiss", dismiss),
        ("propose", "match.propose", propose),
    ):
        where = f"/desk/<fund>/matches/{name}"
        rule(where, f"{name}_matches", at(action, act), methods=["POST"])


# --- suggestions ----------------------------------------------------------------------------------


def show(desk: Desk) -> Response:
    """List suggestions; the one in the address is opened below its row."""
    return suggestions(desk, Typed(request.args))


def suggestions(desk: Desk, asked: Typed, notice: str = "", about: str = "") -> Response:
    """Show the list of suggestions.

    Args:
        desk: Who asks.
        asked: The address; or a form, with what is wrong in it.
        notice: Key of what refused the last step; empty for none.
        about: The suggestion that a form was about; it is opened.

    Returns:
        The page.
    """
    found = read_list(desk, SUGGESTIONS, asked)
    opened = about or asked["open"]
    if not opened and found.page.total == 1:
        opened = found.rows[0].id
    found = replace(found, asked=asked.with_text("open", opened))
    return desk.page(
        "matches.html",
        status=HTTPStatus.CONFLICT if notice else asked.status,
        list=found,
        typed=asked,
        notice=notice,
        about=about,
        first=together.first(desk, f"suggestion/{about}") if notice else None,
        told=many.read_told(asked["results"]),
        steps=STEPS,
        verdicts=VERDICTS,
        most=CANDIDATES_MAX,
        key=asked["key"] or secrets.token_hex(8),
        **_around(desk, found),
    )


def _around(desk: Desk, found: Shown[Suggestion]) -> Mapping[str, Any]:
    """Read what stands around the list: accounts, names, what is open or matched, and who confirms above a limit."""
    fund_id = desk.fund.fund_id
    lines = [line for one in found.rows for line in one.lines]
    with desk.reading() as connection:
        rule = decided.rules_in_force(connection, fund_id)["match"].rule
        people = [one for one in funds.all_members(connection, fund_id) if not one.removed]
        whole = desk.may("accounts.read")
        parties: Mapping[LineKey, Mapping[str, Any]] = (
            matches.counterparties(connection, fund_id, lines) if whole else {}
        )
        open_lines = file_history.line_listing(fund_id, LineFilter(state="open"))
        return {
            "accounts": funds.money_account_list(connection, fund_id),
            "parties": parties,
            "matched": matches.match_listing(fund_id, Asked(state="confirmed")).count(connection),
            "unmatched": open_lines.count(connection),
            "above": {
                one.id: [
                    who.name
                    for who in people
                    if who.member_id != desk.member.member_id
                    and who.roles & frozenset(rule.slots(abs(one.amount), one.commodity))
                ]
                for one in found.rows
                if rule.slots(abs(one.amount), one.commodity)
            },
        }


def _suggestions(desk: Desk, asked: Typed) -> Listing[Suggestion]:
    wanted = Asked(
        state=chosen_in(asked, "state", VERDICTS) or None,
        account=asked["account"] or None,
        step=chosen_in(asked, "step", STEPS) or None,
        amount=amount_in(desk, asked["amount"]),
    )
    return matches.suggestion_listing(desk.fund.fund_id, wanted, Days(*span_ms(desk, asked)))


def _saw(desk: Desk) -> None:
    if desk.may("accounts.read"):
        desk.saw("match.read", "suggestions")


def _rule(desk: Desk, one: Suggestion | KeptMatch) -> str:
    return desk.words("matches.pass", one.rule)


SUGGESTIONS: ListPage[Suggestion] = ListPage(
    name="matches",
    address="/desk/<fund>/matches",
    action="match.read",
    columns=(
        Column(
            "day",
            "lines.day",
            lambda desk, one: local_date(from_ms(one.day_ms), desk.details.zone),
            "day",
        ),
        Column(
            "observed",
            "column.observed",
            lambda _desk, one: ", ".join(f"{line[0]} {line[1]}" for line in one.lines),
        ),
        Column(
            "amount",
            "column.arrived",
            lambda _desk, one: Money(one.amount, one.commodity),
            "money",
        ),
        Column("expected", "column.expected", lambda _desk, one: " + ".join(one.expectations)),
        Column(
            "expected_amount",
            "column.expected_amount",
            lambda _desk, one: Money(one.amount - one.adjustment, one.commodity),
            "money",
            narrow=False,
        ),
        Column(
            "difference",
            "column.difference",
            lambda _desk, one: Money(one.adjustment, one.commodity),
            "money",
        ),
        Column(
            "state", "column.state", lambda desk, one: desk.words("matches.verdict", one.verdict)
        ),
        Column(
            "step",
            "column.step",
            lambda desk, one: desk.words("matches.step", one.step),
            places="export",
        ),
        Column("pass", "column.pass", _rule, places="export"),
        Column(
            "rule_version",
            "column.rule_version",
            lambda _desk, one: one.rule_version,
            places="export",
        ),
        Column("score", "column.score", lambda _desk, one: one.score, "number", "export"),
        Column("number", "column.number", lambda _desk, one: one.id, places="export"),
    ),
    filters=("state", "step", "account", "from", "to", "amount"),
    source=_suggestions,
    key=lambda one: one.id,
    saw=_saw,
)


# --- many at once ---------------------------------------------------------------------------------


def _after(desk: Desk, told: list[Told]) -> Response:
    return desk.done("matches", "many", **many.after(told))


def _refused(desk: Desk, keys: list[str], error: FieldError | None) -> Response:
    typed = many.typed_with(keys)
    if error is None:
        typed.errors["chosen"] = ("many.none", {})
    else:
        typed.refuse(error)
    return suggestions(desk, typed)


def confirm(desk: Desk) -> Response:
    """Confirm the chosen suggestions, one by one."""
    keys = many.chosen()
    if not keys:
        return _refused(desk, keys, None)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id

    def act(key: str) -> Told:
        return Told("confirmed", key, matching.confirm(sequencer, desk.fund, who, key))

    return _after(desk, many.one_by_one(keys, act))


def propose(desk: Desk) -> Response:
    """Propose the chosen suggestions, one decision each."""
    keys, form_key = many.chosen(), request.form.get("key", "")[:40]
    if not keys:
        return _refused(desk, keys, None)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id

    def act(key: str) -> Told:
        new = matching.match(key)
        found = actions.propose(sequencer, desk.fund, who, new, f"{form_key}{key}")
        return Told("proposed", key, found.number)

    return _after(desk, many.one_by_one(keys, act))


def dismiss(desk: Desk) -> Response:
    """Dismiss the chosen suggestions with one reason."""
    keys, reason = many.chosen(), request.form.get("reason", "")
    try:
        check_reason(reason)
    except FieldError as error:
        return _refused(desk, keys, error)
    if not keys:
        return _refused(desk, keys, None)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id

    def act(key: str) -> Told:
        matching.dismiss(sequencer, desk.fund, who, key, reason)
        return Told("dismissed", key)

    return _after(desk, many.one_by_one(keys, act))


# --- what was confirmed ---------------------------------------------------------------------------


def show_confirmed(desk: Desk) -> Response:
    """List matches, newest first."""
    with desk.reading() as connection:
        accounts = funds.money_account_list(connection, desk.fund.fund_id)
    return desk.page(
        "confirmed.html",
        list=read_list(desk, CONFIRMED),
        accounts=accounts,
        steps=ALL_STEPS,
        states=matches.STATES,
    )


def _matches(desk: Desk, asked: Typed) -> Listing[KeptMatch]:
    wanted = Asked(
        state=chosen_in(asked, "state", matches.STATES) or None,
        account=asked["account"] or None,
        step=chosen_in(asked, "step", ALL_STEPS) or None,
        amount=amount_in(desk, asked["amount"]),
    )
    return matches.match_listing(desk.fund.fund_id, wanted, Days(*span_ms(desk, asked)))


def _confirmer(desk: Desk, one: KeptMatch) -> str:
    return desk.names.get(one.confirmed_by, str(desk.say("role.system")))


CONFIRMED: ListPage[KeptMatch] = ListPage(
    name="confirmed",
    address="/desk/<fund>/matches/confirmed",
    action="match.read",
    columns=(
        Column("number", "column.number", lambda _desk, one: one.number, "number"),
        Column("step", "column.step", lambda desk, one: desk.words("matches.step", one.step)),
        Column(
            "amount", "field.amount", lambda _desk, one: Money(one.amount, one.commodity), "money"
        ),
        Column("pass", "column.pass", _rule, narrow=False),
        Column("confirmed_by", "column.confirmed_by", _confirmer, narrow=False),
        Column(
            "confirmed", "column.confirmed", lambda _desk, one: from_ms(one.confirmed_ms), "moment"
        ),
        Column("state", "column.state", lambda desk, one: desk.words("matches.state", one.state)),
        Column(
            "difference",
            "column.difference",
            lambda _desk, one: Money(one.adjustment, one.commodity),
            "money",
            "export",
        ),
        Column(
            "rule_version",
            "column.rule_version",
            lambda _desk, one: one.rule_version,
            places="export",
        ),
        Column(
            "expected",
            "column.expected",
            lambda _desk, one: " + ".join(dict.fromkeys(part.expectation for part in one.parts)),
            places="export",
        ),
        Column("decision", "column.decision", lambda _desk, one: one.decision, "number", "export"),
        Column("entry", "column.entry", lambda _desk, one: one.seq, "number", "export"),
    ),
    filters=("state", "step", "account", "from", "to", "amount"),
    source=_matches,
    key=lambda one: str(one.number),
)
