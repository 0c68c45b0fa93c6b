"""Hold a run's rows to its entries: the part of verification that several processes share.

In: a task that names a run of a fund. Out: what the run folds to, its hashes, and what it could not decide alone.
Guaranteed: every row of entries, postings, balances, segments, full tiles of level 0, checkpoints and private parts
that belongs to the run is compared in every column; anything unforeseen is a failure that names the run.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.db import Database
from ledger.errors import LedgerError
from ledger.log.checkpoints import Checkpoint
from ledger.log.hashing import HASH_BYTES, Edge, leaf_hashes, node_hash
from ledger.log.notes import Verifier, open_note
from ledger.log.tiles import TILE_WIDTH, tile_root
from ledger.moneyline.intervals import segment_from_json
from ledger.verify import openings
from ledger.verify.columns import first_difference
from ledger.verify.folding import Columns, Folded, Folding, Key, Rate
from ledger.verify.report import Findings, failure

RUN = 1 << 13
"""Entries in a run: tiles to a power of two, so that all runs but the last are perfect subtrees. Some ten megabytes."""

SIGNED_LATE_S = 86_400
"""How far the time of signing may be from the recorded time: a clock that was set back, not another day."""


class NamedKey(NamedTuple):
    """A key of the log, and the entry that names it."""

    seq: int
    vkey: str


@dataclass(frozen=True)
class Task:
    """One run of one fund.

    Attributes:
        url: The database.
        fund_id: The fund.
        slug: Its name in entries.
        origin: Its log's name.
        first: First entry.
        stop: Number after the last.
        names: Accounts' names by id.
        rates: Rates by their entry.
        keys: The log's keys.
        probes: Further sizes to compute the root of.
        slots: File of the claims' slots (`claims.py`), empty to leave private parts and claims out.
        run: Entries of a full run.
    """

    url: str
    fund_id: int
    slug: str
    origin: str
    first: int
    stop: int
    names: Mapping[int, str]
    rates: Mapping[int, Rate]
    keys: tuple[NamedKey, ...]
    probes: tuple[int, ...]
    slots: str
    run: int = RUN


class Mark(NamedTuple):
    """A size inside a run, or at its end, at which a root is known.

    Attributes:
        size: Entries of the log.
        local: The run's part of the right edge folded into one hash; None at the end of a full run.
        root: As the checkpoint's row has it; None for a probe.
        head: What the row has of the right edge before the run's part.
    """

    size: int
    local: bytes | None
    root: bytes | None
    head: bytes


class BalanceOffset(NamedTuple):
    """What an account's totals must have been before the run, from a row on."""

    seq: int
    debits: int
    credits: int


@dataclass
class RunResult:
    """What a run came to.

    Attributes:
        folded: Of its entries; its commits are compared already.
        tile_roots: Roots of its full tiles of level 0.
        tail: Leaf hashes after the last full tile.
        marks: By size.
        balances: Offsets of balances' rows, by account and commodity.
        kept: Private parts that are there.
    """

    folded: Folded
    tile_roots: list[bytes] = field(default_factory=list)
    tail: list[bytes] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    balances: dict[Key, list[BalanceOffset]] = field(default_factory=dict)
    kept: int = 0


class Rows:
    """Reads rows as the driver gives them, which is three times as fast as through the ORM's result.

    Args:
        connection: In a transaction.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._driver: Any = connection.connection
        self._is_sqlite = connection.dialect.name == "sqlite"

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query with `?` for its values."""
        # PostgreSQL in its binary form: as text, bytes come as two digits each.
        cursor = self._driver.cursor() if self._is_sqlite else self._driver.cursor(binary=True)
        try:
            cursor.execute(sql if self._is_sqlite else sql.replace("?", "%s"), values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        finally:
            cursor.close()
        return rows

    def one(self, sql: str, *values: object) -> Any:
        """Return the first value of the first row, None without rows."""
        rows = self.all(sql, *values)
        return rows[0][0] if rows else None


_databases: dict[str, Database] = {}


@contextmanager
def reading(url: str) -> Iterator[Rows]:
    """Open a snapshot; a process keeps its database open between runs.

    Args:
        url: The database.

    Yields:
        What reads rows.
    """
    database = _databases.get(url)
    if database is None:
        database = _databases[url] = Database(url)
    with database.reading() as connection:
        yield Rows(connection)


def close_databases() -> None:
    """Close what `reading` keeps open in this process."""
    for database in _databases.values():
        database.close()
    _databases.clear()


def verify_run(task: Task) -> RunResult:
    """Read a run and hold its rows to its entries.

    Args:
        task: The run.

    Returns:
        What it came to; never an exception, so that the other runs are verified too.
    """
    # Hundreds of thousands of tuples and no cycles: looking for garbage would take a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        with reading(task.url) as rows:
            return _Run(task, rows).verify()
    except Exception as error:  # noqa: BLE001  # whatever a damaged database makes of us is a finding
        empty = RunResult(Folded(task.first, task.stop))
        place = ("entries", f"seq={task.first}..{task.stop - 1}")
        empty.folded.findings.fail(
            "readable",
            failure(
                task.slug, task.first, place, "unreadable", "", f"{type(error).__name__}: {error}"
            ),
        )
        return empty
    finally:
        if collecting:
            gc.enable()


class _Run:
    def __init__(self, task: Task, rows: Rows) -> None:
        self.task, self.rows = task, rows
        self.findings = Findings()
        self.ids = {name: account_id for account_id, name in task.names.items()}

    def verify(self) -> RunResult:
        task = self.task
        entries, leaves = self._entries()
        checkpoints = self.rows.all(
            "SELECT size, root, edge, note, signed_at FROM checkpoints WHERE fund_id = ? AND size > ? AND size <= ? "
            "ORDER BY size",
            task.fund_id,
            task.first,
            task.stop,
        )
        folding = Folding(task.slug, task.first, self.ids, task.rates)
        folding.touch(self._touched_before())
        folded = folding.fold(entries, [row[0] for row in checkpoints])
        result = RunResult(folded)
        self._compare_columns(folding.columns)
        self._compare_postings(folding.columns)
        self._compare_segments(folded)
        self._tiles(result, leaves)
        self._marks(result, leaves, checkpoints)
        self._compare_checkpoints(checkpoints, folding.columns)
        self._compare_balances(result)
        if task.slots:
            self._compare_private(result, folding.columns)
        folded.findings.take(self.findings)
        return result

    # --- entries ------------------------------------------------------------------------------

    def _entries(self) -> tuple[list[bytes], list[bytes]]:
        """Read the run's entries and hold their leaf hashes; a missing one is empty, so others keep their place."""
        task = self.task
        rows = self.rows.all(
            "SELECT seq, kind, recorded_at, entry, leaf_hash FROM entries "
            "WHERE fund_id = ? AND seq >= ? AND seq < ? ORDER BY seq",
            task.fund_id,
            task.first,
            task.stop,
        )
        count = task.stop - task.first
        if len(rows) != count:
            there = {row[0]: row for row in rows}
            for seq in range(task.first, task.stop):
                if seq not in there:
                    self._fail("sequence", seq, "entries", f"seq={seq}", "missing")
                    there[seq] = (seq, "", -1, b"", b"")
            rows = [there[seq] for seq in range(task.first, task.stop)]
        self.stored = rows
        entries = [row[3] for row in rows]
        leaves = leaf_hashes(entries)
        stored = [row[4] for row in rows]
        if leaves != stored:
            at = first_difference(leaves, stored)
            self._fail(
                "hashes",
                task.first + at,
                "entries",
                f"seq={task.first + at} leaf_hash",
                "differs",
                leaves[at],
                stored[at],
            )
        self.findings.count("hashes", count)
        return entries, leaves

    def _compare_columns(self, columns: Columns) -> None:
        kinds, recorded = [row[1] for row in self.stored], [row[2] for row in self.stored]
        for name, expected, found in (
            ("kind", columns.kinds, kinds),
            ("recorded_at", columns.recorded, recorded),
        ):
            if expected == found:
                continue
            for at, (one, other) in enumerate(zip(expected, found, strict=True)):
                # An entry that could not be read is named already, by what is wrong with it.
                if one != other and columns.recorded[at] >= 0:
                    seq = self.task.first + at
                    self._fail(
                        "entries", seq, "entries", f"seq={seq} {name}", "differs", one, other
                    )
                    break

    def _compare_postings(self, columns: Columns) -> None:
        task = self.task
        rows = self.rows.all(
            "SELECT seq, line, debit_id, credit_id, commodity, amount FROM postings "
            "WHERE fund_id = ? AND seq >= ? AND seq < ? ORDER BY seq, line",
            task.fund_id,
            task.first,
            task.stop,
        )
        self.findings.count("postings", len(rows))
        self._compare_lists("postings", "postings", columns.postings, rows, ("seq", "line"))

    def _compare_segments(self, folded: Folded) -> None:
        task = self.task
        expected = []
        for event in folded.events:
            segments = event.value["body"].get("segments", [])
            for part, stated in enumerate(segments if isinstance(segments, list) else [None]):
                row = self._segment_row(event.seq, part, stated)
                if row is not None:
                    expected.append(row)
        rows = self.rows.all(
            "SELECT seq, part, source_id, source_commodity, start, stop, length, target_id, "
            "target_commodity, to_start, to_length FROM segments "
            "WHERE fund_id = ? AND seq >= ? AND seq < ? ORDER BY seq, part",
            task.fund_id,
            task.first,
            task.stop,
        )
        self.findings.count("segments", len(rows))
        self._compare_lists("segments", "segments", expected, rows, ("seq", "part"))

    def _segment_row(self, seq: int, part: int, stated: object) -> tuple[Any, ...] | None:
        try:
            segment = segment_from_json(stated if isinstance(stated, dict) else {}, seq)
        except LedgerError as error:
            self._fail(
                "segments",
                seq,
                "entries",
                f"seq={seq} segments[{part}]",
                str(error.fields.get("reason")),
            )
            return None
        source = segment.source
        return (
            seq,
            part,
            None if source is None else self.ids.get(source.account),
            None if source is None else source.commodity,
            segment.start,
            segment.end,
            segment.length,
            self.ids.get(segment.target.account),
            segment.target.commodity,
            segment.to_start,
            segment.to_length,
        )

    # --- the tree -----------------------------------------------------------------------------

    def _tiles(self, result: RunResult, leaves: list[bytes]) -> None:
        task = self.task
        full = len(leaves) // TILE_WIDTH
        first = task.first // TILE_WIDTH
        stored = {
            row[0]: row[1:]
            for row in self.rows.all(
                "SELECT position, hashes, root FROM tiles "
                "WHERE fund_id = ? AND level = 0 AND position >= ? AND position < ?",
                task.fund_id,
                first,
                first + full,
            )
        }
        for number in range(full):
            hashes = b"".join(leaves[number * TILE_WIDTH : (number + 1) * TILE_WIDTH])
            root = tile_root(hashes)
            result.tile_roots.append(root)
            seq = task.first + number * TILE_WIDTH
            compare_tile(
                self.findings,
                task.slug,
                seq,
                (0, first + number),
                (hashes, root),
                stored.get(first + number),
            )
        result.tail = leaves[full * TILE_WIDTH :]

    def _marks(
        self, result: RunResult, leaves: list[bytes], checkpoints: Sequence[tuple[Any, ...]]
    ) -> None:
        """Fold the right edge inside this run at each checkpoint's size, and at each probe's."""
        task = self.task
        rows: dict[int, tuple[Any, ...]] = {row[0]: row for row in checkpoints}
        sizes = sorted({*rows, *(size for size in task.probes if task.first < size <= task.stop)})
        tops, low, at, tiles = Edge(), Edge(), task.first, 0
        heads: dict[bytes, bytes] = {}
        for size in sizes:
            full = (size - task.first) // TILE_WIDTH
            if full > tiles:
                tops.extend(result.tile_roots[tiles:full])
                tiles, low, at = full, Edge(), task.first + full * TILE_WIDTH
            low.extend(leaves[at - task.first : size - task.first])
            at = size
            row = rows.get(size)
            edge = b"" if row is None else row[2]
            root = None if row is None else row[1]
            if size - task.first == task.run:
                result.marks.append(Mark(size, None, root, edge))
                continue
            hashes = tops.hashes + low.hashes
            own = b"".join(hashes)
            head = edge[: max(0, len(edge) - len(own))]
            if row is not None and edge[len(head) :] != own:
                self._fail(
                    "checkpoints",
                    size - 1,
                    "checkpoints",
                    f"size={size} edge",
                    "differs",
                    own,
                    edge[len(head) :],
                )
            result.marks.append(Mark(size, fold_edge(hashes), root, heads.setdefault(head, head)))

    def _compare_checkpoints(
        self, checkpoints: Sequence[tuple[Any, ...]], columns: Columns
    ) -> None:
        task = self.task
        verifiers = [(key.seq, Verifier.from_text(key.vkey)) for key in task.keys]
        for size, root, _edge, note, signed_at in checkpoints:
            place = f"size={size}"
            reason = check_note(note, Checkpoint(task.origin, size, root), verifiers)
            if reason:
                self._fail("signatures", size - 1, "checkpoints", f"{place} note", reason)
            recorded = columns.recorded[size - 1 - task.first]
            if recorded >= 0 and abs(signed_at - recorded) > SIGNED_LATE_S:
                self._fail(
                    "checkpoints",
                    size - 1,
                    "checkpoints",
                    f"{place} signed_at",
                    "differs",
                    recorded,
                    signed_at,
                )
        self.findings.count("checkpoints", len(checkpoints))
        self.findings.count("signatures", len(checkpoints))

    # --- balances -----------------------------------------------------------------------------

    def _touched_before(self) -> list[Key]:
        """Return what the commit touched that this run begins in the middle of."""
        task = self.task
        before = self.rows.one(
            "SELECT max(size) FROM checkpoints WHERE fund_id = ? AND size <= ?",
            task.fund_id,
            task.first,
        )
        if before == task.first:
            return []
        found = self.rows.all(
            "SELECT DISTINCT debit_id, credit_id, commodity FROM postings WHERE fund_id = ? AND seq >= ? AND seq < ?",
            task.fund_id,
            before or 0,
            task.first,
        )
        names = task.names
        return [(names[one], row[2]) for row in found for one in row[:2] if one in names]

    def _compare_balances(self, result: RunResult) -> None:
        """Hold balances' rows to the commits that end in this run, up to what was there before it."""
        commits, result.folded.commits = result.folded.commits, []
        expected: dict[Key, list[tuple[int, int, int]]] = {}
        for commit in commits:
            for key, (debits, credits_) in commit.touched.items():
                expected.setdefault(key, []).append((commit.last, debits, credits_))
        for key, rows in expected.items():
            result.balances[key] = self._balance_offsets(key, rows)

    def _balance_offsets(
        self, key: Key, expected: list[tuple[int, int, int]]
    ) -> list[BalanceOffset]:
        task = self.task
        account_id = self.ids.get(key[0])
        stored = self.rows.all(
            "SELECT seq, debits, credits FROM balances WHERE fund_id = ? AND account_id = ? AND commodity = ? "
            "AND seq >= ? AND seq < ? ORDER BY seq",
            task.fund_id,
            account_id,
            key[1],
            task.first,
            task.stop,
        )
        self.findings.count("balances", len(stored))
        if [row[0] for row in stored] != [row[0] for row in expected]:
            seqs, found = {row[0] for row in expected}, {row[0] for row in stored}
            seq = min(seqs ^ found)
            self._fail(
                "balances",
                seq,
                "balances",
                f"{key[0]} {key[1]} seq={seq}",
                "missing" if seq in seqs else "unexpected",
            )
            both = seqs & found
            stored = [row for row in stored if row[0] in both]
            expected = [row for row in expected if row[0] in both]
        offsets: list[BalanceOffset] = []
        for (seq, debits, credits_), row in zip(expected, stored, strict=True):
            before = (row[1] - debits, row[2] - credits_)
            if not offsets or offsets[-1][1:] != before:
                offsets.append(BalanceOffset(seq, *before))
        return offsets

    # --- private parts and claims -------------------------------------------------------------

    def _compare_private(self, result: RunResult, columns: Columns) -> None:
        task = self.task
        rows = self.rows.all(
            f"SELECT {openings.COLUMNS} FROM private_parts "  # noqa: S608  # names of our own
            "WHERE fund_id = ? AND seq >= ? AND seq < ? ORDER BY seq",
            task.fund_id,
            task.first,
            task.stop,
        )
        opened = openings.open_gifts(columns.gifts, rows)
        result.kept = opened.kept
        self.findings.count("commitments", opened.tried)
        for seq in opened.unexpected:
            self._fail("commitments", seq, "private_parts", f"seq={seq}", "unexpected")
        for fault in opened.faults:
            # What is private is not repeated in a report.
            place = f"seq={fault.seq} {fault.what}"
            self._fail("commitments", fault.seq, "private_parts", place, "does-not-open")
        self._compare_claims(columns.gifts.seqs, opened.slots)

    def _compare_claims(self, gifts: Sequence[int], expected: Mapping[int, int]) -> None:
        """Hold the slots that claims have filled to the gifts of this run."""
        task = self.task
        slots = array("I")
        with Path(task.slots).open("rb") as file:
            file.seek(task.first * slots.itemsize)
            slots.frombytes(file.read((task.stop - task.first) * slots.itemsize))
        stored = [slots[seq - task.first] for seq in gifts]
        # What an erased gift's claim says nobody can tell; only that there is one.
        wanted = [expected.get(seq, slot or None) for seq, slot in zip(gifts, stored, strict=True)]
        if stored != wanted:
            at = first_difference(stored, wanted)
            seq = gifts[at]
            self._fail(
                "claims", seq, "claims", f"seq={seq}", "differs" if stored[at] else "missing"
            )
        if len(slots) - slots.count(0) > len(gifts) - stored.count(0):
            known = set(gifts)
            seq = next(
                seq for seq, slot in enumerate(slots, task.first) if slot and seq not in known
            )
            self._fail("claims", seq, "claims", f"seq={seq}", "unexpected")
        self.findings.count("claims", len(gifts))

    # --- comparing ----------------------------------------------------------------------------

    def _compare_lists(
        self,
        check: str,
        table: str,
        expected: Sequence[tuple[Any, ...]],
        stored: Sequence[tuple[Any, ...]],
        key: tuple[str, str],
    ) -> None:
        if expected == stored:
            return
        wanted = {row[:2]: row for row in expected}
        found = {row[:2]: row for row in stored}
        for both in sorted(wanted.keys() | found.keys()):
            one, other = wanted.get(both), found.get(both)
            if one != other:
                place = f"{key[0]}={both[0]} {key[1]}={both[1]}"
                reason = "missing" if other is None else "unexpected" if one is None else "differs"
                self._fail(check, both[0], table, place, reason, one or "", other or "")
                return

    def _fail(  # noqa: PLR0913, PLR0917  # the parts of a failure
        self,
        check: str,
        seq: int,
        table: str,
        key: str,
        reason: str,
        expected: object = "",
        found: object = "",
    ) -> None:
        self.findings.fail(
            check, failure(self.task.slug, seq, (table, key), reason, expected, found)
        )


def compare_tile(
    findings: Findings,
    slug: str,
    seq: int,
    address: tuple[int, int],
    computed: tuple[bytes, bytes],
    stored: tuple[bytes, bytes] | None,
) -> None:
    """Hold a full tile's row to the hashes that the entries make.

    Args:
        findings: Where to say so.
        slug: The fund.
        seq: First entry below the tile.
        address: Level and position.
        computed: Hashes and root.
        stored: The same of the row, None when there is none.
    """
    findings.count("tiles")
    place = f"level={address[0]} position={address[1]}"
    if stored is None:
        findings.fail("tiles", failure(slug, seq, ("tiles", place), "missing"))
        return
    hashes, root = computed
    if bytes(stored[0]) != hashes:
        wrong = first_difference(_split(hashes), _split(bytes(stored[0])))
        at = slice(wrong * HASH_BYTES, (wrong + 1) * HASH_BYTES)
        findings.fail(
            "tiles",
            failure(
                slug,
                seq,
                ("tiles", f"{place} hash={wrong}"),
                "differs",
                hashes[at],
                bytes(stored[0])[at],
            ),
        )
    elif bytes(stored[1]) != root:
        findings.fail(
            "tiles",
            failure(slug, seq, ("tiles", f"{place} root"), "differs", root, bytes(stored[1])),
        )


def _split(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def fold_edge(hashes: Sequence[bytes]) -> bytes:
    """Fold a right edge, or its low part, into one hash.

    Args:
        hashes: At least one, left to right.

    Returns:
        32 bytes.

    Source:
        RFC 6962 section 2.1.
    """
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


def check_note(note: bytes, checkpoint: Checkpoint, keys: Sequence[tuple[int, Verifier]]) -> str:
    """Hold a stored checkpoint's note to its row: text, every signature, and nothing else.

    Args:
        note: As stored.
        checkpoint: As the row says.
        keys: The log's keys, each with the entry that names it.

    Returns:
        What is wrong, a short code; empty when nothing is.
    """
    try:
        opened = open_note(note, [verifier for _, verifier in keys])
        if opened.text != checkpoint.body():
            return "other-text"
    except LedgerError as error:
        return str(error.fields.get("reason", error.code))
    if opened.unverified:
        return "unknown-signature"
    written = (
        opened.text.encode() + b"\n" + b"".join(line.signature.line() for line in opened.verified)
    )
    if written != note:
        return "not-as-written"
    named = {verifier.text() for seq, verifier in keys if seq < checkpoint.size}
    if not any(line.verifier.text() in named for line in opened.verified):
        return "key-not-named-yet"
    return ""
