"""The gifts that are measured are right ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.bench import growing, month, serving, signed_in
from ledger.bench.figures import NAMES
from ledger.bench.growing import Growth
from ledger.bench.importing import Filling, write_gifts
from ledger.bench.month import MonthScale
from ledger.bench.pages import PageScale
from ledger.bench.places import Place, places
from ledger.bench.run import Scale, measure
from ledger.bench.serving import served
from ledger.bench.stating import Stating
from ledger.cli.database import upgrade
from ledger.clock import SystemClock, to_ms
from ledger.intake.ahead import batches, open_own_file
from ledger.settings import Settings
from ledger.statements.worker import TASKS


def test_written_gifts_are_all_taken(tmp_path: Path) -> None:
    path = tmp_path / "gifts.jsonl"
    write_gifts(path, 500, 250)
    with path.open("rb") as stream:
        rows = open_own_file(stream, path.name)
        [batch] = batches(rows, lambda: to_ms(SystemClock().now()), {})
    assert batch.problems == []
    assert len({gift.source_id for gift in batch.gifts}) == 250


def test_everything_is_measured_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    started = []

    @contextlib.contextmanager
    def counted(settings: Settings, app: str) -> Iterator[int]:
        started.append(app)
        with served(settings, app) as port:
            yield port

    def worked(_: Stating, task: str, member_id: str, asked: object) -> dict[str, object]:
        """Stand for the worker, whose renderer and signatures other tests try."""
        assert task in TASKS
        assert member_id
        return {"said": {}, "cpu": 1.0, "peak_mb": 100.0, "asked": asked}

    for module in (month, signed_in, growing):
        monkeypatch.setattr(module, "LOOKS", 2)
    monkeypatch.setattr(Stating, "_worked", worked)
    monkeypatch.setattr(serving, "served", counted)
    pages = PageScale((120,), days=8, looks=1)
    scale = Scale(300, 0.2, Growth((2_000, 3_000), 100), MonthScale((200,), 60, (60,)), pages)
    with places({"TEST_DATABASE_URL": "postgresql://not-asked"}, upgrade) as (found, missing):
        assert missing == ""
        figures = list(measure(found[:1], None, scale=scale))
    assert {one.name for one in figures} == set(NAMES)
    assert all(one.value > 0 and one.limit > 0 for one in figures)
    # A month is matched on a ledger of its own: its people are there before its money.
    sizes = [one.n for one in figures if one.name == "append"]
    assert sizes[0] >= 2_000
    assert sizes[1] >= 3_000
    assert sorted(started) == ["ledger.bench.empty:app", *["wsgi:app"] * 4]
    looked_at = {one.of: one for one in figures if one.name == "pages"}
    assert {"fund", "gift", "find", "feed"} <= set(looked_at)
    assert looked_at["fund"].queries
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_is_filled_with_what_is_missing(tmp_path: Path) -> None:
    place = Place("sqlite", tmp_path, "", upgrade)
    with place.fresh() as bench:
        filling = Filling(bench)
        filling.up_to(150)
        assert filling.entries == 151  # the first gift opens its broadcast
        filling.up_to(200)
        assert filling.entries == 200
        filling.up_to(100)
        assert filling.entries == 200
