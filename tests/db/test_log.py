"""The log as stored: edges, tiles across their boundaries, receipts, proofs between any two checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.actors import Actor
from ledger.db import Database
from ledger.errors import InvariantError, NotFoundError
from ledger.journal import history as journal
from ledger.journal.entries import Draft
from ledger.journal.receipt_numbers import receipt_number
from ledger.log import history as log
from ledger.log import proofs
from ledger.log.checkpoints import open_checkpoint
from ledger.log.notes import Verifier
from ledger.log.tlogproof import decode_tlog_proof, verify_tlog_proof
from ledger.sequencer import receipts
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Commit, leaf_reader, log_keys
from tests.db.ledgers import Ledger, bodies, check, new_ledger
from tests.unit.log.trees import defined_root


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def grow(ledger: Ledger, count: int) -> Commit:
    """Add cheap entries in one commit."""
    actor = Actor("system", "test")

    def decide(books: Books) -> None:
        for number in range(count):
            books.post(Draft("exception.raised", "2026-10-09T12:00:00Z", actor, {"n": number}))

    commit = ledger.sequencer.decide(ledger.fund, decide, alone=False).commit
    assert commit is not None
    return commit


def grow_to(ledger: Ledger, size: int) -> Commit:
    """Add entries in one commit until there are so many."""
    with ledger.database.reading() as connection:
        return grow(ledger, size - journal.size(connection, ledger.fund.fund_id))


def leaves_of(ledger: Ledger) -> list[bytes]:
    with ledger.database.reading() as connection:
        rows = connection.execute(sa.text("SELECT entry FROM entries ORDER BY seq"))
        return [sha256(b"\x00" + bytes(row.entry)).digest() for row in rows]


def test_the_tree_is_the_one_of_the_standard_after_each_commit(ledger: Ledger) -> None:
    for count in (1, 1, 2, 3, 7, 1, 64, 100, 1):
        commit = grow(ledger, count)
        leaves = leaves_of(ledger)
        assert commit.size == len(leaves)
        assert commit.leaves == leaves[commit.start :]
        with ledger.database.reading() as connection:
            size, note = log.latest_note(connection, ledger.fund.fund_id)
            verifiers = [Verifier.from_text(key) for key in log_keys(connection, ledger.fund)]
        assert (size, note) == (commit.size, commit.note)
        opened = open_checkpoint(note, ledger.fund.origin, verifiers)
        assert (opened.size, opened.root) == (len(leaves), defined_root(leaves))
    check(ledger)


@pytest.mark.parametrize(
    "sizes",
    [
        (255, 256, 257),
        (256, 512),
        (255, 257, 511, 513),
        (1000, 1024, 1025),
    ],
)
def test_tiles_across_their_boundaries(ledger: Ledger, sizes: tuple[int, ...]) -> None:
    for size in sizes:
        grow_to(ledger, size)
        assert check(ledger) == size
        with ledger.database.reading() as connection:
            full = connection.execute(
                sa.text("SELECT count(*) FROM tiles WHERE level = 0")
            ).scalar()
        assert full == size // 256


@pytest.mark.parametrize("before", [65_535, 65_279])
def test_tiles_of_the_second_level(ledger: Ledger, before: int) -> None:
    """65,536 leaves fill a tile of tiles; the commits before leave every tile on the way partial or just full."""
    for size in (300, before, 65_536, 65_537, 65_800):
        grow_to(ledger, size)
    check(ledger)
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        levels = dict(
            connection.execute(sa.text("SELECT level, count(*) FROM tiles GROUP BY level")).all()
        )
        assert levels == {0: 257, 1: 1}
        leaves = leaf_reader(connection, fund_id)
        assert len(log.tile(connection, fund_id, leaves, 0, 257, 8)) == 8 * 32
        assert len(log.tile(connection, fund_id, leaves, 1, 1, 1)) == 32
        assert len(log.tile(connection, fund_id, leaves, 2, 0, 1)) == 32
        for level, position, width in ((0, 257, 9), (1, 1, 2), (2, 0, 2), (3, 0, 1)):
            with pytest.raises(NotFoundError):
                log.tile(connection, fund_id, leaves, level, position, width)
        reader = log.reader(connection, fund_id, leaves, 65_800)
        rows = connection.execute(
            sa.text("SELECT size, root FROM checkpoints ORDER BY size")
        ).all()
        sizes = [row.size for row in rows][-5:]
        roots = {row.size: bytes(row.root) for row in rows}
        for size in sizes:
            assert log.root_at(connection, fund_id, leaves, size) == roots[size]
            proof = proofs.consistency_proof(size, 65_800, reader)
            proofs.verify_consistency(size, 65_800, roots[size], roots[65_800], proof)
        for seq in (0, 255, 256, 65_534, 65_535, 65_536, 65_799):
            proof = proofs.inclusion_proof(seq, 65_800, reader)
            [leaf] = leaves(seq, seq + 1)
            proofs.verify_inclusion(seq, 65_800, leaf, proof, roots[65_800])


def test_every_checkpoint_is_proven_to_extend_every_earlier_one(ledger: Ledger) -> None:
    for count in (3, 1, 9, 30, 250, 2):
        grow(ledger, count)
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        rows = connection.execute(
            sa.text("SELECT size, root FROM checkpoints ORDER BY size")
        ).all()
        assert len(rows) == 9 + 6
        for later in rows:
            read = log.reader(connection, fund_id, leaf_reader(connection, fund_id), later.size)
            for earlier in rows:
                if earlier.size <= later.size:
                    proof = proofs.consistency_proof(earlier.size, later.size, read)
                    proofs.verify_consistency(
                        earlier.size, later.size, bytes(earlier.root), bytes(later.root), proof
                    )


def test_the_receipt_of_a_commit_is_the_stored_one_and_proves_its_entry(ledger: Ledger) -> None:
    commits = [grow(ledger, count) for count in (1, 2, 5, 240, 20, 1)]
    with ledger.database.reading() as connection:
        verifiers = [Verifier.from_text(key) for key in log_keys(connection, ledger.fund)]
        for commit in commits:
            for seq in {commit.start, (commit.start + commit.size) // 2, commit.size - 1}:
                stored = receipts.stored(connection, ledger.fund, seq)
                given = receipts.from_commit(commit, seq)
                assert given == stored.proof
                entry = journal.entry(connection, ledger.fund.fund_id, seq)
                assert stored.entry == entry.entry
                assert stored.number == receipt_number(seq, entry.leaf_hash).compact
                opened = verify_tlog_proof(
                    decode_tlog_proof(given), entry.entry, ledger.fund.origin, verifiers
                )
                assert opened.checkpoint.size == commit.size


def test_a_receipt_stays_the_same_while_the_log_grows(ledger: Ledger) -> None:
    commit = grow(ledger, 3)
    first = receipts.from_commit(commit, commit.start)
    for count in (1, 300, 7):
        grow(ledger, count)
        with ledger.database.reading() as connection:
            assert receipts.stored(connection, ledger.fund, commit.start).proof == first


def test_no_receipt_is_made_from_a_commit_that_did_not_add_the_entry(ledger: Ledger) -> None:
    commit = grow(ledger, 3)
    for seq in (0, commit.start - 1, commit.size, -1):
        with pytest.raises(InvariantError, match="not-in-this-commit"):
            receipts.from_commit(commit, seq)


def test_what_is_not_there_is_not_found(ledger: Ledger) -> None:
    size = len(bodies(ledger))
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        for missing in (
            lambda: receipts.stored(connection, ledger.fund, size),
            lambda: journal.entry(connection, fund_id, size),
            lambda: log.checkpoint_note(connection, fund_id, size + 1),
            lambda: log.checkpoint_covering(connection, fund_id, size),
        ):
            with pytest.raises(NotFoundError):
                missing()
