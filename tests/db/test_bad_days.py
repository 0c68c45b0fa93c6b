"""Bad days: an old copy comes back, a tail is cut, a key is swapped, somebody holds the lock, the disk is full."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.cli.database import upgrade
from ledger.db import Database
from ledger.errors import (
    BusyError,
    InvariantError,
    KeyMismatchError,
    LedgerError,
    NotFoundError,
    RolledBackError,
    StateError,
    StorageFullError,
)
from ledger.funds import booking as setting_up
from ledger.intake.booking import Recorded
from ledger.log.signer import LogSigner
from tests.db.ledgers import Ledger, bodies, check, gift, gift_ids, give, new_ledger, reopen


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    give(opened, gift("a"), gift("b"))
    yield opened
    opened.close()


def refused(ledger: Ledger, error: type[LedgerError]) -> dict[str, object]:
    """See that a write is refused and nothing was written; return what the error says."""
    before = state(ledger)
    with pytest.raises(error) as raised:
        give(ledger, gift("new"))
    assert type(raised.value) is error
    assert state(ledger) == before
    return raised.value.fields


def state(ledger: Ledger) -> tuple[object, ...]:
    """Return how much there is in each table."""
    with ledger.database.reading() as connection:
        names = sa.inspect(connection).get_table_names()
        return tuple(
            connection.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar()
            for name in sorted(names)
        )


def without_triggers(ledger: Ledger, *statements: str) -> None:
    """Do what only somebody with the whole database can do."""
    with ledger.database.writing() as connection:
        if ledger.database.is_sqlite:
            for name in (
                connection.execute(
                    sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                )
                .scalars()
                .all()
            ):
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(sa.text(statement))


CORE = ("private_parts", "claims", "balances", "postings", "segments", "voids", "holes", "fills")


def cut_to(ledger: Ledger, size: int) -> None:
    """Delete everything from an entry on, as if it had never been."""
    without_triggers(
        ledger,
        *[f"DELETE FROM {table} WHERE seq >= {size}" for table in CORE],
        f"DELETE FROM entries WHERE seq >= {size}",
        f"DELETE FROM checkpoints WHERE size > {size}",
    )


# --- an older state --------------------------------------------------------------------------------


def test_a_tail_that_was_deleted_is_noticed_and_named(ledger: Ledger) -> None:
    size = len(bodies(ledger))
    give(ledger, gift("c"))
    give(ledger, gift("d"))
    cut_to(ledger, size)
    for writer in (ledger, ledger.reopened()):
        fields = refused(writer, RolledBackError)
        assert fields["reason"] == "smaller"
        assert (fields["offered_size"], fields["released_size"]) == (size, size + 2)
        assert fields["fund"] == "qinghe"


def test_a_tail_that_was_deleted_and_written_again_is_noticed(ledger: Ledger) -> None:
    """Another signer makes the tree as large as it was: other entries, and another root."""
    size = len(bodies(ledger))
    give(ledger, gift("c"))
    released = (ledger.keys / "qinghe.released").read_bytes()
    cut_to(ledger, size)
    (ledger.keys / "qinghe.released").write_bytes(bytes(len(released)))
    forger = ledger.reopened()
    give(forger, gift("forged"))
    (ledger.keys / "qinghe.released").write_bytes(released)
    fields = refused(ledger.reopened(), RolledBackError)
    assert fields["reason"] == "other-root"
    # And when it is larger than it was.
    (ledger.keys / "qinghe.released").write_bytes(bytes(len(released)))
    give(ledger.reopened(), gift("forged too"))
    (ledger.keys / "qinghe.released").write_bytes(released)
    fields = refused(ledger.reopened(), RolledBackError)
    assert str(fields["reason"]).startswith("not-consistent")


def test_entries_without_their_checkpoint_are_noticed(ledger: Ledger) -> None:
    size = len(bodies(ledger))
    give(ledger, gift("c"))
    without_triggers(ledger, f"DELETE FROM checkpoints WHERE size > {size}")
    assert refused(ledger.reopened(), RolledBackError)["reason"] == "entries-missing"


def test_a_checkpoint_without_its_entries_is_noticed(ledger: Ledger) -> None:
    size = len(bodies(ledger))
    give(ledger, gift("c"))
    without_triggers(
        ledger,
        *[f"DELETE FROM {table} WHERE seq >= {size}" for table in CORE],
        f"DELETE FROM entries WHERE seq >= {size}",
    )
    fields = refused(ledger.reopened(), RolledBackError)
    assert fields["reason"] == "entries-missing"
    assert (fields["offered_size"], fields["released_size"]) == (size, size + 1)


def test_all_checkpoints_gone_is_noticed(ledger: Ledger) -> None:
    without_triggers(ledger, "DELETE FROM checkpoints")
    assert refused(ledger.reopened(), RolledBackError)["reason"] == "no-checkpoint"


def test_an_edge_that_was_changed_is_noticed(ledger: Ledger) -> None:
    zeros = "zeroblob(32)" if ledger.database.is_sqlite else "decode(repeat('00', 32), 'hex')"
    edge = (
        f"UPDATE checkpoints SET root = {zeros} WHERE size = (SELECT max(size) FROM checkpoints)"
    )
    without_triggers(ledger, edge)
    assert refused(ledger.reopened(), InvariantError)["reason"] == "edge-is-not-the-root"


def back_up(file: Path, backup: Path) -> None:
    """Copy a database that is open, as its documentation says."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute(f"VACUUM INTO '{backup}'")


def test_an_older_copy_of_the_file_is_refused(migrated_sqlite: Path, tmp_path: Path) -> None:
    file, backup = tmp_path / "ledger.db", tmp_path / "backup.db"
    shutil.copyfile(migrated_sqlite, file)
    database = Database(f"sqlite:///{file}")
    ledger = new_ledger(database, tmp_path / "keys")
    size = len(bodies(ledger))
    back_up(file, backup)
    give(ledger, gift("after the backup"))
    ledger.close()
    backup.replace(file)
    for leftover in (tmp_path / "ledger.db-wal", tmp_path / "ledger.db-shm"):
        leftover.unlink(missing_ok=True)
    back = reopen(f"sqlite:///{file}", tmp_path / "keys")
    fields = refused(back, RolledBackError)
    assert (fields["reason"], fields["offered_size"]) == ("smaller", size)
    back.close()


def test_a_file_that_is_replaced_under_a_running_service_is_noticed(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    """Without a look at the file, a pooled connection would go on in the one that nobody can reach any more."""
    file, backup = tmp_path / "ledger.db", tmp_path / "backup.db"
    shutil.copyfile(migrated_sqlite, file)
    database = Database(f"sqlite:///{file}")
    ledger = new_ledger(database, tmp_path / "keys")
    back_up(file, backup)
    give(ledger, gift("after the backup"))
    for leftover in (tmp_path / "ledger.db-wal", tmp_path / "ledger.db-shm"):
        leftover.unlink(missing_ok=True)
    backup.replace(file)
    assert refused(ledger, RolledBackError)["reason"] == "smaller"
    assert "after the backup" not in gift_ids(ledger)
    ledger.close()


# --- keys ------------------------------------------------------------------------------------------


def test_a_key_that_was_swapped_is_named(ledger: Ledger, tmp_path: Path) -> None:
    LogSigner.create(tmp_path / "other", "qinghe", ledger.fund.origin)
    own = (ledger.keys / "qinghe.key").read_bytes()
    shutil.copyfile(tmp_path / "other" / "qinghe.key", ledger.keys / "qinghe.key")
    for writer in (ledger, ledger.reopened()):
        for _ in range(2):
            assert refused(writer, KeyMismatchError)["file"] == "qinghe.key"
    (ledger.keys / "qinghe.key").write_bytes(own)
    give(ledger, gift("with the own key again"))
    check(ledger.reopened())


def test_keys_of_another_log_are_named(ledger: Ledger, tmp_path: Path) -> None:
    LogSigner.create(tmp_path / "other", "qinghe", "elsewhere/log/qinghe")
    for kind in ("key", "released"):
        shutil.copyfile(tmp_path / "other" / f"qinghe.{kind}", ledger.keys / f"qinghe.{kind}")
    assert refused(ledger.reopened(), KeyMismatchError)["found"] == "elsewhere/log/qinghe"


def test_a_key_that_is_gone_is_named(ledger: Ledger) -> None:
    (ledger.keys / "qinghe.key").unlink()
    assert refused(ledger.reopened(), NotFoundError)["file"] == "qinghe.key"


def test_a_memory_that_is_gone_is_named(ledger: Ledger) -> None:
    (ledger.keys / "qinghe.released").unlink()
    for writer in (ledger, ledger.reopened()):
        assert refused(writer, RolledBackError)["reason"] == "released-missing"


def test_a_fund_that_has_signed_is_not_made_again_on_an_empty_database(
    ledger: Ledger, empty_database_url: str
) -> None:
    empty = Database(empty_database_url)
    upgrade(empty)
    with pytest.raises(StateError):
        new_ledger(empty, ledger.keys)
    with empty.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM funds")).scalar() == 0
    empty.close()


def test_rotation_goes_on_with_both_keys_and_then_with_the_new_one(ledger: Ledger) -> None:
    with pytest.raises(StateError):
        setting_up.retire_key(ledger.sequencer, ledger.fund)
    old = ledger.sequencer._signer(ledger.fund).vkeys
    new = setting_up.rotate_key(ledger.sequencer, ledger.clock, ledger.fund)
    give(ledger, gift("c"))
    check(ledger)
    assert setting_up.retire_key(ledger.sequencer, ledger.fund) == old
    give(ledger, gift("d"))
    assert ledger.sequencer._signer(ledger.fund).vkeys == (new,)
    assert [entry["body"] for entry in bodies(ledger) if entry["kind"] == "key.rotated"] == [
        {"log_key": new}
    ]
    check(ledger.reopened())


# --- locked ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("holder", ["another connection", "the same process"])
def test_a_locked_database_is_waited_for_and_then_named(ledger: Ledger, holder: str) -> None:
    waiting = ledger.reopened(busy_ms=400)
    database = ledger.database if holder == "another connection" else waiting.database
    locked, free = threading.Event(), threading.Event()

    def hold() -> None:
        with database.writing() as connection:
            if not database.is_sqlite:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(19802, 1)"))
            locked.set()
            free.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(10)
    before = state(ledger)
    began = time.monotonic()
    with pytest.raises(BusyError):
        give(waiting, gift("c"))
    assert 0.35 < time.monotonic() - began < 3
    assert state(ledger) == before
    # Readers are never kept waiting.
    assert len(bodies(waiting)) == len(bodies(ledger))
    late = threading.Timer(0.1, free.set)
    late.start()
    assert isinstance(give(waiting, gift("c")).value[0], Recorded)  # it waits, and gets its turn
    thread.join(10)
    late.join()
    check(waiting)


# --- full ------------------------------------------------------------------------------------------


def pages(ledger: Ledger, most: int | None) -> int:
    """Let the SQLite file grow no further, or again; return its pages."""
    [connection] = {ledger.database.engine.raw_connection()}
    try:
        count = connection.cursor().execute("PRAGMA page_count").fetchone()[0]
        connection.cursor().execute(f"PRAGMA max_page_count = {most or 2**30}")
    finally:
        connection.close()
    return int(count)


def test_a_full_disk_is_named_and_nothing_is_lost(migrated_sqlite: Path, tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    ledger = new_ledger(Database(f"sqlite:///{file}"), tmp_path / "keys")
    give(ledger, gift("a"))
    pages(ledger, pages(ledger, None) + 3)
    for _ in range(2):
        before = state(ledger)
        with pytest.raises(StorageFullError):
            give(ledger, *[gift(f"many{at}", message="x" * 400) for at in range(400)])
        assert state(ledger) == before
    pages(ledger, None)
    assert isinstance(give(ledger, gift("many0")).value[0], Recorded)
    check(ledger)
    ledger.close()


def test_a_full_disk_on_postgresql_is_named(
    new_postgres: Callable[[str], str], migrated_postgres: str, tmp_path: Path
) -> None:
    """The server's own word for it, from inside a decision."""
    ledger = new_ledger(Database(new_postgres(migrated_postgres)), tmp_path / "keys")
    raising = sa.text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$")
    before = state(ledger)
    with pytest.raises(StorageFullError):
        ledger.decide(lambda books: books.connection.execute(raising))
    assert state(ledger) == before
    give(ledger, gift("c"))
    check(ledger)
    ledger.close()
