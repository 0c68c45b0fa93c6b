"""Canonical bytes of an entry: RFC 8785 (JCS) JSON, by orjson's sorted keys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from ledger.errors import FieldError
from ledger.journal.entries import Posting

_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_LIKE_A_FRACTION = re.compile(rb"[:,\[]-?\d+[.eE]")


def encode(value: dict[str, Any]) -> bytes:
    """Encode a JSON object canonically.

    Keys must be ASCII: then orjson's order by UTF-8 bytes is JCS's order by UTF-16 units. A property test holds
    this against the reference encoder.

    Args:
        value: Objects, arrays, strings, booleans, null and integers below 2^53 in size. No floats.

    Returns:
        Canonical UTF-8 bytes.

    Raises:
        FieldError: A value that has no canonical form here.

    Source:
        RFC 8785, sections 3.2.2 and 3.2.3.
    """
    try:
        data = orjson.dumps(value, option=_SORTED)
    except (orjson.JSONEncodeError, TypeError) as error:
        raise FieldError(field="entry", reason="not-canonical", detail=str(error)[:80]) from error
    # What is no number is written as null. Both patterns are rare in entries, so the walk is.
    if (_LIKE_A_FRACTION.search(data) or b"null" in data) and _has_fraction(value):
        raise FieldError(field="entry", reason="not-canonical", detail="a fraction")
    return data


def _has_fraction(value: object) -> bool:
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            waiting.extend(one)
        elif one is not None and not isinstance(one, str | int):
            return True
    return False


def decode(data: bytes) -> dict[str, Any]:
    """Read an entry's bytes.

    Args:
        data: Canonical bytes.

    Returns:
        The object.

    Raises:
        FieldError: Not JSON, not an object, or not in canonical form.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise FieldError(field="entry", reason="not-json") from error
    if not isinstance(value, dict) or encode(value) != data:
        raise FieldError(field="entry", reason="not-canonical")
    return value


def decode_kept(data: bytes) -> dict[str, Any]:
    """Read the bytes of an entry that this ledger has kept, without encoding it again to compare.

    For whoever reads very many: what was kept was canonical when it was hashed, and `verify` holds it to that.

    Args:
        data: Canonical bytes.

    Returns:
        The object.

    Raises:
        FieldError: Not JSON, or not an object.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise FieldError(field="entry", reason="not-json") from error
    if not isinstance(value, dict):
        raise FieldError(field="entry", reason="not-an-object")
    return value


def signed_lines(postings: Sequence[Posting]) -> list[dict[str, str | int]]:
    """Return the lines that an entry shows: for each posting the debit (+), then the credit (-).

    Args:
        postings: In order.

    Returns:
        Objects of account, amount in minor units and commodity; they sum to zero for each commodity.
    """
    lines: list[dict[str, str | int]] = []
    for posting in postings:
        amount, commodity = posting.amount, posting.commodity
        lines.append({"account": posting.debit, "amount": amount, "commodity": commodity})
        lines.append({"account": posting.credit, "amount": -amount, "commodity": commodity})
    return lines


def postings_of(lines: Sequence[dict[str, Any]]) -> list[Posting]:
    """Read the postings back from an entry's signed lines.

    Args:
        lines: As `signed_lines` writes them.

    Returns:
        Postings, in order.

    Raises:
        FieldError: Lines that do not come in pairs of debit and equal credit.
    """
    if len(lines) % 2:
        raise FieldError(field="postings", reason="not-in-pairs")
    postings = []
    for debit, credit in zip(lines[::2], lines[1::2], strict=True):
        amount = debit["amount"]
        if amount <= 0 or credit["amount"] != -amount or credit["commodity"] != debit["commodity"]:
            raise FieldError(field="postings", reason="not-in-pairs")
        postings.append(Posting(debit["account"], credit["account"], debit["commodity"], amount))
    return postings
