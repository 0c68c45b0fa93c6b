"""Kuaishou, Douyin and recorded deliveries, against published vectors and the month in the samples."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FileFormatError, InputError, SignatureError
from ledger.intake.events import REASONS, GiftEvent, RowProblem, check_event, content_digest
from ledger.intake.sources import douyin, kuaishou
from ledger.intake.sources.callbacks import Callback
from ledger.intake.sources.deliveries import DELIVERY_BYTES_MAX, Delivery, read_deliveries

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
MONTH = SAMPLES / "month-synthetic"

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the samples are not beside the project"
)

SECRET = "ks-secret"
KS_ROW = {
    "uniqueNo": "n-1",
    "giftId": "9",
    "giftName": "啤酒",
    "giftCount": 2,
    "giftUnitPrice": 10,
    "giftTotalPrice": 20,
    "normalGift": True,
    "userInfo": {"userId": "u1", "userName": "甲", "headUrl": ""},
}
DY_ROW = {
    "msg_id": "m-1",
    "sec_openid": "op_1",
    "sec_gift_id": "n1/Dg19=",
    "gift_num": 2,
    "gift_value": 200,
    "avatar_url": "",
    "nickname": "草原来客",
    "timestamp": 1_762_000_000_000,
}
DY_HEADERS = {
    "x-nonce-str": "123456",
    "x-timestamp": "456789",
    "x-roomid": "268",
    "x-msg-type": "user_group",
    "x-signature": "GAkalGmhzqlUGQO/TgvMug==",
}  # published in the Douyin open platform's page on signing
DY_BODY = "abc123你好".encode()


def ks_body(
    *rows, event="LIVE_INTERACTION_DATA", push_type="giftSend", message_id="um-1", **data
) -> bytes:
    data = {
        "push_type": push_type,
        "unique_message_id": message_id,
        "author_open_id": "a1",
        "live_timestamp": "1762000000000",
        "room_code": "r1",
        "payload": list(rows),
    } | data
    return json.dumps(
        {"timestamp": 1, "app_id": "k", "event": event, "message_id": "d-1", "data": data}
    ).encode()


def ks_lookback(*rows, **message) -> bytes:
    message = {
        "uniqueMessageId": "um-1",
        "authorOpenId": "a1",
        "roomCode": "r1",
        "pushType": "giftSend",
        "liveTimestamp": 1_762_000_000_000,
        "payload": list(rows),
    } | message
    return json.dumps({"result": 1, "data": json.dumps([message])}).encode()


def dy(*rows) -> Callback:
    return douyin.parse_callback(
        json.dumps(rows).encode(), {"X-RoomId": "7400", "x-msg-type": "live_gift"}
    )


# Proof of origin


@needs_samples
def test_the_vectors_of_both_platforms():
    vectors = json.loads((SAMPLES / "webhook-vectors-synthetic" / "vectors.json").read_text())
    verify = {"douyin": douyin.verify, "kuaishou": kuaishou.verify}
    ours = [vector for vector in vectors if vector["source"] in verify]
    assert len(ours) >= 6
    for vector in ours:
        arguments = (vector["body"].encode(), vector["headers"], vector["secret"])
        if vector["expect"] == "accept":
            verify[vector["source"]](*arguments)
        else:
            with pytest.raises(SignatureError) as caught:
                verify[vector["source"]](*arguments)
            assert caught.value.fields["reason"] == "mismatch", vector["name"]


def test_douyins_published_vector_and_every_change_of_it():
    douyin.verify(DY_BODY, DY_HEADERS, "123abc")
    douyin.verify(DY_BODY, {name.title(): value for name, value in DY_HEADERS.items()}, "123abc")
    for name in DY_HEADERS:
        changed = DY_HEADERS | {name: DY_HEADERS[name][:-1] + "0"}
        with pytest.raises(SignatureError) as caught:
            douyin.verify(DY_BODY, changed, "123abc")
        assert caught.value.fields["reason"] == "mismatch"
        with pytest.raises(SignatureError) as caught:
            douyin.verify(
                DY_BODY, {key: value for key, value in DY_HEADERS.items() if key != name}, "123abc"
            )
        assert (caught.value.fields["reason"], caught.value.fields["field"]) == ("missing", name)
    with pytest.raises(SignatureError):
        douyin.verify(DY_BODY + b" ", DY_HEADERS, "123abc")


def test_characters_cannot_be_moved_between_douyins_timestamp_and_body():
    """The signed bytes of both are the same, for there is no separator; the body would read differently."""
    moved = DY_HEADERS | {"x-timestamp": "456789abc"}
    with pytest.raises(SignatureError) as caught:
        douyin.verify("123你好".encode(), moved, "123abc")
    assert caught.value.fields["field"] == "x-timestamp"


@pytest.mark.parametrize(
    ("received_at_ms", "right"),
    [
        (456_789, True),
        (456_789 + 600_000, True),
        (456_789 - 600_000, True),
        (456_789 + 600_001, False),
    ],
)
def test_an_old_douyin_delivery_is_stale(received_at_ms, right):
    if right:
        douyin.verify(DY_BODY, DY_HEADERS, "123abc", received_at_ms=received_at_ms)
        return
    with pytest.raises(SignatureError) as caught:
        douyin.verify(DY_BODY, DY_HEADERS, "123abc", received_at_ms=received_at_ms)
    assert caught.value.fields["reason"] == "stale"


def test_a_missing_secret_never_verifies():
    """Else everybody could sign for a channel whose secret was forgotten."""
    for verify, headers in (
        (kuaishou.verify, {"kwaisign": "d41d8cd98f00b204e9800998ecf8427e"}),  # MD5 of nothing
        (douyin.verify, DY_HEADERS),
    ):
        with pytest.raises(SignatureError) as caught:
            verify(b"", headers, "")
        assert caught.value.fields["reason"] == "no-secret"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "missing"),
        ({"kwaisign": "0" * 32}, "mismatch"),
        ({"kwaisign": "签名\ud800"}, "mismatch"),
    ],
)
def test_a_wrong_kuaishou_signature_is_refused(headers, reason):
    with pytest.raises(SignatureError) as caught:
        kuaishou.verify(b"{}", headers, SECRET)
    assert caught.value.fields["reason"] == reason


# Kuaishou's rows


def test_a_kuaishou_row_becomes_a_gift_in_coins():
    found = kuaishou.parse_callback(ks_body(KS_ROW))
    (event,) = found.rows
    assert (found.message_id, found.session, found.ignored, found.problems) == (
        "um-1",
        "r1",
        [],
        [],
    )
    assert (event.source_id, event.session, event.occurred_at_ms) == (
        "n-1",
        "r1",
        1_762_000_000_000,
    )
    assert (event.giver, event.nickname, event.item, event.item_name) == ("u1", "甲", "9", "啤酒")
    assert (event.count, event.units, event.unit, event.gross_minor, event.kind) == (
        2,
        20,
        "KSCOIN",
        None,
        "paid",
    )
    assert (event.via, event.signed) == ("push", True)


def test_the_look_back_gives_the_same_gift():
    (pushed,) = kuaishou.parse_callback(ks_body(KS_ROW)).rows
    (found,) = kuaishou.parse_lookback(ks_lookback(KS_ROW)).rows
    assert content_digest(found) == content_digest(pushed)
    assert (found.via, found.signed) == ("lookback", False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (ks_body(KS_ROW, event="LIVE_INTERACTION_DATA_TEST"), "test"),
        (ks_body(KS_ROW, message_id="stress_um-1"), "test"),
        (ks_body(KS_ROW | {"uniqueNo": "stress_1"}), "test"),
        (ks_body(KS_ROW, push_type="liveComment"), "not-a-gift"),
        (ks_body(KS_ROW, event="LIVE_START"), "not-a-gift"),
        (ks_body(KS_ROW | {"giftUnitPrice": 0, "giftTotalPrice": 0}), "free"),
    ],
)
def test_what_is_no_gift_of_money_is_passed_over_with_its_reason(body, reason):
    found = kuaishou.parse_callback(body)
    assert ([ignored.reason for ignored in found.ignored], found.rows, found.problems) == (
        [reason],
        [],
        [],
    )


def test_a_total_that_is_not_count_times_price_is_held_and_not_booked():
    found = kuaishou.parse_callback(
        ks_body(KS_ROW, KS_ROW | {"uniqueNo": "n-2", "giftTotalPrice": 99999})
    )
    assert [event.source_id for event in found.rows] == ["n-1"]
    (problem,) = found.problems
    assert (problem.line, problem.field, problem.reason) == (2, "giftTotalPrice", "total-mismatch")
    assert problem.event is not None
    assert (problem.event.source_id, problem.event.units) == ("n-2", 99999)


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"uniqueNo": ""}, "uniqueNo", "missing"),
        ({"uniqueNo": None}, "uniqueNo", "missing"),
        ({"uniqueNo": ["n"]}, "uniqueNo", "not-a-text"),
        ({"giftCount": 1.5}, "giftCount", "not-an-integer"),
        ({"giftCount": True}, "giftCount", "not-an-integer"),
        ({"giftTotalPrice": None}, "giftTotalPrice", "missing"),
        ({"giftTotalPrice": "2e1"}, "giftTotalPrice", "not-an-integer"),
        ({"giftUnitPrice": "x"}, "giftUnitPrice", "not-an-integer"),
        ({"userInfo": "甲"}, "userInfo", "not-an-object"),
        ({"userInfo": {"userId": True}}, "userId", "not-a-text"),
    ],
)
def test_a_wrong_kuaishou_row_is_held_and_costs_no_right_one(changed, field, reason):
    found = kuaishou.parse_callback(ks_body(KS_ROW | changed, KS_ROW))
    assert [(p.line, p.field, p.reason) for p in found.problems] == [(1, field, reason)]
    assert [event.source_id for event in found.rows] == ["n-1"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"\xff", b'{"data":7}', ks_body(payload=7), ks_body(payload=[1] * 10_001)],
)
def test_a_delivery_that_is_no_envelope_is_refused(body):
    with pytest.raises(FileFormatError):
        kuaishou.parse_callback(body)


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"result":0,"data":"[]"}', b'{"result":1,"data":"x"}', b'{"result":1}']
)
def test_an_answer_that_reports_a_failure_is_refused(answer):
    with pytest.raises(FileFormatError):
        kuaishou.parse_lookback(answer)


def test_the_look_back_passes_over_what_the_push_passes_over():
    for message, reason in (
        ({"uniqueMessageId": "stress_1"}, "test"),
        ({"pushType": "liveLike"}, "not-a-gift"),
    ):
        found = kuaishou.parse_lookback(ks_lookback(KS_ROW, **message))
        assert ([ignored.reason for ignored in found.ignored], found.rows) == ([reason], [])


def test_a_nickname_that_cannot_be_printed_costs_no_gift():
    row = KS_ROW | {"userInfo": {"userId": "u1", "userName": "甲\u202e\n" + "乙" * 200}}
    (event,) = kuaishou.parse_callback(ks_body(row)).rows
    assert event.nickname == "甲" + "乙" * 99
    assert check_event(event, event.occurred_at_ms) is None


def test_the_answers():
    assert kuaishou.ANSWER_OK == {"result": 1}
    assert kuaishou.answer_error("signature") == {"result": 0, "errorMsg": "signature"}


# Douyin's rows


def test_a_douyin_row_is_the_total_in_fen_and_never_multiplied():
    found = dy(DY_ROW, DY_ROW | {"msg_id": "m-2", "sec_magic_gift_id": "box"})
    event, boxed = found.rows
    assert (event.source_id, event.session, event.giver, event.item) == (
        "m-1",
        "7400",
        "op_1",
        "n1/Dg19=",
    )
    assert (event.count, event.units, event.unit, event.gross_minor, event.commodity) == (
        2,
        200,
        "CNY",
        200,
        "CNY",
    )
    assert found.boxes == {boxed.source_id: "box"}


def test_a_test_a_guests_and_a_free_gift_do_not_count_in_this_order():
    test, guest, free = {"test": True}, {"audience_sec_open_id": "g"}, {"gift_value": 0}
    for changed, reason, kept in (
        (test | guest | free, "test", False),
        (guest | free, "guest", True),
        (free, "free", True),
    ):
        found = dy(DY_ROW | changed)
        (ignored,) = found.ignored
        assert (ignored.reason, ignored.source_id, ignored.event is not None) == (
            reason,
            "m-1",
            kept,
        )
        assert found.rows == []
    assert len(dy(DY_ROW | {"test": False, "audience_sec_open_id": ""}).rows) == 1


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"msg_id": ""}, "msg_id", "missing"),
        ({"gift_value": 1.5}, "gift_value", "not-an-integer"),
        ({"gift_num": None}, "gift_num", "missing"),
        ({"timestamp": "now"}, "timestamp", "not-an-integer"),
        ({"test": "true"}, "test", "not-a-truth-value"),
        ({"audience_sec_open_id": {}}, "audience_sec_open_id", "not-a-text"),
        ({"sec_magic_gift_id": 1.5}, "sec_magic_gift_id", "not-a-text"),
    ],
)
def test_a_wrong_douyin_row_is_held_and_costs_no_right_one(changed, field, reason):
    found = dy(DY_ROW | changed, DY_ROW)
    assert [(p.line, p.field, p.reason) for p in found.problems] == [(1, field, reason)]
    assert [event.source_id for event in found.rows] == ["m-1"]


def test_another_kind_of_douyin_message_is_no_gift():
    found = douyin.parse_callback(b"[{}]", {"x-msg-type": "live_comment"})
    assert [ignored.reason for ignored in found.ignored] == ["not-a-gift"]


def test_a_failed_push_gives_the_gift_and_the_evidence_of_the_push():
    payload = json.dumps([DY_ROW])
    items = [
        {"roomid": "7400", "msg_type": "live_gift", "payload": text}
        for text in (payload, "nonsense", payload)
    ]
    items.append({"roomid": "7400", "msg_type": "live_like", "payload": payload})
    answer = json.dumps({"err_no": 0, "data": {"data_list": [*items, 7]}}).encode()
    found = douyin.parse_fail_data(answer)
    headers = {"x-roomid": "7400", "x-msg-type": "live_gift"}
    (pushed,) = douyin.parse_callback(payload.encode(), headers).rows
    assert [(event.via, event.signed) for event in found.rows] == [("lookback", False)] * 2
    assert {(content_digest(event), event.evidence) for event in found.rows} == {
        (content_digest(pushed), pushed.evidence)
    }
    assert [(p.line, p.reason) for p in found.problems] == [(2, "not-json"), (5, "missing")]
    assert [ignored.reason for ignored in found.ignored] == ["not-a-gift"]


@pytest.mark.parametrize(
    "answer", [b"7", b"{}", b'{"err_no":5,"data":{"data_list":[]}}', b'{"err_no":0,"data":{}}']
)
def test_a_failed_query_is_refused(answer):
    with pytest.raises(FileFormatError):
        douyin.parse_fail_data(answer)


# Anything at all

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.just("stress_"),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


def read_or_refused(parse, *arguments) -> None:
    try:
        found = parse(*arguments)
    except InputError:
        return
    assert all(problem.reason in REASONS for problem in found.problems)
    for event in found.rows:
        check_event(event, 1_762_000_000_000)


@given(st.binary(max_size=200) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(body):
    read_or_refused(kuaishou.parse_callback, body)
    read_or_refused(kuaishou.parse_lookback, body)
    read_or_refused(douyin.parse_callback, body, {})
    read_or_refused(douyin.parse_fail_data, body)


@given(st.dictionaries(st.sampled_from(sorted(KS_ROW)), JSON_VALUES), st.data())
def test_any_kuaishou_row_ends_in_exactly_one_place(changed, data):
    envelope = data.draw(
        st.dictionaries(st.sampled_from(["live_timestamp", "room_code"]), JSON_VALUES)
    )
    found = kuaishou.parse_callback(ks_body(KS_ROW | changed, **envelope))
    assert len(found.rows) + len(found.ignored) + len(found.problems) == 1
    assert all(problem.reason in REASONS for problem in found.problems)


@given(
    st.dictionaries(
        st.sampled_from([*DY_ROW, "test", "audience_sec_open_id", "sec_magic_gift_id"]),
        JSON_VALUES,
    )
)
def test_any_douyin_row_ends_in_exactly_one_place(changed):
    found = dy(DY_ROW | changed)
    assert len(found.rows) + len(found.ignored) + len(found.problems) == 1
    assert all(problem.reason in REASONS for problem in found.problems)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
def test_any_headers_are_accepted_or_refused(name, value, secret):
    for verify in (kuaishou.verify, douyin.verify):
        headers = DY_HEADERS | {name: value, "kwaisign": value, "x-timestamp": value}
        with pytest.raises(SignatureError):
            verify(b"", headers, secret)


# Recorded deliveries

RECORDED = {
    "received_at": "2026-10-20T19:30:00+08:00",
    "headers": {"X-RoomId": "7"},
    "body": "[ 1,\t2 ]",
}


def deliveries(*lines: bytes) -> list[Delivery | RowProblem]:
    return list(read_deliveries(io.BytesIO(b"".join(line + b"\n" for line in lines))))


def test_a_recorded_delivery_keeps_its_bytes_and_its_time():
    (delivery,) = deliveries(json.dumps(RECORDED | {"body": "草 [ 1,\t2 ]\n"}).encode())
    assert isinstance(delivery, Delivery)
    assert delivery.received_at.isoformat() == "2026-10-20T11:30:00+00:00"
    assert (delivery.headers, delivery.body) == ({"x-roomid": "7"}, "草 [ 1,\t2 ]\n".encode())


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (RECORDED | {"received_at": None}, "received_at", "missing"),
        (RECORDED | {"received_at": 7}, "received_at", "wrong-type"),
        (RECORDED | {"received_at": "2026-10-20T19:30:00"}, "received_at", "no-time-zone"),
        (RECORDED | {"received_at": "0001-01-01T00:00:00+23:59"}, "received_at", "not-a-time"),
        (RECORDED | {"headers": []}, "headers", "wrong-type"),
        (RECORDED | {"headers": {"a": 1}}, "headers", "wrong-type"),
        (RECORDED | {"body": {"a": 1}}, "body", "wrong-type"),
        ({"received_at": RECORDED["received_at"], "headers": {}}, "body", "missing"),
        (b'{"body":"a","body":"b"}', "body", "duplicate-key"),
        (b"[]", "", "not-an-object"),
        (b"{", "", "not-json"),
        (b"\xff", "", "not-json"),
        (b"x" * (DELIVERY_BYTES_MAX + 1), "", "line-too-long"),
    ],
)
def test_a_wrong_delivery_is_named_and_costs_no_right_one(line, field, reason):
    right = json.dumps(RECORDED).encode()
    before, problem, after = deliveries(
        right, line if isinstance(line, bytes) else json.dumps(line).encode(), right
    )
    assert (problem.line, problem.field, problem.reason) == (2, field, reason)
    assert isinstance(before, Delivery)
    assert isinstance(after, Delivery)


# The month of the samples


def recorded(name: str) -> list[Delivery]:
    with (MONTH / "platform" / name).open("rb") as stream:
        return [delivery for delivery in read_deliveries(stream) if isinstance(delivery, Delivery)]


def once(*found: Callback) -> dict[str, GiftEvent]:
    """Gifts by id; a repeat has to agree with the first."""
    gifts: dict[str, GiftEvent] = {}
    for callback in found:
        assert callback.problems == []
        for event in callback.rows:
            first = gifts.setdefault(event.source_id, event)
            assert content_digest(first) == content_digest(event)
    return gifts


@needs_samples
def test_the_kuaishou_month():
    expected = json.loads((MONTH / "expected.json").read_text())["kuaishou"]
    secret = json.loads((MONTH / "secrets.json").read_text())["kuaishou_app_secret"]
    right, wrong = [], 0
    sent = recorded("kuaishou_callbacks.jsonl")
    for delivery in sent:
        try:
            kuaishou.verify(delivery.body, delivery.headers, secret)
        except SignatureError:
            wrong += 1
        else:
            right.append(kuaishou.parse_callback(delivery.body))
    tests = [found for found in right if found.ignored]
    real = [found for found in right if not found.ignored]
    assert (len(sent), wrong, len(tests)) == (
        expected["deliveries"],
        expected["bad_signature"],
        expected["test_deliveries"],
    )
    pushed_ids = {found.message_id for found in real}
    assert len(real) - len(pushed_ids) == expected["repeated_deliveries"]
    lookback = kuaishou.parse_lookback(
        (MONTH / "platform" / "kuaishou_pushdata_query.json").read_bytes()
    )
    gifts = once(*real, lookback)
    recovered = [event for event in gifts.values() if event.via == "lookback"]
    assert (
        len({(event.session, event.occurred_at_ms) for event in recovered})
        == expected["messages_recovered_by_query"]
    )
    assert len(lookback.rows) > len(recovered)
    coins = sum(event.units for event in gifts.values())
    assert (len(gifts), coins) == (expected["gift_rows_counted"], expected["coins_counted"])
    assert f"{coins // 10}.{coins % 10}0" == expected["gross_cny_counted"]


@needs_samples
def test_the_douyin_month():
    expected = json.loads((MONTH / "expected.json").read_text())["douyin"]
    secret = json.loads((MONTH / "secrets.json").read_text())["douyin_live_gift_secret"]
    right, bodies, wrong = [], [], 0
    sent = recorded("douyin_callbacks.jsonl")
    for delivery in sent:
        received_at_ms = int(delivery.received_at.timestamp() * 1000)
        try:
            douyin.verify(delivery.body, delivery.headers, secret, received_at_ms=received_at_ms)
        except SignatureError:
            wrong += 1
        else:
            bodies.append(delivery.body)
            right.append(douyin.parse_callback(delivery.body, delivery.headers))
    failed = douyin.parse_fail_data(
        (MONTH / "platform" / "douyin_fail_data_page1.json").read_bytes()
    )
    ignored = {(row.reason, row.source_id): row for found in right for row in found.ignored}
    guests = [row.event.gross_minor for row in ignored.values() if row.reason == "guest"]
    assert (len(sent), wrong) == (expected["deliveries"], expected["bad_signature"])
    assert sum(row.reason == "test" for row in ignored.values()) == expected["test_items"]
    assert len(bodies) - len(set(bodies)) == expected["repeated_deliveries"]
    assert (len(guests), f"{sum(guests) / 100:.2f}") == (
        expected["items_to_guest"],
        expected["gross_cny_to_guest"],
    )
    gifts = once(*right, failed)
    assert (
        sum(event.via == "lookback" for event in gifts.values())
        == expected["items_recovered_by_fail_data"]
    )
    gross = sum(event.gross_minor for event in gifts.values())
    assert (len(gifts), f"{gross / 100:.2f}") == (
        expected["items_counted"],
        expected["gross_cny_counted"],
    )
    assert sum(len(found.boxes) for found in right) == 2
