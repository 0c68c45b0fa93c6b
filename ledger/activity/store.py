"""Rows of the activity record."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence

import sqlalchemy as sa

from ledger.activity.records import REASON_MAX, SUBJECT_MAX, Activity
from ledger.activity.tables import activity
from ledger.db import insert_rows

COLUMNS = (
    "fund_id",
    "at_ms",
    "number",
    "user_id",
    "member_id",
    "role",
    "address",
    "action",
    "subject",
    "reason",
    "outcome",
    "request_id",
)

Row = tuple[int, int, int, int | None, str | None, str, str, str, str, str, str, str]

_RANDOM_BITS = 40
_COUNT_BITS = 22
_count = itertools.count()


def row_of(one: Activity, at_ms: int) -> Row:
    """Return the row of an activity.

    Args:
        one: What was done.
        at_ms: When, POSIX milliseconds.

    Returns:
        Values in the order of `COLUMNS`.
    """
    origin = one.origin
    return (
        one.fund_id,
        at_ms,
        _next_number(),
        origin.user_id,
        one.member_id,
        one.role,
        origin.address,
        one.action,
        one.subject[:SUBJECT_MAX],
        one.reason[:REASON_MAX],
        one.outcome,
        origin.request_id,
    )


def add(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Insert rows."""
    insert_rows(connection, activity, COLUMNS, rows)


def _next_number() -> int:
    """Return a number that grows within this process, and that no other process takes in the same millisecond."""
    count = next(_count) % (1 << _COUNT_BITS)
    return count << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
