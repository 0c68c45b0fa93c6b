"""What a gift's content is, and what is refused before it may be booked."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import TimeFieldError
from ledger.intake import events
from ledger.intake.events import (
    GiftEvent,
    UnitRate,
    check_event,
    content_digest,
    content_fields,
    first_difference,
)
from ledger.money import AMOUNT_MAX

NOW_MS = 1_791_547_224_000  # 2026-10-09T12:00:24Z
DAY_MS = 86_400_000


def gift(**changed) -> GiftEvent:
    made = GiftEvent(
        source_id="n-1",
        session="r-1",
        occurred_at_ms=NOW_MS,
        giver="u-1",
        nickname="草原来客",
        message="加油",
        item="9",
        item_name="啤酒",
        count=1,
        units=1000,
        unit="CNY",
        gross_minor=1000,
        commodity="CNY",
        kind="paid",
        via="push",
        evidence=bytes(32),
        signed=True,
    )
    return dataclasses.replace(made, **changed)


def money(minor: int, commodity: str = "CNY", **changed) -> GiftEvent:
    return gift(units=minor, gross_minor=minor, unit=commodity, commodity=commodity, **changed)


def coins(units: int, unit: str = "KSCOIN", **changed) -> GiftEvent:
    return gift(units=units, unit=unit, gross_minor=None, commodity="", **changed)


KS_RATE = {"KSCOIN": UnitRate(minor=100, units=10, commodity="CNY")}

OUTCOMES = [  # in the order of precedence that docs/gift-format.md gives
    (gift(source_id=""), ("source_id", "missing", "")),
    (gift(source_id="x" * 129), ("source_id", "too-long", "x" * 40)),
    (gift(source_id="a\nb"), ("source_id", "control-character", "'a\\nb'")),
    (gift(source_id="a\u200db"), ("source_id", "control-character", "'a\\u200db'")),
    (gift(session="r" * 129), ("session", "too-long", "r" * 40)),
    (gift(giver="u\x00"), ("giver", "control-character", "")),
    (gift(item="i" * 129), ("item", "too-long", "i" * 40)),
    (gift(item_name="i" * 101), ("item_name", "too-long", "i" * 40)),
    (gift(nickname="甲" * 101), ("nickname", "too-long", "")),
    (gift(nickname="甲\u202e乙"), ("nickname", "control-character", "")),
    (gift(message="m" * 501), ("message", "too-long", "")),
    (gift(message="a\x1bb"), ("message", "control-character", "")),
    (
        gift(occurred_at_ms=NOW_MS + 600_001),
        ("occurred_at_ms", "far-future", str(NOW_MS + 600_001)),
    ),
    (
        gift(occurred_at_ms=NOW_MS - 400 * DAY_MS - 1),
        ("occurred_at_ms", "too-old", str(NOW_MS - 400 * DAY_MS - 1)),
    ),
    (money(100, "XAU"), ("commodity", "unknown-commodity", "XAU")),
    (coins(100, "MOONS"), ("unit", "unknown-commodity", "MOONS")),
    (gift(count=0), ("count", "not-positive", "0")),
    (gift(count=-1), ("count", "not-positive", "-1")),
    (gift(count=1_000_001), ("count", "too-large", "1000001")),
    (money(0), ("units", "not-positive", "0")),
    (money(-500), ("units", "not-positive", "-500")),
    (coins(0), ("units", "not-positive", "0")),
    (coins(-1), ("units", "not-positive", "-1")),
    (coins(AMOUNT_MAX + 1), ("units", "too-large", str(AMOUNT_MAX + 1))),
    (money(AMOUNT_MAX + 1), ("units", "too-large", str(AMOUNT_MAX + 1))),
    (money(100_000_001), ("units", "too-large", "100000001")),
    (money(20_000_001, "JPY"), ("units", "too-large", "20000001")),
    (gift(kind="free"), ("units", "not-positive", "1000")),
]


@pytest.mark.parametrize(("event", "outcome"), OUTCOMES)
def test_each_refusal_names_field_reason_and_value(event, outcome):
    assert check_event(event, NOW_MS) == outcome


@pytest.mark.parametrize(
    ("event", "outcome"), [case for case in OUTCOMES if case[1][0] not in {"units", "unit"}]
)
def test_an_amount_below_zero_is_named_only_when_nothing_before_it_is_wrong(event, outcome):
    negative = dataclasses.replace(event, units=-1, gross_minor=-1)
    assert check_event(negative, NOW_MS) == outcome


@pytest.mark.parametrize(
    "event",
    [
        gift(),
        money(1),
        money(100_000_000),
        money(1_000_000_000, "KWD"),
        coins(AMOUNT_MAX),
        gift(
            source_id="x" * 128,
            session="r" * 128,
            giver="g" * 128,
            item="i" * 128,
            message="m" * 500,
        ),
        gift(nickname="👨‍👩‍👧", message="第一行\n第二行\t末"),
        gift(occurred_at_ms=NOW_MS + 600_000),
        gift(occurred_at_ms=NOW_MS - 400 * DAY_MS),
        money(0, kind="free"),
        gift(count=1_000_000),
    ],
)
def test_the_last_allowed_value_of_each_kind_passes(event):
    assert check_event(event, NOW_MS) is None


def test_coins_are_limited_by_what_they_are_worth():
    assert check_event(coins(10_000_000), NOW_MS, rates=KS_RATE) is None
    assert check_event(coins(10_000_001), NOW_MS, rates=KS_RATE) == (
        "units",
        "too-large",
        "10000001",
    )
    assert check_event(coins(5, "BITS"), NOW_MS, rates=KS_RATE) == ("unit", "no-rate", "BITS")
    own = {"MOONS": UnitRate(1, 1, "CNY")}
    assert check_event(coins(5, "MOONS"), NOW_MS, rates=own) is None


@given(
    st.builds(
        gift,
        source_id=st.text(max_size=140),
        session=st.text(max_size=140),
        giver=st.text(max_size=140),
        nickname=st.text(max_size=110),
        message=st.text(max_size=510),
        item=st.text(max_size=140),
        count=st.integers(),
        units=st.integers(),
        gross_minor=st.none() | st.integers(),
        unit=st.text(max_size=9),
        commodity=st.sampled_from(["CNY", "JPY", "", "XAU"]),
        occurred_at_ms=st.integers(),
    )
)
def test_the_quick_check_lets_nothing_pass_that_the_single_checks_refuse(event):
    single = (
        events._check_texts(event)
        or events._check_time(event, NOW_MS, events.AGE_MS_MAX)
        or events._check_commodity(event, None)
        or events._check_size(event, None, events.GIFT_MINOR_MAX)
    )
    assert check_event(event, NOW_MS) == single


@given(st.text(), st.sampled_from(["nickname", "message", "item_name"]))
def test_a_cleaned_text_is_never_refused(text, name):
    assert check_event(gift(**{name: events.clean_text(text, name)}), NOW_MS) is None


@pytest.mark.parametrize("name", events.CONTENT_FIELDS)
def test_every_content_field_is_in_the_digest_and_named_when_it_differs(name):
    event = gift()
    value = getattr(event, name)
    other = dataclasses.replace(
        event, **{name: value + 1 if isinstance(value, int) else value + "x"}
    )
    assert content_digest(other) != content_digest(event)
    assert first_difference(content_fields(event), other) == name


@pytest.mark.parametrize(
    "changed",
    [
        {"via": "lookback"},
        {"signed": False},
        {"evidence": bytes([1] * 32)},
        {"nickname": "改名"},
        {"item_name": "x"},
        {"line": 7, "raw": b"x"},
    ],
)
def test_how_it_came_is_no_content(changed):
    event, again = gift(), gift(**changed)
    assert content_digest(event) == content_digest(again)
    assert first_difference(content_fields(event), again) is None


def test_the_first_difference_is_named_in_the_documented_order_and_erased_fields_are_passed_over():
    stored = content_fields(gift())
    assert tuple(stored) == events.CONTENT_FIELDS
    other = gift(message="x", count=2, giver="u-2")
    assert first_difference(stored, other) == "count"
    del stored["count"], stored["giver"], stored["message"]
    assert first_difference(stored, other) is None


def test_the_digest_cannot_be_fooled_by_moving_characters_between_fields():
    assert content_digest(gift(item="ab", giver="c")) != content_digest(gift(item="a", giver="bc"))
    assert content_digest(coins(1)) != content_digest(
        gift(units=1, unit="KSCOIN", gross_minor=0, commodity="")
    )


def test_the_digest_is_the_documented_one_because_stored_digests_must_never_change():
    documented = '[1000,"CNY",1000,"CNY","paid",1,"9","u-1","r-1",1791547224000,"加油"]'
    assert content_digest(gift()) == hashlib.sha256(documented.encode()).digest()[:16]


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-10-09T20:00:24+08:00", NOW_MS),
        ("2026-10-09T12:00:24.5Z", NOW_MS + 500),
        ("2026-10-09T12:00:24.123456789Z", NOW_MS + 123),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_instants_are_read_to_the_millisecond(text, ms):
    assert events.instant_ms(text) == ms


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-10-09T20:00:24", "no-time-zone"),
        ("2026-10-09", "not-a-time"),
        ("2026-10-09 20:00:24+08:00", "not-a-time"),
        ("20261009T200024+08:00", "not-a-time"),
        ("2026-02-30T20:00:24Z", "not-a-time"),
        ("2026-10-09T20:00:60Z", "not-a-time"),
        ("2026-10-09T24:00:00Z", "not-a-time"),
        ("2026-10-09T20:00:24+0800", "not-a-time"),
        ("2026-10-09T20:00:２4Z", "not-a-time"),
        ("2026-10-09T20:00:24Z\n", "not-a-time"),
        ("0001-01-01T00:00:00+23:59", None),
        ("", "not-a-time"),
        ("1791547224000", "not-a-time"),
    ],
)
def test_what_is_no_instant_is_refused_with_its_reason(text, reason):
    if reason is None:
        assert events.instant_ms(text) < 0
        return
    with pytest.raises(TimeFieldError) as caught:
        events.instant_ms(text)
    assert caught.value.fields["reason"] == reason


def test_a_gift_shown_in_a_log_tells_no_name():
    assert "草原来客" not in repr(gift(raw="草原来客".encode()))
    assert "加油" not in repr(gift())
    problem = events.row_problem(3, "nickname", "too-long", "草原来客", "草原来客".encode())
    assert "草原来客" not in repr(problem)
