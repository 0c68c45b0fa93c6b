"""Users and passkeys as the sign-in library wants them: objects of SQLAlchemy's session, inside our transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, cast

import sqlalchemy as sa
from flask_security import (
    RoleMixin,
    Security,
    SQLAlchemySessionUserDatastore,
    UserMixin,
    WebAuthnMixin,
)
from sqlalchemy.orm import Session, registry, relationship
from werkzeug.local import LocalProxy

from ledger.signin import tables

_registry = registry(metadata=tables.users.metadata)


class User(UserMixin):
    """A person's sign-in; attributes are the columns of `users`."""

    user_id: int
    email: str
    name: str
    fs_uniquifier: str
    fs_webauthn_user_handle: str
    password: str | None
    tf_totp_secret: str | None
    oidc_issuer: str | None
    oidc_subject: str | None
    created_ms: int
    accepted_ms: int | None
    ended_ms: int | None
    webauthn: list[WebAuthnMixin]

    roles: list[RoleMixin]
    """None: roles belong to funds, never to a sign-in."""

    def __init__(self, **values: Any) -> None:
        values.pop("roles", None)
        values.pop("active", None)
        for name, value in values.items():
            setattr(self, name, value)

    @property
    def keys(self) -> list[Passkey]:
        """Return their passkeys, the oldest first."""
        return cast("list[Passkey]", self.webauthn)

    @property
    def active(self) -> bool:  # type: ignore[override]  # the library only reads it
        """Return whether they may sign in."""
        return self.ended_ms is None and self.accepted_ms is not None


class Passkey(WebAuthnMixin):
    """A public key of an authenticator; attributes are the columns of `passkeys`."""

    passkey_id: int
    user_id: int
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: str  # type: ignore[assignment]  # with commas between them; the library's own table holds a list
    device_type: str
    created_ms: int
    used_ms: int | None

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    def get_user_mapping(self) -> dict[str, Any]:
        """Return what finds its user."""
        return {"user_id": self.user_id}


class NoRole(RoleMixin):
    """The library asks for a class of roles; ours are members' of funds."""


_registry.map_imperatively(Passkey, tables.passkeys)
_registry.map_imperatively(
    User,
    tables.users,
    properties={
        "webauthn": relationship(
            Passkey, order_by=tables.passkeys.c.passkey_id, cascade="all, delete-orphan"
        )
    },
)

_session: ContextVar[Session] = ContextVar("session of the sign-in's datastore")


class People(SQLAlchemySessionUserDatastore):
    """The library's datastore; it works where `inside` is open, and what it changes is committed by `Database`."""

    security: Security
    """The library that it was given to."""

    def __init__(self) -> None:
        super().__init__(LocalProxy(_session), User, NoRole, Passkey)  # type: ignore[arg-type]  # passes on to the session

    @property
    def session(self) -> Session:
        """Return the session of the open block."""
        return _session.get()

    def commit(self) -> None:
        """Send what was changed to the database; the transaction's owner commits it."""
        _session.get().flush()

    @contextlib.contextmanager
    def inside(self, connection: sa.Connection) -> Iterator[Session]:
        """Let the datastore work inside a transaction.

        Args:
            connection: Of `Database.writing()` or `reading()`.

        Yields:
            The session; what it holds is sent when the block ends well.
        """
        with Session(connection, expire_on_commit=False, autoflush=True) as session:
            token = _session.set(session)
            try:
                yield session
                session.flush()
                session.expunge_all()
            finally:
                _session.reset(token)
