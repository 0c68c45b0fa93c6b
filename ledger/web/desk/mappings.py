"""Saved mappings: what the columns of a bank's sheet mean, proposed from a sample and decided by two."""

from __future__ import annotations

import secrets
from collections.abc import Mapping as Texts
from dataclasses import asdict, fields
from functools import partial
from typing import Any, NamedTuple

import orjson
from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.desk import actions, wanted
from ledger.errors import FieldError, InputError
from ledger.matching import file_history
from ledger.matching.formats import mapped, mapping_guess, mappings
from ledger.matching.formats.mappings import DELIMITERS, ENCODINGS, SIGNS, Mapping
from ledger.matching.lines import BankFile
from ledger.web import uploads
from ledger.web.desk.files import clear_away, folder_of
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed
from ledger.web.uploads import Upload, kept_file, takes_files
from ledger.wiring import Ledger

FILE_KINDS = ("text", "xlsx", "xls")
SHOWN_LINES = 20
"""Lines of a sample that a page shows; they are counted all."""

BETWEEN = "；"
"""Stands between several columns or words in one field; a column's own name may hold a comma."""

TABULATOR = "tab"
"""How a page says the delimiter that nobody can see."""

LISTS = frozenset(one.name for one in fields(Mapping) if "tuple" in str(one.type))
NUMBERS = frozenset(("skip_rows",))
NOT_ASKED = frozenset(("account",))
"""A mapping is public: whose account a sheet is says the officer who takes it."""

GROUPS = (
    ("names", ("name",)),
    ("times", ("date", "date_format", "time", "time_format", "zone")),
    (
        "amounts",
        (
            *("sign", "amount", "money_in", "money_out", "direction", "in_words", "out_words"),
            *("decimal", "thousands", "currency", "currency_column", "balance"),
        ),
    ),
    ("words", ("counterparty", "text", "bank_word", "id", "references", "account_column")),
    ("sheet", ("encoding", "delimiter", "skip_rows", "ignored_starts")),
)
CHOICES: Texts[str, tuple[str, ...]] = {
    "sign": SIGNS,
    "encoding": tuple(ENCODINGS),
    "delimiter": tuple(TABULATOR if one == "\t" else one for one in DELIMITERS),
}


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    rule("/desk/<fund>/mappings", "mappings", at("rules.read", show))
    looking = takes_files(at("rule.propose", guess))
    rule("/desk/<fund>/mappings/guess", "guess_mapping", looking, methods=["POST"])
    trying = at("rule.propose", attempt)
    rule("/desk/<fund>/mappings/preview", "preview_mapping", trying, methods=["POST"])
    rule("/desk/<fund>/mappings", "propose_mapping", at("rule.propose", propose), methods=["POST"])


class Version(NamedTuple):
    """A version of a mapping, as its page shows it."""

    version: int
    decision: int
    texts: Texts[str, str]


def show(desk: Desk) -> Response:
    """List the mappings with all their versions, and offer to make one."""
    return _list(desk, Typed())


def _list(desk: Desk, typed: Typed) -> Response:
    with desk.reading() as connection:
        found = file_history.saved_mappings(connection, desk.fund.fund_id)
    named: dict[str, list[Version]] = {}
    for one in found:
        texts = texts_of(mappings.from_json(one.content))
        named.setdefault(one.name, []).append(Version(one.version, one.decision, texts))
    return desk.page("mappings.html", status=typed.status, typed=typed, named=named, groups=GROUPS)


def texts_of(mapping: Mapping) -> dict[str, str]:
    """Return a mapping as the texts of its form."""
    values: dict[str, Any] = asdict(mapping)
    return {
        name: BETWEEN.join(value)
        if name in LISTS
        else TABULATOR
        if (name, value) == ("delimiter", "\t")
        else str(value)
        for name, value in values.items()
        if name not in NOT_ASKED
    }


def mapping_of(typed: Typed) -> Mapping:
    """Read a mapping from the texts of its form.

    Args:
        typed: The form.

    Returns:
        A mapping that is right in itself.

    Raises:
        FieldError: The first field that is wrong.
    """
    content: dict[str, Any] = {}
    for one in fields(Mapping):
        text = typed[one.name]
        if one.name in NOT_ASKED:
            continue
        if one.name in LISTS:
            parts = text.replace(";", BETWEEN).split(BETWEEN)
            content[one.name] = [part.strip() for part in parts if part.strip()]
        elif one.name in NUMBERS:
            if not (text.isascii() and text.isdigit() and len(text) <= 3):  # noqa: PLR2004 -- `SKIP_MAX` is 100
                raise FieldError(field=one.name, reason="not-a-number")
            content[one.name] = int(text)
        else:
            content[one.name] = "\t" if (one.name, text) == ("delimiter", TABULATOR) else text
    return mappings.from_json(orjson.dumps(content).decode())


# --- from a sample --------------------------------------------------------------------------------


def guess(desk: Desk) -> Response:
    """Guess a mapping from a sample, and show the form with the lines that it gives."""
    typed = Typed(request.form)
    try:
        upload = uploads.received(request.files.get("file"), *FILE_KINDS)
        found = mapping_guess.propose(upload.shown_name, upload.data)
    except InputError as error:
        typed.refuse_file(error)
        return _list(desk, typed)
    clear_away(desk)
    kept = uploads.keep(folder_of(desk), Upload(upload.data, upload.kind, upload.shown_name))
    texts = {**texts_of(found), "kept": kept, "sample": upload.shown_name}
    return _form(desk, Typed(texts))


def attempt(desk: Desk) -> Response:
    """Show the lines that the form gives; nothing is proposed."""
    return _form(desk, Typed(request.form))


def _form(desk: Desk, typed: Typed) -> Response:
    read = _read(desk, typed)
    lines = [line for file in read for line in file.lines]
    return desk.page(
        "new_mapping.html",
        status=typed.status,
        typed=typed,
        groups=GROUPS,
        choices=CHOICES,
        files=read,
        lines=lines[:SHOWN_LINES],
        count=len(lines),
        # A form that is sent twice proposes once.
        key=typed["key"] or secrets.token_hex(16),
    )


def _read(desk: Desk, typed: Typed) -> tuple[BankFile, ...]:
    """Read the sample by the form; what is wrong stands beside its field, or with its line beside the sample."""
    data = kept_file(folder_of(desk), typed["kept"])
    if data is None:
        typed.errors["file"] = ("error.file.gone", {})
        return ()
    try:
        mapping = mapping_of(typed)
    except FieldError as error:
        typed.refuse(error)
        return ()
    try:
        return mapped.read(uploads.shown_name(typed["sample"]), data, mapping)
    except InputError as error:
        typed.refuse_file(error)
        return ()


def propose(desk: Desk) -> Response:
    """Propose the mapping; somebody else approves it."""
    typed = Typed(request.form)
    if not _read(desk, typed):
        return _form(desk, typed)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    try:
        new = wanted.mapping(mapping_of(typed))
        found = actions.propose(sequencer, desk.fund, who, new, typed["key"] or None)
    except InputError as error:
        typed.refuse(error)
        return _form(desk, typed)
    (folder_of(desk) / typed["kept"]).unlink(missing_ok=True)
    return desk.done("decision", "proposed", number=found.number)
