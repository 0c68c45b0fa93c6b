"""Our own gift format: one row's fields to a gift event. The same for JSON Lines, CSV and the API.

In: a row as a mapping. Out: a `GiftEvent` or a `RowProblem`. Guaranteed: no value is guessed or
rounded. `docs/gift-format.md` is the contract.
"""

from __future__ import annotations

import hashlib
import json

import orjson

from ledger.errors import AmountError, FileFormatError, TimeFieldError
from ledger.intake.events import GiftEvent, RowProblem, Via, instant_ms, row_problem
from ledger.money import EXPONENTS, parse_amount

TEXTS = ("giver", "nickname", "message", "gift", "session")
FIELDS = ("id", "at", "amount", "currency", "amount_minor", "coins", "unit", "count", *TEXTS)
"""Every field of a row, in the order in which we write them."""

_KNOWN = frozenset(FIELDS)

ROW_BYTES_MAX = 64 * 1024
"""Largest row: as much as an entry may hold."""

RAW_BYTES_MAX = 4096
"""What is handed back of a row that is too long: enough to recognise it."""

WHOLE_DIGITS = 13
"""Fewer digits than these before the point cannot reach the largest amount, whatever the currency."""

BODY_ROWS_MAX = 10_000
"""Gifts in one call of the API."""


def own_event(
    row: dict[str, object], line: int, raw: bytes, via: Via = "file"
) -> GiftEvent | RowProblem:
    """Read one row of our own format.

    Args:
        row: Field names to values; null counts as absent.
        line: Where it stood, from 1.
        raw: The row's bytes; their SHA-256 is the evidence.
        via: `file` or `api`.

    Returns:
        The gift with syntax checked; `check_event` has the last word on sizes and times. Or the
        first problem.
    """
    if not _KNOWN.issuperset(row):
        name = next(name for name in row if name not in _KNOWN)
        return row_problem(line, name[:40], "unknown-field", "", raw)
    get = row.get
    source_id, at, count = get("id"), get("at"), get("count", 1)
    giver, nickname, message = get("giver", ""), get("nickname", ""), get("message", "")
    gift, session = get("gift", ""), get("session", "")
    if not (
        type(source_id) is str
        and type(at) is str
        and type(giver) is str
        and type(nickname) is str
        and type(message) is str
        and type(gift) is str
        and type(session) is str
        and type(count) is int
    ):
        return _wrong_type(row, line, raw, via)
    try:
        money = _money(row)
        occurred_at_ms = instant_ms(at)
    except (AmountError, TimeFieldError) as error:
        if None in row.values():
            return own_event(_without_nulls(row), line, raw, via)
        fields = error.fields
        return row_problem(line, str(fields["field"]), str(fields["reason"]), fields["value"], raw)
    units, unit, gross_minor, commodity = money
    return GiftEvent(
        source_id,
        session,
        occurred_at_ms,
        giver,
        nickname,
        message,
        gift,
        gift,
        count,
        units,
        unit,
        gross_minor,
        commodity,
        "paid",
        via,
        hashlib.sha256(raw).digest(),
        False,  # by position, because keywords double the cost of the hottest call
        line,
        raw,
    )


def _wrong_type(row: dict[str, object], line: int, raw: bytes, via: Via) -> GiftEvent | RowProblem:
    """Take nulls as absent and try again, or name the first field of a wrong type."""
    if None in row.values():
        return own_event(_without_nulls(row), line, raw, via)
    for name in ("id", "at"):
        if name not in row:
            return row_problem(line, name, "missing", "", raw)
    for name in ("id", "at", *TEXTS):
        if not isinstance(row.get(name, ""), str):
            return row_problem(line, name, "not-a-text", row[name], raw)
    return row_problem(line, "count", "not-an-integer", row["count"], raw)


def _without_nulls(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}


def _money(row: dict[str, object]) -> tuple[int, str, int | None, str]:
    """Return units, unit, gross in minor units and commodity.

    Raises:
        AmountError: No amount, several, or one that is not exact.
    """
    if "coins" in row:
        return _coins(row)
    if "unit" in row or ("amount" in row) == ("amount_minor" in row):
        given = "unit" in row or "amount" in row
        raise AmountError(field="amount", reason="two-amounts" if given else "missing", value="")
    currency = row.get("currency")
    if currency is None or currency == "":
        raise AmountError(field="currency", reason="missing", value="")
    if type(currency) is not str or currency not in EXPONENTS:
        raise AmountError(field="currency", reason="unknown-commodity", value=currency)
    minor = _decimal(row["amount"], currency) if "amount" in row else _whole(row, "amount_minor")
    return minor, currency, minor, currency


def _coins(row: dict[str, object]) -> tuple[int, str, None, str]:
    """Return coins and their unit; their worth is open.

    Raises:
        AmountError: No unit, a currency as unit, an amount as well, or not a whole number.
    """
    if "amount" in row or "amount_minor" in row or "currency" in row:
        raise AmountError(field="coins", reason="two-amounts", value="")
    unit = row.get("unit")
    if type(unit) is not str or not unit:
        raise AmountError(field="unit", reason="not-a-text" if unit else "missing", value="")
    if unit in EXPONENTS:
        raise AmountError(field="unit", reason="currency-as-unit", value=unit)
    return _whole(row, "coins"), unit, None, ""


def _whole(row: dict[str, object], name: str) -> int:
    """Return an integer of the row.

    Raises:
        AmountError: A float, a text, a truth value or nothing.
    """
    value = row[name]
    if type(value) is not int:
        raise AmountError(field=name, reason="not-an-integer", value=value)
    return value


def _decimal(text: object, currency: str) -> int:
    """Read a plain decimal; with all its decimals written out, the usual case, it needs no `Decimal`.

    Raises:
        AmountError: A JSON number, not a decimal, too fine or too large.
    """
    if type(text) is not str:
        raise AmountError(field="amount", reason="not-a-decimal-string", value=text)
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if (
        text.isascii()
        and digits.isdigit()
        and len(fraction) == EXPONENTS[currency]
        and 0 < len(whole) < WHOLE_DIGITS
    ):
        return int(digits)
    if not text.isascii() or "," in text or text != text.strip():
        # Commas are for people: in a file, `1,000` may be a European 1.000 as well.
        raise AmountError(field="amount", reason="not-an-amount", value=text)
    return parse_amount(text, currency)


class DuplicateKeyError(ValueError):
    """A JSON object has a key twice; only used between the two functions below."""


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise DuplicateKeyError(name)
            seen.add(name)
    return row


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=str, parse_float=str)
"""Numbers are left as text: Python limits the digits that it turns into an integer."""


def duplicate_key(text: bytes) -> str | None:
    """Return the first key that stands twice in an object of a JSON text, which orjson would pass over.

    Args:
        text: JSON that orjson has read.

    Returns:
        The key, or None.

    Source:
        RFC 8259 section 4: what readers do with names that are not unique is unpredictable; so
        none is taken.
    """
    try:
        _DECODER.decode(text.decode())
    except DuplicateKeyError as error:
        return str(error)
    except RecursionError:
        # Too deep for this reader. Rows are flat, so that whoever asks refuses it by the type of its field.
        return None
    return None


def read_body(body: bytes) -> list[GiftEvent | RowProblem]:
    """Read the body of an API call: one gift as an object, or an array of them.

    Args:
        body: UTF-8 JSON.

    Returns:
        One result a gift, in order; `line` is the place in the array from 1.

    Raises:
        FileFormatError: Not JSON, neither object nor array, empty, too many, or a key stands
            twice.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise FileFormatError(field="", reason="not-json", value="") from error
    twice = duplicate_key(body)
    if twice is not None:
        raise FileFormatError(field=twice[:40], reason="duplicate-key", value="")
    if isinstance(parsed, dict):
        return [own_event(parsed, 1, body, "api")]
    if not isinstance(parsed, list) or not parsed:
        raise FileFormatError(field="", reason="not-an-object", value="")
    if len(parsed) > BODY_ROWS_MAX:
        raise FileFormatError(field="", reason="too-large", value=len(parsed))
    return [_element(value, line) for line, value in enumerate(parsed, 1)]


def _element(value: object, line: int) -> GiftEvent | RowProblem:
    raw = orjson.dumps(value)
    if not isinstance(value, dict):
        return row_problem(line, "", "not-an-object", "", raw)
    return own_event(value, line, raw, "api")
