"""The gifts that are measured are right ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.bench.importing import measure_import, write_gifts
from ledger.bench.places import places
from ledger.cli.database import upgrade
from ledger.clock import SystemClock, to_ms
from ledger.intake.ahead import batches, open_own_file


def test_written_gifts_are_all_taken(tmp_path: Path) -> None:
    path = tmp_path / "gifts.jsonl"
    write_gifts(path, 500, 250)
    with path.open("rb") as stream:
        rows = open_own_file(stream, path.name)
        [batch] = batches(rows, lambda: to_ms(SystemClock().now()), {})
    assert batch.problems == []
    assert len({gift.source_id for gift in batch.gifts}) == 250


def test_an_import_is_measured_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with places({"TEST_DATABASE_URL": "postgresql://not-asked"}, upgrade) as (found, missing):
        assert missing == ""
        figures = list(measure_import(found[0], 300, replay=True))
    assert [(one.name, one.n) for one in figures] == [("import", 300), ("replay", 300)]
    assert all(one.value > 0 and one.limit > 0 for one in figures)
    assert list(tmp_path.iterdir()) == []
