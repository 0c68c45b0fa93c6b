"""Lines of bank accounts: filtered, sorted and exported."""

from __future__ import annotations

import re
from datetime import date
from functools import partial

from flask import Blueprint
from werkzeug.wrappers import Response

from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.keyset import Listing
from ledger.matching import file_history
from ledger.matching.file_history import LINE_STATES, LineFilter, ListedLine
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.listing import (
    Column,
    ListPage,
    add_list,
    amount_in,
    chosen_in,
    day_in,
    read_list,
)
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

TEXT_MAX = 100
PERSONAL = ("party", "text")
"""Columns that only those see who may see whole accounts: names and words of other people."""


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page and its exports."""
    add_list(blueprint, partial(view, ledger), LINES, show)


def show(desk: Desk) -> Response:
    """List lines of accounts."""
    with desk.reading() as connection:
        accounts = funds.money_account_list(connection, desk.fund.fund_id)
    return desk.page(
        "lines.html",
        list=read_list(desk, LINES),
        accounts=accounts,
        states=LINE_STATES,
        whole=desk.may("accounts.read"),
    )


def _source(desk: Desk, asked: Typed) -> Listing[ListedLine]:
    wanted = LineFilter(
        state=chosen_in(asked, "state", LINE_STATES) or None,
        account=asked["account"] or None,
        first_day=day_in(asked["from"]),
        last_day=day_in(asked["to"]),
        amount=amount_in(desk, asked["amount"]),
        text=asked["text"][:TEXT_MAX],
        file=asked["file"] if re.fullmatch(r"[0-9a-f]{64}", asked["file"]) else None,
    )
    return file_history.line_listing(desk.fund.fund_id, wanted)


def _saw(desk: Desk) -> None:
    if desk.may("accounts.read"):
        desk.saw("file.read", "lines")


def _shows(desk: Desk, column: Column[ListedLine]) -> bool:
    return column.name not in PERSONAL or desk.may("accounts.read")


LINES: ListPage[ListedLine] = ListPage(
    name="lines",
    address="/desk/<fund>/lines",
    action="file.read",
    columns=(
        Column("day", "lines.day", lambda _desk, one: date.fromisoformat(one.day), "day"),
        Column("account", "column.account", lambda _desk, one: one.account, narrow=False),
        Column("said", "lines.said", lambda _desk, one: " ".join(one.references), places="page"),
        Column("party", "column.party", lambda _desk, one: one.counterparty, places="export"),
        Column("text", "column.text", lambda _desk, one: one.text, places="export"),
        Column(
            "references",
            "column.references",
            lambda _desk, one: " ".join(one.references),
            places="export",
        ),
        Column(
            "amount", "field.amount", lambda _desk, one: Money(one.amount, one.commodity), "money"
        ),
        Column(
            "balance",
            "lines.balance",
            lambda _desk, one: None if one.balance is None else Money(one.balance, one.commodity),
            "money",
            narrow=False,
        ),
        Column(
            "state", "lines.state", lambda desk, one: str(desk.say(f"lines.state.{one.state}"))
        ),
        Column("kind", "column.kind", lambda _desk, one: one.kind, places="export"),
        Column("bank_id", "column.bank_id", lambda _desk, one: one.bank_id, places="export"),
        Column("entry", "column.entry", lambda _desk, one: one.matched_seq, "number", "export"),
        Column("row", "column.row", lambda _desk, one: one.row, "number", "export"),
        Column("file", "column.file", lambda _desk, one: one.file, places="export"),
    ),
    filters=("state", "account", "from", "to", "amount", "text", "file"),
    source=_source,
    saw=_saw,
    shows=_shows,
)
