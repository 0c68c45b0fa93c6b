"""Which outside id became which entry: each gift has exactly one, and it is the one that its private part names.

Claims are ordered by their ids and entries by their numbers, so the two meet in a file of slots: 4 bytes an entry,
outside of memory. Several processes fill it, each from a range of ids; whoever verifies a run reads that run's slots.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from ledger.verify.openings import begun_slot
from ledger.verify.report import Findings, failure
from ledger.verify.rows import Rows, reading

SLOT_BYTES = 4
READ_AT_ONCE = 50_000

ClaimKey = tuple[str, str]
"""Scope and key."""


class ClaimsTask(NamedTuple):
    """A range of claims.

    Attributes:
        url: The database.
        fund_id: The fund.
        slug: Its name.
        size: Entries.
        after: Claims after this one; None from the first.
        until: Up to this one; None to the last.
        slots: The file to fill.
    """

    url: str
    fund_id: int
    slug: str
    size: int
    after: ClaimKey | None
    until: ClaimKey | None
    slots: str


class OtherClaim(NamedTuple):
    """A claim that is not a gift's."""

    scope: str
    key: str
    seq: int
    digest: bytes


@dataclass
class ClaimsResult:
    """What came of a range.

    Attributes:
        gifts: Claims of gifts.
        others: All others.
        findings: What is wrong.
    """

    gifts: int = 0
    others: list[OtherClaim] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)


def claims_tasks(rows: Rows, task: ClaimsTask, parts: int) -> list[ClaimsTask]:
    """Cut the claims of a fund into ranges of about the same number.

    Args:
        rows: The database.
        task: All claims.
        parts: How many ranges.

    Returns:
        One or more.
    """
    count = int(rows.one("SELECT count(*) FROM claims WHERE fund_id = ?", task.fund_id))
    cuts: list[ClaimKey | None] = [None]
    if count > READ_AT_ONCE:
        for part in range(1, parts):
            found = rows.all(
                "SELECT scope, key FROM claims WHERE fund_id = ? ORDER BY scope, key LIMIT 1 OFFSET ?",
                task.fund_id,
                count * part // parts,
            )
            cuts.append((found[0][0], found[0][1]))
    cuts.append(None)
    return [task._replace(after=after, until=until) for after, until in pairwise(cuts)]


def fill_slots(task: ClaimsTask) -> ClaimsResult:
    """Read a range of claims and fill the slots of their entries.

    Args:
        task: The range.

    Returns:
        What came of it; never an exception.
    """
    result = ClaimsResult()
    try:
        with (
            reading(task.url) as rows,
            Path(task.slots).open("r+b") as file,
            mmap.mmap(file.fileno(), 0) as slots,
        ):
            after = task.after
            while True:
                found = _read(rows, task, after)
                _fill(task, slots, found, result)
                if len(found) < READ_AT_ONCE:
                    break
                after = (found[-1][0], found[-1][1])
    except Exception as error:  # noqa: BLE001  # whatever a damaged database makes of us is a finding
        result.findings.fail(
            "readable",
            failure(
                task.slug,
                None,
                ("claims", ""),
                "unreadable",
                "",
                f"{type(error).__name__}: {error}",
            ),
        )
    return result


def _read(rows: Rows, task: ClaimsTask, after: ClaimKey | None) -> list[tuple[Any, ...]]:
    sql = "SELECT scope, key, seq, digest FROM claims WHERE fund_id = ?"
    values: list[object] = [task.fund_id]
    if after is not None:
        sql += " AND (scope, key) > (?, ?)"
        values += after
    if task.until is not None:
        sql += " AND (scope, key) <= (?, ?)"
        values += task.until
    return rows.all(f"{sql} ORDER BY scope, key LIMIT {READ_AT_ONCE}", *values)


def _fill(
    task: ClaimsTask, slots: mmap.mmap, rows: list[tuple[Any, ...]], result: ClaimsResult
) -> None:
    """Fill the slots of some claims; the loop is a tenth of what verification costs."""
    last_scope, begun, size = "", 0, task.size
    with memoryview(slots) as whole, whole.cast("I") as cells:
        for scope, key, seq, digest in rows:
            if scope != last_scope:
                last_scope, begun = scope, begun_slot(scope) if scope.startswith("gift:") else -1
            if not 0 <= seq < size:
                place = ("claims", f"seq={seq}")
                result.findings.fail("claims", failure(task.slug, seq, place, "unexpected"))
            elif begun < 0:
                result.others.append(OtherClaim(scope, key, seq, bytes(digest)))
            elif cells[seq]:
                place = ("claims", f"seq={seq}")
                result.findings.fail("claims", failure(task.slug, seq, place, "claimed-twice"))
            else:
                result.gifts += 1
                cells[seq] = crc32(key.encode(), begun) or 1
