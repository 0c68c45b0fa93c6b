"""Counts in an SQLite file that all workers of one machine share.

In: a key, a limit and its period. Out: whether one more fits. Guaranteed: one statement counts and decides, so that
two workers never both take the last place; the file holds hashes and numbers only, at most `ROWS_MAX` rows; whatever
happens to it costs counts and nothing else.

Source:
    The sliding window of two counters, as in `limits` ("Sliding Window Counter"), of which this is a storage.
"""

from __future__ import annotations

import contextlib
import sqlite3
from hashlib import blake2b
from pathlib import Path

from limits.storage import SlidingWindowCounterSupport, Storage

from ledger.clock import Clock, to_ms
from ledger.scratch import Scratch

ROWS_MAX = 100_000
"""Six megabytes. Beyond it the windows that end first are forgotten."""

SWEEP_MS = 30_000
"""How often a worker removes what has ended."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS windows (
    key BLOB PRIMARY KEY,
    number INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    before INTEGER NOT NULL,
    ends_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID
"""

_COUNTED = "CASE WHEN number = :number THEN counted ELSE 0 END"
_BEFORE = "CASE number WHEN :number THEN before WHEN :number - 1 THEN counted ELSE 0 END"

_HIT = f"""
INSERT INTO windows (key, number, counted, before, ends_ms) VALUES (:key, :number, :amount, 0, :ends_ms)
ON CONFLICT (key) DO UPDATE SET
    number = :number, counted = {_COUNTED} + :amount, before = {_BEFORE}, ends_ms = :ends_ms
WHERE CAST(({_BEFORE}) * :left AS INTEGER) + {_COUNTED} + :amount <= :most
RETURNING counted
"""  # noqa: S608 -- our own words
_READ = f"SELECT {_COUNTED}, {_BEFORE} FROM windows WHERE key = :key"  # noqa: S608 -- the same


class SqliteStorage(Storage, SlidingWindowCounterSupport):
    """A storage of `limits` in a file.

    Args:
        path: The file; made when it is missing, readable by its owner alone.
        clock: Tells the time.
    """

    STORAGE_SCHEME = None

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__(wrap_exceptions=False)
        self._file = Scratch(path, _SCHEMA)
        self._clock = clock
        self._swept_ms = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        """Return what a failure of the store is."""
        return sqlite3.Error

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count once more if that stays within the limit.

        Args:
            key: Whom, and under which rule.
            limit: Most within a period.
            expiry: Seconds of a period.
            amount: How often it counts.

        Returns:
            Whether it was within; nothing is counted otherwise.
        """
        now_ms = to_ms(self._clock.now())
        self._sweep(now_ms)
        if amount > limit:
            return False
        period_ms = expiry * 1000
        number = now_ms // period_ms
        rows = self._file.connection().execute(
            _HIT,
            {
                "key": _hashed(key),
                "number": number,
                "amount": amount,
                "ends_ms": (number + 2) * period_ms,
                "left": 1 - now_ms % period_ms / period_ms,
                "most": limit,
            },
        )
        return bool(rows.fetchall())

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the windows of a key.

        Args:
            key: Whom, and under which rule.
            expiry: Seconds of a period.

        Returns:
            Count of the window before, the seconds for which it still weighs, count of this window, and the seconds
            for which that will.
        """
        now_ms = to_ms(self._clock.now())
        period_ms = expiry * 1000
        values = {"key": _hashed(key), "number": now_ms // period_ms}
        row = self._file.connection().execute(_READ, values).fetchone()
        counted, before = row or (0, 0)
        left = (period_ms - now_ms % period_ms) / 1000
        return before, left if before else 0.0, counted, left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:  # noqa: ARG002 -- one row holds both windows
        """Forget a key."""
        self.clear(key)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count without a limit, in windows that do not slide."""
        self.acquire_sliding_window_entry(key, 2**53, expiry, amount)
        return self.get(key)

    def get(self, key: str) -> int:
        """Return the count of a key's newest window."""
        row = self._row(key)
        return row[0] if row else 0

    def get_expiry(self, key: str) -> float:
        """Return when a key's count is forgotten, POSIX seconds; now where there is none."""
        row = self._row(key)
        return row[1] / 1000 if row else to_ms(self._clock.now()) / 1000

    def check(self) -> bool:
        """Tell whether the file can be read."""
        with contextlib.suppress(sqlite3.Error):
            return bool(self._file.connection().execute("SELECT 1").fetchone())
        return False

    def reset(self) -> int | None:
        """Forget everything, and return of how many."""
        return self._file.connection().execute("DELETE FROM windows").rowcount

    def clear(self, key: str) -> None:
        """Forget a key."""
        self._file.connection().execute("DELETE FROM windows WHERE key = ?", (_hashed(key),))

    def size(self) -> int:
        """Return how many rows there are."""
        (found,) = self._file.connection().execute("SELECT count(*) FROM windows").fetchone()
        return int(found)

    def _row(self, key: str) -> tuple[int, int] | None:
        sql = "SELECT counted, ends_ms FROM windows WHERE key = ? AND ends_ms > ?"
        values = (_hashed(key), to_ms(self._clock.now()))
        row: tuple[int, int] | None = self._file.connection().execute(sql, values).fetchone()
        return row

    def _sweep(self, now_ms: int) -> None:
        """Remove what has ended, now and then; and what ends first where there is too much."""
        if 0 <= now_ms - self._swept_ms < SWEEP_MS:
            return
        self._swept_ms = now_ms
        connection = self._file.connection()
        connection.execute("DELETE FROM windows WHERE ends_ms <= ?", (now_ms,))
        beyond = self.size() - ROWS_MAX
        if beyond > 0:
            connection.execute(
                "DELETE FROM windows WHERE key IN (SELECT key FROM windows ORDER BY ends_ms LIMIT ?)",
                (beyond,),
            )


def _hashed(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=16).digest()
