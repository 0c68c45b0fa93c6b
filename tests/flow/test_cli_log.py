"""The log for everybody: over HTTP and as a folder, followed by a client that knows only the published formats."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.app import create_app
from ledger.settings import load_settings
from ledger.verify.fetching import fetch_from
from ledger.verify.outside import verify_log
from ledger.wiring import build_services
from tests.flow.cli import GIFTS, Cli
from tests.flow.tlog_client import Follower, Get, UntrueError, leaf, root_of

ORIGIN = "localhost:8000/log/qinghe"
PROJECT = Path(__file__).resolve().parents[2]


def many_gifts(cli: Cli, name: str, count: int) -> None:
    """Import gifts until the log has several tiles."""
    gifts = ({**GIFTS[0], "id": f"{name}-{number}", "amount": "1.00"} for number in range(count))
    cli.run("import", "gifts", cli.gifts(f"{name}.jsonl", *gifts), "--channel", "Kuaishou")


def over_flask(cli: Cli) -> Get:
    """Ask the app as an HTTP client would."""
    settings = load_settings({"LEDGER_HOME": str(cli.home)})
    client = create_app(settings, build_services(settings)).test_client()

    def get(path: str) -> bytes | None:
        answer = client.get(f"/log/qinghe/{path}", headers={"Accept-Encoding": "gzip, identity"})
        if answer.status_code == 404:
            return None
        assert answer.status_code == 200
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return gzip.decompress(answer.data) if packed else answer.data

    return get


def from_folder(folder: Path) -> Get:
    """Read a folder as a static host would."""

    def get(path: str) -> bytes | None:
        file = folder / path
        return file.read_bytes() if file.is_file() else None

    return get


def follower(get: Get) -> Follower:
    """Begin with the key alone."""
    key = get("key")
    assert key is not None
    return Follower(get, key.decode().split(), ORIGIN)


# --- the generic client ------------------------------------------------------------------------------


def test_the_client_knows_the_worked_example() -> None:
    """The eight leaves of the RFC's own tests: the client is not made to fit the service."""
    leaves = [
        leaf(bytes.fromhex(one))
        for one in (
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        )
    ]
    assert root_of(leaves).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )
    assert root_of(leaves[:7]).hex() == (
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"
    )


def test_a_generic_client_follows_the_log_over_http(cli: Cli) -> None:
    follow = follower(over_flask(cli))
    assert follow.follow().size == 9
    for name, count in (("a", 3), ("b", 243), ("c", 1), ("d", 0), ("e", 300)):
        before = follow.head.size
        if count:
            many_gifts(cli, name, count)
        # One more than the gifts where the broadcast had to be opened first.
        assert follow.follow().size - before in {count, count + 1}
    assert follow.head.size > 2 * 256
    kinds = [json.loads(one)["kind"] for one in follow.entries]
    assert kinds[0] == "fund.opened"
    assert kinds.count("gift") == 547
    assert [json.loads(one)["seq"] for one in follow.entries] == list(range(follow.head.size))


def test_a_client_that_knew_both_keys_follows_over_a_rotation(cli: Cli) -> None:
    follow = follower(over_flask(cli))
    follow.follow()
    cli.run("key", "rotate")
    follow.follow()  # both keys sign, and the client knows the old one
    cli.run("key", "retire")
    many_gifts(cli, "after", 1)
    with pytest.raises(UntrueError, match="no known key"):
        follow.follow()
    again = follower(over_flask(cli))
    assert again.follow().size == cli.size()


def test_a_generic_client_follows_a_served_log(walked: Cli, free_port: int) -> None:
    """Over a socket, under the server that operators run."""
    with served(walked, free_port) as get:
        follow = follower(get)
        assert follow.follow().size == walked.size()
        many_gifts(walked, "later", 2)
        assert follow.follow().size == walked.size()
        assert get("tile/0/0") is None


@contextlib.contextmanager
def served(cli: Cli, port: int) -> Iterator[Get]:
    """Serve a ledger in a process of its own."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")
    } | {"LEDGER_HOME": str(cli.home), "LEDGER_PORT": str(port), "LEDGER_WORKERS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger", "serve"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def get(path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/log/qinghe/{path}", timeout=10
            ) as answer:
                data: bytes = answer.read()
                return data
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                return None
            raise

    try:
        _wait_for(lambda: get("checkpoint"), process)
        yield get
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(ask: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Ask until the server answers."""
    until = time.monotonic() + 60
    while True:
        try:
            ask()
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server did not answer"
            threading.Event().wait(0.2)
        else:
            return


def test_the_client_notices_a_changed_entry_a_cut_tail_and_a_foreign_key(cli: Cli) -> None:
    honest = over_flask(cli)
    many_gifts(cli, "a", 3)
    follow = follower(honest)
    follow.follow()
    kept = {path: honest(path) for path in ("checkpoint", "key")}

    def lying(path: str) -> bytes | None:
        data = honest(path)
        return (
            data.replace(b'"amount":100', b'"amount":900') if data and "entries" in path else data
        )

    with pytest.raises(UntrueError, match="bundle and its tile differ"):
        follower(lying).follow()
    many_gifts(cli, "b", 3)
    follow.follow()

    def shorter(path: str) -> bytes | None:
        return kept.get(path) or honest(path)

    cut = Follower(shorter, kept["key"].decode().split(), ORIGIN)
    cut.head, cut.leaves = follow.head, follow.leaves
    with pytest.raises(UntrueError, match="smaller"):
        cut.follow()
    other = Cli(cli.folder / "other")
    other.folder.mkdir()
    other.run("db", "upgrade")
    other.set_up()
    foreign = over_flask(other)("key")
    with pytest.raises(UntrueError, match="no known key"):
        Follower(honest, foreign.decode().split(), ORIGIN).follow()


# --- the page that tells how -----------------------------------------------------------------------


def snippets(language: str) -> list[str]:
    """Return what stands in the documentation's blocks of a language."""
    text = (PROJECT / "docs" / "following-the-log.md").read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_documented_way_by_hand_works(cli: Cli) -> None:
    many_gifts(cli, "a", 600)
    folder = cli.folder / "log"
    cli.run("export", "tiles", folder)
    (program,) = snippets("python")
    bundles = sorted(path for path in (folder / "tile" / "entries").rglob("*") if path.is_file())
    printed = subprocess.run(
        [sys.executable, "-c", program, *bundles], capture_output=True, text=True, check=True
    ).stdout
    _, size, root, *_ = (folder / "checkpoint").read_text("utf-8").split("\n")
    assert printed.split() == [size, root]
    (heredoc,) = (one for one in snippets("sh") if "<<'END'" in one)
    check = heredoc.split("<<'END'\n")[1].split("END\n")[0]
    arguments = [sys.executable, "-c", check]
    signed = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=True)
    assert signed.stdout.startswith(f"signed by {ORIGIN} ")
    forged = (folder / "checkpoint").read_bytes().replace(size.encode(), b"999", 1)
    (folder / "checkpoint").write_bytes(forged)
    assert subprocess.run(arguments, cwd=folder, capture_output=True, check=False).returncode != 0


# --- the log as files --------------------------------------------------------------------------------


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return bytes and inode of all files: a file that is written again has another inode."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_ino)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_folder_holds_the_very_bytes_that_http_gives(cli: Cli) -> None:
    many_gifts(cli, "a", 300)
    folder = cli.folder / "log"
    done = cli.json("export", "tiles", folder)
    assert (done["size"], done["before"]) == (cli.size(), 0)
    get = over_flask(cli)
    found = files_of(folder)
    assert {name: get(name) for name in found} == {name: data for name, (data, _) in found.items()}
    width = cli.size() - 256
    assert set(found) == {
        "checkpoint",
        "key",
        "tile/0/000",
        f"tile/0/001.p/{width}",
        "tile/1/000.p/1",
        "tile/entries/000",
        f"tile/entries/001.p/{width}",
    }


def test_a_folder_grows_and_never_rewrites_a_tile(cli: Cli) -> None:
    folder = cli.folder / "log"
    cli.run("export", "tiles", folder)
    follow = follower(from_folder(folder))
    assert follow.follow().size == 9
    seen = files_of(folder)
    for name, count in (("a", 250), ("b", 1), ("c", 260)):
        many_gifts(cli, name, count)
        assert cli.json("export", "tiles", folder)["before"] == follow.head.size
        assert follow.follow().size == cli.size()
        report = verify_log(fetch_from(str(folder)), None)
        assert report.ok, report.summary
        now = files_of(folder)
        tiles = {path: seen[path] for path in seen if path.startswith("tile/")}
        assert {path: now[path] for path in tiles} == tiles
        seen = now
    assert cli.json("export", "tiles", folder)["files"] == 0


def test_verify_finds_a_changed_byte_in_the_folder(cli: Cli) -> None:
    many_gifts(cli, "a", 20)
    folder = cli.folder / "log"
    cli.run("export", "tiles", folder)
    assert cli.json("verify", folder)["ok"] is True
    (bundle,) = (folder / "tile" / "entries").rglob("000.p/*")
    bundle.write_bytes(bundle.read_bytes().replace(b'"amount":100', b'"amount":900', 1))
    cli.run("verify", folder, fails=1)


def test_an_export_that_was_cut_off_goes_on(cli: Cli) -> None:
    """Tiles without a checkpoint are what a crash leaves: the next export finishes, and rewrites none of them."""
    many_gifts(cli, "a", 300)
    folder = cli.folder / "log"
    cli.run("export", "tiles", folder)
    (folder / "checkpoint").unlink()
    (folder / "tile" / "1" / "000.p" / "1").unlink()
    (folder / "tile" / "entries" / ".000.new").write_bytes(b"half a bund")
    before = files_of(folder)
    assert cli.json("export", "tiles", folder)["files"] == 1
    after = files_of(folder)
    assert {path: after[path] for path in before if path.startswith("tile/")} == {
        path: found for path, found in before.items() if path.startswith("tile/")
    }
    assert follower(from_folder(folder)).follow().size == cli.size()


def test_a_file_with_other_bytes_is_never_overwritten(cli: Cli) -> None:
    folder = cli.folder / "log"
    cli.run("export", "tiles", folder)
    many_gifts(cli, "a", 300)
    planted = folder / "tile" / "0" / "000"
    planted.write_bytes(b"\x00" * 8192)
    checkpoint = (folder / "checkpoint").read_bytes()
    told = cli.refused("export", "tiles", folder)
    assert told == "conflict: tile/0/000: immutable-file-differs (what=file)"
    assert planted.read_bytes() == b"\x00" * 8192
    assert (folder / "checkpoint").read_bytes() == checkpoint


def test_a_folder_that_is_ahead_of_the_database_is_refused(cli: Cli) -> None:
    # The whole home is an older backup, its signer too: only the published folder knows better.
    older = Cli(
        Path(shutil.copytree(cli.folder, cli.folder.with_name(f"{cli.folder.name}-older")))
    )
    folder = cli.folder / "log"
    many_gifts(cli, "a", 5)
    cli.run("export", "tiles", folder)
    before = files_of(folder)
    told = older.refused("export", "tiles", folder)
    assert told.startswith("rolled-back: checkpoint: smaller (fund=qinghe")
    many_gifts(older, "b", 9)
    assert "rolled-back: checkpoint: other-root" in older.refused("export", "tiles", folder)
    assert files_of(folder) == before


def test_a_folder_of_something_else_is_left_alone(cli: Cli) -> None:
    folder = cli.folder / "photos"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(b"x")
    assert "field folder: not-empty (value=photos)" in cli.refused("export", "tiles", folder)
    assert sorted(path.name for path in folder.iterdir()) == ["cat.jpg"]
    cli.run("fund", "create", "second", "--name-zh", "乙", "--name-en", "B")
    log = cli.folder / "log"
    cli.run("export", "tiles", log, "--fund", "qinghe")
    assert "note-signature" in cli.refused("export", "tiles", log, "--fund", "second")


def test_a_database_that_contradicts_its_tree_is_not_published(cli: Cli) -> None:
    many_gifts(cli, "a", 300)
    with contextlib.closing(sqlite3.connect(cli.home / "ledger.db")) as database:
        database.executescript(
            "DROP TRIGGER entries_no_update;"
            "UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), 'gift', 'gilt') AS BLOB) WHERE seq = 20;"
        )
    told = cli.refused("export", "tiles", cli.folder / "log")
    assert told == "invariant: leaf-is-not-the-entry (seq=20)"
    assert not (cli.folder / "log" / "checkpoint").exists()
