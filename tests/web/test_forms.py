"""Forms: only our own pages send them, and none that has expired is lost."""

from __future__ import annotations

import html
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from ledger.clock import FixedClock
from ledger.db import Database
from ledger.signin.browser import BrowserSession
from ledger.web import limits
from ledger.web.forms import MACHINES, WITHOUT_SESSION, kept_fields
from ledger.web.uploads import takes_files
from tests.signin.gates import LI, PASSWORD, enrol, later
from tests.signin.sites import HOST, Site, Visitor, new_site

HERE = f"https://{HOST}"


@pytest.fixture
def site(migrated_sqlite: Path, clock: FixedClock, tmp_path: Path) -> Iterator[Site]:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    database = Database(f"sqlite:///{file}")
    opened = new_site(database, clock, tmp_path)
    enrol(opened.gate)
    yield opened
    database.close()


def send(visitor: Visitor, path: str, fields: object, **headers: str) -> TestResponse:
    given = {"Accept": "text/html", "Referer": f"{HERE}/sign-in", **headers}
    return visitor.client.post(
        path, base_url=HERE, data=fields, headers=given, environ_overrides=visitor.environ
    )


def fields_of(page: TestResponse) -> list[tuple[str, str]]:
    """Return what the form of a page would send."""
    form = re.search(r"<form.*?</form>", page.text, re.DOTALL)
    assert form, page.text
    found = []
    for tag in re.findall(r"<input[^>]*>", form[0]):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        found.append((html.unescape(given["name"]), html.unescape(given.get("value", ""))))
    return found


def test_every_address_that_takes_a_form_asks_for_its_key(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the app, whatever is added to it later: what is no machine's refuses a form without its key."""
    monkeypatch.setattr(limits, "rules_of", lambda *_args, **_more: ())
    visitor = site.visitor()
    visitor.enter()
    asked = 0
    for rule in site.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            if rule.rule.startswith(MACHINES) or rule.endpoint in WITHOUT_SESSION:
                continue
            # As long as the address asks for: what finds no view at all is asked for no key.
            path = re.sub(
                r"<(?:string\(length=(\d+)\):)?[^>]+>",
                lambda part: "1" * int(part[1] or 1),
                rule.rule,
            )
            response = visitor.client.open(
                path,
                method=method,
                base_url=HERE,
                data={"a": "b"},
                headers={"Accept": "application/json"},
                environ_overrides=visitor.environ,
            )
            assert (response.status_code, response.json["type"]) == (
                400,
                "/problems/form-expired",
            ), path
            asked += 1
    assert asked > 20


def test_no_address_of_machines_reads_a_session(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are left out of all this because a cookie does nothing there."""
    visitor = site.visitor()
    visitor.enter()

    def refuse(_: object) -> None:
        raise AssertionError("a session was read")

    monkeypatch.setattr(BrowserSession, "_load", refuse)
    site.app.config["PROPAGATE_EXCEPTIONS"] = True
    asked = 0
    for rule in site.app.url_map.iter_rules():
        if not rule.rule.startswith(MACHINES):
            continue
        path = re.sub(r"<(?:int[^:]*:)?[^>]+>", "1", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            for headers in ({}, {"Authorization": "Bearer x"}):
                visitor.client.open(
                    path,
                    method=method,
                    base_url=HERE,
                    headers=headers,
                    environ_overrides=visitor.environ,
                )
                asked += 1
    assert asked > 10


@pytest.mark.parametrize("path", ["/sign-in", "/en/sign-in"])
def test_an_expired_form_is_shown_again_and_can_be_sent_again(site: Site, path: str) -> None:
    visitor = site.visitor()
    key = visitor.form_key()
    later(site.gate, minutes=45)  # the session that it belonged to has ended
    typed = {"csrf_token": key, "email": LI, "password": PASSWORD, "next": "/account?a=<b>&c"}
    page = send(visitor, path, typed)
    assert page.status_code == 400
    assert page.headers["Cache-Control"] == "no-store"
    assert PASSWORD not in page.text
    again = fields_of(page)
    assert [name for name, _ in again] == ["csrf_token", "email", "password", "next"]
    kept = dict(again)
    assert (kept["email"], kept["next"], kept["password"]) == (LI, "/account?a=<b>&c", "")
    assert kept["csrf_token"] != key
    done = send(visitor, path, {**kept, "password": PASSWORD})
    assert (done.status_code, done.location) == (303, f"{path}/second")


def test_a_page_from_the_browsers_own_history_works_until_the_session_ends(site: Site) -> None:
    visitor = site.visitor()
    key = visitor.form_key()
    later(site.gate, minutes=29)
    assert (
        send(
            visitor, "/sign-in", {"csrf_token": key, "email": LI, "password": PASSWORD}
        ).status_code
        == 303
    )


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        (f"{HERE}/account?a=1", "/account?a=1"),
        (f"{HERE}", "/sign-out"),
        (f"{HERE}//evil.example/x", "/sign-out"),
        ("", "/sign-out"),
    ],
)
def test_one_can_go_back_to_where_the_form_stood(site: Site, referrer: str, back: str) -> None:
    headers = {"Referer": referrer, "Sec-Fetch-Site": "same-origin"}
    page = send(site.visitor(), "/sign-out", {"a": "b"}, **headers)
    assert f'<a href="{back}">回到原来的页面</a>' in page.text


def test_several_values_of_one_field_are_all_kept(site: Site) -> None:
    visitor = site.visitor()
    visitor.enter()
    typed = [("role", "finance"), ("role", "operator"), ("note", "第一行\n第二行"), ("note", "")]
    page = send(visitor, "/sign-out?x=1", _urlencoded(typed), **_FORM)
    assert page.status_code == 400
    assert [pair for pair in fields_of(page) if pair[0] != "csrf_token"] == typed
    assert 'action="/sign-out?x=1"' in page.text


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _urlencoded(pairs: list[tuple[str, str]]) -> bytes:
    from urllib.parse import urlencode

    return urlencode(pairs).encode()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": HERE}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"https://{HOST}.evil.example"}, 403),
        ({"Referer": "https://evil.example/"}, 400),
        ({"Referer": ""}, 400),
        ({"Referer": "https://evil.example/", "Sec-Fetch-Site": "none"}, 400),
    ],
)
@pytest.mark.parametrize("with_key", [True, False])
def test_what_another_site_sends_is_refused_and_never_offered_again(
    site: Site, headers: dict[str, str], status: int, with_key: bool
) -> None:
    """A page of ours that offered to send it again would undo the whole check with one click. A right key (which no
    other site can have) does not help either.
    """
    visitor = site.visitor()
    visitor.enter()
    key = visitor.form_key() if with_key else "wrong"
    page = send(visitor, "/sign-out", {"csrf_token": key, "amount": "1000000"}, **headers)
    assert page.status_code == status
    assert "<form" not in page.text
    assert "1000000" not in page.text
    assert visitor.get("/account").status_code == 200


def test_files_are_not_kept_and_that_is_said(site: Site) -> None:
    visitor = site.visitor()
    page = send(visitor, "/sign-in", {"note": "x", "file": (io.BytesIO(b"abc"), "a.csv")})
    assert page.status_code == 400
    assert "文件没有留下来" in page.text
    assert "<button" not in page.text


def test_a_very_long_form_is_not_shown_again(site: Site) -> None:
    page = send(site.visitor(), "/sign-in", {"note": "x" * 70_000})
    assert page.status_code == 400
    assert len(page.text) < 10_000


def test_no_secret_comes_back(site: Site) -> None:
    names = [
        "password",
        "new_password",
        "passwd",
        "code",
        "totp-code",
        "recovery_code",
        "secret",
        "token",
        "api_key",
        "otp",
    ]
    assert all(
        one == (one[0], "", True) for one in kept_fields([(name, "s3cret") for name in names])
    )


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=50)), max_size=10))
def test_all_else_does(pairs: list[tuple[str, str]]) -> None:
    kept = kept_fields(pairs)
    assert [one.name for one in kept] == [name for name, _ in pairs if name != "csrf_token"]
    assert all(one.secret or (one.name, one.value) in pairs for one in kept)


BEGUN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A form that is refused half-way leaves its temporary files to the garbage collector."""

# --- sizes -----------------------------------------------------------------------------------------


@pytest.fixture
def taking(site: Site) -> Flask:
    def take() -> str:
        from flask import request

        return str(sum(len(one.read()) for one in request.files.values()) + len(request.form))

    @takes_files
    def take_files() -> str:
        return take()

    site.app.add_url_rule("/takes", "takes", take_files, methods=["POST"])
    site.app.add_url_rule("/plain", "plain", take, methods=["POST"])
    return site.app


@BEGUN
def test_a_form_with_files_may_be_as_large_as_set_and_others_not(
    site: Site, taking: Flask
) -> None:
    visitor = site.visitor()
    large = bytes(2_000_000)
    key = visitor.form_key()
    for path, status in (("/takes", 200), ("/plain", 413)):
        response = send(visitor, path, {"csrf_token": key, "file": (io.BytesIO(large), "a.csv")})
        assert response.status_code == status
    too_large = bytes(21_000_000)
    response = send(visitor, "/takes", {"csrf_token": key, "file": (io.BytesIO(too_large), "a")})
    assert response.status_code == 413


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # what the parser had begun
@pytest.mark.parametrize(
    "fields",
    [
        {f"f{at}": "x" for at in range(300)} | {"file": (io.BytesIO(b"x"), "a")},
        {"long": "x" * 300_000, "file": (io.BytesIO(b"x"), "a")},
        {"long": "x" * 300_000},
        {f"file{at}": (io.BytesIO(b"x"), "a") for at in range(300)},
    ],
    ids=["many-fields", "long-field", "long-form", "many-files"],
)
def test_a_form_has_only_so_many_parts_and_letters(site: Site, taking: Flask, fields) -> None:
    visitor = site.visitor()
    response = send(visitor, "/takes", {**fields, "csrf_token": visitor.form_key()})
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense"),
        ("multipart/form-data", b"--b\r\n"),
        ("multipart/form-data; boundary=" + "b" * 500, b""),
        ("application/x-www-form-urlencoded", b"%ff%fe=%zz&&&==&a"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"+AHs-=1"),
        ("application/json", b"[" * 100_000),
        ("text/plain", b"\0" * 1000),
        ("", b"csrf_token=x"),
    ],
)  # fmt: skip
def test_malformed_forms_are_refused_without_a_fault(
    site: Site, content_type: str, body: bytes
) -> None:
    response = send(site.visitor(), "/sign-in", body, **{"Content-Type": content_type})
    assert response.status_code in {400, 413, 422}
