"""What the fund pays for: a list, one spend, and booking it from a form or a sheet, looked at first."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import from_ms, local_date, to_ms
from ledger.decisions import history as decided
from ledger.desk import actions
from ledger.desk import spending as desk_spending
from ledger.desk.spending import Spending
from ledger.desk.spending_sheets import read
from ledger.errors import (
    ConflictError,
    FieldError,
    InputError,
    InsufficientError,
    NotFoundError,
    StateError,
)
from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.keyset import Listing
from ledger.spending import history, proposing
from ledger.spending.history import Filter, Listed
from ledger.spending.sheet import COLUMNS, TITLES, Fault, SpendRow, faults_csv, row_of
from ledger.web import uploads
from ledger.web.desk.evidence import brought
from ledger.web.desk.files import clear_away, folder_of
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, day_in, read_list
from ledger.web.desk.typed import Typed
from ledger.web.uploads import attachment, kept_file, takes_files
from ledger.wiring import Ledger

NUMBER = "<int(max=1099511627775):number>"
SHEET_KINDS = ("text", "xlsx", "zip", "xls")
ROWS_SHOWN = 200
FAULTS_SHOWN = 50
OWN = "Assets:Fund:"
_SHA = re.compile(r"[0-9a-f]{64}")


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    add_list(blueprint, at, SPENDING, show_all)
    rule("/desk/<fund>/spending/new", "new_spend", at("spending.book", ask))
    looking = takes_files(at("spending.book", look))
    rule("/desk/<fund>/spending/preview", "preview_spend", looking, methods=["POST"])
    rule("/desk/<fund>/spending/book", "book_spend", at("spending.book", book), methods=["POST"])
    rule("/desk/<fund>/spending/blank.csv", "blank_sheet", at("spending.book", blank))
    rule("/desk/<fund>/spending/wrong/<kept>", "wrong_rows", at("spending.book", wrong_rows))
    rule(f"/desk/<fund>/spending/{NUMBER}", "spend", at("spending.read", show))
    rule("/desk/<fund>/evidence/<sha256>", "spend_evidence", at("spending.read", download))
    rows = at("spending.read", show_rows)
    rule(f"/desk/<fund>/decisions/{NUMBER}/spending", "spend_rows", rows)


# --- the list ---------------------------------------------------------------------------------------


def show_all(desk: Desk) -> Response:
    """List spending."""
    return desk.page("spending.html", list=read_list(desk, SPENDING), lists=desk.lists)


def _source(desk: Desk, asked: Typed) -> Listing[Listed]:
    zone = ZoneInfo(desk.details.zone)

    def moment(field: str, days: int) -> int | None:
        day = day_in(asked[field])
        if day is None:
            return None
        at = datetime.fromisoformat(day).replace(tzinfo=zone) + timedelta(days=days)
        return to_ms(datetime.combine(at.date(), time(), tzinfo=zone))

    state = asked["state"]
    return history.listing(
        desk.fund.fund_id,
        Filter(
            disease=asked["disease"] or None,
            people=asked["group"] or None,
            provider=asked["provider"] or None,
            reference=asked["reference"] or None,
            first_ms=moment("from", 0),
            stop_ms=moment("to", 1),
            is_reversed={"reversed": True, "standing": False}.get(state),
        ),
    )


SPENDING: ListPage[Listed] = ListPage(
    name="spending",
    address="/desk/<fund>/spending",
    action="spending.read",
    columns=(
        Column(
            "day",
            "spend.day",
            lambda desk, one: local_date(from_ms(one.spend.spent_ms), desk.details.zone),
            "day",
        ),
        Column(
            "disease",
            "spend.disease",
            lambda desk, one: desk.list_name("disease", one.spend.disease),
        ),
        Column(
            "group",
            "spend.group",
            lambda desk, one: desk.list_name("group", one.spend.people),
        ),
        Column(
            "provider",
            "spend.provider",
            lambda desk, one: desk.list_name("provider", one.spend.provider),
            narrow=False,
        ),
        Column("batch", "spend.batch", lambda _desk, one: one.spend.batch, narrow=False),
        Column(
            "persons",
            "spend.persons",
            lambda _desk, one: one.spend.persons,
            "number",
            narrow=False,
        ),
        Column(
            "times",
            "spend.times",
            lambda _desk, one: one.spend.person_times,
            "number",
            narrow=False,
        ),
        Column(
            "amount",
            "field.amount",
            lambda _desk, one: Money(one.spend.amount, one.spend.commodity),
            "money",
        ),
        Column("reference", "spend.reference", lambda _desk, one: one.spend.reference),
        Column("entry", "spend.entry", lambda _desk, one: one.spend.seq, "number"),
        Column(
            "reversed", "spend.reversed", lambda _desk, one: one.reversed_seq, "number", "export"
        ),
    ),
    filters=("disease", "group", "provider", "reference", "from", "to", "state"),
    source=_source,
    # Counts of few people are among them: whoever sees them is on record.
    saw=lambda desk: desk.saw("spending.read", "spending"),
)


# --- booking ----------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """What a form asks to book, as far as it could be read.

    Attributes:
        wanted: What; None where something is wrong.
        faults: Rows of a sheet that are wrong.
        kept: Where the sheet waits; empty for what was typed.
        name: Of the sheet.
    """

    wanted: Spending | None
    faults: list[Fault]
    kept: str = ""
    name: str = ""


def own_accounts(desk: Desk) -> list[MoneyAccount]:
    """Return the fund's accounts that sheets in yuan can be paid from."""
    with desk.reading() as connection:
        found = funds.money_account_list(connection, desk.fund.fund_id)
    return [one for one in found if one.name.startswith(OWN)]


def ask(desk: Desk) -> Response:
    """Ask what was paid: one spend, or a sheet."""
    return _form(desk, Typed(request.args), Asked(None, []))


def _form(desk: Desk, typed: Typed, asked: Asked) -> Response:
    return desk.page(
        "new_spend.html",
        status=typed.status,
        typed=typed,
        accounts=own_accounts(desk),
        lists=desk.lists,
        faults=asked.faults[:FAULTS_SHOWN],
        wrong=len(asked.faults),
        kept=asked.kept,
        most=FAULTS_SHOWN,
    )


def look(desk: Desk) -> Response:
    """Show what would be booked, and whether somebody has to approve it; nothing is booked yet."""
    typed = Typed(request.form)
    clear_away(desk)
    evidence = _evidence(desk, typed)
    asked = _read_sheet(desk, typed) if typed["how"] == "sheet" else _read_one(desk, typed)
    if typed.errors or asked.wanted is None:
        return _form(desk, typed, asked)
    return _preview(desk, typed, asked, asked.wanted._replace(evidence=evidence))


def _evidence(desk: Desk, typed: Typed) -> tuple[str, ...]:
    """Keep the files that the form brought, and return them with those that it names."""
    found = [one for one in typed["evidence"].split(" ") if _SHA.fullmatch(one)]
    return tuple(dict.fromkeys((*found, *brought(desk, typed, "proof"))))


def _account(desk: Desk, typed: Typed) -> MoneyAccount | None:
    for one in own_accounts(desk):
        if one.name == typed["account"]:
            return one
    typed.errors["account"] = ("error.missing", {})
    return None


def _read_one(desk: Desk, typed: Typed) -> Asked:
    account = _account(desk, typed)
    cells = {name: typed[name] for name in COLUMNS}
    cells["amount_cny"] = cells["amount_cny"].replace(",", "").replace("，", "")
    lists, row = desk.lists, None
    for field in COLUMNS:
        if not cells[field]:
            typed.errors[field] = ("error.missing", {})
    if not typed.errors:
        try:
            row = row_of(0, cells, lists)
        except FieldError as error:
            refuse(typed, error)
    if account is None or row is None:
        return Asked(None, [])
    return Asked(Spending(account, [row]), [])


def refuse(typed: Typed, error: InputError) -> None:
    """Put an error beside its field, in the words of spending where there are some."""
    field, reason = str(error.fields.get("field", "")), str(error.fields.get("reason", ""))
    if reason in SAID:
        typed.errors[field] = (f"spend.error.{reason}", {})
    else:
        typed.refuse(error)


SAID = (
    "not-on-the-list",
    "retired",
    "not-an-integer",
    "fewer-than-persons",
    "not-a-date",
    "in-the-future",
    "known",
    "not-a-text",
    "personal-number",
    "another-items",
    "given-before",
    "not-a-component",
)
"""Reasons that have a sentence of their own."""


def _read_sheet(desk: Desk, typed: Typed) -> Asked:
    account = _account(desk, typed)
    try:
        upload = uploads.received(request.files.get("file"), *SHEET_KINDS)
        found = read(upload.shown_name, upload.data, desk.lists)
    except InputError as error:
        typed.refuse_file(error)
        return Asked(None, [])
    kept = uploads.keep(folder_of(desk), upload)
    if found.faults:
        typed.errors["file"] = ("spend.sheet.wrong", {"n": len(found.faults)})
    if account is None or found.faults:
        return Asked(None, found.faults, kept, upload.shown_name)
    wanted = Spending(account, found.rows, (upload.shown_name, upload.data))
    return Asked(wanted, [], kept, upload.shown_name)


def _preview(desk: Desk, typed: Typed, asked: Asked, wanted: Spending) -> Response:
    found = desk_spending.preview(desk.ledger.sequencer, desk.fund, wanted)
    if found.conflict is not None:
        where = found.conflict.fields
        line, field = where.get("line", 0), where.get("field", "")
        typed.errors["file" if asked.kept else "reference"] = (
            "spend.conflict",
            {"line": line, "field": field, "seq": where.get("seq", "")},
        )
        return _form(desk, typed, asked)
    return desk.page(
        "spend_preview.html",
        typed=typed,
        found=found,
        wanted=wanted,
        asked=asked,
        rows=found.new[:ROWS_SHOWN],
        names=desk.list_name,
        cells={name: typed[name] for name in COLUMNS} if not asked.kept else {},
        evidence=" ".join(wanted.evidence),
        key=secrets.token_hex(16),
    )


def book(desk: Desk) -> Response:
    """Book what was looked at, or propose it where it is above the limit of one person."""
    typed = Typed(request.form)
    asked = _again(desk, typed) if typed["kept"] else _read_one(desk, typed)
    if typed.errors or asked.wanted is None:
        return _form(desk, typed, asked)
    named_files = [one for one in typed["evidence"].split(" ") if _SHA.fullmatch(one)]
    wanted = asked.wanted._replace(evidence=tuple(named_files))
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    try:
        if typed["propose"]:
            new, key = desk_spending.spend(wanted), typed["key"] or None
            found = actions.propose(sequencer, desk.fund, who, new, key)
            return desk.done("decision", "proposed", number=found.number)
        done = desk_spending.book(sequencer, desk.fund, who, wanted)
    except (StateError, ConflictError):
        # Somebody booked something meanwhile: what the limit says may be otherwise now.
        return _preview(desk, typed, asked, wanted)
    except InsufficientError as error:
        typed.errors["account"] = ("spend.error.short", {"minor": error.fields["available"]})
        return _form(desk, typed, asked)
    except InputError as error:
        refuse(typed, error)
        return _form(desk, typed, asked)
    return desk.done("spending", "booked" if done.added else "known")


def _again(desk: Desk, typed: Typed) -> Asked:
    """Read a sheet again that was looked at."""
    account = _account(desk, typed)
    data = kept_file(folder_of(desk), typed["kept"])
    if data is None or account is None:
        typed.errors["file"] = ("error.file.gone", {})
        return Asked(None, [])
    name = uploads.shown_name(typed["name"])
    found = read(name, data, desk.lists)
    if found.faults:
        typed.errors["file"] = ("spend.sheet.wrong", {"n": len(found.faults)})
        return Asked(None, found.faults, typed["kept"], name)
    return Asked(Spending(account, found.rows, (name, data)), [], typed["kept"], name)


def blank(desk: Desk) -> Response:
    """Hand out an empty sheet with its columns."""
    head = TITLES if desk.say.language == "zh" else COLUMNS
    data = f"\ufeff{','.join(head)}\r\n".encode()
    return attachment(data, "用款.csv" if desk.say.language == "zh" else "spending.csv")


def wrong_rows(desk: Desk, kept: str) -> Response:
    """Hand out the rows of a sheet that are wrong, with the reason of each in a last column.

    Raises:
        NotFoundError: The sheet is not kept any more.
    """
    data = kept_file(folder_of(desk), kept)
    if data is None:
        raise NotFoundError(what="file")
    found = read("", data, desk.lists)
    told = {
        (
            one.field,
            one.reason,
        ): f"{_title(desk, one.field)}{desk.say('colon')}{_why(desk, one.reason)}"
        for one in found.faults
    }
    return attachment(faults_csv(found.faults, told), "wrong-rows.csv")


def _title(desk: Desk, field: str) -> str:
    at = COLUMNS.index(field)
    return TITLES[at] if desk.say.language == "zh" else field


def _why(desk: Desk, reason: str) -> str:
    key = f"spend.error.{reason}"
    return str(desk.say(key)) if desk.say.knows(key) else reason


# --- one spend --------------------------------------------------------------------------------------


def show(desk: Desk, number: int) -> Response:
    """Show one spend, what proves it, and where it stands."""
    return page(desk, number, Typed())


def page(desk: Desk, number: int, typed: Typed, notice: str = "") -> Response:
    """Show one spend, with what somebody typed below it. Its counts may be of few people: the look is on record."""
    desk.saw("spending.read", f"spend/{number}")
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        found = history.spend(connection, fund_id, number)
        files = history.files_of(connection, fund_id, number)
    return desk.page(
        "spend.html",
        status=HTTPStatus.CONFLICT if notice else typed.status,
        one=found.spend,
        reversed_seq=found.reversed_seq,
        files=files,
        names=desk.list_name,
        day=local_date(from_ms(found.spend.spent_ms), desk.details.zone),
        typed=typed,
        notice=notice,
        key=secrets.token_hex(16),
        can_reverse=found.reversed_seq is None and desk.may("reversal.propose"),
    )


def download(desk: Desk, sha256: str) -> Response:
    """Hand out a file of evidence: to save, never to show."""
    desk.saw("spending.read", f"evidence/{sha256[:64]}")
    with desk.reading() as connection:
        data = history.file_body(connection, desk.fund.fund_id, sha256)
        [found] = history.files(connection, desk.fund.fund_id, [sha256])
    return attachment(data, found.name)


def show_rows(desk: Desk, number: int) -> Response:
    """Show the rows of spending that waits for approval; that they were looked at goes on record first.

    Raises:
        NotFoundError: There are none, or it has ended.
    """
    desk.saw("spending.read", f"decision/{number}")
    with desk.reading() as connection:
        found = decided.decision(connection, desk.fund.fund_id, number)
        part = decided.private_part(connection, desk.fund.fund_id, found)
        content = found.latest.content
        files = history.files(connection, desk.fund.fund_id, content.get("evidence", ()))
    if found.kind != "spend" or part is None:
        raise NotFoundError(what="spending")
    rows: list[SpendRow] = proposing.rows_of(part.content)
    return desk.page(
        "spend_rows.html",
        decision=found,
        rows=rows,
        files=files,
        names=desk.list_name,
    )
