"""Read the log: tiles full and partial, bundles, checkpoints, and proofs from them."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from ledger.errors import InvariantError, NotFoundError
from ledger.log import proofs
from ledger.log.tables import checkpoints, tiles
from ledger.log.tiles import TileReader

TILE_WIDTH = 256
HASH_BYTES = 32

LeafReader = Callable[[int, int], list[bytes]]
"""Reads leaf hashes from a first number to the number after the last."""


def tile(
    connection: sa.Connection,
    fund_id: int,
    leaves: LeafReader,
    level: int,
    position: int,
    width: int,
) -> bytes:
    """Return a tile's hashes, full or partial.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        leaves: Reads leaf hashes, for partial tiles of level 0.
        level: 0 for leaves.
        position: Index of the tile.
        width: How many hashes, 1 to 256.

    Returns:
        32 bytes for each.

    Raises:
        NotFoundError: The log is not that large.
    """
    row = connection.execute(
        sa.select(tiles.c.hashes).where(
            tiles.c.fund_id == fund_id, tiles.c.level == level, tiles.c.position == position
        )
    ).first()
    if row is not None:
        return bytes(row.hashes)[: width * HASH_BYTES]
    first = position * TILE_WIDTH
    if level == 0:
        hashes = leaves(first, first + width)
    else:
        hashes = [
            bytes(found.root)
            for found in connection.execute(
                sa.select(tiles.c.root)
                .where(
                    tiles.c.fund_id == fund_id,
                    tiles.c.level == level - 1,
                    tiles.c.position >= first,
                    tiles.c.position < first + width,
                )
                .order_by(tiles.c.position)
            )
        ]
    if len(hashes) != width:
        raise NotFoundError(what="tile", level=level, position=position, width=width)
    return b"".join(hashes)


def reader(
    connection: sa.Connection, fund_id: int, leaves: LeafReader, size: int
) -> Callable[[int, int], bytes]:
    """Return a function that reads the hash of a perfect subtree, for proofs in a tree of a size.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        leaves: Reads leaf hashes.
        size: Of the tree.

    Returns:
        height, position → hash.
    """
    return TileReader(
        size,
        lambda level, position, width: tile(connection, fund_id, leaves, level, position, width),
    )


def root_at(connection: sa.Connection, fund_id: int, leaves: LeafReader, size: int) -> bytes:
    """Recompute the root of any earlier size from the tiles."""
    return proofs.subtree_root(0, size, reader(connection, fund_id, leaves, size))


def checkpoint_note(connection: sa.Connection, fund_id: int, size: int) -> bytes:
    """Return the signed note of a size.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        size: A size that was signed.

    Returns:
        The note.

    Raises:
        NotFoundError: That size was never signed.
    """
    note = connection.execute(
        sa.select(checkpoints.c.note).where(
            checkpoints.c.fund_id == fund_id, checkpoints.c.size == size
        )
    ).scalar()
    if note is None:
        raise NotFoundError(what="checkpoint", size=size)
    return bytes(note)


def latest_note(connection: sa.Connection, fund_id: int) -> tuple[int, bytes]:
    """Return size and note of the newest checkpoint.

    Args:
        connection: In a transaction.
        fund_id: The fund.

    Returns:
        Size and note.

    Raises:
        InvariantError: A fund without a checkpoint: its first commit makes one.
    """
    row = connection.execute(
        sa.select(checkpoints.c.size, checkpoints.c.note)
        .where(checkpoints.c.fund_id == fund_id)
        .order_by(checkpoints.c.size.desc())
        .limit(1)
    ).first()
    if row is None:
        raise InvariantError(reason="no-checkpoint", fund_id=fund_id)
    return int(row.size), bytes(row.note)


def checkpoint_covering(connection: sa.Connection, fund_id: int, seq: int) -> tuple[int, bytes]:
    """Return size and note of the first checkpoint that covers an entry: the one of its commit.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        seq: The entry.

    Returns:
        Size and note.

    Raises:
        NotFoundError: No checkpoint covers it.
    """
    row = connection.execute(
        sa.select(checkpoints.c.size, checkpoints.c.note)
        .where(checkpoints.c.fund_id == fund_id, checkpoints.c.size > seq)
        .order_by(checkpoints.c.size)
        .limit(1)
    ).first()
    if row is None:
        raise NotFoundError(what="checkpoint", seq=seq)
    return int(row.size), bytes(row.note)
