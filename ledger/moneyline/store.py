"""Write the money line's rows, inside the sequencer's transaction. Nobody else may."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ledger.db import insert_rows
from ledger.moneyline.tables import fills, holes, segments, voids

SEGMENT_COLUMNS = (
    "fund_id",
    "seq",
    "part",
    "source_id",
    "source_commodity",
    "start",
    "stop",
    "length",
    "target_id",
    "target_commodity",
    "to_start",
    "to_length",
)
VOID_COLUMNS = ("fund_id", "account_id", "commodity", "start", "length", "seq")
HOLE_COLUMNS = ("fund_id", "account_id", "commodity", "start", "length", "seq", "until_ms")
FILL_COLUMNS = VOID_COLUMNS

SegmentRow = tuple[int, int, int, int | None, str | None, int, int, int, int, str, int, int]
IntervalRow = tuple[int, int, str, int, int, int]
HoleRow = tuple[int, int, str, int, int, int, int]


def add_segments(connection: sa.Connection, rows: Sequence[SegmentRow]) -> None:
    """Insert segments."""
    insert_rows(connection, segments, SEGMENT_COLUMNS, rows)


def add_voids(connection: sa.Connection, rows: Sequence[IntervalRow]) -> None:
    """Insert voids: intervals of gifts reversed before they were settled."""
    insert_rows(connection, voids, VOID_COLUMNS, rows)


def add_holes(connection: sa.Connection, rows: Sequence[HoleRow]) -> None:
    """Insert holes: what settlements stated beyond the gifts that we know."""
    insert_rows(connection, holes, HOLE_COLUMNS, rows)


def add_fills(connection: sa.Connection, rows: Sequence[IntervalRow]) -> None:
    """Insert fills: gifts found later, in holes."""
    insert_rows(connection, fills, FILL_COLUMNS, rows)
