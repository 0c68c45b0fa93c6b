"""Recorded deliveries: one HTTP delivery a line, to be sent through the same port again.

In: a binary stream of JSON Lines `{"received_at", "headers", "body"}`. Out: a `Delivery` or a `RowProblem` a line.
Guaranteed: the body's bytes are those that were signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import orjson

from ledger.errors import TimeFieldError
from ledger.intake.events import RowProblem, instant_ms, row_problem
from ledger.intake.sources.own_jsonl import read_lines
from ledger.intake.sources.own_rows import RAW_BYTES_MAX, duplicate_key

DELIVERY_BYTES_MAX = 4 * 1024 * 1024
"""Longest line: a body of one MiB, which is what the port takes, with every character escaped."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Delivery:
    """What arrived at the port.

    Attributes:
        line: Line of the file, from 1.
        received_at: When, in UTC.
        headers: Names in lower case.
        body: As sent.
    """

    line: int
    received_at: datetime
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def read_deliveries(stream: BinaryIO) -> Iterator[Delivery | RowProblem]:
    """Read recorded deliveries in bounded memory; empty lines are passed over.

    Args:
        stream: UTF-8 JSON Lines, with or without byte order mark.

    Yields:
        A delivery, or the first problem of its line.
    """
    for line, raw, complete in read_lines(stream, DELIVERY_BYTES_MAX):
        if len(raw) > DELIVERY_BYTES_MAX:
            yield row_problem(line, "", "line-too-long", "", raw[:RAW_BYTES_MAX])
        elif raw:
            yield _delivery(raw, line, complete=complete)


def _delivery(raw: bytes, line: int, *, complete: bool) -> Delivery | RowProblem:
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return row_problem(line, "", "not-json" if complete else "truncated-line", "", raw)
    if not isinstance(row, dict):
        return row_problem(line, "", "not-an-object", "", raw)
    twice = duplicate_key(raw)
    if twice is not None:
        return row_problem(line, twice[:40], "duplicate-key", "", raw)
    at, headers, body = row.get("received_at"), row.get("headers"), row.get("body")
    if not isinstance(at, str):
        return row_problem(line, "received_at", _missing_or_wrong(at), "", raw)
    if not isinstance(headers, dict) or not all(
        isinstance(value, str) for value in headers.values()
    ):
        return row_problem(line, "headers", _missing_or_wrong(headers), "", raw)
    if not isinstance(body, str):
        return row_problem(line, "body", _missing_or_wrong(body), "", raw)
    try:
        received_at = _EPOCH + timedelta(milliseconds=instant_ms(at))
    except (TimeFieldError, OverflowError) as error:
        reason = error.fields["reason"] if isinstance(error, TimeFieldError) else "not-a-time"
        return row_problem(line, "received_at", str(reason), at, raw)
    return Delivery(
        line, received_at, {name.lower(): value for name, value in headers.items()}, body.encode()
    )


def _missing_or_wrong(value: object) -> str:
    return "missing" if value is None else "wrong-type"
