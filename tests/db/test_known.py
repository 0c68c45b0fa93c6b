"""The register of corrections, and figures as known then and as known now, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.errors import NotFoundError
from ledger.intake.booking import reverse_gift
from ledger.periods.booking import NewStatement
from ledger.projections.corrections import Corrected, correction_listing
from ledger.projections.known import Known, known_at, year_lines
from tests.db.ledgers import (
    IMPORT,
    Ledger,
    bodies,
    close_month,
    gift,
    give,
    new_ledger,
    publish,
    whole_way,
)

MONTH = "2026-09"


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    give(opened, gift("one", 700), gift("two", 300))
    yield opened
    opened.close()


def known(ledger: Ledger, asked: object, month: str | None = MONTH) -> Known:
    with ledger.database.reading() as connection:
        return known_at(connection, ledger.fund, str(asked), month)


def register(ledger: Ledger) -> list[Corrected]:
    with ledger.database.reading() as connection:
        return list(correction_listing(ledger.fund.fund_id).each(connection))


def reverse(ledger: Ledger, seq: int, reason: str) -> int:
    return ledger.decide(
        lambda books: reverse_gift(books, IMPORT, seq, "2026-10-09T12:00:00Z", reason)
    )


def test_a_correction_changes_what_is_known_now_and_nothing_that_was_known(ledger: Ledger) -> None:
    two = next(one["seq"] for one in bodies(ledger) if one["body"].get("amount") == 300)
    closed = close_month(ledger, MONTH)
    new = NewStatement("qinghe-2026-09-M-v1", "zh", MONTH, closed + 1, b"s" * 32, 10)
    publish(ledger, new)
    before = known(ledger, closed + 1)
    assert (before.month.then["gifts"], before.month.now["gifts"]) == (1000, 1000)
    with ledger.database.reading() as connection:
        assert year_lines(connection, ledger.fund, "2026") == {MONTH: before.month.then}
        assert year_lines(connection, ledger.fund, "2025") == {}
    seq = reverse(ledger, two, "a minor, paid back")
    after = known(ledger, closed + 1)
    assert after.month.then == before.month.then
    assert after.stages == before.stages == {**after.stages, "raised": 1000}
    assert (after.month.now["gifts"], after.stages_now["raised"]) == (700, 700)
    assert [one.seq for one in after.month.corrections] == [seq]
    (one,) = register(ledger)
    assert (one.kind, one.corrects, one.amount, one.reason) == (
        "gift.reversed",
        (two,),
        300,
        "a minor, paid back",
    )
    assert one.statements == ("qinghe-2026-09-M-v1",)


def test_every_checkpoint_gives_what_its_entries_say(ledger: Ledger) -> None:
    whole_way(ledger)
    with ledger.database.reading() as connection:
        sizes = [row[0] for row in connection.exec_driver_sql("SELECT size FROM checkpoints")]
    all_of = bodies(ledger)
    for size in sorted(sizes)[:: max(1, len(sizes) // 12)]:
        sums = {"raised": "Assets:Platform:", "bank": "Assets:Bank:", "fund": "Assets:Fund:"}
        found = known(ledger, size, None)
        assert found.point.size == size
        for name, prefix in sums.items():
            expected = sum(
                line["amount"]
                for entry in all_of[:size]
                for line in entry["postings"]
                if line["account"].startswith(prefix)
            )
            assert found.stages[name] == expected
    for nothing in ("0", "never", "2020-01-01", "", "9" * 30):
        with pytest.raises(NotFoundError):
            known(ledger, nothing, None)


def test_a_day_is_its_last_checkpoint(ledger: Ledger) -> None:
    first = len(bodies(ledger))
    ledger.clock.set(datetime(2026, 10, 10, 15, 59, tzinfo=UTC))  # still the 10th in Shanghai
    give(ledger, gift("three", 1))
    ledger.clock.set(datetime(2026, 10, 10, 16, 0, tzinfo=UTC))
    give(ledger, gift("four", 1))
    sizes = [known(ledger, day, None).point.size for day in ("2026-10-09", "2026-10-10")]
    assert sizes == [first, first + 1]
    assert known(ledger, "2030-01-01", None).point.size == first + 2
