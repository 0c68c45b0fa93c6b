"""Pages below a fund's page, on both databases: any period, waits to the fen, what is late, registers."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ledger.app import create_app
from ledger.clock import local_date
from ledger.db import Database
from ledger.intake import booking as intake
from ledger.journal.codec import decode
from ledger.journal.history import account_names, span
from ledger.moneyline.history import LineReader
from ledger.moneyline.intervals import Line
from ledger.moneyline.way import trace
from ledger.projections.books.broadcasts import broadcast_page
from ledger.projections.books.moved import period_page
from ledger.projections.books.open_items import open_page
from ledger.projections.books.records import correction_page
from ledger.projections.books.terms import account_page, movement_page
from ledger.projections.books.waiting import wait_page
from ledger.projections.shapes import LateSettlement, LateStatement, LateTransfer
from ledger.settings import load_settings
from tests.db.ledgers import (
    DOUYIN,
    IMPORT,
    ZONE,
    Ledger,
    approve,
    confirm,
    gift,
    give,
    new_ledger,
    pay_out,
    propose,
    raise_money,
    send,
    services,
    settle,
    settlement_line,
    spend,
    spend_row,
)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def later(ledger: Ledger, days: int) -> None:
    ledger.clock.set(ledger.clock.now() + timedelta(days=days))


def take_back(ledger: Ledger, seq: int) -> None:
    ledger.decide(
        lambda books: intake.reverse_gift(books, IMPORT, seq, "2026-10-09T12:00:00Z", "refund")
    )


def a_history(ledger: Ledger, seed: int) -> None:
    """Give, take back, settle, pay, transfer and spend over some weeks."""
    chosen = random.Random(seed)
    for round_ in range(4):
        gifts = []
        for day in range(3):
            events = [
                gift(f"{round_}-{day}-{at}", chosen.randint(2, 900))
                for at in range(chosen.randint(1, 3))
            ]
            gifts += [
                (one.seq, event.gross_minor)
                for one, event in zip(give(ledger, *events).value, events, strict=True)
            ]
            later(ledger, chosen.randint(0, 3))
        gone = chosen.choice(gifts)
        take_back(ledger, gone[0])
        gross = sum(minor for seq, minor in gifts if seq != gone[0])
        settle(ledger, settlement_line(f"STATEMENT-{round_}", gross))
        later(ledger, chosen.randint(0, 4))
        net = gross - gross // 2
        pay_out(ledger, f"STATEMENT-{round_}", net)
        later(ledger, chosen.randint(0, 2))
        part = chosen.randint(1, net)
        number = propose(ledger, part)
        approve(ledger, number)
        send(ledger, number, part)
        later(ledger, chosen.randint(0, 5))
        confirm(ledger, number, part)
        later(ledger, chosen.randint(0, 9))
        spend(ledger, spend_row(chosen.randint(1, part), reference=f"PAYMENT-{round_}"))


def waits_cent_by_cent(ledger: Ledger) -> dict[str, Counter[int]]:
    """Follow every gift's units one way and count the days between the entries that moved them."""
    found: dict[str, Counter[int]] = {}
    with ledger.database.reading() as connection:
        fund_id = ledger.fund.fund_id
        read = [decode(one.entry) for one in span(connection, fund_id, 0, 2**62)]
        day = [local_date(datetime.fromisoformat(one["recorded_at"]), ZONE) for one in read]
        reader = LineReader(connection, fund_id, account_names(connection, fund_id))
        reversed_ = {one["body"]["reverses"] for one in read if one["kind"] == "gift.reversed"}
        for one in read:
            if one["kind"] != "gift" or one["seq"] in reversed_:
                continue
            body = one["body"]
            line = Line("Assets:Platform:" + body["channel"], "CNY")
            pieces = trace(
                line, body["line"], body["line"] + body["amount"], reader.find, reader.voids
            )
            for piece in pieces:
                if piece.parent is None or piece.via is None:
                    continue
                before = pieces[piece.parent]
                came = one["seq"] if before.via is None else before.via.seq
                counted = found.setdefault(before.line.account.split(":")[1], Counter())
                counted[(day[piece.via.seq] - day[came]).days] += piece.taken or 0
    return found


def test_average_median_and_slowest_are_those_of_every_single_cent(ledger: Ledger) -> None:
    a_history(ledger, 3)
    page = services(ledger).read("qinghe", wait_page)
    truth = waits_cent_by_cent(ledger)
    names = {
        "raised": "Platform",
        "settled": "Payout",
        "bank": "Bank",
        "sent": "InTransit",
        "fund": "Fund",
    }
    assert {one.key for one in page.stages if one.moved_minor} == set(names)
    for one in page.stages:
        counted = truth[names[one.key]]
        whole = sum(counted.values())
        assert one.moved_minor == whole, one.key
        assert one.slowest == max(counted), one.key
        below = sum(minor for days, minor in counted.items() if days < (one.median or 0))
        upto = sum(minor for days, minor in counted.items() if days <= (one.median or 0))
        assert 2 * below < whole <= 2 * upto, one.key
        waited = sum(days * minor for days, minor in counted.items())
        assert one.average_tenths is not None
        assert abs(20 * waited - 2 * whole * one.average_tenths) <= whole, one.key


def test_a_promise_that_is_broken_alarms_and_names_role_and_day(ledger: Ledger) -> None:
    raise_money(ledger, 300, "first")
    give(ledger, gift("a", 100))
    settle(ledger, settlement_line("STATEMENT-2", 100))
    number = propose(ledger, 200)
    approve(ledger, number)
    send(ledger, number, 200)
    page = services(ledger).read("qinghe", wait_page)
    assert [one.late for one in page.stages] == [False] * 5
    later(ledger, 40)
    stages = {one.key: one for one in services(ledger).read("qinghe", wait_page).stages}
    assert {key for key, one in stages.items() if one.late} == {"settled", "sent"}
    assert (stages["sent"].oldest, stages["sent"].waiting_minor) == (40, 200)
    late = {one.what: one for one in services(ledger).read("qinghe", open_page).late}
    assert (late["transfer"].amount_minor, late["transfer"].role) == (200, "finance")
    # Friday the 9th and three working days; the month's end and fifteen days.
    assert late["transfer"].due == date(2026, 10, 14)
    assert (late["settlement"].amount_minor, late["settlement"].due) == (50, date(2026, 11, 15))
    told = {type(one).__name__: one for one in services(ledger).fund_page("qinghe").notices}
    assert told["LateTransfer"] == LateTransfer(
        number, 200, 40, 3, "finance", late["transfer"].entry or 0
    )
    assert isinstance(told["LateSettlement"], LateSettlement)
    assert told["LateSettlement"].due == late["settlement"].due
    assert told["LateStatement"] == LateStatement(
        date(2026, 10, 1), late["statement"].days, late["statement"].due, "finance"
    )


def test_averages_are_kept_until_money_moves_or_the_day_ends(ledger: Ledger) -> None:
    raise_money(ledger, 300, "first")
    kept = services(ledger)

    def averages() -> dict[str, int | None]:
        return {one.key: one.average_tenths for one in kept.fund_page("qinghe").stages}

    before = averages()
    give(ledger, gift("a", 100))
    assert averages() == before
    later(ledger, 3)
    settle(ledger, settlement_line("STATEMENT-2", 100))
    waited = averages()
    assert waited["raised"] == services(ledger).read("qinghe", wait_page).stages[0].average_tenths
    assert waited["raised"] != before["raised"]
    assert waited["work"] is None


def test_a_period_is_the_sum_of_its_days_and_joins_the_balances(ledger: Ledger) -> None:
    a_history(ledger, 5)
    give(ledger, gift("d", 4321), channel=DOUYIN)
    first, last = date(2026, 10, 9), local_date(ledger.clock.now(), ZONE)
    read = services(ledger).read
    page = read("qinghe", lambda of: period_page(of, first, last))
    fund = services(ledger).fund_page("qinghe")
    assert all(one.holds for one in page.stages)
    assert [one.after for one in page.stages] == [one.waiting_minor for one in fund.stages]
    assert page.given == fund.raised_minor
    assert {one.name.zh: one.given for one in page.channels}["抖音"] == 4321
    days = [
        read("qinghe", lambda of, day=first + timedelta(days=at): period_page(of, day, day))
        for at in range((last - first).days + 1)
    ]
    assert sum(one.given for one in days) == page.given
    assert sum(one.taken_back for one in days) == page.taken_back > 0
    for at, stage in enumerate(page.stages):
        assert sum(one.stages[at].came for one in days) == stage.came
        assert sum(one.stages[at].went for one in days) == stage.went
    stretches = page.stretches
    assert sum(one.spent for one in stretches) == fund.spent_minor
    assert (sum(one.given for one in stretches), page.by_month) == (
        page.given,
        (last - first).days >= 62,
    )
    before = read("qinghe", lambda of: period_page(of, date(2020, 1, 1), date(2020, 1, 2)))
    assert (before.entry, before.stop, before.stretches) == (0, 0, ())


def test_accounts_and_their_movements_add_up(ledger: Ledger) -> None:
    a_history(ledger, 1)
    read = services(ledger).read
    accounts = read("qinghe", account_page).accounts
    assert sum(one.debits for one in accounts) == sum(one.credits for one in accounts) > 0
    for one in accounts:
        found = read("qinghe", lambda of, name=one.name: movement_page(of, name))
        assert sum(row.debits - row.credits for row in found.shown) == one.balance
        assert all(row.first <= row.last for row in found.shown)
    broadcasts = read("qinghe", broadcast_page)
    assert (
        sum(one.gifts for one in broadcasts.shown)
        == services(ledger).fund_page("qinghe").gifts + 4
    )
    corrections = read("qinghe", correction_page)
    assert [one.kind for one in corrections.shown] == ["gift.reversed"] * 4
    assert corrections.shown[0].seq > corrections.shown[-1].seq


def test_each_figure_of_the_flow_opens_the_row_that_sums_it(ledger: Ledger) -> None:
    a_history(ledger, 2)
    settings = load_settings({"LEDGER_HOME": str(ledger.keys.parent)})
    client = create_app(settings, services(ledger)).test_client()
    base = {"base_url": "http://localhost:8000"}
    fund = client.get("/funds/qinghe", **base).text
    rows = dict(
        re.findall(
            r'<tr role="row" id="([^"]+)"(.*?)</tr>',
            client.get("/funds/qinghe/books", **base).text,
            re.DOTALL,
        )
    )
    opened = re.findall(r'<a href="/funds/qinghe/books#([^"]+)">([\d,.]+)</a>', fund)
    assert {place.partition("-")[0] for place, _ in opened} == {"raised", "accounts", "at", "left"}
    for place, figure in opened:
        assert f">{figure}<" in rows[place], place


def test_wrong_addresses_are_told_what_is_wrong(ledger: Ledger) -> None:
    settings = load_settings({"LEDGER_HOME": str(ledger.keys.parent)})
    client = create_app(settings, services(ledger)).test_client()
    base = {"base_url": "http://localhost:8000"}
    books = "/funds/qinghe/books"
    wrong = client.get(f"{books}/period?from=2026-10-31&to=2026-10-01", **base)
    assert wrong.status_code == 422
    assert 'value="2026-10-31"' in wrong.text
    assert 'aria-describedby="to-error"' in wrong.text
    assert client.get(f"{books}/period?from=gestern", **base).text.count("field-error") == 2
    for page in (
        "account?name=Nothing",
        "broadcasts?below=-1",
        "entries",
        "entries?first=a&stop=2",
    ):
        assert client.get(f"{books}/{page}", **base).status_code == 404, page
    empty = client.get("/?q=" + "100%25_", **base)
    assert (empty.status_code, "没有找到名称里有“100%_”的基金" in empty.text) == (200, True)
    assert "/funds/qinghe" in client.get("/en/?q=QING", **base).text
    assert "/funds/qinghe" in client.get("/?q=青", **base).text
