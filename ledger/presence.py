"""Who else has something open right now, in an SQLite file that all workers of one machine share.

In: a fund, a subject such as `exception/12`, and a member. Out: the other members who looked at it within a minute.
Guaranteed: the file holds numbers and ids of members only, for `SEEN_MS`; it is no part of the ledger, and whatever
happens to it costs nothing but that two people do not see each other.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import structlog

from ledger.clock import Clock, to_ms

logger = structlog.get_logger(__name__)

FILE = "presence.db"
"""In `LEDGER_HOME`."""

SEEN_MS = 60_000
"""For so long somebody counts as present after their page was last heard of."""

BUSY_S = 0.25
"""No page waits longer for it."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS present (
    fund_id INTEGER NOT NULL,
    subject TEXT NOT NULL,
    member_id TEXT NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (fund_id, subject, member_id)
) STRICT, WITHOUT ROWID
"""
_SEEN = """
INSERT INTO present VALUES (?, ?, ?, ?)
ON CONFLICT (fund_id, subject, member_id) DO UPDATE SET seen_ms = excluded.seen_ms
"""
_OTHERS = """
SELECT member_id FROM present
WHERE fund_id = ? AND subject = ? AND member_id <> ? AND seen_ms > ? ORDER BY member_id
"""


class Presence:
    """Who has what open.

    Args:
        home: Folder of the file; made when it is missing.
        clock: Tells the time.
    """

    def __init__(self, home: Path, clock: Clock) -> None:
        self._path = home / FILE
        self._clock = clock
        self._local = threading.local()

    def meet(self, fund_id: int, subject: str, member_id: str) -> list[str]:
        """Note that a member has something open, and return who else has.

        Args:
            fund_id: The fund.
            subject: Such as `exception/12`.
            member_id: Who.

        Returns:
            Ids of the others; none where the file cannot be used now.
        """
        now_ms = to_ms(self._clock.now())
        try:
            connection = self._connection()
            connection.execute("DELETE FROM present WHERE seen_ms <= ?", (now_ms - SEEN_MS,))
            connection.execute(_SEEN, (fund_id, subject, member_id, now_ms))
            rows = connection.execute(_OTHERS, (fund_id, subject, member_id, now_ms - SEEN_MS))
            return [row[0] for row in rows]
        except (sqlite3.Error, OSError) as error:
            logger.warning("presence is not shared", error=type(error).__name__)
            return []

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection; a process that was forked opens its own."""
        found: tuple[int, sqlite3.Connection] | None = getattr(self._local, "connection", None)
        if found is None or found[0] != os.getpid():
            found = (os.getpid(), self._opened())
            self._local.connection = found
        return found[1]

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(
            self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        # A power failure forgets who was there.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_SCHEMA)
        return connection
