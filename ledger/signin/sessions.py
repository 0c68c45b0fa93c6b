"""Sessions as rows: found by the hash of what a cookie or a file holds, ended by time, by their user, or by others.

What a browser holds is a random key; the row holds its hash, so a copy of the database opens nothing. A session gets
another key whenever it becomes more than it was (sign-in, step-up): a key that was known before then is worth nothing.

Source:
    OWASP ASVS 5.0.0, 7.2 to 7.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_ms, to_ms
from ledger.db import Prepared
from ledger.errors import SignInNeededError
from ledger.factors import FRESH_FOR, FreshFactor
from ledger.signin.identity import SignedIn
from ledger.signin.keys import hash_of, new_key
from ledger.signin.tables import user_sessions as table
from ledger.signin.tables import users

SEEN_STEP = timedelta(minutes=1)
"""How exact `seen` is: a write for each request would cost more than the page."""

UNSIGNED_FOR = timedelta(minutes=30)
"""How long a form before the sign-in can be filled in."""

TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """When sessions end.

    Attributes:
        idle: After so long without a request.
        absolute: After so long in any case.
    """

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class Where:
    """Where a session is.

    Attributes:
        kind: `web` or `terminal`.
        browser: As it names itself, shortened.
        address: IP address.
    """

    kind: str
    browser: str
    address: str


class Shown(NamedTuple):
    """Who has shown a second factor.

    Attributes:
        user_id: Who.
        method: `totp`, `passkey` or `recovery`.
    """

    user_id: int
    method: str


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session that has not ended.

    Attributes:
        session_id: Its number.
        signed_in: Who; None while nobody has signed in yet.
        where: Where.
        created: Since when.
        seen: Last request, to the minute.
        data: JSON text.
    """

    session_id: int
    signed_in: SignedIn | None
    where: Where
    created: datetime
    seen: datetime
    data: str


_COLUMNS = (
    table.c.session_id,
    table.c.user_id,
    users.c.name,
    users.c.email,
    table.c.fresh_ms,
    table.c.fresh_method,
    table.c.kind,
    table.c.browser,
    table.c.address,
    table.c.created_ms,
    table.c.seen_ms,
    table.c.data,
)
# A user who was ended has no session, whatever the rows say; one that nobody signed in to has no user.
_ALIVE = (
    (table.c.ends_ms > sa.bindparam("now", type_=sa.BigInteger))
    & (table.c.seen_ms > sa.bindparam("seen_after", type_=sa.BigInteger))
    & sa.or_(table.c.user_id.is_(None), users.c.ended_ms.is_(None))
)
_JOINED = table.outerjoin(users, users.c.user_id == table.c.user_id)
_BY_KEY = Prepared(
    sa.select(*_COLUMNS)
    .select_from(_JOINED)
    .where(table.c.key_hash == sa.bindparam("key_hash", type_=sa.LargeBinary), _ALIVE)
)
_OF_USER = (
    sa.select(*_COLUMNS)
    .select_from(_JOINED)
    .where(table.c.user_id == sa.bindparam("user_id"), _ALIVE)
    .order_by(table.c.seen_ms.desc(), table.c.session_id.desc())
)


def find(
    connection: sa.Connection, key: str, now: datetime, limits: Limits
) -> StoredSession | None:
    """Find a session by its key.

    Args:
        connection: In a transaction.
        key: What the browser sent; anything.
        now: The instant.
        limits: When sessions end.

    Returns:
        The session; None when there is none that has not ended.
    """
    row = _BY_KEY.first(
        connection,
        key_hash=hash_of(key),
        now=to_ms(now),
        seen_after=to_ms(now - limits.idle),
    )
    return _stored(row, now) if row else None


def of_user(
    connection: sa.Connection, user_id: int, now: datetime, limits: Limits
) -> list[StoredSession]:
    """Return a user's sessions that have not ended, the one seen last first."""
    values = {"user_id": user_id, "now": to_ms(now), "seen_after": to_ms(now - limits.idle)}
    return [_stored(tuple(row), now) for row in connection.execute(_OF_USER, values)]


def _stored(row: Sequence[Any], now: datetime) -> StoredSession:
    number, user_id, name, email, fresh_ms, method, kind, browser, address, created, seen, data = (
        row
    )
    fresh = None
    if fresh_ms is not None and now - from_ms(fresh_ms) < FRESH_FOR:
        fresh = FreshFactor(method, from_ms(fresh_ms))
    signed_in = None if user_id is None else SignedIn(user_id, name, email, number, fresh)
    where = Where(kind, browser, address)
    return StoredSession(number, signed_in, where, from_ms(created), from_ms(seen), data)


def start(
    connection: sa.Connection,
    where: Where,
    now: datetime,
    limits: Limits,
    shown: Shown | None = None,
    data: str = "{}",
) -> tuple[str, int]:
    """Start a session, and clear away some that have ended.

    Args:
        connection: Inside `Database.writing()`.
        where: Where it is.
        now: The instant.
        limits: When sessions end.
        shown: Who signed in, by what; None on the way to it.
        data: JSON text.

    Returns:
        The key, told only now, and the session's number.
    """
    _clear_away(connection, now, limits)
    key = new_key()
    values = {
        "key_hash": hash_of(key),
        "user_id": shown.user_id if shown else None,
        "kind": where.kind,
        "created_ms": to_ms(now),
        "seen_ms": to_ms(now),
        "ends_ms": to_ms(now + (limits.absolute if shown else UNSIGNED_FOR)),
        "fresh_ms": to_ms(now) if shown else None,
        "fresh_method": shown.method if shown else None,
        "browser": where.browser[:TEXT_MAX],
        "address": where.address[:TEXT_MAX],
        "data": data,
    }
    made = connection.execute(sa.insert(table).values(values).returning(table.c.session_id))
    return key, made.scalar_one()


def _clear_away(connection: sa.Connection, now: datetime, limits: Limits) -> None:
    ended = (table.c.ends_ms <= to_ms(now)) | (
        table.c.user_id.is_not(None) & (table.c.seen_ms <= to_ms(now - limits.idle))
    )
    some = sa.select(table.c.session_id).where(ended).limit(100)
    connection.execute(sa.delete(table).where(table.c.session_id.in_(some)))


def step_up(
    connection: sa.Connection, signed_in: SignedIn, key: str, method: str, now: datetime
) -> str:
    """Note that a second factor was shown, and give the session another key.

    Args:
        connection: Inside `Database.writing()`.
        signed_in: Whose session.
        key: Its present key; of two requests with the same one, one succeeds.
        method: The factor.
        now: The instant.

    Returns:
        The new key.

    Raises:
        SignInNeededError: The session has ended, or has another key by now.
    """
    new = new_key()
    changed = connection.execute(
        sa.update(table)
        .where(table.c.session_id == signed_in.session_id, table.c.key_hash == hash_of(key))
        .values(
            key_hash=hash_of(new),
            fresh_ms=to_ms(now),
            fresh_method=method,
            seen_ms=to_ms(now),
            data="{}",
        )
    )
    if changed.rowcount != 1:
        raise SignInNeededError(do="sign in")
    return new


def keep_data(connection: sa.Connection, session_id: int, data: str) -> None:
    """Store what forms remember."""
    connection.execute(sa.update(table).where(table.c.session_id == session_id).values(data=data))


def seen(connection: sa.Connection, session_id: int, now: datetime) -> None:
    """Note a request."""
    connection.execute(
        sa.update(table).where(table.c.session_id == session_id).values(seen_ms=to_ms(now))
    )


def drop_key(connection: sa.Connection, key: str) -> bool:
    """End the session of a key; of several requests that do, one is told that it did."""
    ended = connection.execute(sa.delete(table).where(table.c.key_hash == hash_of(key)))
    return ended.rowcount == 1


def end_session(connection: sa.Connection, user_id: int, session_id: int) -> bool:
    """End one session of a user; whether there was one that is theirs."""
    ended = connection.execute(
        sa.delete(table).where(table.c.session_id == session_id, table.c.user_id == user_id)
    )
    return ended.rowcount == 1


def end_sessions(connection: sa.Connection, user_id: int, keep: int | None = None) -> int:
    """End a user's sessions at once.

    Args:
        connection: Inside `Database.writing()`, or a decision's transaction.
        user_id: Whose.
        keep: Number of the one to keep.

    Returns:
        How many were ended.
    """
    gone = sa.delete(table).where(table.c.user_id == user_id)
    if keep is not None:
        gone = gone.where(table.c.session_id != keep)
    return int(connection.execute(gone).rowcount)
