"""Exceptions: what does not match, who looks after it, what was found, and how it is closed."""

from __future__ import annotations

import secrets
from datetime import date
from functools import partial
from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.activity import history as activity
from ledger.clock import local_date
from ledger.desk import actions, handling
from ledger.desk import exceptions as wanting
from ledger.errors import FieldError, FileFormatError, InputError, StateError
from ledger.funds import history as funds
from ledger.matching.exceptions import history
from ledger.matching.exceptions.booking import Brought, Step
from ledger.matching.exceptions.history import Filter
from ledger.matching.exceptions.kinds import BRACKETS, KINDS, STATES
from ledger.roles import may
from ledger.web import uploads
from ledger.web.desk.frame import Desk, View, view
from ledger.web.desk.typed import Typed
from ledger.web.uploads import KINDS as FILE_KINDS
from ledger.web.uploads import attachment, takes_files
from ledger.wiring import Ledger

NUMBER = "<int(max=1099511627775):number>"
PAGE_ROWS = 50
STEPS = ("note", "assigned", "due", "paused", "resumed", "disputed", "settled")
DIGITS_MAX = 13


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    rule("/desk/<fund>/exceptions", "exceptions", at("exception.read", show_all))
    one = f"/desk/<fund>/exceptions/{NUMBER}"
    rule(one, "exception", at("exception.read", show))
    rule(f"{one}/step", "exception_step", at("exception.work", step), methods=["POST"])
    bringing = takes_files(at("exception.work", bring))
    rule(f"{one}/evidence", "bring_evidence", bringing, methods=["POST"])
    rule(f"{one}/evidence/<sha256>", "evidence", at("exception.read", download))
    for kind in ("resolution", "write-off"):
        closing = at(f"{kind}.propose", _closing(kind))
        rule(f"{one}/{kind}", f"propose_{kind}", closing, methods=["POST"])


def today(desk: Desk) -> date:
    """Return the day in the fund's zone."""
    return local_date(desk.ledger.clock.now(), desk.details.zone)


# --- the list ---------------------------------------------------------------------------------------


def show_all(desk: Desk) -> Response:
    """List exceptions; all filters stand in the address."""
    asked = Typed(request.args)
    wanted = filter_of(asked, today(desk))
    after = asked["after"]
    is_number = after.isascii() and after.isdigit() and len(after) <= DIGITS_MAX
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        rows = history.page(
            connection,
            fund_id,
            wanted,
            after=int(after) if is_number else None,
            limit=PAGE_ROWS + 1,
            newest=True,
        )
        aged = history.ageing(connection, fund_id, today(desk))
        members = [one for one in funds.all_members(connection, fund_id) if not one.removed]
    return desk.page(
        "exceptions.html",
        rows=rows[:PAGE_ROWS],
        more=rows[PAGE_ROWS - 1].raised_seq if len(rows) > PAGE_ROWS else None,
        aged=aged,
        brackets=BRACKETS,
        asked=asked,
        kept={name: asked[name] for name in ("state", "kind", "owner", "text") if asked[name]},
        kinds=tuple(KINDS),
        states=STATES,
        members=members,
        today=today(desk),
    )


def filter_of(asked: Typed, day: date) -> Filter:
    """Return which exceptions an address asks for; without a state the open ones."""
    state, kind = asked["state"], asked["kind"]
    return Filter(
        is_open=True if not state or state == "overdue" else None,
        states=(state,) if state in STATES else None,
        overdue_on=day if state == "overdue" else None,
        kinds=(kind,) if kind in KINDS else None,
        owner=asked["owner"] or None,
        text=asked["text"][:100] or None,
    )


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
        thread=thread,
        files=files,
        members=[one for one in members if may(one, "exception.work")],
        seen=seen if desk.may("activity.read") else [],
        typed=typed,
        notice=notice,
        # A form that is sent twice proposes once.
        key=secrets.token_hex(16),
        today=today(desk),
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
    wanted = Step(
        typed["step"] if typed["step"] in STEPS else "note", typed["value"], typed["text"]
    )
    who = desk.member.member_id
    try:
        handling.work(desk.ledger.sequencer, desk.fund, who, number, wanted)
    except StateError:
        return _page(desk, number, typed, notice="exception.moved_on")
    except InputError as error:
        typed.refuse(error)
        return _page(desk, number, typed)
    return desk.done("exception", wanted.step, number=number)


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
