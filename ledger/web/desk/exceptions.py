"""Exceptions: what does not match, who looks after it, what was found, and how it is closed."""

from __future__ import annotations

import secrets
from functools import partial
from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.activity import history as activity
from ledger.desk import actions, handling, wanted
from ledger.desk import exceptions as wanting
from ledger.errors import FieldError, FileFormatError, InputError, NotFoundError, StateError
from ledger.evidence import Brought
from ledger.funds import history as funds
from ledger.matching.exceptions import history
from ledger.matching.exceptions.booking import Step, Words
from ledger.roles import may
from ledger.web import uploads
from ledger.web.desk import subjects, together
from ledger.web.desk.exception_list import today
from ledger.web.desk.frame import Desk, View, view
from ledger.web.desk.typed import Typed
from ledger.web.uploads import KINDS as FILE_KINDS
from ledger.web.uploads import attachment, takes_files
from ledger.wiring import Ledger

NUMBER = "<int(max=1099511627775):number>"
THREAD_MAX = 200
"""Steps that one proposal erases."""

STEPS = ("note", "assigned", "due", "paused", "resumed", "disputed", "settled")


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    one = f"/desk/<fund>/exceptions/{NUMBER}"
    rule(one, "exception", at("exception.read", show))
    rule(f"{one}/step", "exception_step", at("exception.work", step), methods=["POST"])
    bringing = takes_files(at("exception.work", bring))
    rule(f"{one}/evidence", "bring_evidence", bringing, methods=["POST"])
    erasing = at("erase.propose", erase)
    rule(f"{one}/erase", "erase_words", erasing, methods=["POST"])
    rule(f"{one}/evidence/<sha256>", "evidence", at("exception.read", download))
    for kind in ("resolution", "write-off"):
        closing = at(f"{kind}.propose", _closing(kind))
        rule(f"{one}/{kind}", f"propose_{kind}", closing, methods=["POST"])


# --- one --------------------------------------------------------------------------------------------


def show(desk: Desk, number: int) -> Response:
    """Show one exception: what differs, since when, who looks after it, and its thread."""
    return _page(desk, number, Typed())


def _page(desk: Desk, number: int, typed: Typed, notice: str = "") -> Response:
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        found = history.item(connection, fund_id, number)
        thread = history.thread(connection, fund_id, number)
        files = history.evidence(connection, fund_id, number)
        members = funds.all_members(connection, fund_id)
        seen = activity.of_subject(connection, fund_id, f"exception/{number}")
    return desk.page(
        "exception.html",
        status=HTTPStatus.CONFLICT if notice else typed.status,
        item=found,
        about=subjects.about(desk, [found.subject])[found.subject],
        thread=thread,
        files=files,
        members=[one for one in members if may(one, "exception.work")],
        seen=seen if desk.may("activity.read") else [],
        typed=typed,
        notice=notice,
        first=together.first(desk, f"exception/{number}") if notice else None,
        # A form that is sent twice proposes once.
        key=secrets.token_hex(16),
        today=today(desk),
        can_erase=desk.may("erase.propose") and any(one.text for one in thread),
        can_work=found.is_open and desk.may("exception.work"),
        can_resolve=found.is_open and found.decision is None and desk.may("resolution.propose"),
        can_write_off=found.is_open
        and found.decision is None
        and found.kind == "overdue_settlement"
        and desk.may("write-off.propose"),
    )


def step(desk: Desk, number: int) -> Response:
    """Write, name who looks after it, put it off, wait, contest."""
    typed = Typed(request.form)
    taken = Step(
        typed["step"] if typed["step"] in STEPS else "note", typed["value"], typed["text"]
    )
    who = desk.member.member_id
    try:
        handling.work(desk.ledger.sequencer, desk.fund, who, number, taken)
    except StateError:
        return _page(desk, number, typed, notice="exception.moved_on")
    except InputError as error:
        typed.refuse(error)
        return _page(desk, number, typed)
    return desk.done("exception", taken.step, number=number)


def bring(desk: Desk, number: int) -> Response:
    """Keep a file of evidence."""
    typed = Typed(request.form)
    who = desk.member.member_id
    try:
        upload = uploads.received(request.files.get("file"), *FILE_KINDS)
        brought = Brought(upload.shown_name, upload.kind, upload.data)
        handling.attach(desk.ledger.sequencer, desk.fund, who, number, brought)
    except (FieldError, FileFormatError) as error:
        typed.refuse_file(error)
        return _page(desk, number, typed)
    except StateError:
        return _page(desk, number, typed, notice="exception.moved_on")
    return desk.done("exception", "evidence", number=number)


def erase(desk: Desk, number: int) -> Response:
    """Propose to erase what some steps of the thread say; somebody else approves it."""
    typed = Typed(request.form)
    chosen = [int(one) for one in request.form.getlist("note") if one.isdecimal()][:THREAD_MAX]
    new = wanted.thread_erasure([Words(number, one) for one in chosen])
    try:
        found = actions.propose(
            desk.ledger.sequencer, desk.fund, desk.member.member_id, new, typed["key"] or None
        )
    except FieldError:
        typed.errors["note"] = ("erase.error.none", {})
        return _page(desk, number, typed)
    except NotFoundError:
        return _page(desk, number, typed, notice="exception.moved_on")
    return desk.done("decision", "proposed", number=found.number)


def download(desk: Desk, number: int, sha256: str) -> Response:
    """Hand out a file of evidence: to save, never to show."""
    desk.saw("exception.read", f"exception/{number}")
    with desk.reading() as connection:
        name, data = history.evidence_file(connection, desk.fund.fund_id, number, sha256)
    return attachment(data, name)


def _closing(kind: str) -> View:
    make = wanting.resolution if kind == "resolution" else wanting.write_off

    def propose(desk: Desk, number: int) -> Response:
        """Propose how it is closed; somebody else approves it."""
        typed = Typed(request.form)
        sequencer, who = desk.ledger.sequencer, desk.member.member_id
        new, key = make(number, typed["reason"]), typed["key"] or None
        try:
            found = actions.propose(sequencer, desk.fund, who, new, key)
        except StateError:
            return _page(desk, number, typed, notice="exception.moved_on")
        except InputError as error:
            typed.refuse(error)
            return _page(desk, number, typed)
        return desk.done("decision", "proposed", number=found.number)

    return propose
