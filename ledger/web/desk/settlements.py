"""Settlement sheets of platforms: looked at row by row before they are booked, all or none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.desk import actions
from ledger.errors import ConflictError, InputError
from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.keyset import Listing
from ledger.matching import history
from ledger.matching.formats.settlement_csv import WrongRow, read_settlement_file, wrong_rows
from ledger.matching.history import StoredSettlement
from ledger.web import uploads
from ledger.web.desk.files import clear_away, folder_of
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, chosen_in, read_list
from ledger.web.desk.typed import Typed
from ledger.web.uploads import kept_file, takes_files
from ledger.wiring import Ledger

FILE_KINDS = ("text", "xlsx")
TEXT_MAX = 100
STATES = ("unpaid", "paid")
ROWS_MAX = 200
"""Wrong rows that a page names; more of the same would help nobody."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    add_list(blueprint, at, SETTLEMENTS, ask)
    looking = takes_files(at("file.take", look))
    rule("/desk/<fund>/settlements/preview", "preview_settlements", looking, methods=["POST"])
    rule("/desk/<fund>/settlements", "take_settlements", at("file.take", take), methods=["POST"])


def ask(desk: Desk) -> Response:
    """List settlements, and ask for a sheet."""
    return _page(desk, Typed(request.args))


def _page(desk: Desk, typed: Typed, wrong: tuple[WrongRow, ...] = ()) -> Response:
    with desk.reading() as connection:
        channels = [one.name for one in funds.all_channels(connection, desk.fund.fund_id)]
    return desk.page(
        "settlements.html",
        status=typed.status,
        typed=typed,
        wrong=wrong[:ROWS_MAX],
        sheet=None,
        list=read_list(desk, SETTLEMENTS, typed),
        channels=channels,
        states=STATES,
    )


def _source(desk: Desk, asked: Typed) -> Listing[StoredSettlement]:
    return history.settlement_listing(
        desk.fund.fund_id,
        channel=asked["channel"],
        state=chosen_in(asked, "state", STATES),
        text=asked["text"][:TEXT_MAX],
    )


def _amount(name: str) -> Callable[[Desk, StoredSettlement], Money]:
    return lambda _desk, one: Money(getattr(one, name), one.commodity)


def _leaving(name: str) -> Callable[[Desk, StoredSettlement], Money]:
    return lambda _desk, one: Money(-getattr(one, name), one.commodity)


def _state(desk: Desk, one: StoredSettlement) -> str:
    state = "paid" if one.paid_seq is not None else "unpaid" if one.net > 0 else "nothing"
    return str(desk.say(f"settlements.state.{state}"))


SETTLEMENTS: ListPage[StoredSettlement] = ListPage(
    name="settlements",
    address="/desk/<fund>/settlements",
    action="file.read",
    columns=(
        Column("number", "settlements.number", lambda _desk, one: one.statement_no),
        Column("channel", "column.channel", lambda _desk, one: one.channel),
        Column("period", "settlements.period", lambda _desk, one: one.period),
        Column("gross", "settlements.gross", _amount("gross"), "money", narrow=False),
        Column("refund", "settlements.refund", _leaving("refund"), "money", narrow=False),
        Column("share", "settlements.share", _leaving("share"), "money", narrow=False),
        Column("tax", "settlements.tax", _leaving("tax"), "money", narrow=False),
        Column("net", "settlements.net", _amount("net"), "money"),
        Column("state", "column.state", _state),
        Column(
            "settled", "column.settled", lambda _desk, one: one.settled_seq, "number", "export"
        ),
        Column("paid", "column.paid", lambda _desk, one: one.paid_seq, "number", "export"),
    ),
    filters=("state", "channel", "text"),
    source=_source,
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
