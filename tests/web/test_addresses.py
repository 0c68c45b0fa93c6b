"""Hosts, proxies and request ids."""

from __future__ import annotations

import dataclasses
import io
import json
import re

import pytest
import structlog
from flask import Flask, request

from ledger.activity import origins
from ledger.app import create_app
from ledger.logs import configure_logs
from tests.web.samples import FakeServices, Settings


def make(**changes: object) -> Flask:
    settings = dataclasses.replace(Settings(), public_host="open.example:8443", **changes)
    app = create_app(settings, FakeServices())
    app.add_url_rule(
        "/who", "who", lambda: {"address": request.remote_addr, "scheme": request.scheme}
    )
    return app


def host(app: Flask, name: str, path: str = "/", **headers: str):
    return app.test_client().get(path, headers={"Host": name, **headers})


@pytest.mark.parametrize(
    "name", ["open.example", "open.example:8443", "open.example:1", "www.example", "localhost:8000", "127.0.0.1"]
)  # fmt: skip
def test_our_own_names_are_answered(name):
    assert host(make(trusted_hosts=("www.example",)), name).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "evil.example", "open.example.evil.example", "xopen.example", "www.open.example", "www.example", "10.0.0.1",
        "", "open.example:99999", "open.example@evil.example", "open.example evil", "[::1]", "[::1",
        "open.example/x", "open.example:8443:1",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/", "/en/funds/qinghe", "/no-such-page", "/api/v1/funds", "/log/qinghe/checkpoint"]
)
def test_any_other_name_gets_a_problem_and_nothing_else(name, path):
    response = host(make(), name, path, Accept="text/html")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert response.json["type"] == "/problems/wrong-host"
    assert response.headers["Cache-Control"] == "no-store"
    assert "明账" not in response.text


def test_a_forwarded_host_is_nobodys_word():
    for app in (make(), make(proxies=1)):
        headers = {"X-Forwarded-Host": "evil.example"}
        body = host(app, "open.example", **headers).text
        assert "evil.example" not in body
        assert host(app, "evil.example", **{"X-Forwarded-Host": "open.example"}).status_code == 400


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.1", "127.0.0.1"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.9, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 198.51.100.9, 203.0.113.1", "198.51.100.9"),
        (2, "203.0.113.1", "127.0.0.1"),  # one of the two did not add anything: nobody is believed
        (1, "", "127.0.0.1"),
    ],
)
def test_an_address_is_what_the_set_number_of_proxies_says(proxies, forwarded, address):
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
    found = host(make(proxies=proxies), "open.example", "/who", **headers).json
    assert found["address"] == address
    assert (found["scheme"] == "https") == (proxies == 1)


def test_each_request_has_an_id_of_its_own():
    client = make().test_client()
    headers = {"Host": "open.example", "X-Request-Id": "mine"}
    ids = [client.get("/", headers=headers).headers.getlist("X-Request-Id") for _ in range(20)]
    assert all(len(one) == 1 and re.fullmatch(r"[a-p]{24}", one[0]) for one in ids)
    assert len({one[0] for one in ids}) == 20


def test_the_id_is_the_same_in_header_problem_page_log_and_record(monkeypatch):
    app = make()
    seen: list[str] = []

    def fail() -> str:
        seen.append(origins.current_id())
        structlog.get_logger("test").warning("something")
        raise RuntimeError("not ours")

    app.add_url_rule("/api/v1/fails", "fails", fail)
    app.add_url_rule("/fails", "fails_page", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    configure_logs("info", "json")
    for path in ("/api/v1/fails", "/fails"):
        response = host(app, "open.example", path, Accept="text/html")
        assert response.status_code == 500
        assert response.headers["X-Request-Id"] == seen[-1]
        assert seen[-1] in response.text
        lines = [json.loads(line) for line in written.getvalue().splitlines()]
        assert lines
        assert {line["request_id"] for line in lines} == {seen[-1]}
        written.truncate(0)
        written.seek(0)
    assert origins.current_id() == ""


def test_nothing_of_a_request_is_left_to_the_next_one():
    app = make()
    with app.test_client() as client:
        client.get("/who", headers={"Host": "open.example"})
    assert origins.current() == origins.Origin()
