"""Files of banks, wallets and platforms: looked at before they are taken, listed with what became of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import from_ms, to_ms
from ledger.desk import actions
from ledger.errors import ConflictError, InputError, NotFoundError
from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.keyset import Listing
from ledger.matching import file_history, file_reading
from ledger.matching.file_history import ListedFile, SavedMapping
from ledger.matching.file_inspecting import Inspection
from ledger.matching.file_reading import Reading
from ledger.web import uploads
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, chosen_in, read_list
from ledger.web.desk.typed import Typed
from ledger.web.uploads import Upload, attachment, kept_file, takes_files
from ledger.wiring import Ledger

FILE_KINDS = ("text", "xml", "xlsx", "zip", "xls")
SHA256 = "<string(length=64):sha256>"
SHOWN_LINES = 20
TEXT_MAX = 100
STATES = ("taken", "held", "replaced", "left-out")

WAITING_MS = 24 * 3_600_000
"""How long a file waits between being looked at and being taken."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    add_list(blueprint, at, FILES, show_all)
    looking = takes_files(at("file.take", look))
    rule("/desk/<fund>/files/preview", "preview_file", looking, methods=["POST"])
    rule("/desk/<fund>/files", "take_file", at("file.take", take), methods=["POST"])
    rule(f"/desk/<fund>/files/{SHA256}", "file_bytes", at("accounts.read", download))


# --- files ------------------------------------------------------------------------------------------


def show_all(desk: Desk) -> Response:
    """List files, newest first, and offer to bring one."""
    return _page(desk, Typed(request.args))


def _page(desk: Desk, typed: Typed) -> Response:
    with desk.reading() as connection:
        accounts = funds.money_account_list(connection, desk.fund.fund_id)
        mappings = file_history.saved_mappings(connection, desk.fund.fund_id)
    return desk.page(
        "files.html",
        status=typed.status,
        list=read_list(desk, FILES, typed),
        accounts=accounts,
        mappings=list(dict.fromkeys(one.name for one in mappings)),
        states=STATES,
        typed=typed,
    )


def _source(desk: Desk, asked: Typed) -> Listing[ListedFile]:
    return file_history.file_listing(
        desk.fund.fund_id,
        account=asked["of"],
        state=chosen_in(asked, "state", STATES),
        text=asked["text"][:TEXT_MAX],
    )


def _day_of(name: str) -> Callable[[Desk, ListedFile], date | None]:
    def day(_desk: Desk, one: ListedFile) -> date | None:
        text = getattr(one.statement or one.file, name)
        return date.fromisoformat(text) if text else None

    return day


def _balance_of(name: str) -> Callable[[Desk, ListedFile], Money | None]:
    def balance(_desk: Desk, one: ListedFile) -> Money | None:
        minor = getattr(one.statement, name) if one.statement else None
        return (
            None
            if minor is None or one.statement is None
            else Money(minor, one.statement.commodity)
        )

    return balance


def _account(_desk: Desk, one: ListedFile) -> str:
    return one.statement.account if one.statement else one.file.account


def _lines(_desk: Desk, one: ListedFile) -> int:
    return one.statement.lines if one.statement else one.file.lines


def _joins(desk: Desk, one: ListedFile) -> str:
    stated = one.statement
    if stated is None:
        return str(desk.say("files.sheet"))
    if stated.state == "taken" and desk.say.knows(f"files.joins.{stated.joins}"):
        return str(desk.say(f"files.joins.{stated.joins}"))
    return desk.words("files.state", stated.state)


def _taker(desk: Desk, one: ListedFile) -> str:
    who = one.file.taken_by
    return desk.names.get(who, who) if who else str(desk.say("activity.machine"))


FILES: ListPage[ListedFile] = ListPage(
    name="files",
    address="/desk/<fund>/files",
    action="file.read",
    columns=(
        Column("name", "column.file_name", lambda _desk, one: one.file.name),
        Column(
            "format",
            "column.format",
            lambda _desk, one: one.statement.format if one.statement else one.file.format,
            narrow=False,
        ),
        Column("account", "column.account", _account),
        Column("period", "column.period", lambda _desk, _one: None, places="page", narrow=False),
        Column("first_day", "column.first_day", _day_of("first_day"), "day", "export"),
        Column("last_day", "column.last_day", _day_of("last_day"), "day", "export"),
        Column("lines", "column.lines", _lines, "number"),
        Column("opening", "column.opening", _balance_of("opening"), "money", "export"),
        Column("closing", "column.closing", _balance_of("closing"), "money", "export"),
        Column("joins", "column.joins", _joins),
        Column("taken", "column.taken", _taker, places="page"),
        Column("taken_by", "column.taken_by", _taker, places="export"),
        Column(
            "taken_at",
            "column.taken_at",
            lambda _desk, one: from_ms(one.file.taken_ms),
            "moment",
            "export",
        ),
        Column("file", "column.file", lambda _desk, one: one.file.sha256.hex(), places="export"),
    ),
    filters=("of", "state", "text"),
    source=_source,
)


def _is_hash(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def look(desk: Desk) -> Response:
    """Show what would come of a file; nothing is taken yet."""
    typed = Typed(request.form)
    clear_away(desk)
    try:
        upload, kept = _brought(desk, typed)
    except InputError as error:
        typed.refuse_file(error)
        return _page(desk, typed)
    try:
        reading, chosen = _read(desk, typed, upload.shown_name, upload.data)
        found = actions.inspect_file(desk.ledger.database, desk.fund, reading, chosen)
    except InputError as error:
        typed.refuse_file(error)
        if "account" in typed.errors:
            # Only its account is to be chosen: the file need not be brought again.
            kept = kept or uploads.keep(folder_of(desk), upload)
            typed.kept["file"] = (kept, upload.shown_name)
        return _page(desk, typed)
    return _preview(desk, typed, found, kept or uploads.keep(folder_of(desk), upload))


def _brought(desk: Desk, typed: Typed) -> tuple[Upload, str]:
    """Return the file that a form brings, or the one that it brought before, and under which name that is kept."""
    file = request.files.get("file")
    data = (
        None if file is not None and file.filename else kept_file(folder_of(desk), typed["kept"])
    )
    if data is not None:
        return Upload(data, "", uploads.shown_name(typed["name"])), typed["kept"]
    return uploads.received(file, *FILE_KINDS), ""


def _preview(desk: Desk, typed: Typed, found: Inspection, kept: str) -> Response:
    return desk.page("preview.html", found=found, typed=typed, kept=kept, most=SHOWN_LINES)


def folder_of(desk: Desk) -> Path:
    """Return where a file waits between being looked at and being taken."""
    return desk.ledger.settings.home / "uploads"


def clear_away(desk: Desk) -> None:
    """Delete what was looked at a day ago and never taken: it holds other people's names."""
    folder, now_ms = folder_of(desk), to_ms(desk.ledger.clock.now())
    if folder.is_dir():
        for one in folder.iterdir():
            if one.stat().st_mtime_ns // 1_000_000 < now_ms - WAITING_MS:
                one.unlink(missing_ok=True)


def _read(desk: Desk, typed: Typed, name: str, data: bytes) -> tuple[Reading, MoneyAccount | None]:
    chosen: MoneyAccount | None = None
    mapping: SavedMapping | None = None
    with desk.reading() as connection:
        if typed["account"]:
            chosen = funds.money_account(connection, desk.fund.fund_id, typed["account"])
        if typed["mapping"]:
            mapping = file_history.saved_mapping(connection, desk.fund.fund_id, typed["mapping"])
    return file_reading.read(name, data, mapping), chosen


def take(desk: Desk) -> Response:
    """Take a file that was looked at."""
    typed = Typed(request.form)
    data = kept_file(folder_of(desk), typed["kept"])
    if data is None:
        typed.errors["file"] = ("error.file.gone", {})
        return _page(desk, typed)
    try:
        reading, chosen = _read(desk, typed, uploads.shown_name(typed["name"]), data)
        taken = actions.take_file(
            desk.ledger.sequencer,
            desk.fund,
            reading,
            chosen,
            desk.member.member_id,
            typed["again"].strip() or None,
        )
    except (InputError, ConflictError) as error:
        if isinstance(error, InputError):
            typed.refuse_file(error)
        else:
            typed.errors["file"] = ("error.file.other", {"where": error.code})
        return _page(desk, typed)
    (folder_of(desk) / typed["kept"]).unlink(missing_ok=True)
    told = "known" if not taken.new else "held" if taken.held else "taken"
    return desk.done("files", told)


def download(desk: Desk, sha256: str) -> Response:
    """Hand out a file as it was uploaded: to save, never to show.

    Raises:
        NotFoundError: There is no such file.
    """
    if not _is_hash(sha256):
        raise NotFoundError(what="file")
    desk.saw("accounts.read", f"file/{sha256}")
    with desk.reading() as connection:
        data = file_history.file_body(connection, desk.fund.fund_id, bytes.fromhex(sha256))
        found = file_history.kept_file(connection, desk.fund.fund_id, bytes.fromhex(sha256))
    return attachment(data, found.name if found else sha256)
