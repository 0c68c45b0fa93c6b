"""What only a browser can tell: nothing scrolls sideways, the policy blocks nothing, one picture
at a time.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from ledger.app import create_app
from tests.web.samples import CUT_GIFT, NUMBER, FakeServices, Settings

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
PAGES = (
    "/",
    "/funds/qinghe",
    "/en/funds/qinghe",
    f"/funds/qinghe/gifts/{NUMBER.compact}",
    f"/en/funds/qinghe/gifts/{NUMBER.compact}",
    "/en/funds/qinghe/entries/108842",
    "/en/funds/qinghe/statements",
)
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OPEN_ALL = "document.querySelectorAll('details').forEach(found => found.open = true)"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    app = create_app(Settings(), FakeServices(gift=CUT_GIFT))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


def test_nothing_scrolls_sideways_and_nothing_is_blocked(site, browser):
    complaints: list[str] = []
    for width in (320, 390, 700, 1280):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("console", lambda message: complaints.append(message.text))
        for address in PAGES:
            page.goto(site + address)
            page.evaluate(OPEN_ALL)
            assert page.evaluate(SIDEWAYS) == 0, (width, address)
        page.close()
    assert complaints == []


def test_one_picture_at_a_time_and_the_table_stands_open_on_a_desk(site, browser):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{site}/funds/qinghe")
    assert page.locator(".flow.upright").is_visible()
    assert not page.locator(".flow.lying").is_visible()
    assert not page.locator(".flow-table").is_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    assert not page.locator(".flow.upright").is_visible()
    assert page.locator(".flow.lying").is_visible()
    assert page.locator(".flow-table").is_visible()
    page.close()


def test_the_keyboard_sees_where_it_is(site, browser):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{site}/funds/qinghe")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "跳到正文"
    assert focused.bounding_box()["x"] >= 0
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    page.close()
