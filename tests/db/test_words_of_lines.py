"""A search finds a line by any part of its words, reads no wide row for it, and nothing of what was erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.matching.file_history import LineFilter, line_listing
from tests.db.ledgers import Ledger, bank_line, new_ledger


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    made = new_ledger(database, tmp_path / "keys")
    bank_line(made, 100, "拨付慢性病药费 QH2026-77%")
    bank_line(made, 200, "Payment of Invoice INV-0099")
    bank_line(made, 300, "利息")
    yield made
    made.close()


def found(ledger: Ledger, text: str, **more: Any) -> list[int]:
    wanted = LineFilter(text=text, **more)
    with ledger.database.reading() as connection:
        page = line_listing(ledger.fund.fund_id, wanted).page(connection)
    assert page.total == len(page.rows)
    return sorted(one.amount for one in page.rows)


def test_any_part_of_the_words_finds_a_line(ledger: Ledger) -> None:
    assert found(ledger, "药") == found(ledger, "药费") == found(ledger, "病药费 qh") == [100]
    assert found(ledger, "invoice inv-0") == found(ledger, "INV-0099", state="open") == [200]
    assert found(ledger, "INV-0099", state="matched") == found(ledger, "nothing") == []
    assert found(ledger, "7%") == [100]  # what stands for anything in SQL stands for itself
    assert found(ledger, "7_") == found(ledger, "/") == []


def test_what_was_erased_is_not_found(ledger: Ledger) -> None:
    with ledger.database.writing() as connection:
        connection.execute(sa.text("UPDATE bank_lines SET text = '' WHERE amount = 300"))
    assert found(ledger, "利息") == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)  # else the words stand in the row
def test_a_search_reads_words_and_no_rows(ledger: Ledger) -> None:
    asked: list[tuple[str, Any]] = []

    @sa.event.listens_for(ledger.database.engine, "before_cursor_execute")
    def _note(
        _connection: object, _cursor: object, statement: str, parameters: Any, *_: object
    ) -> None:
        asked.append((statement, parameters))

    account = bank_line(ledger, 400, "药房").account
    for more in ({}, {"state": "open"}, {"account": account}, {"state": "matched"}):
        found(ledger, "药", **more)
    sa.event.remove(ledger.database.engine, "before_cursor_execute", _note)
    searches = [one for one in asked if "words" in one[0]]
    assert len(searches) >= 4
    with ledger.database.reading() as connection:
        for statement, parameters in searches:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            assert ["ix_bank_lines_words" in row[3] for row in plan] == [True]
