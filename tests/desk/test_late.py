"""Gifts that were recorded late, one by one on their page, and what came late for a month that was closed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ledger.clock import to_ms
from ledger.funds import booking as funding
from ledger.funds.history import Channel
from ledger.intake.booking import book_gifts
from ledger.intake.prepared import prepare
from tests.db.ledgers import IMPORT, ZONE, gift
from tests.desk.counties import County, text_of
from tests.desk.test_periods import decided, month_of


def brought_late(county: County, days: int, count: int = 1, name: str = "late") -> None:
    """Record gifts days after they happened."""
    channel = Channel("Kuaishou", "kuaishou", "快手", "Kuaishou", "CNY")
    ledger = county.ledger
    when = to_ms(ledger.clock.now() - timedelta(days=days))
    events = [gift(f"{name}-{at}", 100 + at, occurred_at_ms=when) for at in range(count)]
    gifts, problems = prepare(events, to_ms(ledger.clock.now()), {})
    assert not problems
    ledger.sequencer.decide(
        county.fund, lambda books: book_gifts(books, channel, IMPORT, ZONE, gifts)
    )


@pytest.fixture
def county(county: County) -> County:
    channel = Channel("Kuaishou", "kuaishou", "快手", "Kuaishou", "CNY")
    funding.open_channel(county.ledger.sequencer, county.ledger.clock, county.fund, channel)
    return county


def test_the_check_of_a_month_leads_to_each_late_gift_and_says_what_to_do(county: County) -> None:
    assert "没有。" in text_of(county.get("wang", "periods/2026-10/late-gifts"))
    brought_late(county, 5, 60)
    page = county.get("wang", "periods/2026-10")
    assert "打赏 60 笔" in text_of(page)
    [address] = re.findall(r'href="(/desk/qinghe/periods/2026-10/late-gifts)"', page.text)
    first = county.as_("wang").get(address)
    assert "一共 60 条" in text_of(first)
    assert "您要做的" in text_of(first)
    [further] = re.findall(r'late-gifts\?after=(\d+)"', first.text)
    second = county.get("sun", f"periods/2026-10/late-gifts?after={further}")
    links = [re.findall(r'/entries/(\d+)"', one.text) for one in (first, second)]
    assert [len(one) for one in links] == [50, 10]
    assert not set(links[0]) & set(links[1])
    assert county.get("zhou", "periods/2026-10/late-gifts").status_code == 403
    assert county.get("wang", "periods/2026-13/late-gifts").status_code == 404
    assert county.get("wang", "periods/2026-10/late").status_code == 404  # it is not closed
    assert "What to do" in county.get("wang", "periods/2026-10/late-gifts", "/en").text


def test_known_now_lists_what_came_after_the_closing(county: County) -> None:
    brought_late(county, 0)
    month = month_of(county)
    decided(county, "close", month=month, reason="试一次")
    page = text_of(county.get("wang", f"figures?at=99999&month={month}"))
    assert f"日期在 {month}、后来才记的" in page
    assert "不更正任何一条" not in page
    brought_late(county, 20, 55, "after")
    page = county.get("wang", f"figures?at=99999&month={month}")
    told = text_of(page)
    assert "55 条按日期属于这个月" in told or "56 条按日期属于这个月" in told
    assert "看全部" in told
    whole = county.get("sun", f"periods/{month}/late")
    assert "结账以后才记" in text_of(whole)
    assert len(re.findall(r'/entries/(\d+)"', whole.text)) == 50
