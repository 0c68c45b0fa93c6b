"""Join the runs' hashes into one tree, and hold checkpoints and upper tiles to it.

In: run results, oldest first. Out: roots at every checkpoint and probe. Guaranteed: each checkpoint's root is that
of the first entries of one and the same tree, so each checkpoint extends every earlier one.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.log.hashing import Edge, node_hash
from ledger.log.tiles import TILE_HEIGHT, TILE_WIDTH, tile_root
from ledger.verify.report import Findings, failure
from ledger.verify.rows import Mark, RunResult, compare_tile, fold_edge

StoredTile = Callable[[int, int], tuple[bytes, bytes] | None]
"""Reads hashes and root of a tile's row by level and position."""


class Tree:
    """The tree of one fund's entries so far.

    Attributes:
        size: Entries so far.
        roots: Roots at probes, by size.

    Args:
        slug: The fund.
        findings: Where failures go.
        stored_tile: Reads upper tiles; None where there are none to hold to.
    """

    def __init__(
        self, slug: str, findings: Findings, stored_tile: StoredTile | None = None
    ) -> None:
        self.size = 0
        self.roots: dict[int, bytes] = {}
        self._slug, self._findings, self._stored_tile = slug, findings, stored_tile
        # A right edge over tiles instead of leaves: everything from height 8 up.
        self._tops = Edge()
        self._tail: list[bytes] = []
        self._level: list[list[bytes]] = []
        self._positions: list[int] = []

    def join(self, result: RunResult) -> None:
        """Add a run.

        Args:
            result: It begins at a whole tile, where the run before ended.
        """
        before = self._tops.hashes
        inside = [mark for mark in result.marks if mark.local is not None]
        for mark in inside:
            assert mark.local is not None
            self._mark(mark, fold_on(before, mark.local), b"".join(before))
        self._tops.extend(result.tile_roots)
        self._tail = result.tail
        self.size = result.folded.stop
        for root in result.tile_roots:
            self._add_top(1, root)
        for mark in result.marks:
            if mark.local is None:
                self._mark(mark, fold_edge(self._tops.hashes), b"".join(self._tops.hashes))

    def edge(self) -> Edge:
        """Return the right edge over all entries so far."""
        low = Edge()
        low.extend(self._tail)
        whole = Edge()
        whole.size, whole.hashes = self.size, self._tops.hashes + low.hashes
        return whole

    def _mark(self, mark: Mark, root: bytes, head: bytes) -> None:
        """Hold a checkpoint's row to the tree."""
        self.roots[mark.size] = root
        if mark.root is None:
            return
        place = f"size={mark.size}"
        if mark.root != root:
            self._findings.fail(
                "checkpoints",
                failure(
                    self._slug,
                    mark.size - 1,
                    ("checkpoints", f"{place} root"),
                    "differs",
                    root,
                    mark.root,
                ),
            )
        if mark.head != head:
            self._findings.fail(
                "checkpoints",
                failure(
                    self._slug,
                    mark.size - 1,
                    ("checkpoints", f"{place} edge"),
                    "differs",
                    head,
                    mark.head,
                ),
            )

    def _add_top(self, level: int, root: bytes) -> None:
        """Add a hash to a level above the leaves' tiles; when that makes a tile full, hold its row to it."""
        if len(self._level) < level:
            self._level.append([])
            self._positions.append(0)
        hashes = self._level[level - 1]
        hashes.append(root)
        if len(hashes) < TILE_WIDTH:
            return
        data = b"".join(hashes)
        position = self._positions[level - 1]
        self._positions[level - 1] += 1
        hashes.clear()
        top = tile_root(data)
        if self._stored_tile is not None:
            seq = position << TILE_HEIGHT * (level + 1)
            stored = self._stored_tile(level, position)
            compare_tile(self._findings, self._slug, seq, (level, position), (data, top), stored)
        self._add_top(level + 1, top)


def fold_on(before: list[bytes], local: bytes) -> bytes:
    """Fold the left part of a right edge onto the folded right part (RFC 6962 section 2.1)."""
    for left in reversed(before):
        local = node_hash(left, local)
    return local
