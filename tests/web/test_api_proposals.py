"""Whatever people may propose machines propose too, people approve it, and machines read what came of it; on both
databases.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from ledger.db import Database
from ledger.decisions.rules import KINDS
from ledger.desk import actions, wanted
from ledger.errors import NotAllowedError, StateError
from ledger.role_table import addresses, app_of, commands
from ledger.roles import ACTIONS
from ledger.settings import load_settings
from ledger.web.api.proposing import RULES
from tests.db import ledgers
from tests.web.funded import Machine, kind_of

PEOPLE_ONLY = {
    "erase": "whose gifts are erased is private, and a person has to look at each",
    "publish": "a statement is looked at before it is published",
    "members": "a machine enrols nobody",
    "certificate": "an administrator compares the certificate's fingerprint with the auditor's",
}
"""Kinds that no token proposes, and why."""

PROOF = b"a bill"
POLICY = {"name": "friday", "member": "Li", "from": "CCB", "to": "Main", "weekday": "friday"}
COLUMNS = {
    "name": "ccb",
    "columns": [["账号", "number"], ["金额", "amount"], ["附言", "reference"]],
}
MAPPING = {
    "name": "county",
    "date": "日期",
    "date_format": "%Y-%m-%d",
    "amount": "金额",
    "currency": "CNY",
}
TIERS = [
    {"up_to": "900.00", "slots": ["controller"]},
    {"slots": ["controller", "approver"]},
]
MOVED = {"account": "Main", "amount": "500.00", "on": "2026-10-08"}
PROPOSALS: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    ("movement", {**MOVED, "way": "income", "class": "donation", "said": "given"}, "Li", "Chen"),
    ("movement", {**MOVED, "way": "income", "class": "interest", "said": "interest"}, "Li", "Chen"),
    (
        "movement",
        {**MOVED, "way": "income", "class": "returned-grant", "said": "came back"},
        "Li",
        "Chen",
    ),
    (
        "movement",
        {**MOVED, "way": "expense", "class": "management", "item": "Audit", "said": "audit"},
        "Li",
        "Chen",
    ),
    (
        "opening",
        {"on": "2026-10-01", "balances": [{"account": "ICBC", "amount": "70.00"}], "reason": "as the bank says"},
        "Li",
        "Chen",
    ),
    (
        "lists",
        {"list": "disease", "change": "add", "code": "Vertigo", "zh": "眩晕", "en": "Vertigo"},
        "Li",
        "Chen",
    ),
    ("payee", {"account": "Main", "holder": "青禾基金会", "bic": "pcbccnbj"}, "Zhou", "Wang"),
    ("rule", {"transfer_policy": {**POLICY, "above": "10.00"}}, "Zhou", "Wang"),
    ("rule", {"payment_columns": COLUMNS}, "Zhou", "Wang"),
    ("rule", {"promises": {"transfer_days": 5}}, "Zhou", "Wang"),
    ("rule", {"matching": {"tolerance_minor": 7}}, "Zhou", "Wang"),
    ("rule", {"mapping": MAPPING}, "Zhou", "Wang"),
    ("rule", {"management_limit": {"permyriad": 750, "source": "charter"}}, "Zhou", "Wang"),
    (
        "four-eyes",
        {"kind": "movement", "tiers": TIERS},
        "Zhou",
        "Wang",
    ),
)  # fmt: skip


@pytest.fixture
def machine(database: Database, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(database, tmp_path)
    yield made
    made.books.close()


def test_machines_propose_every_kind_that_people_do_but_what_needs_a_persons_eye(
    tmp_path: Path,
) -> None:
    app = app_of(load_settings({"LEDGER_HOME": str(tmp_path)}))
    kinds = {name.removesuffix(".propose"): name for name in ACTIONS if name.endswith(".propose")}
    by_people = {row.does for row in (*addresses(app), *commands()) if "/api/" not in row.name}
    by_machines = {row.does for row in addresses(app) if row.name.startswith("/api/")}
    assert {*kinds} == {*KINDS}
    proposed = {kind for kind, action in kinds.items() if action in by_machines}
    assert proposed == {*KINDS} - {*PEOPLE_ONLY}
    # Pages propose spending with what books it.
    assert {kind for kind, action in kinds.items() if action in by_people} >= {*KINDS} - {"spend"}
    # And whatever a decision of kind `rule` can be about: rules of matching stand in a module of their own.
    assert len(RULES) == inspect.getsource(wanted).count('Proposed("rule"') + 1
    assert {*RULES} == {name for kind, body, *_ in PROPOSALS if kind == "rule" for name in body}
    for kind in PEOPLE_ONLY:
        assert ACTIONS[f"{kind}.propose"].by_token is None


def test_each_body_that_the_description_begins_with_is_one_that_it_allows(tmp_path: Path) -> None:
    described = app_of(load_settings({"LEDGER_HOME": str(tmp_path)})).test_client()
    document: Any = described.get("/api/openapi.json").json
    seen = 0
    for path, item in document["paths"].items():
        content = item.get("post", {}).get("requestBody", {}).get("content", {})
        told = content.get("application/json", {})
        if "example" in told:
            schema = {**told["schema"], "components": document["components"]}
            jsonschema.validate(told["example"], schema)
            seen += 1
        elif "/decisions/" in path and content:
            raise AssertionError(path)
    assert seen >= 15


def test_machines_propose_people_approve_and_machines_read_what_came_of_it(
    machine: Machine,
) -> None:
    proof = machine.post("evidence?name=bill.txt", PROOF).json["sha256"]
    for at, (kind, said, who, other) in enumerate(PROPOSALS):
        body = {**said, "evidence": [proof]} if kind in ("movement", "opening") else said
        made = machine.post(f"decisions/{kind}", body, who=who, key=f"k{at}")
        assert made.status_code == 201, (kind, made.text)
        number = made.json["number"]
        assert made.headers["Location"].endswith(f"/decisions/{number}")
        assert "6217000000001001" not in made.text
        assert machine.post(f"decisions/{kind}", body, who=who, key=f"k{at}").json == made.json
        with pytest.raises(NotAllowedError):
            ledgers.agree(machine.books, number, who)
        assert ledgers.agree(machine.books, number, other).is_approved
        # The answer was lost: the same key tells the same decision, although it is carried out by now.
        again = machine.post(f"decisions/{kind}", body, who=who, key=f"k{at}")
        assert (again.status_code, again.json["number"]) == (201, number), (kind, again.text)
        assert again.json["state"] == "approved"
        changed = PROPOSALS[at - 1] if PROPOSALS[at - 1][0] == kind else None
        if changed is not None:
            other_body = {**changed[1], "evidence": [proof]} if kind == "movement" else changed[1]
            answer = machine.post(f"decisions/{kind}", other_body, who=who, key=f"k{at}")
            assert kind_of(answer) == (409, "conflict")
    reads_what_was_decided(machine, proof)
    refuses_by_name(machine, proof)
    books_a_line(machine)
    pays(machine)
    machine.verified()


def reads_what_was_decided(machine: Machine, proof: str) -> None:
    rules = machine.get("rules").json
    [policy] = rules["transfer_policies"]
    assert (policy["weekday"], policy["above_minor"], policy["on"]) == ("friday", 1_000, True)
    assert policy["member"] == machine.books.member("Li").member_id
    assert [one["name"] for one in rules["payment_columns"]] == ["standard", "ccb"]
    assert rules["promises"] == {"transfer_days": 5, "settlement_days": 15, "statement_days": 5}
    assert rules["matching"]["tolerance_minor"] == 7
    limit = rules["management_limit"]
    assert (limit["permyriad"], limit["management_minor"], limit["above"]) == (750, 50_000, True)
    assert rules["mappings"][0]["content"]["name"] == "county"
    tiers = rules["four_eyes"]["movement"]["tiers"]
    assert tiers[0] == {"up_to_minor": 90_000, "slots": ["controller"]}
    assert {*rules["four_eyes"]} == {*KINDS}
    [opening] = machine.get("openings").json["openings"]
    assert opening["balances"] == [
        {"account": "Assets:Bank:ICBC", "commodity": "CNY", "amount_minor": 7_000}
    ]
    assert [one["account"] for one in machine.get("openings").json["untouched"]] == [
        "Assets:Fund:Dollar"
    ]
    payees = {one["account"]: one for one in machine.get("payees").json["payees"]}
    main = payees["Assets:Fund:Main"]
    assert (main["number"], main["holder"], main["bic"]) == (
        "62170000000019",
        "青禾基金会",
        "PCBCCNBJ",
    )
    assert main["changed"] is not None
    codes = {one["code"] for one in machine.get("lists").json["disease"]}
    assert "Vertigo" in codes
    cost, *_ = machine.get("movements").json["movements"]
    found = machine.get(f"movements/{cost['entry']}").json
    assert (found["class"], found["item"], found["on"]) == ("management", "Audit", "2026-10-08")
    assert [one["sha256"] for one in found["evidence"]] == [proof]
    file = machine.get(f"evidence/{proof}")
    assert (file.data, file.headers["Content-Type"]) == (PROOF, "application/octet-stream")
    assert machine.get("evidence/" + "0" * 64).status_code == 404
    assert machine.get(f"movements/{opening['entry']}").status_code == 404
    assert kind_of(machine.get("payees", who="Wang")) == (403, "not-allowed")
    year = machine.get("figures?year=2026").json
    assert [*year["months"]] == ["2026-09"]
    assert kind_of(machine.get("figures?year=26")) == (422, "field")
    assert machine.post("periods/2026-10/closing", {}).status_code == 422  # it is not over
    assert kind_of(machine.post("periods/soon/closing", {}))[0] == 422


def books_a_line(machine: Machine) -> None:
    """Propose what a bank's line is; the line tells amount and day, and explains one entry only."""
    # Booked on the 9th where the fund is, as a bank says that tells no hour; in UTC that is the 8th.
    midnight = datetime(2026, 10, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    line = ledgers.bank_line(machine.books, 700, account=ledgers.MAIN, at=midnight).identity
    said = {"way": "income", "class": "interest", "account": "Main", "said": "x", "line": line}
    for wrong in ({"amount": "8.00"}, {"on": "2026-10-08"}, {"on": "2026-10-9"}):
        answer = machine.post("decisions/movement", {**said, **wrong}, key="l")
        assert kind_of(answer) == (422, "field")
        assert [one["field"] for one in answer.json["errors"]] == [*wrong]
    told = {**said, "amount": "7.00", "on": "2026-10-09"}
    made = machine.post("decisions/movement", told, key="l1").json
    rival = machine.post("decisions/movement", {**said, "class": "donation"}, key="l2").json
    assert (made["content"]["amount"], made["content"]["on"]) == (700, "2026-10-09")
    assert ledgers.agree(machine.books, made["number"], "Chen").is_approved
    with pytest.raises(StateError):
        ledgers.agree(machine.books, rival["number"], "Chen")
    assert machine.post("decisions/movement", said, key="l1").json["state"] == "approved"
    assert kind_of(machine.post("decisions/movement", said, key="l3")) == (422, "state")


def refuses_by_name(machine: Machine, proof: str) -> None:
    moved = {**MOVED, "way": "expense", "class": "management", "item": "Audit", "said": "audit"}
    proved = {**moved, "evidence": [proof]}
    opening = {"on": "2026-10-01", "reason": "so", "evidence": [proof]}
    dollar = {"account": "Dollar", "amount": "1.00"}
    tiers = {"kind": "spend", "tiers": [{"slots": ["controller"]}]}
    wrong: tuple[tuple[str, dict[str, Any], str, tuple[int, str]], ...] = (
        ("movement", moved, "Li", (422, "field")),
        ("movement", {**proved, "amount": "90000.00"}, "Li", (422, "insufficient")),
        ("movement", {**proved, "item": "Party"}, "Li", (422, "field")),
        ("movement", {**proved, "class": "bribe"}, "Li", (422, "field")),
        ("movement", {**proved, "class": "interest"}, "Li", (422, "field")),
        ("movement", {**proved, "on": "2026-10-12"}, "Li", (422, "field")),
        ("movement", {**proved, "on": "soon"}, "Li", (422, "field")),
        ("movement", {**proved, "on": "2026-09-08"}, "Li", (422, "period-closed")),
        ("movement", {**proved, "account": "Dollar"}, "Li", (422, "insufficient")),
        ("movement", {**proved, "line": "nothing"}, "Li", (404, "not-found")),
        ("movement", {**proved, "class": "donation-refund"}, "Li", (422, "field")),
        ("movement", {**proved, "refunds": -1}, "Li", (422, "field")),
        ("opening", {**opening, "balances": []}, "Li", (422, "field")),
        ("opening", {**opening, "balances": [1]}, "Li", (422, "field")),
        ("opening", {**opening, "on": "2026-09-08", "balances": [dollar]}, "Li", (422, "period-closed")),
        ("opening", {**opening, "balances": [{"account": "Main", "amount": "1"}]}, "Li", (422, "state")),
        ("lists", {"list": "disease", "change": "retire", "code": "Flu"}, "Li", (422, "field")),
        ("lists", {"list": "drug", "change": "add", "code": "Flu"}, "Li", (422, "field")),
        ("payee", {"account": "Main", "number": "x"}, "Zhou", (422, "field")),
        ("payee", {"account": "Main"}, "Zhou", (422, "state")),
        ("payee", {"account": "Main", "bank": "another"}, "Li", (403, "not-allowed")),
        ("rule", {}, "Zhou", (422, "field")),
        ("rule", {"promises": {}, "matching": {}}, "Zhou", (422, "field")),
        ("rule", {"promises": {"transfer_days": 0}}, "Zhou", (422, "field")),
        ("rule", {"management_limit": {"permyriad": 1}}, "Zhou", (422, "field")),
        ("rule", {"transfer_policy": {**POLICY, "to": "Dollar"}}, "Zhou", (422, "field")),
        ("rule", {"transfer_policy": {**POLICY, "more": 1}}, "Zhou", (422, "field")),
        ("rule", {"payment_columns": {**COLUMNS, "columns": []}}, "Zhou", (422, "field")),
        ("rule", {"mapping": {**MAPPING, "account": "1"}}, "Zhou", (422, "field")),
        ("four-eyes", tiers, "Zhou", (422, "field")),  # it asks for less, and says not why
        ("four-eyes", {**tiers, "kind": "coup"}, "Zhou", (422, "field")),
        ("four-eyes", {**tiers, "commodity": "GOLD"}, "Zhou", (422, "field")),
    )  # fmt: skip
    size = len(ledgers.bodies(machine.books))
    for at, (kind, body, who, expected) in enumerate(wrong):
        answer = machine.post(f"decisions/{kind}", body, who=who, key=f"w{at}")
        assert kind_of(answer) == expected, (kind, body, answer.text)
    assert kind_of(
        machine.post("decisions/lists", {"list": "disease", "change": "retire", "code": "Stroke"})
    ) == (422, "field")  # no key
    assert len(ledgers.bodies(machine.books)) == size


def pays(machine: Machine) -> None:
    """Propose a transfer with its proof, make its payment file, check it, and say that it was entered."""
    ledgers.raise_money(machine.books, 100_000, "S2")
    proof = machine.post("transfers/evidence?name=minutes.txt", b"minutes").json["sha256"]
    body = {"from": "CCB", "to": "Main", "amount": "300.00", "reference": "QH-T2-2026"}
    body = {**body, "evidence": [proof]}
    decision = machine.post("decisions/transfer", body, key="t").json
    number = decision["content"]["number"]
    assert machine.get(f"transfers/{number}/evidence/{proof}").data == b"minutes"
    [waiting] = machine.get("transfers/waiting").json["waiting"]
    assert (waiting["number"], waiting["for"], waiting["late"]) == (number, "approval", False)
    asked = {"transfers": [number], "columns": "ccb"}
    assert kind_of(machine.post("transfers/payment-files", asked)) == (422, "state")
    books, wang = machine.books, machine.books.member("Wang").member_id
    # Others stand behind the account since the last transfer: whoever approves says that they saw it.
    with pytest.raises(StateError):
        ledgers.agree(books, decision["number"], "Wang")
    actions.approve(
        books.sequencer,
        books.fund,
        wang,
        decision["number"],
        1,
        ledgers.fresh(books),
        payee_seen=True,
    )
    made = machine.post("transfers/payment-files", asked).json
    assert machine.post("transfers/payment-files", asked).json == made
    file = machine.get(f"transfers/payment-files/{made['sha256']}")
    assert b"62170000000019" in file.data
    checked = machine.post("transfers/payment-files/check", file.data).json
    assert (checked["unchanged"], checked["over"]) == (True, [])
    other = file.data.replace(b"300.00", b"900.00")
    assert not machine.post("transfers/payment-files/check", other).json["unchanged"]
    assert kind_of(machine.post("transfers/payment-files", {"transfers": ["1"]})) == (422, "field")
    assert kind_of(machine.get("transfers/payment-files/x")) == (404, "not-found")
    assert kind_of(machine.get(f"transfers/payment-files/{made['sha256']}", who="Wang"))[0] == 403
    assert kind_of(machine.post(f"transfers/{number}/enter", {})) == (403, "four-eyes")
    assert machine.post(f"transfers/{number}/enter", {}, who="Zhao").status_code == 200
    assert (
        machine.get(f"transfers/{number}").json["entered_by"]
        == machine.books.member("Zhao").member_id
    )
