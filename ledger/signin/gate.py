"""All that sign-in works with, opened once from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from ledger.activity.origins import Origin
from ledger.activity.origins import current as origin
from ledger.activity.recording import record, record_alone
from ledger.activity.records import DONE, FAILED, SERVICE_WIDE, Activity
from ledger.clock import Clock
from ledger.db import Database
from ledger.errors import NotFoundError
from ledger.settings import Settings
from ledger.signin import sentences
from ledger.signin.engine import Engine, HashCost
from ledger.signin.keys import sign_in_keys
from ledger.signin.mail import Letter, Mailer, MailHost, Outbox
from ledger.signin.people import User
from ledger.signin.sessions import Limits
from ledger.signin.tables import users
from ledger.signin.tries import Tries


@dataclass(frozen=True, slots=True)
class Gate:
    """What sign-in works with.

    Attributes:
        database: Holds users and sessions.
        clock: Tells the time.
        limits: When sessions end.
        engine: Checks secrets.
        tries: Counts tries.
        mailer: Sends mail.
        public_url: Scheme and host.
        signed_in_folder: Of the terminal's sessions.
    """

    database: Database
    clock: Clock
    limits: Limits
    engine: Engine
    tries: Tries
    mailer: Mailer
    public_url: str
    signed_in_folder: Path

    @property
    def now(self) -> datetime:
        """Return the instant."""
        return self.clock.now()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction in which the library's objects live too.

        Yields:
            Its connection.
        """
        with self.database.writing() as connection, self.engine.inside(connection):
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a snapshot in which the library's objects live too.

        Yields:
            Its connection.
        """
        with self.database.reading() as connection, self.engine.inside(connection):
            yield connection

    def user(self, user_id: int) -> User:
        """Return a user, inside `writing` or `reading`.

        Raises:
            NotFoundError: There is none of this number.
        """
        found = self.engine.people.session.get(User, user_id)
        if found is None:
            raise NotFoundError(what="user")
        return found

    def user_by_email(self, email: str) -> User | None:
        """Return a user by their address, inside `writing` or `reading`; the address in its normal form."""
        return self.engine.user_by_email(email)

    def user_by_subject(self, issuer: str, subject: str) -> User | None:
        """Return a user by a provider's id of them, inside `writing` or `reading`."""
        asked = sa.select(User).where(
            users.c.oidc_issuer == issuer, users.c.oidc_subject == subject
        )
        return self.engine.people.session.scalars(asked).first()

    def record(
        self, connection: sa.Connection, action: str, user_id: int, reason: str = ""
    ) -> None:
        """Put on record, within the transaction, what a user did or what was done to them."""
        record(connection, self.clock, self._activity(action, user_id, DONE, reason))

    def record_failed(self, action: str, user_id: int | None) -> None:
        """Put on record what came to nothing, in a transaction of its own; without a user where there is none."""
        record_alone(self.database, self.clock, self._activity(action, user_id, FAILED, ""))

    def _activity(self, action: str, user_id: int | None, outcome: str, reason: str) -> Activity:
        subject = "" if user_id is None else f"user/{user_id}"
        return Activity(
            SERVICE_WIDE, action, subject, reason=reason, outcome=outcome, origin=_by(user_id)
        )

    def letter(self, user: User, kind: str, **values: str) -> Letter:
        """Write a letter in both languages.

        Args:
            user: To whom.
            kind: `invitation`, `reset` or `changed`.
            values: What its sentences name.

        Returns:
            The letter.
        """
        subject, text = sentences.letter(kind, name=user.name, host=self.public_url, **values)
        return Letter(user.email, subject, text, self.now)


def _by(user_id: int | None) -> Origin:
    """Return from where this comes; by the user it is about where nobody is signed in yet."""
    here = origin()
    if here.user_id is None and user_id is not None and here.address != "service":
        return Origin(here.address, here.request_id, user_id)
    return here


def open_gate(
    settings: Settings, database: Database, clock: Clock, *, cost: HashCost | None = None
) -> Gate:
    """Open what sign-in works with; makes the keys of sign-in where there are none.

    Args:
        settings: Of the service.
        database: An opened one.
        clock: Tells the time.
        cost: Of hashing a password; lower in tests only.

    Returns:
        The gate.
    """
    keys = sign_in_keys(settings.keys)
    post = (
        MailHost(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_tls,
            settings.smtp_user,
            settings.smtp_password,
            settings.mail_from,
        )
        if settings.smtp_host
        else Outbox(settings.outbox, settings.mail_from)
    )
    limits = Limits(
        timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    )
    return Gate(
        database,
        clock,
        limits,
        Engine(keys, clock, cost or HashCost()),
        Tries(keys),
        Mailer(post),
        settings.public_url,
        settings.home / "signed-in",
    )
