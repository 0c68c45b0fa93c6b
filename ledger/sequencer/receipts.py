"""Receipts: what a giver keeps. A proof file that stands alone, the entry's bytes, and what opens its commitments."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from ledger.errors import InvariantError
from ledger.journal import history as journal_history
from ledger.journal.history import Fund
from ledger.journal.receipt_numbers import receipt_number
from ledger.log import history as log_history
from ledger.log import proofs
from ledger.log.hashing import Edge, node_hash
from ledger.log.tlogproof import decode_tlog_proof, encode_tlog_proof
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
    return encode_tlog_proof(seq, _proof(commit, seq), commit.note)


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


def standing_alone(receipt: Receipt) -> bytes:
    """Return a receipt as one file that needs nothing beside it: the proof, with the entry as its `extra`.

    Args:
        receipt: Of any entry.

    Returns:
        A `c2sp.org/tlog-proof@v1` file. Nobody signed its `extra`: whoever checks it hashes it.
    """
    parts = decode_tlog_proof(receipt.proof)
    return encode_tlog_proof(parts.index, parts.proof, parts.checkpoint_note, receipt.entry)


def _proof(commit: Commit, seq: int) -> list[bytes]:
    """Prove that an entry is in its commit's tree, from the right edge before the commit and the leaves it added.

    No proof of a new leaf needs more: every other subtree beside its way up is an old one of the right edge. What is
    hashed for one entry is kept in the commit for its neighbours.

    Source:
        RFC 6962 section 2.1.1, climbed from the leaf: at each height the last node may lack a sibling, and then stands
        for its parent too.
    """
    nodes = commit.nodes
    if not nodes:
        nodes.update(_edge_nodes(commit.edge))

    def node(height: int, position: int) -> bytes:
        found = nodes.get((height, position))
        if found is None:
            if height == 0:
                found = commit.leaves[position - commit.start]
            else:
                found = node(height - 1, 2 * position)
                if 2 * position < commit.size - 1 >> height - 1:
                    found = node_hash(found, node(height - 1, 2 * position + 1))
            nodes[height, position] = found
        return found

    proof = []
    height, position, last = 0, seq, commit.size - 1
    while last:
        beside = position ^ 1
        if beside <= last:
            proof.append(nodes.get((height, beside)) or node(height, beside))
        height, position, last = height + 1, position >> 1, last >> 1
    return proof


def _edge_nodes(edge: Edge) -> dict[tuple[int, int], bytes]:
    """Return the perfect subtrees of a right edge by height and position."""
    nodes = {}
    start, hashes = 0, iter(edge.hashes)
    for height in range(edge.size.bit_length() - 1, -1, -1):
        if edge.size >> height & 1:
            nodes[height, start >> height] = next(hashes)
            start += 1 << height
    return nodes
