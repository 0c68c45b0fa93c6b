"""Lines of bank accounts: filtered, sorted and exported; and each on a page of its own."""

from __future__ import annotations

import re
from datetime import date
from functools import partial

from flask import Blueprint
from werkzeug.wrappers import Response

from ledger.activity import history as activity
from ledger.errors import NotFoundError
from ledger.export.sheets import Money
from ledger.funds import history as funds
from ledger.keyset import Listing
from ledger.matching import file_history, matches
from ledger.matching.exceptions import history as exceptions
from ledger.matching.exceptions.history import Filter
from ledger.matching.exceptions.kinds import line_subject
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
    at = partial(view, ledger)
    add_list(blueprint, at, LINES, show)
    where = "/desk/<fund>/lines/<sha256>/<int(max=999999999):row>"
    blueprint.add_url_rule(where, "line", at("file.read", show_one))


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


def show_one(desk: Desk, sha256: str, row: int) -> Response:
    """Show one line: what the bank says, what explains it and ever did, what is open about it, and who else is here.

    Raises:
        NotFoundError: There is none in this row of this file.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise NotFoundError(what="bank-line")
    subject, whole = line_subject(sha256, row), desk.may("accounts.read")
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        one = file_history.listed_line(connection, fund_id, sha256, row)
        key = (one.account, one.identity)
        kept = matches.of_line(connection, fund_id, key)
        suggested = matches.suggestions_of_lines(connection, fund_id, [key]).get(key)
        raised = exceptions.page(connection, fund_id, Filter(text=subject), newest=True)
        seen = activity.of_subject(connection, fund_id, subject)
    if whole:
        desk.saw("file.read", subject)
    return desk.page(
        "line.html",
        one=one,
        subject=subject,
        day=date.fromisoformat(one.day),
        matches=kept if desk.may("match.read") else [],
        suggested=suggested if desk.may("match.read") and one.state == "open" else None,
        raised=[item for item in raised if item.subject == subject]
        if desk.may("exception.read")
        else [],
        seen=seen if desk.may("activity.read") else [],
        whole=whole,
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
