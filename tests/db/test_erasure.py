"""Erasing a donor takes the person away, and nothing that anybody can prove."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.errors import NotFoundError
from ledger.intake import erasing
from ledger.intake.booking import AlreadyRecorded, Contradicted, Recorded
from ledger.journal.history import entry
from ledger.sequencer import receipts
from tests.db.ledgers import bodies, check, erase, gift, give, new_ledger

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
