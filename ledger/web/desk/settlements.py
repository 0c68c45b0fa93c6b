"""Settlement sheets of platforms: looked at row by row before they are booked, all or none."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.desk import actions
from ledger.errors import ConflictError, InputError
from ledger.matching.formats.settlement_csv import WrongRow, read_settlement_file, wrong_rows
from ledger.web import uploads
from ledger.web.desk.files import clear_away, folder_of
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed
from ledger.web.uploads import kept_file, takes_files
from ledger.wiring import Ledger

FILE_KINDS = ("text", "xlsx")
ROWS_MAX = 200
"""Wrong rows that a page names; more of the same would help nobody."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    rule("/desk/<fund>/settlements", "settlements", at("file.take", ask))
    looking = takes_files(at("file.take", look))
    rule("/desk/<fund>/settlements/preview", "preview_settlements", looking, methods=["POST"])
    rule("/desk/<fund>/settlements", "take_settlements", at("file.take", take), methods=["POST"])


def ask(desk: Desk) -> Response:
    """Ask for a sheet."""
    return _page(desk, Typed())


def _page(desk: Desk, typed: Typed, wrong: tuple[WrongRow, ...] = ()) -> Response:
    return desk.page(
        "settlements.html", status=typed.status, typed=typed, wrong=wrong[:ROWS_MAX], sheet=None
    )


def look(desk: Desk) -> Response:
    """Show what a sheet states; nothing is booked yet. One with wrong rows is refused whole, and they are named."""
    typed = Typed(request.form)
    data = b""
    try:
        upload = uploads.received(request.files.get("file"), *FILE_KINDS)
        data = upload.data
        sheet = read_settlement_file(upload.shown_name, data)
    except InputError as error:
        return _refused(desk, typed, error, data)
    clear_away(desk)
    return desk.page(
        "settlements.html",
        typed=typed,
        wrong=(),
        sheet=sheet,
        name=upload.shown_name,
        kept=uploads.keep(folder_of(desk), upload),
    )


def _refused(desk: Desk, typed: Typed, error: InputError, data: bytes) -> Response:
    typed.refuse_file(error)
    try:
        wrong = tuple(wrong_rows("", data)[1]) if data else ()
    except InputError:
        wrong = ()
    return _page(desk, typed, wrong)


def take(desk: Desk) -> Response:
    """Book the settlements of a sheet that was looked at, all or none."""
    typed = Typed(request.form)
    data = kept_file(folder_of(desk), typed["kept"])
    if data is None:
        typed.errors["file"] = ("error.file.gone", {})
        return _page(desk, typed)
    name = uploads.shown_name(typed["name"])
    try:
        sheet = read_settlement_file(name, data)
        taken = actions.take_settlements(
            desk.ledger.sequencer, desk.fund, (name, data), sheet, desk.member.member_id
        )
    except InputError as error:
        return _refused(desk, typed, error, b"")
    except ConflictError as error:
        where = f"{error.fields.get('key', '')} {error.fields.get('field', '')}".strip()
        typed.errors["file"] = ("settlements.conflict", {"where": where})
        return _page(desk, typed)
    (folder_of(desk) / typed["kept"]).unlink(missing_ok=True)
    told = "raised" if taken.raised else "booked" if taken.added else "known"
    return desk.done("settlements", told)
