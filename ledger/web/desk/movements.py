"""The fund's other money: direct donations, interest, management cost, returned grants, bank charges."""

from __future__ import annotations

import secrets
from datetime import date
from functools import partial
from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import from_text, local_date
from ledger.desk import actions
from ledger.desk import spending as desk_spending
from ledger.errors import FieldError, InputError, InsufficientError, StateError
from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.keyset import Listing
from ledger.matching import history as matching
from ledger.matching.history import StoredLine
from ledger.spending import history, openings
from ledger.spending.history import Moved
from ledger.spending.management import management_share
from ledger.spending.movements import CLASSES, Movement
from ledger.web.desk import spending
from ledger.web.desk.evidence import brought
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import Column, ListPage, add_list, day_in, read_list
from ledger.web.desk.spending import NUMBER, refuse
from ledger.web.desk.typed import Typed, money, whole_number
from ledger.web.uploads import takes_files
from ledger.wiring import Ledger

LINES_MAX = 200
"""Open lines that the form offers."""

STAGES = ("Assets:Fund:", "Assets:Bank:")


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    add_list(blueprint, at, MOVEMENTS, show_all)
    where = "/desk/<fund>/movements/new"
    rule(where, "new_movement", at("movement.propose", ask))
    proposing = takes_files(at("movement.propose", propose))
    rule(where, "propose_movement", proposing, methods=["POST"])
    rule(f"/desk/<fund>/movements/{NUMBER}", "movement", at("spending.read", show))
    reversing = at("reversal.propose", reverse)
    rule(f"/desk/<fund>/entries/{NUMBER}/reverse", "reverse", reversing, methods=["POST"])


def show_all(desk: Desk) -> Response:
    """List what came and went beside gifts, transfers and spending, and how much of all cost is management."""
    with desk.reading() as connection:
        share = management_share(connection, desk.fund, desk.ledger.clock.now())
        can_open = desk.may("opening.propose") and bool(openings.untouched(connection, desk.fund))
    found = read_list(desk, MOVEMENTS)
    return desk.page("movements.html", list=found, share=share, can_open=can_open)


def _source(desk: Desk, _asked: Typed) -> Listing[Moved]:
    return history.moved_listing(desk.fund.fund_id)


def _signed(one: Moved) -> Money:
    amount = int(one.body["amount"])
    return Money(amount if one.kind == "income" else -amount, one.body["commodity"])


MOVEMENTS: ListPage[Moved] = ListPage(
    name="movements",
    address="/desk/<fund>/movements",
    action="spending.read",
    columns=(
        Column(
            "day",
            "spend.day",
            lambda desk, one: local_date(from_text(one.at), desk.details.zone),
            "day",
        ),
        Column(
            "class",
            "movement.class",
            lambda desk, one: str(desk.say(f"movement.{one.kind}.{one.body['class']}")),
        ),
        Column(
            "account",
            "column.account",
            lambda _desk, one: str(one.body["account"]).rpartition(":")[2],
            narrow=False,
        ),
        Column("said", "movement.said", lambda _desk, one: str(one.body.get("said", ""))),
        Column("amount", "field.amount", lambda _desk, one: _signed(one), "money"),
        Column("entry", "spend.entry", lambda _desk, one: one.seq, "number"),
        Column(
            "reversed", "spend.reversed", lambda _desk, one: one.reversed_seq, "number", "export"
        ),
    ),
    filters=(),
    source=_source,
)


# --- proposing --------------------------------------------------------------------------------------


def ask(desk: Desk) -> Response:
    """Ask what came or went."""
    return _form(desk, Typed(request.args))


def _accounts(desk: Desk) -> list[MoneyAccount]:
    with desk.reading() as connection:
        return funds.money_account_list(connection, desk.fund.fund_id)


def _open_lines(desk: Desk) -> list[StoredLine]:
    with desk.reading() as connection:
        return matching.open_lines(connection, desk.fund.fund_id)[-LINES_MAX:]


def _donations(desk: Desk) -> list[Moved]:
    with desk.reading() as connection:
        found = history.moved(connection, desk.fund.fund_id)
    return [
        one
        for one in found
        if (one.kind, one.body["class"]) == ("income", "donation") and one.reversed_seq is None
    ]


def _form(desk: Desk, typed: Typed) -> Response:
    kinds = {
        stage: [f"{way}/{cls}" for way, known in CLASSES[stage].items() for cls in known]
        for stage in STAGES
    }
    return desk.page(
        "new_movement.html",
        status=typed.status,
        typed=typed,
        accounts=_accounts(desk),
        kinds=kinds,
        costs=desk.lists.active("cost"),
        lines=_open_lines(desk),
        donations=_donations(desk),
        names=desk.list_name,
        key=typed["key"] or secrets.token_hex(16),
    )


def propose(desk: Desk) -> Response:
    """Propose it; somebody else approves."""
    typed = Typed(request.form)
    wanted = _read(desk, typed)
    if wanted is None or typed.errors:
        return _form(desk, typed)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    new, key = desk_spending.movement(wanted), typed["key"] or None
    try:
        found = actions.propose(sequencer, desk.fund, who, new, key)
    except InsufficientError as error:
        typed.errors["amount"] = ("spend.error.short", {"minor": error.fields["available"]})
        return _form(desk, typed)
    except StateError:
        typed.errors["line" if wanted.line else "refunds"] = ("spend.error.gone", {})
        return _form(desk, typed)
    except InputError as error:
        refuse(typed, error)
        return _form(desk, typed)
    return desk.done("decision", "proposed", number=found.number)


def _read(desk: Desk, typed: Typed) -> Movement | None:
    way, _, cls = typed["kind"].partition("/")
    line = _line(desk, typed)
    if line is not None:
        account: MoneyAccount | None = _known(desk, line.account)
        amount: int | None = abs(line.line.amount_minor)
        on: date | None = desk.day_of(line.line.booked_at)
    else:
        account = _known(desk, typed["account"])
        amount = typed.read("amount", money(account.commodity)) if account else None
        on = typed.read("on", day)
    if account is None:
        typed.errors["account"] = ("error.missing", {})
    if not way or not cls:
        typed.errors["kind"] = ("error.missing", {})
    refunds = typed.read("refunds", whole_number) if cls == "donation-refund" else None
    said = typed.read("said", str)
    if typed.errors or account is None or amount is None or on is None or said is None:
        return None
    return Movement(
        way=way,
        cls=cls,
        account=account.name,
        commodity=account.commodity,
        amount=amount,
        on=on,
        said=said,
        item=typed["item"] if cls == "management" else "",
        refunds=refunds,
        evidence=brought(desk, typed, "evidence"),
        line=None if line is None else line.identity,
    )


def _line(desk: Desk, typed: Typed) -> StoredLine | None:
    if not typed["line"]:
        return None
    for one in _open_lines(desk):
        if f"{one.account}|{one.identity}" == typed["line"]:
            return one
    typed.errors["line"] = ("spend.error.gone", {})
    return None


def _known(desk: Desk, name: str) -> MoneyAccount | None:
    return next((one for one in _accounts(desk) if one.name == name), None)


def day(text: str) -> date:
    """Read a day, ISO 8601.

    Raises:
        FieldError: It is none.
    """
    found = day_in(text)
    if found is None:
        raise FieldError(field="on", value=text[:20], reason="not-a-date")
    return date.fromisoformat(found)


# --- one --------------------------------------------------------------------------------------------


def show(desk: Desk, number: int) -> Response:
    """Show one receipt or payment, and what proves it."""
    return page(desk, number, Typed())


def page(desk: Desk, number: int, typed: Typed, notice: str = "") -> Response:
    """Show one receipt or payment, with what somebody typed below it."""
    with desk.reading() as connection:
        found = history.movement(connection, desk.fund.fund_id, number)
        files = history.files_of(connection, desk.fund.fund_id, number)
    return desk.page(
        "movement.html",
        status=HTTPStatus.CONFLICT if notice else typed.status,
        one=found,
        day=local_date(from_text(found.at), desk.details.zone),
        signed=_signed(found),
        files=files,
        names=desk.list_name,
        typed=typed,
        notice=notice,
        key=secrets.token_hex(16),
        can_reverse=found.reversed_seq is None and desk.may("reversal.propose"),
    )


def reverse(desk: Desk, number: int) -> Response:
    """Propose to reverse an entry; somebody else approves it.

    Raises:
        NotFoundError: It is neither spending nor another movement.
    """
    typed = Typed(request.form)
    with desk.reading() as connection:
        is_spend = history.reference_of(connection, desk.fund.fund_id, number) is not None
        if not is_spend:
            history.movement(connection, desk.fund.fund_id, number)
    again = spending.page if is_spend else page
    new, key = desk_spending.reversal(number, typed["reason"]), typed["key"] or None
    try:
        found = actions.propose(desk.ledger.sequencer, desk.fund, desk.member.member_id, new, key)
    except (StateError, InsufficientError):
        return again(desk, number, typed, "spend.moved_on")
    except InputError as error:
        typed.refuse(error)
        return again(desk, number, typed)
    return desk.done("decision", "proposed", number=found.number)
