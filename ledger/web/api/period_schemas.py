"""How the API describes months."""

from __future__ import annotations

from ledger.projections.corrections import KINDS
from ledger.web.api.described import TEXT, WHOLE, Json, answer, many, shape
from ledger.web.api.schemas import BY_TOKEN, problem

_MONTH: Json = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}


_STATE: Json = {**TEXT, "enum": ["open", "closing", "closed", "reopened", "sealed"]}
_STEP = shape(state=_STATE, entry=WHOLE, until={"type": ["string", "null"]})
_POINT: Json = {
    "type": "object",
    "description": "What to open: a page of the desk, what it is about, and its number.",
    "required": ["page", "subject"],
    "properties": {
        "page": TEXT,
        "subject": TEXT,
        "value": WHOLE,
        "amount": {**WHOLE, "description": "Minor units."},
        "commodity": TEXT,
    },
}
_CHECK = shape(
    name=TEXT,
    state={**TEXT, "enum": ["passed", "failed", "not-needed"]},
    blocks={"type": "boolean", "description": "Whether the month stays open while it fails."},
    why=TEXT,
    counts={"type": "object", "additionalProperties": WHOLE},
    points=many(_POINT),
)
PERIODS: Json = {
    **BY_TOKEN,
    "responses": {
        "200": answer(
            "The months.",
            shape(months=many(shape(month=_MONTH, state=_STATE, steps=many(_STEP)))),
        ),
        **BY_TOKEN["responses"],
    },
}
PERIOD: Json = {
    **BY_TOKEN,
    "responses": {
        "200": answer(
            "The month.",
            shape(
                month=_MONTH,
                state=_STATE,
                steps=many(_STEP),
                may_close={"type": "boolean"},
                failed=many(TEXT),
                checks=many(_CHECK),
            ),
        ),
        **BY_TOKEN["responses"],
        "422": problem("Not a month."),
    },
}

_AMOUNTS: Json = {"type": "object", "additionalProperties": WHOLE, "description": "Minor units."}
CORRECTIONS: Json = {
    **BY_TOKEN,
    "parameters": [
        {"name": "kind", "in": "query", "schema": {**TEXT, "enum": [*KINDS]}},
        {
            "name": "below",
            "in": "query",
            "description": "`below` of the page before.",
            "schema": {**WHOLE, "minimum": 0, "maximum": 999_999_999_999},
        },
    ],
    "responses": {
        "200": answer(
            "A page.",
            shape(
                corrections=many(
                    shape(
                        seq=WHOLE,
                        kind=TEXT,
                        at=TEXT,
                        corrects=many(WHOLE),
                        reason=TEXT,
                        amount={"type": ["integer", "null"]},
                        commodity=TEXT,
                        proposed_by=TEXT,
                        approved_by=many(TEXT),
                        statements=many(TEXT),
                        restates={"type": "boolean"},
                        notice=TEXT,
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
        "size": WHOLE,
        "at": TEXT,
        "newest": WHOLE,
        "commodity": TEXT,
        "stages": _AMOUNTS,
        "stages_now": _AMOUNTS,
        "month": shape(
            month=_MONTH,
            first=WHOLE,
            stop=WHOLE,
            then=_AMOUNTS,
            now=_AMOUNTS,
            corrections=many(WHOLE),
        ),
    },
}
_YEAR = shape(
    year=TEXT,
    commodity=TEXT,
    months={"type": "object", "additionalProperties": _AMOUNTS},
)
FIGURES: Json = {
    **BY_TOKEN,
    "parameters": [
        {
            "name": "at",
            "in": "query",
            "description": "A size of the log, or a day: its last checkpoint. Needed without `year`.",
            "schema": {**TEXT, "minLength": 1, "maxLength": 20},
        },
        {"name": "month", "in": "query", "description": "A closed month.", "schema": _MONTH},
        {
            "name": "year",
            "in": "query",
            "description": "Instead: what each closed month of a year moved, as known at its closing.",
            "schema": {**TEXT, "pattern": "^[0-9]{4}$"},
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
        "201": answer("The month is closing.", shape(month=_MONTH, entry=WHOLE)),
        **BY_TOKEN["responses"],
        "422": problem("It is no month that could be closed now, or is closing already."),
    },
}
