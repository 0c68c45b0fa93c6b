"""Tiles: paths with one spelling, growth that writes what is needed, proofs out of tiles alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FieldError, MalformedProofError
from ledger.log.hashing import Edge, tree_root
from ledger.log.proofs import (
    consistency_proof,
    inclusion_proof,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)
from ledger.log.tiles import (
    TileAddress,
    TileReader,
    changed_tiles,
    index_path,
    newly_full_tiles,
    parse_tile_path,
    partial_width,
    split_tile,
    tile_root,
    tile_width,
    tiles_of_size,
)
from tests.unit.log.trees import defined_root, some_leaves

MANY = some_leaves(70_000)


@pytest.fixture(scope="module")
def levels():
    """The hashes of each tile level of a tree of 70,000 leaves, from one pass of the edge."""
    return Edge().extend(MANY)[::8]


@pytest.mark.parametrize(
    ("n", "path"),
    [(0, "000"), (7, "007"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")],
)
def test_index_paths(n, path):
    assert index_path(n) == path


@given(st.none() | st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_path_round_trip(level, index, width):
    address = TileAddress(level, index, width)
    assert parse_tile_path(address.path()) == address


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("tile/0/000", TileAddress(0, 0, 256)),
        ("tile/63/x001/000.p/255", TileAddress(63, 1000, 255)),
        ("tile/entries/273.p/112", TileAddress(None, 273, 112)),
    ],
)
def test_paths_are_read(path, address):
    assert parse_tile_path(path) == address
    assert address.is_bundle == ("entries" in path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000.p/1/",
        "tile/0/x001",
        "tile/0/x001/",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/X001/000",
        "tile/0/x001/x000",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/000\n",
        "tile/0/000.p/7\n",
        "/tile/0/000",
        "tile//000",
        "tile/0/../000",
        "tile/0/" + "x999/" * 7 + "999",
    ],
)
def test_wrong_spellings_name_nothing(path):
    assert parse_tile_path(path) is None


def test_a_very_long_path_names_nothing():
    assert parse_tile_path("tile/0/" + "x001/" * 50_000 + "000") is None


def test_tiles_of_the_worked_sizes():
    tiles = list(tiles_of_size(70_000))
    assert tiles[0] == TileAddress(0, 0)
    assert tiles[272:] == [
        TileAddress(0, 272),
        TileAddress(0, 273, 112),
        TileAddress(1, 0),
        TileAddress(1, 1, 17),
        TileAddress(2, 0, 1),
    ]
    assert [tile.path() for tile in tiles_of_size(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(tiles_of_size(0)) == []
    assert [partial_width(level, 70_000) for level in range(4)] == [112, 17, 1, 0]
    assert partial_width(0, 256) == 0


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_growth_writes_exactly_what_was_not_there(one, other):
    size1, size2 = sorted((one, other))
    before, after = set(tiles_of_size(size1)), set(tiles_of_size(size2))
    assert set(changed_tiles(size1, size2)) == after - before
    full = [tile for tile in after - before if tile.width == 256]
    assert sorted(newly_full_tiles(size1, size2), key=repr) == sorted(full, key=repr)


@given(st.integers(0, 200_000), st.integers(0, 3), st.integers(0, 800))
def test_width_of_a_tile(size, level, index):
    width = tile_width(level, index, size)
    of_size = {(tile.level, tile.index): tile.width for tile in tiles_of_size(size)}
    assert of_size.get((level, index), 0) == width


def test_tile_root_is_the_tree_of_its_hashes():
    hashes = some_leaves(256)
    assert tile_root(b"".join(hashes)) == defined_root(hashes)
    with pytest.raises(MalformedProofError):
        tile_root(b"".join(hashes[:255]))


@pytest.mark.parametrize(("length", "width"), [(31, 1), (64, 1), (8192, 257), (0, 0), (8160, 256)])
def test_tile_of_another_length_is_refused(length, width):
    with pytest.raises(MalformedProofError):
        split_tile(bytes(length), width)


def test_full_tile_serves_for_its_partial():
    hashes = some_leaves(256)
    assert split_tile(b"".join(hashes), 7) == hashes[:7]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70_000), st.data())
def test_proofs_and_earlier_roots_come_from_tiles_alone(levels, size, data):
    fetched = []

    def fetch(level, index, width):
        fetched.append((level, index, width))
        hashes = levels[level][index * 256 : index * 256 + width]
        assert len(hashes) == width == tile_width(level, index, size), "asked beyond the tree"
        return b"".join(hashes)

    reader = TileReader(size, fetch)
    index = data.draw(st.integers(0, size - 1))
    root = subtree_root(0, size, reader)
    proof = inclusion_proof(index, size, reader)
    verify_inclusion(index, size, MANY[index], proof, root)
    assert len(fetched) <= 6, "at most two tiles a level, and each once"
    earlier = data.draw(st.integers(1, size))
    verify_consistency(
        earlier,
        size,
        subtree_root(0, earlier, reader),
        root,
        consistency_proof(earlier, size, reader),
    )


def test_root_from_tiles_is_the_root_from_leaves(levels):
    def fetch(level, index, width):
        return b"".join(levels[level][index * 256 : index * 256 + width])

    for size in (1, 255, 256, 257, 65_535, 65_536, 70_000):
        assert subtree_root(0, size, TileReader(size, fetch)) == tree_root(MANY[:size])


def test_reader_fetches_nothing_beyond_its_size():
    reader = TileReader(300, lambda *_: pytest.fail("fetched"))
    for height, position in [(0, 300), (8, 1), (9, 0), (-1, 0), (0, -1)]:
        with pytest.raises(FieldError):
            reader(height, position)


def test_reader_forgets_the_oldest():
    hashes = some_leaves(256)
    counts: dict[int, int] = {}

    def fetch(_level, index, _width):
        counts[index] = counts.get(index, 0) + 1
        return b"".join(hashes)

    reader = TileReader(256 * 100, fetch)
    for index in [*range(64), 0, 64, 0, 1]:
        reader(0, index * 256)
    assert counts[0] == 1
    assert counts[1] == 2
