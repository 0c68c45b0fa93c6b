"""Somebody at the desk, in a browser, who does everything by hand; and what they look at."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from ledger.funds.members import enrol_member
from ledger.signin import enrolling
from tests.browser.test_desk import SIDEWAYS
from tests.browser.test_desk_pages import ALL, wrong
from tests.desk.counties import PEOPLE, email_of
from tests.months import Month
from tests.signin.gates import PASSWORD

DESK = "/desk/qinghe"
SHOTS = os.environ.get("SHOTS")
"""Where somebody who wants to look at the pages keeps their pictures."""

OFFICERS = {**PEOPLE, "zhao": ("赵国强", "controller")}
"""What is above 1.00 needs two who approve beside the one who proposes."""


def enrol_all(served: Any, month: Month) -> None:
    """Enrol everybody who works at the desk."""
    for who, (name, roles) in OFFICERS.items():
        user = enrolling.enrol_for_script(served.gate, email_of(who), name, PASSWORD)
        enrol_member(month.ledger.sequencer, month.fund, name, roles, user.user_id)


class Officer:
    """Somebody at the desk, in a browser of their own.

    Args:
        served: The site.
        page: Of the browser; signed in.
        who: As `email_of` takes it.
        looks: Whether each page that they look at is held to what axe knows.
    """

    def __init__(self, served: Any, page: Any, who: str, *, looks: bool = True) -> None:
        self.served, self.page, self.who, self.looks = served, page, who, looks
        page.goto("/sign-in")
        page.fill("#email", email_of(who))
        page.fill("#password", PASSWORD)
        page.click("button:has-text('下一步')")
        page.fill("#code", self.served.next_code(email_of(who)))
        page.click("button:has-text('登录')")
        page.wait_for_selector("h1:has-text('待办')")

    def go(self, name: str = "") -> None:
        """Open a page of the desk."""
        found = self.page.goto(f"{DESK}/{name}")
        assert found.status == 200, (name, found.status)

    def look(self, name: str) -> None:
        """Hold a page to what axe knows; keep its pictures where somebody asks for them."""
        if not self.looks:
            return
        said = wrong(self.page, Axe(), ALL)
        assert said == [], (name, said)
        self.page.set_viewport_size({"width": 390, "height": 900})
        assert self.page.evaluate(SIDEWAYS) == 0, name
        self.page.set_viewport_size({"width": 1280, "height": 900})
        if not SHOTS:
            return
        here = self.page.url
        typing = "preview" in here or "/new" in here
        for language in ("",) if typing else ("", "/en"):
            if language:
                self.page.goto(here.replace("/desk/", "/en/desk/", 1))
            for width in (1280, 390):
                self.page.set_viewport_size({"width": width, "height": 900})
                path = Path(SHOTS) / f"{name}-{width}-{language.strip('/') or 'zh'}.png"
                self.page.screenshot(path=str(path), full_page=True)
        self.page.set_viewport_size({"width": 1280, "height": 900})
        if not typing:
            self.page.goto(here)

    def press(self, button: str, within: str = "") -> None:
        """Press a button by what it says."""
        with self.page.expect_navigation():
            self.page.click(f"{within} button:has-text('{button}')")

    def follow(self, link: str) -> None:
        """Follow a link, by a selector."""
        with self.page.expect_navigation():
            self.page.click(link)

    def sees(self, text: str) -> bool:
        return text in re.sub(r"\s+", " ", self.page.inner_text("main"))

    def shows(self, text: str) -> None:
        """Hold that a page tells something."""
        assert self.sees(text), (text, self.page.inner_text("main"))

    def bring(self, where: str, path: Path, what: str) -> None:
        """Bring a file: look at it, and take it."""
        self.go(where)
        self.page.set_input_files("#file", str(path))
        self.press("先看一下")
        if self.page.locator("#account-error").count():
            # WeChat's bill names no account; the file itself need not be chosen again.
            self.shows("请选它是哪个账户的")
            self.page.select_option("#account", "Assets:Bank:WeChatPay")
            self.press("先看一下")
        self.look(f"preview-{what}")
        self.press("记账" if where == "settlements" else "收下")
        self.told()

    def told(self) -> None:
        """Hold that the page says that something was done."""
        said = (self.page.url, self.page.inner_text("main"))
        assert self.page.locator("[role=alert]").count() == 0, said
        assert self.page.locator(".notice[role=status]").count() == 1, said

    def open_row(self, name: str, text: str) -> None:
        """Open what a list shows in the one row that says so."""
        self.go(name)
        self.follow(f"tbody tr:has-text('{text}') a >> nth=0")

    def send(self, name: str, **fields: str) -> Any:
        """Send a form that the page does not offer."""
        key = self.page.locator("input[name=csrf_token]").first.get_attribute("value")
        return self.page.request.post(
            f"{DESK}/{name}",
            form={"csrf_token": key, **fields},
            headers={"Referer": self.page.url, "Origin": self.served.base},
        )

    @property
    def number(self) -> int:
        """The number at the end of this page's address."""
        found = re.search(r"/(\d+)(?:\?|#|$)", self.page.url)
        assert found, self.page.url
        return int(found[1])

    def approve(self, number: int, button: str = "批准", *, code: str = "") -> None:
        """Approve a decision, with a second factor where the page asks for one."""
        self.go(f"decisions/{number}")
        if self.page.locator("#code").count():
            self.page.fill("#code", code or self.served.next_code(email_of(self.who)))
        self.press(button)
