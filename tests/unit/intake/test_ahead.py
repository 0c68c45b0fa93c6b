"""Reading ahead gives what reading here gives, and never mistakes a broken reader for the end of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.clock import FixedClock, SystemClock
from ledger.errors import StateError
from ledger.intake import ahead
from ledger.intake.events import UnitRate
from ledger.intake.prepared import PreparedGift, TimedRate

RATES = {"KSCOIN": [TimedRate(UnitRate(100, 10, "CNY"), 0, 7)]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    at = f"{SystemClock().now():%Y-%m-%dT%H:%M:%SZ}"
    rows: list[dict[str, object]] = [
        {"id": "1", "at": at, "amount": "1.00", "currency": "CNY", "message": "加油%d"},
        {"id": "2", "at": at, "coins": 15, "unit": "KSCOIN"},
        {"id": "3", "at": at, "coins": 15, "unit": "DYCOIN"},
        {"id": "4", "at": at, "amount": "1.001", "currency": "CNY"},
        {"id": "5", "at": at, "amount": "2.00", "currency": "CNY"},
    ]
    path = tmp_path / "gifts.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return path


def read(path: Path, clock: SystemClock | FixedClock) -> list[ahead.Batch]:
    with path.open("rb") as stream:
        rows = ahead.open_own_file(stream, "gifts.jsonl")
        return list(ahead.batches_of_file(path, rows, clock, RATES))


def without_chance(gift: PreparedGift) -> PreparedGift:
    """Drop what is random, and when it was received."""
    return gift._replace(written=(b"",) * 4, commitments=(), delivery="", salts=b"")


def test_a_second_process_gives_the_same_batches(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "AHEAD_BYTES_MIN", 0)
    [far] = read(file, SystemClock())
    [near] = read(file, FixedClock(SystemClock().now()))  # a clock of our own is read here
    assert far.rows == near.rows == 5
    assert [gift.source_id for gift in far.gifts] == ["1", "2", "5"]
    assert list(map(without_chance, far.gifts)) == list(map(without_chance, near.gifts))
    assert far.raws == near.raws
    assert [(one.line, one.field, one.reason, one.raw) for one in far.problems] == [
        (one.line, one.field, one.reason, one.raw) for one in near.problems
    ]
    assert [one.reason for one in far.problems] == ["no-rate", "too-many-decimals"]
    assert len({gift.salts for gift in (*far.gifts, *near.gifts)}) == 6


def test_each_answer_of_a_second_process_goes_to_its_own_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "AHEAD_BYTES_MIN", 0)
    count = 2 * ahead.BATCH_ROWS + 500
    at = f"{SystemClock().now():%Y-%m-%dT%H:%M:%SZ}"
    path = tmp_path / "gifts.jsonl"
    path.write_text(
        "".join(
            f'{{"id":"{n}","at":"{at}","amount":"1.00","currency":"CNY"}}\n' for n in range(count)
        )
    )
    asked: list[int] = []

    def thirds(ids: Sequence[str], digests: Sequence[bytes]) -> Sequence[bool]:
        asked.append(len(ids))
        assert set(map(len, digests)) == {16}
        return [int(one) % 3 == 0 for one in ids]

    with path.open("rb") as stream:
        rows = ahead.open_own_file(stream, "gifts.jsonl")
        found = list(ahead.batches_of_file(path, rows, SystemClock(), {}, thirds))
    assert asked == [one.rows for one in found] == [ahead.BATCH_ROWS, ahead.BATCH_ROWS, 500]
    ids = [gift.source_id for one in found for gift in one.gifts]
    assert ids == [str(n) for n in range(count) if n % 3]
    assert sum(one.repeated for one in found) == count - len(ids)
    assert [len(one.raws) for one in found] == [len(one.gifts) for one in found]


@given(st.lists(st.booleans(), max_size=50))
def test_answers_come_through_the_pipe_as_they_were(repeats: list[bool]) -> None:
    assert ahead._truths(ahead._bits(repeats)) == repeats


def test_two_answers_fit_the_smallest_pipe() -> None:
    assert 2 * (len(ahead._bits([True] * ahead.BATCH_ROWS)) + 8) < 4096


def test_a_reader_that_ends_early_is_an_error(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ahead, "AHEAD_BYTES_MIN", 0)
    unknown = file.rename(file.with_suffix(".txt"))
    with pytest.raises(StateError) as refused:
        read(unknown, SystemClock())
    assert refused.value.fields["file"] == "gifts.txt"
    assert "unknown-format" in capfd.readouterr().err
