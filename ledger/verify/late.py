"""Hold the index of late entries to the entries: nothing in it that is not late, and nothing late that is not in it.

In: rows, and what the entries say. Out: findings. Entries that carry the mark of their month are compared run by run;
gifts that are only late for their own time are read again from each row, and counted against all that the entries have.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from ledger.clock import from_text, local_month
from ledger.errors import LedgerError
from ledger.journal.codec import decode
from ledger.journal.late import OPEN, LateRun, joined, late_before
from ledger.verify.facts import Facts
from ledger.verify.rows import Rows

TABLE = "late_entries"
AT_ONCE = 2_000
"""Entries of a run that are read at once."""

Fail = Callable[..., None]
"""Takes key and reason, and what is expected and found."""


def check_late(rows: Rows, fund_id: int, facts: Facts, fail: Fail) -> int:
    """Check the rows of one fund.

    Args:
        rows: The database.
        fund_id: The fund.
        facts: What its entries say.
        fail: Told of each row that is wrong.

    Returns:
        How many rows were looked at.
    """
    found = [
        LateRun(*row)
        for row in rows.all(
            "SELECT first_seq, last_seq, kind, month, counts_in, state, amount, commodity "
            "FROM late_entries WHERE fund_id = ? ORDER BY first_seq",
            fund_id,
        )
    ]
    for before, one in itertools.pairwise(found):
        if one.first <= before.last:
            fail(_place(one), "twice", before.last + 1, one.first)
    _check_marked(joined(one for one in found if one.state != OPEN), facts.late, fail)
    gifts = [one for one in found if one.state == OPEN]
    counted = sum(one.length for one in gifts)
    if counted != facts.late_gifts:
        fail("gifts", "differs", facts.late_gifts, counted)
    zone = str(facts.opened.get("zone", ""))
    for one in gifts:
        _check_gifts(rows, fund_id, one, zone, fail)
    return len(found)


def _place(one: LateRun) -> str:
    return f"first_seq={one.first}"


def _check_marked(found: list[LateRun], expected: list[LateRun], fail: Fail) -> None:
    there = {one.first: one for one in found}
    for one in expected:
        other = there.pop(one.first, None)
        if other is None:
            fail(_place(one), "missing", one)
        elif other != one:
            fail(_place(one), "differs", one, other)
    for other in there.values():
        fail(_place(other), "unexpected", None, other)


def _check_gifts(rows: Rows, fund_id: int, run: LateRun, zone: str, fail: Fail) -> None:
    """Read the gifts of a row again."""
    total = 0
    for first in range(run.first, run.last + 1, AT_ONCE):
        for seq, entry in rows.all(
            "SELECT seq, entry FROM entries WHERE fund_id = ? AND seq >= ? AND seq < ? ORDER BY seq",
            fund_id,
            first,
            min(first + AT_ONCE, run.last + 1),
        ):
            wrong = _wrong(bytes(entry), run, zone)
            if wrong:
                fail(f"{_place(run)} entry {seq}", "differs", wrong, run)
                return
            total += decode(bytes(entry))["body"]["amount"]
    if total != run.amount:
        fail(f"{_place(run)} amount", "differs", total, run.amount)


def _wrong(entry: bytes, run: LateRun, zone: str) -> str:
    """Return what an entry is instead of a late gift of its run; empty where it is one."""
    try:
        value = decode(entry)
        body, occurred_at = value["body"], value["occurred_at"]
        month = local_month(from_text(occurred_at), zone)
        said = (value["kind"], body.get("commodity"), month, month)
        is_late = "late" not in body and occurred_at < late_before(value["recorded_at"])
    except (LedgerError, KeyError, ValueError, TypeError, OverflowError):
        return "unreadable"
    if said != (run.kind, run.commodity, run.month, run.counts_in):
        return str(said)
    return "" if is_late else "not late"
