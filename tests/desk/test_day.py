"""The day view: what came in, what is open, where the money is."""

from __future__ import annotations

from tests.desk.counties import text_of
from tests.desk.test_exceptions import found
from tests.desk.test_files import FIRST, bring


def test_a_day_without_anything_says_what_it_will_show(county):
    for language, told in (("", "这一天没有收文件"), ("/en", "No file was taken on this day")):
        page = county.get("wang", "day", language)
        assert page.status_code == 200
        assert told in text_of(page)


def test_what_is_not_explained_stands_in_one_sentence_and_opens_what_it_sums(county):
    bring(county, FIRST)
    number = found(county, kind="missing_gift", amount=520, subject="gift/k/1")
    page = county.get("wang", "day")
    told = text_of(page)
    assert "说不清" in told
    assert "平台有，我们没有" in told
    assert f"/desk/qinghe/exceptions/{number}" in page.text
    assert "state=open" in page.text
    assert "12.csv" in told
    assert "50,000.00" in told


def test_a_day_stands_in_the_address_and_nonsense_is_today(county):
    today = county.ledger.clock.now().date().isoformat()
    for asked in ("never", "9999-12-31", "2026-02-30", ""):
        assert f'value="{today}"' in county.get("wang", f"day?on={asked}").text
    assert 'value="2026-01-02"' in county.get("wang", "day?on=2026-01-02").text


def test_the_day_is_for_those_who_see_exceptions(county):
    assert county.get("zhou", "day").status_code == 403
    assert county.get("sun", "day").status_code == 200
