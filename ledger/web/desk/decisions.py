"""Decisions: proposed, edited, approved, rejected, withdrawn, and what happened to each."""

from __future__ import annotations

import secrets
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.activity import history as activity
from ledger.activity.records import Recorded
from ledger.decisions import history
from ledger.decisions.rules import kind_of
from ledger.decisions.shapes import Decision
from ledger.desk import actions
from ledger.errors import (
    FieldError,
    FourEyesError,
    FreshFactorNeededError,
    InputError,
    InsufficientError,
    SignInRefusedError,
    StateError,
    TooManyTriesError,
)
from ledger.factors import FreshFactor
from ledger.funds import history as funds
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.projections.accounts import Accounts
from ledger.signin import enrolling, identity, signing_in
from ledger.web.desk import together, transfers
from ledger.web.desk.forms import FORMS, Form
from ledger.web.desk.frame import Desk, View, view
from ledger.web.desk.typed import Typed
from ledger.web.signin.frame import browser, gate
from ledger.web.uploads import takes_files
from ledger.wiring import Ledger, stamp
from reports.capitals import capitals

NUMBER = "<int(max=1099511627775):number>"
DIGITS_MAX = 12


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    for form in FORMS.values():
        action, where = f"{form.kind}.propose", f"/desk/<fund>/decisions/new/{form.kind}"
        rule(where, f"new_{form.kind}", at(action, _asking(form)))
        proposing = at(action, _proposing(form))
        if form.brings_files:
            proposing = takes_files(proposing)
        rule(where, f"propose_{form.kind}", proposing, methods=["POST"])
    one = f"/desk/<fund>/decisions/{NUMBER}"
    rule(one, "decision", at("decision.read", show))
    rule(f"{one}/private", "private", at("people.read", show_private))
    rule(f"{one}/edit", "editing", at("decision.edit", ask_edit))
    editing = takes_files(at("decision.edit", edit))
    rule(f"{one}/edit", "edit", editing, methods=["POST"])
    approving = view(ledger, "decision.approve", approve, asks_itself=True)
    rule(f"{one}/approve", "approve", approving, methods=["POST"])
    rule(f"{one}/reject", "reject", at("decision.reject", reject), methods=["POST"])
    rule(f"{one}/withdraw", "withdraw", at("decision.withdraw", withdraw), methods=["POST"])


# --- one decision -------------------------------------------------------------------------


class Step(NamedTuple):
    """A step of a decision, as its page tells it."""

    step: str
    name: str
    role: str
    at: str
    seq: int
    reason: str


def show(desk: Desk, number: int) -> Response:
    """Show one decision: what, who may act, what the system checked, what happened."""
    return _page(desk, number, Typed())


def _page(desk: Desk, number: int, typed: Typed, notice: str = "") -> Response:
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        found = history.decision(connection, fund_id, number)
        may_act = history.who_may_act(found, funds.all_members(connection, fund_id))
        steps = [
            _step(desk, journal.entry(connection, fund_id, seq).entry) for seq in _seqs(found)
        ]
        has_private = history.private_part(connection, fund_id, found) is not None
        seen = _readings(desk, activity.of_subject(connection, fund_id, f"decision/{number}"))
        balance, about = None, {}
        if found.kind == "transfer":
            content = found.latest.content
            balance = Accounts(connection, fund_id, content["commodity"]).balance(content["from"])
            about = dict(transfers.of_decision(connection, desk, found))
    me = desk.member.member_id
    acting = [one.member_id for one in may_act.members]
    return desk.page(
        "decision.html",
        status=HTTPStatus.CONFLICT if notice else typed.status,
        decision=found,
        kind=kind_of(found.kind),
        may_act=may_act,
        can_approve=me in acting and desk.may("decision.approve"),
        is_mine=me in found.touched,
        has_approved=any(one.member_id == me for one in found.standing),
        can_edit=_may_propose(desk, found) and found.kind in FORMS and found.end is None,
        can_withdraw=me in found.touched and _may_propose(desk, found) and found.end is None,
        steps=steps,
        has_private=has_private,
        seen=seen,
        balance=balance,
        about=about,
        typed=typed,
        notice=notice,
        first=together.first(desk, f"decision/{number}") if notice else None,
        fresh=desk.signed_in.fresh,
        capitals=capitals,
    )


def _may_propose(desk: Desk, found: Decision) -> bool:
    return desk.may(f"{found.kind}.propose")


def _seqs(found: Decision) -> list[int]:
    seqs = [one.seq for one in found.versions]
    seqs += [one.seq for one in found.approvals]
    if found.end is not None:
        seqs.append(found.end.seq)
    return sorted(set(seqs))


def _step(desk: Desk, data: bytes) -> Step:
    """Read a step from its entry: what the public ledger says, with the name that only the desk knows."""
    entry = decode(data)
    actor = entry["actor"]
    return Step(
        entry["kind"].rpartition(".")[2],
        desk.names.get(actor["id"], actor["id"]),
        actor["role"],
        entry["occurred_at"],
        entry["seq"],
        entry["body"].get("reason", ""),
    )


def _readings(desk: Desk, rows: list[Recorded]) -> list[Recorded]:
    """Return who read or did what to a decision, for those who may see the record."""
    return rows if desk.may("activity.read") else []


def show_private(desk: Desk, number: int) -> Response:
    """Show what is private of a decision; that it was looked at goes on record first."""
    desk.saw("people.read", f"decision/{number}")
    with desk.reading() as connection:
        found = history.decision(connection, desk.fund.fund_id, number)
        part = history.private_part(connection, desk.fund.fund_id, found)
    shown = dict(part.content) if part else {}
    text = orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode()
    return desk.page("private.html", decision=found, shown=shown, text=text)


# --- proposing and editing --------------------------------------------------------------------------


def _asking(form: Form) -> View:
    def ask(desk: Desk) -> Response:
        """Ask what should be proposed."""
        return _form_page(desk, form, Typed(request.args))

    return ask


def _form_page(desk: Desk, form: Form, typed: Typed, editing: Decision | None = None) -> Response:
    return desk.page(
        form.template,
        status=typed.status,
        typed=typed,
        editing=editing,
        # A form that is sent twice proposes once.
        key=typed["key"] or secrets.token_hex(16),
        to=desk.url("edit", number=editing.number)
        if editing
        else desk.url(f"propose_{form.kind}"),
        **form.choices(desk),
    )


def _proposing(form: Form) -> View:
    def propose(desk: Desk) -> Response:
        """Propose it."""
        typed = Typed(request.form)
        new = form.read(desk, typed)
        if new is None:
            return _form_page(desk, form, typed)
        try:
            found = actions.propose(
                desk.ledger.sequencer, desk.fund, desk.member.member_id, new, typed["key"] or None
            )
        except InputError as error:
            typed.refuse(error)
            return _form_page(desk, form, typed)
        return desk.done("decision", "proposed", number=found.number)

    return propose


def ask_edit(desk: Desk, number: int) -> Response:
    """Show what is proposed in a form."""
    found, form = _editable(desk, number)
    texts: dict[str, Any] = form.filled(desk, found.latest.content)
    return _form_page(desk, form, Typed({**texts, "version": str(found.latest.version)}), found)


def _editable(desk: Desk, number: int) -> tuple[Decision, Form]:
    """Return a decision and its form.

    Raises:
        StateError: It has none.
    """
    with desk.reading() as connection:
        found = history.decision(connection, desk.fund.fund_id, number)
    if found.kind not in FORMS:
        raise StateError(what="decision", key=number, state=found.kind, needed="withdraw")
    return found, FORMS[found.kind]


def edit(desk: Desk, number: int) -> Response:
    """Put something else in the place of what is proposed."""
    found, form = _editable(desk, number)
    typed = Typed(request.form)
    new = form.read(desk, typed)
    if new is None:
        return _form_page(desk, form, typed, found)
    try:
        actions.edit(
            desk.ledger.sequencer, desk.fund, desk.member.member_id, number, _version(typed), new
        )
    except StateError:
        return _page(desk, number, Typed(), notice="decision.moved_on")
    except InputError as error:
        typed.refuse(error)
        return _form_page(desk, form, typed, found)
    return desk.done("decision", "edited", number=number)


def _version(typed: Typed) -> int:
    text = typed["version"]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else 0


# --- deciding ---------------------------------------------------------------------------------------


def approve(desk: Desk, number: int) -> Response:
    """Approve what somebody else proposed; the code may be typed into this very form."""
    typed = Typed(request.form)
    try:
        fresh = _factor(desk, typed)
    except (SignInRefusedError, TooManyTriesError, FieldError) as error:
        key = (
            "decision.code.wait" if isinstance(error, TooManyTriesError) else "decision.code.wrong"
        )
        typed.errors["code"] = (key, {})
        return _page(desk, number, typed)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    with desk.reading() as connection:
        before = history.decision(connection, desk.fund.fund_id, number)
        private = history.private_part(connection, desk.fund.fund_id, before)
    try:
        seen = typed["payee_seen"] == "1"
        found = actions.approve(
            sequencer, desk.fund, who, number, _version(typed), fresh, payee_seen=seen
        )
    except (FourEyesError, StateError, InsufficientError) as error:
        return _not_approved(desk, number, typed, error)
    if found.is_approved and found.kind == "members" and private is not None:
        _invite(private.content.get("user_id"))
    if found.is_approved and found.kind == "seal":
        stamp(desk.ledger, desk.fund)
    return desk.done("decision", "complete" if found.is_approved else "approved", number=number)


def _not_approved(
    desk: Desk, number: int, typed: Typed, error: FourEyesError | StateError | InsufficientError
) -> Response:
    """Say why an approval was refused; the decision stands as it is."""
    state = error.fields.get("state")
    if state == "payee-changed":
        typed.errors["payee_seen"] = ("error.payee_seen", {})
        return _page(desk, number, typed)
    if isinstance(error, FourEyesError):
        notice = "decision.not_you"
    elif isinstance(error, InsufficientError):
        notice = "decision.short"
    elif state == "payee-changed-since":
        notice = "transfer.payee_changed_since"
    else:
        notice = "decision.moved_on"
    return _page(desk, number, Typed(), notice=notice)


def _factor(desk: Desk, typed: Typed) -> FreshFactor:
    """Return the second factor of this session: shown within ten minutes, or typed just now.

    Raises:
        SignInRefusedError: The code is wrong or was used before.
        TooManyTriesError: There were too many.
        FreshFactorNeededError: None was typed: a page leads to the step-up and back.
    """
    if typed["code"]:
        key = signing_in.step_up(gate(), desk.signed_in, browser().key or "", typed["code"])
        form_key = browser().get("csrf_token")
        browser().become(key)
        if form_key is not None:
            browser()["csrf_token"] = form_key
    fresh = identity.required(fresh=True).fresh
    if fresh is None:
        raise FreshFactorNeededError(do="show your second factor again")
    return fresh


def _invite(user_id: object) -> None:
    """Send the invitation of somebody who was enrolled just now and cannot sign in yet."""
    if not isinstance(user_id, int):
        return
    with gate().reading():
        has_accepted = gate().user(user_id).accepted_ms is not None
    if not has_accepted:
        enrolling.invite(gate(), user_id)


def reject(desk: Desk, number: int) -> Response:
    """Reject what somebody else proposed, with a reason."""
    typed = Typed(request.form)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    try:
        actions.reject(sequencer, desk.fund, who, number, typed["reason"])
    except FourEyesError:
        return _page(desk, number, Typed(), notice="decision.not_you")
    except StateError:
        return _page(desk, number, Typed(), notice="decision.moved_on")
    except FieldError as error:
        typed.refuse(error)
        return _page(desk, number, typed)
    return desk.done("decision", "rejected", number=number)


def withdraw(desk: Desk, number: int) -> Response:
    """Take back what one has proposed."""
    try:
        actions.withdraw(desk.ledger.sequencer, desk.fund, desk.member.member_id, number)
    except StateError:
        return _page(desk, number, Typed(), notice="decision.moved_on")
    return desk.done("decision", "withdrawn", number=number)
