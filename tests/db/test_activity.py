"""The activity record: what is on it, that it stays, and how it is read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.activity import history, origins
from ledger.activity.recording import note, record, record_alone
from ledger.activity.records import READ, REFUSED, SERVICE_WIDE, Activity
from ledger.clock import FixedClock, to_ms
from ledger.db import Database
from ledger.errors import StateError
from ledger.sequencer.books import Books
from tests.db.ledgers import Ledger, new_ledger


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def actions(database: Database, fund_id: int = 1) -> list[str]:
    with database.reading() as connection:
        return [one.activity.action for one in history.of_fund(connection, fund_id)]


def test_what_is_recorded_is_read_as_it_was(database: Database, clock: FixedClock) -> None:
    with origins.acting_from("192.0.2.7", user_id=3) as origin:
        one = Activity(1, "transfer.propose", "decision/12", "m2", "finance", "每月一次")
    record_alone(database, clock, one)
    with database.reading() as connection:
        (found,) = history.of_subject(connection, 1, "decision/12")
    assert found.activity == one
    assert found.at == clock.now()
    assert (origin.address, origin.user_id) == ("192.0.2.7", 3)
    assert len(origin.request_id) == 24
    assert found.activity.origin == origin


def test_each_fund_subject_and_user_has_its_own_record(
    database: Database, clock: FixedClock
) -> None:
    with origins.acting_from("192.0.2.7", user_id=3):
        record_alone(
            database,
            clock,
            Activity(1, "a", "decision/1"),
            Activity(1, "b", "decision/2", outcome=READ),
            Activity(2, "c", "decision/1", outcome=REFUSED),
        )
    with origins.acting_from("192.0.2.7", user_id=4):
        record_alone(database, clock, Activity(SERVICE_WIDE, "d", "user/4"))
    with database.reading() as connection:
        of_subject = history.of_subject(connection, 1, "decision/1")
        assert [one.activity.action for one in of_subject] == ["a"]
        of_user = history.of_user(connection, 3)
        assert {one.activity.action for one in of_user} == {"a", "b", "c"}
        assert [one.activity.action for one in history.all_of(connection, None)] == list("dabc")
    assert actions(database) == ["b", "a"]


def test_pages_of_a_record_are_without_gap_and_overlap(
    database: Database, clock: FixedClock
) -> None:
    """More rows than a page or an exported stretch has, many of one millisecond."""
    for at in range(5):
        record_alone(database, clock, *[Activity(1, f"{at}.{n}") for n in range(17)])
        clock.advance(timedelta(milliseconds=at))
    expected = [f"{at}.{n}" for at in range(5) for n in range(17)]
    pages, below = [], None
    with database.reading() as connection:
        while page := history.of_fund(connection, 1, below=below, limit=10):
            pages += page
            below = history.before(page[-1])
        assert [one.activity.action for one in pages] == expected[::-1]
        for stretch in (1, 16, 17, 85, 86):
            history.EXPORT_ROWS, before = stretch, history.EXPORT_ROWS
            try:
                found = [one.activity.action for one in history.all_of(connection, 1)]
            finally:
                history.EXPORT_ROWS = before
            assert found == expected


def test_an_export_can_be_of_a_stretch_of_time(database: Database, clock: FixedClock) -> None:
    first = to_ms(clock.now())
    for name in "abc":
        record_alone(database, clock, Activity(1, name))
        clock.advance(timedelta(milliseconds=1))
    with database.reading() as connection:
        rows = history.all_of(connection, 1, since_ms=first + 1, until_ms=first + 2)
        assert [one.activity.action for one in rows] == ["b"]


def test_it_stands_with_the_transaction_that_it_is_part_of(
    database: Database, clock: FixedClock
) -> None:
    def fail_after_recording() -> None:
        with database.writing() as connection:
            record(connection, clock, Activity(1, "lost"))
            raise StateError

    with pytest.raises(StateError):
        fail_after_recording()
    assert actions(database) == []


def test_a_refused_decision_leaves_no_note_of_having_been_done(ledger: Ledger) -> None:
    kept, lost = Activity(1, "kept"), Activity(1, "lost")

    def refuse(books: Books) -> None:
        note(books, lost)
        raise StateError

    ledger.decide(lambda books: note(books, kept))
    with pytest.raises(StateError):
        ledger.decide(refuse)
    assert actions(ledger.database) == ["kept"]


def test_many_at_the_same_moment_are_all_kept(database: Database, clock: FixedClock) -> None:
    def write(name: str) -> None:
        with origins.acting_from(name):
            for _ in range(10):
                record_alone(database, clock, Activity(1, name))

    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        rows = list(history.all_of(connection, 1))
    assert len(rows) == 60
    # Nobody's request shows where somebody else's came from.
    assert all(one.activity.action == one.activity.origin.address for one in rows)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE activity SET reason = 'other'",
        "DELETE FROM activity",
        "UPDATE activity SET outcome = 'done' WHERE fund_id = 1",
    ],
)
def test_the_database_refuses_to_change_or_remove_a_row(
    database: Database, clock: FixedClock, sql: str
) -> None:
    record_alone(database, clock, Activity(1, "approve", outcome=REFUSED))
    refusal = f"append-only: {sql[:6]} on activity"
    with pytest.raises(sa.exc.DBAPIError, match=refusal), database.writing() as connection:
        connection.execute(sa.text(sql))
    assert actions(database) == ["approve"]


def test_an_outcome_that_is_none_is_refused(database: Database, clock: FixedClock) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=r"outcome"):
        record_alone(database, clock, Activity(1, "approve", outcome="maybe"))
