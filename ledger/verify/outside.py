"""Verify a log from outside, over its checkpoint, tiles and entry bundles alone.

In: what fetches parts of the log, the log's public key, and perhaps a checkpoint kept earlier. Out: a report.
Guaranteed: everything is recomputed from the entries, up to the signed root; no part is believed, and none can make
this run out of memory or fail with anything but a named failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ledger.errors import LedgerError
from ledger.log.bundles import decode_bundle
from ledger.log.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.hashing import Edge, leaf_hashes
from ledger.log.notes import Verifier, known_vkeys, split_note
from ledger.log.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    TileAddress,
    tile_root,
    tile_width,
    tiles_of_size,
)
from ledger.verify.entries import BrokenEntryError, read_entry
from ledger.verify.fetching import Fetch
from ledger.verify.folding import Folded, Folding, Rate
from ledger.verify.replay import Replay
from ledger.verify.report import Findings, Report, failure
from ledger.verify.rows import RUN, Mark, RunResult, fold_edge
from ledger.verify.tree import Tree

CHECKS = (
    "readable",
    "checkpoint",
    "bundles",
    "sequence",
    "entries",
    "tiles",
    "checkpoints",
    "zero-sums",
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
)
"""Checks of a log from outside, in the order of the report."""

Progress = Callable[[int, int], None]
"""Told how many entries are verified, and of how many."""

FETCHES_AT_ONCE = 4
"""Requests under way: hides the network's delay, and is polite."""

TAKEN_FROM_LOG = (
    (
        "The key was taken from the log itself: this shows that the log is consistent, not whose it is. "
        "Compare the key with one that you know from elsewhere."
    ),
    "公钥取自日志自身：这只能说明日志前后一致，不能说明它属于谁。请与从别处得知的公钥核对。",
)

KEY_LINES_MAX = 100


def fetch_vkeys(fetch: Fetch) -> list[str]:
    """Fetch the keys that a log shows of itself.

    Args:
        fetch: Of the log.

    Returns:
        Verifier keys, one a line of `key`, of the types that are known here.

    Raises:
        LedgerError: There are none, or they cannot be fetched.
    """
    lines = fetch("key").decode("utf-8", "replace").split("\n")
    return known_vkeys(line for line in lines[:KEY_LINES_MAX] if line)


def verify_log(  # five things that a caller decides, all but two by name
    fetch: Fetch,
    vkey: str | None,
    *,
    since: bytes | None = None,
    subject: str = "",
    progress: Progress = lambda done, total: None,  # noqa: ARG005  # their names are the interface
) -> Report:
    """Recompute a log from its entry bundles.

    Args:
        fetch: Gives parts of the log by path (`fetching.fetch_from`).
        vkey: The log's key, known from elsewhere, or several a line; None takes what the log shows, and the report
            says so.
        since: A signed checkpoint that was kept earlier; the log must extend it.
        subject: What the report is called.
        progress: Told how far it is.

    Returns:
        The report.
    """
    findings = Findings()
    job = _Outside(fetch, findings, progress)
    try:
        vkeys = fetch_vkeys(fetch) if vkey is None else vkey.split()
        if vkey is None:
            findings.notes.append(TAKEN_FROM_LOG)
        verifiers = [Verifier.from_text(one) for one in vkeys]
        job.verify(verifiers, since)
    except LedgerError as error:
        findings.fail(
            "readable",
            failure("", None, ("log", str(error.fields.get("path", ""))), "unreadable", "", error),
        )
    except RecursionError as error:
        findings.fail("readable", failure("", None, ("log", ""), "unreadable", "", error))
    checks = (*CHECKS, "since") if since is not None else CHECKS
    return findings.report(subject or job.origin, job.size, checks)


class _Outside:
    """One verification of a log."""

    def __init__(self, fetch: Fetch, findings: Findings, progress: Progress) -> None:
        self.fetch, self.findings, self.progress = fetch, findings, progress
        self.origin = ""
        self.size = 0
        self.slug = ""
        self.rates: Mapping[int, Rate] = {}
        self.tile_roots: list[bytes] = []

    def verify(self, verifiers: list[Verifier], since: bytes | None) -> None:
        """Verify everything.

        Raises:
            LedgerError: A part cannot be fetched.
        """
        checkpoint = self._checkpoint(verifiers)
        if checkpoint is None:
            return
        self.origin, self.size = checkpoint.origin, checkpoint.size
        self.slug = checkpoint.origin.rsplit("/", 1)[-1]
        kept = None if since is None else self._since(since, verifiers, checkpoint)
        replay = Replay(self.slug, self.findings, self._entry_at)
        tree = Tree(self.slug, self.findings)
        with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
            for first in range(0, self.size, RUN):
                stop = min(first + RUN, self.size)
                probes = {checkpoint.size, 0 if kept is None else kept.size}
                entries, result = self._run(pool, first, stop, probes)
                folding = Folding(self.slug, first, {}, self.rates, label="entry")
                result.folded = folding.fold(entries)
                self.rates = folding.rates
                tree.join(result)
                replay.join(result.folded)
                self.progress(stop, self.size)
        replay.finish()
        self._check_roots(tree, checkpoint, kept)
        self._check_seals(replay)
        self._check_keys(replay, verifiers)
        self._upper_tiles()

    def _checkpoint(self, verifiers: list[Verifier]) -> Checkpoint | None:
        note = self.fetch("checkpoint")
        self.findings.count("checkpoint")
        try:
            origin = parse_checkpoint(split_note(note)[0]).origin
            return open_checkpoint(note, origin, [one for one in verifiers if one.name == origin])
        except LedgerError as error:
            reason = str(error.fields.get("reason", error.code))
            self.findings.fail(
                "checkpoint", failure("", None, ("checkpoint", ""), reason, "", error)
            )
            return None

    def _since(
        self, note: bytes, verifiers: list[Verifier], checkpoint: Checkpoint
    ) -> Checkpoint | None:
        self.findings.count("since")
        try:
            kept = open_checkpoint(note, checkpoint.origin, verifiers)
        except LedgerError as error:
            reason = str(error.fields.get("reason", error.code))
            self.findings.fail("since", failure(self.slug, None, ("since", ""), reason, "", error))
            return None
        if kept.size > checkpoint.size:
            place = ("since", f"size={kept.size}")
            self.findings.fail(
                "since",
                failure(
                    self.slug,
                    checkpoint.size,
                    place,
                    "larger-elsewhere",
                    kept.size,
                    checkpoint.size,
                ),
            )
            return None
        return kept

    # --- bundles ------------------------------------------------------------------------------

    def _run(
        self, pool: ThreadPoolExecutor, first: int, stop: int, probes: set[int]
    ) -> tuple[list[bytes], RunResult]:
        """Fetch a run's bundles and level-0 tiles, and hold them to each other.

        Raises:
            LedgerError: A part cannot be fetched.
        """
        indices = range(first // TILE_WIDTH, -(-stop // TILE_WIDTH))
        entries: list[bytes] = []
        leaves: list[bytes] = []
        for index, (bundle, tile) in zip(indices, pool.map(self._pair, indices), strict=True):
            width = tile_width(0, index, self.size)
            some = self._decode(bundle, index, width)
            hashes = leaf_hashes(some)
            self._compare_tile(0, index, b"".join(hashes), tile)
            entries += some
            leaves += hashes
        result = RunResult(Folded(first, stop))
        full = len(leaves) // TILE_WIDTH
        for number in range(full):
            result.tile_roots.append(
                tile_root(b"".join(leaves[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]))
            )
        self.tile_roots += result.tile_roots
        result.tail = leaves[full * TILE_WIDTH :]
        result.marks = _marks(
            result, leaves, first, sorted(size for size in probes if first < size <= stop)
        )
        return entries, result

    def _pair(self, index: int) -> tuple[bytes, bytes]:
        width = tile_width(0, index, self.size)
        return self._part(TileAddress(None, index, width)), self._part(
            TileAddress(0, index, width)
        )

    def _part(self, address: TileAddress) -> bytes:
        return self.fetch(address.path())

    def _decode(self, bundle: bytes, index: int, width: int) -> list[bytes]:
        self.findings.count("bundles")
        try:
            return decode_bundle(bundle, width)
        except LedgerError as error:
            place = ("bundle", TileAddress(None, index, width).path())
            seq = index * TILE_WIDTH
            self.findings.fail(
                "bundles",
                failure(self.slug, seq, place, str(error.fields.get("reason")), "", error),
            )
            # Empty entries keep the others in their place; the root will not be theirs.
            return [b""] * width

    def _compare_tile(self, level: int, index: int, computed: bytes, found: bytes) -> None:
        self.findings.count("tiles")
        if found != computed:
            address = TileAddress(level, index, tile_width(level, index, self.size))
            seq = index * TILE_WIDTH << TILE_HEIGHT * level
            place = ("tile", address.path())
            self.findings.fail(
                "tiles", failure(self.slug, seq, place, "differs", computed[:32], found[:32])
            )

    def _entry_at(self, seq: int) -> dict[str, Any] | None:
        """Fetch an earlier entry again; a full bundle must be the one that was hashed."""
        index, at = divmod(seq, TILE_WIDTH)
        width = tile_width(0, index, self.size)
        try:
            some = decode_bundle(self._part(TileAddress(None, index, width)), width)
            if width == TILE_WIDTH:
                root = tile_root(b"".join(leaf_hashes(some)))
                if index >= len(self.tile_roots) or root != self.tile_roots[index]:
                    return None
            return read_entry(some[at], self.slug, seq)
        except (LedgerError, BrokenEntryError):
            return None

    # --- the tree -----------------------------------------------------------------------------

    def _check_roots(self, tree: Tree, checkpoint: Checkpoint, kept: Checkpoint | None) -> None:
        self.findings.count("checkpoints")
        root = tree.edge().root()
        if root != checkpoint.root:
            place = ("checkpoint", f"size={checkpoint.size} root")
            self.findings.fail(
                "checkpoints", failure(self.slug, None, place, "differs", root, checkpoint.root)
            )
        if kept is not None and kept.size and tree.roots.get(kept.size) != kept.root:
            place = ("since", f"size={kept.size}")
            found = tree.roots.get(kept.size, b"")
            self.findings.fail(
                "since", failure(self.slug, None, place, "other-root-elsewhere", kept.root, found)
            )

    def _check_seals(self, replay: Replay) -> None:
        """Hold what each seal says of the tree at its month's closing; its bundle is fetched again.

        Raises:
            LedgerError: A part cannot be fetched.
        """
        for size, (seq, said) in replay.facts.sealed_roots.items():
            self.findings.count("periods")
            root = self._root_at(size)
            if root is None or root.hex() != said:
                place = ("entry", f"seq={seq} root")
                self.findings.fail(
                    "periods", failure(self.slug, seq, place, "seal-differs", root or b"", said)
                )

    def _root_at(self, size: int) -> bytes | None:
        """Return the root of the first entries; None where a bundle is another than the one that was hashed."""
        full, rest = divmod(size, TILE_WIDTH)
        if full > len(self.tile_roots):
            return None
        tops, low = Edge(), Edge()
        tops.extend(self.tile_roots[:full])
        if rest:
            width = tile_width(0, full, self.size)
            leaves = leaf_hashes(decode_bundle(self._part(TileAddress(None, full, width)), width))
            is_same = full == len(self.tile_roots) or (
                tile_root(b"".join(leaves)) == self.tile_roots[full]
            )
            if not is_same:
                return None
            low.extend(leaves[:rest])
        return fold_edge(tops.hashes + low.hashes)

    def _check_keys(self, replay: Replay, verifiers: list[Verifier]) -> None:
        """Hold that the log itself names a key that we verified with, and that its origin is the signed one."""
        named = {vkey for _, vkey in replay.facts.keys}
        if self.size and not any(one.text() in named for one in verifiers):
            place = ("entry", "seq=0 log_key")
            self.findings.fail(
                "checkpoint", failure(self.slug, 0, place, "key-not-named", sorted(named), "")
            )
        origin = replay.facts.opened.get("origin")
        if self.size and origin != self.origin:
            place = ("entry", "seq=0 origin")
            self.findings.fail(
                "checkpoint", failure(self.slug, 0, place, "differs", self.origin, origin)
            )

    def _upper_tiles(self) -> None:
        """Hold the tiles above the leaves' to the roots below.

        Raises:
            LedgerError: A part cannot be fetched.
        """
        hashes = self.tile_roots
        for address in tiles_of_size(self.size):
            level = address.level or 0
            if level == 0:
                continue
            if address.index == 0 and level > 1:
                hashes = _fold_level(hashes)
            some = hashes[address.index * TILE_WIDTH : address.index * TILE_WIDTH + address.width]
            self._compare_tile(level, address.index, b"".join(some), self._part(address))


def _fold_level(hashes: list[bytes]) -> list[bytes]:
    """Fold the full tiles of a level into the hashes of the level above."""
    full = len(hashes) // TILE_WIDTH
    return [
        tile_root(b"".join(hashes[at * TILE_WIDTH : (at + 1) * TILE_WIDTH])) for at in range(full)
    ]


def _marks(result: RunResult, leaves: list[bytes], first: int, sizes: list[int]) -> list[Mark]:
    """Fold the right edge inside a run at some sizes."""
    marks = []
    for size in sizes:
        if size - first == RUN:
            marks.append(Mark(size, None, None, b""))
            continue
        full = (size - first) // TILE_WIDTH
        tops, low = Edge(), Edge()
        tops.extend(result.tile_roots[:full])
        low.extend(leaves[full * TILE_WIDTH : size - first])
        marks.append(Mark(size, fold_edge(tops.hashes + low.hashes), None, b""))
    return marks
