"""Links that open once: an invitation, a new password. The link holds a random key, the row its hash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.errors import LinkEndedError
from ledger.signin.keys import hash_of, new_key
from ledger.signin.tables import links as table

LASTS: Mapping[str, timedelta] = {"invitation": timedelta(days=7), "reset": timedelta(hours=1)}


def make_link(connection: sa.Connection, kind: str, user_id: int, now: datetime) -> str:
    """Make a link; older ones of the same kind end.

    Args:
        connection: Inside `Database.writing()`.
        kind: `invitation` or `reset`.
        user_id: Whom it is for.
        now: The instant.

    Returns:
        Its key, told only now.
    """
    end_links(connection, user_id, now, kind)
    key = new_key()
    connection.execute(
        sa.insert(table).values(
            key_hash=hash_of(key),
            kind=kind,
            user_id=user_id,
            created_ms=to_ms(now),
            ends_ms=to_ms(now + LASTS[kind]),
        )
    )
    return key


def end_links(
    connection: sa.Connection, user_id: int, now: datetime, kind: str | None = None
) -> None:
    """End a user's links, of one kind or all."""
    open_ones = sa.update(table).where(table.c.user_id == user_id, table.c.used_ms.is_(None))
    if kind is not None:
        open_ones = open_ones.where(table.c.kind == kind)
    connection.execute(open_ones.values(used_ms=to_ms(now)))


def user_of_link(connection: sa.Connection, kind: str, key: str, now: datetime) -> int:
    """Return whom a link is for, without using it.

    Raises:
        LinkEndedError: It never was, was used, was replaced or is too old.
    """
    found = connection.execute(sa.select(table.c.user_id).where(_usable(kind, key, now))).scalar()
    if found is None:
        raise LinkEndedError(what=kind)
    return int(found)


def use_link(connection: sa.Connection, kind: str, key: str, now: datetime) -> int:
    """Use a link: of two that do at the same moment, one succeeds.

    Args:
        connection: Inside `Database.writing()`; rolled back, it was not used.
        kind: `invitation` or `reset`.
        key: What the link holds.
        now: The instant.

    Returns:
        Whom it is for.

    Raises:
        LinkEndedError: It never was, was used, was replaced or is too old.
    """
    used = connection.execute(
        sa.update(table)
        .where(_usable(kind, key, now))
        .values(used_ms=to_ms(now))
        .returning(table.c.user_id)
    ).scalar()
    if used is None:
        raise LinkEndedError(what=kind)
    return int(used)


def _usable(kind: str, key: str, now: datetime) -> sa.ColumnElement[bool]:
    return (
        (table.c.key_hash == hash_of(key))
        & (table.c.kind == kind)
        & table.c.used_ms.is_(None)
        & (table.c.ends_ms > to_ms(now))
    )
