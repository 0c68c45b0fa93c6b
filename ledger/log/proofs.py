"""Inclusion and consistency proofs: made from perfect subtrees, checked with hashes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ConsistencyProofError, FieldError, InclusionProofError
from ledger.log.hashing import EMPTY_ROOT, HASH_BYTES, SIZE_MAX, node_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    ReadSubtree = Callable[[int, int], bytes]
    """Gives the 32-byte root of the perfect subtree of a height (2^height leaves) at a position:
    it covers the leaves from `position * 2^height` on."""

PROOF_HASHES_MAX = 63
"""No proof in a tree below 2^63 leaves is longer (c2sp.org/tlog-witness, "add-checkpoint")."""


def _split(count: int) -> int:
    """Return the largest power of two strictly below a count, the k of RFC 6962 section 2.1."""
    return 1 << ((count - 1).bit_length() - 1)


def subtree_root(lo: int, hi: int, read: ReadSubtree) -> bytes:
    """Compute the root over a range of leaves; from 0 to n it is the root at the earlier size n.

    Args:
        lo: First leaf, from 0.
        hi: The leaf after the last; not below `lo`.
        read: Gives perfect subtrees.

    Returns:
        32 bytes; `EMPTY_ROOT` for an empty range.

    Raises:
        FieldError: Not a range.

    Source:
        RFC 6962 section 2.1, MTH(D[lo:hi]).
    """
    if not 0 <= lo <= hi <= SIZE_MAX:
        raise FieldError(field="range", value=f"{lo}:{hi}", reason="not-a-range")
    return EMPTY_ROOT if lo == hi else _range_root(lo, hi, read)


def _range_root(lo: int, hi: int, read: ReadSubtree) -> bytes:
    count = hi - lo
    # A power of two that starts at a multiple of itself is one stored subtree.
    if count & (count - 1) == 0 and lo & (count - 1) == 0:
        height = count.bit_length() - 1
        return read(height, lo >> height)
    middle = lo + _split(count)
    return node_hash(_range_root(lo, middle, read), _range_root(middle, hi, read))


def inclusion_proof(index: int, size: int, read: ReadSubtree) -> list[bytes]:
    """Prove that a leaf is in a tree.

    Args:
        index: The leaf, from 0.
        size: Leaves in the tree, above `index`.
        read: Gives perfect subtrees.

    Returns:
        32-byte hashes, from the leaf's sibling up to the root's child.

    Raises:
        FieldError: The index is not in a tree of this size.

    Source:
        RFC 6962 section 2.1.1, PATH(m, D[n]).
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise FieldError(field="index", value=index, reason="not-below-size", size=size)
    lo, hi = 0, size
    proof = []
    while hi - lo > 1:
        middle = lo + _split(hi - lo)
        if index < middle:
            proof.append(_range_root(middle, hi, read))
            hi = middle
        else:
            proof.append(_range_root(lo, middle, read))
            lo = middle
    proof.reverse()
    return proof


def consistency_proof(size1: int, size2: int, read: ReadSubtree) -> list[bytes]:
    """Prove that a tree is the beginning of a larger one.

    Args:
        size1: Leaves of the earlier tree; with 0 the proof is empty (c2sp.org/tlog-witness).
        size2: Leaves of the later tree, not fewer.
        read: Gives perfect subtrees.

    Returns:
        32-byte hashes, in the order in which `verify_consistency` takes them; empty for equal
        sizes.

    Raises:
        FieldError: The later tree is the smaller one, or a size is out of range.

    Source:
        RFC 6962 section 2.1.2, PROOF(m, D[n]).
    """
    if not 0 <= size1 <= size2 <= SIZE_MAX:
        raise FieldError(field="size", value=size1, reason="above-later-size", size=size2)
    if size1 in {0, size2}:
        return []
    lo, hi = 0, size2
    proof = []
    while hi != size1:
        middle = lo + _split(hi - lo)
        # `<=`, unlike the `<` of an inclusion proof: size1 counts leaves, an index points at one.
        if size1 <= middle:
            proof.append(_range_root(middle, hi, read))
            hi = middle
        else:
            proof.append(_range_root(lo, middle, read))
            lo = middle
    # From the left border on, the earlier tree is a whole subtree, and the verifier holds its root
    # already.
    if lo != 0:
        proof.append(_range_root(lo, hi, read))
    proof.reverse()
    return proof


def _skip_promoted(node: int, last: int) -> tuple[int, int]:
    """Return node and last node above the levels where a promoted node has no sibling."""
    # An odd node has a left sibling and stays; so only a last node is ever skipped.
    while node != 0 and node & 1 == 0:
        node >>= 1
        last >>= 1
    return node, last


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf is in the tree of a root.

    Args:
        index: The leaf, from 0.
        size: Leaves in the tree.
        leaf: 32-byte leaf hash.
        proof: 32-byte hashes, the leaf's sibling first.
        root: 32-byte root of the tree, from a checkpoint that was opened.

    Raises:
        InclusionProofError: reason is `index-out-of-range`, `hash-length`, `too-long`, `too-short`
            or `other-root`; carries index, size, leaf, and the roots as hex.

    Source:
        RFC 9162 section 2.1.3.2; the numbers are its steps.
    """
    evidence: dict[str, object] = {
        "index": index,
        "size": size,
        "leaf": leaf.hex(),
        "root": root.hex(),
    }
    # 1. Compare index and size.
    if not 0 <= index < size <= SIZE_MAX:
        raise InclusionProofError(reason="index-out-of-range", **evidence)
    if len(leaf) != HASH_BYTES or any(len(part) != HASH_BYTES for part in proof):
        raise InclusionProofError(reason="hash-length", **evidence)
    # 2., 3. Start from the leaf.
    node, last, computed = index, size - 1, leaf
    # 4. Climb.
    for sibling in proof:
        if last == 0:
            raise InclusionProofError(reason="too-long", **evidence)
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            node, last = _skip_promoted(node, last)
        else:
            computed = node_hash(computed, sibling)
        node >>= 1
        last >>= 1
    # 5. The climb must have ended at the root.
    if last != 0:
        raise InclusionProofError(reason="too-short", **evidence)
    if computed != root:
        raise InclusionProofError(reason="other-root", computed=computed.hex(), **evidence)


def verify_consistency(
    size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a tree is the beginning of a larger one.

    A size of 0 is not provable here; `checkpoints.verify_extends` knows what it means. The length
    of the roots is not checked here either: a checkpoint's parser did that.

    Args:
        size1: Leaves of the earlier tree, at least 1.
        size2: Leaves of the later tree.
        root1: Root of the earlier tree.
        root2: Root of the later tree.
        proof: 32-byte hashes.

    Raises:
        ConsistencyProofError: reason is `size-zero`, `size-range`, `smaller`, `not-empty`,
            `empty`, `hash-length`, `too-long`, `too-short` or `other-root`; carries sizes, roots
            and proof as hex.

    Source:
        RFC 9162 section 2.1.4.2; the numbers are its steps.
    """
    evidence: dict[str, object] = {
        "size1": size1,
        "size2": size2,
        "root1": root1.hex(),
        "root2": root2.hex(),
        "proof": [part.hex() for part in proof],
    }
    reason = _consistency_trouble(size1, size2, root1, root2, proof)
    if reason:
        raise ConsistencyProofError(reason=reason, **evidence)


def _consistency_trouble(
    size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> str | None:
    """Return why the proof fails, or nothing."""
    trouble = _size_trouble(size1, size2, proof)
    if trouble:
        return trouble
    if size1 == size2:
        return None if root1 == root2 else "other-root"
    # 2. A power of two is one subtree: its root is where the climb starts.
    path = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    # 3., 4. Leave the levels that the earlier tree fills.
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node >>= 1
        last >>= 1
    # 5. Climb with both roots at once.
    first = second = path[0]
    # 6.
    for sibling in path[1:]:
        if last == 0:
            return "too-long"
        if node & 1 or node == last:
            first = node_hash(sibling, first)
            second = node_hash(sibling, second)
            node, last = _skip_promoted(node, last)
        else:
            second = node_hash(second, sibling)
        node >>= 1
        last >>= 1
    # 7.
    if last != 0:
        return "too-short"
    return None if (first, second) == (root1, root2) else "other-root"


def _size_trouble(size1: int, size2: int, proof: Sequence[bytes]) -> str | None:
    """Return why sizes and length of a proof cannot go together, or nothing (step 1)."""
    checks = (
        ("size-zero", size1 <= 0),
        ("size-range", size2 > SIZE_MAX),
        ("smaller", size1 > size2),
        ("not-empty", size1 == size2 and bool(proof)),
        ("empty", size1 < size2 and not proof),
        ("hash-length", any(len(part) != HASH_BYTES for part in proof)),
    )
    return next((reason for reason, failed in checks if failed), None)
