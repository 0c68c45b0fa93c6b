"""How the API describes months."""

from __future__ import annotations

from typing import Any

from ledger.projections.corrections import KINDS
from ledger.web.api.schemas import BY_TOKEN, problem

Json = dict[str, Any]

_WHOLE: Json = {"type": "integer"}
_TEXT: Json = {"type": "string"}
_MONTH: Json = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": [*properties], "properties": properties}


def _many(one: Json) -> Json:
    return {"type": "array", "items": one}


def answer(description: str, schema: Json) -> Json:
    """Return what an address answers."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_STATE: Json = {**_TEXT, "enum": ["open", "closing", "closed", "reopened", "sealed"]}
_STEP = _object(state=_STATE, entry=_WHOLE, until={"type": ["string", "null"]})
_POINT: Json = {
    "type": "object",
    "description": "What to open: a page of the desk, what it is about, and its number.",
    "required": ["page", "subject"],
    "properties": {
        "page": _TEXT,
        "subject": _TEXT,
        "value": _WHOLE,
        "amount": {**_WHOLE, "description": "Minor units."},
        "commodity": _TEXT,
    },
}
_CHECK = _object(
    name=_TEXT,
    state={**_TEXT, "enum": ["passed", "failed", "not-needed"]},
    blocks={"type": "boolean", "description": "Whether the month stays open while it fails."},
    why=_TEXT,
    counts={"type": "object", "additionalProperties": _WHOLE},
    points=_many(_POINT),
)
PERIODS: Json = {
    **BY_TOKEN,
    "responses": {
        "200": answer(
            "The months.",
            _object(months=_many(_object(month=_MONTH, state=_STATE, steps=_many(_STEP)))),
        ),
        **BY_TOKEN["responses"],
    },
}
PERIOD: Json = {
    **BY_TOKEN,
    "responses": {
        "200": answer(
            "The month.",
            _object(
                month=_MONTH,
                state=_STATE,
                steps=_many(_STEP),
                may_close={"type": "boolean"},
                failed=_many(_TEXT),
                checks=_many(_CHECK),
            ),
        ),
        **BY_TOKEN["responses"],
        "422": problem("Not a month."),
    },
}

_AMOUNTS: Json = {"type": "object", "additionalProperties": _WHOLE, "description": "Minor units."}
CORRECTIONS: Json = {
    **BY_TOKEN,
    "parameters": [
        {"name": "kind", "in": "query", "schema": {**_TEXT, "enum": [*KINDS]}},
        {
            "name": "below",
            "in": "query",
            "description": "`below` of the page before.",
            "schema": {**_WHOLE, "minimum": 0, "maximum": 999_999_999_999},
        },
    ],
    "responses": {
        "200": answer(
            "A page.",
            _object(
                corrections=_many(
                    _object(
                        seq=_WHOLE,
                        kind=_TEXT,
                        at=_TEXT,
                        corrects=_many(_WHOLE),
                        reason=_TEXT,
                        amount={"type": ["integer", "null"]},
                        commodity=_TEXT,
                        proposed_by=_TEXT,
                        approved_by=_many(_TEXT),
                        statements=_many(_TEXT),
                        restates={"type": "boolean"},
                        notice=_TEXT,
                    )
                ),
                below={"type": ["integer", "null"]},
            ),
        ),
        **BY_TOKEN["responses"],
        "422": problem("No number."),
    },
}
_KNOWN: Json = {
    "type": "object",
    "required": ["size", "at", "newest", "commodity", "stages", "stages_now"],
    "properties": {
        "size": _WHOLE,
        "at": _TEXT,
        "newest": _WHOLE,
        "commodity": _TEXT,
        "stages": _AMOUNTS,
        "stages_now": _AMOUNTS,
        "month": _object(
            month=_MONTH,
            first=_WHOLE,
            stop=_WHOLE,
            then=_AMOUNTS,
            now=_AMOUNTS,
            corrections=_many(_WHOLE),
        ),
    },
}
_YEAR = _object(
    year=_TEXT,
    commodity=_TEXT,
    months={"type": "object", "additionalProperties": _AMOUNTS},
)
FIGURES: Json = {
    **BY_TOKEN,
    "parameters": [
        {
            "name": "at",
            "in": "query",
            "description": "A size of the log, or a day: its last checkpoint. Needed without `year`.",
            "schema": {**_TEXT, "minLength": 1, "maxLength": 20},
        },
        {"name": "month", "in": "query", "description": "A closed month.", "schema": _MONTH},
        {
            "name": "year",
            "in": "query",
            "description": "Instead: what each closed month of a year moved, as known at its closing.",
            "schema": {**_TEXT, "pattern": "^[0-9]{4}$"},
        },
    ],
    "responses": {
        "200": answer(
            "Then and now; or the months of a year.",
            {
                "oneOf": [_KNOWN, _YEAR],
            },
        ),
        **BY_TOKEN["responses"],
        "422": problem("`at` is missing, or what is given is none."),
    },
}
BEGIN_CLOSING: Json = {
    **BY_TOKEN,
    "responses": {
        "201": answer("The month is closing.", _object(month=_MONTH, entry=_WHOLE)),
        **BY_TOKEN["responses"],
        "422": problem("It is no month that could be closed now, or is closing already."),
    },
}
