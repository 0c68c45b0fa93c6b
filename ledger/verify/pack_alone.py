"""Check an audit pack of Mingzhang 明账 with nothing but its own files, Python 3.11 and the package `cryptography`.

    python verify.py                      the pack that this file lies in, unpacked
    python verify.py PACK.zip             a pack as it came (or the folder of one)
    --key 'NAME+ID+KEY'                   the log's public key, from somewhere that you trust

Nothing is fetched from a network and nothing is written. What is checked: every file against the manifest, and that no
other lies there; the signature of the checkpoint; the root recomputed from all entries; that each entry's postings sum
to zero; every row of the registers of entries, postings, balances and public tables against the entries; earlier
checkpoints, with the proofs that the log continues them, and witnesses' lines; that each proof an entry names is there
(in an auditors' pack); and each published statement against the log. Whose time stamps they are is not checked here:
`python -m ledger verify` or openssl does that.

Exit code: 0 nothing is wrong, 1 something is, 2 it is no pack, or cannot be read.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import importlib
import importlib.util
import io
import json
import re
import sys
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol


def _beside() -> Any:
    """Load what checks statements: the file beside this one in a pack, else the module of the program."""
    path = Path(__file__).with_name("verify_statement.py")
    if not path.is_file():
        return importlib.import_module("ledger.verify.attached")
    sys.dont_write_bytecode = True  # nothing is written into a pack
    spec = importlib.util.spec_from_file_location("verify_statement", path)
    if spec is None or spec.loader is None:
        raise ImportError(path.name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


said = _beside()

FORMAT = "mingzhang-audit-pack/1"
MANIFEST = "manifest.json"
HELD, BROKEN, NOT_CHECKED = said.HELD, said.BROKEN, said.NOT_CHECKED
Outcome, Unreadable = said.Outcome, said.Unreadable

MANIFEST_MAX = 512 * 1024 * 1024
"""Bytes of a manifest: some millions of files."""

SMALL_MAX = 1024 * 1024
LINE_MAX = 16 * 1024 * 1024
STATEMENT_MAX = 256 * 1024 * 1024
PIECE = 1024 * 1024
WIDTH = 256
BUNDLE_MAX = WIDTH * (65_535 + 2)

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", re.ASCII)
_NAMED_IN = ("file", "evidence", "sha256")
_HASH = re.compile(r"\b[0-9a-f]{64}\b", re.ASCII)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")

PUBLIC: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "gifts": (
        ("gift",),
        {
            "channel": "channel",
            "broadcast": "session",
            "number_in_broadcast": "n",
            "amount_minor": "amount",
            "currency": "commodity",
            "units": "units",
            "unit": "unit",
        },
    ),
    "reversals": (
        ("gift.reversed", "spend.reversed", "match.released", "adjustment"),
        {"amount_minor": "amount", "currency": "commodity", "reason": "reason"},
    ),
    "settlements": (
        ("settlement",),
        {
            "channel": "channel",
            "statement_no": "statement_no",
            "gross_minor": "gross",
            "refund_minor": "refund",
            "share_minor": "share",
            "tax_minor": "tax",
            "net_minor": "net",
            "currency": "net_commodity",
        },
    ),
    "transfers": (
        (
            "transfer.proposed",
            "transfer.approved",
            "transfer.rejected",
            "transfer.sent",
            "transfer.confirmed",
            "transfer.returned",
        ),
        {"number": "number", "amount_minor": "amount", "fee_minor": "fee"},
    ),
    "spending": (
        ("spend",),
        {
            "disease": "disease",
            "group": "people",
            "provider": "provider",
            "amount_minor": "amount",
            "currency": "commodity",
        },
    ),
}
"""By public table: kinds of entries that make a row each, and where its columns stand in their bodies."""


class Pack(Protocol):
    """Where a pack lies."""

    def names(self) -> Iterator[str]:
        """Yield the paths of all files, also of those that should not be there."""

    def open(self, path: str) -> IO[bytes]:
        """Open a file; raises `Unreadable` where there is none."""

    def close(self) -> None:
        """Let go of it."""


class Folder:
    """A pack that was unpacked.

    Args:
        place: The folder.
    """

    def __init__(self, place: Path) -> None:
        self._place = place

    def names(self) -> Iterator[str]:
        """Yield the paths of all files; what Python keeps of a program that was run is no part of a pack."""
        for one in sorted(self._place.rglob("*")):
            if (one.is_file() or one.is_symlink()) and "__pycache__" not in one.parts:
                yield one.relative_to(self._place).as_posix()

    def close(self) -> None:
        """Do nothing: a folder is not held."""

    def open(self, path: str) -> IO[bytes]:
        """Open a file.

        Raises:
            Unreadable: There is none, or the path leads out of the pack.
        """
        place = self._place / path
        if not _PATH.fullmatch(path) or place.is_symlink():
            raise _gone(path)
        try:
            return place.open("rb")
        except OSError as error:
            raise _gone(path) from error


class Zip:
    """A pack as it came.

    Args:
        place: The zip.

    Raises:
        Unreadable: It is none.
    """

    def __init__(self, place: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(place)
        except (OSError, zipfile.BadZipFile) as error:
            raise Unreadable("不是完整的 zip 文件", "it is no whole zip") from error

    def names(self) -> Iterator[str]:
        """Yield the paths of all files; one that is there twice comes twice."""
        yield from (one.filename for one in self._zip.infolist() if not one.is_dir())

    def close(self) -> None:
        """Close the zip."""
        self._zip.close()

    def open(self, path: str) -> IO[bytes]:
        """Open a file.

        Raises:
            Unreadable: There is none, or it is encrypted or packed in a way that we do not read.
        """
        try:
            return self._zip.open(path)
        except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise _gone(path) from error


def _gone(path: str) -> Exception:
    error: Exception = Unreadable(f"缺少文件 {path}", f"the file {path} is missing")
    return error


def opened(place: Path) -> Pack:
    """Open a pack.

    Args:
        place: A zip, or a folder.

    Returns:
        The pack; what is in it is not believed yet.

    Raises:
        Unreadable: Neither.
    """
    return Folder(place) if place.is_dir() else Zip(place)


def is_pack(place: Path) -> bool:
    """Tell whether a folder or a file is an audit pack, by its manifest."""
    try:
        if place.is_file() and not zipfile.is_zipfile(place):
            return False
        with closing(opened(place)) as pack, closing(pack.open(MANIFEST)) as stream:
            return FORMAT.encode() in stream.read(4096)
    except Unreadable:
        return False


def read(pack: Pack, path: str, limit: int) -> bytes:
    """Read a whole file.

    Raises:
        Unreadable: It is missing, damaged or larger than a file of its kind can be.
    """
    try:
        with closing(pack.open(path)) as stream:
            data = stream.read(limit + 1)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise Unreadable(f"{path} 已损坏", f"{path} is damaged") from error
    if len(data) > limit:
        raise Unreadable(f"{path} 太大", f"{path} is too large")
    return data


class Job:
    """One check of a pack.

    Args:
        pack: The pack.
        keys: The log's public keys, known from elsewhere; else those of the pack are used, and that is said.
        progress: Is told how many entries are checked, and of how many.

    Attributes:
        manifest: As it stands.
        size: Entries of the log.
        fund: Slug.
        elsewhere: Proofs that entries name and that are not in the pack.
    """

    def __init__(
        self,
        pack: Pack,
        keys: Sequence[str] = (),
        progress: Callable[[int, int], object] = lambda _done, _total: None,
    ) -> None:
        self.pack, self.keys, self._progress = pack, list(keys), progress
        self._bad: dict[str, tuple[str, str, str]] = {}
        self._counts: dict[str, int] = defaultdict(int)
        self.named: list[str] = []
        self.note, self.root, self.elsewhere = "", b"", 0
        self.published: set[str] = set()
        self.proofs: set[str] = set()
        try:
            self.manifest = json.loads(read(pack, MANIFEST, MANIFEST_MAX))
            self.listed = {one["path"]: one for one in self.manifest["files"]}
            self._shape(self.manifest)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unreadable(
                "manifest.json 不是审计包的清单", "manifest.json is no audit pack's"
            ) from error

    def _shape(self, manifest: Mapping[str, Any]) -> None:
        if manifest["format"] != FORMAT:
            raise ValueError(manifest["format"])
        self.fund, self.origin = str(manifest["fund"]), str(manifest["origin"])
        self.size = int(manifest["log"]["size"])
        self.first, self.stop = (int(manifest["entries"][name]) for name in ("first", "stop"))
        if not 0 <= self.first <= self.stop <= self.size:
            raise ValueError(self.first)

    def run(self) -> list[Any]:
        """Make all checks.

        Returns:
            What each came to, in the order in which they are best read.
        """
        checks = (self._files, self._signature, self._log, self._evidence, self._statements)
        for check in checks:
            try:
                check()
            except (Unreadable, LookupError, TypeError, ValueError, AttributeError) as error:
                self._differs("readable", check.__name__.strip("_"), "", f"{error!s:.120}")
        self._counts["readable"] += 1
        return [self._outcome(name) for name in SAID if name in self._counts]

    def notes(self) -> Iterator[tuple[str, str]]:
        """Tell what is not in the pack and no fault of it; to be asked after `run`.

        Yields:
            Chinese and English.
        """
        if not self.keys:
            yield (
                "公钥取自包内，只说明前后一致；请与报告上或基金处的公钥比对："
                + ", ".join(self.named),
                "the key is the pack's own, which shows that it is consistent and not whose it is; compare it with"
                " the one on a statement, or the fund's: " + ", ".join(self.named),
            )
        if self.elsewhere:
            yield (
                f"分录提到的凭证有 {self.elsewhere} 份不在包内（只登记了哈希，或存于别处）",
                f"{self.elsewhere} proofs that entries name are not in the pack (only their hash was given)",
            )
        for path in self.manifest["missing"]:
            yield (
                f"制作本包的机器上没有已发布的报告 {path}",
                f"the published statement {path} was not on the machine that made the pack",
            )

    # --- what was found -------------------------------------------------------------------------

    def _held(self, check: str, what: str, expected: object, found: object) -> bool:
        self._counts[check] += 1
        if expected == found:
            return True
        self._differs(check, what, expected, found)
        return False

    def _differs(self, check: str, what: str, expected: object, found: object) -> None:
        self._counts[check] += 0
        self._bad.setdefault(check, (what, f"{expected!s:.160}", f"{found!s:.160}"))

    def _outcome(self, name: str) -> Any:
        zh, en = SAID[name]
        count = self._counts[name]
        if name in self._bad:
            what, expected, found = self._bad[name]
            return Outcome(
                name,
                BROKEN,
                count,
                zh,
                en,
                f"{what}：应为 {expected or '–'}，实为 {found or '–'}",
                f"{what}: expected {expected or '–'}, found {found or '–'}",
                (what, found, expected),
            )
        if name == "signature" and not self.keys:
            zh, en = zh + "（用的是包内的公钥）", en + " (with the key that the pack names)"
        return Outcome(name, HELD if count else NOT_CHECKED, count, zh, en)

    # --- the manifest ---------------------------------------------------------------------------

    def _files(self) -> None:
        seen: set[str] = set()
        for path in self.pack.names():
            if path == MANIFEST and path not in seen:
                seen.add(path)
                continue
            twice = path in seen
            seen.add(path)
            row = self.listed.get(path)
            if row is None or twice or not _PATH.fullmatch(path):
                self._differs("files", path[:200], "", "not in the manifest")
                continue
            said_ = (row["bytes"], row["sha256"])
            self._held("files", path, said_, self._measured(path, int(row["bytes"])))
        for path in self.listed.keys() - seen:
            self._differs("files", path, "a file", "missing")

    def _measured(self, path: str, most: int) -> tuple[int, str]:
        """Return length and hash of a file, and never unpack much more than it should have."""
        digest, length = hashlib.sha256(), 0
        try:
            with closing(self.pack.open(path)) as stream:
                while length <= most and (piece := stream.read(PIECE)):
                    digest.update(piece)
                    length += len(piece)
        except (OSError, zipfile.BadZipFile, zlib.error):
            return -1, "damaged"
        return length, digest.hexdigest()

    def _signature(self) -> None:
        self.note = read(self.pack, "log/checkpoint", SMALL_MAX).decode()
        self.named = read(self.pack, "log/key", SMALL_MAX).decode().split()
        origin, size, root = said.checkpoint(self.note)
        self.root = root
        held, _ = said.signed_by(self.note, self.keys or self.named)
        self._held("signature", "signed by a key of the log", True, bool(held))
        self._held("signature", "origin", self.origin, origin)
        self._held("signature", "size", self.size, size)
        stated = self.manifest["log"]["root"]
        self._held("signature", "root", stated, base64.b64encode(root).decode())

    # --- the log, and the registers beside it ---------------------------------------------------

    def _log(self) -> None:
        roots = self._kept()
        with closing(Registers(self.pack, self._held, self.first, self.stop)) as registers:
            self._walk(roots, registers)
        self.published, self.proofs = registers.published, registers.proofs

    def _walk(self, roots: Mapping[int, bytes], registers: Registers) -> None:
        tree = said.Tree(0, [])
        before = ""
        for seq, data in enumerate(self._entries()):
            tree.add(hashlib.sha256(b"\0" + data).digest())
            if tree.size in roots:
                self._held(
                    "proofs", f"root of {tree.size}", roots[tree.size].hex(), tree.root().hex()
                )
            entry = json.loads(data)
            self._held("sequence", f"entry {seq}", (seq, self.fund), (entry["seq"], entry["fund"]))
            if entry["recorded_at"] < before:
                self._differs("sequence", f"entry {seq} recorded_at", before, entry["recorded_at"])
            before = entry["recorded_at"]
            sums: dict[str, int] = defaultdict(int)
            for line in entry["postings"]:
                sums[line["commodity"]] += line["amount"]
            if entry["postings"]:
                self._held("zero-sums", f"entry {seq}", {0}, set(sums.values()))
            registers.take(entry, data)
            if seq % 5000 == 0:
                self._progress(seq, self.size)
        self._held("root", "entries", self.size, tree.size)
        self._held("root", "root", self.root.hex(), tree.root().hex())
        registers.finish()
        self._progress(self.size, self.size)

    def _entries(self) -> Iterator[bytes]:
        """Read the log's entries from their bundles.

        Yields:
            Their bytes, in order.

        Raises:
            Unreadable: A bundle is missing or cut off.
        """
        for index in range(-(-self.size // WIDTH)):
            width = min(WIDTH, self.size - index * WIDTH)
            path = f"log/tile/entries/{_tile(index)}" + ("" if width == WIDTH else f".p/{width}")
            data = read(self.pack, path, BUNDLE_MAX)
            at = count = 0
            while at < len(data):
                length = int.from_bytes(data[at : at + 2], "big")
                one = data[at + 2 : at + 2 + length]
                if len(one) != length:
                    break
                yield one
                at, count = at + 2 + length, count + 1
            if (at, count) != (len(data), width):
                raise Unreadable(f"{path} 不完整", f"{path} is cut off")

    def _kept(self) -> dict[int, bytes]:
        """Check the earlier checkpoints on their own, and return the root that each says."""
        roots: dict[int, bytes] = {}
        with closing(self.pack.open("proofs/checkpoints.jsonl")) as stream:
            while line := stream.readline(LINE_MAX):
                row = json.loads(line)
                origin, size, root = said.checkpoint(row["checkpoint"])
                self._held(
                    "proofs",
                    f"checkpoint of {row['size']}",
                    (self.origin, row["size"]),
                    (origin, size),
                )
                held, _ = said.signed_by(row["checkpoint"], self.keys or self.named)
                self._held("proofs", f"signature of {size}", True, bool(held))
                steps = [base64.b64decode(one) for one in row["consistency"]]
                joined = said.extends((size, self.size), (root, self.root), steps)
                self._held("proofs", f"consistency proof of {size}", True, joined)
                for one in row["cosignatures"]:
                    cosigned, _ = said.signed_by(row["checkpoint"] + one["line"], [one["key"]])
                    self._held("witnesses", f"{one['key']:.60} below {size}", True, bool(cosigned))
                stamped = f"proofs/timestamps/{size}.checkpoint"
                if stamped in self.listed:
                    text = read(self.pack, stamped, SMALL_MAX).decode()
                    self._held("proofs", stamped, row["checkpoint"], text)
                roots[size] = root
        return roots

    # --- what hangs on entries ------------------------------------------------------------------

    def _evidence(self) -> None:
        """Hold each file of evidence to its name, and count those that entries name and that are not here."""
        here = set()
        for path, row in self.listed.items():
            if path.startswith("evidence/"):
                named = path.removeprefix("evidence/").partition(".")[0]
                self._held("evidence", path, named, row["sha256"])
                here.add(row["sha256"])
        if self.manifest["for"] == "auditor":
            self.elsewhere = len(self.proofs - here)

    def _statements(self) -> None:
        for path, row in sorted(self.listed.items()):
            if not path.startswith("statements/"):
                continue
            self._held("statements", f"{path} in the log", True, row["sha256"] in self.published)
            try:
                bundle = said.bundle_of(read(self.pack, path, STATEMENT_MAX))
                broken = [one for one in said.check(bundle, self.keys) if one.state == BROKEN]
            except Unreadable as error:
                self._differs("statements", path, "a statement", error.en)
                continue
            for one in broken:
                self._differs("statements", f"{path} {one.name}", "", one.detail_en or one.en)


class Rows:
    """A register of a pack, read row by row beside the entries that make it.

    Args:
        pack: The pack.
        name: Of the register.
    """

    def __init__(self, pack: Pack, name: str) -> None:
        self.name = name
        self._stream = io.TextIOWrapper(
            pack.open(f"registers/{name}.csv"), encoding="utf-8-sig", newline=""
        )
        self._rows = csv.DictReader(self._stream, strict=True)

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def next(self) -> dict[str, str] | None:
        """Return the next row, or None behind the last.

        Raises:
            Unreadable: It is no CSV.
        """
        try:
            row = next(self._rows, None)
        except (csv.Error, UnicodeDecodeError, zipfile.BadZipFile, zlib.error, OSError) as error:
            raise Unreadable(
                f"登记簿 {self.name} 无法读取", f"the register {self.name} cannot be read"
            ) from error
        return None if row is None else {name: _plain(cell) for name, cell in row.items()}


def _plain(cell: str | None) -> str:
    """Take away the apostrophe that keeps a spreadsheet from running a cell."""
    text = cell or ""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


class Registers:
    """Holds every row of the registers that entries make to the entries.

    Args:
        pack: The pack.
        held: Compares: takes a check, what is compared, what is expected and what was found.
        first: First entry of the registers.
        stop: Number after the last.

    Attributes:
        published: Hashes of statements that entries publish.
        proofs: Hashes of files that entries of the span name.
    """

    def __init__(self, pack: Pack, held: Held, first: int, stop: int) -> None:
        self._held, self._first, self._stop = held, first, stop
        self._entries, self._postings = Rows(pack, "entries"), Rows(pack, "postings")
        self._named, self._balances = Rows(pack, "evidence_named"), Rows(pack, "balances")
        self._public = {name: Rows(pack, name) for name in PUBLIC}
        own = (self._entries, self._postings, self._named, self._balances)
        self._all = (*own, *self._public.values())
        self._sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        self.published: set[str] = set()
        self.proofs: set[str] = set()

    def close(self) -> None:
        """Close all of them."""
        for rows in self._all:
            rows.close()

    def take(self, entry: Mapping[str, Any], leaf: bytes) -> None:
        """Take the next entry of the log, and read the rows that it makes."""
        seq, body = entry["seq"], entry["body"]
        if entry["kind"] == "statement.published":
            self.published.add(body["sha256"])
        if seq < self._stop:
            self._add(entry)
        if not self._first <= seq < self._stop:
            return
        self._row(self._entries, seq, _entry_row(entry, leaf))
        for number, line in enumerate(entry["postings"], start=1):
            self._row(self._postings, seq, _posting_row(entry, number, line))
        for member, digest in _named(body):
            self.proofs.add(digest)
            self._row(self._named, seq, {"entry": seq, "member": member, "sha256": digest})
        for name, (kinds, columns) in PUBLIC.items():
            if entry["kind"] in kinds:
                row = {title: _cell(body.get(member)) for title, member in columns.items()}
                self._row(self._public[name], seq, {"entry": seq, **row})

    def _row(self, rows: Rows, seq: int, expected: Mapping[str, object]) -> None:
        found = rows.next() or {}
        wanted = {name: _text(value) for name, value in expected.items()}
        got = {name: _read(name, found.get(name, "")) for name in expected}
        if wanted == got:
            self._held("registers", rows.name, True, True)
            return
        name = next(name for name in wanted if wanted[name] != got[name])
        self._held("registers", f"{rows.name}, entry {seq}, {name}", wanted[name], got[name])

    def _add(self, entry: Mapping[str, Any]) -> None:
        for line in entry["postings"]:
            sums = self._sums[line["account"], line["commodity"]]
            amount = line["amount"]
            if entry["seq"] < self._first:
                sums[0] += amount
            else:
                sums[1 if amount > 0 else 2] += abs(amount)

    def finish(self) -> None:
        """Hold the balances to the sums, and each register to end where its entries end."""
        for (account, commodity), (opening, debit, credit) in sorted(self._sums.items()):
            row = {
                "account": account,
                "currency": commodity,
                "opening_minor": opening,
                "debit_minor": debit,
                "credit_minor": credit,
                "closing_minor": opening + debit - credit,
            }
            self._row(self._balances, self._stop - 1, row)
        for rows in self._all:
            self._held("registers", f"{rows.name}, further rows", None, rows.next())


def _named(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find which files an entry names as its proof.

    Yields:
        Member of the body, and the SHA-256.
    """
    for member in _NAMED_IN:
        stated = body.get(member)
        text = " ".join(stated) if isinstance(stated, list) else str(stated)
        yield from ((member, digest) for digest in _HASH.findall(text))


Held = Callable[[str, str, object, object], object]


def _entry_row(entry: Mapping[str, Any], leaf: bytes) -> Mapping[str, object]:
    return {
        "entry_no": entry["seq"],
        "kind": entry["kind"],
        "occurred_at": _instant(entry["occurred_at"]),
        "recorded_at": _instant(entry["recorded_at"]),
        "role": entry["actor"]["role"],
        "actor": entry["actor"]["id"],
        "reverses": _cell(entry["body"].get("reverses"), listed=False),
        "leaf_hash": hashlib.sha256(b"\0" + leaf).hexdigest(),
        "body": _json(entry["body"]),
    }


def _posting_row(
    entry: Mapping[str, Any], number: int, line: Mapping[str, Any]
) -> Mapping[str, object]:
    amount = line["amount"]
    return {
        "entry_no": entry["seq"],
        "line": number,
        "kind": entry["kind"],
        "account": line["account"],
        "commodity": line["commodity"],
        "debit_minor": amount if amount > 0 else None,
        "credit_minor": -amount if amount < 0 else None,
    }


def _cell(value: object, *, listed: bool = True) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value)) if listed else str(value)
    return value if isinstance(value, str | int) else None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _read(name: str, cell: str) -> str:
    """Return a cell in the form in which it is compared: times in UTC, JSON in one spelling."""
    if name in {"occurred_at", "recorded_at"}:
        return _instant(cell)
    return _json(json.loads(cell or "null")) if name == "body" else cell


def _instant(text: str) -> str:
    try:
        return str(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return text


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _tile(index: int) -> str:
    """Write the number of a tile as its path (c2sp.org/tlog-tiles)."""
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:  # noqa: PLR2004 -- three digits a group
        index //= 1000
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


SAID: Mapping[str, tuple[str, str]] = {
    "readable": ("包里该有的都能读", "everything that a pack has can be read"),
    "files": (
        "每个文件与清单一致，没有多出的文件",
        "every file is the one that the manifest lists, and there is no other",
    ),
    "signature": (
        "日志的检查点由日志的密钥签名",
        "the log's checkpoint is signed with the log's key",
    ),
    "root": (
        "由全部分录重算出的根哈希就是签名的那个",
        "the root recomputed from all entries is the signed one",
    ),
    "sequence": (
        "分录从 0 起连续编号，记录时间从不倒退",
        "entries are numbered from 0 without a gap, and recorded times never go back",
    ),
    "zero-sums": (
        "每条分录按币种合计为零",
        "each entry's postings sum to zero in each currency",
    ),
    "proofs": (
        "较早的检查点都由日志的密钥签名，日志由它们延续而来",
        "earlier checkpoints are signed with the log's key, and the log continues each of them",
    ),
    "witnesses": (
        "见证人的签名对得上（密钥是谁的，请从别处比对）",
        "witnesses' lines are their signatures (compare their keys from elsewhere)",
    ),
    "registers": (
        "登记簿的每一行与分录一致，科目余额由过账重算",
        "every row of the registers is as its entry says, and balances are recomputed",
    ),
    "evidence": (
        "每份凭证的内容与其哈希一致",
        "every file of evidence has the hash that it is named by",
    ),
    "statements": (
        "每份报告的哈希在日志里，其数字与自带的凭据一致",
        "each statement's hash is in the log, and its figures hold",
    ),
}
"""Each check, Chinese and English, in the order in which they are best read."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the pack that the command line names.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pack", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", action="append", default=[])
    options = parser.parse_args(arguments)
    try:
        with closing(opened(options.pack)) as pack:
            job = Job(pack, options.key)
            outcomes = job.run()
    except (Unreadable, OSError) as error:
        print(f"✗ {error.zh if isinstance(error, Unreadable) else error}\n  {error}")
        return 2
    print(f"{options.pack.name}: {job.fund} {job.manifest['period'] or ''} {job.size:,}")
    for line in said.told(outcomes):
        print(line)
    for zh, en in job.notes():
        print(f"· {zh}\n  {en}")
    print(said.summary(outcomes))
    return 1 if any(one.state == BROKEN for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
