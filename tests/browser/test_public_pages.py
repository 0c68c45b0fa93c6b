"""Every public page in both languages, light and dark, wide and at 320 px: nothing that axe knows of is wrong, nothing
scrolls sideways, no cookie is set, and the keyboard alone finds a gift, without JavaScript too.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ledger.funds import booking as funding
from ledger.intake.booking import book_gifts
from ledger.journal.history import entry
from ledger.journal.receipt_numbers import receipt_number
from ledger.web.services import EXTENSION
from ledger.wiring import build_services
from tests.browser.test_desk_pages import LOOKS, walk
from tests.db.ledgers import IMPORT, KUAISHOU, ZONE, gift, prepared
from tests.desk.counties import new_county

pytestmark = pytest.mark.browser

BOOKS = (
    *("", "/period?from=2026-10-01&to=2026-10-31", "/broadcasts", "/waits", "/open", "/spending"),
    *(
        "/calendar",
        "/corrections",
        "/account?name=Income:Gifts:Kuaishou",
        "/entries?first=0&stop=9",
    ),
)
PAGES = (
    *("/", "/?q=zzz", "/verify", "/how", "/privacy", "/funds/qinghe", "/funds/qinghe/transfers"),
    *("/funds/qinghe/statements", "/funds/qinghe/questions", "/funds/qinghe/data"),
    *("/funds/qinghe/share", "/funds/qinghe/poster", "/funds/qinghe/entries/3"),
    *("/funds/qinghe/find", "/funds/qinghe/find?at=2026-10-09T20:00&amount=3.00"),
    *(f"/funds/qinghe/books{page}" for page in BOOKS),
)


@pytest.fixture
def receipt(served) -> str:
    """Open a county, give three gifts, and return the number of one."""
    ledger = served.site.ledger
    served.site.app.extensions[EXTENSION] = build_services(ledger.settings, ledger)
    county = new_county(served.site, ledger)
    funding.open_channel(ledger.sequencer, ledger.clock, county.fund, KUAISHOU)
    gifts = prepared(*(gift(f"g{at}", 300) for at in range(3)))
    done = ledger.sequencer.decide(
        county.fund, lambda books: book_gifts(books, KUAISHOU, IMPORT, ZONE, gifts)
    ).value
    with ledger.database.reading() as connection:
        stored = entry(connection, county.fund.fund_id, done[0].seq)
    return receipt_number(stored.seq, stored.leaf_hash).compact


@pytest.mark.axe
def test_public_pages_are_for_everybody(new_page, receipt) -> None:
    page = new_page()
    gift_page = f"/funds/qinghe/gifts/{receipt}"
    assert walk(page, (*PAGES, gift_page, f"{gift_page}/choice"), LOOKS) == []
    assert page.context.cookies() == []
    without = new_page(java_script_enabled=False)
    without.goto("/funds/qinghe")
    by_keys(without, "#receipt")
    without.keyboard.type(receipt.lower())
    without.keyboard.press("Enter")
    expect(without).to_have_url(f"{page.url.partition('/en/')[0]}{gift_page}")
    assert without.locator(".way li").count() == 6
    without.goto("/?q=")
    by_keys(without, "main h2 a")
    without.keyboard.press("Enter")
    expect(without.locator("h1")).to_be_visible()
    assert without.context.cookies() == []


def by_keys(page, wanted: str) -> None:
    """Reach an element with the tabulator alone."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(wanted)
