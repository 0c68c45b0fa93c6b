"""How the API describes what a fund goes by: limits, policies, promises, payees, opening balances."""

from __future__ import annotations

from typing import Any

from ledger.decisions.rules import SLOT_ROLES
from ledger.transfers.standing import DAY_NAMES
from ledger.web.api.schemas import BY_TOKEN

Json = dict[str, Any]

_WHOLE: Json = {"type": "integer"}
_MINOR: Json = {**_WHOLE, "description": "Minor units."}
_TEXT: Json = {"type": "string"}
_TRUTH: Json = {"type": "boolean"}
_MAYBE: Json = {"type": ["integer", "null"]}
_DAY: Json = {**_TEXT, "format": "date"}


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": [*properties], "properties": properties}


def _many(one: Json) -> Json:
    return {"type": "array", "items": one}


def _answers(description: str, schema: Json) -> Json:
    found = {"description": description, "content": {"application/json": {"schema": schema}}}
    return {**BY_TOKEN, "responses": {"200": found, **BY_TOKEN["responses"]}}


_RULE = _object(
    commodity=_TEXT,
    tiers=_many(
        _object(
            up_to_minor={**_MAYBE, "description": "Null for the last, which has no limit."},
            slots=_many({**_TEXT, "enum": [*SLOT_ROLES]}),
        )
    ),
    exception={"type": ["string", "null"], "description": "Why it asks for less than is usual."},
    entry={**_MAYBE, "description": "That set it; null for what is usual."},
)
_POLICY = _object(
    name=_TEXT,
    member={**_TEXT, "description": "Who answers for it."},
    **{"from": _TEXT},
    to=_TEXT,
    weekday={"type": ["string", "null"], "enum": [*DAY_NAMES, None]},
    above_minor=_MINOR,
    keep_minor=_MINOR,
    purpose=_TEXT,
    on=_TRUTH,
)
_COLUMNS = _object(name=_TEXT, columns=_many(_many(_TEXT)), encoding=_TEXT, on=_TRUTH)
RULES = _answers(
    "What the fund goes by.",
    _object(
        four_eyes={
            "type": "object",
            "description": "By kind of decision, who has to approve it.",
            "additionalProperties": _RULE,
        },
        promises=_object(transfer_days=_WHOLE, settlement_days=_WHOLE, statement_days=_WHOLE),
        transfer_policies=_many(_POLICY),
        payment_columns=_many(_COLUMNS),
        matching={"type": "object"},
        management_limit=_object(
            permyriad={**_WHOLE, "description": "Of a year's payments, hundredths of a percent."},
            source={**_TEXT, "description": "Empty for the usual one."},
            decision=_MAYBE,
            entry=_MAYBE,
            year={**_WHOLE, "description": "This one, of which the sums are."},
            management_minor=_MINOR,
            total_minor=_MINOR,
            above={**_TRUTH, "description": "Whether it is above the limit."},
        ),
        mappings=_many(_object(version=_WHOLE, decision=_WHOLE, content={"type": "object"})),
    ),
)
PAYEES = _answers(
    "Who stands behind each account of money.",
    _object(
        payees=_many(
            _object(
                account=_TEXT,
                commodity=_TEXT,
                number={**_TEXT, "description": "Whole."},
                holder=_TEXT,
                bank=_TEXT,
                clearing=_TEXT,
                bic=_TEXT,
                changed={**_MAYBE, "description": "The entry that changed it last."},
            )
        )
    ),
)
OPENINGS = _answers(
    "What accounts held before the ledger began.",
    _object(
        openings=_many(
            _object(
                entry=_WHOLE,
                on=_DAY,
                balances=_many(_object(account=_TEXT, commodity=_TEXT, amount_minor=_MINOR)),
                reason=_TEXT,
                evidence=_many(_TEXT),
                decision=_WHOLE,
            )
        ),
        untouched={
            **_many(_object(account=_TEXT, commodity=_TEXT)),
            "description": "Accounts that may still be given an opening balance.",
        },
    ),
)
