"""What the description says of a body, and what reads it, are written apart: here each is held to the other.

Bodies are read to their end and nothing is proposed. What is described is taken, each field and each word of a list at
least once; what is not described is refused; and what is said to be required is missed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask import Response

from ledger.db import Database
from ledger.spending.booking import Booked
from ledger.spending.evidence import FILES_MAX
from ledger.transfers.payments import PAIN, PaymentFile
from ledger.web.api import bringing, deciding, exceptions, paying, proposing
from tests.db import ledgers
from tests.web.funded import Machine

Json = dict[str, Any]

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
POLICY = {"name": "daily", "member": "Li", "from": "CCB", "to": "Main"}
COLUMNS = [["账号", "number"], ["金额", "amount"], ["附言", "reference"]]
MOVED = {"way": "expense", "class": "donation-refund", "account": "Main", "said": "given back"}
MORE: dict[str, list[Json]] = {
    "match": [{"release": "3", "reason": "not this one"}],
    "transfer": [
        {"from": "CCB", "to": "Main", "amount": "1.00", "reference": "QH-T14-2026"}
        | {"purpose": "for October", "evidence": [HASH]}
    ],
    "rate": [
        {"unit": "KSCOIN", "units": 10, "worth": "1.00", "from": "2026-12-01T00:00:00+08:00"}
        | {"currency": "CNY"}
    ],
    "close": [{"month": "2026-11", "reason": "as told"}],
    "movement": [{**MOVED, "amount": "1.00", "on": "2026-10-08", "refunds": 3}],
    "lists": [{"list": "provider", "change": "add", "code": "A", "zh": "甲", "en": "A", "kind": "hospital"}],
    "payee": [
        {"account": "Main", "number": "62170000000019", "holder": "a", "bank": "b"}
        | {"clearing": "105100000017", "bic": "PCBCCNBJ"}
    ],
    "rule": [
        {"transfer_policy": {**POLICY, "above": "1.00", "keep": "2", "purpose": "x", "on": False}},
        {"payment_columns": {"name": "ccb", "columns": COLUMNS, "encoding": "gb18030", "on": False}},
        {"promises": {"transfer_days": 5, "settlement_days": 6, "statement_days": 7}},
        {"matching": {"tolerance_minor": 7}},
        {"management_limit": {"permyriad": 750, "source": "charter"}},
        {"mapping": {"name": "county", "date": "日期", "date_format": "%Y-%m-%d", "amount": "金额", "currency": "CNY"}},
    ],
    "four-eyes": [{"kind": "spend", "commodity": "CNY", "tiers": [{"slots": []}], "exception": "few people"}],
    "resolution": [{"reason": "known"}],
    "write-off": [{"reason": "lost"}],
    "payment-files": [{"transfers": [1, 2], "columns": "ccb"}],
}  # fmt: skip
"""Bodies beside the one with which the description begins, by the last part of the address."""

ELSEWHERE = ("/gifts", "/step")
"""Read by readers of their own, which tests of their own hold to the description."""

BY_ADMINISTRATORS = ("rule", "four-eyes", "payee")


@pytest.fixture
def machine(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    made = Machine(database, tmp_path)
    for module in (bringing, deciding, exceptions, proposing):
        monkeypatch.setattr(module, "propose", lambda *_read: Response("{}", 201))
    monkeypatch.setattr(bringing.spending, "book", lambda *_read: Booked(1, 0, 0))
    file = PaymentFile(HASH, "QINGHE-P000001", PAIN, (1,), 1)
    monkeypatch.setattr(paying.transferring, "payment_file", lambda *_read: file)
    yield made
    made.books.close()


def test_a_body_is_read_as_it_is_described(machine: Machine) -> None:
    document: Any = machine.app.test_client().get("/api/openapi.json").json
    line = ledgers.bank_line(machine.books, -700, account=ledgers.MAIN).identity
    of_line = {**MOVED, "line": line, "refunds": 3}
    held = 0
    for path, schema, example in described_bodies(document):
        name = path.rpartition("/")[2]
        bodies = [*([example] if example else []), *MORE.get(name, ())]
        bodies += [of_line] if name == "movement" else []
        evidence = [f"{at:064x}" for at in range(FILES_MAX + 1)]
        if "evidence" in schema["properties"]:
            bodies.append({**bodies[0], "evidence": evidence[:-1]})
        seen: set[tuple[str, str]] = set()
        for body in bodies:
            jsonschema.validate(body, {**schema, "components": document["components"]})
            assert sent(machine, path, body) == 201, (path, body)
            seen |= {
                (at, field) for at, _, value in objects(document, schema, body) for field in value
            }
            for changed in as_not_described(document, schema, body):
                assert sent(machine, path, changed) == 422, (path, changed)
            for changed in other_words(document, schema, body):
                assert sent(machine, path, changed) == 201, (path, changed)
        assert seen == {*fields(document, schema)}, path
        if "evidence" in schema["properties"]:
            assert schema["properties"]["evidence"]["maxItems"] == FILES_MAX
            assert sent(machine, path, {**bodies[0], "evidence": evidence}) == 422
        held += 1
    assert held >= 18


def described_bodies(document: Json) -> Iterator[tuple[str, Json, Json | None]]:
    """Return address, schema and first body of each operation that takes a JSON object."""
    for path, item in document["paths"].items():
        content = item.get("post", {}).get("requestBody", {}).get("content", {})
        told = content.get("application/json")
        if told is not None and not path.endswith(ELSEWHERE):
            yield path, found(document, told["schema"]), told.get("example")


def found(document: Json, schema: Json) -> Json:
    if "$ref" in schema:
        return dict(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def sent(machine: Machine, path: str, body: Json) -> int:
    short = path.removeprefix("/api/v1/funds/{fund}/").replace("{number}", "1")
    who = "Zhou" if short.rpartition("/")[2] in BY_ADMINISTRATORS else "Li"
    return machine.post(short, body, who=who, key="k").status_code


def objects(
    document: Json, schema: Json, value: Any, at: str = ""
) -> Iterator[tuple[str, Json, Json]]:
    """Return the objects in a body whose fields are all described: where, how, and what."""
    schema = found(document, schema)
    if isinstance(value, list):
        for one in value:
            yield from objects(document, schema.get("items", {}), one, f"{at}[]")
    elif isinstance(value, dict) and schema.get("additionalProperties") is False:
        yield at, schema, value
        for name, one in value.items():
            yield from objects(document, schema["properties"][name], one, f"{at}.{name}")


def fields(document: Json, schema: Json, at: str = "") -> Iterator[tuple[str, str]]:
    """Return all fields that are described, by the object that they stand in."""
    schema = found(document, schema)
    if "items" in schema:
        yield from fields(document, schema["items"], f"{at}[]")
    if schema.get("additionalProperties") is False:
        for name, one in schema["properties"].items():
            yield at, name
            yield from fields(document, one, f"{at}.{name}")


def as_not_described(document: Json, schema: Json, body: Json) -> Iterator[Json]:
    """Return a body with a field more, or without one that is required, at each of its places."""
    for at in range(len([*objects(document, schema, body)])):
        changed = copy.deepcopy(body)
        _, described, value = [*objects(document, schema, changed)][at]
        value["zzz"] = 1
        yield changed
        for name in described["required"]:
            less = copy.deepcopy(body)
            del [*objects(document, schema, less)][at][2][name]
            yield less


def other_words(document: Json, schema: Json, body: Json) -> Iterator[Json]:
    """Return a body with each other word that a field may have."""
    for at, (_, described, value) in enumerate(objects(document, schema, body)):
        for name in value:
            for word in described["properties"][name].get("enum", ()):
                changed = copy.deepcopy(body)
                [*objects(document, schema, changed)][at][2][name] = word
                yield changed
