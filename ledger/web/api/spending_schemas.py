"""How the API describes spending, other money and lists."""

from __future__ import annotations

from ledger.funds.lists import LISTS
from ledger.web.api.described import (
    HASH,
    MAYBE,
    MINOR,
    TEXT,
    TRUTH,
    WHOLE,
    Json,
    answer,
    many,
    parameter,
    shape,
)
from ledger.web.api.schemas import BY_TOKEN, problem

_SPEND = shape(
    entry=WHOLE,
    on={**TEXT, "format": "date"},
    disease={**TEXT, "description": "Code of the fund's list."},
    group=TEXT,
    provider=TEXT,
    batch=TEXT,
    amount_minor=MINOR,
    commodity=TEXT,
    reference=TEXT,
    reversed={**MAYBE, "description": "The entry that reversed it."},
)
_MOVEMENT = shape(
    entry=WHOLE,
    way={**TEXT, "enum": ["income", "expense"]},
    **{"class": TEXT},
    account=TEXT,
    amount_minor=MINOR,
    commodity=TEXT,
    said=TEXT,
    reversed=MAYBE,
)
_ITEM = shape(
    code=TEXT, zh=TEXT, en=TEXT, kind=TEXT, retired=TRUTH, placeholder=TRUTH, entry=MAYBE
)


_BELOW = parameter(
    "below",
    "Only entries of a lower number: to page on.",
    {"type": "integer", "minimum": 0, "maximum": 999_999_999_999},
)
_PART: Json = {"type": "string", "maxLength": 200}


def _answers(description: str, schema: Json, parameters: list[Json]) -> Json:
    return {
        **BY_TOKEN,
        "parameters": parameters,
        "responses": {
            "200": answer(description, schema),
            **BY_TOKEN["responses"],
            "404": problem("There is no such fund."),
            "422": problem("A parameter cannot be used."),
        },
    }


_EVIDENCE = many(shape(sha256=HASH, name=TEXT, kind=TEXT, bytes=WHOLE))
SPEND = _answers(
    "The spend; counts of people are not among it.",
    {"allOf": [_SPEND, shape(evidence=_EVIDENCE)]},
    [],
)
MOVEMENT = _answers(
    "The receipt or payment.",
    {
        "allOf": [
            _MOVEMENT,
            shape(
                on={**TEXT, "format": "date"},
                item={**TEXT, "description": "Of a management cost: its code."},
                refunds={**MAYBE, "description": "The donation that is given back."},
                decision=MAYBE,
                evidence=_EVIDENCE,
            ),
        ]
    },
    [],
)
SPENDING = _answers(
    "Spending, newest first.",
    shape(spending=many(_SPEND), below=MAYBE),
    [
        _BELOW,
        parameter("disease", "Code.", _PART),
        parameter("group", "Code.", _PART),
        parameter("provider", "As entries have it.", _PART),
        parameter("reference", "Of the payment.", _PART),
    ],
)
MOVEMENTS = _answers(
    "Other receipts and payments, newest first.",
    shape(movements=many(_MOVEMENT), below=MAYBE),
    [_BELOW],
)
LISTS_OF_FUND = _answers("The fund's lists.", shape(**{name: many(_ITEM) for name in LISTS}), [])
