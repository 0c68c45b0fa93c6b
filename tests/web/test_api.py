"""Gifts over HTTP: outcomes, tokens, idempotency keys, receipts that stand alone, and what everybody may read."""

from __future__ import annotations

import base64
import json
import re
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.funds.history import Rate
from ledger.funds.members import enrol_member
from ledger.intake.sources.own_rows import FIELDS
from ledger.log.checkpoints import open_checkpoint
from ledger.log.hashing import leaf_hash
from ledger.log.notes import Verifier
from ledger.log.proofs import verify_inclusion
from ledger.log.tlogproof import decode_tlog_proof
from ledger.privacy.commitments import open_commitment
from ledger.web.api.schemas import GIFT_IN
from tests.web.machines import (
    GIFT,
    NOW,
    Machines,
    machines,
    new_token,
    open_fund,
    remove_later,
    set_rate_later,
)

PROBLEM = "application/problem+json"


@pytest.fixture
def on_sqlite(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    opened = Database(f"sqlite:///{file}")
    yield opened
    opened.close()


@pytest.fixture
def api(on_sqlite: Database, tmp_path: Path) -> Iterator[Machines]:
    opened = machines(on_sqlite, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def both(database: Database, tmp_path: Path) -> Iterator[Machines]:
    """The same on each of the two databases."""
    opened = machines(database, tmp_path)
    yield opened
    opened.close()


def changed(gift: dict, change: dict) -> dict:
    """Change a gift; None takes a field away."""
    return {name: value for name, value in {**gift, **change}.items() if value is not None}


def check_receipt(api: Machines, given: dict) -> dict:
    """Check a receipt as its holder would, with nothing but the log's key; return the entry."""
    entry = given["entry"].encode()
    proof = decode_tlog_proof(given["proof"].encode())
    vkey = (api.ledger.settings.keys / "qinghe.vkey").read_text().split()[0]
    checkpoint = open_checkpoint(
        proof.checkpoint_note, api.fund.origin, [Verifier.from_text(vkey)]
    )
    assert proof.index == given["seq"]
    verify_inclusion(proof.index, checkpoint.size, leaf_hash(entry), proof.proof, checkpoint.root)
    body = json.loads(entry)["body"]
    for label, opened in given["opening"].items():
        salt = base64.b64decode(opened["salt"])
        open_commitment(body[label], salt, label, opened["value"].encode())
    return json.loads(entry)


# --- recording -------------------------------------------------------------------------------------


def test_a_gift_comes_back_with_a_receipt_that_stands_alone(both):
    answer = both.post(GIFT)

    assert answer.status_code == 201
    assert answer.json["outcome"] == "recorded"
    entry = check_receipt(both, answer.json)
    assert entry["body"]["amount"] == 1250
    assert list(answer.json["opening"]) == ["donor", "name", "delivery", "message"]
    assert answer.json["opening"]["name"]["value"] == "草原来客"
    assert "草原来客" not in answer.json["entry"]
    found = both.client.get(answer.json["address"])
    assert found.json["entry"] == answer.json["entry"]
    assert found.json["proof"] == answer.json["proof"]
    assert "opening" not in found.json


def test_a_repeat_gives_the_first_receipt(both):
    first = both.post(GIFT)
    repeat = both.restarted().post(GIFT)

    assert repeat.status_code == 200
    assert repeat.json == {**first.json, "outcome": "already_recorded"}
    assert len(both.entries("gift")) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "12.51"}, "amount"),
        ({"amount_minor": 1251, "amount": None}, "amount_minor"),
        ({"currency": "EUR"}, "currency"),
        ({"count": 3}, "count"),
        ({"gift": "鲜花"}, "gift"),
        ({"giver": "u-2"}, "giver"),
        ({"session": "r-2"}, "session"),
        ({"at": "2026-10-09T19:59:25+08:00"}, "at"),
        ({"message": "再加油"}, "message"),
    ],
)
def test_other_content_is_a_conflict_that_names_the_field(api, change, field):
    first = api.post(GIFT).json
    answer = api.post(changed(GIFT, change))

    assert answer.status_code == 409
    assert answer.content_type == PROBLEM
    assert answer.json["type"] == "/problems/conflict"
    (error,) = answer.json["errors"]
    assert (error["field"], error["reason"], error["seq"]) == (field, "conflict", first["seq"])
    assert len(api.entries("gift")) == 1


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"amount": "-12.50"}, "amount", "not-positive"),
        ({"amount": "0.00"}, "amount", "not-positive"),
        ({"amount": None, "amount_minor": 0}, "amount_minor", "not-positive"),
        ({"amount": "1000000.01"}, "amount", "too-large"),
        ({"amount": "9" * 12 + ".00"}, "amount", "too-large"),
        ({"amount": "9" * 30}, "amount", "too-large"),
        ({"amount": "12.505"}, "amount", "too-many-decimals"),
        ({"amount": 12.5}, "amount", "not-a-decimal-string"),
        ({"currency": "XXX"}, "currency", "unknown-commodity"),
        ({"amount": None, "currency": None, "coins": 5, "unit": "PEBBLE"}, "unit", "unknown-commodity"),
        ({"amount": None, "currency": None, "coins": 5, "unit": "BITS"}, "unit", "no-rate"),
        ({"at": "2026-10-09T20:10:25+08:00"}, "at", "far-future"),
        ({"at": "2025-01-01T00:00:00+08:00"}, "at", "too-old"),
        ({"at": "2026-10-09 20:00"}, "at", "not-a-time"),
        ({"id": "x" * 129}, "id", "too-long"),
        ({"nickname": "a\u202eb"}, "nickname", "control-character"),
        ({"curency": "CNY"}, "curency", "unknown-field"),
        ({"count": 0}, "count", "not-positive"),
    ],
)  # fmt: skip
def test_a_wrong_gift_is_named_and_nothing_is_kept(api, change, field, reason):
    answer = api.post(changed(GIFT, change))

    assert answer.status_code == 422
    assert answer.content_type == PROBLEM
    (error,) = answer.json["errors"]
    assert (error["line"], error["field"], error["reason"]) == (1, field, reason)
    assert "草原来客" not in answer.text
    assert api.entries("gift") == []


def test_a_refusal_shows_what_was_written(api):
    (error,) = api.post({**GIFT, "amount": "-12.50"}).json["errors"]
    assert error["value"] == "-12.50"
    (error,) = api.post({**GIFT, "at": "2026-10-09T20:10:25+08:00"}).json["errors"]
    assert error["value"] == "2026-10-09T20:10:25+08:00"


def test_right_rows_are_kept_and_wrong_ones_named(both):
    both.post(GIFT)
    body = [
        {**GIFT, "id": "b"},
        {**GIFT, "amount": "1.00"},
        "no gift",
        GIFT,
        {**GIFT, "id": "c", "amount": "-1.00"},
        {**GIFT, "id": "b"},
    ]
    answer = both.post(body)

    assert answer.status_code == 207
    outcomes = [(one["line"], one["outcome"]) for one in answer.json["results"]]
    assert outcomes == [
        (1, "recorded"), (2, "conflict"), (3, "refused"), (4, "already_recorded"), (5, "refused"),
        (6, "already_recorded"),
    ]  # fmt: skip
    assert answer.json["counts"] == {
        "recorded": 1, "already_recorded": 2, "conflict": 1, "refused": 2,
    }  # fmt: skip
    for one in answer.json["results"]:
        if "proof" in one:
            check_receipt(both, one)


def test_an_array_of_one_is_an_array(api):
    answer = api.post([GIFT])
    assert answer.status_code == 201
    assert [one["outcome"] for one in answer.json["results"]] == ["recorded"]
    assert api.post([GIFT]).status_code == 200


def test_many_gifts_come_back_with_many_receipts(api):
    body = [{**GIFT, "id": f"n-{number}"} for number in range(100)]
    answer = api.post(body)

    assert answer.status_code == 201
    assert answer.json["counts"]["recorded"] == 100
    assert len({check_receipt(api, one)["seq"] for one in answer.json["results"]}) == 100
    again = api.post(body).json
    assert [{**one, "outcome": "recorded"} for one in again["results"]] == answer.json["results"]


def test_coins_are_worth_what_the_rate_of_now_says(api):
    coins = {key: GIFT[key] for key in ("id", "at")} | {"coins": 30, "unit": "KSCOIN"}
    assert check_receipt(api, api.post(coins).json)["body"]["amount"] == 300
    dear = Rate("KSCOIN", 1, 100, "CNY", 1, 0)
    other = api.restarted().ledger
    set_rate_later(other, api.fund, dear)
    assert check_receipt(api, api.post({**coins, "id": "2"}).json)["body"]["amount"] == 3000


# --- what is no call at all ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not-json"),
        (b'{"id": "1"', "not-json"),
        ('{"id": "\u00e9"}'.encode("latin-1"), "not-json"),
        (json.dumps(GIFT).encode("utf-16"), "not-json"),
        (b"[]", "not-an-object"),
        (b"3", "not-an-object"),
        (b'{"id":"1","id":"2"}', "duplicate-key"),
        (b"[" + b"{}," * 10_000 + b"{}]", "too-large"),
    ],
)
def test_a_body_that_is_no_gift_is_refused_as_a_whole(api, body, reason):
    answer = api.post(body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["reason"] == reason
    assert api.entries("gift") == []


def test_a_body_above_the_limit_is_refused_unread(api):
    answer = api.post(b" " * 65_537)
    assert (answer.status_code, answer.content_type) == (413, PROBLEM)


def test_a_body_that_ends_early_records_nothing(api):
    data = json.dumps(GIFT).encode()
    answer = api.client.post(
        "/api/v1/funds/qinghe/gifts?channel=Own",
        data=data,
        headers={"Authorization": f"Bearer {api.token}"},
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(len(data) + 1)},
    )
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)
    assert api.entries("gift") == []


def test_only_json_is_taken(api):
    answer = api.client.post(
        "/api/v1/funds/qinghe/gifts?channel=Own",
        data=json.dumps(GIFT),
        headers={"Authorization": f"Bearer {api.token}"},
        content_type="application/x-www-form-urlencoded",
    )
    assert (answer.status_code, answer.content_type) == (415, PROBLEM)


@pytest.mark.parametrize(("channel", "code"), [("", "field"), ("Nowhere", "unknown-name")])
def test_the_channel_must_be_one_of_the_fund(api, channel, code):
    answer = api.post(GIFT, channel=channel)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["code"] == code


def test_the_channel_may_be_written_in_any_case(api):
    entry = json.loads(api.post(GIFT, channel="own").json["entry"])
    assert entry["body"]["channel"] == "Own"


def test_the_same_id_on_another_channel_is_another_gift(api):
    assert api.post(GIFT).status_code == 201
    assert api.post(GIFT, channel="Kuaishou").status_code == 201


# --- tokens ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer mz_wrong", "Basic bGk6eA==", "Bearer \u00e9"]
)
def test_without_a_token_nothing_is_recorded(api, header):
    headers = {} if header is None else {"Authorization": header}
    answer = api.client.post("/api/v1/funds/qinghe/gifts?channel=Own", json=GIFT, headers=headers)
    assert (answer.status_code, answer.content_type) == (401, PROBLEM)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert api.entries("gift") == []


def test_a_token_of_another_fund_is_none_of_this_one(api):
    open_fund(api.ledger.sequencer, api.clock, "other")
    assert api.post(GIFT).status_code == 201
    assert api.post({**GIFT, "id": "2"}, fund="other").status_code == 401
    assert api.post(GIFT, fund="nowhere").status_code == 404


def test_a_token_ends_at_once_in_every_process(both):
    assert both.post(GIFT).status_code == 201
    other = both.restarted().ledger
    remove_later(other, both.fund, "Li")

    assert both.post({**GIFT, "id": "2"}).status_code == 401
    assert both.post(GIFT).status_code == 401
    assert len(both.entries("gift")) == 1


def test_an_ended_token_is_not_told_what_is_wrong_with_a_gift(api):
    api.post(GIFT)
    other = api.restarted().ledger
    remove_later(other, api.fund, "Li")
    assert api.post({**GIFT, "amount": "0.00"}).status_code == 401


# --- idempotency keys ------------------------------------------------------------------------------


def test_a_key_with_the_same_body_gives_the_first_answer(both):
    both.post({**GIFT, "id": "before"})
    body = [
        {**GIFT, "id": "before"},
        {**GIFT, "id": "new"},
        {**GIFT, "id": "new"},
        {**GIFT, "id": "before", "count": 9},
        {**GIFT, "id": "early", "at": "2026-10-09T20:11:00+08:00"},
        {"id": "bits", "at": GIFT["at"], "coins": 5, "unit": "BITS"},
        {"id": "coins", "at": GIFT["at"], "coins": 5, "unit": "KSCOIN"},
    ]
    first = both.post(body, key="k-1")
    # Later everything that was refused could pass; and somebody else does record one of them.
    later = both.restarted()
    later.clock.advance(timedelta(hours=1))
    bits = Rate("BITS", 1, 7, "CNY", 0, 0)
    set_rate_later(later.ledger, both.fund, bits)
    assert later.post(body[4]).status_code == 201
    size = len(both.entries("gift"))
    again = later.post(body, key="k-1")

    outcomes = [one["outcome"] for one in first.json["results"]]
    assert outcomes == [
        "already_recorded", "recorded", "already_recorded", "conflict", "refused", "refused",
        "recorded",
    ]  # fmt: skip
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert len(both.entries("gift")) == size


def test_a_single_gift_with_a_key_comes_back_as_recorded(api):
    first = api.post(GIFT, key='"quoted"')
    again = api.restarted().post(GIFT, key="quoted")
    assert first.status_code == again.status_code == 201
    assert first.json == again.json


@pytest.mark.parametrize("channel", ["Own", "Kuaishou"])
def test_a_key_with_another_body_or_channel_records_nothing(both, channel):
    both.post(GIFT, key="k-1")
    other = {**GIFT, "id": "2"} if channel == "Own" else GIFT
    answer = both.restarted().post(other, key="k-1", channel=channel)

    assert (answer.status_code, answer.content_type) == (409, PROBLEM)
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"
    assert "k-1" not in answer.text
    assert len(both.entries("gift")) == 1


def test_a_key_is_not_spent_on_a_call_that_recorded_nothing(api):
    assert api.post({**GIFT, "amount": "0.00"}, key="k-1").status_code == 422
    assert api.post(GIFT, key="k-1").status_code == 201


def test_members_have_keys_of_their_own(api):
    ledger = api.ledger
    enrol_member(ledger.sequencer, api.fund, "Wang", "operator")
    token = new_token(ledger, api.fund, "Wang")
    assert api.post(GIFT, key="k-1").status_code == 201
    assert api.post({**GIFT, "id": "2"}, key="k-1", token=token).status_code == 201


@pytest.mark.parametrize("key", ["", '""', "x" * 129, "tab\there", "钥匙"])
def test_a_key_that_cannot_be_kept_is_refused(api, key):
    if key == "钥匙":
        key = key.encode().decode("latin-1")
    answer = api.post(GIFT, key=key)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"


# --- at the same time ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "k-1"])
def test_the_same_gift_from_many_sides_at_once_is_one_gift(both, key):
    sides = [both, both, both.restarted(), both.restarted()]
    ready = threading.Barrier(len(sides))
    answers = []

    def post(side: Machines) -> None:
        ready.wait()
        answers.append(side.post(GIFT, key=key))

    threads = [threading.Thread(target=post, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == ([200, 200, 200, 201] if key is None else [201] * 4)
    assert len({answer.json["receipt"] for answer in answers}) == 1
    assert len({answer.json["proof"] for answer in answers}) == 1
    assert len(both.entries("gift")) == 1


# --- reading ---------------------------------------------------------------------------------------


def test_a_fund_is_read_with_its_balances(both):
    both.post(GIFT)
    listed = both.client.get("/api/v1/funds").json["funds"]
    assert [one["fund"] for one in listed] == ["qinghe"]
    fund = both.client.get("/api/v1/funds/qinghe").json
    assert fund["size"] == int(fund["checkpoint"].split("\n")[1])
    balances = {one["account"]: one["balance"] for one in fund["accounts"]}
    assert balances == {"Assets:Platform:Own": 1250, "Income:Gifts:Own": -1250}


def test_an_entry_is_read_as_its_bytes(api):
    given = api.post(GIFT).json
    entry = api.client.get(f"/api/v1/funds/qinghe/entries/{given['seq']}").json
    assert entry["entry"] == given["entry"]
    assert entry["leaf_hash"] == leaf_hash(entry["entry"].encode()).hex()


def test_a_receipt_is_read_as_a_file(api):
    given = api.post(GIFT).json
    answer = api.client.get(f"/api/v1/funds/qinghe/gifts/{given['receipt']}.tlog-proof")
    assert answer.text == given["proof"]
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{given["receipt"]}.tlog-proof"'
    )


@pytest.mark.parametrize(
    "path",
    [
        "funds/nowhere",
        "funds/nowhere/entries/0",
        "funds/qinghe/entries/7000",
        "funds/qinghe/entries/99999999999999999999",
        "funds/qinghe/gifts/000000000000",
        "funds/qinghe/gifts/short",
        "funds/qinghe/gifts/ZZZZZZZZZZZZ.tlog-proof",
    ],
)
def test_what_is_not_there_is_a_problem(api, path):
    answer = api.client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.content_type) == (404, PROBLEM)


# --- description -----------------------------------------------------------------------------------


def test_the_description_names_each_address_and_each_field(api):
    spec = api.client.get("/api/openapi.json").json
    assert spec["openapi"] == "3.1.0"
    described = {re.sub(r"{\w+}", "<>", path) for path in spec["paths"]}
    rules = {
        re.sub(r"<[^>]+>", "<>", rule.rule)
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
    }
    assert described == rules
    assert set(spec["components"]["schemas"]["GiftIn"]["properties"]) == set(FIELDS)
    post = spec["paths"]["/api/v1/funds/{fund}/gifts"]["post"]
    assert {"200", "201", "207", "401", "409", "413", "415", "422"} <= set(post["responses"])
    assert post["security"] == [{"token": []}]


def test_every_reference_of_the_description_leads_somewhere(api):
    spec = api.client.get("/api/openapi.json").json
    references = set(re.findall(r'"\$ref": ?"#/([^"]+)"', json.dumps(spec)))
    assert references
    for reference in references:
        found = spec
        for part in reference.split("/"):
            found = found[part]


def test_the_listing_asks_nobody_else_for_anything(api):
    page = api.client.get("/api/docs")
    assert page.status_code == 200
    assert "/api/v1/funds/{fund}/gifts" in page.text
    assert "<script" not in page.text
    assert re.findall(r'(?:src|href)="(?!/)[^"]*"', page.text) == []
    for name in GIFT_IN["properties"]:
        assert f"<code>{name}</code>" in page.text


def test_the_gift_of_these_tests_lies_in_the_past():
    assert NOW.isoformat() == "2026-10-09T12:00:24+00:00"


# --- calls that share a commit ----------------------------------------------------------------------


def post_together(api: Machines, *calls: dict) -> list:
    """Post calls, in this order, while the writer is busy: they are decided in one go."""
    begun, go = threading.Event(), threading.Event()
    queue = api.ledger.sequencer._queue(api.fund.fund_id)
    answers: list = [None] * len(calls)

    def busy(_: object) -> None:
        begun.set()
        go.wait(20)

    def act(at: int) -> None:
        answers[at] = api.post(**calls[at])

    threads = [threading.Thread(target=lambda: api.ledger.sequencer.decide(api.fund, busy))]
    threads[0].start()
    begun.wait(20)
    for at in range(len(calls)):
        threads.append(threading.Thread(target=act, args=(at,)))
        threads[-1].start()
        while len(queue.waiting) <= at:
            threads[-1].join(0.001)
    go.set()
    for thread in threads:
        thread.join(60)
    return answers


def test_calls_of_one_commit_get_the_answers_that_they_would_get_alone(both):
    second, third = {**GIFT, "id": "b"}, {**GIFT, "id": "c"}
    answers = post_together(
        both,
        {"body": GIFT},
        {"body": GIFT},
        {"body": {**GIFT, "count": 9}},
        {"body": second, "key": "k"},
        {"body": second, "key": "k"},
        {"body": third, "key": "k"},
        {"body": third},
    )

    assert [answer.status_code for answer in answers] == [201, 200, 409, 201, 201, 409, 201]
    assert answers[1].json == {**answers[0].json, "outcome": "already_recorded"}
    assert answers[4].json == answers[3].json
    assert len(both.entries("gift")) == 3
    for at in (0, 3, 6):
        check_receipt(both, answers[at].json)


def test_a_token_that_ended_records_nothing_beside_calls_that_may(api):
    writer = api.ledger.sequencer
    enrol_member(writer, api.fund, "Wang", "operator")
    other = new_token(api.ledger, api.fund, "Wang")
    assert api.post({**GIFT, "id": "a"}, token=other).status_code == 201
    elsewhere = api.restarted().ledger
    remove_later(elsewhere, api.fund, "Wang")
    answers = post_together(
        api,
        {"body": {**GIFT, "id": "b"}},
        {"body": {**GIFT, "id": "c"}, "token": other},
        {"body": {**GIFT, "id": "d"}},
    )

    assert [answer.status_code for answer in answers] == [201, 401, 201]
    assert len(api.entries("gift")) == 3
