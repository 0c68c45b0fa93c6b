"""The only place that reads the time."""

from __future__ import annotations

import time as _time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from ledger.errors import TimeFieldError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the time in UTC."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return datetime.fromtimestamp(_time.time(), UTC)


class FixedClock:
    """A clock that stands where it is put; for tests and for replaying recorded months.

    Args:
        at: Aware instant.
    """

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self._at

    def set(self, at: datetime) -> None:
        """Move the clock to another instant."""
        self._at = at.astimezone(UTC)

    def advance(self, step: timedelta) -> None:
        """Move the clock on."""
        self._at += step


def to_text(at: datetime) -> str:
    """Write an aware instant as RFC 3339 UTC with whole seconds: `2026-10-09T12:00:24Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_minute_text(at: datetime) -> str:
    """Write an aware instant as RFC 3339 UTC, cut to the minute: `2026-10-09T12:00:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00Z")


def from_posix(seconds: int) -> datetime:
    """Return the instant of POSIX seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def from_ms(milliseconds: int) -> datetime:
    """Return the instant of POSIX milliseconds."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(
        milliseconds=milliseconds % 1000
    )


def to_ms(at: datetime) -> int:
    """Return an aware instant as POSIX milliseconds."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_text(text: str) -> datetime:
    """Read an RFC 3339 time with its offset.

    Args:
        text: For example `2026-10-09T20:00:24+08:00` or `…Z`.

    Returns:
        The instant in UTC.

    Raises:
        TimeFieldError: Not a time, or a naive one.
    """
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise TimeFieldError(field="at", value=text[:40], reason="no-time-zone")
        return at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as error:
        raise TimeFieldError(field="at", value=str(text)[:40], reason="not-a-time") from error


_FRIDAY = 4


def is_zone(name: str) -> bool:
    """Tell whether a time zone of this name is known, such as `Asia/Shanghai`."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def local_date(at: datetime, zone: str) -> date:
    """Return the calendar day of an instant in a zone such as `Asia/Shanghai`."""
    return at.astimezone(ZoneInfo(zone)).date()


def local_month(at: datetime, zone: str) -> str:
    """Return the calendar month of an instant in a zone, as `2026-10`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def month_span(month: str, zone: str) -> tuple[datetime, datetime]:
    """Return the first instant of a calendar month in a zone, and the first one after it; otherwise as `month_end`."""
    end = month_end(month, zone)
    first = (end - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    start = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return start.astimezone(UTC), end


def working_days_after(day: date, count: int) -> date:
    """Return the day that lies so many working days later.

    Saturdays and Sundays are no working days; public holidays are not known here.
    """
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() <= _FRIDAY:
            count -= 1
    return day


def month_end(month: str, zone: str) -> datetime:
    """Return the first instant after a calendar month in a zone.

    Args:
        month: `2026-10`.
        zone: For example `Asia/Shanghai`.

    Returns:
        The instant in UTC.

    Raises:
        TimeFieldError: Not a month.
    """
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=ZoneInfo(zone))
    except ValueError as error:
        raise TimeFieldError(field="month", value=month[:20], reason="not-a-month") from error
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return after.astimezone(UTC)
