"""Killed at any moment: nothing acknowledged is lost, nothing half is there, and the ledger goes on."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.intake.booking import AlreadyRecorded, Recorded
from ledger.log.signer import LogSigner
from tests.db.importing import POINTS, crash_at, import_some, import_until_killed
from tests.db.ledgers import Ledger, bodies, check, gift, gift_ids, give, new_ledger

# Forked from a fresh process that has imported everything: a child starts in some milliseconds, and has no thread,
# lock or connection of ours.
CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["tests.db.importing"])
KILLS = 15


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def start(ledger: Ledger, act: Callable[..., None], *arguments: object) -> Any:
    url = ledger.database.url.render_as_string(hide_password=False)
    child = CHILDREN.Process(target=act, args=(url, ledger.keys, *arguments))
    child.start()
    return child


def acknowledged(file: Path) -> dict[str, int]:
    if not file.exists():
        return {}
    whole = file.read_text().rpartition("\n")[0]
    return {one: int(seq) for one, seq in (line.split() for line in whole.splitlines())}


def test_killed_at_random_moments(ledger: Ledger, tmp_path: Path) -> None:
    moments = random.Random(20261009)
    files = []
    for number in range(KILLS):
        files.append(tmp_path / f"acknowledged-{number}")
        # Every third time two processes write, and one is killed while the other one works.
        names = [f"k{number}"] if number % 3 else [f"k{number}", f"l{number}"]
        children = [start(ledger, import_until_killed, name, files[-1]) for name in names]
        give_up = time.monotonic() + 60
        while not acknowledged(files[-1]) and time.monotonic() < give_up:
            time.sleep(0.002)
        for child in children:
            time.sleep(moments.uniform(0, 0.04))
            child.kill()
            child.join(30)
            assert child.exitcode == -signal.SIGKILL
        found = gift_ids(ledger)
        promised = acknowledged(files[-1])
        assert promised
        assert {one: found.get(one) for one in promised} == promised
    promised = {one: seq for file in files for one, seq in acknowledged(file).items()}
    found = gift_ids(ledger)
    assert {one: found.get(one) for one in promised} == promised
    after = ledger.reopened()
    [verdict] = give(after, gift("after all that")).value
    assert isinstance(verdict, Recorded)
    check(after)
    # What was written and not acknowledged is found by asking again, and is not there twice.
    given = [entry for entry in bodies(after) if entry["kind"] == "gift"]
    assert len(given) == len(found) + 1
    # A whole import or nothing of it: the ones by five come in fives.
    for one in found:
        stem, _, part = one.rpartition("-")
        if part == "4":
            assert all(f"{stem}-{other}" in found for other in range(5))


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_of_the_commit(ledger: Ledger, point: str) -> None:
    size = len(bodies(ledger))
    child = start(ledger, crash_at, point)
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    stored = POINTS[point]
    assert ("during the crash" in gift_ids(ledger)) is stored
    assert len(bodies(ledger)) == size + 2 + stored  # the first gift opens its broadcast
    check(ledger, released=False)
    again = ledger.reopened()
    [verdict] = give(again, gift("during the crash")).value
    assert isinstance(verdict, AlreadyRecorded if stored else Recorded)
    give(again, gift("afterwards"))
    check(again)


def test_the_memory_beside_the_key_fails_after_the_commit(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(bodies(ledger))

    def fail(_: LogSigner, __: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(LogSigner, "record_released", fail)
        with pytest.raises(OSError, match="No space left"):
            give(ledger, gift("a"))
    assert "a" in gift_ids(ledger)  # stored, and nobody was told
    # The same process and another one both prove that what was released is a prefix, and go on.
    other = ledger.reopened()
    assert isinstance(give(other, gift("a")).value[0], AlreadyRecorded)
    for writer, name in ((ledger, "b"), (other, "c"), (ledger, "d")):
        assert isinstance(give(writer, gift(name)).value[0], Recorded)
    assert check(ledger) == size + 5


def test_the_commit_fails(ledger: Ledger) -> None:
    size = len(bodies(ledger))

    def fail(_: sa.Connection) -> None:
        raise RuntimeError("the commit fails")

    sa.event.listen(ledger.database.engine, "commit", fail)
    with pytest.raises(RuntimeError, match="the commit fails"):
        give(ledger, gift("a"))
    sa.event.remove(ledger.database.engine, "commit", fail)
    assert len(bodies(ledger)) == size
    assert isinstance(give(ledger, gift("a")).value[0], Recorded)
    check(ledger)


def test_the_signer_fails_before_the_commit(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(bodies(ledger))
    with monkeypatch.context() as patch:
        patch.setattr(LogSigner, "sign", lambda *_: (_ for _ in ()).throw(OSError("no key")))
        with pytest.raises(OSError, match="no key"):
            give(ledger, gift("a"))
    assert len(bodies(ledger)) == size
    give(ledger, gift("a"))
    check(ledger)


# --- several processes at once ---------------------------------------------------------------------


def test_processes_that_write_at_once(ledger: Ledger, tmp_path: Path) -> None:
    size, count, names = len(bodies(ledger)), 15, ("x", "y", "z")
    reports = [tmp_path / name for name in names]
    children = [
        start(ledger, import_some, name, count, report)
        for name, report in zip(names, reports, strict=True)
    ]
    mine = [give(ledger, gift(f"mine-{number}")).value[0].seq for number in range(count)]
    for child in children:
        child.join(120)
        assert child.exitcode == 0
    rows = [line.split() for report in reports for line in report.read_text().splitlines()]
    found = gift_ids(ledger)
    assert {one: int(seq) for one, seq, _ in rows} | {
        f"mine-{number}": seq for number, seq in enumerate(mine)
    } == found
    for number in range(count):
        # Claimed by the insertion: one of the three recorded it, the others got the first receipt.
        first = [new for one, _, new in rows if one == f"shared-{number}"]
        assert sorted(first) == ["False", "False", "True"]
    assert check(ledger) == size + 1 + 5 * count
