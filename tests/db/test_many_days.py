"""What is looked up for many days or sums together is what each alone would give, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.journal.history import size, size_before, sizes_before
from ledger.log.tables import checkpoints
from ledger.projections import totals
from ledger.projections.accounts import Accounts, accounts_at
from ledger.projections.books.terms import movement_page
from tests.db.ledgers import START, Ledger, gift, give, new_ledger
from tests.db.test_books import a_history, services


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    a_history(opened, 7)
    yield opened
    opened.close()


def signed(connection: sa.Connection, fund_id: int) -> list[int]:
    return list(
        connection.execute(
            sa.select(checkpoints.c.size)
            .where(checkpoints.c.fund_id == fund_id)
            .order_by(checkpoints.c.size)
        ).scalars()
    )


def test_many_days_are_what_each_alone_is(ledger: Ledger) -> None:
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        moments = [START + timedelta(hours=7 * at) for at in range(-9, 200)]
        alone = [size_before(connection, fund_id, one) for one in moments]
        assert sizes_before(connection, fund_id, moments) == alone
        assert len(set(alone)) > 10
        assert sizes_before(connection, fund_id, []) == []
        sizes = signed(connection, fund_id)
        together = accounts_at(connection, fund_id, "CNY", [0, *sizes])
        assert sorted(together) == sizes
        for one in sizes:
            expected = Accounts(connection, fund_id, "CNY", one)
            assert list(together[one].below("")) == list(expected.below(""))
            assert together[one].size == one


def test_a_movement_is_of_the_entries_of_its_commit(ledger: Ledger) -> None:
    page = services(ledger).read(
        "qinghe", lambda of: movement_page(of, "Assets:Platform:Kuaishou")
    )
    with ledger.database.reading() as connection:
        sizes = [0, *signed(connection, ledger.fund.fund_id)]
    ends = dict(zip(sizes[1:], sizes, strict=False))
    assert page.shown
    for one in page.shown:
        assert one.first == ends[one.last + 1]


def test_a_milestone_is_the_first_commit_that_passed_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = tuple(range(1, 60, 3))
    monkeypatch.setattr(totals, "MILESTONES", steps)
    monkeypatch.setattr(totals, "MILESTONES_TOLD", len(steps))
    give(ledger, gift("the-last", 900))
    found = {
        one.amount_minor: one.entry
        for one in services(ledger).read("qinghe", totals.happened)
        if one.key == "milestone"
    }
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        raised = {
            one: totals._raised(Accounts(connection, fund_id, "CNY", one))
            for one in signed(connection, fund_id)
        }
        whole = size(connection, fund_id)
    expected = {
        step * 100: min(one for one in raised if raised[one] >= step * 100) - 1
        for step in steps
        if step * 100 <= raised[whole]
    }
    assert len(expected) > 5
    assert found == expected
