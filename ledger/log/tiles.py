"""Tiles: 256 neighbouring hashes of a level in one file; their paths, and proofs out of them."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.errors import FieldError, MalformedProofError
from ledger.log.hashing import HASH_BYTES, SIZE_MAX, pair_hashes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TILE_HEIGHT = 8
"""Tree levels in a tile (c2sp.org/tlog-tiles, "Merkle Tree")."""

TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile, and entries in a full bundle."""

TILE_BYTES = TILE_WIDTH * HASH_BYTES

LEVEL_MAX = 63
"""The highest tile level that a path may name (c2sp.org/tlog-tiles, "Merkle Tree")."""

TILES_KEPT = 64
"""Tiles that a reader remembers: half a megabyte, and more than ten times what one proof
touches."""

# Seven groups of three digits: `SIZE_MAX` has 19.
_PATH = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Names one tile or entry bundle of one width.

    Attributes:
        level: Tile level, 0 to `LEVEL_MAX`; nothing for an entry bundle.
        index: Place in its level, from 0.
        width: Hashes or entries in it, 1 to `TILE_WIDTH`.
    """

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def is_bundle(self) -> bool:
        """Whether it names entries rather than hashes."""
        return self.level is None

    def path(self) -> str:
        """Return the path below the log's address, such as `tile/0/x001/000.p/7`."""
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{index_path(self.index)}{partial}"


def index_path(n: int) -> str:
    """Write a tile's index as path: groups of three digits, all but the last after an `x`.

    Args:
        n: Index, from 0.

    Returns:
        For example `x001/x234/067`.

    Source:
        c2sp.org/tlog-tiles, "Merkle Tree".
    """
    groups = [f"{n % 1000:03d}"]
    while n >= 1000:  # noqa: PLR2004  # three digits a group
        n //= 1000
        groups.append(f"x{n % 1000:03d}")
    return "/".join(reversed(groups))


def parse_tile_path(path: str) -> TileAddress | None:
    """Read a path of a tile or an entry bundle.

    Args:
        path: Below the log's address, without a leading slash.

    Returns:
        What it names; nothing for every other spelling, which is "not found" and no alias.

    Source:
        c2sp.org/tlog-tiles, "Merkle Tree" and "Log entries".
    """
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level_text, index_text, width_text = match["level"], match["index"], match["width"]
    level = None if level_text == "entries" else int(level_text)
    width = TILE_WIDTH if width_text is None else int(width_text)
    index = int(index_text.replace("x", "").replace("/", ""))
    address = TileAddress(level, index, width)
    # Writing it again finds the rest: `x000/001`, `.p/256`. No tree that we can count has a later
    # tile.
    if (
        (level or 0) > LEVEL_MAX
        or width > TILE_WIDTH
        or index > SIZE_MAX
        or address.path() != path
    ):
        return None
    return address


def partial_width(level: int, size: int) -> int:
    """Return how many hashes the partial tile of a level has, 0 for none (bundles: level 0)."""
    return (size >> TILE_HEIGHT * level) % TILE_WIDTH


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes a tile has in a tree of a size, 0 for one that is not in it."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH))


def tiles_of_size(size: int) -> Iterator[TileAddress]:
    """Name all hash tiles of a tree, level by level from 0, the partial one of a level last.

    Args:
        size: Number of leaves.

    Yields:
        Each tile; none of them is empty.

    Source:
        c2sp.org/tlog-tiles, "Merkle Tree".
    """
    yield from changed_tiles(0, size)


def changed_tiles(size1: int, size2: int) -> Iterator[TileAddress]:
    """Name the hash tiles to write when a tree grows: full ones, and each level's partial one.

    Args:
        size1: Leaves whose tiles are there.
        size2: Leaves to reach, not fewer.

    Yields:
        Level by level from 0, in the order of writing; a full tile extends its earlier partial
        one.
    """
    level = 0
    while size2 >> TILE_HEIGHT * level:
        before, after = size1 >> TILE_HEIGHT * level, size2 >> TILE_HEIGHT * level
        if before != after:
            for index in range(before // TILE_WIDTH, after // TILE_WIDTH):
                yield TileAddress(level, index)
            if after % TILE_WIDTH:
                yield TileAddress(level, after // TILE_WIDTH, after % TILE_WIDTH)
        level += 1


def newly_full_tiles(size1: int, size2: int) -> Iterator[TileAddress]:
    """Name the hash tiles that become full when a tree grows; at level 0 they are bundles too.

    Args:
        size1: Leaves before.
        size2: Leaves after, not fewer.

    Yields:
        Level by level from 0.
    """
    yield from (tile for tile in changed_tiles(size1, size2) if tile.width == TILE_WIDTH)


def split_tile(data: bytes, width: int) -> list[bytes]:
    """Cut a tile into its hashes.

    Args:
        data: A tile of this width, or the full one, whose beginning it is.
        width: Hashes wanted, 1 to `TILE_WIDTH`.

    Returns:
        That many 32-byte hashes.

    Raises:
        MalformedProofError: Another length.

    Source:
        c2sp.org/tlog-tiles, "Partial Tiles".
    """
    if len(data) not in {width * HASH_BYTES, TILE_BYTES} or not 0 < width <= TILE_WIDTH:
        raise MalformedProofError(what="tile", reason="length", length=len(data), width=width)
    return [data[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]


def tile_root(data: bytes) -> bytes:
    """Fold a full tile into the hash that the level above holds for it.

    Args:
        data: 8,192 bytes.

    Returns:
        32 bytes.

    Raises:
        MalformedProofError: Not a full tile; a partial one is never hashed into the level above.
    """
    hashes = split_tile(data, TILE_WIDTH)
    while len(hashes) > 1:
        hashes = pair_hashes(hashes)
    return hashes[0]


class TileReader:
    """Gives perfect subtrees of one tree out of its tiles: the `read` that proofs want.

    It does not check that tiles fit together; what it gives is as good as the proof that is
    checked with it.

    Args:
        size: Leaves of the tree; only tiles that it implies are fetched.
        fetch_tile: Takes level, index and width, and gives the tile of that width, or the full
            one.
    """

    def __init__(self, size: int, fetch_tile: Callable[[int, int, int], bytes]) -> None:
        self.size = size
        self._fetch = fetch_tile
        # Of each tile: its hashes, and above them the inner levels computed so far. Oldest use
        # first.
        self._tiles: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def __call__(self, height: int, position: int) -> bytes:
        """Return the root of the perfect subtree of a height at a position.

        Args:
            height: 0 for a leaf.
            position: Counted in subtrees of that height.

        Returns:
            32 bytes.

        Raises:
            FieldError: It is not whole in a tree of this size.
            MalformedProofError: A tile has another length than its width.

        Source:
            c2sp.org/tlog-tiles, "Merkle Tree".
        """
        if height < 0 or position < 0 or (position + 1) << height > self.size:
            raise FieldError(field="subtree", value=f"{height}:{position}", reason="beyond-size")
        level, inner = divmod(height, TILE_HEIGHT)
        index, offset = divmod(position, TILE_WIDTH >> inner)
        levels = self._tile(level, index)
        while len(levels) <= inner:
            levels.append(pair_hashes(levels[-1]))
        return levels[inner][offset]

    def _tile(self, level: int, index: int) -> list[list[bytes]]:
        """Return the levels of a tile, fetching it when it is not remembered."""
        levels = self._tiles.get((level, index))
        if levels is None:
            width = tile_width(level, index, self.size)
            levels = [split_tile(self._fetch(level, index, width), width)]
            self._tiles[level, index] = levels
            if len(self._tiles) > TILES_KEPT:
                self._tiles.popitem(last=False)
        else:
            self._tiles.move_to_end((level, index))
        return levels
