"""Verify a database: everything that the entries say, in every table, and the signer's memory beside it.

In: a database's URL, the folder of keys, and perhaps a checkpoint kept elsewhere. Out: a report.
Guaranteed: the size to verify is never taken from the database alone; what is appended meanwhile is left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ledger.db import Database
from ledger.errors import (
    KeyMismatchError,
    LedgerError,
    MalformedProofError,
    NotFoundError,
    RolledBackError,
)
from ledger.log.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.hashing import Edge
from ledger.log.notes import Verifier, split_note
from ledger.log.signer import LogSigner
from ledger.log.stamps import stamped_at
from ledger.log.tiles import TILE_HEIGHT, TILE_WIDTH
from ledger.verify.claims import SLOT_BYTES, ClaimsTask, OtherClaim, claims_tasks, fill_slots
from ledger.verify.crew import Crew
from ledger.verify.entries import BrokenEntryError, read_entry
from ledger.verify.folding import Rate, read_rate
from ledger.verify.projections import Projections
from ledger.verify.replay import Replay
from ledger.verify.report import Findings, Report, failure
from ledger.verify.rows import (
    RUN,
    NamedKey,
    Rows,
    RunResult,
    Task,
    close_databases,
    fold_edge,
    verify_run,
)
from ledger.verify.tree import Tree

CHECKS = (
    "readable",
    "sequence",
    "entries",
    "hashes",
    "tiles",
    "checkpoints",
    "signatures",
    "cosignatures",
    "anchors",
    "released",
    "zero-sums",
    "postings",
    "balances",
    "accounts",
    "holdings",
    "gift-places",
    "segments",
    "voids",
    "settlements",
    "conservation",
    "sessions",
    "periods",
    "rates",
    "transfers",
    "decisions",
    "corrections",
    "statements",
    "claims",
    "commitments",
    "projections",
    "evidence",
)
"""Checks of a database, in the order of the report."""

Progress = Callable[[int, int], None]
"""Told how many entries are verified, and of how many."""

FUND_TABLES = (
    "accounts",
    "anchors",
    "balances",
    "bank_lines",
    "certificates",
    "channels",
    "checkpoints",
    "claims",
    "cosignatures",
    "decision_approvals",
    "decision_ends",
    "decision_private_parts",
    "decision_versions",
    "decisions",
    "deliveries",
    "entries",
    "entry_evidence",
    "evidence_files",
    "exception_files",
    "exception_notes",
    "exception_texts",
    "file_statements",
    "file_withdrawals",
    "files",
    "fills",
    "fund_details",
    "gift_choices",
    "held_rows",
    "holes",
    "late_entries",
    "list_changes",
    "mappings",
    "match_dismissals",
    "match_parts",
    "match_releases",
    "match_suggestions",
    "matches",
    "members",
    "money_accounts",
    "open_items",
    "payment_files",
    "period_steps",
    "postings",
    "private_parts",
    "question_steps",
    "question_texts",
    "questions",
    "rates",
    "reminders",
    "segments",
    "sessions",
    "settlement_lines",
    "spend_sheets",
    "spends",
    "statement_steps",
    "statements",
    "tiles",
    "tokens",
    "transfer_files",
    "transfer_rules",
    "transfer_steps",
    "transfers",
    "voids",
    "waiting_lines",
)
"""Tables whose every row must belong to a fund."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What lies beside the key of one fund.

    Attributes:
        note: The last released checkpoint; None before the first.
        error: Why it cannot be read.
    """

    note: bytes | None
    error: str = ""


@dataclass
class _Fund:
    """One fund while it is verified."""

    fund_id: int
    slug: str
    origin: str
    size: int = 0
    keys: tuple[NamedKey, ...] = ()
    rates: dict[int, Rate] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    probes: dict[str, Checkpoint] = field(default_factory=dict)


def verify_database(  # noqa: PLR0913  # six things that a caller decides, five of them by name
    url: str,
    keys: Path,
    *,
    since: bytes | None = None,
    vkeys: Sequence[str] | None = None,
    workers: int = 1,
    progress: Progress = lambda done, total: None,  # noqa: ARG005  # their names are the interface
    private: bool = True,
    run: int = RUN,
) -> Report:
    """Recompute everything from the entries and compare every table with it.

    Args:
        url: The database, as `ledger.db.Database` takes it.
        keys: Folder of the signers' keys, with what they have released.
        since: A signed checkpoint that was kept elsewhere; its log must extend it.
        vkeys: Keys known from elsewhere; then each log's newest checkpoint must be signed by one of them.
        workers: Processes to share the work; 1 does it in this one.
        progress: Told how far it is.
        private: Open commitments and compare claims too; without, the entries, the money and the log are verified.
        run: Entries that a process takes at once: 256 times a power of two.

    Returns:
        The report. Whatever is wrong with the data is in it; an exception means that the database cannot be opened.

    Raises:
        LedgerError: The database cannot be reached.
    """
    # The signer's memory first, the database after: what is released meanwhile must not look like a cut.
    remembered = read_remembered(keys)
    findings = Findings()
    database = Database(url)
    job = _Job(url, keys, findings, remembered)
    job.vkeys, job.progress, job.private, job.run = vkeys, progress, private, run
    try:
        with database.reading() as connection:
            job.rows = Rows(connection)
            job.verify(since, workers)
    except (sa.exc.SQLAlchemyError, driver_error(database)) as error:
        place = ("database", "")
        findings.fail(
            "readable", failure("", None, place, "unreadable", "", str(error).split("\n")[0])
        )
    except BrokenProcessPool as error:
        findings.fail("readable", failure("", None, ("worker", ""), "ended", "", error))
    finally:
        database.close()
        close_databases()
    checks: tuple[str, ...] = (*CHECKS, "since") if since is not None else CHECKS
    if not private:
        checks = tuple(name for name in checks if name not in ("claims", "commitments"))
    return findings.report(database.url.render_as_string(hide_password=True), job.total, checks)


def driver_error(database: Database) -> type[Exception]:
    """Return the root of the driver's own errors, which reading past SQLAlchemy raises."""
    driver: Any = database.engine.dialect.dbapi
    error: type[Exception] = driver.Error
    return error


def read_remembered(keys: Path) -> dict[str, Remembered]:
    """Read what the signers have released, of every fund that has a key.

    Args:
        keys: Folder of the keys.

    Returns:
        By fund.
    """
    found = {}
    names = {path.stem for kind in ("released", "key") for path in keys.glob(f"*.{kind}")}
    for name in sorted(names):
        try:
            found[name] = Remembered(LogSigner(keys, name, "", ()).released_note())
        except (LedgerError, OSError) as error:
            found[name] = Remembered(None, str(error))
    return found


class _Job:
    """One verification of a database."""

    rows: Rows
    """Set when the database is open."""

    def __init__(
        self, url: str, keys: Path, findings: Findings, remembered: dict[str, Remembered]
    ) -> None:
        self.url, self.keys = url, keys
        self.findings, self.remembered = findings, remembered
        self.vkeys: Sequence[str] | None = None
        self.progress: Progress = lambda _done, _total: None
        self.private = True
        self.run = RUN
        self.total = 0
        self.done = 0

    def verify(self, since: bytes | None, workers: int) -> None:
        funds = [
            _Fund(*row)
            for row in self.rows.all("SELECT fund_id, slug, origin FROM funds ORDER BY fund_id")
        ]
        self._check_funds(funds)
        for fund in funds:
            self._measure(fund)
            self._check_signer(fund)
        self.total = sum(fund.size for fund in funds)
        if since is not None:
            self._check_since(funds, since)
        self.progress(0, self.total)
        # Starting a process takes as long as verifying some runs.
        with Crew(workers if self.total > 2 * self.run else 1) as crew:
            for fund in funds:
                self._verify_fund(fund, crew)

    # --- before the entries -------------------------------------------------------------------

    def _check_funds(self, funds: Sequence[_Fund]) -> None:
        """Hold that every row belongs to a fund, and that every fund with a released log is there."""
        known = {fund.slug for fund in funds}
        for name, one in self.remembered.items():
            if name not in known and one.note is not None:
                self._fail("released", name, None, ("funds", f"slug={name}"), "fund-missing")
        ids = [fund.fund_id for fund in funds]
        for table in FUND_TABLES:
            after = -(2**62)
            while True:
                found = self.rows.one(f"SELECT min(fund_id) FROM {table} WHERE fund_id > ?", after)  # noqa: S608  # names of our own
                if found is None:
                    break
                if found not in ids:
                    self._fail("readable", "", None, (table, f"fund_id={found}"), "unexpected")
                after = found

    def _measure(self, fund: _Fund) -> None:
        """Find how many entries there are, and hold that to the last checkpoint."""
        rows, fund_id = self.rows, fund.fund_id
        last = rows.one("SELECT max(seq) FROM entries WHERE fund_id = ?", fund_id)
        there = 0 if last is None else int(last) + 1
        covered = int(
            rows.one("SELECT max(size) FROM checkpoints WHERE fund_id = ?", fund_id) or 0
        )
        if covered > there:
            self._fail(
                "sequence",
                fund.slug,
                there,
                ("entries", f"seq={there}"),
                "tail-missing",
                covered,
                there,
            )
            place = ("checkpoints", f"size={covered}")
            self._fail("checkpoints", fund.slug, there, place, "tail-missing", covered, there)
        if covered < there:
            self._fail(
                "checkpoints",
                fund.slug,
                covered,
                ("entries", f"seq={covered}"),
                "beyond-checkpoint",
                covered,
                there,
            )
        if not there:
            self._fail("sequence", fund.slug, 0, ("entries", "seq=0"), "missing")
        fund.size = there
        fund.names = dict(
            rows.all("SELECT account_id, name FROM accounts WHERE fund_id = ?", fund_id)
        )
        self._check_beyond(fund)
        fund.keys = tuple(self._named(fund, "fund.opened")) + tuple(
            self._named(fund, "key.rotated")
        )
        for seq, value in self._of_kind(fund, "rate.set"):
            try:
                fund.rates[seq] = read_rate(value["body"])
            except BrokenEntryError as error:
                self._fail(
                    error.check,
                    fund.slug,
                    seq,
                    ("entries", f"seq={seq}"),
                    error.reason,
                    "",
                    error.found,
                )

    def _check_beyond(self, fund: _Fund) -> None:
        """Hold that no row is about an entry that is not there."""
        rows, fund_id, there = self.rows, fund.fund_id, fund.size
        for table in ("entries", "postings", "segments", "private_parts"):
            for condition, bound in (("seq >= ?", there), ("seq < ?", 0)):
                seq = rows.one(
                    f"SELECT min(seq) FROM {table} WHERE fund_id = ? AND {condition}",  # noqa: S608  # names of our own
                    fund_id,
                    bound,
                )
                if seq is not None:
                    check = "commitments" if table == "private_parts" else table
                    check = "sequence" if table == "entries" else check
                    self._fail(check, fund.slug, int(seq), (table, f"seq={seq}"), "unexpected")

    def _of_kind(self, fund: _Fund, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Read the entries of a rare kind ahead; that none is left out is found when all are read.

        Yields:
            Number and decoded entry.
        """
        for seq, data in self.rows.all(
            "SELECT seq, entry FROM entries WHERE fund_id = ? AND kind = ? AND seq < ? ORDER BY seq",
            fund.fund_id,
            kind,
            fund.size,
        ):
            try:
                yield seq, read_entry(bytes(data), fund.slug, seq)
            except BrokenEntryError as error:
                self._fail(
                    error.check,
                    fund.slug,
                    seq,
                    ("entries", f"seq={seq}"),
                    error.reason,
                    error.expected,
                    error.found,
                )

    def _named(self, fund: _Fund, kind: str) -> Iterator[NamedKey]:
        for seq, value in self._of_kind(fund, kind):
            vkey = value["body"].get("log_key")
            try:
                verifier = Verifier.from_text(str(vkey))
            except MalformedProofError as error:
                reason = str(error.fields["reason"])
                self._fail(
                    "signatures",
                    fund.slug,
                    seq,
                    ("entries", f"seq={seq} log_key"),
                    reason,
                    "",
                    vkey,
                )
                continue
            if verifier.name != fund.origin:
                place = ("entries", f"seq={seq} log_key")
                self._fail(
                    "signatures", fund.slug, seq, place, "other-name", fund.origin, verifier.name
                )
            yield NamedKey(seq, str(vkey))

    # --- what is kept elsewhere ---------------------------------------------------------------

    def _check_signer(self, fund: _Fund) -> None:
        """Hold the key file to the log's keys, and note the tree that the signer remembers."""
        place = ("keys", f"{fund.slug}.key")
        self.findings.count("released")
        try:
            LogSigner.open(self.keys, fund.slug, fund.origin, [key.vkey for key in fund.keys])
        except KeyMismatchError as error:
            expected, found = error.fields.get("expected"), error.fields.get("found")
            self._fail("released", fund.slug, None, place, "key-swapped", expected, found)
        except RolledBackError:
            pass  # the memory is lost: said below
        except (NotFoundError, OSError):
            self._fail("released", fund.slug, None, place, "key-missing")
        except LedgerError as error:
            self._fail("released", fund.slug, None, place, "unreadable", "", error)
        remembered = self.remembered.get(fund.slug, Remembered(None, "missing"))
        place = ("keys", f"{fund.slug}.released")
        if remembered.note is None:
            if remembered.error or fund.size:
                self._fail(
                    "released", fund.slug, None, place, "released-lost", "", remembered.error
                )
            return
        try:
            checkpoint = open_checkpoint(
                remembered.note, fund.origin, _verifiers([key.vkey for key in fund.keys])
            )
        except LedgerError as error:
            self._fail("released", fund.slug, None, place, "key-swapped", "", error)
            return
        self._probe(fund, "released", checkpoint, place)

    def _check_since(self, funds: Sequence[_Fund], note: bytes) -> None:
        """Note the tree of a checkpoint that was kept elsewhere."""
        place = ("since", "")
        self.findings.count("since")
        try:
            origin = parse_checkpoint(split_note(note)[0]).origin
            fund = next((one for one in funds if one.origin == origin), None)
            if fund is None:
                self._fail("since", "", None, place, "no-such-log", "", origin)
                return
            known = list(self.vkeys) if self.vkeys else [key.vkey for key in fund.keys]
            checkpoint = open_checkpoint(note, origin, _verifiers(known))
        except LedgerError as error:
            self._fail(
                "since", "", None, place, str(error.fields.get("reason", error.code)), "", error
            )
            return
        self._probe(fund, "since", checkpoint, ("since", f"size={checkpoint.size}"))

    def _probe(
        self, fund: _Fund, check: str, checkpoint: Checkpoint, place: tuple[str, str]
    ) -> None:
        if checkpoint.size > fund.size:
            reason = "cut-back" if check == "released" else "larger-elsewhere"
            self._fail(check, fund.slug, fund.size, place, reason, checkpoint.size, fund.size)
        else:
            fund.probes[check] = checkpoint

    def _check_given_keys(self, fund: _Fund) -> None:
        """Hold the newest checkpoint to keys known from elsewhere."""
        if not self.vkeys:
            return
        note = self.rows.one(
            "SELECT note FROM checkpoints WHERE fund_id = ? ORDER BY size DESC LIMIT 1",
            fund.fund_id,
        )
        try:
            open_checkpoint(bytes(note or b""), fund.origin, _verifiers(self.vkeys))
        except LedgerError as error:
            place = ("checkpoints", f"size={fund.size} note")
            self._fail(
                "signatures",
                fund.slug,
                fund.size - 1,
                place,
                "not-by-given-key",
                list(self.vkeys),
                error,
            )

    def _check_anchors(self, fund: _Fund) -> None:
        """Hold every time stamp to the checkpoint that it was made over, and its time to the row."""
        for size, token, at, note in self.rows.all(
            "SELECT a.size, a.token, a.stamped_at, p.note FROM anchors a "
            "JOIN checkpoints p ON p.fund_id = a.fund_id AND p.size = a.size "
            "WHERE a.fund_id = ? ORDER BY a.size",
            fund.fund_id,
        ):
            self.findings.count("anchors")
            place = ("anchors", f"size={size}")
            try:
                found = stamped_at(bytes(token), bytes(note))
            except LedgerError as error:
                reason = str(error.fields.get("reason", error.code))
                self._fail("anchors", fund.slug, size - 1, place, reason, "", error)
                continue
            if found != at:
                self._fail("anchors", fund.slug, size - 1, place, "differs", found, at)

    def _check_seals(self, fund: _Fund, replay: Replay, tree: Tree, findings: Findings) -> None:
        """Hold what a seal says of the tree at its month's closing."""
        for size, (seq, said) in replay.facts.sealed_roots.items():
            root = tree.roots.get(size) or self._root_at(fund, size)
            if root.hex() != said:
                place = ("entries", f"seq={seq}")
                findings.fail(
                    "periods", failure(fund.slug, seq, place, "seal-differs", root, said)
                )

    def _root_at(self, fund: _Fund, size: int) -> bytes:
        """Return the root of a size that no checkpoint has: a commit went on after the month was closed."""
        edge = Edge()
        leaves = self.rows.all(
            "SELECT leaf_hash FROM entries WHERE fund_id = ? AND seq < ? ORDER BY seq",
            fund.fund_id,
            size,
        )
        edge.extend([bytes(one) for (one,) in leaves])
        return fold_edge(edge.hashes)

    def _check_cosignatures(self, fund: _Fund) -> None:
        """Hold every line of a witness to the checkpoint that it stands below."""
        for size, vkey, line, signed_at, note in self.rows.all(
            "SELECT c.size, c.vkey, c.line, c.signed_at, p.note FROM cosignatures c "
            "JOIN checkpoints p ON p.fund_id = c.fund_id AND p.size = c.size "
            "WHERE c.fund_id = ? ORDER BY c.size, c.vkey",
            fund.fund_id,
        ):
            self.findings.count("cosignatures")
            place = ("cosignatures", f"size={size}")
            try:
                verifier = Verifier.from_text(vkey)
                text, _ = split_note(bytes(note))
                _, (signature,) = split_note(text.encode() + b"\n" + bytes(line))
                at = verifier.check(text.encode(), signature.signature)
            except (LedgerError, ValueError) as error:
                self._fail(
                    "cosignatures", fund.slug, size - 1, place, "wrong-signature", "", error
                )
                continue
            named = (signature.name, signature.key_id) == (verifier.name, verifier.key_id)
            if at != signed_at or not named:
                self._fail("cosignatures", fund.slug, size - 1, place, "differs", at, signed_at)

    # --- one fund -----------------------------------------------------------------------------

    def _verify_fund(self, fund: _Fund, crew: Crew) -> None:
        findings = Findings()
        rows = self.rows
        tree = Tree(
            fund.slug,
            findings,
            lambda level, position: _stored_tile(rows, fund.fund_id, level, position),
        )
        replay = Replay(fund.slug, findings, lambda seq: _entry_at(rows, fund, seq))
        self._check_given_keys(fund)
        self._check_cosignatures(fund)
        self._check_anchors(fund)
        kept = gifts = 0
        with _slots(fund.size if self.private else 0) as slots:
            others = self._read_claims(fund, crew, slots, findings) if self.private else []
            for result in crew.map(verify_run, self._tasks(fund, slots)):
                self._join_balances(fund, replay, result, findings)
                tree.join(result)
                replay.join(result.folded)
                kept += result.kept
                gifts += result.folded.gifts
                self.done += result.folded.stop - result.folded.first
                self.progress(self.done, self.total)
        replay.finish()
        self._check_ahead(fund, replay)
        self._check_probes(fund, tree, findings)
        self._check_seals(fund, replay, tree, findings)
        self._check_tiles(fund, findings)
        self._check_balances(fund, findings)
        self._check_accounts(fund, replay, findings)
        projections = Projections(rows, fund.fund_id, fund.slug, replay, findings)
        projections.compare_all(counts=self.private)
        projections.compare_payees(self.keys)
        if self.private:
            projections.compare_claims(others, replay.reversals)
            if gifts - kept > replay.facts.erased:
                place = ("private_parts", "")
                findings.fail(
                    "commitments",
                    failure(
                        fund.slug,
                        None,
                        place,
                        "more-missing-than-erased",
                        replay.facts.erased,
                        gifts - kept,
                    ),
                )
        self.findings.take(findings)

    def _tasks(self, fund: _Fund, slots: str) -> Iterator[Task]:
        probes = tuple(one.size for one in fund.probes.values())
        for first in range(0, fund.size, self.run):
            stop = min(first + self.run, fund.size)
            yield Task(
                self.url,
                fund.fund_id,
                fund.slug,
                fund.origin,
                first,
                stop,
                fund.names,
                fund.rates,
                fund.keys,
                probes,
                slots,
                self.run,
            )

    def _read_claims(
        self, fund: _Fund, crew: Crew, slots: str, findings: Findings
    ) -> list[OtherClaim]:
        if not fund.size:
            return []
        whole = ClaimsTask(self.url, fund.fund_id, fund.slug, fund.size, None, None, slots)
        others = []
        for result in crew.map(fill_slots, claims_tasks(self.rows, whole, crew.workers)):
            findings.take(result.findings)
            others.extend(result.others)
        return others

    def _join_balances(
        self, fund: _Fund, replay: Replay, result: RunResult, findings: Findings
    ) -> None:
        """Hold the offsets of balances' rows to the totals before their run."""
        for key, offsets in result.balances.items():
            before = tuple(replay.totals.get(key, (0, 0)))
            for seq, debits, credits_ in offsets:
                if (debits, credits_) != before:
                    place = ("balances", f"{key[0]} {key[1]} seq={seq}")
                    off = (debits - before[0], credits_ - before[1])
                    findings.fail(
                        "balances",
                        failure(
                            fund.slug,
                            seq,
                            place,
                            "differs",
                            "off by 0, 0",
                            f"off by {off[0]}, {off[1]}",
                        ),
                    )
                    break

    # --- after the entries --------------------------------------------------------------------

    def _check_ahead(self, fund: _Fund, replay: Replay) -> None:
        """Hold what was read ahead by kind to what all entries say."""
        ahead = [(key.seq, key.vkey) for key in fund.keys]
        if ahead != replay.facts.keys or fund.rates.keys() != replay.facts.rate_seqs:
            seqs = {seq for seq, _ in ahead} ^ {
                seq for seq, _ in replay.facts.keys
            } | fund.rates.keys() ^ replay.facts.rate_seqs
            seq = min(seqs, default=0)
            self._fail("entries", fund.slug, seq, ("entries", f"seq={seq} kind"), "differs")

    def _check_probes(self, fund: _Fund, tree: Tree, findings: Findings) -> None:
        for check, checkpoint in fund.probes.items():
            root = tree.roots.get(checkpoint.size)
            if root != checkpoint.root and checkpoint.size:
                reason = "other-tree" if check == "released" else "other-root-elsewhere"
                place = (
                    ("keys", f"{fund.slug}.released")
                    if check == "released"
                    else ("since", f"size={checkpoint.size}")
                )
                findings.fail(
                    check, failure(fund.slug, None, place, reason, checkpoint.root, root or "")
                )

    def _check_tiles(self, fund: _Fund, findings: Findings) -> None:
        """Hold that no tile is stored that is not full yet."""
        for level in range(64 // TILE_HEIGHT):
            full = (fund.size >> TILE_HEIGHT * level) // TILE_WIDTH
            found = self.rows.one(
                "SELECT min(position) FROM tiles WHERE fund_id = ? AND level = ? AND position >= ?",
                fund.fund_id,
                level,
                full,
            )
            if found is not None:
                place = ("tiles", f"level={level} position={found}")
                findings.fail("tiles", failure(fund.slug, None, place, "unexpected"))

    def _check_balances(self, fund: _Fund, findings: Findings) -> None:
        """Hold that there is no balance of an account that its commit did not touch."""
        stored = self.rows.one("SELECT count(*) FROM balances WHERE fund_id = ?", fund.fund_id)
        if stored == findings.counts.get("balances", 0):
            return
        found = self.rows.all(
            "SELECT b.account_id, b.commodity, b.seq FROM balances b "
            "WHERE b.fund_id = ? AND (b.seq >= ? OR NOT EXISTS ("
            "SELECT 1 FROM postings p WHERE p.fund_id = b.fund_id AND p.commodity = b.commodity "
            "AND (p.debit_id = b.account_id OR p.credit_id = b.account_id) AND p.seq <= b.seq AND p.seq >= "
            "(SELECT coalesce(max(c.size), 0) FROM checkpoints c WHERE c.fund_id = b.fund_id AND c.size <= b.seq)"
            ")) ORDER BY b.seq LIMIT 1",
            fund.fund_id,
            fund.size,
        )
        for account_id, commodity, seq in found or [("", "", None)]:
            place = ("balances", f"{fund.names.get(account_id, account_id)} {commodity} seq={seq}")
            findings.fail("balances", failure(fund.slug, seq, place, "unexpected"))

    def _check_accounts(self, fund: _Fund, replay: Replay, findings: Findings) -> None:
        """Hold the accounts to those that entries open or use, numbered in that order."""
        rows = self.rows.all(
            "SELECT account_id, name, opened_seq FROM accounts WHERE fund_id = ? ORDER BY account_id",
            fund.fund_id,
        )
        findings.count("accounts", len(rows))
        missing = dict(replay.first_use)
        before = 0
        for number, (account_id, name, opened_seq) in enumerate(rows, 1):
            expected = missing.pop(name, None)
            place = ("accounts", f"account_id={account_id}")
            if expected is None:
                findings.fail(
                    "accounts", failure(fund.slug, opened_seq, place, "unexpected", "", name)
                )
            elif expected != opened_seq:
                findings.fail(
                    "accounts",
                    failure(fund.slug, expected, place, "differs", expected, opened_seq),
                )
            elif account_id != number or opened_seq < before:
                findings.fail(
                    "accounts",
                    failure(fund.slug, opened_seq, place, "out-of-order", number, account_id),
                )
            before = max(before, opened_seq)
        for name, seq in missing.items():
            findings.fail("accounts", failure(fund.slug, seq, ("accounts", name), "missing", name))

    def _fail(  # noqa: PLR0913, PLR0917  # the parts of a failure
        self,
        check: str,
        slug: str,
        seq: int | None,
        place: tuple[str, str],
        reason: str,
        expected: object = "",
        found: object = "",
    ) -> None:
        self.findings.fail(check, failure(slug, seq, place, reason, expected, found))


def _verifiers(vkeys: Sequence[str]) -> list[Verifier]:
    return [Verifier.from_text(vkey) for vkey in vkeys]


def _stored_tile(
    rows: Rows, fund_id: int, level: int, position: int
) -> tuple[bytes, bytes] | None:
    found = rows.all(
        "SELECT hashes, root FROM tiles WHERE fund_id = ? AND level = ? AND position = ?",
        fund_id,
        level,
        position,
    )
    return (bytes(found[0][0]), bytes(found[0][1])) if found else None


def _entry_at(rows: Rows, fund: _Fund, seq: int) -> dict[str, Any] | None:
    data = rows.one("SELECT entry FROM entries WHERE fund_id = ? AND seq = ?", fund.fund_id, seq)
    try:
        return None if data is None else read_entry(bytes(data), fund.slug, seq)
    except BrokenEntryError:
        return None


@contextmanager
def _slots(size: int) -> Iterator[str]:
    """Make the file of claims' slots, sparse and empty; it goes with the block.

    Args:
        size: Entries; 0 makes none.

    Yields:
        Its name.
    """
    if not size:
        yield ""
        return
    with tempfile.NamedTemporaryFile(prefix="verify-claims-") as file:
        file.truncate(size * SLOT_BYTES)
        yield file.name
