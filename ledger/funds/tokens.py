"""Keys of machines: each acts for one member, in one fund, for named things, until a day. None of them approves.

A token is 256 random bits, so its SHA-256 is all that is kept and a slow hash would add nothing. It is shown once.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from ledger.activity.recording import record
from ledger.activity.records import Activity
from ledger.actors import Member
from ledger.clock import Clock, to_ms
from ledger.db import Database
from ledger.errors import (
    ExternalError,
    FieldError,
    NotAllowedError,
    NotFoundError,
    UnauthorizedError,
)
from ledger.funds import history, store
from ledger.funds.history import Token
from ledger.journal.history import Fund
from ledger.roles import ACTIONS, SCOPES, may

DAYS_DEFAULT = 90
DAYS_MAX = 366
NAME_CHARS_MAX = 80

USE_WRITTEN_MS = 60_000
"""A token's last use is written at most once in so many milliseconds."""


class NewToken(NamedTuple):
    """A key for a machine.

    Attributes:
        name: What it is for, so that a person can tell it from others.
        scopes: Some of `roles.SCOPES`.
        days: How long it holds.
    """

    name: str
    scopes: frozenset[str]
    days: int = DAYS_DEFAULT


def parse_scopes(text: str) -> frozenset[str]:
    """Read scopes as they are written: with commas between them.

    Args:
        text: Such as `gifts,read`.

    Returns:
        The set.

    Raises:
        FieldError: None, or one that does not exist.
    """
    return check_scopes(part.strip() for part in text.split(",") if part.strip())


def check_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """Hold that these are scopes.

    Args:
        scopes: As given.

    Returns:
        The set.

    Raises:
        FieldError: None, or one that does not exist.
    """
    found = frozenset(scopes)
    if not found:
        raise FieldError(field="scope", value="", reason="missing", known=SCOPES)
    for scope in sorted(found - set(SCOPES)):
        raise FieldError(field="scope", value=scope[:20], reason="unknown", known=SCOPES)
    return found


def make_token(database: Database, clock: Clock, fund: Fund, member: str, new: NewToken) -> str:
    """Make a key for a machine that acts for a member.

    Args:
        database: Where it is kept.
        clock: Tells from when it holds.
        fund: The only fund that it holds for.
        member: Id or name.
        new: For what, and how long.

    Returns:
        The token, shown this once: only its hash is kept.

    Raises:
        FieldError: A scope that does not exist or that opens nothing to this member, too many days, or no name.
        UnknownNameError: There is no such member.
    """
    scopes = check_scopes(new.scopes)
    if not new.name.strip() or len(new.name) > NAME_CHARS_MAX:
        reason = "too-long" if new.name.strip() else "missing"
        raise FieldError(field="name", value="", reason=reason)
    if not 1 <= new.days <= DAYS_MAX:
        raise FieldError(field="days", value=new.days, reason="range", known=(1, DAYS_MAX))
    token = "mz_" + secrets.token_urlsafe(32)
    now = clock.now()
    with database.writing() as connection:
        found = history.member(connection, fund.fund_id, member)
        _check_useful(found, scopes)
        number = store.next_token_number(connection, fund.fund_id)
        _record(connection, clock, fund, "token.make", (found, number))
        store.add_token(
            connection,
            fund_id=fund.fund_id,
            token_hash=hash_of(token),
            number=number,
            member_id=found.member_id,
            name=new.name,
            scopes=",".join(sorted(scopes)),
            created_ms=to_ms(now),
            expires_ms=to_ms(now + timedelta(days=new.days)),
        )
    return token


def _check_useful(member: Member, scopes: Iterable[str]) -> None:
    """Hold that each scope opens something to the member: a key that opens nothing is a mistake.

    Raises:
        FieldError: One does not.
    """
    for scope in scopes:
        rows = [one for one in ACTIONS.values() if one.by_token == scope]
        if not any(may(member, one.name) for one in rows):
            needed = sorted({role for one in rows for role in one.roles})
            raise FieldError(field="scope", value=scope, reason="not-of-this-role", known=needed)


def hash_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return sha256(token.encode("utf-8", "replace")).digest()


def check(token: Token | None, action: str, now_ms: int) -> Member:
    """Hold that a token may do something now.

    Args:
        token: As found by its hash in the fund; None when it was not.
        action: A name of `ACTIONS`.
        now_ms: POSIX milliseconds.

    Returns:
        In whose name.

    Raises:
        UnauthorizedError: It is unknown, of another fund, ended or expired, or its member was removed.
        NotAllowedError: Its scopes, or the roles that its member has by now, do not allow this.
    """
    if token is None or not token.holds(now_ms):
        # One answer for all of them: it tells nobody which tokens there were.
        raise UnauthorizedError(reason="token")
    row = ACTIONS.get(action)
    if row is None or row.by_token is None or row.by_token not in token.scopes:
        raise NotAllowedError(reason="scope", action=action)
    if not may(token.member, action):
        raise NotAllowedError(reason="role", action=action)
    return token.member


def end_token(database: Database, clock: Clock, fund: Fund, number: int, by: Member) -> None:
    """End a token at once: one's own, or anybody's as an administrator.

    Args:
        database: Where it is kept.
        clock: Tells when.
        fund: The fund.
        number: The token.
        by: Who ends it; read anew, so that a role that was lost a moment ago does not count.

    Raises:
        NotFoundError: There is no such token, or it is not theirs to see.
    """
    with database.writing() as connection:
        member = history.member(connection, fund.fund_id, by.member_id)
        found = [
            one for one in history.all_tokens(connection, fund.fund_id) if one.number == number
        ]
        if not found or not _may_see(member, found[0]):
            raise NotFoundError(what="token")
        store.end_token(connection, fund.fund_id, number, to_ms(clock.now()))
        _record(connection, clock, fund, "token.end", (member, number))


def _record(
    connection: sa.Connection, clock: Clock, fund: Fund, action: str, what: tuple[Member, int]
) -> None:
    member, number = what
    subject, role = f"token/{number}", member.role_text
    record(connection, clock, Activity(fund.fund_id, action, subject, member.member_id, role))


def tokens_seen_by(database: Database, fund: Fund, by: Member) -> list[Token]:
    """Return the tokens that a member may see: their own, or all as an administrator; newest first."""
    with database.reading() as connection:
        found = history.all_tokens(connection, fund.fund_id)
    return [one for one in found if _may_see(by, one)]


def _may_see(member: Member, token: Token) -> bool:
    return may(member, "token.manage") or (
        may(member, "token.read") and token.member.member_id == member.member_id
    )


class TokenUses:
    """Notes when tokens were used, and writes it down now and then, outside every other transaction.

    That a token was used lately is worth knowing; it is not worth a gift. So a use costs two looks into a table in
    memory, at most one use a minute and token is written, all that wait in one go, and where the database is busy
    they are written another time.

    Args:
        database: Where it is kept.
        clock: Tells when.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._written: dict[tuple[int, bytes], int] = {}
        self._waiting: dict[tuple[int, bytes], int] = {}
        self._lock = threading.Lock()

    def note(self, fund_id: int, token_hash: bytes) -> None:
        """Note that a token is used now. Called with no transaction open.

        Args:
            fund_id: The fund.
            token_hash: SHA-256 of the token.
        """
        key, now = (fund_id, token_hash), to_ms(self._clock.now())
        if now - self._written.get(key, -USE_WRITTEN_MS) < USE_WRITTEN_MS:
            return
        with self._lock:
            self._written[key] = self._waiting[key] = now
        self._write()

    def _write(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        with contextlib.suppress(ExternalError), self._database.writing() as connection:
            for (fund_id, token_hash), at_ms in waiting.items():
                store.note_use(connection, fund_id, token_hash, at_ms)
