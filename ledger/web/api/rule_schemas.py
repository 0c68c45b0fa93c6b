"""How the API describes what a fund goes by: limits, policies, promises, payees, opening balances."""

from __future__ import annotations

from ledger.decisions.rules import SLOT_ROLES
from ledger.transfers.standing import DAY_NAMES
from ledger.web.api.described import (
    DATE,
    MAYBE,
    MINOR,
    TEXT,
    TRUTH,
    WHOLE,
    Json,
    answer,
    many,
    shape,
)
from ledger.web.api.schemas import BY_TOKEN


def _answers(description: str, schema: Json) -> Json:
    found = answer(description, schema)
    return {**BY_TOKEN, "responses": {"200": found, **BY_TOKEN["responses"]}}


_RULE = shape(
    commodity=TEXT,
    tiers=many(
        shape(
            up_to_minor={**MAYBE, "description": "Null for the last, which has no limit."},
            slots=many({**TEXT, "enum": [*SLOT_ROLES]}),
        )
    ),
    exception={"type": ["string", "null"], "description": "Why it asks for less than is usual."},
    entry={**MAYBE, "description": "That set it; null for what is usual."},
)
_POLICY = shape(
    name=TEXT,
    member={**TEXT, "description": "Who answers for it."},
    **{"from": TEXT},
    to=TEXT,
    weekday={"type": ["string", "null"], "enum": [*DAY_NAMES, None]},
    above_minor=MINOR,
    keep_minor=MINOR,
    purpose=TEXT,
    on=TRUTH,
)
_COLUMNS = shape(name=TEXT, columns=many(many(TEXT)), encoding=TEXT, on=TRUTH)
RULES = _answers(
    "What the fund goes by.",
    shape(
        four_eyes={
            "type": "object",
            "description": "By kind of decision, who has to approve it.",
            "additionalProperties": _RULE,
        },
        promises=shape(transfer_days=WHOLE, settlement_days=WHOLE, statement_days=WHOLE),
        transfer_policies=many(_POLICY),
        payment_columns=many(_COLUMNS),
        matching={"type": "object"},
        management_limit=shape(
            permyriad={**WHOLE, "description": "Of a year's payments, hundredths of a percent."},
            source={**TEXT, "description": "Empty for the usual one."},
            decision=MAYBE,
            entry=MAYBE,
            year={**WHOLE, "description": "This one, of which the sums are."},
            management_minor=MINOR,
            total_minor=MINOR,
            above={**TRUTH, "description": "Whether it is above the limit."},
        ),
        mappings=many(shape(version=WHOLE, decision=WHOLE, content={"type": "object"})),
    ),
)
PAYEES = _answers(
    "Who stands behind each account of money.",
    shape(
        payees=many(
            shape(
                account=TEXT,
                commodity=TEXT,
                number={**TEXT, "description": "Whole."},
                holder=TEXT,
                bank=TEXT,
                clearing=TEXT,
                bic=TEXT,
                changed={**MAYBE, "description": "The entry that changed it last."},
            )
        )
    ),
)
OPENINGS = _answers(
    "What accounts held before the ledger began.",
    shape(
        openings=many(
            shape(
                entry=WHOLE,
                on=DATE,
                balances=many(shape(account=TEXT, commodity=TEXT, amount_minor=MINOR)),
                reason=TEXT,
                evidence=many(TEXT),
                decision=WHOLE,
            )
        ),
        untouched={
            **many(shape(account=TEXT, commodity=TEXT)),
            "description": "Accounts that may still be given an opening balance.",
        },
    ),
)
