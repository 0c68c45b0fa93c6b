"""Our own gift format as JSON Lines: a stream of bytes to gift events, in bounded memory.

In: a binary stream. Out: one `GiftEvent` or `RowProblem` a line, in order. Guaranteed: a wrong row
never costs a right one; at most one row is held. `docs/gift-format.md` is the contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import orjson

from ledger.intake.events import GiftEvent, RowProblem, row_problem
from ledger.intake.sources.own_rows import RAW_BYTES_MAX, ROW_BYTES_MAX, duplicate_key, own_event

BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")

PROBLEM_KEY = "_problem"
RAW_KEY = "_raw"
"""Added to rows that come back; the reader drops the first, and refuses a row that still has the second."""


def read_jsonl(stream: BinaryIO) -> Iterator[GiftEvent | RowProblem]:
    """Read gifts, one JSON object a line; empty lines are passed over.

    Args:
        stream: UTF-8 with or without byte order mark.

    Yields:
        A gift, or the first problem of its line. A file in UTF-16 yields one problem and ends.
    """
    for line, raw, complete in read_lines(stream, ROW_BYTES_MAX):
        if len(raw) > ROW_BYTES_MAX:
            yield row_problem(line, "", "line-too-long", "", raw[:RAW_BYTES_MAX])
        elif line == 1 and raw.startswith(UTF16_BOMS):
            yield row_problem(line, "", "not-utf-8", "", raw[:RAW_BYTES_MAX])
            return
        elif raw:
            yield _event(raw, line, complete=complete)


def read_lines(stream: BinaryIO, bytes_max: int) -> Iterator[tuple[int, bytes, bool]]:
    r"""Split a stream at line feeds without ever holding more than one line.

    Args:
        stream: Bytes; a byte order mark at its start is dropped.
        bytes_max: Longest line to hand over whole.

    Yields:
        The line's number from 1; its bytes without line end and outer blanks, cut to `bytes_max +
        1` when longer; and whether a line feed ended it.
    """
    number = 0
    while piece := stream.readline(bytes_max + 2):
        number += 1
        if number == 1 and piece.startswith(BOM):
            piece = piece[3:]
        complete = piece.endswith(b"\n")
        if not complete and len(piece) > bytes_max:
            complete = _skip_line(stream)
            yield number, piece[: bytes_max + 1], complete
        else:
            yield number, piece.strip(b" \t\r\n"), complete


def _skip_line(stream: BinaryIO) -> bool:
    """Read on to the next line feed in small pieces; tell whether there was one."""
    while rest := stream.readline(65536):
        if rest.endswith(b"\n"):
            return True
    return False


def _event(raw: bytes, line: int, *, complete: bool) -> GiftEvent | RowProblem:
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return row_problem(line, "", _why_unreadable(raw, complete=complete), "", raw)
    if type(row) is not dict:
        return row_problem(line, "", "not-an-object", "", raw)
    twice = None if _keys_are_unique(raw, row) else duplicate_key(raw)
    if twice is not None:
        return row_problem(line, twice[:40], "duplicate-key", "", raw)
    if RAW_KEY in row:
        return row_problem(line, RAW_KEY, "not-corrected", "", raw)
    row.pop(PROBLEM_KEY, None)
    return own_event(row, line, raw)


def _keys_are_unique(raw: bytes, row: dict[str, object]) -> bool:
    r"""Show cheaply that no key stands twice; False means that it has to be looked at.

    A colon of the line is between a key and its value, or inside a text. If there are only as many
    as keys were read and `at` has, no further key can have been there: unless a colon of `at` is
    written as an escape (`\u003a`).
    """
    at = row.get("at")
    return type(at) is str and b"\\u003" not in raw and raw.count(b":") == len(row) + at.count(":")


def _why_unreadable(raw: bytes, *, complete: bool) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "not-utf-8" if complete else "truncated-line"
    return "not-json" if complete else "truncated-line"
