"""Signing in with a browser: invitation, app, passkey, recovery, lock-out, and signing out elsewhere."""

from __future__ import annotations

import re

import pytest

from ledger.signin import enrolling
from tests.signin.gates import LI, PASSWORD, WANG, enrol, later

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

pytestmark = pytest.mark.browser


def add_authenticator(page):
    """Give the browser a device that checks its holder; return how to reach it."""
    reach = page.context.new_cdp_session(page)
    reach.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    number = reach.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return reach, number["authenticatorId"]


def sign_in(served, page, email=LI, password=PASSWORD):
    page.goto("/sign-in")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("button:has-text('下一步')")
    page.fill("#code", served.next_code(email))
    page.click("button:has-text('登录')")
    page.goto("/account")
    page.wait_for_selector("h1:has-text('我的登录')")


def add_passkey(page, name):
    page.goto("/account/passkeys")
    page.fill("#name", name)
    page.click("button:has-text('添加')")


def test_from_the_invitation_to_recovery(served, new_page):
    page = new_page()
    user_id = enrolling.add_user(served.gate, LI, "Zhao Lei")
    page.goto(enrolling.invite(served.gate, user_id, send=False))
    assert page.evaluate(SIDEWAYS) == 0
    key = page.locator("code").inner_text().replace("-", "")
    with served.gate.reading():
        totp = served.gate.engine._totp._totp
        code = totp(key=key).generate(served.gate.now.timestamp() - 30).token
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.fill("#code", f"{code[:3]} {code[3:]}")  # as apps show it
    page.click("button:has-text('完成开通')")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    page.click("text=已经收好")
    assert page.locator("text=就是这里").is_visible()
    page.click("button:has-text('退出登录')")
    page.wait_for_selector("text=已退出登录")
    page.fill("#email", LI)
    page.fill("#password", PASSWORD)
    page.click("button:has-text('下一步')")
    page.fill("#code", codes[3])
    page.click("button:has-text('登录')")
    page.goto("/account")
    assert page.locator("text=还剩 9 个").is_visible()


def test_a_passkey_signs_in_steps_up_and_is_the_second_factor(served, new_page):
    enrol(served.gate)
    page = new_page()
    add_authenticator(page)
    sign_in(served, page)
    add_passkey(page, "办公室电脑")
    page.wait_for_selector("text=通行密钥加好了")
    later(served.gate, minutes=11)
    page.goto("/account/password")
    page.wait_for_url(re.compile("/account/step-up"))
    page.click("button:has-text('用通行密钥')")
    page.wait_for_url(re.compile(r":\d+/account/password$"))
    page.context.clear_cookies()
    page.goto("/sign-in?next=/account/codes")
    page.click("button:has-text('用通行密钥登录')")
    page.wait_for_url(re.compile(r":\d+/account/codes$"))
    page.context.clear_cookies()
    page.goto("/sign-in?next=/account")
    page.fill("#email", LI)
    page.fill("#password", PASSWORD)
    page.click("button:has-text('下一步')")
    page.click("button:has-text('用通行密钥')")
    page.wait_for_selector("h1:has-text('我的登录')")
    page.click("a:has-text('移除')")
    page.click("button:has-text('移除')")
    page.wait_for_selector("text=通行密钥移除了")
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.click("button:has-text('用通行密钥登录')")
    page.wait_for_selector("text=这个通行密钥在这里打不开")


def test_a_passkey_of_another_person_opens_nothing(served, new_page):
    enrol(served.gate)
    enrol(served.gate, WANG, "Chen Jing")
    theirs = new_page()
    reach, device = add_authenticator(theirs)
    sign_in(served, theirs, WANG)
    add_passkey(theirs, "手机")
    theirs.wait_for_selector("text=通行密钥加好了")
    held = reach.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]

    mine = new_page()
    reach, device = add_authenticator(mine)
    sign_in(served, mine)
    add_passkey(mine, "电脑")
    mine.wait_for_selector("text=通行密钥加好了")
    # The page names whose passkeys may answer; a browser that does not care sends another's all the same.
    wanted = reach.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"][0]
    reach.send("WebAuthn.clearCredentials", {"authenticatorId": device})
    reach.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": held[0]})
    mine.goto("/account/step-up?next=/account/codes")
    mine.evaluate(
        "form => { const o = JSON.parse(form.dataset.options); o.allowCredentials = [];"
        " form.dataset.options = JSON.stringify(o); }",
        mine.locator("form[data-passkey]").element_handle(),
    )
    assert wanted["credentialId"] != held[0]["credentialId"]
    mine.click("button:has-text('用通行密钥')")
    mine.wait_for_selector("text=这个通行密钥在这里打不开")
    assert "/account/step-up" in mine.url


def test_a_passkey_that_is_turned_down_says_so(served, new_page):
    enrol(served.gate)
    page = new_page()
    reach, device = add_authenticator(page)
    reach.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    sign_in(served, page)
    add_passkey(page, "电脑")
    page.wait_for_selector("[data-refused]:visible")
    page.goto("/account")
    assert page.locator("text=还没有").is_visible()


def test_without_a_script_everything_but_passkeys_works(served, new_page):
    enrol(served.gate)
    page = new_page(java_script_enabled=False)
    sign_in(served, page)
    page.goto("/account/passkeys")
    assert page.locator("text=这个浏览器不支持通行密钥").is_visible()
    assert not page.locator("form[data-passkey]").is_visible()
    page.goto("/sign-out")
    page.click("button:has-text('退出')")
    page.wait_for_selector("text=已退出登录")
    assert not page.locator("button:has-text('用通行密钥登录')").is_visible()


def test_locked_out_after_wrong_tries(served, new_page):
    enrol(served.gate)
    page = new_page()
    for _ in range(7):
        page.goto("/sign-in")
        page.fill("#email", LI)
        page.fill("#password", "wrong and wrong again")
        page.click("button:has-text('下一步')")
        page.wait_for_selector("[role=alert]:visible")
    assert re.search(r"过 1\s分钟再来", page.locator(".notice.wrong").inner_text())
    later(served.gate, minutes=2)
    sign_in(served, page)


def test_signing_out_elsewhere(served, new_page):
    enrol(served.gate)
    here, there = new_page(), new_page(user_agent="Mozilla/5.0 (iPhone) Version/18 Safari/605")
    sign_in(served, there)
    sign_in(served, here)
    assert here.locator("li:has-text('Safari, iPhone')").is_visible()
    here.locator("li:has-text('Safari, iPhone') button").click()
    here.wait_for_selector("text=那边已退出")
    there.goto("/account")
    there.wait_for_url(re.compile(r"/sign-in\?next="))


def test_nothing_scrolls_sideways(served, new_page):
    enrol(served.gate)
    page = new_page()
    sign_in(served, page)
    link = enrolling.invite(
        served.gate, enrolling.add_user(served.gate, WANG, "Chen Jing"), send=False
    )
    inside = ("", "/password", "/app", "/passkeys", "/codes", "/step-up")
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for language in ("", "/en"):
            for address in [*(f"/account{part}" for part in inside), "/sign-out"]:
                page.goto(language + address)
                assert page.evaluate(SIDEWAYS) == 0, (width, language, address)
    outside = new_page()
    for width in (320, 390, 1280):
        outside.set_viewport_size({"width": width, "height": 800})
        for address in ("/sign-in", "/en/sign-in", "/reset", "/en/reset", link):
            outside.goto(address)
            assert outside.evaluate(SIDEWAYS) == 0, (width, address)
