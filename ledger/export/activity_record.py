"""The activity record as a file: CSV for spreadsheets, JSON Lines for programs.

In: the record. Out: one row or object for each thing that was done or read, oldest first, fund by fund. Guaranteed: no
more than a stretch of it is in memory; no cell can run as a formula; times are UTC.

Source:
    RFC 4180; OWASP ASVS 5.0.0, 1.2.10 (cells that begin a formula) and 16.2 (what a record has to tell).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TextIO

from ledger.activity.records import SERVICE_WIDE, Recorded
from ledger.cells import BYTE_ORDER_MARK, guarded

COLUMNS = (
    "at",
    "fund",
    "user_id",
    "member_id",
    "role",
    "address",
    "action",
    "subject",
    "outcome",
    "reason",
    "request_id",
)

Write = Callable[[TextIO, Iterable[Recorded], Mapping[int, str]], int]


def write_csv(out: TextIO, record: Iterable[Recorded], slugs: Mapping[int, str]) -> int:
    """Write the record for a spreadsheet.

    Args:
        out: UTF-8, line ends as they are given.
        record: In the order in which it is written.
        slugs: Short names of funds by number.

    Returns:
        How many rows.
    """
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for one in record:
        cells = _values(one, slugs).values()
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in cells])
        count += 1
    return count


def write_json_lines(out: TextIO, record: Iterable[Recorded], slugs: Mapping[int, str]) -> int:
    """Write the record for programs, one object a line; as `write_csv`, but every text as it was."""
    count = 0
    for one in record:
        out.write(json.dumps(_values(one, slugs), ensure_ascii=False) + "\n")
        count += 1
    return count


FORMATS: Mapping[str, Write] = {"csv": write_csv, "jsonl": write_json_lines}


def _values(one: Recorded, slugs: Mapping[int, str]) -> dict[str, str | int | None]:
    activity, origin = one.activity, one.activity.origin
    fund = "" if activity.fund_id == SERVICE_WIDE else slugs.get(activity.fund_id)
    values = (
        _time(one.at),
        str(activity.fund_id) if fund is None else fund,
        origin.user_id,
        activity.member_id,
        activity.role,
        origin.address,
        activity.action,
        activity.subject,
        activity.outcome,
        activity.reason,
        origin.request_id,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
