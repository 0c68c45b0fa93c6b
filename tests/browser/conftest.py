"""A site that a real browser opens, and the browser."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from ledger.clock import FixedClock
from ledger.db import Database
from ledger.signin import enrolling
from tests.signin.gates import LI, later
from tests.signin.sites import Site, new_site

playwright = pytest.importorskip("playwright.sync_api")
EXPECTED = ("Failed to load", "Clear-Site-Data header")
"""What browsers say of pages that refuse, and of signing out."""

CHROMIUM = shutil.which("chromium")


class Served:
    """A site that a browser can open."""

    def __init__(self, site: Site, base: str) -> None:
        self.site, self.gate, self.base = site, site.gate, base

    def next_code(self, email: str = LI) -> str:
        later(self.gate, seconds=60)
        return enrolling.next_code(self.gate, enrolling.find_user(self.gate, email).user_id)


@pytest.fixture
def served(migrated_sqlite, clock: FixedClock, tmp_path) -> Iterator[Served]:
    shutil.copyfile(migrated_sqlite, tmp_path / "ledger.db")
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    host = f"localhost:{port}"
    site = new_site(database, clock, tmp_path, LEDGER_PLAIN_HTTP="yes", PUBLIC_HOST=host)
    server = make_server("127.0.0.1", port, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(site, f"http://{host}")
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def new_page(browser, served, complaints):
    """Give a maker of pages, each in a browser of its own; what the policy blocks is a complaint."""
    contexts = []

    def make(**options):
        context = browser.new_context(
            base_url=served.base, viewport={"width": 390, "height": 800}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)  # a busy machine is no fault
        page.on(
            "console",
            lambda said: (
                None
                if any(known in said.text for known in EXPECTED)
                else complaints.append(said.text)
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs a browser where there is none."""
    for item in items:
        if CHROMIUM is None and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="chromium is not installed"))
