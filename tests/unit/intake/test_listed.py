"""A platform's list read by a second process is the list read here, and a broken reader is never the end of it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from ledger.clock import FixedClock, SystemClock, to_ms
from ledger.errors import StateError
from ledger.intake import ahead
from ledger.intake.listed import BATCH_ROWS, Listed, ListFile, listed_in_file
from tests.unit.intake.test_ahead import RATES

NOW = SystemClock().now()
SPAN = (to_ms(NOW) - 3_600_000, to_ms(NOW) + 1)


def read(path: Path, clock: SystemClock | FixedClock) -> list[Listed]:
    with path.open("rb") as stream:
        file = ListFile(path, ahead.open_own_file(stream, "list.jsonl"))
        return list(listed_in_file(file, clock, SPAN, RATES))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    at, before = f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "2020-01-01T00:00:00Z"
    rows: list[dict[str, object]] = [
        {"id": "1", "at": at, "amount": "1.00", "currency": "CNY", "message": "加油"},
        {"id": "2", "at": at, "coins": 15, "unit": "KSCOIN"},
        {"id": "3", "at": at, "coins": 15, "unit": "DYCOIN"},
        {"id": "4", "at": at, "amount": "1.001", "currency": "CNY"},
        {"id": "5", "at": before, "amount": "2.00", "currency": "CNY"},
    ]
    rows += [
        {"id": f"n{n}", "at": at, "amount": "3.00", "currency": "CNY"} for n in range(BATCH_ROWS)
    ]
    path = tmp_path / "list.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return path


def test_a_second_process_gives_the_same_batches(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "AHEAD_BYTES_MIN", 0)
    far = read(file, SystemClock())
    assert far == read(file, FixedClock(SystemClock().now()))  # a clock of our own is read here
    assert [one.refused for one in far] == [2, 0]
    assert [len(one.ids) for one in far] == [BATCH_ROWS - 3, 5]
    assert far[0].ids[:3] == ["1", "2", "n0"]
    assert (far[0].grosses[:2], far[0].commodities[:2]) == ([100, 150], ["CNY", "CNY"])


def test_a_reader_that_ends_early_is_an_error(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ahead, "AHEAD_BYTES_MIN", 0)
    with pytest.raises(StateError) as refused:
        read(file.rename(file.with_suffix(".txt")), SystemClock())
    assert refused.value.fields["file"] == "list.txt"
    assert "unknown-format" in capfd.readouterr().err
