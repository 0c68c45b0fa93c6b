"""How the API describes transfers."""

from __future__ import annotations

from ledger.transfers.payments import TRANSFERS_MAX
from ledger.web.api.described import HASH, MINOR, TEXT, WHOLE, Json, answer, many, shape
from ledger.web.api.schemas import BY_TOKEN, problem

_STATE: Json = {
    **TEXT,
    "enum": ["proposed", "approved", "rejected", "withdrawn", "sent", "confirmed", "returned"],
}


_TRANSFER = shape(
    number=WHOLE,
    state=_STATE,
    decision={"type": ["integer", "null"]},
    **{"from": TEXT},
    to=TEXT,
    commodity=TEXT,
    amount_minor=MINOR,
    reference=TEXT,
    purpose=TEXT,
    evidence=many(TEXT),
    left_minor=MINOR,
    fee_minor=MINOR,
    under_way_minor=MINOR,
    arrived_minor=MINOR,
    came_back_minor=MINOR,
    not_left_minor=MINOR,
    entered_by={"type": ["string", "null"]},
)
_STEP = shape(
    seq=WHOLE, step=TEXT, amount=MINOR, fee=MINOR, reverses={"type": ["integer", "null"]}
)
_FILE = shape(message_id=TEXT, format=TEXT, sha256=TEXT, entry=WHOLE)
_ORIGIN = shape(entry=WHOLE, kind=TEXT, on={**TEXT, "format": "date"}, minor=MINOR)
_OFFER = shape(
    account=TEXT,
    commodity=TEXT,
    amount_minor=MINOR,
    balance_minor=MINOR,
    promised_minor=MINOR,
    leaving_minor=MINOR,
    origins=many(_ORIGIN),
)


def _answers(description: str, schema: Json) -> Json:
    return {
        **BY_TOKEN,
        "responses": {
            "200": answer(description, schema),
            **BY_TOKEN["responses"],
            "404": problem("There is no such thing."),
            "422": problem("What is asked for is not as described."),
        },
    }


TRANSFERS = _answers(
    "Transfers, newest first, a hundred at a time.",
    shape(transfers=many(_TRANSFER), below={"type": ["integer", "null"]}),
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
    {"allOf": [_TRANSFER, shape(steps=many(_STEP), payment_files=many(_FILE))]},
)
OFFERS = _answers(
    "What can be transferred from each collection account, and where it comes from.",
    shape(offers=many(_OFFER)),
)
WAITING = _answers(
    "Transfers that wait for somebody, late ones first.",
    shape(
        waiting=many(
            shape(
                number=WHOLE,
                **{"for": {**TEXT, "enum": ["approval", "entry", "leaving", "arrival"]}},
                since={**TEXT, "format": "date"},
                due={**TEXT, "format": "date"},
                late={"type": "boolean"},
            )
        )
    ),
)
_PAYMENT_FILE: Json = {
    "sha256": HASH,
    "name": TEXT,
    "message_id": TEXT,
    "format": {**TEXT, "description": "`pain.001.001.09`, or `csv/` and the name of columns."},
    "transfers": many(WHOLE),
    "entry": WHOLE,
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
                            **TEXT,
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
            "content": {"application/json": {"schema": shape(**_PAYMENT_FILE)}},
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
                    "schema": shape(
                        **_PAYMENT_FILE,
                        unchanged={"type": "boolean"},
                        differences=many(shape(field=TEXT, expected=TEXT, found=TEXT)),
                        over={
                            **many(WHOLE),
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
            "content": {"application/json": {"schema": shape(number=WHOLE, entry=WHOLE)}},
        },
        **BY_TOKEN["responses"],
        "422": problem("It is not approved, or was entered already."),
    },
}
