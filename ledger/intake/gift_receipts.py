"""What a giver keeps of a gift: number, entry, proof, and what opens the entry's commitments.

In: gifts just recorded, or the numbers of stored ones. Out: receipts. Guaranteed: the same receipt at any later time,
at the checkpoint of the gift's own commit; only its opening goes when the private parts are erased.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.intake.prepared import PreparedGift
from ledger.journal import history as journal_history
from ledger.journal.history import Fund
from ledger.journal.receipt_numbers import receipt_number
from ledger.log import history as log_history
from ledger.log import proofs
from ledger.log.tlogproof import encode_tlog_proof
from ledger.privacy import store as privacy_store
from ledger.privacy.commitments import SALT_BYTES
from ledger.privacy.gift_parts import LABELS
from ledger.sequencer.groups import leaf_reader

STORED_AT_ONCE = 500
"""Parameters of one SQLite statement are limited."""


class Opened(NamedTuple):
    """What opens one commitment of an entry: the salt and the private part."""

    label: str
    salt: bytes
    private: str


class GiftReceipt(NamedTuple):
    """What the giver keeps.

    Attributes:
        seq: The entry.
        number: The receipt number, 12 characters.
        entry: Canonical bytes.
        proof: A `c2sp.org/tlog-proof@v1` file.
        opening: What opens the commitments; empty when the private parts were erased.
    """

    seq: int
    number: str
    entry: bytes
    proof: bytes
    opening: tuple[Opened, ...]


def opening_of(gift: PreparedGift) -> tuple[Opened, ...]:
    """Return what opens the commitments of a gift that was just recorded."""
    sealed = gift.sealed
    return _opening(sealed.salts, (gift.giver, gift.nickname, sealed.delivery, gift.message))


def _opening(salts: bytes, privates: tuple[str, str, str, str]) -> tuple[Opened, ...]:
    """Pair labels, salts and private parts; without a message nothing was committed to under its label."""
    return tuple(
        Opened(label, salts[SALT_BYTES * at : SALT_BYTES * (at + 1)], private)
        for at, (label, private) in enumerate(zip(LABELS, privates, strict=True))
        if private or label != "message"
    )


def stored_receipts(
    connection: sa.Connection, fund: Fund, seqs: Sequence[int]
) -> Iterator[GiftReceipt]:
    """Make receipts from what is stored, each at the checkpoint of its own commit; neighbours share what is read.

    Args:
        connection: In a transaction.
        fund: The fund.
        seqs: Entries, gifts all of them.

    Yields:
        A receipt each, in the order of the entries.
    """
    ordered = sorted(set(seqs))
    leaves = leaf_reader(connection, fund.fund_id)
    size, note, read = 0, b"", None
    for first in range(0, len(ordered), STORED_AT_ONCE):
        some = ordered[first : first + STORED_AT_ONCE]
        parts = privacy_store.find(connection, fund.fund_id, some)
        for found in _entries(connection, fund, some):
            seq = found.seq
            if read is None or seq >= size:
                size, note = log_history.checkpoint_covering(connection, fund.fund_id, seq)
                read = log_history.reader(connection, fund.fund_id, leaves, size)
            part = parts.get(seq)
            opening: tuple[Opened, ...] = ()
            if part is not None:
                privates = (part.giver, part.nickname, part.delivery, part.message)
                opening = _opening(part.salts, privates)
            number = receipt_number(seq, found.leaf_hash).compact
            proof = encode_tlog_proof(seq, proofs.inclusion_proof(seq, size, read), note)
            yield GiftReceipt(seq, number, found.entry, proof, opening)


def _entries(
    connection: sa.Connection, fund: Fund, seqs: Sequence[int]
) -> Iterator[journal_history.StoredEntry]:
    """Read entries in order: those of one call stand together and are read in one go.

    Yields:
        Entries, by number.
    """
    if seqs[-1] - seqs[0] > 2 * len(seqs):
        for seq in seqs:
            yield journal_history.entry(connection, fund.fund_id, seq)
        return
    wanted = set(seqs)
    for found in journal_history.span(connection, fund.fund_id, seqs[0], seqs[-1] + 1):
        if found.seq in wanted:
            yield found
