"""Write the log's rows, inside the sequencer's transaction. Nobody else may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.db import Prepared, insert_rows
from ledger.log.tables import checkpoints, tiles

TILE_COLUMNS = ("fund_id", "level", "position", "hashes", "root")
CHECKPOINT_COLUMNS = ("fund_id", "size", "root", "edge", "note", "signed_at")

TileRow = tuple[int, int, int, bytes, bytes]


class Signed(NamedTuple):
    """The last checkpoint of a database."""

    size: int
    root: bytes
    edge: bytes
    note: bytes


_LAST = Prepared(
    sa.select(checkpoints.c.size, checkpoints.c.root, checkpoints.c.edge, checkpoints.c.note)
    .where(checkpoints.c.fund_id == sa.bindparam("fund_id"))
    .order_by(checkpoints.c.size.desc())
    .limit(1)
)


def last_checkpoint(connection: sa.Connection, fund_id: int) -> Signed | None:
    """Return the newest checkpoint, None for a log without one."""
    row = _LAST.first(connection, fund_id=fund_id)
    return None if row is None else Signed(*row)


def add_tiles(connection: sa.Connection, rows: Sequence[TileRow]) -> None:
    """Insert tiles that have become full."""
    insert_rows(connection, tiles, TILE_COLUMNS, rows)


def add_checkpoint(
    connection: sa.Connection, fund_id: int, signed: Signed, signed_at: int
) -> None:
    """Insert a signed checkpoint.

    Args:
        connection: In the sequencer's transaction.
        fund_id: The fund.
        signed: Size, root, right edge and note.
        signed_at: POSIX seconds.
    """
    row = (fund_id, signed.size, signed.root, signed.edge, signed.note, signed_at)
    insert_rows(connection, checkpoints, CHECKPOINT_COLUMNS, [row])
