"""The pages of months: where each stands, what is checked, and each step from open to sealed."""

from __future__ import annotations

import re
from datetime import timedelta

from ledger.matching.exceptions import booking
from ledger.matching.exceptions.booking import Found
from tests.db.ledgers import MATCHING
from tests.desk.counties import County, text_of


def month_of(county: County) -> str:
    """Let the running month end, and return it."""
    now = county.ledger.clock.now()
    county.ledger.clock.advance(timedelta(days=37 - now.day))
    return f"{now:%Y-%m}"


def decided(county: County, kind: str, **fields: str) -> str:
    """Propose as finance, approve as the controller, and return what the decision's page says."""
    answer = county.post("wang", f"decisions/new/{kind}", **fields)
    assert answer.status_code == 303, text_of(answer)
    number = re.findall(r"decisions/(\d+)", answer.location)[0]
    approved = county.post("li", f"decisions/{number}/approve", version="1")
    assert approved.status_code == 303, text_of(approved)
    return text_of(county.get("wang", f"decisions/{number}"))


def test_a_month_goes_from_open_to_sealed_on_its_page(county: County) -> None:
    month = month_of(county)
    for who, status in (("wang", 200), ("sun", 200), ("zhou", 403)):
        assert county.get(who, f"periods/{month}").status_code == status
    assert county.get("wang", "periods/2026-13").status_code == 404
    assert county.get("wang", "periods/never").status_code == 404
    page = text_of(county.get("wang", f"periods/{month}"))
    assert "未结账" in page
    assert "没过" in page  # the account held 50,000.00 and no file was brought
    assert "Missing in" in text_of(county.get("wang", f"periods/{month}", "/en"))
    refused = county.post("wang", "decisions/new/close", month=month)
    assert refused.status_code == 422
    assert "还有检查没过" in text_of(refused)
    assert county.post("wang", f"periods/{month}/closing").status_code == 303
    assert county.post("wang", f"periods/{month}/closing").status_code == 409
    assert county.post("li", f"periods/{month}/closing").status_code == 403
    assert "要写明原因" in text_of(county.get("wang", f"periods/{month}"))
    told = decided(county, "close", month=month, reason="银行下周才给文件")
    assert "银行下周才给文件" in told
    assert "各账户的银行文件" in told
    until = (county.ledger.clock.now() + timedelta(days=2, hours=8)).strftime("%Y-%m-%dT%H:%M")
    bad = county.post("wang", "decisions/new/reopen", month=month, until="soon", reason="x")
    assert (bad.status_code, "31" in text_of(bad)) == (422, True)
    decided(county, "reopen", month=month, until=until, reason="漏了一张单子")
    assert "已重开" in text_of(county.get("wang", f"periods/{month}"))
    told = text_of(county.get("sun", "corrections"))
    for part in ("重开月份", "漏了一张单子", "王秀兰", "李建国"):
        assert part in told
    assert "漏了一张单子" in county.get("sun", "corrections.csv").get_data(as_text=True)
    decided(county, "close", month=month, reason="银行下周才给文件")
    decided(county, "seal", month=month)
    page = text_of(county.get("wang", "periods"))
    assert "已封账" in page
    refused = county.post("wang", "decisions/new/reopen", month=month, until=until, reason="x")
    assert "已经封账" in text_of(refused)
    assert "永不再改" in text_of(county.get("wang", f"periods/{month}"))


def test_what_blocks_a_month_is_one_press_away(county: County) -> None:
    found = Found("missing_gift", "gift/k/1", 520, "CNY")
    number = county.ledger.sequencer.decide(
        county.fund, lambda books: booking.raise_found(books, MATCHING, found)
    ).value
    month = month_of(county)
    assert f"/desk/qinghe/exceptions/{number}" in county.get("wang", f"periods/{month}").text


def test_corrections_and_figures_as_they_were_known_have_their_pages(county: County) -> None:
    for language, told in (("", "还没有更正"), ("/en", "No correction yet")):
        assert told in text_of(county.get("sun", "corrections", language))
    assert county.get("zhou", "figures").status_code == 403
    page = county.get("sun", "figures?at=99999")
    assert page.status_code == 200
    assert "50,000.00" in text_of(page)
    for nonsense in ("x", "0", "2020-01-01"):
        page = county.get("sun", f"figures?at={nonsense}")
        assert page.status_code == 422
        assert f'value="{nonsense}"' in page.text
