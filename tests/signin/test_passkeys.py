"""Passkeys against an authenticator that may lie."""

from __future__ import annotations

import html
import json
import re

import pytest

from ledger.signin import passkeys
from ledger.signin.enrolling import find_user
from tests.signin.authenticators import Authenticator
from tests.signin.gates import LI, PASSWORD, WANG, enrol, later


def options_on(page):
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found, page.text
    return json.loads(html.unescape(found[1]))


def with_passkey(site, email=LI, name="Zhao Lei"):
    """Enrol somebody, sign in, add a passkey; return the browser and the device."""
    enrol(site.gate, email, name)
    visitor, device = site.visitor(), Authenticator()
    visitor.enter(email)
    options = options_on(visitor.get("/account/passkeys"))
    added = visitor.post("/account/passkeys", name="电脑", credential=device.create(options))
    assert added.location == "/account?done=passkey", added.text
    return visitor, device


def try_in(site, device):
    """Sign in with a passkey alone."""
    visitor = site.visitor()
    credential = device.get(options_on(visitor.get("/sign-in")))
    return visitor, visitor.post("/sign-in/passkey", credential=credential)


def test_a_passkey_signs_in(site):
    _, device = with_passkey(site)
    visitor, answer = try_in(site, device)
    assert answer.status_code == 303
    assert "上次使用" in visitor.get("/account").text
    assert (
        visitor.get("/account/password").status_code == 200
    )  # it was a second factor, and is fresh


def test_before_the_sign_in_no_passkey_is_named(site):
    with_passkey(site)
    assert not options_on(site.visitor().get("/sign-in")).get("allowCredentials")


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:8000"},
        {"party": "evil.example"},
        {"verified": False},
        {"count": -1},
        {"handle": b"somebody else"},
        {"credential_id": b"unknown"},
        {"key": Authenticator().key},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_a_device_that_lies_opens_nothing(site, lie):
    _, device = with_passkey(site)
    device.count = 5
    assert try_in(site, device)[1].status_code == 303
    for name, value in lie.items():
        setattr(device, name, value)
    if "count" in lie:
        device.count = 3  # a copy of the device: its counter is behind
    visitor, answer = try_in(site, device)
    assert answer.status_code == 422
    assert visitor.get("/account").status_code == 303


def test_an_answer_cannot_be_sent_again(site):
    _, device = with_passkey(site)
    visitor = site.visitor()
    credential = device.get(options_on(visitor.get("/sign-in")))
    assert visitor.post("/sign-in/passkey", credential=credential).status_code == 303
    for again in (visitor, site.visitor()):
        again.post("/sign-out")
        again.get("/sign-in")
        assert again.post("/sign-in/passkey", credential=credential).status_code == 422


def test_an_answer_to_one_ceremony_is_none_to_another(site):
    visitor, device = with_passkey(site)
    later(site.gate, minutes=11)
    credential = device.get(options_on(site.visitor().get("/sign-in")))
    visitor.get("/account/step-up")
    assert visitor.post("/account/step-up/passkey", credential=credential).status_code == 422


def test_another_persons_passkey_is_no_second_factor(site):
    _, theirs = with_passkey(site, WANG, "Chen Jing")
    mine, own = with_passkey(site)
    later(site.gate, minutes=11)
    options = options_on(mine.get("/account/step-up"))
    assert mine.post("/account/step-up/passkey", credential=theirs.get(options)).status_code == 422
    assert mine.get("/account/password").location.startswith("/account/step-up")
    assert mine.post("/account/step-up/passkey", credential=own.get(options)).status_code == 303
    visitor = site.visitor()
    visitor.post("/sign-in", email=LI, password=PASSWORD)
    options = options_on(visitor.get("/sign-in/second"))
    refused = visitor.post("/sign-in/second/passkey", credential=theirs.get(options))
    assert refused.status_code == 422
    assert visitor.get("/account").status_code == 303


def test_a_passkey_belongs_to_one_person(site):
    _, device = with_passkey(site)
    enrol(site.gate, WANG, "Chen Jing")
    visitor = site.visitor()
    visitor.enter(WANG)
    options = options_on(visitor.get("/account/passkeys"))
    again = visitor.post("/account/passkeys", name="电脑", credential=device.create(options))
    assert again.status_code == 422


def test_another_persons_passkey_cannot_be_removed(site):
    with_passkey(site)
    enrol(site.gate, WANG, "Chen Jing")
    visitor = site.visitor()
    visitor.enter(WANG)
    assert visitor.get("/account/passkeys/1/remove").location == "/account"
    visitor.post("/account/passkeys/1/remove")
    with site.gate.reading():
        assert len(site.gate.user(find_user(site.gate, LI).user_id).keys) == 1


def test_an_ended_users_passkey_opens_nothing(site):
    from ledger.signin import enrolling

    _, device = with_passkey(site)
    enrolling.end_user(site.gate, find_user(site.gate, LI).user_id)
    assert try_in(site, device)[1].status_code == 422


@pytest.mark.parametrize(
    "credential",
    ["", "{}", "[]", "null", "1", '"x"', '{"id":"x","rawId":"x","type":"public-key","response":{}}',
     '{"id":1}', "{" * 2000, '{"id":"eA","rawId":"eA","type":"public-key","response":null}', "\0"],
)  # fmt: skip
@pytest.mark.parametrize(
    "address", ["/sign-in/passkey", "/account/step-up/passkey", "/account/passkeys"]
)
def test_what_no_browser_sends_is_refused(site, address, credential):
    enrol(site.gate)
    visitor = site.visitor()
    if address.startswith("/account"):
        visitor.enter()
    response = visitor.post(address, credential=credential, name="x")
    assert response.status_code == 422


def test_an_answer_that_is_too_long_is_refused(site):
    visitor = site.visitor()
    long = "x" * (passkeys.CREDENTIAL_MAX + 1)
    assert visitor.post("/sign-in/passkey", credential=long).status_code == 422


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "电脑"])
def test_a_passkeys_name_is_ones_own(site, name):
    visitor, _ = with_passkey(site)
    options = options_on(visitor.get("/account/passkeys"))
    credential = Authenticator().create(options)
    assert visitor.post("/account/passkeys", name=name, credential=credential).status_code == 422
