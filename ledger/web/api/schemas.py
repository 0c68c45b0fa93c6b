"""How the API describes what it takes and gives: marshmallow for answers, JSON Schema where we read ourselves.

`docs/gift-format.md` is the contract for a gift's fields, and `tests/web/test_api.py` holds both together.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from ledger.intake.sources.own_rows import BODY_ROWS_MAX
from ledger.money import EXPONENTS, PLATFORM_UNITS
from ledger.transfers.booking import FILES_MAX


def _text(description: str, **extra: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": description, **extra})


def _whole(description: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": description})


class FundCardSchema(Schema):
    """A fund in a list."""

    fund = _text("Name in addresses.")
    name_zh = _text("Name in Chinese.")
    name_en = _text("Name in English.")
    commodity = _text("ISO 4217 code that it keeps its books in.")
    zone = _text("Time zone that decides its days and months.")
    log = _text("Origin of its log; `https://<log>/checkpoint` and the tiles lie below it.")


class FundListSchema(Schema):
    """All funds."""

    funds = fields.List(fields.Nested(FundCardSchema), required=True)


class ChannelSchema(Schema):
    """Where gifts come from."""

    name = _text("What `channel` takes.")
    platform = _text("`kuaishou`, `douyin` or `own`.")
    title_zh = _text("For pages.")
    title_en = _text("For pages.")
    commodity = _text("What its gifts are posted in.")


class AccountSchema(Schema):
    """An account's totals in one commodity, whole minor units."""

    account = _text("Name.")
    commodity = _text("ISO 4217 code or platform unit.")
    debits = _whole("All debits.")
    credits = _whole("All credits.")
    balance = _whole("Debits less credits.")


class FundSchema(FundCardSchema):
    """A fund with its balances at its newest checkpoint."""

    size = _whole("Entries under the checkpoint.")
    checkpoint = _text("Signed note (c2sp.org/tlog-checkpoint).")
    channels = fields.List(fields.Nested(ChannelSchema), required=True)
    accounts = fields.List(fields.Nested(AccountSchema), required=True)


class EntrySchema(Schema):
    """An entry of a fund's journal."""

    seq = _whole("Its number.")
    kind = _text("What it says; see docs/entries.md.")
    leaf_hash = _text("SHA-256 of 0x00 and the entry (RFC 6962), hexadecimal.")
    entry = _text("Canonical JSON (RFC 8785) as a text: these are the bytes in the log.")


class GiftSchema(Schema):
    """A gift's public receipt."""

    seq = _whole("Number of its entry.")
    receipt = _text("Receipt number, 12 characters.")
    entry = _text("Canonical JSON (RFC 8785) as a text.")
    proof = _text("`c2sp.org/tlog-proof@v1` file.")


class DecisionSchema(Schema):
    """Something that two people decide."""

    number = _whole("Counted in the fund from 1.")
    kind = _text("`transfer`, `rate`, `close` and others.")
    state = _text("`open`, `approved`, `rejected` or `withdrawn`.")
    version = _whole("1, and one more with each edit.")
    content = fields.Dict(required=True, metadata={"description": "What its latest entry says."})
    needed = fields.List(fields.String(), required=True)
    open = fields.List(fields.String(), required=True)
    proposed_by = _text("Member.")
    edited_by = fields.List(fields.String(), required=True)
    approved_by = fields.List(fields.String(), required=True)
    reason = fields.String(allow_none=True, metadata={"description": "Why it was rejected."})
    entries = fields.List(fields.Integer(), required=True)


class DecisionWithPeopleSchema(DecisionSchema):
    """A decision, and who can still act."""

    may_act = fields.List(fields.String(), required=True)
    lacking = fields.List(fields.String(), required=True)


class DecisionListSchema(Schema):
    """Decisions of a fund."""

    decisions = fields.List(fields.Nested(DecisionSchema), required=True)


class MatchSchema(Schema):
    """A match that was confirmed, or a suggestion, with its reasons."""

    state = _text("`suggested`, `ambiguous`, `confirmed` or `released`.")
    step = _text("`R3` payouts, `R4` transfers out, `R5` transfers in, `R6` payments, `income`.")
    found_by = fields.String(
        data_key="pass", attribute="pass", metadata={"description": "Which pass found it."}
    )
    rule_version = _text("Of the passes, and of the fund's rules.")
    amount_minor = fields.Integer(required=True)
    adjustment_minor = fields.Integer(required=True)
    commodity = _text("ISO 4217 code.")
    score = fields.Integer(required=True)
    compared = fields.List(fields.Dict(), required=True)
    others = fields.List(fields.Dict(), required=True)
    number = fields.Integer(metadata={"description": "Of a match."})
    suggestion = fields.String(metadata={"description": "Id of a suggestion."})
    parts = fields.List(fields.Dict())
    expectations = fields.List(fields.String())
    lines = fields.List(fields.Dict())
    confirmed_by = fields.String()
    confirmed_at = fields.String()
    decision = fields.Integer(allow_none=True)
    entry = fields.Integer()
    release = fields.Dict(allow_none=True)


class MatchListSchema(Schema):
    """Matches or suggestions of a fund."""

    matches = fields.List(fields.Nested(MatchSchema), required=True)


class MemberSchema(Schema):
    """Somebody who works on a fund."""

    member = _text("Pseudonymous id, as in entries.")
    name = _text("Personal, never public.")
    roles = fields.List(fields.String(), required=True)
    removed = fields.Boolean(required=True)


class MemberListSchema(Schema):
    """The people of a fund."""

    members = fields.List(fields.Nested(MemberSchema), required=True)


_OPTIONAL_TEXTS = {
    "giver": (128, "The platform's opaque id of the user; personal, never public."),
    "nickname": (100, "Display name; personal, never public."),
    "message": (500, "Personal, never public; may hold line breaks."),
    "gift": (100, "Name or id of the gift."),
    "session": (128, "Room or broadcast."),
}

GIFT_IN: dict[str, Any] = {
    "type": "object",
    "description": "A gift as docs/gift-format.md describes it. A field that is not listed is refused.",
    "required": ["id", "at"],
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "description": "Makes the gift count once within its channel.",
        },
        "at": {
            "type": "string",
            "format": "date-time",
            "description": "When it was given, with its offset.",
        },
        "amount": {
            "type": "string",
            "pattern": r"^[0-9]+(\.[0-9]+)?$",
            "description": "What it was worth in all, as a decimal text: 12.50.",
        },
        "amount_minor": {
            "type": "integer",
            "minimum": 1,
            "description": "The same in minor units.",
        },
        "currency": {"type": "string", "enum": sorted(EXPONENTS)},
        "coins": {"type": "integer", "minimum": 1, "description": "Whole units of a platform."},
        "unit": {"type": "string", "enum": sorted(PLATFORM_UNITS)},
        "count": {"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 1},
        **{
            name: {"type": "string", "maxLength": length, "description": description}
            for name, (length, description) in _OPTIONAL_TEXTS.items()
        },
    },
    "oneOf": [
        {"required": ["amount", "currency"]},
        {"required": ["amount_minor", "currency"]},
        {"required": ["coins", "unit"]},
    ],
}

_OPENED = {
    "type": "object",
    "required": ["salt", "value"],
    "properties": {
        "salt": {"type": "string", "contentEncoding": "base64", "description": "32 bytes."},
        "value": {"type": "string", "description": "The private part."},
    },
}

GIFT_OUT: dict[str, Any] = {
    "type": "object",
    "description": "What became of a gift. `line` is its place in the body, from 1.",
    "required": ["line", "outcome"],
    "properties": {
        "line": {"type": "integer", "minimum": 1},
        "outcome": {
            "type": "string",
            "enum": ["recorded", "already_recorded", "conflict", "refused"],
        },
        "seq": {"type": "integer", "description": "The entry; of a conflict the first one."},
        "receipt": {"type": "string", "description": "Receipt number, 12 characters."},
        "code": {
            "type": "string",
            "description": "The donor's code: finds the gift by the platform's number, and hides the name.",
        },
        "address": {"type": "string", "format": "uri-reference", "description": "Public receipt."},
        "entry": {"type": "string", "description": "Canonical JSON (RFC 8785) as a text."},
        "proof": {"type": "string", "description": "`c2sp.org/tlog-proof@v1` file."},
        "opening": {
            "type": "object",
            "description": "For the donor: opens the commitments of the entry. Empty when erased.",
            "properties": dict.fromkeys(("donor", "name", "delivery", "message"), _OPENED),
        },
        "field": {"type": "string", "description": "First field that is wrong or differs."},
        "reason": {"type": "string"},
        "says": {"type": "string", "description": "The reason as a sentence."},
        "value": {"type": "string", "description": "What stood there; empty when personal."},
    },
}

GIFTS_OUT: dict[str, Any] = {
    "type": "object",
    "required": ["counts", "results"],
    "properties": {
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "results": {"type": "array", "items": {"$ref": "#/components/schemas/GiftResult"}},
    },
}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string", "description": "To name when asking what went wrong."},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def problem(description: str) -> dict[str, Any]:
    """Describe an answer that is a problem document."""
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }


def _given(description: str) -> dict[str, Any]:
    either = {"oneOf": [_ref("GiftResult"), _ref("GiftResults")]}
    return {"description": description, "content": {"application/json": {"schema": either}}}


POST_GIFTS: dict[str, Any] = {
    "security": [{"token": []}],
    "parameters": [
        {
            "name": "channel",
            "in": "query",
            "required": True,
            "description": "Channel of the fund that the gifts come from.",
            "schema": {"type": "string"},
        },
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Repeats of the call with this key and the same body get the first answer.",
            "schema": {"type": "string", "maxLength": 128},
        },
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        _ref("GiftIn"),
                        {
                            "type": "array",
                            "items": _ref("GiftIn"),
                            "minItems": 1,
                            "maxItems": BODY_ROWS_MAX,
                        },
                    ]
                }
            }
        },
    },
    "responses": {
        "201": _given("All gifts are recorded by this call."),
        "200": _given("All gifts are in the ledger, some of them by an earlier call."),
        "207": {
            "description": "Some gifts are in the ledger, and some were not taken.",
            "content": {"application/json": {"schema": _ref("GiftResults")}},
        },
        "401": problem("No token, or one that is unknown, ended or of another fund."),
        "403": problem("The token is for something else."),
        "404": problem("There is no such fund."),
        "409": problem(
            "Every gift's id is known with other content, or the idempotency key was used with another body."
        ),
        "413": problem("The body is too large."),
        "415": problem("The body is not `application/json`."),
        "422": problem("No gift could be taken; each is named in `errors`."),
        "503": problem("The database was busy or full; nothing was recorded. Send it again."),
    },
}

_REFUSALS = {
    "401": problem("No token, or one that is unknown, ended, expired or of another fund."),
    "403": problem("The token's scopes, or its member's roles, do not allow this."),
    "404": problem("There is no such fund, or no such thing in it."),
    "429": problem("Too many requests; `Retry-After` tells how long to wait."),
    "503": problem("The database was busy or full; nothing was recorded. Send it again."),
}
BY_TOKEN: dict[str, Any] = {"security": [{"token": []}], "responses": _REFUSALS}
"""What an address says that asks for a token."""

MATCHES: dict[str, Any] = {
    **BY_TOKEN,
    "parameters": [
        {
            "name": "state",
            "in": "query",
            "schema": {
                "type": "string",
                "enum": ["suggested", "ambiguous", "confirmed", "released"],
                "default": "suggested",
            },
        },
        {
            "name": "below",
            "in": "query",
            "description": "Only matches of a lower number; of suggestions, how many to pass over.",
            "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999_999},
        },
        {"name": "account", "in": "query", "schema": {"type": "string", "maxLength": 200}},
        {
            "name": "step",
            "in": "query",
            "schema": {"type": "string", "enum": ["R3", "R4", "R5", "R6", "income"]},
        },
    ],
    "responses": {**_REFUSALS, "422": problem("A parameter cannot be used.")},
}

LISTED: dict[str, Any] = {
    **BY_TOKEN,
    "parameters": [
        {
            "name": "state",
            "in": "query",
            "schema": {"type": "string", "enum": ["open", "ended"], "default": "open"},
        },
        {
            "name": "below",
            "in": "query",
            "description": "Only ended decisions of a lower number: to page on.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999_999},
        },
    ],
    "responses": {**_REFUSALS, "422": problem("A parameter cannot be used.")},
}
WITHDRAWN: dict[str, Any] = {
    **BY_TOKEN,
    "responses": {**_REFUSALS, "422": problem("It has ended.")},
}


_MONTH: dict[str, Any] = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}


PROPOSED: dict[str, Any] = {
    "security": [{"token": []}],
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "The same key with the same body gives the first decision again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 120},
        }
    ],
    "responses": {
        "201": {
            "description": "It is proposed, by this call or by an earlier one with this key.",
            "content": {"application/json": {"schema": _ref("Decision")}},
        },
        **_REFUSALS,
        "409": problem("The key has proposed something else, or the month is closed."),
        "413": problem("The body is too large."),
        "415": problem("The body is not `application/json`."),
        "422": problem("The body cannot be used, or not now; `errors` names the field."),
    },
}
"""What an address says that proposes, beside its body."""


def proposal(
    required: tuple[str, ...],
    properties: dict[str, dict[str, Any]],
    example: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe an address that proposes.

    Args:
        required: Fields that the body must have.
        properties: All its fields.
        example: A body.

    Returns:
        The description of the operation.
    """
    body = {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }
    content = {"schema": body} if example is None else {"schema": body, "example": example}
    return {
        **PROPOSED,
        "requestBody": {"required": True, "content": {"application/json": content}},
    }


_SHORT = {"type": "string", "minLength": 1, "maxLength": 200}
_AMOUNT = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}

PROPOSE: dict[str, dict[str, Any]] = {
    "match": proposal(
        (),
        {
            "suggestion": {**_SHORT, "description": "Id of a suggestion that is to be confirmed."},
            "release": {**_SHORT, "description": "Or the number of a match to release."},
            "reason": {**_SHORT, "description": "Why it is released; anyone may read it."},
        },
        {"suggestion": "5f1c2a9e0b7d4c36"},
    ),
    "adjustment": proposal(
        ("suggestion", "reason"),
        {
            "suggestion": {**_SHORT, "description": "Id of a suggestion whose sums differ."},
            "reason": {**_SHORT, "description": "Why they differ; anyone may read it."},
        },
        {"suggestion": "5f1c2a9e0b7d4c36", "reason": "The bank kept a charge."},
    ),
    "transfer": proposal(
        ("from", "to", "amount", "reference"),
        {
            "from": {**_SHORT, "description": "Collection account."},
            "to": {**_SHORT, "description": "Fund account."},
            "amount": {**_AMOUNT, "description": "Decimal text, in the account's currency."},
            "reference": {
                "type": "string",
                "minLength": 8,
                "maxLength": 80,
                "description": "Stands on the bank's lines.",
            },
            "purpose": {
                "type": "string",
                "maxLength": 140,
                "description": "What it is for; anyone may read it.",
            },
            "evidence": {
                "type": "array",
                "maxItems": FILES_MAX,
                "items": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "description": "SHA-256 of files brought to `transfers/evidence`.",
            },
        },
        {"from": "CCB", "to": "Main", "amount": "340.00", "reference": "QH-T14-2026"},
    ),
    "rate": proposal(
        ("unit", "units", "worth", "from"),
        {
            "unit": {"type": "string", "enum": sorted(PLATFORM_UNITS)},
            "units": {"type": "integer", "minimum": 1},
            "worth": {
                **_AMOUNT,
                "description": "What so many units are worth, as a decimal text.",
            },
            "currency": {"type": "string", "enum": sorted(EXPONENTS), "default": "CNY"},
            "from": {"type": "string", "format": "date-time", "description": "From when on."},
        },
        {"unit": "KSCOIN", "units": 10, "worth": "1.00", "from": "2026-12-01T00:00:00+08:00"},
    ),
    "reversal": proposal(
        ("entry", "reason"),
        {
            "entry": {"type": "integer", "minimum": 0, "maximum": 2**40 - 1},
            "reason": {**_SHORT, "description": "Why; anyone may read it."},
        },
        {"entry": 1204, "reason": "Booked twice"},
    ),
    "close": proposal(
        ("month",),
        {
            "month": _MONTH,
            "reason": {
                "type": "string",
                "maxLength": 500,
                "description": "Why it may close although checks fail; statements print it.",
            },
        },
        {"month": "2026-11"},
    ),
    "seal": proposal(("month",), {"month": _MONTH}, {"month": "2026-11"}),
    "reopen": proposal(
        ("month", "until", "reason"),
        {
            "month": _MONTH,
            "until": {"type": "string", "format": "date-time"},
            "reason": {"type": "string", "minLength": 1, "maxLength": 500},
        },
        {
            "month": "2026-11",
            "until": "2026-12-20T18:00:00+08:00",
            "reason": "A settlement came late.",
        },
    ),
}

COMPONENTS: dict[str, dict[str, Any]] = {
    "GiftIn": GIFT_IN,
    "GiftResult": GIFT_OUT,
    "GiftResults": GIFTS_OUT,
    "Problem": PROBLEM,
}
