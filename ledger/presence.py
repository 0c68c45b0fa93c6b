"""Who else has something open right now, in an SQLite file that all workers of one machine share.

In: a fund, a subject such as `exception/12`, and a member. Out: the other members who looked at it within a minute.
Guaranteed: the file holds numbers and ids of members only, for `SEEN_MS`; it is no part of the ledger, and whatever
happens to it costs nothing but that two people do not see each other.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import structlog

from ledger.clock import Clock, to_ms
from ledger.scratch import Scratch

logger = structlog.get_logger(__name__)

FILE = "presence.db"
"""In `LEDGER_HOME`."""

SEEN_MS = 60_000
"""For so long somebody counts as present after their page was last heard of."""

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
        self._file = Scratch(home / FILE, _SCHEMA)
        self._clock = clock

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
            connection = self._file.connection()
            connection.execute("DELETE FROM present WHERE seen_ms <= ?", (now_ms - SEEN_MS,))
            connection.execute(_SEEN, (fund_id, subject, member_id, now_ms))
            rows = connection.execute(_OTHERS, (fund_id, subject, member_id, now_ms - SEEN_MS))
            return [row[0] for row in rows]
        except (sqlite3.Error, OSError) as error:
            logger.warning("presence is not shared", error=type(error).__name__)
            return []
