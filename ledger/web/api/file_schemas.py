"""How the API describes files and their lines."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from ledger.matching.file_history import LINE_STATES
from ledger.web.api.schemas import BY_TOKEN, problem


def _text(description: str, **extra: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": description}, **extra)


def _whole(description: str, **extra: Any) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": description}, **extra)


class StatementSchema(Schema):
    """A statement of a file; balances and sums in minor units."""

    part = _whole("Which statement of its file, from 1.")
    account = _text("Ours.")
    format = _text("Which reader, docs/bank-files.md.")
    number = _text("The bank's.")
    commodity = _text("ISO 4217 code.")
    first_day = _text("That it covers.", allow_none=True)
    last_day = _text("That it covers.", allow_none=True)
    opening = _whole("Balance before it.", allow_none=True)
    closing = _whole("Balance after it.", allow_none=True)
    total = _whole("Of its booked lines.")
    lines = _whole("How many are booked.")
    pending = _whole("How many are not, and do not count.")
    state = _text("`taken`, `held`, `replaced` or `left-out`.")
    why = _text("Why it is or was held; empty if never.")
    expected = _whole("Balance that was expected, where it is held for that.", allow_none=True)
    found = _whole("What it states.", allow_none=True)
    joins = _text("How it met what lay before it: `first`, `joins`, `breaks` or `unknown`.")
    gap_days = _whole("Days between the two without a statement.", allow_none=True)
    raised_seq = _whole("The exception about it.", allow_none=True)
    ended_seq = _whole("The entry that ended its being held.", allow_none=True)


class FileSchema(Schema):
    """A file that was taken."""

    sha256 = _text("Of its bytes, hexadecimal.")
    name = _text("As it was sent.")
    format = _text("What it is.")
    account = _text("Ours; empty for settlements, and where there are several.")
    opening = _whole("Of a file with one statement.", allow_none=True)
    closing = _whole("Likewise.", allow_none=True)
    lines = _whole("How many are booked.")
    taken_ms = _whole("When, milliseconds since 1970.")
    parser = _text("Which reader, and its version.")
    taken_by = _text("Member.", allow_none=True)
    first_day = _text("That it covers.", allow_none=True)
    last_day = _text("That it covers.", allow_none=True)
    statements = fields.List(fields.Nested(StatementSchema), required=True)


class FileListSchema(Schema):
    """Files, newest first."""

    files = fields.List(fields.Nested(FileSchema), required=True)
    after = _text("For the next page; null at the end.", allow_none=True)


class LineSchema(Schema):
    """A line of a file."""

    account = _text("Ours.")
    identity = _text("What makes it count once; empty while it is not booked.")
    file = _text("SHA-256 of its file.")
    part = _whole("Statement of the file.")
    row = _whole("Line of the file.")
    day = _text("That the bank booked it on.")
    booked_ms = _whole("The same to the second, where the bank says it.")
    amount = _whole("Minor units; plus came in.")
    commodity = _text("ISO 4217 code.")
    balance = _whole("After it.", allow_none=True)
    bank_id = _text("The bank's own number.", allow_none=True)
    kind = _text("`ordinary`, `fee` or `interest`.")
    references = fields.List(fields.String(), required=True)
    counterparty = _text("Personal, never public.")
    text = _text("Personal, never public.")
    state = _text("`open`, `matched`, `held`, `pending` or `information`.")
    matched_seq = _whole("The entry that explains it.", allow_none=True)


class LineListSchema(Schema):
    """Lines, newest first."""

    lines = fields.List(fields.Nested(LineSchema), required=True)
    after = _text("For the next page; null at the end.", allow_none=True)


def _asked(name: str, description: str, **schema: Any) -> dict[str, Any]:
    kind = {"type": "string", **schema}
    return {"name": name, "in": "query", "description": description, "schema": kind}


_WRONG = {"422": problem("A parameter or the file cannot be used; `errors` names the field.")}
_ACCOUNT = _asked("account", "Ours: name or number.", maxLength=200)
_PAGED = [
    _ACCOUNT,
    _asked("most", "Of one answer; 100 unless given.", type="integer", minimum=1, maximum=1000),
    _asked("after", "`after` of the answer before."),
]
_DAY = {"format": "date"}
_HASH = {"pattern": "^[0-9a-f]{64}$"}

FILE: dict[str, Any] = BY_TOKEN
FILES: dict[str, Any] = {
    **BY_TOKEN,
    "parameters": [
        *_PAGED,
        _asked(
            "state",
            "Only with such a statement.",
            enum=["taken", "held", "replaced", "left-out"],
        ),
    ],
    "responses": {**BY_TOKEN["responses"], **_WRONG},
}
LINES: dict[str, Any] = {
    **BY_TOKEN,
    "parameters": [
        *_PAGED,
        _asked("state", "All that count unless given.", enum=list(LINE_STATES)),
        _asked("from", "From this day on.", **_DAY),
        _asked("to", "Until this day.", **_DAY),
        _asked("amount_minor", "With or without its sign.", type="integer"),
        _asked("text", "In text, counterparty or references.", maxLength=200),
        _asked("file", "SHA-256 of a file.", **_HASH),
    ],
    "responses": {**BY_TOKEN["responses"], **_WRONG},
}


def _said(description: str) -> dict[str, Any]:
    schema = {"type": "object", "additionalProperties": True}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


TAKE_FILE: dict[str, Any] = {
    **BY_TOKEN,
    "parameters": [
        _asked("name", "Of the file; shown, never used as a path.", maxLength=200),
        _asked("kind", "`bank` unless given.", enum=["bank", "settlement"]),
        _asked(
            "preview", "`yes` only tells what would come of it.", enum=["yes", "no"], default="no"
        ),
        _asked("account", "Where the file names none: name or number.", maxLength=200),
        _asked("mapping", "Read it by a mapping that two people decided.", maxLength=200),
        _asked(
            "again",
            "Why bytes that were read wrongly are to be taken by this reading: what came of them is withdrawn.",
            maxLength=200,
        ),
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
        },
    },
    "responses": {
        "200": _said("A preview; or the same bytes were taken before, and this came of them."),
        "201": _said("It is kept; each of its statements counts or is held."),
        **BY_TOKEN["responses"],
        "409": problem("A settlement is booked with other figures."),
        "413": problem("The file is too large."),
        "415": problem("The body is not `application/octet-stream`."),
        **_WRONG,
    },
}
