"""Merkle tree hashes, and the right edge that is all an appender needs to keep."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.errors import InvariantError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_BYTES = 32
"""Length of a SHA-256 hash."""

SIZE_MAX = 2**63 - 1
"""The largest tree: C2SP tools keep sizes and indices in signed 64-bit integers."""

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"

EMPTY_ROOT = sha256(b"").digest()
"""The root of the empty tree: no prefix byte (RFC 6962 section 2.1)."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry into its leaf.

    Args:
        entry: The exact logged bytes; may be empty.

    Returns:
        32 bytes.

    Source:
        RFC 6962 section 2.1.
    """
    return sha256(LEAF_PREFIX + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Hash many entries into their leaves, in order.

    Args:
        entries: The exact logged bytes of each entry.

    Returns:
        One 32-byte hash an entry.

    Source:
        RFC 6962 section 2.1.
    """
    hash_of = sha256
    return [hash_of(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent.

    Args:
        left: 32 bytes, root of the subtree with the earlier entries.
        right: 32 bytes.

    Returns:
        32 bytes.

    Source:
        RFC 6962 section 2.1.
    """
    return sha256(NODE_PREFIX + left + right).digest()


def pair_hashes(hashes: Sequence[bytes]) -> list[bytes]:
    """Hash neighbours of one tree level into the level above; a lone last hash is left out.

    Args:
        hashes: 32-byte hashes of perfect subtrees of one height, left to right, the first at an
            even position.

    Returns:
        Half as many hashes, rounded down.
    """
    hash_of = sha256
    one_by_one = iter(hashes)
    # One iterator zipped with itself gives (0, 1), (2, 3), …: this loop is half of the cost of an
    # import.
    return [
        hash_of(b"\x01" + left + right).digest()
        for left, right in zip(one_by_one, one_by_one, strict=False)
    ]


class Edge:
    """The right edge of a tree: the roots of the perfect subtrees that its size splits into.

    Mutable, and owned by whoever appends; take a `copy` before a write that may be undone.

    Attributes:
        size: Number of leaves.
        hashes: 32-byte roots, left to right, one for each 1 bit of `size` from the highest.

    Source:
        RFC 6962 section 2.1 (the shape of the tree).
    """

    __slots__ = ("hashes", "size")

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[bytes] = []

    def copy(self) -> Edge:
        """Return an edge that can grow apart from this one."""
        twin = Edge()
        twin.size = self.size
        twin.hashes = self.hashes.copy()
        return twin

    def append(self, leaf: bytes) -> None:
        """Add one leaf.

        Args:
            leaf: 32-byte leaf hash.
        """
        self.extend((leaf,))

    def extend(self, leaves: Sequence[bytes]) -> list[list[bytes]]:
        """Add leaves at the right, level by level.

        Args:
            leaves: 32-byte leaf hashes, oldest first.

        Returns:
            For each height from 0, the roots of the perfect subtrees that these leaves completed,
            left to right. The element at height 8·L is what tile level L gains.

        Raises:
            InvariantError: A leaf is not 32 bytes; nothing was added.
        """
        if any(length != HASH_BYTES for length in set(map(len, leaves))):
            raise InvariantError(what="leaf-hash", reason="length")
        completed: list[list[bytes]] = []
        lone: list[bytes] = []
        waiting = self.hashes
        new = list(leaves)
        size = self.size
        while new:
            completed.append(new)
            # A subtree of this height that waited for its right neighbour is the lowest hash of
            # the edge.
            if size & 1:
                new = [waiting[-1], *new]
                waiting = waiting[:-1]
            if len(new) & 1:
                lone.append(new[-1])
            new = pair_hashes(new)
            size >>= 1
        lone.reverse()
        self.hashes = waiting + lone
        self.size += len(leaves)
        return completed

    def root(self) -> bytes:
        """Return the root of the whole tree, 32 bytes; `EMPTY_ROOT` without leaves."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def to_bytes(self) -> bytes:
        """Return the hashes joined, left to right; `size` has to be kept beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Edge:
        """Read an edge back.

        Args:
            size: Number of leaves, 0 to `SIZE_MAX`.
            data: What `to_bytes` gave: 32 bytes for each 1 bit of `size`.

        Returns:
            The edge.

        Raises:
            InvariantError: The data does not fit the size.
        """
        if not 0 <= size <= SIZE_MAX or len(data) != HASH_BYTES * size.bit_count():
            raise InvariantError(what="right-edge", reason="length", size=size, length=len(data))
        edge = cls()
        edge.size = size
        edge.hashes = [
            data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)
        ]
        return edge

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Edge):
            return NotImplemented
        return self.size == other.size and self.hashes == other.hashes

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Edge(size={self.size}, root={self.root().hex()})"


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Compute the root over leaf hashes.

    Args:
        leaves: 32-byte leaf hashes, oldest first.

    Returns:
        32 bytes; `EMPTY_ROOT` without leaves.

    Raises:
        InvariantError: A leaf is not 32 bytes.

    Source:
        RFC 6962 section 2.1.
    """
    edge = Edge()
    edge.extend(leaves)
    return edge.root()
