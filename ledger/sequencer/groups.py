"""Group commit: decisions from any thread become entries, many to one transaction, one fsync for all.

A caller hands over a decision and waits. One of the waiting callers becomes the leader, takes everything that waits for
the fund, and does in order:

1. lock the fund (the signer's lock file against other processes, then the database's write lock);
2. read the head, and check that the signer's last tree is a prefix of it;
3. let each decision read the books and post drafts; a refused one is rolled back to its savepoint, alone;
4. insert all rows, extend the right edge, sign the checkpoint, insert tiles, balances and checkpoint;
5. commit;                          -- a crash before: nothing happened. After: the database is ahead of the signer,
6. record the checkpoint as released   -- which step 2 of the next commit proves to be consistent, and goes on.
7. hand out the results.            -- nobody was told anything before this.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from ledger.clock import Clock
from ledger.db import Database, lock_fund
from ledger.errors import (
    BusyError,
    ConflictError,
    ConsistencyProofError,
    InvariantError,
    KeyMismatchError,
    LedgerError,
    NotFoundError,
    RolledBackError,
    StateError,
)
from ledger.journal import history as journal_history
from ledger.journal import store as journal
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.log import history as log_history
from ledger.log import proofs
from ledger.log import store as log
from ledger.log.checkpoints import Checkpoint, open_checkpoint, verify_extends
from ledger.log.hashing import Edge
from ledger.log.notes import Verifier
from ledger.log.signer import LogSigner
from ledger.log.tiles import tile_root
from ledger.sequencer.books import Books

T = TypeVar("T")
J = TypeVar("J")
Decide = Callable[[Books], T]

TILE_HEIGHT = 8
TILE_WIDTH = 256


@dataclass(frozen=True, slots=True)
class Commit:
    """The tree that a decision's entries are in.

    Attributes:
        size: Entries.
        note: The signed checkpoint.
        start: Size before this commit.
        edge: Right edge before this commit, for proofs of its leaves.
        leaves: The leaf hashes that it added.
        nodes: Hashes by height and position that its receipts have needed so far.
    """

    size: int
    note: bytes
    start: int
    edge: Edge
    leaves: list[bytes]
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict, repr=False, compare=False)


def _held_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Job(Generic[T]):
    """A decision that waits.

    Attributes:
        decide: What it is, unless it is taken jointly.
        alone: It needs a savepoint.
        join: What takes the decision for this item and its neighbours'.
        item: What `join` gets.
        turn: Held until the job is done or its thread is to lead.
        done: Value, error and commit are final.
    """

    decide: Decide[T] | None
    alone: bool
    join: Callable[[Books, Sequence[Any]], Sequence[T]] | None = None
    item: object = None
    turn: threading.Lock = field(default_factory=_held_lock)
    done: bool = False
    value: T | None = None
    error: BaseException | None = None
    commit: Commit | None = None


@dataclass
class _Attempt:
    """How far the writing of a group came.

    Attributes:
        deciding: Decisions have begun to run: one of them may be at fault.
        committing: The commit was asked for.
    """

    deciding: bool = False
    committing: bool = False


@dataclass
class _Queue:
    """What waits for one fund. The lock guards all of it."""

    guard: threading.Lock = field(default_factory=threading.Lock)
    waiting: deque[_Job[object]] = field(default_factory=deque)
    led: bool = False


@dataclass(frozen=True, slots=True)
class Decided(Generic[T]):
    """What came of a decision.

    Attributes:
        value: What it returned.
        commit: Where its entries are; None when the commit added none (repeats).
    """

    value: T
    commit: Commit | None


class Sequencer:
    """The one writer of all funds of a database, for this process.

    Args:
        database: Where to.
        keys: Folder of the signers' keys.
        clock: Tells recorded times.
        group_max: Decisions taken into one commit at most.
    """

    def __init__(
        self, database: Database, keys: Path, clock: Clock, *, group_max: int = 1024
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._group_max = group_max
        self._guard = threading.Lock()
        self._queues: dict[int, _Queue] = {}
        self._signers: dict[int, LogSigner] = {}
        self._accounts: dict[int, dict[str, int]] = {}
        # Right edge of the tree that this process wrote last, by fund: trusted only while the database's newest
        # checkpoint and the signer's released one both are that very tree.
        self._edges: dict[int, Edge] = {}

    @property
    def database(self) -> Database:
        """Return the database it writes to."""
        return self._database

    def decide(self, fund: Fund, decide: Decide[T], *, alone: bool = True) -> Decided[T]:
        """Take a decision and wait until what it posted is durable, signed and released.

        Args:
            fund: The fund.
            decide: Reads the books and posts drafts; returns what the caller wants to know. It may run twice,
                when the commit of its group failed, so it must not act outside the books.
            alone: It may refuse (raise) after it has posted or written, so it gets a savepoint. Bulk decisions
                that check first and post then do without.

        Returns:
            Its value and its commit.

        Raises:
            LedgerError: It refused, or the database or the signer did.
        """
        return self._decided(fund, _Job(decide, alone))

    def decide_jointly(
        self, fund: Fund, join: Callable[[Books, Sequence[J]], Sequence[T]], item: J
    ) -> Decided[T]:
        """Take a bulk decision in one go with the neighbours of its kind that wait for the same commit.

        Args:
            fund: The fund.
            join: Takes the decisions of several items, in order, and returns a value for each. Like every bulk
                decision it checks first and then posts. Neighbours are joined when this is the same function.
            item: What this caller decides on.

        Returns:
            The item's value and its commit.

        Raises:
            LedgerError: The database or the signer refused.
        """
        return self._decided(fund, _Job(None, alone=False, join=join, item=item))

    def _decided(self, fund: Fund, job: _Job[T]) -> Decided[T]:
        """Wait for a job's turn, and lead if nobody does."""
        queue = self._queue(fund.fund_id)
        with queue.guard:
            queue.waiting.append(job)  # type: ignore[arg-type]
            waits, queue.led = queue.led, True
        if waits:
            try:
                job.turn.acquire()
            except BaseException:
                _withdraw(queue, job)
                raise
        if not job.done:
            self._lead(fund, queue, job)
        if job.error is not None:
            raise job.error
        return Decided(job.value, job.commit)  # type: ignore[arg-type]

    def create_log(self, fund_id: int, slug: str, origin: str) -> str:
        """Make the key of a new fund's log.

        Args:
            fund_id: The fund.
            slug: Its name.
            origin: The log's name.

        Returns:
            The public key as a vkey, for the fund's first entry.

        Raises:
            StateError: There is a key of this name already.
        """
        try:
            signer = LogSigner.create(self._keys, slug, origin)
        except StateError:
            # A key without a fund and without a released tree: an earlier try to open this fund ended before its
            # first commit. Anything else is somebody else's key, and stays as it is.
            vkeys = (self._keys / f"{slug}.vkey").read_text().split()
            signer = LogSigner.open(self._keys, slug, origin, vkeys)
            if signer.released() is not None:
                raise
        self._signers[fund_id] = signer
        return signer.vkeys[0]

    def released_note(self, fund: Fund) -> bytes | None:
        """Return the last signed checkpoint that was let out; None where the log's keys are not on this machine.

        Args:
            fund: The fund.

        Returns:
            The note that is recorded beside the key: a commit that is durable and not recorded yet is not in it.
        """
        try:
            return self._signer(fund).released_note()
        except NotFoundError:
            return None

    def repair_released(self, fund: Fund, kept: bytes) -> tuple[int, int]:
        """Write the signer's lost memory anew, from a checkpoint that was kept elsewhere.

        The database's tree must continue the kept one: then nothing that its keeper has seen is missing here.

        Args:
            fund: The fund.
            kept: A signed checkpoint of this log, the newest that anybody else holds.

        Returns:
            Size of the kept checkpoint, and of the one that the signer remembers now: the database's newest.

        Raises:
            MalformedProofError: Not a signed checkpoint.
            NoteSignatureError: Not signed by a key that the log names now.
            RolledBackError: Entries are missing here that the keeper has seen, or it is another history.
            StateError: The memory is there.
        """
        with self._database.reading() as connection:
            vkeys = log_keys(connection, fund)
            known = [Verifier.from_text(one) for one in vkeys]
            earlier = open_checkpoint(kept, fund.origin, known)
            last = log.last_checkpoint(connection, fund.fund_id)
            size = journal.head(connection, fund.fund_id).size
            if last is None or last.size != size or size < earlier.size:
                raise RolledBackError(
                    fund=fund.slug,
                    reason="smaller",
                    released_size=earlier.size,
                    offered_size=0 if last is None else last.size,
                )
            later = open_checkpoint(last.note, fund.origin, known)
            proof: list[bytes] = []
            if 0 < earlier.size < size:
                leaves = leaf_reader(connection, fund.fund_id)
                read = log_history.reader(connection, fund.fund_id, leaves, size)
                proof = proofs.consistency_proof(earlier.size, size, read)
        try:
            verify_extends(earlier, later, proof)
        except ConsistencyProofError as error:
            raise RolledBackError(
                fund=fund.slug,
                reason=f"not-consistent:{error.fields['reason']}",
                released_size=earlier.size,
                offered_size=size,
            ) from error
        self._signers[fund.fund_id] = LogSigner.recover(
            self._keys, fund.slug, fund.origin, vkeys, last.note
        )
        return earlier.size, size

    def rotate_key(self, fund: Fund) -> str:
        """Make a new key beside the old one, which both sign from now on; return its vkey."""
        return self._signer(fund).rotate()

    def add_post_quantum_key(self, fund: Fund) -> str:
        """Make an ML-DSA-44 key that signs beside the others from now on; return its vkey."""
        return self._signer(fund).add_post_quantum()

    def drop_post_quantum_key(self, fund: Fund) -> str:
        """Sign without the ML-DSA-44 key from now on; return its vkey."""
        self.forget_signer(fund)
        return self._signer(fund).drop_post_quantum()

    def retire_keys(self, fund: Fund) -> tuple[str, ...]:
        """Drop all keys but the newest; return what was dropped."""
        self.forget_signer(fund)
        return self._signer(fund).retire()

    def forget_signer(self, fund: Fund) -> None:
        """Read a log's keys again next time: an entry has named another one."""
        self._signers.pop(fund.fund_id, None)

    # --- leading ------------------------------------------------------------------------------

    def _queue(self, fund_id: int) -> _Queue:
        with self._guard:
            return self._queues.setdefault(fund_id, _Queue())

    def _lead(self, fund: Fund, queue: _Queue, mine: _Job[T]) -> None:
        """Write groups until the own decision is done, then let somebody else lead."""
        try:
            while not mine.done:
                group = self._next(queue, 0)
                try:
                    self._write(fund, group, queue)
                finally:
                    # Also when this thread is being stopped: the others must not wait for a verdict for ever.
                    for job in group:
                        job.done = True
                        job.turn.release()
        finally:
            with queue.guard:
                _appoint(queue)

    def _next(self, queue: _Queue, have: int) -> list[_Job[object]]:
        """Take what waits, up to the size of a group."""
        with queue.guard:
            count = min(self._group_max - have, len(queue.waiting))
            return [queue.waiting.popleft() for _ in range(count)]

    def _write(self, fund: Fund, group: list[_Job[object]], queue: _Queue | None = None) -> None:
        """Write one group; when that fails as a whole, each decision on its own, so that none poisons another.

        Args:
            fund: The fund.
            group: Decisions; those of the queue that come until it is this group's turn are added.
            queue: What waits.
        """
        attempt = _Attempt()
        _refuse_all(
            group, BusyError(reason="interrupted")
        )  # if this thread is stopped before the commit
        try:
            self._write_together(fund, group, attempt, queue)
        except Exception as error:  # noqa: BLE001 -- each job carries it to its caller
            known = (
                self._signers.pop(fund.fund_id, None)
                if isinstance(error, KeyMismatchError)
                else None
            )
            if known is not None and not attempt.committing:
                # Another process has let an old key go: read again which keys the log names.
                self._write(fund, group)
                return
            # Once the commit was asked for, nobody knows for sure whether it took place: running a decision again
            # could post it twice. Its caller asks again, and a claim answers. Before any decision ran (the lock, the
            # signer) none is at fault, and each would only wait for the same again.
            if len(group) == 1 or attempt.committing or not attempt.deciding:
                _refuse_all(group, error)
                return
            _refuse_all(group, BusyError(reason="interrupted"))
            for job in group:
                self._write(fund, [job])
        except BaseException:
            _refuse_all(group, BusyError(reason="interrupted"))
            raise

    def _write_together(
        self, fund: Fund, group: list[_Job[object]], attempt: _Attempt, queue: _Queue | None
    ) -> None:
        signer = self._signer(fund)
        known = self._accounts.get(fund.fund_id)
        note = None
        with signer.locked():
            with self._database.writing() as connection:
                lock_fund(connection, fund.fund_id)
                edge = self._checked_edge(connection, fund, signer)
                if known is None or self._is_stale(fund, edge):
                    known = journal.account_ids(connection, fund.fund_id)
                books = Books(connection, fund, self._clock, known, self._keys)
                attempt.deciding = True
                if queue is not None:
                    # While another process wrote, more have come: they need not wait for a commit of their own.
                    group += self._next(queue, len(group))
                _run_all(books, group)
                grown = edge.copy()
                if books.leaves:
                    note = self._seal(books, grown, signer)
                attempt.committing = True
            if note is not None:
                signer.record_released(note)
                self._edges[fund.fund_id] = grown
                if books.new_accounts or self._accounts.get(fund.fund_id) is not known:
                    self._accounts[fund.fund_id] = {**known, **books.new_accounts}
        if note is not None:
            commit = Commit(grown.size, note, edge.size, edge, books.leaves)
            for job in group:
                job.commit = commit

    def _is_stale(self, fund: Fund, edge: Edge) -> bool:
        """Tell whether another process has written since, and may have opened accounts."""
        mine = self._edges.get(fund.fund_id)
        return mine is None or mine.size != edge.size

    def _signer(self, fund: Fund) -> LogSigner:
        signer = self._signers.get(fund.fund_id)
        if signer is None:
            with self._database.reading() as connection:
                vkeys = log_keys(connection, fund)
            signer = LogSigner.open(self._keys, fund.slug, fund.origin, vkeys)
            self._signers[fund.fund_id] = signer
        return signer

    # --- the tree -----------------------------------------------------------------------------

    def _checked_edge(self, connection: sa.Connection, fund: Fund, signer: LogSigner) -> Edge:
        """Return the database's right edge, after checking that the signer's last tree is a prefix of it.

        Raises:
            RolledBackError: Entries or checkpoints are missing, or the tree is not the one that was signed.
            InvariantError: The stored edge is not the stored root's.
        """
        last = log.last_checkpoint(connection, fund.fund_id)
        size = journal.head(connection, fund.fund_id).size
        released = signer.released()
        if last is None:
            if size or released is not None:
                raise RolledBackError(
                    fund=fund.slug,
                    reason="no-checkpoint",
                    offered_size=size,
                    released_size=0 if released is None else released.size,
                )
            return Edge()
        if last.size != size:
            raise RolledBackError(
                fund=fund.slug,
                reason="entries-missing",
                offered_size=size,
                released_size=last.size,
            )
        edge = self._edges.get(fund.fund_id)
        ours = edge is not None and edge.size == last.size and edge.to_bytes() == last.edge
        signed = released is not None and (released.size, released.root) == (last.size, last.root)
        if edge is not None and ours and signed:
            return edge
        edge = Edge.from_bytes(last.size, last.edge)
        if edge.root() != last.root:
            raise InvariantError(reason="edge-is-not-the-root", fund=fund.slug, size=last.size)
        self._check_consistent(
            connection, fund, signer, Checkpoint(fund.origin, last.size, last.root)
        )
        return edge

    def _check_consistent(
        self, connection: sa.Connection, fund: Fund, signer: LogSigner, offered: Checkpoint
    ) -> None:
        """Prove from the stored tiles that the released tree is a prefix of the database's."""
        released = signer.released()
        proof: list[bytes] = []
        if released is not None and 0 < released.size < offered.size:
            read = log_history.reader(
                connection, fund.fund_id, leaf_reader(connection, fund.fund_id), offered.size
            )
            proof = proofs.consistency_proof(released.size, offered.size, read)
        signer.check_extends(offered, proof)

    def _seal(self, books: Books, grown: Edge, signer: LogSigner) -> bytes:
        """Extend the tree by this commit's leaves, sign it, and insert what a commit adds once."""
        connection, fund = books.connection, books.fund
        start = grown.size
        completed = grown.extend(books.leaves)
        log.add_tiles(connection, _full_tiles(connection, fund.fund_id, start, completed))
        root = grown.root()
        note = signer.sign(Checkpoint(fund.origin, grown.size, root))
        signed = log.Signed(grown.size, root, grown.to_bytes(), note)
        log.add_checkpoint(connection, fund.fund_id, signed, int(self._clock.now().timestamp()))
        journal.add_balances(connection, books.balance_rows())
        return note


def _refuse_all(group: list[_Job[object]], error: BaseException) -> None:
    for job in group:
        job.value, job.error, job.commit = None, error, None


def _appoint(queue: _Queue) -> None:
    """Let the thread of the job that waits longest lead, or nobody; inside the queue's guard."""
    if queue.waiting:
        queue.waiting[0].turn.release()
    else:
        queue.led = False


def _withdraw(queue: _Queue, job: _Job[T]) -> None:
    """Take back a job whose thread is being stopped, and the lead that it may have been given."""
    with queue.guard:
        appointed = not job.done and job.turn.acquire(blocking=False)
        if job in queue.waiting:
            queue.waiting.remove(job)  # type: ignore[arg-type]
        if appointed:
            _appoint(queue)


def _runs(group: Sequence[_Job[object]]) -> Iterator[list[_Job[object]]]:
    """Cut a group into decisions that are taken together.

    Yields:
        One decision, or neighbours with the same `join`.
    """
    for join, some in itertools.groupby(group, key=lambda job: job.join):
        if join is None:
            yield from ([job] for job in some)
        else:
            yield list(some)


def _run_all(books: Books, group: Sequence[_Job[object]]) -> None:
    for some in _runs(group):
        _run(books, some)
    books.settle()


def _run(books: Books, some: list[_Job[object]]) -> None:
    """Let one decision post, or several that are taken jointly; a refusal takes back what it did, and no more."""
    job = some[0]
    if job.join is not None:
        values = job.join(books, [one.item for one in some])
        for one, value in zip(some, values, strict=True):
            one.value, one.error = value, None
        return
    assert job.decide is not None
    if not job.alone:
        job.value = job.decide(books)
        job.error = None
        return
    books.settle()
    before = books.snapshot()
    savepoint = books.connection.begin_nested()
    try:
        job.value = job.decide(books)
        books.settle()
    except LedgerError as error:
        savepoint.rollback()
        books.restore(before)
        job.error = error
    except sa.exc.IntegrityError as error:
        savepoint.rollback()
        books.restore(before)
        refusal = ConflictError(reason="constraint", detail=str(error.orig).split("\n")[0][:120])
        refusal.__cause__ = error
        job.error = refusal
    else:
        savepoint.commit()
        job.error = None


def log_keys(connection: sa.Connection, fund: Fund) -> list[str]:
    """Return the public keys that a fund's log names: its first entry's, and those of rotations.

    Args:
        connection: In a transaction.
        fund: The fund.

    Returns:
        vkeys, oldest first.
    """
    opened = decode(journal_history.entry(connection, fund.fund_id, 0).entry)
    keys = [str(opened["body"]["log_key"])]
    rotated = journal_history.of_kind(connection, fund.fund_id, "key.rotated", newest=100)
    keys.extend(str(decode(entry.entry)["body"]["log_key"]) for entry in reversed(rotated))
    return keys


def leaf_reader(connection: sa.Connection, fund_id: int) -> Callable[[int, int], list[bytes]]:
    """Return a function that reads leaf hashes of a fund from a first number to the number after the last."""
    return lambda first, stop: journal_history.leaf_hashes(connection, fund_id, first, stop)


def _full_tiles(
    connection: sa.Connection, fund_id: int, start: int, completed: list[list[bytes]]
) -> list[log.TileRow]:
    """Cut the hashes that a commit completed at tile levels into tiles that have become full.

    Hashes of the same tile from earlier commits are read back: at most 255 a level.
    """
    rows: list[log.TileRow] = []
    leaves = leaf_reader(connection, fund_id)
    for level, height in enumerate(range(0, len(completed), TILE_HEIGHT)):
        first = start >> height
        hashes = completed[height]
        position, have = divmod(first, TILE_WIDTH)
        if have + len(hashes) < TILE_WIDTH:
            break
        if have:
            earlier = _earlier(connection, fund_id, leaves, level, position, have)
            hashes = [*earlier, *hashes]
        for number in range(len(hashes) // TILE_WIDTH):
            data = b"".join(hashes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH])
            rows.append((fund_id, level, position + number, data, tile_root(data)))
    return rows


def _earlier(
    connection: sa.Connection,
    fund_id: int,
    leaves: log_history.LeafReader,
    level: int,
    position: int,
    have: int,
) -> list[bytes]:
    """Read the first hashes of a tile that was partial before this commit."""
    data = log_history.tile(connection, fund_id, leaves, level, position, have)
    return [data[at : at + 32] for at in range(0, len(data), 32)]
