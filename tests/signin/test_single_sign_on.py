"""Single sign-on against a provider on this machine: the way in, and every way that is none."""

from __future__ import annotations

import shutil

import pytest
import requests
from joserfc import jwk

from ledger.clock import FixedClock
from ledger.db import Database
from ledger.signin import enrolling
from tests.signin.gates import LI, PASSWORD, WANG, enrol, later
from tests.signin.providers import running
from tests.signin.sites import new_site


@pytest.fixture
def provider():
    with running() as found:
        found.person = {"sub": "county-7", "email": LI, "email_verified": True}
        yield found


@pytest.fixture
def site(provider, migrated_sqlite, clock: FixedClock, tmp_path):
    shutil.copyfile(migrated_sqlite, tmp_path / "ledger.db")
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield new_site(
        database,
        clock,
        tmp_path,
        LEDGER_OIDC_ISSUER=provider.issuer,
        LEDGER_OIDC_NAME="青禾县",
        LEDGER_OIDC_CLIENT_SECRET="shared",
    )
    database.close()


def leave(visitor, **fields):
    """Go to the provider; return where it leads back to."""
    left = visitor.post("/sign-in/single", **fields)
    assert left.status_code == 302, left.text
    back = requests.get(left.location, allow_redirects=False, timeout=5).headers["Location"]
    return back.removeprefix("https://localhost:8000")


def test_it_stands_in_the_place_of_the_password_only(site):
    enrol(site.gate)
    visitor = site.visitor()
    assert "用青禾县登录" in visitor.get("/sign-in").text
    back = visitor.get(leave(visitor, next="/account/codes"))
    assert back.location == "/sign-in/second"
    assert visitor.get("/account").status_code == 303
    entered = visitor.post("/sign-in/second", code=visitor.code())
    assert entered.location == "/account/codes"
    assert visitor.get("/account/codes").status_code == 200


def test_after_the_first_time_only_the_providers_own_id_counts(site, provider):
    enrol(site.gate)
    enrol(site.gate, WANG, "Chen Jing")
    visitor = site.visitor()
    visitor.get(leave(visitor))
    visitor.post("/sign-in/second", code=visitor.code())
    later(site.gate, seconds=60)
    provider.person = {"sub": "county-7", "email": WANG, "email_verified": True}
    again = site.visitor()
    again.get(leave(again))
    assert again.post("/sign-in/second", code=again.code(LI)).status_code == 303
    provider.person = {"sub": "county-8", "email": LI, "email_verified": True}
    other = site.visitor()
    assert other.get(leave(other)).status_code == 401


def test_nothing_is_bound_before_the_second_factor(site, provider):
    enrolled = enrol(site.gate)
    visitor = site.visitor()
    visitor.get(leave(visitor))
    assert visitor.post("/sign-in/second", code="000000").status_code == 422
    with site.gate.reading():
        assert site.gate.user(enrolled.user_id).oidc_subject is None


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "x", "email": "nobody@qinghe.example.com", "email_verified": True},
        {"sub": "x", "email": LI, "email_verified": False},
        {"sub": "x", "email": LI},
        {"sub": "x", "email": LI, "email_verified": "true"},
        {"sub": "x"},
        {"sub": "x", "email": "no address", "email_verified": True},
        {"sub": "x", "email": WANG, "email_verified": True},
    ],
)
def test_who_is_no_user_here_is_refused(site, provider, person):
    enrol(site.gate)
    enrolling.add_user(site.gate, WANG, "Not yet")
    provider.person = person
    visitor = site.visitor()
    refused = visitor.get(leave(visitor))
    assert refused.status_code == 401
    assert "没有通过" in refused.text


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"sub": ""},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_a_token_for_something_else_is_refused(site, provider, claims):
    enrol(site.gate)
    provider.claims = claims
    visitor = site.visitor()
    assert visitor.get(leave(visitor)).status_code == 401
    assert visitor.get("/sign-in/second").location == "/sign-in"


def test_a_token_signed_by_somebody_else_is_refused(site, provider):
    enrol(site.gate)
    provider.signing = jwk.RSAKey.generate_key(2048, {"kid": "1"})
    visitor = site.visitor()
    assert visitor.get(leave(visitor)).status_code == 401


def test_what_comes_back_belongs_to_the_browser_that_left(site):
    enrol(site.gate)
    mine, thief = site.visitor(), site.visitor()
    back = leave(mine)
    thief.get("/sign-in")
    assert thief.get(back).status_code == 401
    assert mine.get(back).status_code == 303
    assert mine.get(back).status_code == 401  # a second time


def test_a_refusal_over_there_is_told_here(site, provider):
    provider.refuses = True
    visitor = site.visitor()
    assert visitor.get(leave(visitor)).status_code == 401


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=y", "?code=x&state=y", "?error=" + "e" * 900]
)
def test_what_nobody_asked_for_is_refused(site, query):
    assert site.visitor().get("/sign-in/single/back" + query).status_code == 401


def test_a_provider_that_is_down_is_told(site, provider):
    down = provider.issuer
    site.app.extensions["sign-in"].single._client.server_metadata = {}
    site.app.extensions["sign-in"].single._client._server_metadata_url = f"{down}/nowhere"
    response = site.visitor().post("/sign-in/single")
    assert response.status_code in {502, 503}


def test_the_password_still_works(site):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.enter(password=PASSWORD)
    assert visitor.get("/account").status_code == 200
