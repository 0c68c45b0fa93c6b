"""The same file again: repeats are told from what is new before anything is made ready, on every database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.funds.history import Channel
from ledger.intake import ahead, prepared
from ledger.intake.events import GiftEvent
from ledger.intake.receiving import Receiver, Tally
from ledger.journal import history
from tests.db.ledgers import DOUYIN, KUAISHOU, Ledger, check, gift, new_ledger

AT_ONCE = 10


@pytest.fixture
def ledger(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ledger]:
    monkeypatch.setattr(ahead, "BATCH_ROWS", AT_ONCE)
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the gifts that are made ready, batch by batch."""
    counts: list[int] = []
    real = prepared.seal

    def seal(checked: Sequence[prepared.Checked], received_ms: int) -> list[prepared.PreparedGift]:
        counts.append(len(checked))
        return real(checked, received_ms)

    monkeypatch.setattr(ahead, "seal", seal)
    return counts


def imported(ledger: Ledger, events: Sequence[GiftEvent], channel: Channel = KUAISHOU) -> Tally:
    """Import a file; return what became of all its rows."""
    receiver = Receiver(ledger.sequencer, ledger.clock, ledger.fund, channel)
    total = Tally()
    for tally in receiver.import_rows(events):
        total.add(tally)
    return total


def entries(ledger: Ledger) -> int:
    with ledger.database.reading() as connection:
        return history.size(connection, ledger.fund.fund_id)


def rows(count: int, first: int = 0) -> list[GiftEvent]:
    return [gift(f"row-{at}", 100 + at) for at in range(first, first + count)]


def test_a_file_that_is_known_is_counted_and_nothing_of_it_is_made_ready(
    ledger: Ledger, sealed: list[int]
) -> None:
    first = imported(ledger, rows(35))
    assert (first.rows, first.recorded, first.repeated) == (35, 35, 0)
    before = entries(ledger)
    sealed.clear()
    again = imported(ledger, rows(35))
    assert (again.rows, again.recorded, again.repeated, again.ignored["free"]) == (35, 0, 35, 0)
    assert sealed == [0, 0, 0, 0]
    assert entries(ledger) == before
    check(ledger)


def test_what_is_new_among_repeats_is_recorded_and_a_contradiction_is_named(
    ledger: Ledger,
) -> None:
    imported(ledger, rows(25))
    changed = gift("row-7", 999, line=8)
    mixed = [*rows(7), changed, *rows(17, 8), *rows(30, 25), *rows(10, 50)]
    tally = imported(ledger, mixed)
    assert (tally.rows, tally.recorded, tally.repeated) == (65, 35, 29)
    assert tally.contradicted == 1
    assert [(one.line, one.field, one.reason) for one in tally.problems] == [(8, "units", "conflict")]  # fmt: skip
    assert tally.recorded_minor == {"CNY": sum(100 + at for at in range(25, 60))}
    check(ledger)


def test_the_same_ids_on_another_channel_are_new(ledger: Ledger) -> None:
    imported(ledger, rows(12))
    assert imported(ledger, rows(12), DOUYIN).recorded == 12


def test_a_file_of_new_gifts_is_looked_up_once_and_again_when_a_repeat_turns_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = Receiver._repeats

    def look_up(
        receiver: Receiver, ids: Sequence[str], digests: Sequence[bytes]
    ) -> Sequence[bool]:
        asked.append(int(receiver._repeating))
        return real(receiver, ids, digests)

    monkeypatch.setattr(Receiver, "_repeats", look_up)
    imported(ledger, rows(20, 30))
    assert asked == [1, 0]
    asked.clear()
    # The fourth batch is known: that shows when it is booked, and the next is looked up again.
    tally = imported(ledger, rows(50))
    assert asked == [1, 0, 0, 0, 1]
    assert (tally.recorded, tally.repeated) == (30, 20)
