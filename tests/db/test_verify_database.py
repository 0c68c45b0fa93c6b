"""The checker on a ledger built through the real doors: it passes, and every change behind its back is named."""

from __future__ import annotations

import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.db import Database, metadata
from ledger.desk import actions, wanted
from ledger.funds import booking as setting_up
from ledger.funds.history import Rate
from ledger.intake.booking import close_sessions
from ledger.intake.receiving import Receiver
from ledger.log import history as log_history
from ledger.matching import booking as matching
from ledger.periods.booking import NewStatement
from ledger.verify.database import CHECKS, verify_database
from ledger.verify.gifts import gift_pattern
from ledger.verify.report import Failure, Report
from tests.db import ledgers
from tests.db.exceptions import found, propose_resolution, raise_it
from tests.db.ledgers import IMPORT, MATCHING, Ledger

GIFTS = 600
"""Two full tiles and some more."""

Cell = tuple[str, str]

NOT_IN_ANY_ENTRY: set[Cell] = {
    ("bank_lines", "balance"),
    ("bank_lines", "bank_id"),
    ("bank_lines", "day"),
    ("bank_lines", "part"),
    ("bank_lines", "taken_ms"),
    ("files", "first_day"),
    ("files", "last_day"),
    ("files", "parser"),
    ("files", "taken_by"),
    ("bank_lines", "booked_ms"),
    ("bank_lines", "amount"),
    ("bank_lines", "commodity"),
    ("bank_lines", "counterparty"),
    ("bank_lines", "identity"),
    ("bank_lines", "account"),
    ("bank_lines", "kind"),
    ("bank_lines", "refs"),
    ("bank_lines", "text"),
    ("claims", "digest"),
    ("files", "account"),
    ("files", "closing"),
    ("files", "format"),
    ("files", "lines"),
    ("files", "name"),
    ("files", "opening"),
    ("files", "taken_ms"),
    ("members", "name"),
    ("open_items", "disputed"),
    ("open_items", "due"),
    ("open_items", "owner"),
    ("open_items", "paused"),
    ("sessions", "key"),
    ("statements", "built_ms"),
    ("statements", "month"),
}
"""Columns that no entry says anything about: names, counterparties, a platform's rooms."""

LOOSE: set[Cell] = {
    ("checkpoints", "signed_at"),
    ("spends", "spent_ms"),
    ("open_items", "raised_ms"),
}
"""Columns finer than the entries: only a larger change can be seen."""

CORE = (
    "entries",
    "postings",
    "balances",
    "tiles",
    "checkpoints",
    "segments",
    "voids",
    "holes",
    "fills",
    "accounts",
    "claims",
    "private_parts",
    "funds",
)
PROJECTIONS = (
    "fund_details",
    "channels",
    "money_accounts",
    "rates",
    "members",
    "sessions",
    "settlement_lines",
    "transfers",
    "transfer_steps",
    "decisions",
    "decision_versions",
    "decision_approvals",
    "decision_ends",
    "decision_private_parts",
    "spends",
    "period_steps",
    "open_items",
    "statements",
    "files",
    "bank_lines",
)


CASES = [("sqlite", table) for table in (*CORE, *PROJECTIONS)] + [
    ("postgresql", table) for table in CORE
]
"""What pages read is compared by the same few lines on both databases: trying it on one is enough."""


def build(database: Database, keys: Path) -> Ledger:
    """Write a ledger with rows in every table that the checker reads."""
    ledger = ledgers.new_ledger(database, keys)
    fund, clock = ledger.fund, ledger.clock
    setting_up.set_rate(ledger.sequencer, fund, Rate("KSCOIN", 10, 100, "CNY", 0, 0))
    ledgers.whole_way(ledger)
    ledgers.give(ledger, *(ledgers.gift(f"many-{n}", 3 + n % 5) for n in range(GIFTS)))
    ledgers.give(
        ledger, ledgers.gift("said", 50, message="加油", session="room-2"), channel=ledgers.DOUYIN
    )
    ledgers.settle(ledger, ledgers.settlement_line("STATEMENT-0", 1000))
    ledger.decide(lambda books: close_sessions(books, IMPORT))
    ledgers.give(ledger, ledgers.gift("after-closing", 9))
    ledger.decide(lambda books: matching.raise_exception(books, MATCHING, "other", "x", 1, "CNY"))
    closed, waiting = (
        raise_it(ledger, found(subject=f"line/ab/{row}", amount=90)) for row in (1, 2)
    )
    ledgers.agree(ledger, propose_resolution(ledger, closed).number, "Chen")
    propose_resolution(ledger, waiting)
    new = NewStatement("qinghe-2026-09-M-v1", "zh", "2026-09", 5, bytes(32), 10)
    ledgers.publish(ledger, new)
    decide_more(ledger)
    ledgers.remove_later(ledger, "Chen")
    setting_up.rotate_key(ledger.sequencer, clock, fund)
    ledgers.give(ledger, ledgers.gift("signed-twice", 9))
    return ledger


def decide_more(ledger: Ledger) -> None:
    """Leave decisions in every state, one with something private, and one that was edited."""
    sequencer, fund = ledger.sequencer, ledger.fund
    li, wang = ledger.member("Li").member_id, ledger.member("Wang").member_id
    low, lower = (wanted.rate(Rate("KSCOIN", 10, minor, "CNY", 1, 0)) for minor in (90, 80))
    rejected = ledgers.want(ledger, low)
    actions.reject(sequencer, fund, wang, rejected.number, "too low")
    actions.edit(sequencer, fund, li, ledgers.want(ledger, low).number, 1, lower)
    transfer = ledgers.want(ledger, wanted.transfer(ledgers.proposal(2)), key="first")
    actions.withdraw(sequencer, fund, li, transfer.number)
    with ledger.database.reading() as connection:
        gift = connection.execute(
            sa.text("SELECT max(seq) FROM entries WHERE kind = 'gift'")
        ).scalar_one()
    ledgers.want(ledger, wanted.erasure([gift]), "Zhao")


@pytest.fixture(scope="session")
def built_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a ledger to copy from: database and keys."""
    folder = tmp_path_factory.mktemp("verify-sqlite")
    shutil.copyfile(migrated_sqlite, folder / "ledger.db")
    build(Database(f"sqlite:///{folder / 'ledger.db'}"), folder / "keys").close()
    return folder


@pytest.fixture(scope="session")
def built_postgres(
    postgres_url: str, migrated_postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """Give the name of a database to copy from, and the folder of its keys."""
    keys = tmp_path_factory.mktemp("verify-postgresql") / "keys"
    name = f"mingzhang-verify-{uuid.uuid4().hex[:12]}"
    server = sa.create_engine(
        postgres_url, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{migrated_postgres}"')
    url = sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    build(Database(url), keys).close()
    yield name, keys
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def ledger(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if dialect == "sqlite":
        built = request.getfixturevalue("built_sqlite")
        shutil.copytree(built, tmp_path, dirs_exist_ok=True)
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
    else:
        name, keys = request.getfixturevalue("built_postgres")
        shutil.copytree(keys, tmp_path / "keys")
        url = request.getfixturevalue("new_postgres")(name)
    opened = ledgers.reopen(url, tmp_path / "keys")
    yield opened
    opened.close()


def url_of(ledger: Ledger) -> str:
    return ledger.database.url.render_as_string(hide_password=False)


def verified(ledger: Ledger, **options: Any) -> Report:
    return verify_database(url_of(ledger), ledger.keys, **options)


def failures(report: Report) -> dict[str, Failure]:
    return {check.name: check.failure for check in report.checks if check.failure is not None}


@contextmanager
def behind_its_back(ledger: Ledger) -> Iterator[sa.Connection]:
    """Open a connection that nothing refuses: no triggers, no foreign keys, no checks."""
    engine = sa.create_engine(url_of(ledger), poolclass=sa.pool.NullPool)
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            for (name,) in connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        yield connection
        connection.commit()
    engine.dispose()


def other_value(table: str, column: str, value: Any) -> Any:
    """Return a value that differs as little as it can."""
    if isinstance(value, bytes | memoryview):
        data = bytearray(value)
        data[len(data) // 2] ^= 1
        return bytes(data)
    if isinstance(value, str):
        return value[:-1] + ("X" if value[-1:] != "X" else "Y") if value else "X"
    step = {"recorded_at": 60, "debit_id": 7, "credit_id": 7}.get(column, 1)
    if table == "segments" and column in ("start", "length"):
        step = -1  # the other way it would hold more than it is long
    if (table, column) in LOOSE:
        step = 10**9
    if column == "fund_id":
        step = 1000
    return value + step


def changes(ledger: Ledger, table: str) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Give each column of the last row of a table that has a value there: column, key of the row, other value."""
    described = metadata.tables[table]
    keys = [column.name for column in described.primary_key]
    with ledger.database.reading() as connection:
        rows = [
            dict(row._mapping)
            for row in connection.execute(sa.select(described).order_by(*described.primary_key))
        ]
    assert rows, f"nothing in {table} to change"
    for column in described.c.keys():  # noqa: SIM118  # not a dict
        # What the database makes of other columns, nobody can change alone.
        if (table, column) in NOT_IN_ANY_ENTRY or described.c[column].computed is not None:
            continue
        told = [row for row in rows if row.get("matched_seq", 0) is not None]
        row = next((row for row in reversed(told) if row[column] is not None), None)
        if row is not None:
            yield (
                column,
                {name: row[name] for name in keys},
                other_value(table, column, row[column]),
            )


def change(ledger: Ledger, table: str, key: dict[str, Any], values: dict[str, Any]) -> None:
    described = metadata.tables[table]
    where = sa.and_(*(described.c[name] == value for name, value in key.items()))
    with behind_its_back(ledger) as connection:
        assert connection.execute(sa.update(described).where(where).values(values)).rowcount == 1


def test_an_honest_ledger_passes_every_check_and_each_counts(ledger: Ledger) -> None:
    told: list[tuple[int, int]] = []
    report = verified(ledger, progress=lambda done, total: told.append((done, total)))
    assert failures(report) == {}
    assert [check.name for check in report.checks] == list(CHECKS)
    # No witness has signed it, and no authority stamped it: their tests have ledgers of their own.
    idle = {"readable", "rates", "cosignatures", "anchors"}
    assert {check.name for check in report.checks if not check.counted} <= idle
    assert told[0] == (0, report.entries)
    assert told[-1] == (report.entries, report.entries)


def test_gifts_are_read_by_their_pattern_as_the_doors_write_them(ledger: Ledger) -> None:
    receiver = Receiver(ledger.sequencer, ledger.clock, ledger.fund, ledgers.KUAISHOU)
    receiver.take(ledgers.prepared(ledgers.gift("received", 7)))
    with ledger.database.reading() as connection:
        gifts = connection.execute(
            sa.text("SELECT entry FROM entries WHERE kind = 'gift' ORDER BY seq")
        ).scalars()
        match = gift_pattern(ledger.fund.slug).fullmatch
        others = [one for one in gifts if not match(bytes(one)) and b'"fills":' not in bytes(one)]
    assert others == []


@pytest.mark.parametrize(("dialect", "table"), CASES)
def test_any_changed_value_is_found_and_its_table_named(ledger: Ledger, table: str) -> None:
    tried = 0
    for column, key, value in changes(ledger, table):
        with ledger.database.reading() as connection:
            described = metadata.tables[table]
            where = sa.and_(*(described.c[name] == one for name, one in key.items()))
            before = connection.execute(sa.select(described.c[column]).where(where)).scalar_one()
        change(ledger, table, key, {column: value})
        report = verified(ledger)
        assert not report.ok, f"{table}.{column} of {key}"
        named = {found.table for found in report.failures}
        assert table in named or (column == "fund_id" and named), (
            f"{table}.{column}: {report.failures}"
        )
        change(
            ledger, table, {**key, **({column: value} if column in key else {})}, {column: before}
        )
        tried += 1
    assert tried
    assert verified(ledger).ok


@pytest.mark.parametrize(
    ("dialect", "table"),
    [case for case in CASES if case[1] not in ("private_parts", "files", "bank_lines")],
)
def test_a_row_taken_away_is_found(ledger: Ledger, table: str) -> None:
    described = metadata.tables[table]
    with ledger.database.reading() as connection:
        last = (
            sa.select(described)
            .order_by(*(column.desc() for column in described.primary_key))
            .limit(1)
        )
        row = dict(connection.execute(last).one()._mapping)
    where = sa.and_(
        *(described.c[column.name] == row[column.name] for column in described.primary_key)
    )
    with behind_its_back(ledger) as connection:
        connection.execute(sa.delete(described).where(where))
    assert not verified(ledger).ok


def test_a_changed_entry_is_named_exactly(ledger: Ledger) -> None:
    with ledger.database.reading() as connection:
        entry = bytes(
            connection.execute(sa.text("SELECT entry FROM entries WHERE seq = 300")).scalar_one()
        )
    change(
        ledger,
        "entries",
        {"fund_id": 1, "seq": 300},
        {"entry": entry.replace(b'"amount":', b'"amount":1', 1)},
    )
    found = failures(verified(ledger))
    assert (found["hashes"].seq, found["hashes"].table) == (300, "entries")
    assert found["zero-sums"].key == "seq=300"
    assert "300" in found["hashes"].detail_en
    assert "300" in found["hashes"].detail_zh


@pytest.mark.parametrize("column", ["debits", "credits"])
def test_a_changed_balance_is_named_exactly_also_the_first_of_a_run(
    ledger: Ledger, column: str
) -> None:
    with ledger.database.reading() as connection:
        row = (
            connection.execute(sa.text("SELECT * FROM balances ORDER BY seq, account_id LIMIT 1"))
            .one()
            ._mapping
        )
    key = {name: row[name] for name in ("fund_id", "account_id", "commodity", "seq")}
    change(ledger, "balances", key, {column: row[column] + 1})
    found = failures(verified(ledger))
    assert list(found) == ["balances"]
    assert found["balances"].seq == row["seq"]


def test_an_added_balance_of_an_untouched_account_is_found(ledger: Ledger) -> None:
    with behind_its_back(ledger) as connection:
        connection.execute(
            sa.text(
                "INSERT INTO balances SELECT fund_id, account_id, commodity, 1, debits, credits FROM balances "
                "WHERE seq = (SELECT max(seq) FROM balances) AND account_id = 1"
            )
        )
    assert failures(verified(ledger))["balances"].reason == "unexpected"


def test_private_parts_may_go_only_when_an_entry_says_so(ledger: Ledger) -> None:
    with behind_its_back(ledger) as connection:
        connection.execute(sa.text("DELETE FROM private_parts WHERE seq = 300"))
    assert failures(verified(ledger))["commitments"].reason == "more-missing-than-erased"


# --- bad days --------------------------------------------------------------------------------------


def cut(ledger: Ledger, size: int) -> None:
    """Take everything away that came after a size."""
    with behind_its_back(ledger) as connection:
        for table in (
            "postings",
            "balances",
            "segments",
            "voids",
            "holes",
            "fills",
            "claims",
            "private_parts",
            "entries",
        ):
            connection.execute(sa.text(f"DELETE FROM {table} WHERE seq >= {size}"))
        connection.execute(sa.text(f"DELETE FROM checkpoints WHERE size > {size}"))


def test_a_cut_tail_is_named_even_when_everything_else_agrees(ledger: Ledger) -> None:
    with ledger.database.reading() as connection:
        sizes = (
            connection.execute(sa.text("SELECT size FROM checkpoints ORDER BY size DESC LIMIT 2"))
            .scalars()
            .all()
        )
    cut(ledger, sizes[1])
    found = failures(verified(ledger))["released"]
    assert found.reason == "cut-back"
    assert (found.expected, found.found) == (str(sizes[0]), str(sizes[1]))
    assert "cut back" in found.detail_en


def test_entries_gone_below_their_checkpoint_are_named(ledger: Ledger) -> None:
    with ledger.database.reading() as connection:
        size = connection.execute(sa.text("SELECT max(size) FROM checkpoints")).scalar_one()
    with behind_its_back(ledger) as connection:
        connection.execute(sa.text(f"DELETE FROM entries WHERE seq = {size - 1}"))
    assert failures(verified(ledger))["sequence"].reason == "tail-missing"


def test_a_checkpoint_kept_elsewhere_finds_a_cut_when_the_memory_beside_the_key_was_cut_too(
    ledger: Ledger, tmp_path: Path
) -> None:
    with ledger.database.reading() as connection:
        size, note = log_history.latest_note(connection, ledger.fund.fund_id)
    assert verified(ledger, since=note).ok
    older = tmp_path / "older"
    shutil.copytree(ledger.keys, older)
    ledgers.give(ledger, ledgers.gift("later", 5))
    with ledger.database.reading() as connection:
        _, newer = log_history.latest_note(connection, ledger.fund.fund_id)
    assert verified(ledger, since=note).ok
    cut(ledger, size)
    shutil.copytree(older, ledger.keys, dirs_exist_ok=True)
    found = failures(verified(ledger, since=newer))
    assert found["since"].reason == "larger-elsewhere"
    assert "released" not in found


def test_a_swapped_key_file_is_named(ledger: Ledger, tmp_path: Path) -> None:
    from ledger.log.signer import LogSigner

    LogSigner.create(tmp_path / "strange", "qinghe", ledger.fund.origin)
    shutil.copy(tmp_path / "strange" / "qinghe.key", ledger.keys / "qinghe.key")
    found = failures(verified(ledger))
    assert found["released"].reason == "key-swapped"
    assert "swapped" in found["released"].detail_en
    (ledger.keys / "qinghe.key").unlink()
    assert failures(verified(ledger))["released"].reason == "key-missing"


def test_a_lost_memory_and_a_lost_fund_are_named(ledger: Ledger) -> None:
    released = (ledger.keys / "qinghe.released").read_bytes()
    (ledger.keys / "qinghe.released").write_bytes(b"\x01" * len(released))
    assert failures(verified(ledger))["released"].reason == "released-lost"
    (ledger.keys / "qinghe.released").write_bytes(released)
    (ledger.keys / "other.released").write_bytes(released)
    assert failures(verified(ledger))["released"].reason == "fund-missing"


def test_an_older_copy_of_the_file_is_noticed(built_sqlite: Path, tmp_path: Path) -> None:
    shutil.copytree(built_sqlite, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "ledger.db"
    ledger = ledgers.reopen(f"sqlite:///{file}", tmp_path / "keys")
    ledgers.give(ledger, ledgers.gift("later", 5))
    ledger.close()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copyfile(built_sqlite / "ledger.db", file)
    report = verify_database(f"sqlite:///{file}", tmp_path / "keys")
    assert failures(report)["released"].reason == "cut-back"


def test_a_damaged_file_is_a_finding_and_no_traceback(built_sqlite: Path, tmp_path: Path) -> None:
    shutil.copytree(built_sqlite, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "ledger.db"
    with sqlite3.connect(file) as connection:
        ((page,),) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'postings'"
        )
        ((size,),) = connection.execute("PRAGMA page_size")
    connection.close()
    data = bytearray(file.read_bytes())
    data[(page - 1) * size : (page - 1) * size + 2000] = b"\xff" * 2000
    file.write_bytes(data)
    report = verify_database(f"sqlite:///{file}", tmp_path / "keys")
    assert "readable" in failures(report)


@pytest.mark.parametrize("workers", [1, 2])
def test_many_runs_and_processes_join_to_the_same(ledger: Ledger, workers: int) -> None:
    for number in range(140):  # so that a checkpoint lies exactly at a run's end
        ledgers.give(ledger, ledgers.gift(f"single-{number}", 2))
    pauses = iter([0.0, 1.0])  # after the first run: until then a helper is there

    def progress(_done: int, _total: int) -> None:
        time.sleep(next(pauses, 0.0))

    report = verified(ledger, run=256, workers=workers, progress=progress)
    assert failures(report) == {}
    assert report.entries > 3 * 256
    counted = {check.name: check.counted for check in verified(ledger).checks}
    assert {check.name: check.counted for check in report.checks} == counted


@pytest.mark.parametrize("table", ["entries", "postings", "balances", "checkpoints", "tiles"])
def test_what_is_changed_is_named_in_any_run(ledger: Ledger, table: str) -> None:
    for number in range(140):
        ledgers.give(ledger, ledgers.gift(f"single-{number}", 2))
    described = metadata.tables[table]
    with ledger.database.reading() as connection:
        rows = [
            dict(row._mapping)
            for row in connection.execute(sa.select(described).order_by(*described.primary_key))
        ]
    column = {
        "entries": "leaf_hash",
        "postings": "amount",
        "balances": "credits",
        "checkpoints": "root",
        "tiles": "root",
    }[table]
    for row in rows[:: max(1, len(rows) // 6)]:
        key = {one.name: row[one.name] for one in described.primary_key}
        change(ledger, table, key, {column: other_value(table, column, row[column])})
        found = failures(verified(ledger, run=256))
        named = [one for one in found.values() if one.table == table]
        assert named, (table, key, found)
        if "seq" in key:
            assert named[0].seq == key["seq"]
        change(ledger, table, key, {column: row[column]})


def test_without_private_parts_the_rest_is_verified(ledger: Ledger) -> None:
    report = verified(ledger, private=False)
    assert report.ok
    assert not {"claims", "commitments"} & {check.name for check in report.checks}
