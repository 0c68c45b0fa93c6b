"""Platforms' deliveries over HTTP: what is taken, held and refused, and how each platform is answered."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from werkzeug.test import TestResponse

from ledger.clock import to_ms
from ledger.db import Database
from ledger.funds import booking as funds
from tests.web.machines import NOW, Machines, machines

PROBLEM = "application/problem+json"
SECRETS = {"Kuaishou": "ks-app-secret", "Douyin": "dy-app-secret"}
NOW_MS = to_ms(NOW)
TAKEN = {"kuaishou": {"result": 1}, "douyin": {"err_no": 0, "err_msg": "ok"}}


def keep_secrets(opened: Machines) -> None:
    folder = opened.ledger.settings.keys / "webhooks" / "qinghe"
    folder.mkdir(parents=True)
    for channel, secret in SECRETS.items():
        file = folder / f"{channel}.secret"
        file.write_text(secret + "\n")
        file.chmod(0o600)


@pytest.fixture
def port(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Machines]:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    opened = machines(Database(f"sqlite:///{file}"), tmp_path)
    keep_secrets(opened)
    yield opened
    opened.close()


@pytest.fixture
def both(database: Database, tmp_path: Path) -> Iterator[Machines]:
    """The same on each of the two databases."""
    opened = machines(database, tmp_path)
    keep_secrets(opened)
    yield opened
    opened.close()


# --- deliveries ------------------------------------------------------------------------------------


def kuaishou(*, event: str = "LIVE_INTERACTION_DATA", at: object = NOW_MS, **row: Any) -> bytes:
    gift = {
        "uniqueNo": "n-1", "giftId": "9", "giftName": "啤酒", "giftCount": 1, "giftUnitPrice": 10,
        "giftTotalPrice": 10, "normalGift": True,
        "userInfo": {"userId": "u1", "userName": "甲乙丙", "headUrl": ""},
    }  # fmt: skip
    data = {
        "push_type": "giftSend", "unique_message_id": "um-1", "author_open_id": "a1",
        "live_timestamp": str(at), "room_code": "r1", "payload": [{**gift, **row}],
    }  # fmt: skip
    envelope = {"timestamp": NOW_MS, "app_id": "ks7", "event": event, "message_id": "mid-1"}
    return json.dumps({**envelope, "data": data}, ensure_ascii=False).encode()


def douyin(**row: Any) -> bytes:
    gift = {
        "msg_id": "7300000000000000001", "sec_openid": "op_aa01", "sec_gift_id": "n1/Dg19=",
        "gift_num": 2, "gift_value": 200, "avatar_url": "", "nickname": "甲乙丙",
        "timestamp": NOW_MS, "test": False, "audience_sec_open_id": "", "sec_magic_gift_id": "",
    }  # fmt: skip
    return json.dumps([{**gift, **row}], ensure_ascii=False).encode()


def push_kuaishou(port: Machines, body: bytes, secret: str = SECRETS["Kuaishou"]) -> TestResponse:
    sign = hashlib.md5(body + secret.encode()).hexdigest()
    return port.client.post(
        "/webhooks/kuaishou/qinghe:Kuaishou",
        data=body,
        headers={"kwaisign": sign},
        content_type="application/json",
    )


def push_douyin(
    port: Machines, body: bytes, secret: str = SECRETS["Douyin"], at_ms: int = NOW_MS
) -> TestResponse:
    signed = {
        "x-msg-type": "live_gift",
        "x-nonce-str": "123456",
        "x-roomid": "268",
        "x-timestamp": str(at_ms),
    }
    text = "&".join(f"{name}={value}" for name, value in signed.items()).encode()
    digest = hashlib.md5(text + body + secret.encode()).digest()
    headers = {**signed, "x-signature": base64.b64encode(digest).decode()}
    return port.client.post(
        "/webhooks/douyin/qinghe:Douyin",
        data=body,
        headers=headers,
        content_type="application/json",
    )


def deliveries(port: Machines) -> int:
    with port.ledger.database.reading() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM deliveries")).scalar_one()


def amounts(port: Machines) -> list[int]:
    return [json.loads(one.entry)["body"]["amount"] for one in port.entries("gift")]


# --- taken -----------------------------------------------------------------------------------------


def test_a_delivery_is_recorded_and_answered_in_the_platforms_form(both):
    first, second = push_kuaishou(both, kuaishou()), push_douyin(both, douyin())

    assert (first.status_code, first.json) == (200, TAKEN["kuaishou"])
    assert (second.status_code, second.json) == (200, TAKEN["douyin"])
    assert amounts(both) == [100, 200]
    assert deliveries(both) == 2
    assert all(json.loads(one.entry)["body"]["signed"] for one in both.entries("gift"))


@pytest.mark.parametrize(("push", "body"), [(push_kuaishou, kuaishou()), (push_douyin, douyin())])
def test_a_replay_is_acknowledged_and_changes_nothing(both, push, body):
    push(both, body)
    again = push(both.restarted(), body)
    assert again.json in TAKEN.values()
    assert (len(amounts(both)), deliveries(both), both.held()) == (1, 1, [])


def test_tests_and_free_gifts_are_acknowledged_and_do_not_count(port):
    for body in (
        kuaishou(event="LIVE_INTERACTION_DATA_TEST"),
        kuaishou(uniqueNo="stress_1"),
        kuaishou(giftUnitPrice=0, giftTotalPrice=0),
    ):
        assert push_kuaishou(port, body).json == TAKEN["kuaishou"]
    for body in (douyin(test=True), douyin(gift_value=0)):
        assert push_douyin(port, body).json == TAKEN["douyin"]
    assert (amounts(port), port.held()) == ([], [])


# --- held: a platform cannot correct it ------------------------------------------------------------


@pytest.mark.parametrize(
    ("push", "body", "reason"),
    [
        (push_kuaishou, kuaishou(giftTotalPrice=-10, giftUnitPrice=-10), "not-positive"),
        (push_kuaishou, kuaishou(giftCount=0, giftTotalPrice=0), "free"),
        (push_kuaishou, kuaishou(giftTotalPrice=10**9, giftUnitPrice=10**9), "too-large"),
        (push_kuaishou, kuaishou(giftTotalPrice=10**15, giftUnitPrice=10**15), "too-large"),
        (push_kuaishou, kuaishou(giftTotalPrice=11), "total-mismatch"),
        (push_kuaishou, kuaishou(at=NOW_MS + 600_001), "far-future"),
        (push_kuaishou, kuaishou(at=NOW_MS - 401 * 86_400_000), "too-old"),
        (push_kuaishou, kuaishou(at="soon"), "not-an-integer"),
        (push_kuaishou, kuaishou(uniqueNo=""), "missing"),
        (push_douyin, douyin(gift_value=-200), "not-positive"),
        (push_douyin, douyin(gift_num=0), "not-positive"),
        (push_douyin, douyin(gift_value=100_000_001), "too-large"),
        (push_douyin, douyin(gift_value=2.5), "not-an-integer"),
        (push_douyin, douyin(timestamp=NOW_MS + 600_001), "far-future"),
        (push_douyin, douyin(audience_sec_open_id="guest"), "guest"),
        (push_douyin, douyin(msg_id="a\u0000b"), "control-character"),
    ],
)
def test_a_wrong_gift_is_acknowledged_and_held_for_an_officer(port, push, body, reason):
    answer = push(port, body)

    assert answer.status_code == 200
    assert answer.json in TAKEN.values()
    assert amounts(port) == []
    assert deliveries(port) == 1
    assert [one.reason for one in port.held()] == ([] if reason == "free" else [reason])


def test_coins_without_a_rate_are_held(both):
    early = to_ms(NOW - timedelta(days=1))
    with both.ledger.database.writing() as connection:
        connection.execute(sa.text("UPDATE rates SET from_ms = :now"), {"now": NOW_MS})
    assert push_kuaishou(both, kuaishou(at=early)).json == TAKEN["kuaishou"]
    assert [one.reason for one in both.held()] == ["no-rate"]


def test_the_same_id_with_another_amount_is_held_as_a_conflict(both):
    push_douyin(both, douyin())
    answer = push_douyin(both, douyin(gift_value=300))
    assert (answer.status_code, answer.json) == (200, TAKEN["douyin"])
    assert amounts(both) == [200]
    (held,) = both.held()
    assert (held.reason, held.field, held.amount) == ("conflict", "units", 300)


# --- refused ---------------------------------------------------------------------------------------


def check_refused(port: Machines, answer: TestResponse, status: int) -> None:
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert answer.json["status"] == status
    assert answer.json.get("result") == 0 or answer.json.get("err_no") == 1
    assert (amounts(port), deliveries(port), port.held()) == ([], 0, [])
    assert not any(secret in answer.text for secret in SECRETS.values())
    assert "甲乙丙" not in answer.text


@pytest.mark.parametrize("secret", ["", "other", SECRETS["Douyin"]])
def test_a_wrong_signature_is_refused_and_nothing_is_kept(both, secret):
    check_refused(both, push_kuaishou(both, kuaishou(), secret), 401)


@pytest.mark.parametrize("secret", ["", "other", SECRETS["Kuaishou"]])
def test_a_wrong_signature_of_douyin_too(port, secret):
    check_refused(port, push_douyin(port, douyin(), secret), 401)


def test_a_missing_signature_is_refused(port):
    for address in ("kuaishou/qinghe:Kuaishou", "douyin/qinghe:Douyin"):
        check_refused(port, port.client.post(f"/webhooks/{address}", data=kuaishou()), 401)


def test_a_delivery_signed_long_ago_is_refused(port):
    answer = push_douyin(port, douyin(), at_ms=NOW_MS - 600_001)
    check_refused(port, answer, 401)
    assert answer.json["errors"][0]["reason"] == "stale"


def test_a_truncated_delivery_has_no_right_signature(port):
    body = kuaishou()
    sign = hashlib.md5(body + SECRETS["Kuaishou"].encode()).hexdigest()
    answer = port.client.post(
        "/webhooks/kuaishou/qinghe:Kuaishou", data=body[:-20], headers={"kwaisign": sign}
    )
    check_refused(port, answer, 401)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"data":3}', kuaishou().decode().encode("gb18030"), b"\xff" * 40]
)
def test_signed_bytes_that_are_no_delivery_are_refused(port, body):
    check_refused(port, push_kuaishou(port, body), 422)


def test_an_oversized_delivery_is_refused_before_it_is_read(port):
    check_refused(port, push_kuaishou(port, kuaishou(giftName="大" * 65_536)), 413)


@pytest.mark.parametrize(
    "address",
    [
        "kuaishou/qinghe:Douyin",
        "douyin/qinghe:Kuaishou",
        "kuaishou/qinghe:Own",
        "kuaishou/nowhere:Kuaishou",
        "kuaishou/qinghe:Nowhere",
        "kuaishou/qinghe:..%2F..%2Fqinghe",
        "twitch/qinghe:Kuaishou",
        "kuaishou/qinghe",
    ],
)
def test_an_address_that_is_not_there_is_a_problem(port, address):
    answer = port.client.post(f"/webhooks/{address}", data=kuaishou())
    assert (answer.status_code, answer.content_type) == (404, PROBLEM)


def test_without_a_secret_no_signature_is_right(port):
    (port.ledger.settings.keys / "webhooks" / "qinghe" / "Kuaishou.secret").unlink()
    answer = push_kuaishou(port, kuaishou(), "")
    check_refused(port, answer, 401)
    assert answer.json["errors"][0]["reason"] == "no-secret"


def test_a_secret_that_others_may_read_is_not_used(port):
    (port.ledger.settings.keys / "webhooks" / "qinghe" / "Kuaishou.secret").chmod(0o640)
    check_refused(port, push_kuaishou(port, kuaishou()), 500)


def test_a_new_secret_holds_at_once(port):
    file = port.ledger.settings.keys / "webhooks" / "qinghe" / "Kuaishou.secret"
    file.write_text("rotated")
    check_refused(port, push_kuaishou(port, kuaishou()), 401)
    assert push_kuaishou(port, kuaishou(), "rotated").json == TAKEN["kuaishou"]


def test_neither_secret_nor_name_is_logged(port):
    with structlog.testing.capture_logs() as logged:
        push_kuaishou(port, kuaishou())
        push_kuaishou(port, kuaishou(), "wrong-secret")
        push_kuaishou(port, b"{")
    text = str(logged)
    assert [one["event"] for one in logged] == [
        "delivery taken", "delivery not taken", "delivery not taken",
    ]  # fmt: skip
    for secret in (*SECRETS.values(), "wrong-secret", "甲乙丙", "u1"):
        assert secret not in text


# --- beside the platform ---------------------------------------------------------------------------


def test_what_a_look_back_finds_again_is_one_gift(port):
    from ledger.intake.receiving import Receiver

    push_douyin(port, douyin())
    page = {"err_no": 0, "data": {"data_list": [{"roomid": "268", "msg_type": "live_gift", "payload": douyin().decode()}]}}  # fmt: skip  # noqa: E501
    with port.ledger.database.reading() as connection:
        channel = funds.history.channel(connection, port.fund.fund_id, "Douyin")
    receiver = Receiver(port.ledger.sequencer, port.clock, port.fund, channel)
    assert receiver.take_lookback(json.dumps(page).encode()).repeated == 1
    assert amounts(port) == [200]
