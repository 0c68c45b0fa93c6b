"""Spending by machines, on both databases: what is booked, what is refused, and what a client's key gives again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.db import Database
from ledger.errors import FourEyesError, NotAllowedError
from ledger.spending.sheet import COLUMNS
from tests.db import ledgers
from tests.web.funded import HELD, Machine, kind_of
from tests.web.machines import make_app

ROW: dict[str, Any] = {
    "spent_on": "2026-10-08",
    "disease": "Stroke",
    "group": "残疾人",
    "provider": "TCM",
    "batch": "B-1",
    "persons": 6,
    "person_times": 8,
    "amount_cny": "120.50",
    "reference": "PAY-1",
}


@pytest.fixture
def machine(database: Database, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(database, tmp_path)
    yield made
    made.books.close()


def rows(*changes: dict[str, Any], account: str = "Main", **more: Any) -> dict[str, Any]:
    return {"account": account, "rows": [{**ROW, **one} for one in changes or ({},)], **more}


def sheet(*changes: dict[str, Any]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in changes:
        writer.writerow([{**ROW, **one}[name] for name in COLUMNS])
    return out.getvalue().encode()


def test_a_machine_books_spending_and_what_is_wrong_comes_back(machine: Machine) -> None:
    is_refused_by_name_and_leaves_nothing(machine)
    brings_evidence_looks_and_books(machine)
    machine.mark()
    gets_wrong_rows_back_as_a_sheet(machine)
    machine.verified()


def test_what_comes_twice_is_booked_once(machine: Machine) -> None:
    gets_the_first_answer_again_by_its_key(machine)
    machine.mark()
    counts_once_at_the_same_moment(machine)
    machine.verified()


def test_a_machine_proposes_what_is_above_the_limit_and_another_person_approves(
    machine: Machine,
) -> None:
    proposes_above_the_limit_and_another_person_approves(machine)
    spends_no_more_than_the_fund_holds(machine)
    machine.verified()


def brings_evidence_looks_and_books(machine: Machine) -> None:
    proof = machine.post("evidence?name=发票.txt", "药费 120.50".encode()).json
    assert (proof["name"], proof["kind"]) == ("发票.txt", "text")
    asked = rows({}, {"disease": "Hypertension", "amount_cny": "9.50"}, evidence=[proof["sha256"]])
    seen = machine.post("spending?preview=yes", asked)
    assert (seen.status_code, seen.json["sum_minor"], seen.json["needed"]) == (200, 13_000, [])
    assert seen.json["held_minor"] == HELD
    assert machine.spends() == []
    done = machine.post("spending", asked)
    assert done.status_code == 201
    first, second = machine.spends()
    assert done.json == {"added": 2, "repeated": 0, "first": first["seq"]}
    assert second["seq"] == first["seq"] + 1
    assert first["body"]["evidence"] == [proof["sha256"]]
    assert first["body"]["people"] == "Disabled"
    assert first["actor"] == {"id": machine.books.member("Li").member_id, "role": "finance"}
    # Sent again, as a sheet too: known, and nothing becomes an entry.
    again = machine.post(
        "spending?account=Main", sheet({}, {"disease": "高血压", "amount_cny": "9.5"})
    )
    assert (again.status_code, again.json) == (200, {"added": 0, "repeated": 2, "first": None})
    assert kind_of(machine.post("spending", rows({"amount_cny": "1.00"}))) == (409, "conflict")
    assert len(machine.spends()) == 2


WRONG: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "more than the fund holds": (
        rows(*({"reference": f"P-{at}", "amount_cny": "9999.00"} for at in range(3))),
        (422, "above-limit"),
    ),
    "above the limit of one": (rows({"amount_cny": "10000.01"}), (422, "above-limit")),
    "a disease that is not listed": (rows({"disease": "Flu"}), (422, "field")),
    "a sealed month": (rows({"spent_on": "2026-09-08"}), (422, "period-closed")),
    "another currency": (rows(account="Dollar"), (422, "field")),
    "a collection account": (rows(account="ICBC"), (422, "field")),
    "no such account": (rows(account="Nowhere"), (422, "unknown-name")),
    "a day to come": (rows({"spent_on": "2026-10-11"}), (422, "field")),
    "evidence that nobody brought": (rows(evidence=["0" * 64]), (422, "field")),
    "no rows": ({"account": "Main", "rows": []}, (422, "field")),
    "a row that is none": ({"account": "Main", "rows": [1]}, (422, "field")),
    "a number as a text": (rows({"persons": "6"}), (422, "field")),
    "yes as a number": (rows({"persons": True}), (422, "field")),
    "a field too many": (rows({"patient": "x"}), (422, "field")),
    "nothing in a field": (rows({"batch": None}), (422, "field")),
    "more persons than visits": (rows({"person_times": 1}), (422, "field")),
    "money below zero": (rows({"amount_cny": "-1.00"}), (422, "field")),
}


def is_refused_by_name_and_leaves_nothing(machine: Machine) -> None:
    size = len(ledgers.bodies(machine.books))
    for name, (body, expected) in WRONG.items():
        answer = machine.post("spending", body, key=name)
        assert kind_of(answer) == expected, (name, answer.json)
        assert answer.json["errors"], name
    assert kind_of(machine.post("spending", rows(), who="Wang")) == (403, "not-allowed")
    assert kind_of(machine.post("spending?preview=maybe", rows())) == (422, "field")
    assert kind_of(machine.post("spending?account=Main", b"no sheet")) == (422, "file-format")
    assert kind_of(machine.post("spending", sheet({}))) == (422, "field")
    assert kind_of(machine.post("evidence", b"")) == (422, "field")
    assert kind_of(machine.post("evidence", b"MZ\x90\x00\x01")) == (422, "file-format")
    assert len(ledgers.bodies(machine.books)) == size
    above = machine.post("spending", rows({"amount_cny": "10000.01"})).json["errors"]
    assert above == [
        {"code": "above-limit", "key": 1_000_001, "what": "spending", "state": "above-limit", "needed": "spend"}
    ]  # fmt: skip


def spends_no_more_than_the_fund_holds(machine: Machine) -> None:
    for at in range(2):
        assert (
            machine.post(
                "spending", rows({"amount_cny": "9000.00", "reference": f"R{at}"})
            ).status_code
            == 201
        )
    answer = machine.post("spending", rows({"amount_cny": "2000.01", "reference": "R3"}))
    assert kind_of(answer) == (422, "insufficient")
    [error] = answer.json["errors"]
    assert (error["available"], error["asked"], error["line"]) == (0, 200_001, 1)


def gets_wrong_rows_back_as_a_sheet(
    machine: Machine,
) -> None:
    wrong = ({}, {"disease": "Flu", "reference": "=2+2"}, {"persons": "x", "reference": "＝3+3"})
    answer = machine.post("spending?account=Main&name=用款.csv", sheet(*wrong))
    assert kind_of(answer) == (422, "file-format")
    told = [(one["line"], one["field"], one["reason"]) for one in answer.json["errors"]]
    assert told == [(3, "disease", "not-on-the-list"), (4, "persons", "not-an-integer")]
    assert answer.json["wrong"] == 2
    assert machine.spends() == []
    back: str = answer.json["wrong_rows"]
    # In wide characters too: a spreadsheet on a Chinese desk runs those as well.
    assert "'=2+2" in back
    assert "'＝3+3" in back
    assert back.startswith(",".join((*COLUMNS, "reason")))
    again = back.replace("Flu", "Diabetes").replace(",x,", ",6,")
    assert machine.post("spending?account=Main", again.encode()).json["added"] == 2
    assert [one["body"]["reference"] for one in machine.spends()] == ["=2+2", "＝3+3"]


def gets_the_first_answer_again_by_its_key(
    machine: Machine,
) -> None:
    assert machine.post("spending", rows({}), key="k-0").json["added"] == 1
    mixed = rows({"reference": "A"}, {}, {"reference": "B"})
    first = machine.post("spending", mixed, key="k-1")
    assert (first.status_code, first.json["added"], first.json["repeated"]) == (201, 2, 1)
    machine.post("spending", rows({"reference": "C"}))
    # Another process remembers nothing.
    other = replace(machine.wired, sequencer=machine.books.reopened().sequencer)
    machine.app = make_app(other)
    again = machine.post("spending", mixed, key="k-1")
    assert (again.status_code, again.json) == (201, first.json)
    assert kind_of(machine.post("spending", rows({"reference": "B"}), key="k-1")) == (
        409,
        "conflict",
    )
    # Another member has a space of keys of their own; a call that booked nothing leaves its key free.
    assert machine.post("spending", mixed, key="k-1", who="Zhao").json["added"] == 0
    assert (
        machine.post("spending", rows({"reference": "D"}), key="k-1", who="Zhao").json["added"]
        == 1
    )
    assert kind_of(machine.post("spending", rows(), key="k" * 121)) == (422, "field")
    assert len(machine.spends()) == 5


def counts_once_at_the_same_moment(machine: Machine) -> None:
    big = rows({"reference": "BIG", "amount_cny": "12000.00"})

    def send(at: int) -> tuple[int, int, int]:
        same = machine.post("spending", rows({"reference": "SAME"}), key="same")
        plain = machine.post("spending", rows({"reference": "PLAIN"}), key=f"own-{at}")
        proposed = machine.post("decisions/spend", big, key="big")
        return same.json["added"], plain.status_code, proposed.json["number"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {added for added, _, _ in answers} == {1}
    assert sorted(status for _, status, _ in answers) == [200, 200, 200, 201]
    assert len({number for _, _, number in answers}) == 1
    assert len(machine.spends()) == 2


def proposes_above_the_limit_and_another_person_approves(
    machine: Machine,
) -> None:
    books = machine.books
    data = sheet({"amount_cny": "9000"}, {"amount_cny": "2000", "disease": "Diabetes"})
    assert machine.post("spending?account=Main&preview=yes", data).json["needed"] == ["controller"]
    made = machine.post("decisions/spend?account=Main&name=a.csv", data, key="p")
    assert made.status_code == 201, made.text
    number = made.json["number"]
    assert made.headers["Location"] == f"/api/v1/funds/qinghe/decisions/{number}"
    assert made.json["content"]["diseases"] == {"Diabetes": 200_000, "Stroke": 900_000}
    assert "persons" not in str(made.json)
    with pytest.raises(NotAllowedError):
        ledgers.agree(books, number, "Li")
    own = machine.post("decisions/spend", rows({"amount_cny": "10001.00"}), who="Sun", key="own")
    with pytest.raises(FourEyesError):
        ledgers.agree(books, own.json["number"], "Sun")
    assert machine.post(f"decisions/{number}/approve", {"version": 1}).status_code == 404
    assert ledgers.agree(books, number, "Chen").is_approved
    assert [one["body"]["decision"] for one in machine.spends()] == [number] * 2
    # The answer was lost: the key gives the decision again, although all of it is booked by now.
    again = machine.post("decisions/spend?account=Main&name=a.csv", data, key="p")
    assert (again.status_code, again.json["number"], again.json["state"]) == (
        201,
        number,
        "approved",
    )
    refused = {
        "p": (409, "conflict"),
        "q": (422, "state"),
    }
    for key, expected in refused.items():
        assert (
            kind_of(machine.post("decisions/spend", rows({"reference": "S"}), key=key)) == expected
        )
    assert kind_of(machine.post("decisions/spend?account=Main", data, key="r")) == (422, "field")
    sealed = rows({"reference": "S", "spent_on": "2026-09-08", "amount_cny": "10001.00"})
    assert kind_of(machine.post("decisions/spend", sealed, key="c")) == (422, "period-closed")
    short = rows({"reference": "T", "amount_cny": "10001.00"})
    assert kind_of(machine.post("decisions/spend", short, key="s")) == (422, "insufficient")
    undo = machine.post(
        "decisions/reversal", {"entry": machine.spends()[0]["seq"], "reason": "twice"}, key="u"
    )
    assert ledgers.agree(books, undo.json["number"], "Chen").is_approved
    again = machine.post(
        "decisions/reversal", {"entry": machine.spends()[0]["seq"], "reason": "twice"}, key="u"
    )
    assert (again.status_code, again.json["state"]) == (201, "approved")
