"""Rows that were not taken, as a file that can be corrected and sent again.

In: problems. Out: bytes in the format that the rows came in. Guaranteed: what the reader of that format reads from
a row that came back, once corrected, is what it would have read from the row in its first file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

import orjson

from ledger.intake.events import RowProblem, explain
from ledger.intake.sources.own_csv import PROBLEM_COLUMN, RAW_COLUMN, guarded, split_row, unguarded
from ledger.intake.sources.own_jsonl import PROBLEM_KEY, RAW_KEY
from ledger.intake.sources.own_rows import duplicate_key


def jsonl_problems(problems: Iterable[RowProblem]) -> Iterator[bytes]:
    """Write problems as JSON Lines.

    Args:
        problems: From `read_jsonl`, or of events that it gave.

    Yields:
        One line a problem: the row's own fields, and `_problem` with line, field, reason and a sentence. A row that
        could not be read as an object stands whole in `_raw`, and is refused until it is put right.
    """
    for problem in problems:
        note = {
            "line": problem.line,
            "field": problem.field,
            "reason": problem.reason,
            "says": explain(problem.reason),
        }
        yield orjson.dumps({**_object(problem.raw), PROBLEM_KEY: note}) + b"\n"


def _object(raw: bytes) -> dict[str, object]:
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        row = None
    if not isinstance(row, dict) or duplicate_key(raw) is not None:
        return {RAW_KEY: raw.decode("utf-8", "backslashreplace")}
    row.pop(PROBLEM_KEY, None)
    return row


def csv_problems(problems: Iterable[RowProblem], columns: tuple[str, ...]) -> Iterator[bytes]:
    """Write problems as CSV, safe to open in a spreadsheet.

    Args:
        problems: From `CsvGifts`, or of events that it gave.
        columns: `CsvGifts.columns` of the file that they stood in.

    Yields:
        The header, then a row a problem: its own values, `problem` with line, field, reason and a sentence, and
        `raw` with the whole row where it could not be split into its columns. Values that a spreadsheet would run as
        formulas have an apostrophe in front, which the reader takes off a file that has the column `problem`.
    """
    own = tuple(name for name in columns if name not in {PROBLEM_COLUMN, RAW_COLUMN})
    yield _line((*own, PROBLEM_COLUMN, RAW_COLUMN))
    for problem in problems:
        values = _values(problem.raw, columns)
        note = f"{problem.line}: {problem.field}: {problem.reason}: {explain(problem.reason)}"
        if values is None:
            whole = problem.raw.decode("utf-8", "backslashreplace")
            yield _line((*("" for _ in own), note, guarded(whole)))
        else:
            yield _line(
                (
                    *(guarded(values[name]) for name in own),
                    note,
                    guarded(values.get(RAW_COLUMN, "")),
                )
            )


def _values(raw: bytes, columns: tuple[str, ...]) -> dict[str, str] | None:
    try:
        values = split_row(raw.decode())
    except UnicodeDecodeError:
        return None
    if values is None or len(values) != len(columns):
        return None
    if PROBLEM_COLUMN in columns:
        values = [unguarded(value) for value in values]
    return dict(zip(columns, values, strict=True))


def report_problems(problems: Iterable[RowProblem]) -> Iterator[bytes]:
    """Write problems of any source as a CSV report: line, field, reason, a sentence, and the row as it came.

    Args:
        problems: Of any source; for formats that are not ours, which cannot be sent again as rows.

    Yields:
        The header, then a row a problem; guarded against formulas.
    """
    yield _line(("line", "field", "reason", "says", "raw"))
    for problem in problems:
        raw = problem.raw.decode("utf-8", "backslashreplace")
        fields = (problem.field, problem.reason, explain(problem.reason), raw)
        yield _line((str(problem.line), *(guarded(value) for value in fields)))


def _line(values: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue().encode()
