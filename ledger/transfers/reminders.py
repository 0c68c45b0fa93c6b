"""Who was reminded on which day, so that nobody is reminded twice. No entry says it: nothing is decided by it."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.clock import Clock, to_ms
from ledger.db import Database
from ledger.transfers.tables import reminders


def claim(database: Database, clock: Clock, fund_id: int, of: tuple[str, str]) -> bool:
    """Take it on to remind somebody today.

    Args:
        database: Where.
        clock: Tells the time.
        fund_id: The fund.
        of: Day, ISO 8601, and member.

    Returns:
        False where somebody has done so before: of two at the same moment one is told that.
    """
    row = {
        "fund_id": fund_id,
        "day": of[0],
        "member_id": of[1],
        "at_ms": to_ms(clock.now()),
    }
    try:
        with database.writing() as connection:
            connection.execute(sa.insert(reminders).values(row))
    except sa.exc.IntegrityError:
        return False
    return True


def give_back(database: Database, fund_id: int, of: tuple[str, str]) -> None:
    """Say that a reminder was not sent after all: the next run sends it."""
    with database.writing() as connection:
        connection.execute(
            sa.delete(reminders).where(
                reminders.c.fund_id == fund_id,
                reminders.c.day == of[0],
                reminders.c.member_id == of[1],
            )
        )
