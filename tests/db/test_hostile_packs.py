"""Packs that somebody made to deceive: each is told to be wrong, by name, in little memory and without a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.verify import pack_alone
from ledger.verify.pack import verify_pack
from ledger.verify.pack_alone import BROKEN, PUBLIC, Job, is_pack, opened
from tests.db import ledgers
from tests.db.test_audit_pack import Files, files_of, listed_anew, pack, table

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)

LINK = 0o120777 << 16
MEMORY = 400 * 1024 * 1024


@pytest.fixture
def ledger(database, tmp_path) -> Iterator[ledgers.Ledger]:
    made = ledgers.new_ledger(database, tmp_path / "keys")
    ledgers.whole_way(made)
    yield made
    made.close()


def zipped(files: Files, place: Path, *, how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(place, "w", how) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return place


def broken(place: Path) -> set[str]:
    """Check a pack with its own program, and return the checks that fail."""
    with closing(opened(place)) as found:
        job = Job(found)
        outcomes = job.run()
        [*job.notes()]
        return {one.name for one in outcomes if one.state == BROKEN}


def test_every_cell_of_the_registers_that_entries_make_is_compared(ledger, tmp_path):
    files = files_of(pack(ledger, tmp_path, audience="public"))
    assert not broken(zipped(files, tmp_path / "a.zip"))
    cells = 0
    for name in ("entries", "postings", "balances", "evidence_named", *PUBLIC):
        path = f"registers/{name}.csv"
        rows = [*table(files, name)]
        if not rows:
            continue
        for at, column in enumerate(rows[-1]):
            *lines, last = files[path].decode("utf-8-sig").splitlines()
            parts = next(csv.reader([last]))
            parts[at] = "null" if column == "body" else "1999-12-31T00:00:00Z"
            buffer = io.StringIO()
            csv.writer(buffer).writerow(parts)
            text = "\r\n".join([*lines, buffer.getvalue()])
            changed = listed_anew({**files, path: text.encode("utf-8-sig")})
            assert broken(zipped(changed, tmp_path / "a.zip")) == {"registers"}, (name, column)
            cells += 1
        widened = files[path].replace(b"\r\n", b",more\r\n")
        changed = listed_anew({**files, path: widened})
        assert broken(zipped(changed, tmp_path / "a.zip")) == {"registers"}, name
        assert broken(zipped(doubled(files, path), tmp_path / "a.zip")) == {"readable"}, name
    assert cells > 50


def doubled(files: Files, path: str) -> Files:
    """Show another first column beside the true one, under the same name."""
    head, *rows = files[path].decode("utf-8-sig").splitlines(keepends=True)
    name = head.split(",")[0]
    text = "".join([f"{name},{head}", *(f"7,{row}" for row in rows)])
    return listed_anew({**files, path: text.encode("utf-8-sig")})


def manifests(true: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Change a manifest in each way that its form allows."""
    for name in true:
        yield {key: value for key, value in true.items() if key != name}
        for value in (None, 1e999, -1, 10**30, "\ud800\x1b[2J", [], {}, [[]], True):
            yield {**true, name: value}
    for name in ("size", "root"):
        for value in (None, 1e999, -1, 2**70, "7"):
            yield {**true, "log": {**true["log"], name: value}}
    row = true["files"][0]
    for name in row:
        for value in (None, 1e999, -1, "../../etc/passwd", "\ud800", [], 10**30):
            yield {**true, "files": [*true["files"][1:], {**row, name: value}]}
    yield {**true, "files": [*true["files"], row]}
    yield {**true, "files": [*true["files"], {**row, "path": "evidence/not-there"}]}


def test_no_manifest_can_make_it_fail(ledger, tmp_path):
    files = files_of(pack(ledger, tmp_path, audience="public"))
    place = tmp_path / "a.zip"
    told_right = 0
    for one in manifests(json.loads(files["manifest.json"])):
        zipped({**files, "manifest.json": json.dumps(one).encode()}, place)
        report = verify_pack(place)
        told_right += report.ok
        assert all(line.isprintable() for line in (report.summary, *map(str, report.notes)))
        ran = alone(place)
        assert (ran == 0) == report.ok or report.ok is False
    # How the period is called, what was taken in then and what is missing are told and not held to anything.
    assert told_right < 20


def alone(place: Path) -> int:
    """Run the program of a pack in this process: it prints, and never raises."""
    return pack_alone.main([str(place)])


CHANGES: dict[str, Callable[[Files], dict[str, bytes]]] = {
    "deep-body": lambda files: {
        "registers/entries.csv": files["registers/entries.csv"].rpartition(b'"{')[0]
        + b"[" * 100_000
        + b"\r\n"
    },
    "deep-entry": lambda files: with_first_entry(files, b"[" * 60_000),
    "deep-proof": lambda _files: {"proofs/checkpoints.jsonl": b"[" * 1_000_000},
    "no-proof": lambda _files: {"proofs/checkpoints.jsonl": b"{}\n"},
    "first-year": lambda files: {
        "registers/gifts.csv": files["registers/gifts.csv"].replace(b"2026", b"0001")
    },
    "keys": lambda _files: {"log/key": b"a+b+c " * 100_000},
    "checkpoint": lambda _files: {"log/checkpoint": b"\n-1\n====\n\n"},
    "many-lines": lambda _files: {"registers/gifts.csv": b"\r\n" * 3_000_000},
}


def with_first_entry(files: Files, entry: bytes) -> dict[str, bytes]:
    [path] = [name for name in files if name.startswith("log/tile/entries/")]
    rest = files[path][2 + int.from_bytes(files[path][:2], "big") :]
    return {path: len(entry).to_bytes(2, "big") + entry + rest}


def test_no_content_can_make_it_fail(ledger, tmp_path):
    files = files_of(pack(ledger, tmp_path, audience="public"))
    place = tmp_path / "a.zip"
    for name, change in CHANGES.items():
        zipped(listed_anew({**files, **change(files)}), place)
        assert broken(place), name
        assert not verify_pack(place).ok, name
        assert alone(place) == 1, name


def test_no_flipped_byte_can_make_it_fail(ledger, tmp_path):
    data = pack(ledger, tmp_path, audience="public")
    place = tmp_path / "a.zip"
    some = random.Random(7)
    for _ in range(150):
        changed = bytearray(data)
        # The central directory and its ends are where a reader trusts most.
        at = some.choice((some.randrange(len(data)), len(data) - 1 - some.randrange(3_000)))
        changed[at] ^= 1 << some.randrange(8)
        place.write_bytes(changed)
        assert is_pack(place) or at < 2
        verify_pack(place)
        alone(place)
    for length in (0, 1, 100, len(data) // 2, len(data) - 1):
        place.write_bytes(data[:length])
        report = verify_pack(place)
        assert (report.ok, is_pack(place)) == (False, length > 1)
        assert "no whole zip" in report.summary


def test_links_and_strange_packings_are_refused(ledger, tmp_path):
    files = files_of(pack(ledger, tmp_path, audience="public"))
    place = tmp_path / "a.zip"

    def written(change: Callable[[zipfile.ZipInfo], None]) -> Path:
        with zipfile.ZipFile(place, "w") as out:
            for name, data in files.items():
                info = zipfile.ZipInfo(name)
                if name == "log/key":
                    change(info)
                out.writestr(info, data)
        return place

    def link(info: zipfile.ZipInfo) -> None:
        info.external_attr = LINK

    def packed(info: zipfile.ZipInfo) -> None:
        info.compress_type = zipfile.ZIP_BZIP2

    assert not broken(written(lambda info: None))
    for change in (link, packed):
        assert "files" in broken(written(change))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(place, "a") as out:
        out.writestr("verify.py", files["verify.py"])
    assert "files" in broken(place)
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(zipped(files, place)).extractall(folder)
    assert not broken(folder)
    (folder / "log" / "key").rename(tmp_path / "key")
    (folder / "log" / "key").symlink_to(tmp_path / "key")
    assert broken(folder) >= {"files", "readable"}
    (folder / "log" / "key").unlink()
    (tmp_path / "key").rename(folder / "log" / "key")
    (folder / "registers").rename(tmp_path / "elsewhere")
    (folder / "registers").symlink_to(tmp_path / "elsewhere")
    assert broken(folder) >= {"files", "readable"}
    (folder / "registers").unlink()
    (tmp_path / "elsewhere").rename(folder / "registers")
    pipe = folder / "README.en.txt"
    pipe.unlink()
    os.mkfifo(pipe)
    assert broken(folder) == {"files"}


BOMBS: dict[str, Callable[[], tuple[str, Iterator[bytes]]]] = {
    "manifest": lambda: ("manifest.json", iter([b"[", *[b"[]," * 1_000_000] * 100, b"[]]"])),
    "row": lambda: ("registers/gifts.csv", iter([b"a" * 1_000_000] * 800)),
    "cells": lambda: ("registers/gifts.csv", iter([b'"\n",' * 200_000] * 800)),
    "bundle": lambda: ("log/tile/entries/000.p/20", iter([b"a" * 1_000_000] * 800)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_bomb_takes_the_memory(ledger, tmp_path, name):
    files = files_of(pack(ledger, tmp_path, audience="public"))
    path, pieces = BOMBS[name]()
    place = tmp_path / "a.zip"
    listed = json.loads(files["manifest.json"])
    for one in listed["files"]:
        one["bytes"] = 10**12
    files["manifest.json"] = json.dumps(listed).encode()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as out:
        for one, data in files.items():
            if one != path:
                out.writestr(one, data)
        with out.open(path, "w") as stream:
            for piece in pieces:
                stream.write(piece)
    assert place.stat().st_size < 3_000_000
    ran = subprocess.run(
        [sys.executable, "-m", "ledger.verify.pack_alone", str(place)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert ran.returncode in (1, 2), ran.stderr
    assert "Traceback" not in ran.stderr, ran.stderr
