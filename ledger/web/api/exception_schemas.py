"""How the API describes exceptions and the day."""

from __future__ import annotations

from ledger.matching.exceptions.booking import NOTE_MAX, STEPS
from ledger.matching.exceptions.kinds import BRACKETS, KINDS, STATES
from ledger.projections.shapes import STAGES
from ledger.web.api.described import DATE, TEXT, TRUTH, WHOLE, Json, answer, many, parameter, shape
from ledger.web.api.schemas import BY_TOKEN, problem


def _maybe(one: Json) -> Json:
    return {**one, "type": [one["type"], "null"]}


_ITEM: Json = {
    "number": {**WHOLE, "description": "The entry that raised it."},
    "kind": {**TEXT, "description": "One of those of docs/desk.md; older ones may have others."},
    "subject": TEXT,
    "amount": {**WHOLE, "description": "Minor units."},
    "commodity": TEXT,
    "state": {**TEXT, "enum": [*STATES]},
    "owner": {**_maybe(TEXT), "description": "Member who looks after it."},
    "role": {**TEXT, "description": "Role that looks after its kind."},
    "since": {**DATE, "description": "When it was observed."},
    "due": DATE,
    "age_days": WHOLE,
    "overdue": TRUTH,
    "blocks": {**TRUTH, "description": "Whether a month cannot be closed over it."},
    "disputed": _maybe(DATE),
    "paused": _maybe(DATE),
    "decision": {**_maybe(WHOLE), "description": "Open decision about it."},
    "resolved": {**_maybe(WHOLE), "description": "The entry that closed it."},
}
_NOTE = shape(number=WHOLE, at=TEXT, member=TEXT, step=TEXT, value=TEXT, text=_maybe(TEXT))
_FILE = shape(sha256=TEXT, name=TEXT, kind=TEXT, bytes=WHOLE, member=TEXT, at=TEXT)
_AGED = shape(
    kind=TEXT,
    commodity=TEXT,
    bracket={**TEXT, "enum": [*BRACKETS]},
    items=WHOLE,
    amount=WHOLE,
    overdue=WHOLE,
)
_LIST = shape(exceptions=many(shape(**_ITEM)), after=_maybe(WHOLE), ageing=many(_AGED))
_DAY_PAGE = shape(
    day=DATE,
    explained={**TRUTH, "description": "Everything is explained, to the fen."},
    unexplained=many(shape(commodity=TEXT, amount=WHOLE)),
    channels=many(
        shape(
            channel=TEXT,
            commodity=TEXT,
            sessions=WHOLE,
            gifts=WHOLE,
            ours=WHOLE,
            month_ours=WHOLE,
            month_platform=_maybe(WHOLE),
            difference=_maybe(WHOLE),
        )
    ),
    files=many(
        shape(
            sha256=TEXT,
            name=TEXT,
            format=TEXT,
            account=TEXT,
            lines=WHOLE,
            opening=_maybe(WHOLE),
            closing=_maybe(WHOLE),
            state=TEXT,
            joins=TEXT,
            why=TEXT,
        )
    ),
    accounts=many(
        shape(
            account=TEXT,
            commodity=TEXT,
            ledger=WHOLE,
            open=WHOLE,
            bank=_maybe(WHOLE),
            difference=WHOLE,
        )
    ),
    stages=many(shape(stage={**TEXT, "enum": [*STAGES]}, waiting=WHOLE, reached=WHOLE)),
    exceptions=shape(
        open=WHOLE,
        overdue=WHOLE,
        oldest=many(
            shape(
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
        parameter("state", "All that are open unless given.", {**TEXT, "enum": [*STATES]}),
        parameter("kind", "Only of this kind.", {**TEXT, "enum": [*KINDS]}),
        parameter("owner", "Only those of this member.", {**TEXT, "maxLength": 200}),
        parameter("text", "Part of the subject.", {**TEXT, "maxLength": 200}),
        parameter("overdue", "Only those past their day.", TRUTH),
        parameter(
            "after",
            "`after` of the page before.",
            {**WHOLE, "minimum": 0, "maximum": 999_999_999_999},
        ),
    ],
    "responses": {"200": answer("A page, and the ages of all.", _LIST), **_REFUSED},
}
EXCEPTION: Json = {
    **BY_TOKEN,
    "responses": {
        "200": answer(
            "The exception.",
            shape(**_ITEM, thread=many(_NOTE), evidence=many(_FILE)),
        ),
        **BY_TOKEN["responses"],
    },
}
DAY: Json = {
    **BY_TOKEN,
    "parameters": [parameter("date", "Today unless given.", DATE)],
    "responses": {"200": answer("The day; amounts in minor units.", _DAY_PAGE), **_REFUSED},
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
                "step": {**TEXT, "enum": [one for one in STEPS if one != "evidence"]},
                "value": {
                    **TEXT,
                    "maxLength": 200,
                    "description": "Member for `assigned`, day for `due`.",
                },
                "text": {**TEXT, "maxLength": NOTE_MAX},
            },
        }
    ),
    "responses": {"200": answer("As it stands now.", shape(**_ITEM)), **_CHANGED},
}
CLOSING: Json = {
    **BY_TOKEN,
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "The same key with the same body gives the first decision again.",
            "schema": {**TEXT, "minLength": 1, "maxLength": 120},
        }
    ],
    "requestBody": _body(
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["reason"],
            "properties": {
                "reason": {
                    **TEXT,
                    "minLength": 1,
                    "maxLength": 500,
                    "description": "In words that anyone may read.",
                }
            },
        }
    ),
    "responses": {
        "201": answer("It is proposed.", {"$ref": "#/components/schemas/Decision"}),
        **_CHANGED,
    },
}
