"""Receipts: what a giver keeps. A proof file that stands alone, the entry's bytes, and what opens its commitments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from ledger.errors import InvariantError
from ledger.journal import history as journal_history
from ledger.journal.history import Fund
from ledger.journal.receipt_numbers import receipt_number
from ledger.log import history as log_history
from ledger.log import proofs
from ledger.log.hashing import Edge, node_hash
from ledger.log.tlogproof import encode_tlog_proof
from ledger.sequencer.groups import Commit, leaf_reader


@dataclass(frozen=True, slots=True)
class Receipt:
    """The final proof that an entry is in the log.

    Attributes:
        seq: The entry.
        number: The receipt number, 12 characters.
        entry: Canonical bytes.
        proof: A `c2sp.org/tlog-proof@v1` file.
    """

    seq: int
    number: str
    entry: bytes
    proof: bytes


def from_commit(commit: Commit, seq: int) -> bytes:
    """Make the proof file of an entry from the commit that added it, without reading the database.

    Args:
        commit: As the sequencer gave it.
        seq: One of its entries.

    Returns:
        A `c2sp.org/tlog-proof@v1` file.

    Raises:
        InvariantError: The commit did not add it: a repeat's receipt is the `stored` one.
    """
    if not commit.start <= seq < commit.size:
        raise InvariantError(
            reason="not-in-this-commit", seq=seq, start=commit.start, size=commit.size
        )
    read = _commit_reader(commit.edge, commit.leaves)
    return encode_tlog_proof(seq, proofs.inclusion_proof(seq, commit.size, read), commit.note)


def stored(connection: sa.Connection, fund: Fund, seq: int) -> Receipt:
    """Make the receipt of an entry from what is stored, at the checkpoint of its own commit.

    Args:
        connection: In a transaction.
        fund: The fund.
        seq: The entry.

    Returns:
        The same receipt at any later time.

    Raises:
        NotFoundError: There is no such entry.
    """
    found = journal_history.entry(connection, fund.fund_id, seq)
    size, note = log_history.checkpoint_covering(connection, fund.fund_id, seq)
    read = log_history.reader(
        connection, fund.fund_id, leaf_reader(connection, fund.fund_id), size
    )
    proof = encode_tlog_proof(seq, proofs.inclusion_proof(seq, size, read), note)
    return Receipt(seq, receipt_number(seq, found.leaf_hash).compact, found.entry, proof)


def _commit_reader(edge: Edge, leaves: list[bytes]) -> Callable[[int, int], bytes]:
    """Read perfect subtrees of the tree after a commit, of which we hold the old right edge and the new leaves.

    A proof of a new leaf never needs more: every other subtree beside its path is an old one of the right edge.
    """
    old: dict[tuple[int, int], bytes] = {}
    position, hashes = 0, iter(edge.hashes)
    for height in range(edge.size.bit_length() - 1, -1, -1):
        if edge.size >> height & 1:
            old[height, position >> height] = next(hashes)
            position += 1 << height
    start = edge.size

    def read(height: int, position: int) -> bytes:
        found = old.get((height, position))
        if found is None:
            if height == 0:
                found = leaves[position - start]
            else:
                found = node_hash(
                    read(height - 1, 2 * position), read(height - 1, 2 * position + 1)
                )
            old[height, position] = found
        return found

    return read
