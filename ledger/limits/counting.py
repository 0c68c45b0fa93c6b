"""Count by rule, and say how long to wait."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import structlog
from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import (
    MemoryStorage,
    SlidingWindowCounterSupport,
    storage_from_string,
)
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from ledger.clock import Clock, to_ms
from ledger.limits.rules import Rule
from ledger.limits.store import SqliteStorage

logger = structlog.get_logger(__name__)

FILE = "limits.db"
"""In `LEDGER_HOME`. Nothing is lost with it but counts."""

ALONE_MS = 10_000
"""How long a worker counts by itself after the shared store failed, before it tries that again."""

_FAILURES = (sqlite3.Error, RedisError, StorageError, OSError)


class Counts:
    """Counts of requests.

    Args:
        storage: That all workers share.
        clock: Tells the time.
    """

    def __init__(self, storage: SqliteStorage | SlidingWindowCounterSupport, clock: Clock) -> None:
        self._clock = clock
        self._shared = SlidingWindowCounterRateLimiter(storage)  # type: ignore[arg-type]  # its protocol has no name
        self._own: SlidingWindowCounterRateLimiter | None = None
        self._alone_until_ms = 0

    def hit(self, rule: Rule, whom: str) -> int | None:
        """Count once more.

        Args:
            rule: Under which rule.
            whom: What it counts by.

        Returns:
            None if it is within the rule; else the seconds after which it would be.
        """
        if to_ms(self._clock.now()) >= self._alone_until_ms:
            try:
                return _hit(self._shared, rule, whom)
            except _FAILURES as error:
                logger.warning("counts are not shared", error=type(error).__name__)
                self._alone_until_ms = to_ms(self._clock.now()) + ALONE_MS
        if self._own is None:
            self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        return _hit(self._own, rule, whom)


def open_counts(home: Path, url: str, clock: Clock) -> Counts:
    """Open the store that the settings name.

    Args:
        home: Folder of the file.
        url: Of another store, or empty.
        clock: Tells the time.

    Returns:
        The counts; nothing is opened before the first one.
    """
    storage = storage_from_string(url) if url else SqliteStorage(home / FILE, clock)
    return Counts(storage, clock)  # type: ignore[arg-type]  # all of its stores for redis slide


def _hit(limiter: SlidingWindowCounterRateLimiter, rule: Rule, whom: str) -> int | None:
    for item in rule.items:
        if not limiter.hit(item, whom):
            return _wait_s(limiter, item, whom)
    return None


def _wait_s(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, whom: str) -> int:
    storage = limiter.storage
    assert isinstance(storage, SlidingWindowCounterSupport)
    period = item.get_expiry()
    return wait_s(item.amount, period, *storage.get_sliding_window(item.key_for(whom), period))


def wait_s(
    most: int, period: int, before: int, before_left: float, counted: int, counted_left: float
) -> int:
    """Return the whole seconds after which one more fits into two sliding windows.

    Args:
        most: Of the limit.
        period: Seconds of a window.
        before: Count of the window before this one.
        before_left: Seconds for which that still weighs.
        counted: Count of this window.
        counted_left: Seconds until this window weighs nothing any more.

    Returns:
        At least 1, at most two periods.
    """
    room = most - counted
    if room >= 1 and before:
        # A window weighs in proportion to what is left of it; its weight is rounded down.
        wait = before_left - room * period / before
    else:
        wait = max(0.0, counted_left - period)
        if counted:
            wait += max(0.0, period - most * period / counted)
    return min(max(int(wait) + 1, 1), 2 * period)
