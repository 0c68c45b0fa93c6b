"""Every page of the desk and of the sign-in, in both languages, light and dark: nothing that axe knows of is wrong, and
nothing scrolls sideways. One walk, one session a person.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_desk import SIDEWAYS, enter
from tests.desk.counties import County, new_county
from tests.desk.test_exceptions import found
from tests.desk.test_together import suggest_two

pytestmark = pytest.mark.browser

ALL = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
BY_LOOK = {
    "runOnly": {
        "type": "rule",
        "values": ["color-contrast", "target-size", "scrollable-region-focusable", "valid-lang"],
    },
    "resultTypes": ["violations"],
}
"""What another colour, width or language can change."""

FINANCE = (
    *("", "day", "files", "lines", "settlements", "matches", "matches/confirmed", "exceptions"),
    *("exceptions/{exception}", "decisions", "decisions/1", "decisions/new/transfer", "more"),
    *("decisions/new/rate", "tokens", "tokens/new", "transfers", "transfers/check", "spending"),
    *("spending/new", "movements", "movements/new", "lists", "periods", "periods/2026-10"),
    "periods/2026-10/late-gifts",
    *("decisions/new/close", "decisions/new/seal", "corrections", "figures", "openings/new"),
    *("promises", "standing", "cost-limit"),
)
ADMINISTRATOR = (
    *("people", "activity", "rules", "mappings", "matching-rules", "decisions/new/members"),
    *("decisions/new/four-eyes", "decisions/new/payee", "standing", "standing/policy"),
    *("standing/columns", "cost-limit"),
)
SIGN_IN = ("/account", "/account/password", "/account/app", "/account/passkeys", "/sign-out")


@pytest.fixture
def county(served) -> County:
    return new_county(served.site, served.site.ledger)


def wrong(page, axe, rules) -> list[str]:
    """Return what axe and the width say of a page."""
    said = [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in axe.run(page, options=rules).response["violations"]
    ]
    if page.evaluate(SIDEWAYS):
        said.append("scrolls sideways")
    return said


def walk(page, addresses, looks) -> list[str]:
    axe, said = Axe(), []
    for prefix, scheme, width, rules in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        for address in addresses:
            assert page.goto(f"{prefix}{address}").status == 200, address
            said += [f"{prefix}{address} ({scheme}): {one}" for one in wrong(page, axe, rules)]
    return said


LOOKS = (("", "light", 1280, ALL), ("/en", "dark", 320, BY_LOOK))
"""Chinese and English, light and dark, wide and as narrow as pages reflow to."""


def the_keyboard_opens_and_sorts(page) -> None:
    """Open a suggestion below its row and sort, by keys: the address says so, and nothing is loaded anew."""
    page.goto("/desk/qinghe/matches")
    page.evaluate("window.stayed = true")
    page.focus(".dense tbody a[aria-expanded=false]")
    opened = page.evaluate("document.activeElement.id")
    page.keyboard.press("Enter")
    page.wait_for_selector(".below .panel")
    assert "open=" in page.url
    assert page.evaluate("document.activeElement.id") == opened
    page.focus("#sort-amount")
    page.keyboard.press("Enter")
    page.wait_for_selector("th[aria-sort=descending] #sort-amount")
    page.focus("input[name=chosen]")
    page.keyboard.press("Space")
    assert page.is_checked("input[name=chosen]")
    page.select_option("#state", "ambiguous")
    page.focus("form.filters button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=没有符合的")
    assert page.evaluate("window.stayed")
    page.go_back()
    page.wait_for_selector("#sort-amount")


@pytest.mark.axe
def test_axe_finds_nothing_on_any_page(county, served, new_page):
    suggest_two(county)
    exception = found(county)
    desk = [f"/desk/qinghe/{one.format(exception=exception)}" for one in FINANCE]
    page = new_page()
    said = walk(page, ("/sign-in", "/reset"), LOOKS)
    enter(served, page, "wang")
    the_keyboard_opens_and_sorts(page)
    said += walk(page, [*desk, *SIGN_IN], LOOKS)
    for who, addresses in (("zhou", ADMINISTRATOR), ("sun", ("room",))):
        other = new_page()
        enter(served, other, who)
        where = ["/audit/qinghe/" if one == "room" else f"/desk/qinghe/{one}" for one in addresses]
        said += walk(other, where, LOOKS)
    assert said == []
    # It would have said so.
    page.evaluate("document.querySelector('h1').innerHTML = '<button></button>'")
    assert "button-name" in str(wrong(page, Axe(), ALL))
