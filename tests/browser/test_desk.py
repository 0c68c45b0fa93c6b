"""The desk in a browser: a proposal is refused to whoever made it, and approved by another."""

from __future__ import annotations

import pytest

from tests.desk.counties import County, email_of, new_county
from tests.signin.gates import PASSWORD, later

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

pytestmark = pytest.mark.browser


@pytest.fixture
def county(served) -> County:
    return new_county(served.site, served.site.ledger)


def enter(served, page, who: str) -> None:
    page.goto("/sign-in")
    page.fill("#email", email_of(who))
    page.fill("#password", PASSWORD)
    page.click("button:has-text('下一步')")
    page.fill("#code", served.next_code(email_of(who)))
    page.click("button:has-text('登录')")
    page.wait_for_selector("h1:has-text('待办')")


def propose(page) -> None:
    page.click("text=划转到基金")
    page.fill("#amount", "34,000.00")
    page.fill("#reference", "QH-T14-2026")
    page.click("button:has-text('提交')")
    page.wait_for_selector("text=提案已记入账本")


def test_a_proposal_is_refused_to_its_proposer_and_approved_by_another(county, served, new_page):
    wang, li = new_page(), new_page()
    enter(served, wang, "wang")
    propose(wang)
    assert wang.locator("text=要由别人批准：李建国").is_visible()
    assert wang.locator("button:has-text('批准')").count() == 0
    assert wang.evaluate(SIDEWAYS) == 0
    enter(served, li, "li")
    later(served.gate, minutes=11)  # the second factor has grown old
    li.click("text=第 1 号：划转到基金")
    li.fill("#code", "000 000")
    li.click("button:has-text('批准，转 34,000.00 元')")
    li.wait_for_selector("text=验证码不对")
    assert li.evaluate(SIDEWAYS) == 0
    code = served.next_code(email_of("li"))
    li.fill("#code", f"{code[:3]} {code[3:]}")
    li.click("button:has-text('批准，转 34,000.00 元')")
    li.wait_for_selector("text=已经批准并办好")
    wang.reload()
    assert wang.locator("text=已批准").first.is_visible()


def test_the_desk_works_with_the_keyboard_alone(county, served, new_page):
    page = new_page()
    enter(served, page, "wang")
    page.goto("/desk/qinghe/decisions/new/transfer")
    page.focus("#amount")
    page.keyboard.press("Control+A")  # what is offered stands there
    page.keyboard.type("10.00")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("QH-T15-2026")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=提案已记入账本")


def test_without_javascript_everything_is_still_possible(county, served, new_page):
    page = new_page(java_script_enabled=False)
    enter(served, page, "wang")
    propose(page)
    assert page.locator("text=要由别人批准").is_visible()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_of_the_desk_scrolls_sideways(county, served, new_page, width):
    page = new_page()
    page.set_viewport_size({"width": width, "height": 800})
    enter(served, page, "zhou")
    for language in ("", "/en"):
        for name in (
            "",
            "decisions",
            "people",
            "tokens",
            "rules",
            "activity",
            "decisions/new/members",
        ):
            page.goto(f"{language}/desk/qinghe/{name}")
            assert page.evaluate(SIDEWAYS) == 0, (language, name)
