"""Who asks too often is told how long to wait; and no limit ever loses a gift."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from ledger.clock import FixedClock
from ledger.db import Database
from ledger.limits import rules
from ledger.web import limits
from ledger.web.limits import address_key, rules_of, takes_gifts
from tests.signin.gates import LI, enrol, later
from tests.signin.sites import Site, new_site
from tests.web.machines import GIFT, Machines, machines
from tests.web.test_webhooks import keep_secrets, kuaishou, push_kuaishou


@pytest.fixture
def site(migrated_sqlite: Path, clock: FixedClock, tmp_path: Path) -> Iterator[Site]:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    database = Database(f"sqlite:///{file}")
    opened = new_site(database, clock, tmp_path)
    enrol(opened.gate)
    yield opened
    database.close()


@pytest.fixture
def api(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Machines]:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    opened = machines(Database(f"sqlite:///{file}"), tmp_path)
    keep_secrets(opened)
    yield opened
    opened.close()


def few(monkeypatch: pytest.MonkeyPatch, name: str, most: int = 3) -> None:
    """Make a rule small, so that a test need not ask a thousand times."""
    rule: rules.Rule = getattr(rules, name)
    items = tuple(type(item)(most, namespace=item.namespace) for item in rule.items)
    monkeypatch.setattr(rules, name, rule._replace(items=items))


def is_refused(response: TestResponse) -> bool:
    if response.status_code != 429:
        return False
    assert 1 <= int(response.headers["Retry-After"]) <= 7_200
    assert response.headers["Cache-Control"] == "no-store"
    return True


# --- which rule ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        ("GET", "/", ["pages"]),
        ("GET", "/en/funds/qinghe", ["pages"]),
        ("GET", "/no-such-page", ["pages"]),
        ("POST", "/sign-in", ["sign-in"]),
        ("POST", "/en/sign-in/second", ["sign-in"]),
        ("POST", "/sign-in/oidc", ["sign-in"]),
        ("GET", "/sign-in", ["signed-in"]),
        ("POST", "/reset", ["mails"]),
        ("GET", "/reset/key", ["links"]),
        ("POST", "/en/reset/key", ["links"]),
        ("GET", "/invitation/key", ["links"]),
        ("POST", "/account/step-up", ["step-up"]),
        ("POST", "/account/password", ["changing"]),
        ("GET", "/account", ["signed-in"]),
        ("GET", "/desk/qinghe/", ["signed-in"]),
        ("POST", "/desk/qinghe/decisions/1/approve", ["signed-in", "changing"]),
        ("GET", "/api/v1/funds", ["pages"]),
        ("POST", "/api/v1/funds/qinghe/gifts", []),
        ("POST", "/webhooks/kuaishou/qinghe:Kuaishou", []),
        ("GET", "/log/qinghe/tile/0/000", []),
        ("GET", "/static/mingzhang.css", []),
        ("GET", "/healthz", []),
        ("GET", "/funds/qinghe/totals.json", []),
        ("POST", "/funds/qinghe/totals.json", ["pages", "questions"]),
        ("GET", "/desk/qinghe/totals.json", ["signed-in"]),
    ],
)
def test_each_address_has_its_rules(method, path, names):
    assert [rule.name for rule in rules_of(method, path, token=False)] == names


def test_the_interface_is_counted_by_token_too():
    names = [rule.name for rule in rules_of("GET", "/api/v1/funds", token=True)]
    assert names == ["pages", "reading"]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_an_ipv6_subscriber_is_counted_once(address, key):
    assert address_key(address) == key


# --- people ----------------------------------------------------------------------------------------


def test_passwords_are_tried_so_often_from_one_address(site, monkeypatch):
    few(monkeypatch, "SIGN_IN")
    visitor, other = site.visitor(), site.visitor(REMOTE_ADDR="192.0.2.8")
    tries = [
        visitor.post("/sign-in", email=f"x{at}@example.com", password="wrong") for at in range(4)
    ]
    assert [is_refused(one) for one in tries] == [False, False, False, True]
    assert "来得太密" in tries[-1].text
    assert not is_refused(other.post("/sign-in", email=LI, password="wrong"))
    assert visitor.get("/").status_code == 200


def test_second_factors_are_shown_so_often_by_one_user_wherever_they_are(site, monkeypatch):
    visitor, elsewhere = site.visitor(), site.visitor(REMOTE_ADDR="198.51.100.1")
    visitor.enter()
    later(site.gate, seconds=30)  # a code is taken once
    elsewhere.enter()
    few(monkeypatch, "STEP_UP", 2)
    answers = [
        one.post("/account/step-up", code="000000")
        for one in (visitor, elsewhere, visitor, elsewhere)
    ]
    assert [is_refused(one) for one in answers] == [False, False, True, True]


def test_links_cannot_be_guessed_at_speed(site, monkeypatch):
    few(monkeypatch, "LINKS")
    visitor = site.visitor()
    answers = [
        visitor.get(f"/{kind}/guess{at}") for kind in ("invitation", "reset") for at in range(2)
    ]
    assert [is_refused(one) for one in answers] == [False, False, False, True]


def test_a_program_gets_a_document(site, monkeypatch):
    few(monkeypatch, "PAGES")
    client = site.app.test_client()
    answers = [client.get("/api/v1/funds") for _ in range(4)]
    assert is_refused(answers[-1])
    document = json.loads(answers[-1].data)
    assert document["type"] == "/problems/too-often"
    assert document["status"] == 429


def test_a_crowd_behind_one_address_is_let_in(site):
    """Three thousand telephones of one carrier follow a link within a minute."""
    client = site.app.test_client()
    counts = site.app.extensions[limits.EXTENSION]
    for _ in range(3_000):
        assert counts.hit(rules.PAGES, "192.0.2.200") is None
    assert client.get("/", environ_overrides={"REMOTE_ADDR": "192.0.2.200"}).status_code == 200


def test_visitors_behind_a_proxy_that_nobody_set_are_not_counted_as_one(site, monkeypatch):
    few(monkeypatch, "PAGES")
    client = site.app.test_client()

    def ask(address: str, **headers: str) -> TestResponse:
        return client.get("/", environ_overrides={"REMOTE_ADDR": address}, headers=headers)

    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    for address in ("127.0.0.1", "10.0.0.3", "unix:"):
        assert not any(is_refused(ask(address, **forwarded)) for _ in range(6))
    # Whoever comes from outside and writes that header by themselves is counted all the same.
    assert is_refused([ask("8.8.8.8", **forwarded) for _ in range(4)][-1])
    assert is_refused([ask("127.0.0.1") for _ in range(4)][-1])


# --- machines --------------------------------------------------------------------------------------


def gift(at: int) -> dict[str, object]:
    return {**GIFT, "id": f"gift-{at}"}


def test_right_calls_are_never_refused_however_many_wrong_ones_came(api, monkeypatch):
    few(monkeypatch, "WRONG_KEYS")
    wrong = [api.post(gift(at), token="wrong") for at in range(6)]
    assert [is_refused(one) for one in wrong] == [False] * 3 + [True] * 3
    assert wrong[0].status_code == 401
    assert wrong[-1].content_type == "application/problem+json"
    for at in range(20):
        assert api.post(gift(at)).status_code == 201
    # Also those that do not pass by the app: another content type, a key, an address without a channel.
    unusual = api.client.post(
        "/api/v1/funds/qinghe/gifts?channel=Own&unusual",
        json=gift(99),
        headers={"Authorization": f"Bearer {api.token}"},
    )
    assert unusual.status_code == 201


def test_right_deliveries_are_never_refused_nor_counted(api, monkeypatch):
    for name in ("PAGES", "WRONG_KEYS", "READING"):
        few(monkeypatch, name)
    wrong = [
        api.client.post(
            "/webhooks/kuaishou/qinghe:Kuaishou", data=b"{}", headers={"sign": "wrong"}
        )
        for _ in range(6)
    ]
    assert [one.status_code for one in wrong[:3]] == [401, 401, 401]
    assert all(is_refused(one) for one in wrong[3:])
    # The platform's own "not taken" is still in the answer.
    assert wrong[-1].json["type"] == "/problems/too-often"
    assert wrong[-1].json.keys() >= wrong[0].json.keys() - {"errors"}
    assert "errorMsg" in wrong[-1].json
    answers = []
    for at in range(10):
        body = kuaishou(uniqueNo=f"n-{at}")
        answers.append(push_kuaishou(api, body))
    assert [one.status_code for one in answers] == [200] * 10


def test_every_way_in_for_gifts_is_known(api):
    """Whatever is added below these addresses later is either counted or a way in for gifts."""
    ways = {
        rule.rule
        for rule in api.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and takes_gifts("POST", rule.rule)
    }
    assert ways == {"/api/v1/funds/<fund>/gifts", "/webhooks/<source>/<fund>:<channel>"}
