"""The day at the desk, on both databases: every figure from its own rows, and one sentence about all of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.desk.finding import look
from ledger.matching import booking as matching
from ledger.matching.exceptions.booking import Found
from ledger.matching.exceptions.kinds import KINDS, blocks
from ledger.projections.desk_day import day_page
from ledger.projections.shapes import DayPage, OpenSum
from tests.db.exceptions import found, later, raise_it, work
from tests.db.ledgers import (
    BANK,
    DOUYIN,
    MATCHING,
    Ledger,
    bank_line,
    gift,
    give,
    new_ledger,
    pay_out,
    raise_money,
    settle,
    settlement_line,
)

TODAY = date(2026, 10, 9)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    made = new_ledger(database, tmp_path / "keys")
    yield made
    made.close()


def read(ledger: Ledger, day: date = TODAY) -> DayPage:
    with ledger.database.reading() as connection:
        return day_page(connection, ledger.fund, day, ledger.clock.now())


def test_an_empty_day_is_explained(ledger):
    page = read(ledger)
    assert page.unexplained == ()
    assert page.items == page.aged == page.files == ()
    assert [(one.channel, one.gifts) for one in page.channels] == [("Kuaishou", 0), ("Douyin", 0)]
    assert page.accounts[0].bank_minor is None


def test_gifts_count_on_the_day_their_broadcast_began_beside_what_the_platform_states(ledger):
    yesterday = int(datetime(2026, 10, 8, 15, tzinfo=UTC).timestamp() * 1000)
    give(ledger, gift("old", 100, session="room-0", occurred_at_ms=yesterday))
    give(ledger, gift("a", 200), gift("b", 300))
    give(ledger, gift("c", 7), channel=DOUYIN)
    ours, other = read(ledger).channels
    assert (ours.sessions, ours.gifts, ours.ours_minor) == (1, 2, 500)
    assert (other.sessions, other.gifts, other.ours_minor) == (1, 1, 7)
    assert (ours.month_ours_minor, ours.month_platform_minor, ours.difference_minor) == (
        600,
        None,
        None,
    )
    settle(ledger, settlement_line("NUMBER-0001", 660))
    ours, other = read(ledger).channels
    assert (ours.month_platform_minor, ours.difference_minor) == (660, 60)
    assert other.difference_minor is None
    assert [one.gifts for one in read(ledger, date(2026, 10, 8)).channels] == [1, 0]


def test_the_day_shows_its_files_and_no_others(ledger):
    bank_line(ledger, 700, "nobody knows")
    later(ledger, 1)
    bank_line(ledger, 5, "nobody knows either")
    (file,) = read(ledger).files
    assert (file.account, file.lines, file.state, file.name) == (BANK, 1, "taken", "bank.csv")
    assert len(read(ledger, date(2026, 10, 10)).files) == 1
    assert read(ledger, date(2026, 10, 11)).files == ()


def test_each_fen_that_nobody_explains_is_counted_once(ledger):
    raise_money(ledger, 500)
    assert read(ledger).unexplained == ()
    line = bank_line(ledger, 20_000, "nobody knows")
    assert read(ledger).unexplained == (OpenSum("CNY", 20_000),)
    look(ledger.sequencer, ledger.fund)
    page = read(ledger)
    assert page.unexplained == (OpenSum("CNY", 20_000),)
    assert [(one.kind, one.blocks) for one in page.items] == [("unknown_receipt", True)]
    raise_it(ledger, found("extra_gift", "gift/9", 30))
    # What is disclosed with its age is no difference that nobody can explain.
    raise_it(ledger, found("overdue_settlement", "settlement/Kuaishou/X", 4_000))
    assert read(ledger).unexplained == (OpenSum("CNY", 20_030),)
    ledger.decide(lambda books: matching.book_income(books, MATCHING, "other", line))
    look(ledger.sequencer, ledger.fund)
    assert read(ledger).unexplained == (OpenSum("CNY", 30),)


def test_what_blocks_is_summed_by_the_rule_that_keeps_a_month_open(ledger):
    expected: Counter[str] = Counter()
    for kind in KINDS:
        for at, commodity in itertools.product((1, 10_000, 10_001), ("CNY", "USD")):
            subject = f"test/{kind}/{commodity}/{at}"
            raise_it(ledger, Found(kind, subject, at, commodity, TODAY))
            expected[commodity] += at if blocks(kind, at, commodity) else 0
    assert expected["CNY"] != expected["USD"]
    assert {one.commodity: one.amount_minor for one in read(ledger).unexplained} == expected


def test_the_positions_of_the_money_are_those_of_the_accounts(ledger):
    raise_money(ledger, 500)
    give(ledger, gift("more", 80))
    settle(ledger, settlement_line("NUMBER-0002", 40))
    waiting = {one.key: one.waiting_minor for one in read(ledger).stages}
    assert waiting == {"raised": 40, "settled": 20, "bank": 500, "sent": 0, "fund": 0, "work": 0}
    pay_out(ledger, "NUMBER-0002", 20)
    assert read(ledger).accounts[0].ledger_minor == 520


def test_what_is_open_is_shown_with_its_age_and_its_owner(ledger):
    number = raise_it(ledger, found()._replace(since=TODAY - timedelta(days=9)))
    work(ledger, number, "assigned", ledger.member("Li").member_id)
    later(ledger, 4)
    page = read(ledger)
    (one,) = page.items
    assert (one.number, one.state, one.role, one.age_days) == (number, "assigned", "finance", 13)
    assert (one.overdue, page.overdue, page.items_count) == (True, 1, 1)
    assert [(row.bracket, row.amount_minor) for row in page.aged] == [("8-30", 90)]
