"""How the API describes what machines propose beside transfers, months and matches; each with a body to begin from."""

from __future__ import annotations

from ledger.decisions.cost_limit import ALL
from ledger.decisions.promises import DAYS_MAX
from ledger.decisions.rules import KINDS, SLOT_ROLES, SLOTS_MAX, TIERS_MAX
from ledger.funds.lists import CHANGES, LISTS, PROVIDER_KINDS
from ledger.money import EXPONENTS
from ledger.spending.evidence import FILES_MAX
from ledger.spending.movements import EXPENSE, INCOME
from ledger.spending.openings import BALANCES_MAX
from ledger.transfers.payment_files import ENCODINGS, FIELDS
from ledger.transfers.standing import DAY_NAMES
from ledger.web.api.bodies import ENTRY_MAX
from ledger.web.api.described import DATE, SHORT, TEXT, Json
from ledger.web.api.proposing import WAYS
from ledger.web.api.schemas import proposal

_AMOUNT: Json = {
    **TEXT,
    "pattern": r"^[0-9]+(\.[0-9]+)?$",
    "description": "Decimal text, in the account's currency.",
}
_REASON: Json = {
    **TEXT,
    "minLength": 1,
    "maxLength": 500,
    "description": "In words that anyone may read; no names of people.",
}
_EVIDENCE: Json = {
    "type": "array",
    "maxItems": FILES_MAX,
    "items": {**TEXT, "pattern": "^[0-9a-f]{64}$"},
    "description": "SHA-256 of files brought to `evidence`.",
}
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def _object(required: tuple[str, ...], properties: Json) -> Json:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


_POLICY = _object(
    ("name", "member", "from", "to"),
    {
        "name": {**TEXT, "pattern": "^[a-z][a-z0-9-]{0,39}$"},
        "member": {**SHORT, "description": "Who answers for it; they cannot approve it."},
        "from": {**SHORT, "description": "Collection account."},
        "to": {**SHORT, "description": "Fund account."},
        "weekday": {**TEXT, "enum": [*DAY_NAMES], "description": "Any day unless given."},
        "above": {**_AMOUNT, "description": "Only when so much is there."},
        "keep": {**_AMOUNT, "description": "What stays in the account."},
        "purpose": {**TEXT, "maxLength": 140},
        "on": {"type": "boolean", "default": True, "description": "`false` ends it."},
    },
)
_COLUMNS = _object(
    ("name", "columns"),
    {
        "name": {**TEXT, "pattern": "^[a-z][a-z0-9-]{0,39}$"},
        "columns": {
            "type": "array",
            "minItems": 1,
            "maxItems": 40,
            "description": f"Heading and field of each; fields are {', '.join(FIELDS)}.",
            "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": TEXT},
        },
        "encoding": {**TEXT, "enum": [*ENCODINGS]},
        "on": {"type": "boolean", "default": True, "description": "`false` ends them."},
    },
)
_DAYS: Json = {"type": "integer", "minimum": 1, "maximum": DAYS_MAX}
_PROMISES = _object(
    (), dict.fromkeys(("transfer_days", "settlement_days", "statement_days"), _DAYS)
)
_COST_LIMIT = _object(
    ("permyriad", "source"),
    {
        "permyriad": {
            "type": "integer",
            "minimum": 0,
            "maximum": ALL,
            "description": "Of what the fund pays in a year, in hundredths of a percent.",
        },
        "source": {**SHORT, "description": "Where it is written; anyone may read it."},
    },
)
_FREE: Json = {"type": "object", "additionalProperties": True}
_TIER = _object(
    ("slots",),
    {
        "up_to": {**_AMOUNT, "description": "Left out of the last tier, which has no limit."},
        "slots": {
            "type": "array",
            "maxItems": SLOTS_MAX,
            "items": {**TEXT, "enum": [*SLOT_ROLES]},
            "description": "A role for each approval, each given by another person.",
        },
    },
)

PROPOSE: dict[str, Json] = {
    "movement": proposal(
        ("way", "class", "account", "said"),
        {
            "way": {**TEXT, "enum": [*WAYS]},
            "class": {**TEXT, "enum": sorted({*INCOME, *EXPENSE})},
            "account": {**SHORT, "description": "Bank or fund account."},
            "amount": {
                **_AMOUNT,
                "description": "Decimal text. A bank's line tells its own; any other is refused.",
            },
            "on": {
                **DATE,
                "description": "Day. A bank's line tells its own; any other is refused.",
            },
            "said": {
                **SHORT,
                "description": "What it is; anyone may read it, no names of people.",
            },
            "item": {**TEXT, "maxLength": 200, "description": "Of a management cost: its code."},
            "refunds": {
                "type": "integer",
                "minimum": 0,
                "maximum": ENTRY_MAX - 1,
                "description": "Of a donation that is given back: its entry.",
            },
            "line": {**TEXT, "maxLength": 200, "description": "`identity` of the bank's line."},
            "evidence": _EVIDENCE,
        },
        {
            "way": "expense",
            "class": "management",
            "account": "Main",
            "amount": "500.00",
            "on": "2026-12-04",
            "said": "Audit of the year 2026",
            "item": "Audit",
            "evidence": [_HASH],
        },
    ),
    "opening": proposal(
        ("on", "balances", "reason", "evidence"),
        {
            "on": {**DATE, "description": "Day in whose evening the accounts held that."},
            "balances": {
                "type": "array",
                "minItems": 1,
                "maxItems": BALANCES_MAX,
                "items": _object(("account", "amount"), {"account": SHORT, "amount": _AMOUNT}),
            },
            "reason": {
                **_REASON,
                "description": "Where the figures come from; anyone may read it.",
            },
            "evidence": _EVIDENCE,
        },
        {
            "on": "2026-09-30",
            "balances": [{"account": "Main", "amount": "50000.00"}],
            "reason": "Statement of the bank of 30 September 2026",
            "evidence": [_HASH],
        },
    ),
    "lists": proposal(
        ("list", "change", "code"),
        {
            "list": {**TEXT, "enum": [*LISTS]},
            "change": {**TEXT, "enum": [*CHANGES]},
            "code": {**SHORT, "description": "For ever its own."},
            "zh": {**TEXT, "maxLength": 60, "description": "Its name from now on."},
            "en": {**TEXT, "maxLength": 60, "description": "The same in English."},
            "kind": {**TEXT, "enum": [*PROVIDER_KINDS], "description": "Of a provider."},
        },
        {
            "list": "disease",
            "change": "rename",
            "code": "Disease09",
            "zh": "眩晕",
            "en": "Vertigo",
        },
    ),
    "payee": proposal(
        ("account",),
        {
            "account": SHORT,
            "number": {**SHORT, "description": "Of the account. What is left out stays."},
            "holder": {**TEXT, "maxLength": 140, "description": "As the bank writes it."},
            "bank": {**TEXT, "maxLength": 140, "description": "Bank and branch."},
            "clearing": {**TEXT, "maxLength": 20, "description": "CNAPS number, 12 digits."},
            "bic": {**TEXT, "maxLength": 20},
        },
        {"account": "Main", "holder": "青禾基金会", "bank": "建设银行青禾支行"},
    ),
    "rule": proposal(
        (),
        {
            "transfer_policy": {**_POLICY, "description": "Proposes by itself, never approves."},
            "payment_columns": {**_COLUMNS, "description": "Of a bank portal's sheet."},
            "promises": {**_PROMISES, "description": "What is left out stays as it is."},
            "matching": {**_FREE, "description": "How far matching goes by itself: docs/desk.md."},
            "management_limit": {**_COST_LIMIT, "description": "On management cost."},
            "mapping": {**_FREE, "description": "Of somebody's sheet: docs/bank-files.md."},
        },
        {
            "transfer_policy": {
                "name": "friday",
                "member": "m2",
                "from": "CCB",
                "to": "Main",
                "weekday": "friday",
                "above": "1000.00",
            }
        },
    ),
    "four-eyes": proposal(
        ("kind", "tiers"),
        {
            "kind": {**TEXT, "enum": [*KINDS]},
            "commodity": {**TEXT, "enum": sorted(EXPONENTS), "default": "CNY"},
            "tiers": {"type": "array", "minItems": 1, "maxItems": TIERS_MAX, "items": _TIER},
            "exception": {
                **TEXT,
                "maxLength": 500,
                "description": "Why, where it asks for less than is usual; statements print it.",
            },
        },
        {
            "kind": "spend",
            "tiers": [
                {"up_to": "5000.00", "slots": []},
                {"slots": ["controller", "approver"]},
            ],
        },
    ),
}
"""By kind of decision, what its address says."""
