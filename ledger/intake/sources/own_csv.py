"""Our own gift format as CSV: a stream of bytes to gift events, in bounded memory.

In: a binary stream. Out: one `GiftEvent` or `RowProblem` a row, in order. Guaranteed: a wrong row never costs a right
one, not even by a quote that is not closed; at most one row of 64 KiB is held. `docs/gift-format.md` is the contract.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from ledger.errors import FileFormatError
from ledger.intake.events import GiftEvent, RowProblem, row_problem
from ledger.intake.sources.own_jsonl import BOM
from ledger.intake.sources.own_rows import FIELDS, RAW_BYTES_MAX, ROW_BYTES_MAX, own_event

PROBLEM_COLUMN = "problem"
RAW_COLUMN = "raw"
"""Added to a file of rows that come back; the reader passes over the first, and refuses a row that uses the second."""

GUARDED = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet would take for a formula, with the apostrophes that guard it."""

_COLUMNS = frozenset((*FIELDS, PROBLEM_COLUMN, RAW_COLUMN))
_INTEGERS = ("amount_minor", "coins", "count")
_INTEGER = re.compile(r"-?[0-9]{1,17}")

# What a spreadsheet makes of a long number: its digits are gone, and two gifts could get one id.
_RUINED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]+")

# A file that was cut off inside its last column may look complete; a cut in these would change the money or the key.
_NOT_LAST_WHEN_CUT = frozenset({"id", "amount", "amount_minor", "coins", "count"})

# RFC 4180 section 2: a value is quoted, with quotes doubled, or holds neither quote, comma nor line break.
_VALUE = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\Z)')


class CsvGifts:
    """The gifts of one CSV file; iterate over it once.

    Args:
        stream: UTF-8 with or without byte order mark; comma, RFC 4180 quoting, a header line.

    Raises:
        FileFormatError: No usable header: `not-utf-8`, `missing`, `unknown-field`, `duplicate-key`, `bad-quoting`.

    Attributes:
        columns: The header's names, in the file's order.

    Source:
        RFC 4180.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._lines = _Lines(stream)
        raw, self._header_lines = self._lines.record()
        self.columns = _header(raw)
        self._returned = PROBLEM_COLUMN in self.columns
        self._number = 1

    def __iter__(self) -> Iterator[GiftEvent | RowProblem]:
        """Yield a gift or the first problem of each row; empty lines are passed over."""
        line = 1 + self._header_lines
        while True:
            raw, lines = self._lines.record()
            if not lines:
                return
            if len(raw) > ROW_BYTES_MAX and lines == 1:
                yield row_problem(line, "", "line-too-long", "", raw[:RAW_BYTES_MAX])
            elif raw.strip(b"\r\n"):
                result = self._row(raw, line)
                if (
                    lines > 1
                    and isinstance(result, RowProblem)
                    and result.reason in {"bad-quoting", "column-count"}
                ):
                    # The quote was a slip: give back its own line, and read the lines that it swallowed again.
                    raw, lines = self._lines.first_of(raw)
                    result = row_problem(line, "", "bad-quoting", "", raw.rstrip(b"\r\n"))
                yield result
            line += lines

    def _row(self, raw: bytes, line: int) -> GiftEvent | RowProblem:
        complete = raw.endswith(b"\n")
        raw = raw.rstrip(b"\r\n")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return row_problem(line, "", "not-utf-8" if complete else "truncated-line", "", raw)
        values = split_row(text)
        if values is None:
            return row_problem(line, "", "bad-quoting" if complete else "truncated-line", "", raw)
        if len(values) != len(self.columns):
            return row_problem(
                line, "", "column-count" if complete else "truncated-line", len(values), raw
            )
        if not complete and self.columns[-1] in _NOT_LAST_WHEN_CUT:
            return row_problem(line, self.columns[-1], "truncated-line", values[-1], raw)
        return self._event(values, line, raw)

    def _event(self, values: list[str], line: int, raw: bytes) -> GiftEvent | RowProblem:
        row: dict[str, object] = {}
        for name, value in zip(self.columns, values, strict=True):
            if value:
                row[name] = unguarded(value) if self._returned else value
        if self._returned:
            row.pop(PROBLEM_COLUMN, None)
            if row.pop(RAW_COLUMN, ""):
                return row_problem(line, RAW_COLUMN, "not-corrected", "", raw)
        if _RUINED.fullmatch(str(row.get("id"))):
            return row_problem(line, "id", "ruined-number", row["id"], raw)
        wrong = _to_integers(row)
        if wrong is not None:
            return row_problem(line, wrong, "not-an-integer", row[wrong], raw)
        return own_event(row, line, raw)


def _to_integers(row: dict[str, object]) -> str | None:
    """Turn the whole numbers of a row into integers, in place; name the first that is none."""
    for name in _INTEGERS:
        text = row.get(name)
        if isinstance(text, str):
            if _INTEGER.fullmatch(text) is None:
                return name
            row[name] = int(text)
    return None


def read_csv(stream: BinaryIO) -> Iterator[GiftEvent | RowProblem]:
    """Read gifts from CSV; see `CsvGifts`, which also tells the columns."""
    return iter(CsvGifts(stream))


def split_row(text: str) -> list[str] | None:
    """Split one row into its values.

    Args:
        text: A row without its line end; quoted values may hold line breaks.

    Returns:
        The values, or None when its quotes do not follow RFC 4180.
    """
    if '"' not in text:
        return None if "\r" in text or "\n" in text else text.split(",")
    values, at = [], 0
    while True:
        found = _VALUE.match(text, at)
        if found is None:
            return None
        quoted, bare, end = found.groups()
        values.append(bare if quoted is None else quoted.replace('""', '"'))
        if not end:
            return values
        at = found.end()


def guarded(value: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula; `unguarded` takes it off again.

    Source:
        OWASP, "CSV Injection".
    """
    return "'" + value if GUARDED.match(value) else value


def unguarded(value: str) -> str:
    """Take off the apostrophe that `guarded` put before a value; nothing else is touched."""
    return value[1:] if value.startswith("'") and GUARDED.match(value) else value


def _header(raw: bytes) -> tuple[str, ...]:
    """Return the names of the columns.

    Raises:
        FileFormatError: As `CsvGifts` says.
    """
    columns = _names(raw)
    for place, name in enumerate(columns):
        if name not in _COLUMNS:
            raise FileFormatError(line=1, field=name[:40], reason="unknown-field", value="")
        if name in columns[:place]:
            raise FileFormatError(line=1, field=name, reason="duplicate-key", value="")
    for wanted in ({"id"}, {"at"}, {"amount", "amount_minor", "coins"}):
        if wanted.isdisjoint(columns):
            raise FileFormatError(line=1, field=min(wanted), reason="missing", value="")
    return columns


def _names(raw: bytes) -> tuple[str, ...]:
    try:
        names = split_row(raw.rstrip(b"\r\n").decode())
    except UnicodeDecodeError as error:
        raise FileFormatError(line=1, field="", reason="not-utf-8", value="") from error
    if names is None:
        raise FileFormatError(line=1, field="", reason="bad-quoting", value="")
    return tuple(name.strip() for name in names)


class _Lines:
    """Physical lines of a stream, put together to records while a quote is open; lines can be given back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: deque[bytes] = deque()
        self._first = True

    def record(self) -> tuple[bytes, int]:
        """Return the next record with its line ends and how many lines it takes; no lines at the end.

        A line longer than `ROW_BYTES_MAX` comes alone, cut. A record that would grow longer, or that the end of the
        file leaves open, comes as its first line only, and the others are read again.
        """
        first = self._line()
        if first.count(b'"') % 2 == 0 or len(first) > ROW_BYTES_MAX:
            return first, 1 if first else 0
        parts, size = [first], len(first)
        while size <= ROW_BYTES_MAX:
            line = self._line()
            parts.append(line)
            size += len(line)
            if not line:
                break
            if line.count(b'"') % 2:
                if size > ROW_BYTES_MAX:
                    break
                return b"".join(parts), len(parts)
        self._waiting.extendleft(line for line in reversed(parts[1:]) if line)
        return first, 1

    def first_of(self, record: bytes) -> tuple[bytes, int]:
        """Keep the first line of a record and put its other lines back."""
        lines = re.findall(rb"[^\n]*\n|[^\n]+", record)
        self._waiting.extendleft(reversed(lines[1:]))
        return lines[0], 1

    def _line(self) -> bytes:
        if self._waiting:
            return self._waiting.popleft()
        piece = self._stream.readline(ROW_BYTES_MAX + 2)
        if len(piece) > ROW_BYTES_MAX and not piece.endswith(b"\n"):
            while (rest := self._stream.readline(65536)) and not rest.endswith(b"\n"):
                pass
        if self._first:
            self._first = False
            piece = piece.removeprefix(BOM)
        return piece
