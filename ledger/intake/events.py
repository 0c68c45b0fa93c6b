"""A gift as every source hands it over, and what is refused before it may become an entry.

In: fields that a source module read. Out: a `GiftEvent`, or a named refusal. Guaranteed: no clock,
no database; two events with equal content fields have equal digests, however they arrived.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

import orjson

from ledger.errors import TimeFieldError
from ledger.money import AMOUNT_MAX, EXPONENTS, PLATFORM_UNITS

Kind = Literal["paid", "free"]
Via = Literal["push", "lookback", "file", "api"]

FUTURE_MS_MAX = 10 * 60 * 1000
"""A source's clock may be ahead of ours by ten minutes."""

AGE_MS_MAX = 400 * 24 * 3600 * 1000
"""A year and a month: last year's recordings can still be brought in, a wrong century cannot."""

COUNT_MAX = 1_000_000
"""Most pieces in one gift; platforms stop combos far below."""

ID_CHARS_MAX = 128
VALUE_CHARS_MAX = 40

GIFT_MINOR_MAX: dict[str, int] = {
    code: 10 ** (6 + digits) for code, digits in EXPONENTS.items()
} | {
    "JPY": 20_000_000,
    "KRW": 200_000_000,
    "TWD": 500_000_000,
}
"""Largest single gift in minor units: 1,000,000.00 CNY, and as much or a like sum elsewhere. More is a typing error
or an attack until a person says otherwise."""

TEXT_CHARS_MAX = {
    "source_id": ID_CHARS_MAX,
    "session": ID_CHARS_MAX,
    "giver": ID_CHARS_MAX,
    "item": ID_CHARS_MAX,
    "item_name": 100,
    "nickname": 100,
    "message": 500,
}
"""Characters at most of each text, in the order in which they are checked."""

_SHORTEST_LIMIT = min(TEXT_CHARS_MAX.values())
_IDENTIFIERS = frozenset({"source_id", "session", "giver", "item"})
_PERSONAL = frozenset({"nickname", "message", "giver", "userInfo"})

# Controls, lone surrogates, noncharacters, line separators, and the bidirectional overrides, with
# which a nickname could reorder the figures printed next to it. Joiners and variation selectors
# stay: emoji are made of them.
_BAD_IN_LINE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_BAD_IN_MESSAGE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

REASONS = {
    "missing": "the field is missing or empty",
    "too-long": "the text is longer than allowed",
    "control-character": "the text holds a control character or another character that cannot be printed",
    "unknown-commodity": "the currency or unit is not one that the ledger knows",
    "no-rate": "nobody has set what this unit is worth at that time",
    "not-positive": "an amount must be above zero",
    "too-large": "the amount or count is larger than a single gift may be",
    "far-future": "the time is more than ten minutes after the gift was received",
    "too-old": "the time is more than 400 days before the gift was received",
    "not-a-time": "the time must be RFC 3339 with its offset, such as 2026-10-09T20:00:24+08:00",
    "no-time-zone": "the time lacks its offset, such as +08:00",
    "not-an-amount": "the amount is not a decimal number",
    "too-many-decimals": "the amount has more decimals than its currency",
    "not-a-decimal-string": "amount must be a decimal string or integer minor units `amount_minor`",
    "not-an-integer": "the field must be a whole number, written without point and exponent",
    "not-a-text": "the field must be a text",
    "two-amounts": "give one of amount, amount_minor and coins, not several",
    "currency-as-unit": "coins are counted in a platform's unit; write a currency with amount and currency",
    "unknown-field": "the field is not part of the format",
    "not-an-object": "the row must be a JSON object",
    "not-json": "the row is not JSON",
    "duplicate-key": "the same key stands twice in the row",
    "not-utf-8": "the row is not UTF-8 text",
    "line-too-long": "the row is larger than 64 KiB; find it in the file by its line number",
    "truncated-line": "the last row ends before it is complete; the file was cut off",
    "column-count": "the row has more or fewer columns than the header",
    "bad-quoting": "a quote is not closed, or stands inside an unquoted value (RFC 4180)",
    "wrong-type": "the field is of another type",
    "not-a-list": "the field must be a list",
    "not-a-truth-value": "the field must be true or false",
    "not-ok": "the platform's answer reports a failure, or is not such an answer",
    "ruined-number": "a spreadsheet has rounded this number; take it from its source, as text",
    "not-corrected": "the row came back in `raw` and was not put into its columns",
    "total-mismatch": "the total is not the count times the price of a piece",
    "conflict": "a gift with this id is recorded with other content",
}
"""Every reason with which a row comes back, as a sentence for a person."""


@dataclass(slots=True)
class GiftEvent:
    """A gift as the platform tells it. Not frozen, because freezing triples the cost of making one.

    Attributes:
        source_id: What makes it count once within a channel; 1 to 128 printable characters.
        session: Room or broadcast; empty when unknown.
        occurred_at_ms: When it was given, milliseconds since 1970 in UTC, by the source's clock.
        giver: The platform's opaque id of the user; empty when unknown.
        nickname: Display name; personal.
        message: What the giver wrote; personal.
        item: Id or name of the gift.
        item_name: Name of the gift; empty when the platform sends none.
        count: Pieces.
        units: As sent: 100 with `KSCOIN`, or 1000 fen with `CNY`; the total, not the price of a
            piece.
        unit: Platform unit or ISO 4217 code that `units` counts.
        gross_minor: Worth in minor units of `commodity`; None while only a rate can tell.
        commodity: ISO 4217 code of `gross_minor`; empty with None.
        kind: `paid`, or `free` for a gift that is no money.
        via: How it came.
        evidence: SHA-256 of the raw row or delivery; 32 bytes.
        signed: Whether a signature over the evidence was checked.
        line: Line of the file, from 1; 0 when it came in no file.
        raw: The row as it stood in its file, so that a refused one can be handed back; may be
            empty.
    """

    source_id: str
    session: str
    occurred_at_ms: int
    giver: str
    nickname: str = attribute(repr=False)
    message: str = attribute(repr=False)
    item: str
    item_name: str
    count: int
    units: int
    unit: str
    gross_minor: int | None
    commodity: str
    kind: Kind
    via: Via
    evidence: bytes
    signed: bool
    line: int = 0
    raw: bytes = attribute(default=b"", repr=False)


CONTENT_FIELDS = (
    "units",
    "unit",
    "gross_minor",
    "commodity",
    "kind",
    "count",
    "item",
    "giver",
    "session",
    "occurred_at_ms",
    "message",
)
"""What must be the same when an id comes again, money first: a contradiction is named by the first that differs.

Nickname and item name are left out: platforms fill them in when asked, so a look-back may show a newer name."""


@dataclass(slots=True)
class RowProblem:
    """A row that is not taken, and all that its sender needs to correct it.

    Attributes:
        line: Line of the file, or place in the list, from 1.
        field: Name of the field as the sender wrote it; empty when the row as a whole is meant.
        reason: A key of `REASONS`.
        value: What stood there, cut to 40 characters; empty for personal fields.
        raw: The row as it came. Holds personal data: for the sender's file only, never for a log.
        event: The gift as far as it could be read, when it is complete but must be held; else
            None.
    """

    line: int
    field: str
    reason: str
    value: str
    raw: bytes = attribute(default=b"", repr=False)
    event: GiftEvent | None = None


class Refusal(NamedTuple):
    """Why an event cannot be booked: the field of `GiftEvent`, a key of `REASONS`, the value (never personal)."""

    field: str
    reason: str
    value: str


@dataclass(frozen=True, slots=True)
class UnitRate:
    """What a platform's unit is worth: `units` of it are `minor` of `commodity` (10 KSCOIN are 100 fen of CNY)."""

    minor: int
    units: int
    commodity: str


def shown_value(name: str, value: object) -> str:
    """Return a value for an error report: cut to 40 characters, nothing at all for a personal field."""
    return "" if name in _PERSONAL else str(value)[:VALUE_CHARS_MAX]


def row_problem(line: int, name: str, reason: str, value: object, raw: bytes) -> RowProblem:
    """Make a problem whose value may be shown.

    Args:
        line: Line of the file, from 1.
        name: Field as the sender wrote it.
        reason: A key of `REASONS`.
        value: What stood there.
        raw: The row as it came.

    Returns:
        The problem.
    """
    return RowProblem(line, name, reason, shown_value(name, value), raw)


def problem_of(event: GiftEvent, refusal: Refusal) -> RowProblem:
    """Hand a refused event back as the row that it came from."""
    return RowProblem(event.line, refusal.field, refusal.reason, refusal.value, event.raw, event)


def explain(reason: str) -> str:
    """Return the sentence for a reason, or the reason itself when it has none."""
    return REASONS.get(reason, reason)


def instant_ms(text: str) -> int:
    """Read an RFC 3339 time with its offset, to the millisecond.

    Args:
        text: For example `2026-10-09T20:00:24+08:00`; finer digits than milliseconds are cut.

    Returns:
        Milliseconds since 1970 in UTC.

    Raises:
        TimeFieldError: Not a time (`not-a-time`), or without offset (`no-time-zone`).

    Source:
        RFC 3339 section 5.6; a leap second is refused, because POSIX time has no place for it.
    """
    seconds = text[17:19]
    if text.isascii() and seconds.isdigit() and "00" <= seconds < "60":
        # Rows of one minute share everything but their seconds, and reading a time is the dearest
        # part of a row.
        return _minute_ms(text[:17], text[19:]) + int(seconds) * 1000
    return _any_instant_ms(text)


@lru_cache(maxsize=1024)
def _minute_ms(head: str, tail: str) -> int:
    return _any_instant_ms(f"{head}00{tail}")


def _any_instant_ms(text: str) -> int:
    shown = text[:VALUE_CHARS_MAX]
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise TimeFieldError(field="at", value=shown, reason="not-a-time")
    if found.group(1) is None:
        raise TimeFieldError(field="at", value=shown, reason="no-time-zone")
    try:
        since = datetime.fromisoformat(text) - _EPOCH
    except (ValueError, OverflowError) as error:
        raise TimeFieldError(field="at", value=shown, reason="not-a-time") from error
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def clean_text(text: str, name: str) -> str:
    """Make a display text of a platform's push fit to keep, because its sender cannot correct it.

    Args:
        text: As sent.
        name: `nickname`, `message` or `item_name`.

    Returns:
        Without the characters that `check_event` refuses, and cut to the field's length.
    """
    if not text.isprintable():
        text = (_BAD_IN_MESSAGE if name == "message" else _BAD_IN_LINE).sub("", text)
    return text[: TEXT_CHARS_MAX[name]]


def content_fields(event: GiftEvent) -> dict[str, str | int]:
    """Return what a repeat must agree with, by name, in the order of `CONTENT_FIELDS`; an open gross is empty."""
    return {
        "units": event.units,
        "unit": event.unit,
        "gross_minor": "" if event.gross_minor is None else event.gross_minor,
        "commodity": event.commodity,
        "kind": event.kind,
        "count": event.count,
        "item": event.item,
        "giver": event.giver,
        "session": event.session,
        "occurred_at_ms": event.occurred_at_ms,
        "message": event.message,
    }


def content_digest(event: GiftEvent) -> bytes:
    """Return 16 bytes that are equal for a repeat and differ for a contradiction.

    Args:
        event: One that `check_event` lets pass (integers within 64 bits, texts without lone
            surrogates).

    Returns:
        The first 16 bytes of SHA-256 over the compact JSON array of the values of
        `CONTENT_FIELDS`, in that order, an open gross as null. The id itself is the key beside it
        and is not in it, nor is how or when it came.
    """
    return hashlib.sha256(
        orjson.dumps(
            (
                event.units,
                event.unit,
                event.gross_minor,
                event.commodity,
                event.kind,
                event.count,
                event.item,
                event.giver,
                event.session,
                event.occurred_at_ms,
                event.message,
            )
        )
    ).digest()[:16]


def first_difference(stored_fields: Mapping[str, str | int], event: GiftEvent) -> str | None:
    """Name the first content field in which a repeat contradicts what is stored.

    Args:
        stored_fields: As `content_fields` gave them; erased ones may be missing and are then not
            compared.
        event: What came now.

    Returns:
        A name of `CONTENT_FIELDS`, or None when all that is stored agrees.
    """
    for name, value in content_fields(event).items():
        if name in stored_fields and stored_fields[name] != value:
            return name
    return None


def check_event(
    event: GiftEvent,
    received_at_ms: int,
    *,
    rates: Mapping[str, UnitRate] | None = None,
    gift_minor_max: Mapping[str, int] = GIFT_MINOR_MAX,
    age_ms_max: int = AGE_MS_MAX,
) -> Refusal | None:
    """Say why an event cannot be booked, or None.

    The first of these that holds is the outcome:

    1. a text is missing (`source_id` only), too long, or holds characters that cannot be printed;
    2. the time is far in the future, or too old;
    3. the unit or currency is unknown, or the unit has no rate;
    4. the count, then the amount, is zero, negative (a free gift: not zero), or absurdly large.

    Args:
        event: From any source.
        received_at_ms: When it reached us, milliseconds since 1970; for a recorded delivery, the
            recorded time.
        rates: What units are worth at the event's time, by unit. Without it coins are checked for
            size as such only.
        gift_minor_max: Largest gift by currency, minor units.
        age_ms_max: How long before `received_at_ms` a gift may lie.

    Returns:
        The refusal, or None for an event that may be booked.
    """
    together = (
        f"{event.session}{event.giver}{event.item}{event.item_name}"
        f"{event.nickname}{event.message}{event.source_id}"
    )
    gross = event.gross_minor
    if (
        # The usual gift of money, whole: if all its texts together are shorter than the shortest
        # limit, each is.
        gross is not None
        and 0 < gross == event.units <= gift_minor_max.get(event.commodity, 0)
        and event.commodity in EXPONENTS
        and event.kind == "paid"
        and 0 < event.count <= COUNT_MAX
        and -FUTURE_MS_MAX <= received_at_ms - event.occurred_at_ms <= age_ms_max
        and event.source_id
        and len(together) <= _SHORTEST_LIMIT
        and together.isprintable()
    ):
        return None
    return (
        _check_texts(event)
        or _check_time(event, received_at_ms, age_ms_max)
        or _check_commodity(event, rates)
        or _check_size(event, rates, gift_minor_max)
    )


def _check_texts(event: GiftEvent) -> Refusal | None:
    if not event.source_id:
        return Refusal("source_id", "missing", "")
    for name, chars_max in TEXT_CHARS_MAX.items():
        text: str = getattr(event, name)
        if len(text) > chars_max:
            return Refusal(name, "too-long", shown_value(name, text))
        if not text.isprintable() and (name in _IDENTIFIERS or _has_bad(name, text)):
            return Refusal(name, "control-character", shown_value(name, ascii(text)))
    return None


def _has_bad(name: str, text: str) -> bool:
    return (_BAD_IN_MESSAGE if name == "message" else _BAD_IN_LINE).search(text) is not None


def _check_time(event: GiftEvent, received_at_ms: int, age_ms_max: int) -> Refusal | None:
    age_ms = received_at_ms - event.occurred_at_ms
    if age_ms < -FUTURE_MS_MAX:
        return Refusal("occurred_at_ms", "far-future", shown_value("", event.occurred_at_ms))
    if age_ms > age_ms_max:
        return Refusal("occurred_at_ms", "too-old", shown_value("", event.occurred_at_ms))
    return None


def _check_commodity(event: GiftEvent, rates: Mapping[str, UnitRate] | None) -> Refusal | None:
    if event.gross_minor is not None:
        if event.commodity not in EXPONENTS:
            return Refusal("commodity", "unknown-commodity", shown_value("", event.commodity))
        return None
    if rates is not None and event.unit in rates:
        return None
    if event.unit not in PLATFORM_UNITS:
        return Refusal("unit", "unknown-commodity", shown_value("", event.unit))
    if rates is not None:
        return Refusal("unit", "no-rate", shown_value("", event.unit))
    return None


def _check_size(
    event: GiftEvent, rates: Mapping[str, UnitRate] | None, gift_minor_max: Mapping[str, int]
) -> Refusal | None:
    if event.count <= 0:
        return Refusal("count", "not-positive", shown_value("", event.count))
    if event.count > COUNT_MAX:
        return Refusal("count", "too-large", shown_value("", event.count))
    amounts = {"units": event.units}
    if event.gross_minor is not None:
        amounts["gross_minor"] = event.gross_minor
    for name, amount in amounts.items():
        if amount < 0 or (amount == 0) != (event.kind == "free"):
            return Refusal(name, "not-positive", shown_value("", amount))
        if amount > AMOUNT_MAX:
            return Refusal(name, "too-large", shown_value("", amount))
    worth, commodity = _worth(event, rates)
    if worth > gift_minor_max.get(commodity, AMOUNT_MAX):
        return Refusal("units", "too-large", shown_value("", event.units))
    return None


def _worth(event: GiftEvent, rates: Mapping[str, UnitRate] | None) -> tuple[int, str]:
    """Return the gift's worth in minor units, rounded up, and its commodity; nothing when no rate is at hand."""
    if event.gross_minor is not None:
        return event.gross_minor, event.commodity
    rate = rates.get(event.unit) if rates else None
    if rate is None:
        return 0, ""
    return -(-event.units * rate.minor // rate.units), rate.commodity
