"""A log as a folder of files that any static host can serve and any tile-log client can follow.

In: what the database holds of one log. Out: `checkpoint`, `key`, `tile/…` and `tile/entries/…`, the same bytes as over
HTTP. Guaranteed: the files make the tree that the checkpoint signs; a tile or bundle once written is never written
again; the checkpoint comes last, so a crash at any moment leaves a folder whose checkpoint is covered by its tiles.

Source:
    C2SP tlog-tiles, "Merkle Tree", "Log entries", "Checkpoints"; the order of writing follows its advice for appenders.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from ledger.errors import BusyError, ConflictError, FieldError, InvariantError, RolledBackError
from ledger.journal import history as journal_history
from ledger.journal.history import Fund
from ledger.log import history as log_history
from ledger.log.bundles import encode_bundle
from ledger.log.checkpoints import Checkpoint, open_checkpoint
from ledger.log.hashing import leaf_hash
from ledger.log.notes import Verifier
from ledger.log.proofs import subtree_root
from ledger.log.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    TileAddress,
    changed_tiles,
    tile_root,
    tile_width,
)

CHECKPOINT = "checkpoint"
KEYS = "key"

Progress = Callable[[int, int], object]
"""Is told how many entries are written, and how many there are."""


class Archived(NamedTuple):
    """What a folder holds now.

    Attributes:
        size: Entries.
        before: Entries that it held before.
        files: Tiles and bundles newly written.
    """

    size: int
    before: int
    files: int


def write_archive(
    connection: sa.Connection,
    fund: Fund,
    vkeys: Sequence[str],
    folder: Path,
    progress: Progress = lambda _done, _total: None,
) -> Archived:
    """Bring a folder to the newest checkpoint of a log; only what is missing is read and written.

    Args:
        connection: In a transaction: one snapshot for the whole folder.
        fund: Whose log.
        vkeys: Public keys that the log has named, newest first.
        folder: Made if it is missing; empty, or an earlier archive of the same log.
        progress: Is told how far it is.

    Returns:
        What the folder holds now.

    Raises:
        BusyError: Another export is writing this folder.
        FieldError: The folder holds something else.
        ConflictError: A file is there with other bytes; nothing was overwritten.
        RolledBackError: The folder's checkpoint is not a beginning of the database's log.
        InvariantError: The database contradicts itself: its entries do not make the signed tree.
        NoteSignatureError: The folder's checkpoint is another log's, or nobody's.
    """
    size, note = log_history.latest_note(connection, fund.fund_id)
    verifiers = [Verifier.from_text(vkey) for vkey in vkeys]
    checkpoint = open_checkpoint(note, fund.origin, verifiers)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        known = _known(folder, fund, verifiers)
        source = _Source(connection, fund, size)
        source.check(checkpoint, known)
        start = 0 if known is None else known.size
        files = _Files(folder)
        for path, data in _parts(source, start, size, progress):
            files.put(path, data)
        files.sync()
        _replace(folder / KEYS, "".join(f"{vkey}\n" for vkey in vkeys).encode())
        _replace(folder / CHECKPOINT, note)
    return Archived(size, start, files.written)


def log_parts(
    connection: sa.Connection,
    fund: Fund,
    checkpoint: Checkpoint,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[tuple[str, bytes]]:
    """Read all tiles and bundles of a log as it was at a checkpoint, one at a time.

    Args:
        connection: In a transaction.
        fund: Whose log.
        checkpoint: Opened; the newest one, or an earlier one.
        progress: Is told how far it is.

    Yields:
        Path below the log, and bytes.

    Raises:
        InvariantError: The database's entries do not make the signed tree.
    """
    source = _Source(connection, fund, checkpoint.size)
    source.check(checkpoint, None)
    yield from _parts(source, 0, checkpoint.size, progress)


def _parts(
    source: _Source, start: int, size: int, progress: Progress
) -> Iterator[tuple[str, bytes]]:
    """Read what a log of a size has beyond one of another.

    Bundle and tile of the same 256 entries come side by side, oldest first; what sums them up afterwards.

    Yields:
        Path below the log, and bytes.
    """
    for index in range(start // TILE_WIDTH, -(-size // TILE_WIDTH)):
        width = tile_width(0, index, size)
        if index * TILE_WIDTH + width > start:
            bundle, hashes = source.entries(index, width)
            yield TileAddress(None, index, width).path(), bundle
            yield TileAddress(0, index, width).path(), hashes
        progress(index * TILE_WIDTH + width, size)
    for address in changed_tiles(start, size):
        if address.level:
            yield address.path(), source.tile(address)


class _Source:
    """Reads a log of a size out of the database, and checks each part against the whole."""

    def __init__(self, connection: sa.Connection, fund: Fund, size: int) -> None:
        self._connection = connection
        self._fund = fund
        self._read = log_history.reader(connection, fund.fund_id, self._leaves, size)
        self._size = size

    def _leaves(self, first: int, stop: int) -> list[bytes]:
        return journal_history.leaf_hashes(self._connection, self._fund.fund_id, first, stop)

    def check(self, checkpoint: Checkpoint, known: Checkpoint | None) -> None:
        """Check that the tree has the signed root, and begins with the one that the folder holds.

        Raises:
            InvariantError: Not the signed root.
            RolledBackError: Not a continuation of the folder's tree.
        """
        if subtree_root(0, self._size, self._read) != checkpoint.root:
            raise InvariantError(reason="root-is-not-the-signed-one", size=self._size)
        if known is None or known.size == 0:
            return
        if known.size > self._size or subtree_root(0, known.size, self._read) != known.root:
            raise RolledBackError(
                file=CHECKPOINT,
                fund=self._fund.slug,
                reason="smaller" if known.size > self._size else "other-root",
                released_size=known.size,
                offered_size=self._size,
            )

    def entries(self, index: int, width: int) -> tuple[bytes, bytes]:
        """Return a bundle and the tile of its leaf hashes, computed from the entries.

        Raises:
            InvariantError: An entry is missing, or its bytes are not those that were hashed.
        """
        first = index * TILE_WIDTH
        stored = list(
            journal_history.span(self._connection, self._fund.fund_id, first, first + width)
        )
        if len(stored) != width:
            raise InvariantError(reason="entry-missing", seq=first + len(stored))
        hashes = [leaf_hash(one.entry) for one in stored]
        for one, hashed in zip(stored, hashes, strict=True):
            if one.leaf_hash != hashed:
                raise InvariantError(reason="leaf-is-not-the-entry", seq=one.seq)
        data = b"".join(hashes)
        self._check_above(TileAddress(0, index, width), data)
        return encode_bundle([one.entry for one in stored]), data

    def tile(self, address: TileAddress) -> bytes:
        """Return a tile above the leaves."""
        assert address.level is not None
        data = log_history.tile(
            self._connection,
            self._fund.fund_id,
            self._leaves,
            address.level,
            address.index,
            address.width,
        )
        self._check_above(address, data)
        return data

    def _check_above(self, address: TileAddress, data: bytes) -> None:
        """Hold a full tile against the hash that the level above has for it; a partial one has none yet.

        Raises:
            InvariantError: Another one.
        """
        assert address.level is not None
        height = TILE_HEIGHT * (address.level + 1)
        if address.width == TILE_WIDTH and tile_root(data) != self._read(height, address.index):
            raise InvariantError(reason="tile-is-not-in-the-tree", file=address.path())


class _Files:
    """Writes immutable files below a folder, each whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._touched: set[Path] = set()
        self.written = 0

    def put(self, path: str, data: bytes) -> None:
        """Write a file, unless it is there.

        Raises:
            ConflictError: It is there with other bytes.
        """
        target = self._folder / path
        try:
            there = target.read_bytes()
        except FileNotFoundError:
            there = None
        if there == data:
            return  # an export that ended before its checkpoint had written it
        if there is not None:
            raise ConflictError(what="file", file=path, reason="immutable-file-differs")
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, data)
        self._touched.update(one for one in target.parents if one.is_relative_to(self._folder))
        self.written += 1

    def sync(self) -> None:
        """Make the names of all new files durable."""
        for folder in self._touched:
            _sync_folder(folder)


def _known(folder: Path, fund: Fund, verifiers: Sequence[Verifier]) -> Checkpoint | None:
    """Return the checkpoint up to which a folder is complete; nothing for a folder that has none yet.

    Raises:
        FieldError: The folder is neither empty nor one of ours.
    """
    try:
        note = (folder / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        # `tile` alone is an export that ended before its first checkpoint.
        if {one.name for one in folder.iterdir()} - {
            "tile",
            KEYS,
            f".{KEYS}.new",
            f".{CHECKPOINT}.new",
        }:
            raise FieldError(field="folder", value=folder.name, reason="not-empty") from None
        return None
    return open_checkpoint(note, fund.origin, verifiers)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder against other exports; the lock ends with the process.

    Yields:
        Nothing.

    Raises:
        BusyError: Another holds it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BusyError(what="folder", file=folder.name) from error
    finally:
        os.close(handle)


def _replace(target: Path, data: bytes) -> None:
    """Put a file in the place of an earlier one, durably."""
    _write(target, data)
    _sync_folder(target.parent)


def _write(target: Path, data: bytes) -> None:
    """Write a file under another name, make it durable, and give it its name."""
    temporary = target.with_name(f".{target.name}.new")
    with temporary.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(target)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
