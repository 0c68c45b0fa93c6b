"""What a platform's delivery holds, in one shape for all platforms, and the few readings that they share.

In: parsed JSON of a delivery. Out: gifts, what is passed over with its reason, and problems. Guaranteed: every row of
a delivery is in exactly one of the three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from ledger.errors import FieldError, FileFormatError
from ledger.intake.events import GiftEvent, RowProblem, row_problem

ROWS_MAX = 10_000
"""Gifts in one delivery; platforms send some tens."""

_WHOLE = re.compile(r"-?[0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class Ignored:
    """A row that is right and yet no gift to book.

    Attributes:
        reason: `test` (a platform's test or load test), `guest` (went to a guest on the stage, not to the host),
            `free` (is no money), `not-a-gift` (another kind of message).
        source_id: The row's id; empty for a whole delivery.
        event: The gift, where it should be kept although it does not count (`guest`, `free`); else None.
    """

    reason: str
    source_id: str
    event: GiftEvent | None = None


@dataclass(slots=True)
class Callback:
    """One delivery, read.

    Attributes:
        message_id: The platform's id of the message; empty when it has none.
        session: Room that it speaks of; empty when unknown.
        rows: Gifts to check and book, in the order sent.
        ignored: What does not count.
        problems: Rows that must be held; `line` is the place in the delivery from 1.
        boxes: By source id, the lucky box that a gift was drawn from.
    """

    message_id: str = ""
    session: str = ""
    rows: list[GiftEvent] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    boxes: dict[str, str] = field(default_factory=dict)

    def add(self, other: Callback) -> None:
        """Take in the rows of another message of the same answer; problems are numbered on."""
        taken = len(self.rows) + len(self.ignored) + len(self.problems)
        for problem in other.problems:
            problem.line += taken
        self.rows += other.rows
        self.ignored += other.ignored
        self.problems += other.problems
        self.boxes.update(other.boxes)


def load_json(body: bytes | str) -> Any:
    """Read a delivery's JSON.

    Args:
        body: Bytes as sent, or a text inside another answer.

    Returns:
        What it holds.

    Raises:
        FileFormatError: Not JSON, or not UTF-8.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise FileFormatError(field="", reason="not-json", value="") from error


def objects(value: object, name: str) -> list[object]:
    """Return a list of a delivery.

    Raises:
        FileFormatError: Not a list, or longer than any platform sends.
    """
    if not isinstance(value, list):
        raise FileFormatError(field=name, reason="not-a-list", value="")
    if len(value) > ROWS_MAX:
        raise FileFormatError(field=name, reason="too-large", value=len(value))
    return value


def text_of(row: dict[str, Any], name: str) -> str:
    """Return a text of a row; absent and null are empty, and a whole number is its digits.

    Raises:
        FieldError: Something else.
    """
    value = row.get(name)
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    raise FieldError(field=name, reason="not-a-text", value=value)


def required_text(row: dict[str, Any], name: str) -> str:
    """Return a text of a row that must be there.

    Raises:
        FieldError: Missing, empty or something else.
    """
    text = text_of(row, name)
    if not text:
        raise FieldError(field=name, reason="missing", value="")
    return text


def whole_of(row: dict[str, Any], name: str) -> int:
    """Return a whole number of a row, sent as a number or as its digits.

    Raises:
        FieldError: Missing, a float, a truth value or something else.
    """
    value = row.get(name)
    if type(value) is int:
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if value is None:
        raise FieldError(field=name, reason="missing", value="")
    raise FieldError(field=name, reason="not-an-integer", value=value)


def row_bytes(row: object) -> bytes:
    """Return a row as JSON, to be shown with its problem; the delivery as sent is kept besides."""
    return orjson.dumps(row)


def field_problem(error: FieldError, line: int, row: object) -> RowProblem:
    """Turn a field that could not be read into the row's problem."""
    fields = error.fields
    return row_problem(
        line, str(fields["field"]), str(fields["reason"]), fields["value"], row_bytes(row)
    )
