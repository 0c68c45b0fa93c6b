"""Proofs: published vectors of accepted and refused ones, and the laws between making and checking."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import ConsistencyProofError, FieldError, InclusionProofError
from ledger.log.proofs import (
    PROOF_HASHES_MAX,
    consistency_proof,
    inclusion_proof,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.log.trees import LEAVES, ROOTS, VECTORS, defined_root, reader_of, some_leaves

INCLUSION = json.loads((VECTORS / "inclusion.json").read_bytes())
CONSISTENCY = json.loads((VECTORS / "consistency.json").read_bytes())

sizes = st.integers(1, 130)


def unbase64(text):
    return base64.b64decode(text or "")


def test_the_vectors_are_all_there():
    assert len(INCLUSION) == len(CONSISTENCY) == 98
    assert sum(not case["wantErr"] for case in INCLUSION.values()) == 6
    assert sum(not case["wantErr"] for case in CONSISTENCY.values()) == 6


@pytest.mark.parametrize("name", INCLUSION)
def test_published_inclusion(name):
    case = INCLUSION[name]
    arguments = (
        case["leafIdx"],
        case["treeSize"],
        unbase64(case["leafHash"]),
        [unbase64(part) for part in case["proof"] or ()],
        unbase64(case["root"]),
    )
    if case["wantErr"]:
        with pytest.raises(InclusionProofError):
            verify_inclusion(*arguments)
    else:
        verify_inclusion(*arguments)


@pytest.mark.parametrize("name", CONSISTENCY)
def test_published_consistency(name):
    case = CONSISTENCY[name]
    arguments = (
        case["size1"],
        case["size2"],
        unbase64(case["root1"]),
        unbase64(case["root2"]),
        [unbase64(part) for part in case["proof"] or ()],
    )
    if case["wantErr"]:
        with pytest.raises(ConsistencyProofError):
            verify_consistency(*arguments)
    else:
        verify_consistency(*arguments)


def heads(proof):
    return [part.hex()[:8] for part in proof]


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [
        (5, 8, ["bc1a0643", "ca854ea1", "d37ee418"]),
        (6, 7, ["0ebc5d34", "d37ee418"]),
        (0, 1, []),
    ],
)
def test_worked_inclusion_proofs(index, size, expected):
    proof = inclusion_proof(index, size, reader_of(LEAVES))
    assert heads(proof) == expected
    verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


@pytest.mark.parametrize(
    ("size1", "size2", "expected"),
    [
        (3, 7, ["0298d122", "07506a85", "fac54203", "837dbb15"]),
        (4, 7, ["837dbb15"]),
        (6, 8, ["0ebc5d34", "ca854ea1", "d37ee418"]),
        (7, 7, []),
        (0, 7, []),
    ],
)
def test_worked_consistency_proofs(size1, size2, expected):
    proof = consistency_proof(size1, size2, reader_of(LEAVES))
    assert heads(proof) == expected
    if size1:
        verify_consistency(size1, size2, ROOTS[size1], ROOTS[size2], proof)


@given(sizes, st.data())
def test_every_leaf_can_be_shown_and_no_other_in_its_place(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = some_leaves(size)
    proof = inclusion_proof(index, size, reader_of(leaves))
    root = defined_root(leaves)
    verify_inclusion(index, size, leaves[index], proof, root)
    inner = (index ^ (size - 1)).bit_length()
    assert len(proof) == inner + (index >> inner).bit_count() <= PROOF_HASHES_MAX
    other = data.draw(st.integers(0, size - 1))
    assume(other != index)
    with pytest.raises(InclusionProofError):
        verify_inclusion(other, size, leaves[index], proof, root)
    with pytest.raises(InclusionProofError, match="other-root"):
        verify_inclusion(index, size, leaves[other], proof, root)


@given(sizes, sizes)
def test_any_prefix_is_consistent_with_any_longer_tree(one, other):
    size1, size2 = sorted((one, other))
    leaves = some_leaves(size2)
    proof = consistency_proof(size1, size2, reader_of(leaves))
    verify_consistency(size1, size2, defined_root(leaves[:size1]), defined_root(leaves), proof)


@given(sizes, sizes, st.data())
def test_a_tree_with_one_other_leaf_is_never_a_prefix(one, other, data):
    size1, size2 = sorted((one, other))
    leaves = some_leaves(size2)
    changed = leaves[:size1]
    changed[data.draw(st.integers(0, size1 - 1))] = bytes(32)
    proof = consistency_proof(size1, size2, reader_of(leaves))
    with pytest.raises(ConsistencyProofError):
        verify_consistency(size1, size2, defined_root(changed), defined_root(leaves), proof)


def flipped(parts, data):
    """Return the parts with one bit of one of them turned."""
    where = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, 255))
    turned = int.from_bytes(parts[where], "big") ^ (1 << bit)
    return [*parts[:where], turned.to_bytes(32, "big"), *parts[where + 1 :]]


@given(st.integers(2, 130), st.data())
def test_any_bit_of_an_inclusion_proof_counts(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = some_leaves(size)
    proof = inclusion_proof(index, size, reader_of(leaves))
    with pytest.raises(InclusionProofError, match="other-root") as caught:
        verify_inclusion(index, size, leaves[index], flipped(proof, data), defined_root(leaves))
    assert caught.value.fields["root"] == defined_root(leaves).hex()
    assert caught.value.fields["index"] == index


@given(st.integers(1, 129), st.integers(1, 60), st.data())
def test_any_bit_of_a_consistency_proof_counts(size1, more, data):
    leaves = some_leaves(size1 + more)
    proof = flipped(consistency_proof(size1, len(leaves), reader_of(leaves)), data)
    root1, root2 = defined_root(leaves[:size1]), defined_root(leaves)
    with pytest.raises(ConsistencyProofError, match="other-root") as caught:
        verify_consistency(size1, len(leaves), root1, root2, proof)
    assert caught.value.fields["proof"] == [part.hex() for part in proof]


@given(st.integers(2, 130), st.data())
def test_a_proof_of_another_length_fails_for_its_length(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = some_leaves(size)
    root = defined_root(leaves)
    proof = inclusion_proof(index, size, reader_of(leaves))
    with pytest.raises(InclusionProofError, match="too-long"):
        verify_inclusion(index, size, leaves[index], [*proof, bytes(32)], root)
    with pytest.raises(InclusionProofError, match="too-short"):
        verify_inclusion(index, size, leaves[index], proof[:-1], root)
    with pytest.raises(InclusionProofError, match="hash-length"):
        verify_inclusion(index, size, leaves[index], [*proof[:-1], proof[-1][:31]], root)


@pytest.mark.parametrize(
    ("size1", "size2", "proof", "reason"),
    [
        (0, 8, [], "size-zero"),
        (8, 7, [bytes(32)], "smaller"),
        (5, 2**63, [bytes(32)], "size-range"),
        (8, 8, [bytes(32)], "not-empty"),
        (4, 8, [], "empty"),
        (4, 8, [bytes(31)], "hash-length"),
        (4, 8, [bytes(32), bytes(32)], "too-long"),
        (3, 8, [bytes(32)], "too-short"),
    ],
)
def test_consistency_reasons(size1, size2, proof, reason):
    with pytest.raises(ConsistencyProofError) as caught:
        verify_consistency(size1, size2, ROOTS[8], ROOTS[8], proof)
    assert caught.value.fields["reason"] == reason


@given(st.integers(0, 100), st.integers(0, 100))
def test_root_of_any_range(one, other):
    lo, hi = sorted((one, other))
    leaves = some_leaves(hi)
    assert subtree_root(lo, hi, reader_of(leaves)) == defined_root(leaves[lo:hi])


@pytest.mark.parametrize(
    "ask",
    [
        lambda read: inclusion_proof(8, 8, read),
        lambda read: inclusion_proof(-1, 8, read),
        lambda read: consistency_proof(8, 7, read),
        lambda read: consistency_proof(-1, 7, read),
        lambda read: subtree_root(3, 2, read),
    ],
    ids=["beyond-size", "negative-index", "shrinking", "negative-size", "no-range"],
)
def test_what_no_tree_has_cannot_be_asked(ask):
    with pytest.raises(FieldError):
        ask(reader_of(LEAVES))
