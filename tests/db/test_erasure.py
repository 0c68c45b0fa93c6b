"""Erasing a donor takes the person away, and nothing that anybody can prove."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.desk import handling
from ledger.desk import wanted as wanting
from ledger.errors import NotFoundError
from ledger.evidence import Brought
from ledger.intake import erasing
from ledger.intake.booking import AlreadyRecorded, Contradicted, Recorded
from ledger.journal.history import entry
from ledger.matching.exceptions import history as exceptions
from ledger.matching.exceptions.booking import Step, Words
from ledger.sequencer import receipts
from ledger.verify.database import verify_database
from tests.db.exceptions import attach, found, raise_it
from tests.db.ledgers import (
    bodies,
    check,
    decide_both,
    erase,
    gift,
    give,
    new_ledger,
    want,
)

MARK = "Zebra-Quartz-77"
"""Stands in every personal field: whatever still holds it was not erased."""


def everything(database: Database) -> str:
    """Return every stored value of every table as one text."""
    with database.reading() as connection:
        tables = sa.inspect(connection).get_table_names()
        rows = [
            row for name in tables for row in connection.exec_driver_sql(f"SELECT * FROM {name}")
        ]
    shown: list[Any] = []
    for row in rows:
        for value in row:
            raw = bytes(value) if isinstance(value, memoryview) else value
            shown.append(raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw))
    return "\n".join(shown)


def test_nothing_of_the_person_is_left_and_every_proof_stays(
    database: Database, tmp_path: Path
) -> None:
    ledger = new_ledger(database, tmp_path / "keys")
    personal = gift(f"id-{MARK}", giver=MARK, nickname=MARK, message=MARK, session=f"room-{MARK}")
    [verdict] = give(ledger, personal).value
    give(ledger, gift("another"))
    assert MARK in everything(database)
    with database.reading() as connection:
        before = receipts.stored(connection, ledger.fund, verdict.seq)

    erased = erase(ledger, verdict.seq)

    left = everything(database).replace(
        f"room-{MARK}", ""
    )  # the broadcast's name is not the donor's
    assert MARK not in left
    assert bodies(ledger)[erased]["body"] == {"count": 1, "decision": 1}
    with database.reading() as connection:
        assert receipts.stored(connection, ledger.fund, verdict.seq) == before
        assert entry(connection, ledger.fund.fund_id, verdict.seq).entry == before.entry
    check(ledger)


def test_a_repeat_of_an_erased_gift_is_still_known(database: Database, tmp_path: Path) -> None:
    ledger = new_ledger(database, tmp_path / "keys")
    [first] = give(ledger, gift("7", 10)).value
    erase(ledger, first.seq)

    assert give(ledger, gift("7", 10)).value == [AlreadyRecorded(first.seq)]
    [contradicted] = give(ledger, gift("7", 20)).value
    assert contradicted == Contradicted(first.seq, "units")
    assert isinstance(give(ledger, gift("8", 10)).value[0], Recorded)


def test_a_donor_is_erased_once_and_with_all_gifts_or_none(
    database: Database, tmp_path: Path
) -> None:
    ledger = new_ledger(database, tmp_path / "keys")
    one, two = give(ledger, gift("1", giver="ku_9"), gift("2", giver="ku_9")).value
    with database.reading() as connection:
        both = erasing.gifts_of_giver(connection, ledger.fund.fund_id, one.seq)
    assert both == [one.seq, two.seq]
    with pytest.raises(NotFoundError):
        erase(ledger, *both, 0)
    with database.reading() as connection:
        assert erasing.gifts_of_giver(connection, ledger.fund.fund_id, one.seq) == both
    erase(ledger, *both)
    with pytest.raises(NotFoundError):
        erase(ledger, *both)


def test_what_a_thread_says_is_erased_by_two_and_its_steps_stay(
    database: Database, tmp_path: Path
) -> None:
    ledger = new_ledger(database, tmp_path / "keys")
    number = raise_it(ledger, found())
    attach(ledger, number, Brought(f"{MARK}.pdf", "pdf", b"%PDF-1.4"))
    who = ledger.member("Li").member_id
    handling.work(ledger.sequencer, ledger.fund, who, number, Step("note", text=f"called {MARK}"))
    handling.work(ledger.sequencer, ledger.fund, who, number, Step("note", text="stays"))
    handling.work(ledger.sequencer, ledger.fund, who, number, Step("assigned", who))
    both = wanting.thread_erasure([Words(number, 1), Words(number, 2)])
    done = decide_both(ledger, both, "Zhao", "Chen")
    assert done.end is not None
    assert MARK not in everything(database)
    assert bodies(ledger)[-1]["body"] == {"count": 2, "of": "threads", "decision": done.number}
    with database.reading() as connection:
        thread = exceptions.thread(connection, ledger.fund.fund_id, number)
        [file] = exceptions.evidence(connection, ledger.fund.fund_id, number)
        name, data = exceptions.evidence_file(connection, ledger.fund.fund_id, number, file.sha256)
    assert [(one.step, one.text) for one in thread] == [
        ("evidence", None), ("note", None), ("note", "stays"), ("assigned", ""),
    ]  # fmt: skip
    assert (file.name, name, data) == ("", f"{file.sha256[:16]}.bin", b"%PDF-1.4")
    # Not twice, not what says nothing, not what is no step; and nothing of it halfway.
    for wrong in ([2], [3, 4], [3, 9]):
        with pytest.raises(NotFoundError):
            want(ledger, wanting.thread_erasure([Words(number, one) for one in wrong]), "Zhao")
    url = database.url.render_as_string(hide_password=False)
    assert verify_database(url, ledger.keys).ok
    # Words that go without a decision are missed.
    with database.writing() as connection:
        connection.execute(sa.text("DELETE FROM exception_texts WHERE number = 3"))
    report = verify_database(url, ledger.keys)
    assert "other-than-erased" in str(report)
    # What is there cannot be changed.
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.writing() as connection:
        connection.execute(sa.text("UPDATE exception_texts SET text = 'other'"))
