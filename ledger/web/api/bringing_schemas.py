"""How the API describes what machines bring: spending to be booked or proposed, and files of evidence."""

from __future__ import annotations

from ledger.spending.evidence import FILES_MAX
from ledger.web.api.bringing import ROWS_MAX
from ledger.web.api.described import (
    BYTES,
    HASH,
    MINOR,
    SHORT,
    TEXT,
    WHOLE,
    Json,
    answer,
    parameter,
    shape,
)
from ledger.web.api.schemas import BY_TOKEN, PROPOSED, problem

_HASHES: Json = {
    "type": "array",
    "maxItems": FILES_MAX,
    "items": HASH,
    "description": "SHA-256 of files that were brought as evidence.",
}

SPEND_ROW: Json = {
    "type": "object",
    "description": "A payment for one disease, group and batch: the fields of the sheet.",
    "additionalProperties": False,
    "required": [
        "spent_on",
        "disease",
        "group",
        "provider",
        "batch",
        "persons",
        "person_times",
        "amount_cny",
        "reference",
    ],
    "properties": {
        "spent_on": {**TEXT, "format": "date", "description": "Day of the payment."},
        "disease": {
            **SHORT,
            "description": "Code or name of the fund's list, or `Unclassified`.",
        },
        "group": {**SHORT, "description": "Likewise."},
        "provider": {**TEXT, "minLength": 1, "maxLength": 80, "description": "Who was paid."},
        "batch": {**TEXT, "minLength": 1, "maxLength": 40, "description": "Of the medicine."},
        "persons": {**WHOLE, "minimum": 0, "maximum": 999_999_999},
        "person_times": {**WHOLE, "minimum": 0, "maximum": 999_999_999},
        "amount_cny": {
            **TEXT,
            "pattern": r"^[0-9]+(\.[0-9]{1,2})?$",
            "description": "Decimal text, above zero.",
        },
        "reference": {
            **TEXT,
            "minLength": 1,
            "maxLength": 80,
            "description": "Of the payment, as on the bank's line.",
        },
    },
}
SPENDING_IN: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["account", "rows"],
    "properties": {
        "account": {**SHORT, "description": "Fund account that paid."},
        "rows": {
            "type": "array",
            "minItems": 1,
            "maxItems": ROWS_MAX,
            "items": {"$ref": "#/components/schemas/SpendRow"},
        },
        "evidence": _HASHES,
    },
}
EXAMPLE: Json = {
    "account": "Main",
    "rows": [
        {
            "spent_on": "2026-12-04",
            "disease": "Stroke",
            "group": "Disabled",
            "provider": "县中医院",
            "batch": "TCM-2026-12-A",
            "persons": 12,
            "person_times": 18,
            "amount_cny": "1260.00",
            "reference": "QH-20261204-01",
        }
    ],
}
COMPONENTS: dict[str, Json] = {"SpendRow": SPEND_ROW, "SpendingIn": SPENDING_IN}


_NAME = parameter("name", "Of the file; shown, never used as a path.", {**TEXT, "maxLength": 200})
_OF_SHEETS = [
    _NAME,
    parameter("account", "Of a sheet: the fund account that paid.", {**TEXT, "maxLength": 200}),
    parameter("evidence", "Of a sheet: may be given again.", _HASHES),
]
_BODY: Json = {
    "required": True,
    "description": "JSON, or a sheet (CSV or XLSX) as it is, whose account and evidence are named in the address.",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/SpendingIn"},
            "example": EXAMPLE,
        },
        "application/octet-stream": BYTES,
    },
}
_WRONG = problem(
    "Rows are wrong, each named in `errors`; of a sheet `wrong_rows` is one of them alone, with the reason of each "
    "in a last column, to be corrected and sent again. Or more than the account holds, or above the limit of one "
    "person."
)
_SENT: Json = {
    "413": problem("The body is too large."),
    "415": problem("The body is neither `application/json` nor `application/octet-stream`."),
}
_BOOKED = shape(
    added={**WHOLE, "description": "Rows that became entries."},
    repeated={**WHOLE, "description": "Rows that were booked before."},
    first={
        "type": ["integer", "null"],
        "description": "The first of these entries; they follow one another in the order of the rows.",
    },
)
_PREVIEW = shape(
    added={**WHOLE, "description": "Rows that would be booked."},
    repeated={**WHOLE, "description": "Rows that are booked already."},
    conflict={
        "description": "The first row that is booked with other figures.",
        "oneOf": [{"type": "null"}, shape(line=WHOLE, field=TEXT, seq=WHOLE)],
    },
    commodity=TEXT,
    sum_minor=MINOR,
    counted_minor={**WHOLE, "description": "What the limit of one person is held to."},
    held_minor={**WHOLE, "description": "What the account holds."},
    needed={
        "type": "array",
        "items": TEXT,
        "description": "Roles that have to approve it; none where one person books it.",
    },
)
BOOK_SPENDING: Json = {
    **BY_TOKEN,
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same key with the same rows gives the first answer again.",
            "schema": {**TEXT, "minLength": 1, "maxLength": 120},
        },
        parameter(
            "preview",
            "`yes` only tells what would come of it.",
            {**TEXT, "enum": ["yes", "no"], "default": "no"},
        ),
        *_OF_SHEETS,
    ],
    "requestBody": _BODY,
    "responses": {
        "200": answer(
            "A preview; or all rows were booked before.", {"oneOf": [_BOOKED, _PREVIEW]}
        ),
        "201": answer("Rows are booked.", _BOOKED),
        **BY_TOKEN["responses"],
        "409": problem(
            "A row is booked with other figures, or the key was used for something else."
        ),
        **_SENT,
        "422": _WRONG,
    },
}
PROPOSE_SPEND: Json = {
    **PROPOSED,
    "parameters": [*PROPOSED["parameters"], *_OF_SHEETS],
    "requestBody": _BODY,
    "responses": {**PROPOSED["responses"], **_SENT, "422": _WRONG},
}
BRING: Json = {
    **BY_TOKEN,
    "parameters": [_NAME],
    "requestBody": {"required": True, "content": {"application/octet-stream": BYTES}},
    "responses": {
        "201": answer(
            "It is kept, once for the same bytes; whatever it proves names its SHA-256.",
            shape(sha256=HASH, name=TEXT, kind={**TEXT, "description": "By its bytes."}),
        ),
        **BY_TOKEN["responses"],
        "413": problem("The file is too large."),
        "415": problem("The body is not `application/octet-stream`."),
        "422": problem("It is empty, or of a kind that nobody brings as evidence."),
    },
}
