"""Tree hashes: the published tree, the definition, and an edge that any cut of the work leaves the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvariantError
from ledger.log.hashing import EMPTY_ROOT, Edge, leaf_hash, leaf_hashes, node_hash, tree_root
from tests.unit.log.trees import ENTRIES, LEAVES, ROOTS, defined_root, some_leaves


def test_published_leaves():
    assert [leaf_hash(entry) for entry in ENTRIES] == LEAVES
    assert leaf_hashes(ENTRIES) == LEAVES


def test_published_single_hashes():
    # transparency-dev/merkle, rfc6962/rfc6962_test.go
    assert leaf_hash(b"L123456").hex().startswith("395aa064")
    assert leaf_hash(b"L123456").hex().endswith("2b4d56")
    assert node_hash(b"N123", b"N456").hex().startswith("aa217fe8")


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size):
    assert tree_root(LEAVES[:size]) == ROOTS[size]
    edge = Edge()
    for leaf in LEAVES[:size]:
        edge.append(leaf)
    assert edge.root() == ROOTS[size]
    assert ROOTS[0] == EMPTY_ROOT


def test_lone_last_leaf_is_promoted_not_doubled():
    one, two, three = some_leaves(3)
    assert tree_root([one, two, three]) == node_hash(node_hash(one, two), three)
    assert tree_root([one, two, three]) != tree_root([one, two, three, three])


@given(st.lists(st.integers(0, 40), max_size=8))
def test_edge_is_the_definition_however_the_leaves_come(cuts):
    leaves = some_leaves(sum(cuts))
    edge = Edge()
    for cut in cuts:
        edge.extend(leaves[edge.size : edge.size + cut])
    assert edge.size == len(leaves)
    assert edge.root() == defined_root(leaves)
    assert len(edge.hashes) == edge.size.bit_count()


@given(st.integers(0, 70), st.integers(0, 70))
def test_extend_gives_every_subtree_once(first, second):
    leaves = some_leaves(first + second)
    edge = Edge()
    by_height: list[list[bytes]] = [[] for _ in range(9)]
    for part in (leaves[:first], leaves[first:]):
        for height, hashes in enumerate(edge.extend(part)):
            by_height[height].extend(hashes)
    for height, hashes in enumerate(by_height):
        whole = len(leaves) >> height
        assert hashes == [
            defined_root(leaves[at << height : (at + 1) << height]) for at in range(whole)
        ]


@given(st.integers(0, 300))
def test_edge_round_trip(size):
    edge = Edge()
    edge.extend(some_leaves(size))
    again = Edge.from_bytes(size, edge.to_bytes())
    assert again == edge
    more = some_leaves(5, salt=1)
    again.extend(more)
    assert again != edge
    assert again.root() == defined_root(some_leaves(size) + more)


def test_copy_grows_apart():
    edge = Edge()
    edge.extend(LEAVES[:5])
    twin = edge.copy()
    twin.extend(LEAVES[5:])
    assert (edge.size, edge.root()) == (5, ROOTS[5])
    assert (twin.size, twin.root()) == (8, ROOTS[8])


@pytest.mark.parametrize(("size", "length"), [(3, 32), (4, 64), (0, 32), (3, 63), (-1, 32)])
def test_edge_data_of_another_size_is_refused(size, length):
    with pytest.raises(InvariantError) as caught:
        Edge.from_bytes(size, bytes(length))
    assert caught.value.fields["what"] == "right-edge"


def test_leaf_of_another_length_is_refused_and_nothing_added():
    edge = Edge()
    edge.extend(LEAVES[:3])
    with pytest.raises(InvariantError):
        edge.extend([LEAVES[3], bytes(31)])
    assert (edge.size, edge.root()) == (3, ROOTS[3])
