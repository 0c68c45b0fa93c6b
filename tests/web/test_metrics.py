"""Figures for whoever watches over the service, and for nobody else."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from ledger.app import create_app
from tests.web.samples import FakeServices, Settings

TOKEN = "correct-horse-battery-staple"
ROOT = Path(__file__).resolve().parents[2]


def make(**changes: object) -> Flask:
    return create_app(dataclasses.replace(Settings(), **changes), FakeServices())


def ask(app: Flask, address: str = "127.0.0.1", **headers: str) -> TestResponse:
    return app.test_client().get(
        "/metrics", environ_overrides={"REMOTE_ADDR": address}, headers=headers
    )


def figures(response: TestResponse) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(response.text):
        for one in family.samples:
            found.setdefault(one.name, {})[tuple(one.labels.values())] = one.value
    return found


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("10.20.3.4", {}, 200),
        ("10.21.0.1", {}, 404),
        ("203.0.113.1", {}, 404),
        ("", {}, 404),
        ("203.0.113.1", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("203.0.113.1", {"Authorization": f"bearer {TOKEN}"}, 404),
        ("203.0.113.1", {"Authorization": "Bearer "}, 404),
        ("203.0.113.1", {"Authorization": "Bearer é"}, 404),
        # Nobody told us of the proxy that wrote these: its own address means nothing.
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.1"}, 404),
    ],
)
def test_they_are_for_set_addresses_and_the_token(address, headers, status):
    app = make(
        metrics_addresses=(ip_network("127.0.0.1/32"), ip_network("10.20.0.0/16")),
        metrics_token=TOKEN,
    )
    response = ask(app, address, **headers)
    assert response.status_code == status
    assert ("mingzhang_" in response.text) == (status == 200)


def test_without_a_token_no_token_is_right():
    for given in ("", "Bearer ", "Bearer None"):
        assert ask(make(), "203.0.113.1", Authorization=given).status_code == 404


def test_behind_a_proxy_the_asking_address_counts():
    app = make(proxies=1)
    assert ask(app, "127.0.0.1", **{"X-Forwarded-For": "203.0.113.1"}).status_code == 404
    assert ask(app, "10.0.0.1", **{"X-Forwarded-For": "127.0.0.1"}).status_code == 200


def test_requests_are_counted_by_face_and_nothing_that_a_sender_chooses():
    app = make()
    client = app.test_client()
    for path in (
        "/",
        "/en/",
        "/no-such-page",
        "/api/v1/none",
        "/log/qinghe/checkpoint",
        "/desk/x",
        "/static/none",
    ):
        client.get(path)
    client.open("/", method="PROPFIND")
    client.get("/", headers={"Host": "evil.example"})
    counted = figures(ask(app))["mingzhang_requests_total"]
    assert counted["public", "GET", "2xx"] == 2
    assert counted["public", "GET", "4xx"] == 2
    assert counted["public", "other", "4xx"] == 1
    assert counted["log", "GET", "2xx"] == 1
    assert counted["desk", "GET", "4xx"] == 1
    labels = {label for key in counted for label in key}
    assert labels <= {
        "public",
        "api",
        "log",
        "desk",
        "static",
        "GET",
        "other",
        "2xx",
        "4xx",
        "3xx",
    }


def test_the_ledger_tells_how_far_it_is():
    services = FakeServices()
    services.checkpoint = lambda slug: b"origin\n%d\nroot\n" % len(slug)  # type: ignore[method-assign]
    found = figures(ask(create_app(Settings(), services)))
    assert found["mingzhang_ready"][()] == 1
    assert found["mingzhang_entries"] == {("qinghe",): 6, ("new",): 3}


def test_a_service_that_is_not_ready_says_so():
    app = create_app(Settings(), FakeServices(problems=["The signing key of qinghe is missing."]))
    assert figures(ask(app))["mingzhang_ready"][()] == 0


PROGRAM = """
from tests.web.test_metrics import make, ask
app = make()
app.test_client().get("/")
ask(app)
print(ask(app).text)
"""


def test_workers_are_counted_together(tmp_path: Path):
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    texts = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    wanted = 'mingzhang_requests_total{face="public",method="GET",status="2xx"} '
    counts = [
        line.removeprefix(wanted)
        for text in texts
        for line in text.splitlines()
        if line.startswith(wanted)
    ]
    # The second worker sees the first one's page and two looks at the figures beside its own.
    assert counts == ["2.0", "5.0"]
    for text in texts:
        names = [family.name for family in text_string_to_metric_families(text)]
        assert len(names) == len({*names})
