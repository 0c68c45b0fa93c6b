"""How the API describes exceptions and the day."""

from __future__ import annotations

from typing import Any

from ledger.matching.exceptions.booking import NOTE_MAX, STEPS
from ledger.matching.exceptions.kinds import BRACKETS, KINDS, STATES
from ledger.projections.shapes import STAGES
from ledger.web.api.schemas import BY_TOKEN, problem

Json = dict[str, Any]

_WHOLE: Json = {"type": "integer"}
_TEXT: Json = {"type": "string"}
_TRUTH: Json = {"type": "boolean"}
_DAY: Json = {"type": "string", "format": "date"}


def _maybe(one: Json) -> Json:
    return {**one, "type": [one["type"], "null"]}


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": [*properties], "properties": properties}


def _many(one: Json) -> Json:
    return {"type": "array", "items": one}


def _answer(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _asked(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


_ITEM: Json = {
    "number": {**_WHOLE, "description": "The entry that raised it."},
    "kind": {**_TEXT, "description": "One of those of docs/desk.md; older ones may have others."},
    "subject": _TEXT,
    "amount": {**_WHOLE, "description": "Minor units."},
    "commodity": _TEXT,
    "state": {**_TEXT, "enum": [*STATES]},
    "owner": {**_maybe(_TEXT), "description": "Member who looks after it."},
    "role": {**_TEXT, "description": "Role that looks after its kind."},
    "since": {**_DAY, "description": "When it was observed."},
    "due": _DAY,
    "age_days": _WHOLE,
    "overdue": _TRUTH,
    "blocks": {**_TRUTH, "description": "Whether a month cannot be closed over it."},
    "disputed": _maybe(_DAY),
    "paused": _maybe(_DAY),
    "decision": {**_maybe(_WHOLE), "description": "Open decision about it."},
    "resolved": {**_maybe(_WHOLE), "description": "The entry that closed it."},
}
_NOTE = _object(number=_WHOLE, at=_TEXT, member=_TEXT, step=_TEXT, value=_TEXT, text=_maybe(_TEXT))
_FILE = _object(sha256=_TEXT, name=_TEXT, kind=_TEXT, bytes=_WHOLE, member=_TEXT, at=_TEXT)
_AGED = _object(
    kind=_TEXT,
    commodity=_TEXT,
    bracket={**_TEXT, "enum": [*BRACKETS]},
    items=_WHOLE,
    amount=_WHOLE,
    overdue=_WHOLE,
)
_LIST = _object(exceptions=_many(_object(**_ITEM)), after=_maybe(_WHOLE), ageing=_many(_AGED))
_DAY_PAGE = _object(
    day=_DAY,
    explained={**_TRUTH, "description": "Everything is explained, to the fen."},
    unexplained=_many(_object(commodity=_TEXT, amount=_WHOLE)),
    channels=_many(
        _object(
            channel=_TEXT,
            commodity=_TEXT,
            sessions=_WHOLE,
            gifts=_WHOLE,
            ours=_WHOLE,
            month_ours=_WHOLE,
            month_platform=_maybe(_WHOLE),
            difference=_maybe(_WHOLE),
        )
    ),
    files=_many(
        _object(
            sha256=_TEXT,
            name=_TEXT,
            format=_TEXT,
            account=_TEXT,
            lines=_WHOLE,
            opening=_maybe(_WHOLE),
            closing=_maybe(_WHOLE),
            state=_TEXT,
            joins=_TEXT,
            why=_TEXT,
        )
    ),
    accounts=_many(
        _object(
            account=_TEXT,
            commodity=_TEXT,
            ledger=_WHOLE,
            open=_WHOLE,
            bank=_maybe(_WHOLE),
            difference=_WHOLE,
        )
    ),
    stages=_many(_object(stage={**_TEXT, "enum": [*STAGES]}, waiting=_WHOLE, reached=_WHOLE)),
    exceptions=_object(
        open=_WHOLE,
        overdue=_WHOLE,
        oldest=_many(
            _object(
                **{
                    name: _ITEM[name]
                    for name in (
                        "number",
                        "kind",
                        "amount",
                        "commodity",
                        "state",
                        "age_days",
                        "overdue",
                        "blocks",
                    )
                }
            )
        ),
    ),
)

_REFUSED: Json = {
    **BY_TOKEN["responses"],
    "422": problem(
        "This cannot be used, or does not fit where it stands; `errors` names the field."
    ),
}
_CHANGED: Json = {
    **_REFUSED,
    "409": problem("The key has proposed something else."),
    "413": problem("The body is too large."),
    "415": problem("The body is not `application/json`."),
}

EXCEPTIONS: Json = {
    **BY_TOKEN,
    "parameters": [
        _asked("state", "All that are open unless given.", {**_TEXT, "enum": [*STATES]}),
        _asked("kind", "Only of this kind.", {**_TEXT, "enum": [*KINDS]}),
        _asked("owner", "Only those of this member.", {**_TEXT, "maxLength": 200}),
        _asked("text", "Part of the subject.", {**_TEXT, "maxLength": 200}),
        _asked("overdue", "Only those past their day.", _TRUTH),
        _asked(
            "after",
            "`after` of the page before.",
            {**_WHOLE, "minimum": 0, "maximum": 999_999_999_999},
        ),
    ],
    "responses": {"200": _answer("A page, and the ages of all.", _LIST), **_REFUSED},
}
EXCEPTION: Json = {
    **BY_TOKEN,
    "responses": {
        "200": _answer(
            "The exception.",
            _object(**_ITEM, thread=_many(_NOTE), evidence=_many(_FILE)),
        ),
        **BY_TOKEN["responses"],
    },
}
DAY: Json = {
    **BY_TOKEN,
    "parameters": [_asked("date", "Today unless given.", _DAY)],
    "responses": {"200": _answer("The day; amounts in minor units.", _DAY_PAGE), **_REFUSED},
}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


STEP: Json = {
    **BY_TOKEN,
    "requestBody": _body(
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["step"],
            "properties": {
                "step": {**_TEXT, "enum": [one for one in STEPS if one != "evidence"]},
                "value": {
                    **_TEXT,
                    "maxLength": 200,
                    "description": "Member for `assigned`, day for `due`.",
                },
                "text": {**_TEXT, "maxLength": NOTE_MAX},
            },
        }
    ),
    "responses": {"200": _answer("As it stands now.", _object(**_ITEM)), **_CHANGED},
}
CLOSING: Json = {
    **BY_TOKEN,
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "The same key with the same body gives the first decision again.",
            "schema": {**_TEXT, "minLength": 1, "maxLength": 120},
        }
    ],
    "requestBody": _body(
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["reason"],
            "properties": {
                "reason": {
                    **_TEXT,
                    "minLength": 1,
                    "maxLength": 500,
                    "description": "In words that anyone may read.",
                }
            },
        }
    ),
    "responses": {
        "201": _answer("It is proposed.", {"$ref": "#/components/schemas/Decision"}),
        **_CHANGED,
    },
}
