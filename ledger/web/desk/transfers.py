"""Transfers: all of them and where they stand, what can be transferred, each one's steps, files and bank lines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import local_date
from ledger.decisions import history as decisions
from ledger.decisions.shapes import Decision
from ledger.desk import actions, transferring
from ledger.errors import (
    ConflictError,
    FieldError,
    FileFormatError,
    FourEyesError,
    InputError,
    NotFoundError,
    StateError,
)
from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.funds.payees import last_changed, payee_of
from ledger.keyset import Listing
from ledger.projections import transfer_page
from ledger.projections.transfer_page import Origin
from ledger.transfers import history, payments, standing
from ledger.transfers.history import Transfer, TransferFilter
from ledger.transfers.payments import PAIN
from ledger.web import uploads
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, chosen_in, read_list
from ledger.web.desk.standing import shown_policies
from ledger.web.desk.typed import Typed, money
from ledger.web.uploads import KINDS as FILE_KINDS
from ledger.web.uploads import attachment, takes_files
from ledger.wiring import Ledger

NUMBER = "<int(max=1099511627775):number>"
STEPS = ("sent", "confirmed", "returned")
DIGITS_MAX = 12
STATES = ("proposed", "approved", "sent", "confirmed", "returned", "rejected", "withdrawn")
"""That a transfer may be in."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    add_list(blueprint, at, TRANSFERS, show_all)
    rule("/desk/<fund>/transfers/check", "ask_check", at("transfer.file", ask_check))
    checking = takes_files(at("transfer.file", check))
    rule("/desk/<fund>/transfers/check", "check_file", checking, methods=["POST"])
    making = at("transfer.file", make_file)
    rule("/desk/<fund>/transfers/files", "make_file", making, methods=["POST"])
    rule("/desk/<fund>/transfers/files/<sha256>", "payment_file", at("transfer.file", download))
    one = f"/desk/<fund>/transfers/{NUMBER}"
    rule(one, "transfer", at("transfer.read", show))
    rule(f"{one}/evidence/<sha256>", "transfer_evidence", at("transfer.read", evidence))
    rule(f"{one}/enter", "enter_transfer", at("transfer.enter", enter), methods=["POST"])
    rule(f"{one}/line", "transfer_line", at("line.match", by_line), methods=["POST"])
    rule(f"{one}/stop", "stop_transfer", at("transfer.call-off", stop), methods=["POST"])


# --- the list ---------------------------------------------------------------------------------------


def show_all(desk: Desk) -> Response:
    """List transfers, newest first, and who has to do what about those that are open."""
    today = _today(desk)
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        waits = {
            one.transfer.number: one for one in transfer_page.waiting(connection, desk.fund, today)
        }
        policies = shown_policies(desk, connection)
        accounts = funds.money_account_list(connection, fund_id)
    return desk.page(
        "transfers.html",
        list=read_list(desk, TRANSFERS),
        states=STATES,
        accounts=accounts,
        waits=waits,
        late=[one for one in waits.values() if one.is_late(today)],
        today=today,
        policies=policies,
    )


def _source(desk: Desk, asked: Typed) -> Listing[Transfer]:
    wanted = TransferFilter(chosen_in(asked, "state", STATES), asked["account"], asked["text"])
    return history.transfer_listing(desk.fund.fund_id, wanted)


def _minor(amount: int, one: Transfer) -> Money:
    return Money(amount, one.commodity)


TRANSFERS: ListPage[Transfer] = ListPage(
    name="transfers",
    address="/desk/<fund>/transfers",
    action="transfer.read",
    columns=(
        Column("number", "transfers.col.number", lambda _desk, one: one.number, "number"),
        Column(
            "state",
            "transfers.col.state",
            lambda desk, one: str(desk.say(f"transfer.state.{one.state}")),
        ),
        Column(
            "way",
            "transfers.col.way",
            lambda _desk, one: f"{one.from_account} → {one.to_account}",
        ),
        Column(
            "purpose",
            "field.purpose",
            lambda _desk, one: one.purpose or one.reference,
            places="export",
        ),
        Column("amount", "field.amount", lambda _desk, one: _minor(one.amount, one), "money"),
        Column(
            "arrived",
            "transfer.sum.arrived",
            lambda _desk, one: _minor(one.arrived, one),
            "money",
            "export",
        ),
        Column(
            "back",
            "transfer.sum.back",
            lambda _desk, one: _minor(one.back, one),
            "money",
            "export",
        ),
    ),
    filters=("state", "account", "text"),
    source=_source,
)


def _today(desk: Desk) -> Any:
    return local_date(desk.ledger.clock.now(), desk.details.zone)


# --- one --------------------------------------------------------------------------------------------


def show(desk: Desk, number: int) -> Response:
    """Show one transfer: what it is, where it stands, each of its steps, and what can be done."""
    return _page(desk, number, Typed())


def _page(desk: Desk, number: int, typed: Typed, notice: str = "") -> Response:
    today = _today(desk)
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        one = history.transfer(connection, fund_id, number)
        steps = [
            (step, transfer_page.moment(connection, desk.fund, step.seq))
            for step in history.steps(connection, fund_id, number)
        ]
        files = payments.files_of(connection, fund_id, number)
        attached = payments.attached(connection, fund_id, tuple(one.evidence.split()))
        able = payments.may_enter(connection, fund_id, one)
        lines = {
            step: transfer_page.lines_for(connection, desk.fund, one, step)
            for step in STEPS
            if desk.may("line.match") and one.state in ("approved", "sent")
        }
        waits = [
            two
            for two in transfer_page.waiting(connection, desk.fund, today)
            if two.transfer.number == number
        ]
        columns = sorted(standing.all_columns(connection, fund_id))
        decided = None
        if one.decision is not None:
            decided = decisions.decision(connection, fund_id, one.decision)
        facts = facts_of(connection, desk, one)
    me = desk.member.member_id
    return desk.page(
        "transfer.html",
        status=HTTPStatus.CONFLICT if notice else typed.status,
        one=one,
        steps=steps,
        files=files,
        attached=attached,
        lines={step: found for step, found in lines.items() if found},
        waits=waits[0] if waits else None,
        today=today,
        columns=columns,
        decided=decided,
        able=able,
        may_enter=one.state == "approved"
        and one.entered_seq is None
        and me in {who.member_id for who in able}
        and desk.may("transfer.enter"),
        may_file=one.state == "approved" and bool(one.rest) and desk.may("transfer.file"),
        may_stop=one.state in ("approved", "sent")
        and bool(one.rest)
        and desk.may("transfer.call-off"),
        pain=PAIN,
        typed=typed,
        notice=notice,
        **facts,
    )


def facts_of(connection: Any, desk: Desk, one: Transfer) -> Mapping[str, Any]:
    """Return where a transfer's money comes from, and who is paid: for its page and for its approval.

    Args:
        connection: In a transaction.
        desk: Whose.
        one: The transfer.

    Returns:
        For the templates: `origins`, `offer`, `payee`, `payer`, `payee_since`, `last_payee`.
    """
    fund_id = desk.fund.fund_id
    offer = transfer_page.offer_of(connection, desk.fund, one.from_account, one.commodity)
    origins: list[Origin] = transfer_page.origins_gone(connection, desk.fund, one)
    if not origins and one.promised:
        before = sum(two.promised for two in offer.promises if two.number < one.number)
        origins = transfer_page.origins_ahead(connection, desk.fund, offer, one.rest, before)
    since = last_changed(connection, fund_id, one.to_account)
    if since is None:
        since = funds.opening_entry(connection, fund_id, one.to_account)
    return {
        "origins": origins[: transfer_page.ORIGINS_MAX],
        "offer": offer,
        "payee": payee_of(connection, fund_id, one.to_account),
        "last_payee": history.last_payee(connection, fund_id, one.to_account),
        "payer": payee_of(connection, fund_id, one.from_account),
        "payee_since": None
        if since is None
        else transfer_page.moment(connection, desk.fund, since),
    }


def of_decision(connection: Any, desk: Desk, found: Decision) -> Mapping[str, Any]:
    """Return what the page of a decision shows of the transfer that it is about."""
    one = history.of_decision(connection, desk.fund.fund_id, found.number)
    today = _today(desk)
    return {
        "transfer": one,
        "attached": payments.attached(connection, desk.fund.fund_id, tuple(one.evidence.split())),
        "waiting_others": [
            two
            for two in transfer_page.waiting(connection, desk.fund, today)
            if two.what == "arrival" and two.is_late(today)
        ],
        "today": today,
        **facts_of(connection, desk, one),
    }


def enter(desk: Desk, number: int) -> Response:
    """Say that it was entered at the bank."""
    try:
        transferring.enter(desk.ledger.sequencer, desk.fund, desk.member.member_id, number)
    except FourEyesError:
        return _page(desk, number, Typed(), notice="transfer.enter.not_you")
    except StateError as error:
        return _page(desk, number, Typed(), notice=_moved(error))
    return desk.done("transfer", "entered", number=number)


def _moved(error: StateError) -> str:
    state = str(error.fields.get("state", ""))
    return (
        "transfer.payee_changed_since" if state == "payee-changed-since" else "transfer.moved_on"
    )


def by_line(desk: Desk, number: int) -> Response:
    """Say which bank line a step of it is."""
    typed = Typed(request.form)
    account, _, identity = typed["line"].partition("|")
    doing = {
        "sent": actions.send_by,
        "confirmed": actions.confirm_by,
        "returned": actions.return_by,
    }.get(typed["step"])
    fee = typed.read("fee", money(desk.details.commodity)) if typed["fee"] else 0
    if doing is None or not identity:
        typed.errors["line"] = ("error.missing", {})
    if typed.errors or doing is None or fee is None:
        return _page(desk, number, typed)
    try:
        doing(desk.ledger.sequencer, desk.fund, desk.member, number, (account, identity), fee)
    except (StateError, ConflictError, NotFoundError):
        return _page(desk, number, typed, notice="transfer.line_taken")
    except InputError as error:
        typed.errors["line"] = ("transfer.line_refused", {"why": error.code})
        return _page(desk, number, typed)
    return desk.done("transfer", typed["step"], number=number)


def stop(desk: Desk, number: int) -> Response:
    """Stop what of it has not left."""
    typed = Typed(request.form)
    try:
        actions.call_off_transfer(
            desk.ledger.sequencer, desk.fund, desk.member.member_id, number, typed["reason"]
        )
    except StateError as error:
        return _page(desk, number, typed, notice=_moved(error))
    except FieldError as error:
        typed.refuse(error)
        return _page(desk, number, typed)
    return desk.done("transfer", "stopped", number=number)


def evidence(desk: Desk, number: int, sha256: str) -> Response:
    """Hand out a file of evidence: to save, never to show."""
    desk.saw("transfer.read", f"transfer/{number}")
    with desk.reading() as connection:
        one = history.transfer(connection, desk.fund.fund_id, number)
        name, data = payments.attached_bytes(connection, desk.fund.fund_id, one, sha256)
    return attachment(data, name)


# --- payment files ----------------------------------------------------------------------------------


def make_file(desk: Desk) -> Response:
    """Make a payment file for one transfer, in the format that was chosen."""
    typed = Typed(request.form)
    text = typed["number"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else 0
    columns = "" if typed["format"] == PAIN else typed["format"]
    try:
        transferring.payment_file(
            desk.ledger.sequencer, desk.fund, desk.member.member_id, (number,), columns
        )
    except StateError as error:
        return _page(desk, number, typed, notice=_moved(error))
    except InputError as error:
        typed.errors["format"] = ("transfer.file_refused", {"why": _why(error)})
        return _page(desk, number, typed)
    return desk.done("transfer", "filed", number=number)


def _why(error: InputError) -> str:
    return str(error.fields.get("reason") or error.code)


def download(desk: Desk, sha256: str) -> Response:
    """Hand a payment file out; that it was read goes on record: whole account numbers are in it."""
    desk.saw("transfer.file", f"payment-file/{sha256[:64]}")
    with desk.reading() as connection:
        data = payments.bytes_of(connection, desk.fund.fund_id, sha256)
        [found] = [
            one for one in payments.files_of(connection, desk.fund.fund_id) if one.sha256 == sha256
        ]
    return attachment(data, found.name)


def ask_check(desk: Desk) -> Response:
    """Ask for a payment file that came back."""
    return _check_page(desk, Typed())


def _check_page(desk: Desk, typed: Typed, found: payments.Checked | None = None) -> Response:
    return desk.page("check_file.html", status=typed.status, typed=typed, found=found)


def check(desk: Desk) -> Response:
    """Compare a payment file with the one that was handed out."""
    typed = Typed(request.form)
    try:
        upload = uploads.received(request.files.get("file"), *FILE_KINDS)
        with desk.reading() as connection:
            found = payments.check_file(connection, desk.fund.fund_id, upload.data)
        if not found.is_unchanged:
            # What is not as it was tells what was: whole account numbers too.
            desk.saw("transfer.file", f"payment-file/{found.file.sha256}")
    except (FieldError, FileFormatError) as error:
        typed.refuse_file(error)
        return _check_page(desk, typed)
    except NotFoundError:
        typed.errors["file"] = ("transfer.check.unknown", {})
        return _check_page(desk, typed)
    return _check_page(desk, typed, found)
