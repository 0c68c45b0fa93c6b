"""Balances of the past: of an account that rested for long, and on any day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.journal import history as journal
from ledger.journal.balances import totals
from ledger.journal.tables import entries as table
from tests.db.ledgers import Ledger, bodies, gift, give, new_ledger, settle, settlement_line

PAYOUT = "Assets:Payout:Kuaishou"


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def test_an_account_that_rests_has_its_balance_at_every_size_and_on_every_day(
    ledger: Ledger,
) -> None:
    start = ledger.clock.now()
    for day in range(4):
        ledger.clock.set(start + timedelta(days=day))
        give(ledger, *[gift(f"{day}-{at}", at + 1) for at in range(5)])
        if day % 2:
            settle(ledger, settlement_line(f"STATEMENT-{day}", 7 + day))
    entries = bodies(ledger)
    fund_id = ledger.fund.fund_id
    with ledger.database.reading() as connection:
        account = journal.account_id(connection, fund_id, PAYOUT)
        assert account is not None
        for size in range(len(entries) + 1):
            lines = [
                line["amount"]
                for entry in entries[:size]
                for line in entry["postings"]
                if line["account"] == PAYOUT
            ]
            found = totals(connection, fund_id, account, "CNY", size)
            assert found.balance == sum(lines), size
        recorded = list(
            connection.execute(sa.select(table.c.recorded_at).order_by(table.c.seq)).scalars()
        )
        for hours in range(-30, 4 * 24 + 30, 6):
            moment = start + timedelta(hours=hours)
            counted = sum(at < moment.timestamp() for at in recorded)
            assert journal.size_before(connection, fund_id, moment) == counted
