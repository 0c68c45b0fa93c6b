"""Decisions and people over the interface: what a token opens, what it never does, and how it ends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from ledger.db import Database
from ledger.desk import actions
from ledger.factors import FreshFactor
from ledger.funds import history, members, tokens
from ledger.funds.booking import NewAccount, open_account
from ledger.funds.members import SETUP
from tests.web.machines import (
    GIFT,
    Machines,
    enrol_member,
    machines,
    new_token,
    open_fund,
    remove_later,
)

TRANSFER = {"from": "CCB", "to": "Main", "amount": "340.00", "reference": "QH-T14-2026"}
MONTH = {"month": "2026-09"}
RATE = {"unit": "DYCOIN", "units": 10, "worth": "1.00", "from": "2026-10-01T00:00:00+08:00"}
REASONED = {**MONTH, "reason": "The books of a test hold no bank files."}
PROPOSALS = {"transfer": TRANSFER, "close": REASONED, "rate": RATE}


@pytest.fixture
def api(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Machines]:
    shutil.copyfile(migrated_sqlite, tmp_path / "ledger.db")
    opened = machines(Database(f"sqlite:///{tmp_path / 'ledger.db'}"), tmp_path)
    ledger, fund = opened.ledger, opened.fund
    for stage, name, number, held in (
        ("bank", "CCB", "1001", 50_000),
        ("fund", "Main", "1002", 0),
    ):
        new = NewAccount(stage, name, number, "CNY", held)
        open_account(ledger.sequencer, ledger.clock, fund, new)
    for name, roles in (
        ("Wang", "finance"),
        ("Chen", "approver,controller"),
        ("Zhou", "administrator"),
        ("Sun", "auditor"),
    ):
        enrol_member(ledger.sequencer, fund, name, roles)
    opened.token = new_token(ledger, fund, "Wang", "propose", "read")
    yield opened
    opened.close()


def ask(
    api: Machines,
    path: str,
    body: object = None,
    *,
    token: str | None = None,
    key: str | None = "k-1",
    fund: str = "qinghe",
) -> TestResponse:
    headers = {"Authorization": f"Bearer {token or api.token}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    address = f"/api/v1/funds/{fund}/{path}"
    if body is None:
        return api.client.get(address, headers=headers)
    return api.client.post(address, json=body, headers=headers)


def kind_of(answer: TestResponse) -> tuple[int, str]:
    """Return status and kind of a problem."""
    document: Any = answer.json
    return answer.status_code, document["type"].rpartition("/")[2]


def approve(api: Machines, number: int, name: str = "Chen") -> None:
    fresh = FreshFactor("totp", api.clock.now())
    with api.ledger.database.reading() as connection:
        member = history.member(connection, api.fund.fund_id, name)
    actions.approve(api.ledger.sequencer, api.fund, member.member_id, number, 1, fresh)


# --- proposing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PROPOSALS)
def test_a_machine_proposes_and_a_person_approves(api: Machines, kind: str) -> None:
    made = ask(api, f"decisions/{kind}", PROPOSALS[kind])
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == "/api/v1/funds/qinghe/decisions/1"
    found: Any = made.json
    assert (found["kind"], found["state"], found["proposed_by"]) == (kind, "open", "m2")
    shown: Any = ask(api, "decisions/1").json
    assert shown["may_act"] == ["m3"]
    approve(api, 1)
    assert ask(api, "decisions/1").json["state"] == "approved"
    assert ask(api, "decisions").json == {"decisions": []}
    (ended,) = ask(api, "decisions?state=ended").json["decisions"]
    assert ended["approved_by"] == ["m3"]
    assert ask(api, "decisions?state=ended&below=1").json == {"decisions": []}


def test_the_same_key_gives_the_first_decision_again(api: Machines) -> None:
    first = ask(api, "decisions/transfer", TRANSFER)
    assert ask(api, "decisions/transfer", TRANSFER).json == first.json
    assert kind_of(ask(api, "decisions/transfer", {**TRANSFER, "amount": "1.00"})) == (
        409,
        "conflict",
    )
    assert (
        ask(api, "decisions/transfer", {**TRANSFER, "amount": "1.00"}, key="k-2").json["number"]
        == 2
    )
    assert kind_of(ask(api, "decisions/close", MONTH, key=None)) == (422, "field")
    assert kind_of(ask(api, "decisions/close", MONTH, key='""')) == (422, "field")


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("transfer", {**TRANSFER, "amount": "500.01"}, (422, "insufficient")),
        ("transfer", {**TRANSFER, "amount": 5}, (422, "field")),
        ("transfer", {**TRANSFER, "amount": "1.001"}, (422, "amount")),
        ("transfer", {**TRANSFER, "from": "Nowhere"}, (422, "unknown-name")),
        ("transfer", {**TRANSFER, "from": None}, (422, "field")),
        ("transfer", {**TRANSFER, "more": "x"}, (422, "field")),
        ("transfer", {**TRANSFER, "reference": "x" * 201}, (422, "field")),
        ("rate", {**RATE, "units": True}, (422, "field")),
        ("rate", {**RATE, "from": "yesterday"}, (422, "time")),
        ("close", {"month": "2026-10"}, (422, "state")),
        ("close", [], (422, "file-format")),
        ("close", "x", (422, "file-format")),
    ],
)
def test_a_proposal_that_cannot_be_is_refused_and_leaves_nothing(
    api: Machines, kind: str, body: object, expected: tuple[int, str]
) -> None:
    assert kind_of(ask(api, f"decisions/{kind}", body)) == expected
    assert ask(api, "decisions").json == {"decisions": []}


def test_what_is_taken_back_is_ones_own(api: Machines) -> None:
    ask(api, "decisions/transfer", TRANSFER)
    other = new_token(api.ledger, api.fund, "Li", "propose")
    assert kind_of(ask(api, "decisions/1/withdraw", {}, token=other)) == (403, "not-allowed")
    assert ask(api, "decisions/1/withdraw", {}).json["state"] == "withdrawn"
    assert kind_of(ask(api, "decisions/1/withdraw", {})) == (422, "state")
    assert kind_of(ask(api, "decisions/9/withdraw", {})) == (404, "not-found")


@pytest.mark.parametrize("path", ["approve", "reject", "edit"])
def test_no_address_approves(api: Machines, path: str) -> None:
    ask(api, "decisions/transfer", TRANSFER)
    token = new_token(api.ledger, api.fund, "Chen", "read")
    assert ask(api, f"decisions/1/{path}", {"version": 1}, token=token).status_code == 404


# --- what a token opens, and how it ends -----------------------------------------------------------


def test_a_token_opens_what_its_scope_and_its_members_roles_say(api: Machines) -> None:
    reading = new_token(api.ledger, api.fund, "Sun", "read", "people")
    assert ask(api, "decisions", token=reading).status_code == 200
    assert ask(api, "members", token=reading).status_code == 200
    refused = {
        "decisions/transfer": (TRANSFER, reading),
        "members": (None, api.token),
        "decisions/close": (MONTH, new_token(api.ledger, api.fund, "Li", "propose", "gifts")),
        "gifts?channel=Own": (GIFT, api.token),
    }
    for path, (body, token) in refused.items():
        assert kind_of(ask(api, path, body, token=token)) == (403, "not-allowed"), path


def test_a_token_of_another_fund_is_none(api: Machines) -> None:
    open_fund(api.ledger.sequencer, api.clock, "other")
    assert kind_of(ask(api, "decisions", fund="other")) == (401, "unauthorized")
    assert kind_of(ask(api, "decisions", fund="nowhere")) == (404, "not-found")


@pytest.mark.parametrize("how", ["expired", "ended", "removed", "unknown", "other role"])
def test_a_token_ends(api: Machines, how: str) -> None:
    ledger, fund = api.ledger, api.fund
    gifts = new_token(ledger, fund, "Li", "gifts")
    assert api.post(GIFT, token=gifts).status_code == 201
    with ledger.database.reading() as connection:
        people = {one.name: one for one in history.all_members(connection, fund.fund_id)}
    if how == "expired":
        api.clock.advance(timedelta(days=90))
    for number, name in ((2, "Wang"), (3, "Li")):
        if how == "ended":
            tokens.end_token(ledger.database, ledger.clock, fund, number, people[name])
        elif how == "removed":
            remove_later(ledger, fund, name)
        elif how == "other role":
            member_id = people[name].member_id
            ledger.sequencer.decide(
                fund,
                lambda books, member_id=member_id: members.change_roles(
                    books, SETUP, member_id, frozenset({"auditor"})
                ),
            )
    if how == "unknown":
        api.token, gifts = "mz_unknown", ""
    expected = (403, "not-allowed") if how == "other role" else (401, "unauthorized")
    assert kind_of(ask(api, "decisions/transfer", TRANSFER)) == expected
    # The gifts' way remembers tokens, and asks in the commit whether they still hold.
    other = {**GIFT, "id": "another"}
    for _ in range(2):
        assert api.post(other, token=gifts or "mz_unknown").status_code in {401, expected[0]}
    assert len(api.entries("gift")) == 1
    assert api.entries("transfer.proposed") == []


def test_the_last_use_of_a_token_is_known(api: Machines) -> None:
    gifts = new_token(api.ledger, api.fund, "Li", "gifts")
    assert api.post(GIFT, token=gifts).status_code == 201
    ask(api, "decisions")
    with api.ledger.database.reading() as connection:
        found = history.all_tokens(connection, api.fund.fund_id)
    used = {one.number: one.last_used_ms is not None for one in found}
    assert used == {1: False, 2: True, 3: True}


def test_that_people_were_read_is_on_record_and_without_a_name(api: Machines) -> None:
    token = new_token(api.ledger, api.fund, "Zhou", "people")
    found: Any = ask(api, "members", token=token).json
    assert found["members"][1] == {
        "member": "m2",
        "name": "Wang",
        "roles": ["finance"],
        "removed": False,
    }
    with api.ledger.database.reading() as connection:
        rows = connection.execute(sa.text("SELECT * FROM activity WHERE outcome = 'read'")).all()
    assert [(row.action, row.member_id) for row in rows] == [("people.read", "m4")]
    assert "Wang" not in repr(rows)
