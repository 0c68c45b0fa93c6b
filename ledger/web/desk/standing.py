"""What proposes transfers by itself, and the columns of bank portals: as they stand, and new ones to be proposed.

Whoever works on the fund sees them; an administrator proposes, and an approver decides. Money is shown to those only
who may see transfers.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import local_date
from ledger.decisions import history as decisions
from ledger.decisions.shapes import Decision
from ledger.desk import actions, wanted
from ledger.desk.wanted import Wanted
from ledger.errors import FieldError, InputError, NotFoundError
from ledger.funds import history as funds
from ledger.money import plain_amount
from ledger.projections import transfer_page
from ledger.roles import may
from ledger.transfers import standing
from ledger.transfers.payment_files import STANDARD, Columns
from ledger.transfers.standing import COLUMNS, POLICY, PURPOSE_MAX, WEEKDAYS, Held, Policy
from ledger.web.desk.forms import COLLECTING, OWN_ACCOUNT, accounts_of
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed, money
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule, where = blueprint.add_url_rule, "/desk/<fund>/standing"
    rule(where, "standing", at("rules.read", show))
    rule(f"{where}/policy", "new_policy", at("rule.propose", ask))
    rule(f"{where}/policy", "propose_policy", at("rule.propose", propose), methods=["POST"])
    rule(f"{where}/policy/end", "end_policy", at("rule.propose", end), methods=["POST"])


class Shown(NamedTuple):
    """A policy, as the page tells it.

    Attributes:
        policy: What it does.
        held: Its version and decision.
        is_able: Whether the member who answers for it may propose.
        why_not: Why it proposes nothing today: a word of `Policy.why_not`; None where it proposes, or for those who
            may not see money.
        there: What it would propose today, minor units.
    """

    policy: Policy
    held: Held
    is_able: bool
    why_not: str | None
    there: int | None


class Waiting(NamedTuple):
    """A proposal about something standing that nobody has decided yet."""

    kind: str
    name: str
    decision: int


# --- as it stands -----------------------------------------------------------------------------------


def show(desk: Desk) -> Response:
    """Show the policies and the columns as they stand, and what waits to be decided about them."""
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        found = shown_policies(desk, connection)
        columns = standing.saved_columns(connection, fund_id)
        held = standing.held(connection, fund_id, COLUMNS)
        waiting = waiting_of(decisions.open_decisions(connection, fund_id))
    return desk.page(
        "standing.html",
        policies=found,
        columns=[(one, held[one.name]) for one in columns],
        standard=STANDARD,
        waiting=waiting,
        key=secrets.token_hex(16),
    )


def shown_policies(desk: Desk, connection: Any) -> list[Shown]:
    """Return the policies as they stand, with what each does today."""
    fund_id = desk.fund.fund_id
    held = standing.held(connection, fund_id, POLICY)
    return [
        _shown(desk, connection, one, held[one.name])
        for one in standing.policies(connection, fund_id)
    ]


def _shown(desk: Desk, connection: Any, one: Policy, held: Held) -> Shown:
    is_able = standing.acting_for(connection, desk.fund.fund_id, one) is not None
    if not desk.may("transfer.read") or not one.is_on:
        return Shown(one, held, is_able, None, None)
    commodity = funds.money_account(connection, desk.fund.fund_id, one.source).commodity
    there = transfer_page.offer_of(connection, desk.fund, one.source, commodity).amount
    today = local_date(desk.now, desk.details.zone)
    return Shown(one, held, is_able, one.why_not(today, there), max(0, there - one.keep))


def waiting_of(found: list[Decision]) -> list[Waiting]:
    """Return which of some open decisions are about something standing."""
    return [
        Waiting(kind, one.latest.content[kind]["name"], one.number)
        for one in found
        if one.kind == "rule"
        for kind in standing.KINDS
        if kind in one.latest.content
    ]


# --- a policy ---------------------------------------------------------------------------------------


def ask(desk: Desk) -> Response:
    """Ask for a policy; with `name` in the address, for a change of the one of this name."""
    name = request.args.get("name", "")
    if not name:
        return _form(desk, Typed(request.args))
    one = _policy(desk, name)
    commodity = desk.currency(one.source)
    texts = {
        "name": one.name,
        "changes": one.name,
        "member": one.member,
        "from": one.source,
        "to": one.target,
        "weekday": "" if one.weekday is None else str(one.weekday),
        "above": plain_amount(one.above, commodity) if one.above else "",
        "keep": plain_amount(one.keep, commodity) if one.keep else "",
        "purpose": one.purpose,
    }
    return _form(desk, Typed(texts))


def _policy(desk: Desk, name: str) -> Policy:
    """Return a policy by its name.

    Raises:
        NotFoundError: The fund has none of this name.
    """
    with desk.reading() as connection:
        for one in standing.policies(connection, desk.fund.fund_id):
            if one.name == name:
                return one
    raise NotFoundError(what="policy", name=name[:40])


def _form(desk: Desk, typed: Typed) -> Response:
    accounts = accounts_of(desk)
    with desk.reading() as connection:
        people = funds.all_members(connection, desk.fund.fund_id)
    return desk.page(
        "new_policy.html",
        status=typed.status,
        typed=typed,
        sources=[one for one in accounts if one.name.startswith(COLLECTING)],
        targets=[one for one in accounts if one.name.startswith(OWN_ACCOUNT)],
        people=[one for one in people if may(one, "transfer.propose")],
        weekdays=range(WEEKDAYS),
        purpose_max=PURPOSE_MAX,
        # A form that is sent twice proposes once.
        key=typed["key"] or secrets.token_hex(16),
    )


def propose(desk: Desk) -> Response:
    """Propose a policy, or a change of one; somebody else approves it."""
    typed = Typed(request.form)
    new = _read(desk, typed)
    if new is None:
        return _form(desk, typed)
    done = proposed(desk, typed, wanted.transfer_policy(new))
    return _form(desk, typed) if done is None else desk.done("decision", "proposed", number=done)


def _read(desk: Desk, typed: Typed) -> Policy | None:
    """Read a policy from the texts of its form; what is wrong stands beside its field."""
    known = {one.name: one for one in accounts_of(desk)}
    name = typed["changes"] or typed.read("name", str) or ""
    for field in ("from", "to"):
        if typed[field] not in known:
            typed.errors[field] = ("error.missing", {})
    typed.read("member", str)
    weekday = typed["weekday"]
    if weekday not in {"", *map(str, range(WEEKDAYS))}:
        typed.errors["weekday"] = ("error.missing", {})
    if not typed["changes"] and is_taken(desk, POLICY, name):
        typed.errors["name"] = ("standing.error.taken", {})
    amounts = {field: _amount(desk, typed, field) for field in ("above", "keep")}
    if typed.errors:
        return None
    return Policy(
        name,
        typed["member"],
        typed["from"],
        typed["to"],
        int(weekday) if weekday else None,
        amounts["above"],
        amounts["keep"],
        typed["purpose"],
    )


def _amount(desk: Desk, typed: Typed, field: str) -> int:
    """Read a sum that may be left empty."""
    if not typed[field]:
        return 0
    return typed.read(field, money(desk.currency(typed["from"]))) or 0


def end(desk: Desk) -> Response:
    """Propose that a policy proposes no more; another person approves that too."""
    typed = Typed(request.form)
    one = _policy(desk, typed["name"])
    done = proposed(desk, typed, wanted.transfer_policy(one._replace(is_on=False)))
    return _form(desk, typed) if done is None else desk.done("decision", "proposed", number=done)


# --- both -------------------------------------------------------------------------------------------


def is_taken(desk: Desk, kind: str, name: str) -> bool:
    """Tell whether the fund has something standing of this kind and name, in force or ended."""
    with desk.reading() as connection:
        return name in standing.held(connection, desk.fund.fund_id, kind)


def proposed(desk: Desk, typed: Typed, new: Wanted) -> int | None:
    """Propose something standing.

    Args:
        desk: Who.
        typed: The form; what is refused stands beside its field afterwards.
        new: What is wanted.

    Returns:
        Number of the decision; None where it was refused.
    """
    who = desk.member.member_id
    try:
        done = actions.propose(desk.ledger.sequencer, desk.fund, who, new, typed["key"] or None)
    except FieldError as error:
        refuse(desk, typed, error.fields)
        return None
    except InputError as error:
        typed.refuse(error)
        return None
    return done.number


def refuse(desk: Desk, typed: Typed, said: Mapping[str, object]) -> None:
    """Say in words what is wrong with a field, where there are words for it."""
    field, reason = str(said.get("field", "")), str(said.get("reason", ""))
    key = f"standing.error.{reason}"
    if desk.say.knows(key):
        typed.errors[field] = (key, {})
    else:
        typed.errors[field] = ("error.other", {"reason": reason})


def columns_named(desk: Desk, name: str) -> Columns:
    """Return the columns of a name as the fund has saved them.

    Raises:
        NotFoundError: The fund has saved none of this name.
    """
    with desk.reading() as connection:
        for one in standing.saved_columns(connection, desk.fund.fund_id):
            if one.name == name:
                return one
    raise NotFoundError(what="columns", name=name[:40])
