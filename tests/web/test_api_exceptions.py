"""Exceptions and the day for machines: read with a token, worked on and proposed with another, closed by none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ledger.db import Database
from ledger.settings import load_settings
from ledger.wiring import Ledger as Wired
from tests.db import ledgers
from tests.db.exceptions import attach, found, item, overdue, raise_it
from tests.web.machines import make_app, new_token


class Machine:
    """An app over a ledger with one exception, and tokens of the finance officer."""

    def __init__(self, database: Database, home: Path) -> None:
        settings = load_settings({"LEDGER_HOME": str(home)})
        self.ledger = ledgers.new_ledger(database, settings.keys)
        self.number = raise_it(self.ledger, found(amount=90))
        wired = Wired(settings, database, self.ledger.sequencer, self.ledger.clock)
        self.tokens = {
            scope: new_token(wired, self.ledger.fund, "Li", scope)
            for scope in ("read", "propose", "gifts")
        }
        self.client = make_app(wired).test_client()

    def call(self, method: str, path: str, scope: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.tokens[scope]}", **more.pop("headers", {})}
        return self.client.open(
            f"/api/v1/funds/qinghe/{path}", method=method, headers=headers, **more
        )

    def post(self, path: str, key: str = "", **body: Any) -> TestResponse:
        headers = {"Idempotency-Key": key} if key else {}
        return self.call("POST", path, "propose", json=body, headers=headers)


@pytest.fixture
def machine(database: Database, tmp_path: Path) -> Machine:
    return Machine(database, tmp_path)


def test_exceptions_are_read_with_their_ages(machine: Machine) -> None:
    answer = machine.call("GET", "exceptions", "read").get_json()
    (one,) = answer["exceptions"]
    shown = machine.call("GET", f"exceptions/{machine.number}", "read").get_json()
    assert shown == {**one, "thread": [], "evidence": []}
    assert (one["kind"], one["state"], one["amount"], one["blocks"]) == (
        "unknown_receipt",
        "open",
        90,
        False,
    )
    assert [row["bracket"] for row in answer["ageing"]] == ["0-7"]
    assert answer["after"] is None
    for asked in (
        "kind=missing_gift",
        "state=resolved",
        f"after={machine.number}",
        "overdue=true",
    ):
        assert machine.call("GET", f"exceptions?{asked}", "read").get_json()["exceptions"] == []


def test_the_day_says_whether_everything_is_explained(machine: Machine) -> None:
    day = machine.call("GET", "day", "read").get_json()
    assert (day["day"], day["explained"], day["unexplained"]) == ("2026-10-09", True, [])
    raise_it(machine.ledger, found("extra_gift", "gift/1", 30))
    day = machine.call("GET", "day?date=2026-10-08", "read").get_json()
    assert (day["explained"], day["unexplained"]) == (
        False,
        [{"commodity": "CNY", "amount": 30}],
    )
    assert day["exceptions"]["open"] == 2


def test_steps_are_taken_and_stand_in_the_thread(machine: Machine) -> None:
    path = f"exceptions/{machine.number}"
    owner = machine.ledger.member("Li").member_id
    assert machine.post(f"{path}/step", step="assigned", value=owner).get_json()["owner"] == owner
    assert machine.post(f"{path}/step", step="note", text="two\nlines").status_code == 200
    thread = machine.call("GET", path, "read").get_json()["thread"]
    assert [(one["step"], one["text"]) for one in thread] == [
        ("assigned", ""),
        ("note", "two\nlines"),
    ]


def test_a_cause_is_proposed_once_for_a_key(machine: Machine) -> None:
    path = f"exceptions/{machine.number}/resolution"
    first = machine.post(path, "k1", reason="A fee that came back.")
    assert first.status_code == 201, first.text
    again = machine.post(path, "k1", reason="A fee that came back.")
    assert again.get_json() == first.get_json()
    assert machine.post(path, "k1", reason="Something else.").status_code == 409
    assert machine.post(path, "k2", reason="A fee that came back.").status_code == 422
    assert item(machine.ledger, machine.number).state == "proposed"


def test_a_write_off_is_proposed_for_what_is_overdue(machine: Machine) -> None:
    number = overdue(machine.ledger)
    path = f"exceptions/{number}/write-off"
    assert machine.post(path, "k1", reason="Gone.").status_code == 422  # without evidence
    attach(machine.ledger, number)
    made = machine.post(path, "k1", reason="Gone.").get_json()
    assert (made["kind"], made["needed"]) == ("write-off", ["controller", "approver"])
    other = machine.post(f"exceptions/{machine.number}/write-off", "k2", reason="Gone.")
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("step", {"step": "closed", "text": "x"}, 422),
        ("step", {"step": "note", "text": " "}, 422),
        ("step", {"step": "note", "text": "x", "more": "y"}, 422),
        ("step", {"step": "resumed"}, 422),
        ("resolution", {"reason": "x"}, 422),  # without a key
    ],
)
def test_what_cannot_be_done_is_refused(
    machine: Machine, path: str, body: dict[str, Any], status: int
) -> None:
    assert machine.post(f"exceptions/{machine.number}/{path}", **body).status_code == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("exceptions?state=x", 422),
        ("exceptions?kind=x", 422),
        ("exceptions?after=x", 422),
        ("exceptions/99999", 404),
        ("day?date=yesterday", 422),
    ],
)
def test_what_is_asked_wrongly_is_refused(machine: Machine, path: str, status: int) -> None:
    assert machine.call("GET", path, "read").status_code == status
    assert machine.call("GET", path, "gifts").status_code == 403
