"""How the API describes transfers."""

from __future__ import annotations

from typing import Any

from ledger.transfers.payments import TRANSFERS_MAX
from ledger.web.api.schemas import BY_TOKEN, problem

Json = dict[str, Any]

_WHOLE: Json = {"type": "integer"}
_MINOR: Json = {**_WHOLE, "description": "Minor units."}
_TEXT: Json = {"type": "string"}
_STATE: Json = {
    **_TEXT,
    "enum": ["proposed", "approved", "rejected", "withdrawn", "sent", "confirmed", "returned"],
}


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": [*properties], "properties": properties}


def _many(one: Json) -> Json:
    return {"type": "array", "items": one}


_TRANSFER = _object(
    number=_WHOLE,
    state=_STATE,
    decision={"type": ["integer", "null"]},
    **{"from": _TEXT},
    to=_TEXT,
    commodity=_TEXT,
    amount_minor=_MINOR,
    reference=_TEXT,
    purpose=_TEXT,
    evidence=_many(_TEXT),
    left_minor=_MINOR,
    fee_minor=_MINOR,
    under_way_minor=_MINOR,
    arrived_minor=_MINOR,
    came_back_minor=_MINOR,
    not_left_minor=_MINOR,
    entered_by={"type": ["string", "null"]},
)
_STEP = _object(
    seq=_WHOLE, step=_TEXT, amount=_MINOR, fee=_MINOR, reverses={"type": ["integer", "null"]}
)
_FILE = _object(message_id=_TEXT, format=_TEXT, sha256=_TEXT, entry=_WHOLE)
_ORIGIN = _object(entry=_WHOLE, kind=_TEXT, on={**_TEXT, "format": "date"}, minor=_MINOR)
_OFFER = _object(
    account=_TEXT,
    commodity=_TEXT,
    amount_minor=_MINOR,
    balance_minor=_MINOR,
    promised_minor=_MINOR,
    leaving_minor=_MINOR,
    origins=_many(_ORIGIN),
)


def _answers(description: str, schema: Json) -> Json:
    found = {"description": description, "content": {"application/json": {"schema": schema}}}
    return {
        **BY_TOKEN,
        "responses": {
            "200": found,
            **BY_TOKEN["responses"],
            "404": problem("There is no such thing."),
            "422": problem("What is asked for is not as described."),
        },
    }


TRANSFERS = _answers(
    "Transfers, newest first, a hundred at a time.",
    _object(transfers=_many(_TRANSFER), below={"type": ["integer", "null"]}),
)
TRANSFERS = {
    **TRANSFERS,
    "parameters": [
        {
            "in": "query",
            "name": "below",
            "schema": {"type": "integer", "minimum": 1},
            "description": "Only those with a smaller number.",
        }
    ],
}
TRANSFER = _answers(
    "A transfer with its steps and its payment files.",
    {"allOf": [_TRANSFER, _object(steps=_many(_STEP), payment_files=_many(_FILE))]},
)
OFFERS = _answers(
    "What can be transferred from each collection account, and where it comes from.",
    _object(offers=_many(_OFFER)),
)
WAITING = _answers(
    "Transfers that wait for somebody, late ones first.",
    _object(
        waiting=_many(
            _object(
                number=_WHOLE,
                **{"for": {**_TEXT, "enum": ["approval", "entry", "leaving", "arrival"]}},
                since={**_TEXT, "format": "date"},
                due={**_TEXT, "format": "date"},
                late={"type": "boolean"},
            )
        )
    ),
)
_HASH: Json = {**_TEXT, "pattern": "^[0-9a-f]{64}$"}
_PAYMENT_FILE: Json = {
    "sha256": _HASH,
    "name": _TEXT,
    "message_id": _TEXT,
    "format": {**_TEXT, "description": "`pain.001.001.09`, or `csv/` and the name of columns."},
    "transfers": _many(_WHOLE),
    "entry": _WHOLE,
}
_SENT: Json = {
    "413": problem("The body is too large."),
    "415": problem("The body is not of the type that is described."),
}
MAKE_FILE: Json = {
    **BY_TOKEN,
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["transfers"],
                    "properties": {
                        "transfers": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": TRANSFERS_MAX,
                            "items": {"type": "integer", "minimum": 1, "maximum": 999_999_999_999},
                            "description": "Approved, of one account.",
                        },
                        "columns": {
                            **_TEXT,
                            "maxLength": 40,
                            "description": "Of a bank portal; ISO 20022 unless given.",
                        },
                    },
                },
                "example": {"transfers": [12]},
            }
        },
    },
    "responses": {
        "201": {
            "description": "It is made, by this call or an earlier one for the same transfers.",
            "content": {"application/json": {"schema": _object(**_PAYMENT_FILE)}},
        },
        **BY_TOKEN["responses"],
        **_SENT,
        "422": problem("A transfer is not approved, has left, or the payee changed since."),
    },
}
CHECK_FILE: Json = {
    **BY_TOKEN,
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
        },
    },
    "responses": {
        "200": {
            "description": "Which file it was, and what is not as it was.",
            "content": {
                "application/json": {
                    "schema": _object(
                        **_PAYMENT_FILE,
                        unchanged={"type": "boolean"},
                        differences=_many(_object(field=_TEXT, expected=_TEXT, found=_TEXT)),
                        over={
                            **_many(_WHOLE),
                            "description": "Transfers that have left or were stopped since.",
                        },
                    )
                }
            },
        },
        **BY_TOKEN["responses"],
        **_SENT,
        "422": problem("It cannot be read."),
    },
}
ENTER: Json = {
    **BY_TOKEN,
    "responses": {
        "200": {
            "description": "It is entered.",
            "content": {"application/json": {"schema": _object(number=_WHOLE, entry=_WHOLE)}},
        },
        **BY_TOKEN["responses"],
        "422": problem("It is not approved, or was entered already."),
    },
}
