from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.clock import (
    FixedClock,
    SystemClock,
    from_ms,
    from_posix,
    from_text,
    local_date,
    local_month,
    to_minute_text,
    to_ms,
    to_text,
)
from ledger.errors import TimeFieldError

CHINA = timezone(timedelta(hours=8))
AT = datetime(2026, 10, 9, 12, 0, 24, 987_654, tzinfo=UTC)
INSTANTS = st.integers(0, 7_258_118_400_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


@pytest.mark.parametrize("clock", [SystemClock(), FixedClock(AT.astimezone(CHINA))])
def test_a_clock_tells_utc(clock):
    assert clock.now().utcoffset() == timedelta(0)


def test_the_machines_clock_is_the_machines():
    before = time.time()
    told = SystemClock().now().timestamp()
    assert before - 1e-5 <= told <= time.time() + 1e-5


def test_a_fixed_clock_stands_until_it_is_moved():
    clock = FixedClock(AT)
    readings = [clock.now() for _ in range(3)]
    clock.advance(timedelta(seconds=1))
    moved = clock.now()
    clock.set(AT.astimezone(CHINA) - timedelta(days=1))
    assert readings == [AT] * 3
    assert moved - AT == timedelta(seconds=1)
    assert (clock.now(), clock.now().utcoffset()) == (AT - timedelta(days=1), timedelta(0))


def test_a_fixed_clock_is_read_by_threads():
    clock = FixedClock(AT)
    seen: list[datetime] = []
    threads = [threading.Thread(target=lambda: seen.append(clock.now())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [AT] * 4


def test_a_time_is_written_to_the_second_and_to_the_minute():
    assert to_text(AT.astimezone(CHINA)) == "2026-10-09T12:00:24Z"
    assert to_minute_text(AT.astimezone(CHINA)) == "2026-10-09T12:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-09T12:00:24Z",
        "2026-10-09T20:00:24+08:00",
        "2026-10-09T12:00:24.000000Z",
        "2026-10-09T12:00:24-00:00",
    ],
)
def test_a_time_with_its_offset_is_read(text):
    at = from_text(text)
    assert (at, at.utcoffset()) == (AT.replace(microsecond=0), timedelta(0))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-10-09T12:00:24", "no-time-zone"),
        ("2026-10-09", "no-time-zone"),
        ("", "not-a-time"),
        ("yesterday", "not-a-time"),
        ("2026-02-30T12:00:00Z", "not-a-time"),
        ("2026-10-09T25:00:00Z", "not-a-time"),
        ("1760011224", "not-a-time"),
        (1_760_011_224, "not-a-time"),
        (None, "not-a-time"),
    ],
)
def test_what_is_no_time_is_refused_with_its_reason(text, reason):
    with pytest.raises(TimeFieldError) as caught:
        from_text(text)
    assert caught.value.fields["reason"] == reason


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_a_time_before_or_after_the_calendar_is_refused(text):
    with pytest.raises(TimeFieldError) as caught:
        from_text(text)
    assert caught.value.fields["reason"] == "not-a-time"


@given(INSTANTS)
def test_what_is_written_reads_back_to_the_second(at):
    assert from_text(to_text(at)) == at.replace(microsecond=0)
    assert from_text(to_minute_text(at)) == at.replace(second=0, microsecond=0)


@given(INSTANTS)
def test_milliseconds_go_there_and_back(at):
    whole = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert from_ms(to_ms(at)) == whole


@given(st.integers(-(10**9), 4 * 10**9), st.integers(0, 999))
def test_milliseconds_are_those_of_their_second(seconds, milliseconds):
    at = from_ms(seconds * 1000 + milliseconds)
    assert at - from_posix(seconds) == timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize("milliseconds", [-1, -500, -1500, -86_400_001])
def test_milliseconds_before_1970_go_there_and_back(milliseconds):
    assert to_ms(from_ms(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    ("at", "zone", "day", "month"),
    [
        (datetime(2026, 9, 30, 15, 59, 59, tzinfo=UTC), "Asia/Shanghai", date(2026, 9, 30), "2026-09"),
        (datetime(2026, 9, 30, 16, 0, 0, tzinfo=UTC), "Asia/Shanghai", date(2026, 10, 1), "2026-10"),
        (datetime(2026, 1, 1, 4, 59, 59, tzinfo=UTC), "America/New_York", date(2025, 12, 31), "2025-12"),
        # Shanghai had summer time in 1986: half past eleven at night was half past midnight.
        (datetime(1986, 7, 31, 15, 30, tzinfo=UTC), "Asia/Shanghai", date(1986, 8, 1), "1986-08"),
    ],
)  # fmt: skip
def test_days_and_months_begin_at_local_midnight(at, zone, day, month):
    assert local_date(at, zone) == day
    assert local_month(at, zone) == month
