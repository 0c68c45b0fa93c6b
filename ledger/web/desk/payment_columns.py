"""The columns of a bank portal's sheet: typed in as the portal wants them, proposed, and ended."""

from __future__ import annotations

import secrets
from functools import partial
from typing import NamedTuple

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.desk import wanted
from ledger.errors import FieldError
from ledger.transfers.payment_files import (
    ENCODINGS,
    FIELDS,
    HEADING_MAX,
    STANDARD,
    Columns,
    mapping_from_json,
)
from ledger.transfers.standing import COLUMNS
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.standing import columns_named, is_taken, proposed, refuse
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule, where = blueprint.add_url_rule, "/desk/<fund>/standing/columns"
    rule(where, "new_columns", at("rule.propose", ask))
    rule(where, "propose_columns", at("rule.propose", propose), methods=["POST"])
    rule(f"{where}/end", "end_columns", at("rule.propose", end), methods=["POST"])


class Row(NamedTuple):
    """One column as the form shows it: its place from 1, its heading, and what is written into it."""

    at: int
    heading: str
    field: str


def ask(desk: Desk) -> Response:
    """Ask for columns: those of a name that is changed, else the usual ones to begin with."""
    name = request.args.get("name", "")
    one = columns_named(desk, name) if name else STANDARD
    texts = {"name": name, "changes": name, "encoding": one.encoding}
    for at, (heading, field) in enumerate(one.columns, 1):
        texts |= {f"heading-{at}": heading, f"field-{at}": field}
    return _form(desk, Typed(texts))


def _form(desk: Desk, typed: Typed) -> Response:
    return desk.page(
        "new_columns.html",
        status=typed.status,
        typed=typed,
        rows=_rows(typed),
        fields=FIELDS,
        encodings=ENCODINGS,
        most=HEADING_MAX,
        # A form that is sent twice proposes once.
        key=typed["key"] or secrets.token_hex(16),
    )


def _rows(typed: Typed) -> list[Row]:
    return [
        Row(at, typed[f"heading-{at}"], typed[f"field-{at}"]) for at in range(1, len(FIELDS) + 1)
    ]


def propose(desk: Desk) -> Response:
    """Propose columns, or a change of them; somebody else approves."""
    typed = Typed(request.form)
    new = _read(desk, typed)
    if new is None:
        return _form(desk, typed)
    done = proposed(desk, typed, wanted.payment_columns(new))
    return _form(desk, typed) if done is None else desk.done("decision", "proposed", number=done)


def _read(desk: Desk, typed: Typed) -> Columns | None:
    """Read columns from the texts of the form; what is wrong stands beside its field, or above the table."""
    name = typed["changes"] or typed.read("name", str) or ""
    columns = []
    for one in _rows(typed):
        if one.heading and not one.field:
            typed.errors[f"field-{one.at}"] = ("error.missing", {})
        elif one.field and not one.heading:
            typed.errors[f"heading-{one.at}"] = ("error.missing", {})
        elif one.heading:
            columns.append([one.heading, one.field])
    if not typed["changes"] and is_taken(desk, COLUMNS, name):
        typed.errors["name"] = ("standing.error.taken", {})
    if typed.errors:
        return None
    try:
        return mapping_from_json(
            {"name": name, "columns": columns, "encoding": typed["encoding"] or ENCODINGS[0]}
        )
    except FieldError as error:
        refuse(desk, typed, error.fields)
        return None


def end(desk: Desk) -> Response:
    """Propose that no sheet is written with these columns any more; another person approves that too."""
    typed = Typed(request.form)
    one = columns_named(desk, typed["name"])
    ended = Columns(one.name, one.columns, one.encoding, is_on=False)
    done = proposed(desk, typed, wanted.payment_columns(ended))
    return _form(desk, typed) if done is None else desk.done("decision", "proposed", number=done)
