"""How the API describes spending, other money and lists."""

from __future__ import annotations

from typing import Any

from ledger.funds.lists import LISTS
from ledger.web.api.schemas import BY_TOKEN, problem

Json = dict[str, Any]

_WHOLE: Json = {"type": "integer"}
_MINOR: Json = {**_WHOLE, "description": "Minor units."}
_TEXT: Json = {"type": "string"}
_TRUTH: Json = {"type": "boolean"}
_MAYBE: Json = {"type": ["integer", "null"]}


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": [*properties], "properties": properties}


def _many(one: Json) -> Json:
    return {"type": "array", "items": one}


_SPEND = _object(
    entry=_WHOLE,
    on={**_TEXT, "format": "date"},
    disease={**_TEXT, "description": "Code of the fund's list."},
    group=_TEXT,
    provider=_TEXT,
    batch=_TEXT,
    amount_minor=_MINOR,
    commodity=_TEXT,
    reference=_TEXT,
    reversed={**_MAYBE, "description": "The entry that reversed it."},
)
_MOVEMENT = _object(
    entry=_WHOLE,
    way={**_TEXT, "enum": ["income", "expense"]},
    **{"class": _TEXT},
    account=_TEXT,
    amount_minor=_MINOR,
    commodity=_TEXT,
    said=_TEXT,
    reversed=_MAYBE,
)
_ITEM = _object(
    code=_TEXT, zh=_TEXT, en=_TEXT, kind=_TEXT, retired=_TRUTH, placeholder=_TRUTH, entry=_MAYBE
)


def _asked(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


_BELOW = _asked(
    "below",
    "Only entries of a lower number: to page on.",
    {"type": "integer", "minimum": 0, "maximum": 999_999_999_999},
)
_PART: Json = {"type": "string", "maxLength": 200}


def _answers(description: str, schema: Json, parameters: list[Json]) -> Json:
    found = {"description": description, "content": {"application/json": {"schema": schema}}}
    return {
        **BY_TOKEN,
        "parameters": parameters,
        "responses": {
            "200": found,
            **BY_TOKEN["responses"],
            "404": problem("There is no such fund."),
            "422": problem("A parameter cannot be used."),
        },
    }


_HASH: Json = {**_TEXT, "pattern": "^[0-9a-f]{64}$"}
_EVIDENCE = _many(_object(sha256=_HASH, name=_TEXT, kind=_TEXT, bytes=_WHOLE))
SPEND = _answers(
    "The spend; counts of people are not among it.",
    {"allOf": [_SPEND, _object(evidence=_EVIDENCE)]},
    [],
)
MOVEMENT = _answers(
    "The receipt or payment.",
    {
        "allOf": [
            _MOVEMENT,
            _object(
                on={**_TEXT, "format": "date"},
                item={**_TEXT, "description": "Of a management cost: its code."},
                refunds={**_MAYBE, "description": "The donation that is given back."},
                decision=_MAYBE,
                evidence=_EVIDENCE,
            ),
        ]
    },
    [],
)
SPENDING = _answers(
    "Spending, newest first.",
    _object(spending=_many(_SPEND), below=_MAYBE),
    [
        _BELOW,
        _asked("disease", "Code.", _PART),
        _asked("group", "Code.", _PART),
        _asked("provider", "As entries have it.", _PART),
        _asked("reference", "Of the payment.", _PART),
    ],
)
MOVEMENTS = _answers(
    "Other receipts and payments, newest first.",
    _object(movements=_many(_MOVEMENT), below=_MAYBE),
    [_BELOW],
)
LISTS_OF_FUND = _answers(
    "The fund's lists.", _object(**{name: _many(_ITEM) for name in LISTS}), []
)
