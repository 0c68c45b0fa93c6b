"""Check an audit pack of Mingzhang 明账 with nothing but its own files, Python 3.11 and the package `cryptography`.

    python verify.py                      the pack that this file lies in, unpacked
    python verify.py PACK.zip             a pack as it came (or the folder of one)
    --key 'NAME+ID+KEY'                   the log's public key, from somewhere that you trust

Nothing is fetched from a network and nothing is written. What is checked: every file against the manifest, and that no
other lies there; the signature of the checkpoint; the root recomputed from all entries; that each entry's postings sum
to zero; every cell of the registers of entries, postings, balances and public tables against the entries (times as
instants); earlier checkpoints, with the proofs that the log continues them, and witnesses' lines; that each proof an
entry names is there (in an auditors' pack); and each published statement against the log. Whose time stamps they are is
not checked here: `python -m ledger verify` or openssl does that.

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
import stat
import sys
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

_ALONE = """✗ 旁边没有 verify_statement.py；请把整个包解开，或把两个文件放在一起
  verify_statement.py is not beside this program: unpack the whole pack, or put both files into one folder"""


def _beside() -> Any:
    """Load what checks statements: the file beside this one in a pack, else the module of the program."""
    path = Path(__file__).with_name("verify_statement.py")
    if not path.is_file():
        try:
            return importlib.import_module("ledger.verify.attached")
        except ImportError:
            print(_ALONE)
            sys.exit(2)
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
AUDIENCES = ("auditor", "public")
MANIFEST = "manifest.json"
HELD, BROKEN, NOT_CHECKED = said.HELD, said.BROKEN, said.NOT_CHECKED
Outcome, Unreadable = said.Outcome, said.Unreadable

MANIFEST_HEAD_MAX, MANIFEST_ROW_MAX = 256 * 1024, 512
"""Bytes of a manifest: what stands before its files, and of each file that is there."""

KEYS_MAX = 100
SMALL_MAX = 1024 * 1024
LINE_MAX = 16 * 1024 * 1024
ROW_MAX = 1024 * 1024
"""Letters of a row of a register: twice what the largest entry can be, and more."""

STATEMENT_MAX = 256 * 1024 * 1024
PIECE = 1024 * 1024
WIDTH = 256
BUNDLE_MAX = WIDTH * (65_535 + 2)

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", re.ASCII)
_NUMBERED = re.compile(r"-(\d{4}-(?:\d\d|Q[1-4]|Y))-[A-Z]-v\d+-", re.ASCII)
_NAMED_IN = ("file", "evidence", "sha256")
_HASH = re.compile(r"\b[0-9a-f]{64}\b", re.ASCII)
_NAMES_KEYS = ("fund.opened", "key.rotated")
_TIMES = ("occurred_at", "recorded_at", "at")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_RECEIPT_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DAMAGE = (OSError, EOFError, ValueError, OverflowError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged file of a zip can end in."""

_WRONG = (*_DAMAGE, Unreadable, LookupError, TypeError, AttributeError, RecursionError)
"""And what reading what should be in it."""

PUBLIC: Mapping[str, tuple[tuple[str, ...], Mapping[str, str | None]]] = {
    "gifts": (
        ("gift",),
        {
            "receipt": None,
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
        {
            "kind": None,
            "reverses": "reverses",
            "amount_minor": "amount",
            "currency": "commodity",
            "reason": "reason",
        },
    ),
    "settlements": (
        ("settlement",),
        {
            "channel": "channel",
            "period": "period",
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
        {"kind": None, "number": "number", "amount_minor": "amount", "fee_minor": "fee"},
    ),
    "spending": (
        ("spend",),
        {
            "disease": "disease",
            "group": "people",
            "provider": "provider",
            "batch": "batch",
            "amount_minor": "amount",
            "currency": "commodity",
        },
    ),
}
"""By public table: kinds of entries that make a row each, and where its columns stand in their bodies; None for what is
the entry's own."""

_OWN = ("entries", "postings", "evidence_named", "balances")
"""Registers whose rows entries of every kind make."""


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
        self._place = place.resolve()

    def names(self) -> Iterator[str]:
        """Yield the paths of all files; what Python keeps of a program that was run is no part of a pack."""
        for one in sorted(self._place.rglob("*")):
            if (one.is_symlink() or not one.is_dir()) and "__pycache__" not in one.parts:
                yield one.relative_to(self._place).as_posix()

    def close(self) -> None:
        """Do nothing: a folder is not held."""

    def open(self, path: str) -> IO[bytes]:
        """Open a file.

        Raises:
            Unreadable: There is none, or a link leads to it.
        """
        place = self._place / path
        try:
            if not _PATH.fullmatch(path) or not place.is_file() or place.resolve() != place:
                raise _gone(path)
            return place.open("rb")
        except OSError as error:
            raise _gone(path) from error


class Zip:
    """A pack as it came.

    Args:
        place: The zip.

    Raises:
        Unreadable: It is none, or its files lie over each other.
    """

    def __init__(self, place: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(place)
        except (*_DAMAGE, NotImplementedError) as error:
            raise _no_zip() from error
        packed = sum(one.compress_size for one in self._zip.infolist())
        if packed > place.stat().st_size:
            self._zip.close()
            raise _no_zip()

    def names(self) -> Iterator[str]:
        """Yield the paths of all files; one that is there twice comes twice."""
        yield from (one.filename for one in self._zip.infolist() if not one.is_dir())

    def close(self) -> None:
        """Close the zip."""
        self._zip.close()

    def open(self, path: str) -> IO[bytes]:
        """Open a file.

        Raises:
            Unreadable: There is none, or it is a link, encrypted, or packed in a way that packs never are and that can
                take any memory.
        """
        try:
            found = self._zip.getinfo(path)
            if found.compress_type not in _PACKED or stat.S_ISLNK(found.external_attr >> 16):
                raise _gone(path)
            return self._zip.open(found)
        except (*_DAMAGE, KeyError, RuntimeError) as error:
            raise _gone(path) from error


def _no_zip() -> Exception:
    error: Exception = Unreadable("不是完整的 zip 文件", "it is no whole zip")
    return error


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
    """Tell whether a path is meant as an audit pack: a zip, whole or not, or a folder with a pack's manifest."""
    try:
        if place.is_dir():
            with closing(Folder(place).open(MANIFEST)) as stream:
                return FORMAT.encode() in stream.read(4096)
        if not place.is_file():
            return False
        with place.open("rb") as stream:
            return stream.read(2) == b"PK"
    except (Unreadable, OSError):
        return False


def read(pack: Pack, path: str, limit: int) -> bytes:
    """Read a whole file.

    Raises:
        Unreadable: It is missing, damaged or larger than a file of its kind can be.
    """
    try:
        with closing(pack.open(path)) as stream:
            data = stream.read(limit + 1)
    except _DAMAGE as error:
        raise Unreadable(f"{path} 已损坏", f"{path} is damaged") from error
    if len(data) > limit:
        raise Unreadable(f"{path} 太大", f"{path} is too large")
    return data


def _shown(value: object) -> str:
    """Return a value as it is printed: cut, and nothing in it that steers a terminal."""
    text = "".join(one if one.isprintable() else "\ufffd" for one in str(value)[:200])
    return text[:160]


class Job:
    """One check of a pack.

    Args:
        pack: The pack.
        keys: The log's public keys, known from elsewhere; else those of the pack are used, and that is said.
        progress: Is told how many entries are checked, and of how many.

    Attributes:
        size: Entries of the log.
        fund: Slug.
        period: As the pack's name has it; empty for the whole log.
        listed: Rows of the manifest by path.
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
        self._named: list[str] = []
        self._trusted = self.keys
        self._note, self._root, self._elsewhere = "", b"", 0
        self._published: Mapping[str, str] = {}
        self._proofs: set[str] = set()
        self._served: list[tuple[str, str]] = []
        try:
            most = MANIFEST_HEAD_MAX + MANIFEST_ROW_MAX * sum(1 for _ in pack.names())
            self._manifest(json.loads(read(pack, MANIFEST, most)))
        except (*_DAMAGE, KeyError, TypeError, RecursionError) as error:
            raise Unreadable(
                "manifest.json 不是审计包的清单", "manifest.json is no audit pack's"
            ) from error

    def _manifest(self, said_: Mapping[str, Any]) -> None:
        if said_["format"] != FORMAT:
            raise ValueError(said_["format"])
        self.fund, self.period = _shown(said_["fund"]), _shown(said_["period"] or "")
        self._origin, self._audience = said_["origin"], said_["for"]
        self._missing = [_shown(one) for one in said_["missing"]]
        if self._audience not in AUDIENCES or not isinstance(said_["period"], str | None):
            raise ValueError(self.period)
        if not isinstance(said_["missing"], list):
            raise TypeError(self._missing)
        self.size, self._stated_root = _whole(said_["log"]["size"]), said_["log"]["root"]
        self._first, self._stop = (_whole(said_["entries"][name]) for name in ("first", "stop"))
        if not 0 <= self._first <= self._stop <= self.size:
            raise ValueError(self._first)
        self.listed = {
            str(one["path"]): (_whole(one["bytes"]), one["sha256"]) for one in said_["files"]
        }
        if len(self.listed) != len(said_["files"]):
            raise ValueError(len(self.listed))

    def run(self) -> list[Any]:
        """Make all checks.

        Returns:
            What each came to, in the order in which they are best read.
        """
        checks = (
            self._files,
            self._signature,
            self._log,
            self._earlier,
            self._evidence,
            self._statements,
        )
        for check in checks:
            try:
                check()
            except _WRONG as error:
                self._differs("readable", check.__name__.strip("_"), "", error)
        self._counts["readable"] += 1
        return [self._outcome(name) for name in SAID if name in self._counts]

    def notes(self) -> Iterator[tuple[str, str]]:
        """Tell what is not in the pack and no fault of it; to be asked after `run`.

        Yields:
            Chinese and English.
        """
        if not self.keys:
            named = ", ".join(map(_shown, self._named))
            yield (
                f"公钥取自包内，只说明前后一致；请与报告上或基金处的公钥比对：{named}",
                f"the key is the pack's own, which does not show whose it is; compare it with a statement's: {named}",
            )
        if self._elsewhere:
            yield (
                f"分录提到的凭证有 {self._elsewhere} 份不在包内（只登记了哈希，或存于别处）",
                f"{self._elsewhere} proofs that entries name are not in the pack (only their hash was given)",
            )
        for path in self._missing:
            yield (
                f"制作本包的机器上没有已发布的报告 {path}",
                f"the published statement {path} was not on the machine that made the pack",
            )
        yield from self._served

    # --- what was found -------------------------------------------------------------------------

    def _held(self, check: str, what: str, expected: object, found: object) -> bool:
        self._counts[check] += 1
        if expected == found:
            return True
        self._differs(check, what, expected, found)
        return False

    def _differs(self, check: str, what: str, expected: object, found: object) -> None:
        self._counts[check] += 0
        self._bad.setdefault(check, (_shown(what), _shown(expected), _shown(found)))

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
            stated = self.listed.get(path)
            if stated is None or path in seen or not _PATH.fullmatch(path):
                self._differs("files", path, "", "not in the manifest")
            else:
                self._held("files", path, stated, self._measured(path, stated[0]))
            seen.add(path)
        for path in sorted(self.listed.keys() - seen):
            self._differs("files", path, "a file", "missing")

    def _measured(self, path: str, most: int) -> tuple[int, str]:
        """Return length and hash of a file, and never unpack much more than it should have."""
        digest, length = hashlib.sha256(), 0
        try:
            with closing(self.pack.open(path)) as stream:
                while length <= most and (piece := stream.read(PIECE)):
                    digest.update(piece)
                    length += len(piece)
        except (*_DAMAGE, Unreadable):
            return -1, "damaged"
        return length, digest.hexdigest()

    def _signature(self) -> None:
        self._note = read(self.pack, "log/checkpoint", SMALL_MAX).decode()
        self._named = read(self.pack, "log/key", SMALL_MAX).decode().split()[:KEYS_MAX]
        self._trusted = self.keys or self._named
        origin, size, root = said.checkpoint(self._note)
        self._root = root
        held, _ = said.signed_by(self._note, self._trusted)
        self._held("signature", "signed by a key of the log", True, bool(held))
        self._held("signature", "origin", self._origin, origin)
        self._held("signature", "size", self.size, size)
        self._held("signature", "root", self._stated_root, base64.b64encode(root).decode())

    # --- the log, and the registers beside it ---------------------------------------------------

    def _log(self) -> None:
        roots = {size: root for _, size, root in self._checkpoints()}
        with closing(Registers(self.pack, self._held, self._first, self._stop)) as registers:
            named = self._walk(roots, registers)
        self._published, self._proofs = registers.published, registers.proofs
        # What was signed before a key was changed: the log itself names the keys that it had.
        self._trusted = [*self._trusted, *named][:KEYS_MAX]

    def _walk(self, roots: Mapping[int, bytes], registers: Registers) -> list[str]:
        """Go through all entries once, and return the keys that they name; none where it is not the signed tree."""
        tree, before = said.Tree(0, []), ""
        named: list[str] = []
        for seq, data in enumerate(self._entries()):
            hashed = said.leaf(data)
            tree.add(hashed)
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
            if entry["kind"] in _NAMES_KEYS:
                named.append(entry["body"]["log_key"])
            registers.take(entry, hashed)
            if seq % 5000 == 0:
                self._progress(seq, self.size)
        self._held("root", "entries", self.size, tree.size)
        same = self._held("root", "root", self._root.hex(), tree.root().hex())
        registers.finish()
        self._progress(self.size, self.size)
        return named if same else []

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

    def _checkpoints(self) -> Iterator[tuple[Mapping[str, Any], int, bytes]]:
        """Read the earlier checkpoints.

        Yields:
            A row, and the size and root that its checkpoint says.
        """
        with closing(self.pack.open("proofs/checkpoints.jsonl")) as stream:
            while line := stream.readline(LINE_MAX):
                row = json.loads(line)
                origin, size, root = said.checkpoint(row["checkpoint"])
                if (origin, row["size"]) != (self._origin, size):
                    self._differs("proofs", f"checkpoint of {row['size']}", self._origin, origin)
                yield row, size, root

    def _earlier(self) -> None:
        """Hold the earlier checkpoints to the log's keys, and to the tree that continues them."""
        for row, size, root in self._checkpoints():
            held, _ = said.signed_by(row["checkpoint"], self._trusted)
            self._held("proofs", f"signature of {size}", True, bool(held))
            steps = [base64.b64decode(one) for one in row["consistency"]]
            joined = said.extends((size, self.size), (root, self._root), steps)
            self._held("proofs", f"consistency proof of {size}", True, joined)
            for one in row["cosignatures"]:
                cosigned, _ = said.signed_by(row["checkpoint"] + one["line"], [one["key"]])
                self._held("witnesses", f"{one['key']:.60} below {size}", True, bool(cosigned))
            stamped = f"proofs/timestamps/{size}.checkpoint"
            if stamped in self.listed:
                text = read(self.pack, stamped, SMALL_MAX).decode()
                self._held("proofs", stamped, row["checkpoint"], text)

    # --- what hangs on entries ------------------------------------------------------------------

    def _evidence(self) -> None:
        """Hold each file of evidence to its name, and count those that entries name and that are not here."""
        here = set()
        for path, (_, digest) in self.listed.items():
            if path.startswith("evidence/"):
                named = path.removeprefix("evidence/").partition(".")[0]
                self._held("evidence", path, named, digest)
                here.add(digest)
        if self._audience == "auditor":
            self._elsewhere = len(self._proofs - here)

    def _statements(self) -> None:
        """Check each published statement, and that none of the period was left out without a word."""
        for path in sorted(self._published.keys() - self.listed.keys()):
            if self._covers(path):
                self._held("statements", path, True, _shown(path) in self._missing)
        for path, (_, digest) in sorted(self.listed.items()):
            if path.startswith("statements/"):
                stated = self._published.get(path, "its hash")
                self._held("statements", f"{path} in the log", stated, digest)
                self._statement(path)

    def _statement(self, path: str) -> None:
        try:
            bundle = said.bundle_of(read(self.pack, path, STATEMENT_MAX))
            found = said.check(bundle, self._trusted)
        except Unreadable as error:
            self._differs("statements", path, "a statement", error.en)
            return
        for one in found:
            if one.state == BROKEN:
                self._differs("statements", f"{path} {one.name}", "", one.detail_en or one.en)
            elif one.name == "served":
                zh, en = _shown(one.zh), _shown(one.en)
                self._served.append((f"{path}：{zh}", f"{path}: {en}"))

    def _covers(self, path: str) -> bool:
        """Tell whether a statement is of the pack's period, or of a part of it."""
        found = _NUMBERED.search(path)
        if not self.period or found is None:
            return not self.period
        of, asked = (_months(one) for one in (found[1], self.period))
        return asked[0] <= of[1] <= asked[1]


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
        self._room = ROW_MAX
        self._rows = csv.DictReader(self._lines(), strict=True)

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def _lines(self) -> Iterator[str]:
        """Read lines, and no more of them for a row than a row can be.

        Yields:
            Lines, with their ends.

        Raises:
            ValueError: A row does not end.
        """
        while line := self._stream.readline(self._room + 1):
            self._room -= len(line)
            if self._room < 0:
                raise ValueError(ROW_MAX)
            yield line

    def next(self) -> Mapping[str, str]:
        """Return the next row; nothing behind the last.

        Raises:
            Unreadable: It is no CSV, or two of its columns have one name.
        """
        self._room = ROW_MAX
        try:
            row = next(self._rows, {})
            if row and len(row) < len(self._rows.fieldnames or ()):
                raise ValueError(
                    self.name
                )  # two columns of one name: a reader may show the other one
            return row
        except (*_DAMAGE, csv.Error) as error:
            raise Unreadable(
                f"登记簿 {self.name} 无法读取", f"the register {self.name} cannot be read"
            ) from error


class Registers:
    """Holds every row of the registers that entries make to the entries.

    Args:
        pack: The pack.
        held: Compares: takes a check, what is compared, what is expected and what was found.
        first: First entry of the registers.
        stop: Number after the last.

    Attributes:
        published: Hashes of the statements that entries publish, by their paths in a pack.
        proofs: Hashes of files that entries of the span name.
    """

    def __init__(self, pack: Pack, held: Held, first: int, stop: int) -> None:
        self._held, self._first, self._stop = held, first, stop
        with ExitStack() as opening:
            rows = {
                name: opening.enter_context(closing(Rows(pack, name))) for name in (*_OWN, *PUBLIC)
            }
            self._closing = opening.pop_all()
        self._entries, self._postings, self._named, self._balances = (rows[one] for one in _OWN)
        self._public = {name: rows[name] for name in PUBLIC}
        self._all = (*rows.values(),)
        self._sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        self.published: dict[str, str] = {}
        self.proofs: set[str] = set()

    def close(self) -> None:
        """Close all of them."""
        self._closing.close()

    def take(self, entry: Mapping[str, Any], hashed: bytes) -> None:
        """Take the next entry of the log with its leaf hash, and read the rows that it makes."""
        seq, body = entry["seq"], entry["body"]
        if entry["kind"] == "statement.published":
            path = f"statements/{body['number']}-{body['language']}.pdf"
            self.published[path] = body["sha256"]
        if seq < self._stop:
            self._add(entry)
        if not self._first <= seq < self._stop:
            return
        receipt = _receipt(seq, hashed) if entry["kind"] == "gift" else None
        found = self._row(self._entries, seq, _entry_row(entry, hashed, receipt))
        # The day is the fund's; the instant beside it was just held to the entry.
        day = found.get("occurred_at", "")[:10]
        for number, line in enumerate(entry["postings"], start=1):
            self._row(self._postings, seq, _posting_row(entry, day, number, line))
        for member, digest in _named(body):
            self.proofs.add(digest)
            row = {"entry": seq, "member": member, "sha256": digest, "row": body.get("row")}
            self._row(self._named, seq, row)
        own = {"kind": entry["kind"], "receipt": receipt}
        for name, (kinds, columns) in PUBLIC.items():
            if entry["kind"] in kinds:
                cells = {
                    title: own[title] if member is None else _cell(body.get(member))
                    for title, member in columns.items()
                }
                row = {"entry": seq, "at": entry["occurred_at"], **cells}
                self._row(self._public[name], seq, row)

    def _row(self, rows: Rows, seq: int, expected: Mapping[str, object]) -> Mapping[str, str]:
        """Hold the next row to what an entry says, every cell of it, and return it as it stands."""
        found = rows.next()
        wanted = {name: _stated(name, value) for name, value in expected.items()}
        got = {name: _read(name, cell) for name, cell in found.items()}
        if wanted == got:
            self._held("registers", rows.name, True, True)
            return found
        name = next(name for name in (*wanted, *got) if wanted.get(name) != got.get(name))
        what = f"{rows.name}, entry {seq}, {name}"
        self._held("registers", what, wanted.get(name, ""), got.get(name, ""))
        return found

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
            self._held("registers", f"{rows.name}, further rows", {}, rows.next())


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


def _entry_row(
    entry: Mapping[str, Any], hashed: bytes, receipt: str | None
) -> Mapping[str, object]:
    return {
        "entry_no": entry["seq"],
        "kind": entry["kind"],
        "occurred_at": entry["occurred_at"],
        "recorded_at": entry["recorded_at"],
        "role": entry["actor"]["role"],
        "actor": entry["actor"]["id"],
        "receipt": receipt,
        "reverses": entry["body"].get("reverses"),
        "leaf_hash": hashed.hex(),
        "body": entry["body"],
    }


def _posting_row(
    entry: Mapping[str, Any], day: str, number: int, line: Mapping[str, Any]
) -> Mapping[str, object]:
    amount = line["amount"]
    return {
        "entry_no": entry["seq"],
        "line": number,
        "on": day,
        "recorded_at": entry["recorded_at"],
        "kind": entry["kind"],
        "account": line["account"],
        "commodity": line["commodity"],
        "debit_minor": amount if amount > 0 else None,
        "credit_minor": -amount if amount < 0 else None,
    }


def _receipt(seq: int, hashed: bytes) -> str:
    """Return the number that a giver holds: the entry's, and the first 20 bits of its hash."""
    value = seq << 20 | int.from_bytes(hashed[:3], "big") >> 4
    return "".join(_RECEIPT_LETTERS[value >> shift & 31] for shift in range(55, -1, -5))


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return value if isinstance(value, str | int) else None


def _stated(name: str, value: object) -> str:
    """Return what an entry says in the form in which it is compared with a cell."""
    if name in _TIMES:
        return _instant(str(value))
    if name == "body":
        return _json(value)
    if isinstance(value, str):
        # An apostrophe keeps a spreadsheet from running a cell.
        return f"'{value}" if value.startswith(_FORMULA) else value
    return "" if value is None else str(value)


def _read(name: str, cell: str) -> str:
    """Return a cell in the form in which it is compared: times as instants, JSON in one spelling."""
    if name in _TIMES:
        return _instant(cell)
    return _json(json.loads(cell or "null")) if name == "body" else cell


def _instant(text: str) -> str:
    try:
        return str(datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError):
        return text


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _months(label: str) -> tuple[str, str]:
    """Return the first and the last month of `2026-10`, `2026-Q4` or `2026-Y`."""
    year, _, part = label.partition("-")
    if part.startswith("Q") and part[1:].isdigit():
        last = 3 * int(part[1:])
        return f"{year}-{last - 2:02}", f"{year}-{last:02}"
    return (f"{year}-01", f"{year}-12") if part == "Y" else (label, label)


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
        print(
            f"✗ {_shown(error.zh if isinstance(error, Unreadable) else error)}\n  {_shown(error)}"
        )
        return 2
    print(f"{options.pack.name}: {job.fund} {job.period} {job.size:,}")
    for line in said.told(outcomes):
        print(line)
    for zh, en in job.notes():
        print(f"· {zh}\n  {en}")
    print(said.summary(outcomes))
    return 1 if any(one.state == BROKEN for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
