"""What other people's pages, screens and programs show of a fund."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import shutil
import threading
import time
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from werkzeug.serving import make_server

from ledger.app import create_app
from ledger.errors import UnreachableError
from ledger.projections.shapes import AsOf
from tests.web.samples import AS_OF, FUND, FakeServices, Settings

ATOM = {"a": "http://www.w3.org/2005/Atom"}
CHROMIUM = shutil.which("chromium")


def client(services: FakeServices | None = None):
    return create_app(Settings(), services or FakeServices()).test_client()


def test_totals_are_open_to_every_site_and_add_up():
    response = client().get("/funds/qinghe/totals.json")
    told = response.get_json()
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "s-maxage=1" in response.headers["Cache-Control"]
    assert told["raised_minor"] == told["stages"][0]["reached_minor"] == FUND.raised_minor
    parts = [
        one["waiting_minor"] + one["left_minor"] - one["joined_minor"] for one in told["stages"]
    ]
    assert sum(parts) == told["raised_minor"]
    tag = {"If-None-Match": response.headers["ETag"]}
    assert client().get("/funds/qinghe/totals.json", headers=tag).status_code == 304


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_feed_is_atom_with_ids_and_times(prefix):
    response = client().get(f"{prefix}/funds/qinghe/feed.atom")
    assert response.content_type == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(response.data)
    assert root.tag == f"{{{ATOM['a']}}}feed"
    entries = root.findall("a:entry", ATOM)
    for one in (root, *entries):
        for name in ("id", "title", "updated"):
            assert one.findtext(f"a:{name}", "", ATOM)
    ids = [one.findtext("a:id", "", ATOM) for one in entries]
    assert len(ids) == len(set(ids)) == 2
    assert "1,000,000.00" in entries[0].findtext("a:title", "", ATOM)


def test_only_the_widget_may_stand_in_a_frame():
    for page, framed in (("widget", True), ("share", False), ("poster", False)):
        given = client().get(f"/funds/qinghe/{page}").headers
        assert ("frame-ancestors *" in given["Content-Security-Policy"]) == framed
        assert ("X-Frame-Options" in given) != framed
        assert "X-Mingzhang-Framed" not in given
        assert "Set-Cookie" not in given


def test_the_overlay_has_a_secret_address():
    for address in ("overlay", "overlay?key=wrong", "overlay.json", "overlay.json?key="):
        assert client().get(f"/funds/qinghe/{address}").status_code == 404, address
    page = client().get("/funds/qinghe/overlay?key=a-secret&theme=dark&goal=5000")
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "3,286.40" in page.text
    assert 'class="overlay dark"' in page.text
    strange = "/funds/qinghe/overlay?key=a-secret&theme=%22%3E&goal=%D9%A3%D9%A3"
    assert 'class="overlay transparent"' in client().get(strange).text


def test_the_card_is_a_picture_of_its_size():
    response = client().get("/funds/qinghe/card.png?lang=en")
    with Image.open(io.BytesIO(response.data)) as picture:
        assert picture.size == (1200, 630)
        assert len(picture.getcolors(1_000_000)) > 10
    assert len(response.data) < 100_000


# --- in a browser ----------------------------------------------------------------------------------


class Moving(FakeServices):
    """Services whose figures move, and that may be away."""

    raised, reversals, away, unreachable = FUND.raised_minor, 3, False, False

    def totals(self, slug):
        if self.unreachable:
            raise UnreachableError
        if self.away:
            raise RuntimeError
        found = super().totals(slug)
        reached = AsOf(AS_OF.entry + self.raised - FUND.raised_minor, AS_OF.at)
        return dataclasses.replace(
            found, raised_minor=self.raised, reversed=self.reversals, as_of=reached
        )


@contextlib.contextmanager
def serving(services: Moving, port: int = 0) -> Iterator[int]:
    """Serve on a port of this machine while the block runs."""
    app = create_app(Settings(), services)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def moving() -> Iterator[tuple[Moving, str]]:
    services = Moving()
    with serving(services) as port:
        yield services, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    sync = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync.sync_playwright() as started:
        # A page of another site that the test makes up has no address; the browser would keep it from this machine.
        flags = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]
        opened = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


@pytest.mark.browser
def test_totals_move_without_reloading(moving, chromium):
    services, base = moving
    page = chromium.new_page()
    page.goto(f"{base}/en/funds/qinghe")
    services.raised = FUND.raised_minor + 520
    began = time.monotonic()
    page.wait_for_selector("[data-live-amount]:has-text('¥1,286,435.40')", timeout=20_000)
    assert page.locator("[data-live-entry]").inner_text() == "Entry 184,726"
    assert time.monotonic() - began < 20
    page.close()


@pytest.mark.browser
def test_an_open_page_says_that_its_figures_stand_still_and_takes_no_older_ones(chromium):
    services = Moving()
    with serving(services) as port:
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{port}/en/funds/qinghe")
        with page.expect_response(lambda one: "totals.json" in one.url):
            pass  # now there is a copy, and the next one is made in five seconds
        services.raised = FUND.raised_minor + 520
        newest = "[data-live-amount]:has-text('¥1,286,435.40')"
        page.wait_for_selector(newest, timeout=20_000)
        services.unreachable = True
        page.wait_for_selector("text=New figures cannot be read now", timeout=20_000)
        assert page.locator(newest).is_visible()
        services.unreachable = False
        page.wait_for_selector("[data-live-away]", state="hidden", timeout=20_000)
        page.close()


@pytest.mark.browser
def test_the_overlay_survives_a_service_that_is_away(moving, chromium):
    services, base = moving
    page = chromium.new_page()
    page.goto(f"{base}/funds/qinghe/overlay?key=a-secret")
    services.away = True
    with page.expect_response(lambda one: "overlay.json" in one.url and one.status == 500):
        pass
    assert page.locator("[data-sum]").inner_text() == "3,286.40"
    services.away, services.reversals = False, 5
    page.wait_for_selector("text=退款 2 笔", timeout=20_000)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    page.close()


@pytest.mark.browser
def test_the_overlay_goes_on_after_a_restart_of_the_server(chromium):
    """Nothing listens meanwhile; whoever streams touches nothing."""
    services = Moving()
    with contextlib.ExitStack() as first:
        port = first.enter_context(serving(services))
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{port}/funds/qinghe/overlay?key=a-secret")
        page.wait_for_selector("text=3,286.40", timeout=20_000)
    with page.expect_event("requestfailed", timeout=20_000):
        pass
    assert page.locator("[data-sum]").inner_text() == "3,286.40"
    services.reversals = 5
    with serving(services, port):
        page.wait_for_selector("text=退款 2 笔", timeout=20_000)
        assert page.locator("[data-stale]").is_hidden()
        page.close()


@pytest.mark.browser
def test_the_widget_stands_in_another_sites_page(moving, chromium):
    _, base = moving
    page = chromium.new_page()
    outer = f'<iframe src="{base}/funds/qinghe/widget" width="360" height="230"></iframe>'
    page.route("**/outer.html", lambda route: route.fulfill(body=outer, content_type="text/html"))
    page.goto(base.replace("127.0.0.1", "localhost") + "/outer.html")  # another site
    frame = page.frame_locator("iframe")
    frame.locator("text=青禾县中医药扶贫基金").wait_for(timeout=20_000)
    wide = frame.locator("body").evaluate(
        "b => b.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0
    assert page.context.cookies() == []
    page.goto(f"{base}/funds/qinghe/share")
    page.frame_locator("iframe").locator("text=看账").wait_for(timeout=20_000)
    page.close()
