"""The site with its sign-in, over a real ledger."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.app import create_app, doors_of
from ledger.clock import FixedClock
from ledger.db import Database
from ledger.sequencer.groups import Sequencer
from ledger.signin.enrolling import next_code
from ledger.signin.gate import Gate
from ledger.web.signin.door import gate_of
from ledger.wiring import Ledger
from tests.signin.gates import CHEAP, LI, PASSWORD, settings_at
from tests.web.samples import FakeServices

HOST = "localhost:8000"


@dataclass
class Site:
    """An app, and what is behind it."""

    app: Flask
    gate: Gate
    ledger: Ledger

    def visitor(self, **environ: str) -> Visitor:
        client = self.app.test_client()
        return Visitor(self, client, {"REMOTE_ADDR": "192.0.2.7", **environ})


@dataclass
class Visitor:
    """A browser: keeps cookies, and sends the key of the form that it saw last."""

    site: Site
    client: FlaskClient
    environ: dict[str, str]

    def get(self, address: str, **headers: str) -> TestResponse:
        return self.client.get(
            address,
            base_url=f"https://{HOST}",
            headers={"Accept": "text/html", **headers},
            environ_overrides=self.environ,
        )

    def post(self, address: str, key: str | None = None, **fields: str) -> TestResponse:
        """Send a form with a key of this session."""
        return self.client.post(
            address,
            base_url=f"https://{HOST}",
            data={"csrf_token": key or self.form_key(), **fields},
            headers={
                "Accept": "text/html",
                "Origin": f"https://{HOST}",
                "Referer": f"https://{HOST}/",
            },
            environ_overrides=self.environ,
        )

    def form_key(self) -> str:
        page = self.get("/sign-in")
        if page.status_code == 303:
            page = self.get("/account")
        return form_key_of(page)

    @property
    def cookie(self) -> str | None:
        found = self.client.get_cookie("__Host-mz", domain="localhost")
        return found.value if found else None

    def bring(self, value: str) -> None:
        """Hold a cookie, wherever it came from."""
        self.client.set_cookie("__Host-mz", value, domain="localhost", secure=True, httponly=True)

    def enter(self, email: str = LI, password: str = PASSWORD, going_to: str = "") -> TestResponse:
        """Sign in by password and the next code."""
        first = self.post("/sign-in", email=email, password=password, next=going_to)
        assert (first.status_code, first.location) == (303, "/sign-in/second"), first.text
        return self.post("/sign-in/second", code=self.code(email))

    def code(self, email: str = LI) -> str:
        with self.site.gate.reading():
            user_id = self.site.gate.user_by_email(email).user_id
        return next_code(self.site.gate, user_id)


def form_key_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def new_site(database: Database, clock: FixedClock, home: Path, **more: str) -> Site:
    settings = settings_at(home, **more)
    ledger = Ledger(settings, database, Sequencer(database, settings.keys, clock), clock)
    app = create_app(settings, FakeServices(), doors_of(ledger, cost=CHEAP))
    return Site(app, gate_of(app), ledger)
