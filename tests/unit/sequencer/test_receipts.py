"""Receipts made from a commit alone are those of the whole tree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.log.hashing import Edge
from ledger.log.proofs import inclusion_proof, verify_inclusion
from ledger.log.tlogproof import decode_tlog_proof
from ledger.sequencer.groups import Commit
from ledger.sequencer.receipts import from_commit
from tests.unit.log.trees import reader_of, some_leaves


@given(start=st.integers(0, 600), count=st.integers(1, 40), data=st.data())
def test_a_commit_alone_gives_the_proofs_of_the_whole_tree(
    start: int, count: int, data: st.DataObject
) -> None:
    leaves = some_leaves(start + count)
    edge = Edge()
    edge.extend(leaves[:start])
    grown = edge.copy()
    grown.extend(leaves[start:])
    commit = Commit(grown.size, b"a note\n", start, edge, leaves[start:])
    # In any order: what one receipt hashed is used by the next.
    for seq in data.draw(st.permutations(range(start, start + count))):
        receipt = decode_tlog_proof(from_commit(commit, seq))
        assert receipt.index == seq
        assert receipt.checkpoint_note == b"a note\n"
        assert list(receipt.proof) == inclusion_proof(seq, grown.size, reader_of(leaves))
        verify_inclusion(seq, grown.size, leaves[seq], receipt.proof, grown.root())
