"""Matches for machines: read with a token, proposed with another, confirmed by none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ledger.db import Database
from ledger.desk.reconcile import reconcile
from ledger.settings import load_settings
from ledger.wiring import Ledger as Wired
from tests.db import ledgers
from tests.web.machines import make_app, new_token


class Machine:
    """An app over a ledger with one match and one suggestion, and tokens of the finance officer."""

    def __init__(self, database: Database, home: Path) -> None:
        settings = load_settings({"LEDGER_HOME": str(home)})
        self.ledger = ledgers.new_ledger(database, settings.keys)
        ledgers.give(self.ledger, ledgers.gift("a", 4000))
        lines = [
            ledgers.settlement_line(f"STATEMENT-{at}", 1000, payout_fee=fee)
            for at, fee in ((1, 0), (2, -50))
        ]
        ledgers.settle(self.ledger, *lines)
        ledgers.bank_line(self.ledger, 500, "STATEMENT-1")
        ledgers.bank_line(self.ledger, 450, "STATEMENT-2")
        reconcile(self.ledger.sequencer, self.ledger.fund)
        wired = Wired(settings, database, self.ledger.sequencer, self.ledger.clock)
        self.tokens = {
            scope: new_token(wired, self.ledger.fund, "Li", scope)
            for scope in ("read", "propose", "gifts")
        }
        self.client = make_app(wired).test_client()

    def call(self, method: str, path: str, scope: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.tokens[scope]}", **more.pop("headers", {})}
        address = f"/api/v1/funds/qinghe/{path}"
        return self.client.open(address, method=method, headers=headers, **more)


@pytest.fixture
def machine(database: Database, tmp_path: Path) -> Machine:
    return Machine(database, tmp_path)


def test_matches_and_suggestions_are_read(machine: Machine) -> None:
    [found] = machine.call("GET", "matches?state=confirmed", "read").get_json()["matches"]
    shown = machine.call("GET", "matches/1", "read").get_json()
    assert shown == found
    assert (shown["pass"], shown["state"], shown["amount_minor"]) == (
        "reference",
        "confirmed",
        500,
    )
    assert shown["parts"][0]["expectation"] == "settlement/Kuaishou/STATEMENT-1"
    [suggested] = machine.call("GET", "matches", "read").get_json()["matches"]
    assert (suggested["pass"], suggested["adjustment_minor"]) == ("tolerance", -50)
    assert machine.call("GET", "matches?state=released", "read").get_json() == {"matches": []}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("matches?state=x", 422),
        ("matches?step=R1", 422),
        ("matches?below=x", 422),
        ("matches/9", 404),
    ],
)
def test_what_is_not_there_is_said(machine: Machine, path: str, status: int) -> None:
    assert machine.call("GET", path, "read").status_code == status


def test_a_token_for_something_else_reads_and_proposes_nothing(machine: Machine) -> None:
    assert machine.call("GET", "matches", "gifts").status_code == 403
    body = {"release": "1", "reason": "the wrong line"}
    key = {"Idempotency-Key": "k1"}
    sent = machine.call("POST", "decisions/match", "read", json=body, headers=key)
    assert sent.status_code == 403


def test_a_release_and_an_adjustment_are_proposed(machine: Machine) -> None:
    body = {"release": "1", "reason": "the wrong line"}
    sent = machine.call(
        "POST", "decisions/match", "propose", json=body, headers={"Idempotency-Key": "k1"}
    )
    assert sent.status_code == 201
    assert sent.get_json()["content"] == {"release": 1, "reason": "the wrong line"}
    [suggested] = machine.call("GET", "matches", "read").get_json()["matches"]
    body = {"suggestion": suggested["suggestion"], "reason": "rounded"}
    sent = machine.call(
        "POST", "decisions/adjustment", "propose", json=body, headers={"Idempotency-Key": "k2"}
    )
    assert sent.status_code == 201
    assert sent.get_json()["needed"] == ["controller"]
