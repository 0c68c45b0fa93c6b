"""The sign-in library, set up as we need it: hashing, codes, recovery codes, the datastore.

Flask-Security lives in an app of its own that serves nothing: none of its addresses exists, and no request of ours runs
its hooks. What it does is called from here, inside a transaction that `Database` commits.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from functools import cached_property, partial
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from flask import Flask
from flask_security import (
    EmailValidateException,
    MailUtil,
    PasswordUtil,
    Security,
    hash_password,
    verify_and_update_password,
    verify_password,
)
from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.totp import Totp
from passlib.exc import UsedTokenError
from passlib.totp import TOTP, TotpMatch
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ledger.clock import Clock, to_ms
from ledger.errors import FieldError
from ledger.signin import passwords
from ledger.signin.keys import SignInKeys
from ledger.signin.people import People, User
from ledger.signin.tables import recovery_codes, used_totp_steps

ISSUER = "Mingzhang"
"""What authenticator apps show."""

TOTP_STEP_SECONDS = 30
SCRIPT_SECONDS = 10
"""How long a code goes on working that a script is given: passwords are hashed meanwhile."""
TOTP_WINDOW_SECONDS = 30
"""One step before and after the present one: clocks of telephones differ."""

CODE_MAX = 20
EMAIL_MAX = 254
"""Of RFC 5321, 4.5.3.1.3."""

RECOVERY_CODES = 10

HASHES_AT_ONCE = 4
"""Each takes 64 MiB: a crowd of tries must not take the machine."""


class HashCost(NamedTuple):
    """What hashing a password costs.

    Attributes:
        memory_kib: KiB.
        rounds: Passes over the memory.
        lanes: In parallel.

    Source:
        OWASP Password Storage Cheat Sheet: argon2id with at least 19 MiB, 2 rounds, 1 lane.
    """

    memory_kib: int = 65_536
    rounds: int = 2
    lanes: int = 1


class _Passwords(PasswordUtil):
    """Ours: NFKC, and `ledger.signin.passwords` in the place of the library's rules."""

    def normalize(self, password: str) -> str:
        return passwords.normalise(password)

    def validate(
        self, password: str, is_register: bool, **kwargs: Any
    ) -> tuple[list[str] | None, str]:
        del is_register
        normal = self.normalize(password)
        weakness = passwords.weakness(normal, kwargs.get("personal", ()))
        return ([weakness] if weakness else None), normal


class _StepsOnce(Totp):
    """Codes that work once: the last step is a row, and of two that claim the same one, one succeeds.

    Args:
        people: For its session.
        clock: Tells the time to the codes.
        secrets: Encrypt the users' secrets.
        issuer: For authenticator apps.
    """

    def __init__(self, people: People, clock: Clock, secrets: dict[str, str], issuer: str) -> None:
        super().__init__(secrets, issuer)
        self._people = people
        self._totp = TOTP.using(
            issuer=issuer, secrets=secrets, now=lambda: clock.now().timestamp()
        )

    def get_last_counter(self, user: User) -> int | None:  # type: ignore[override]
        steps = used_totp_steps
        asked = sa.select(steps.c.step).where(steps.c.user_id == user.user_id)
        return self._people.session.execute(asked).scalar()

    def set_last_counter(self, user: User, tmatch: TotpMatch) -> None:  # type: ignore[override]
        """Take a step.

        Raises:
            UsedTokenError: It, or a later one, was taken since it was looked up.
        """
        session, steps = self._people.session, used_totp_steps
        on_sqlite = session.connection().dialect.name == "sqlite"
        insert = (sqlite.insert if on_sqlite else postgresql.insert)(steps)
        taken = insert.values(user_id=user.user_id, step=tmatch.counter).on_conflict_do_update(
            index_elements=[steps.c.user_id],
            set_={"step": tmatch.counter},
            where=steps.c.step < tmatch.counter,
        )
        if session.execute(taken.returning(steps.c.step)).first() is None:
            raise UsedTokenError

    def forget_steps(self, user: User) -> None:
        """Start again: the user has another secret."""
        self._people.session.execute(
            sa.delete(used_totp_steps).where(used_totp_steps.c.user_id == user.user_id)
        )

    def code_at(self, secret: str, counter: int) -> str:
        """Return the code of a step, for scripts that enrol."""
        return str(self._totp.from_source(secret).generate(time=counter * TOTP_STEP_SECONDS).token)


class _HashedCodes(MfRecoveryCodesUtil):
    """Recovery codes as rows that hold hashes: shown once, and gone when used.

    Args:
        people: For its session.
        keys: For the hashes.
        clock: Tells the time.
        app: The library's.
    """

    def __init__(self, people: People, keys: SignInKeys, clock: Clock, app: Flask) -> None:
        super().__init__(app)
        self._people, self._keys, self._clock = people, keys, clock

    def create_recovery_codes(self, user: User) -> list[str]:  # type: ignore[override]
        session = self._people.session
        session.execute(sa.delete(recovery_codes).where(recovery_codes.c.user_id == user.user_id))
        codes = self._people.security.totp_factory.generate_recovery_codes(RECOVERY_CODES)
        made = to_ms(self._clock.now())
        rows = [
            {"user_id": user.user_id, "code_hash": self._hash(code), "created_ms": made}
            for code in codes
        ]
        session.execute(sa.insert(recovery_codes), rows)
        return codes

    def check_recovery_code(self, user: User, code: str) -> bool:  # type: ignore[override]
        return self.delete_recovery_code(user, code)

    def delete_recovery_code(self, user: User, code: str) -> bool:  # type: ignore[override]
        gone = self._people.session.execute(
            sa.delete(recovery_codes)
            .where(
                recovery_codes.c.user_id == user.user_id,
                recovery_codes.c.code_hash == self._hash(code),
            )
            .returning(recovery_codes.c.user_id)
        )
        return gone.first() is not None

    def left(self, user: User) -> int:
        """Return how many are left."""
        count = sa.select(sa.func.count()).select_from(recovery_codes)
        mine = count.where(recovery_codes.c.user_id == user.user_id)
        return int(self._people.session.execute(mine).scalar_one())

    def _hash(self, code: str) -> bytes:
        return self._keys.keyed_hash("recovery", re.sub(r"[^0-9a-f]", "", code.lower()))


class Engine:
    """What checks a person's secrets.

    Args:
        keys: The secrets of sign-in.
        clock: Tells the time.
        cost: Of hashing a password; lower in tests only.

    Attributes:
        people: The datastore; works inside `inside`.
    """

    def __init__(self, keys: SignInKeys, clock: Clock, cost: HashCost) -> None:
        self.people = People()
        self._clock = clock
        self._app = Flask("ledger.signin", static_folder=None)
        self._app.config.update(_configuration(keys, cost))
        self._security = Security(
            self._app,
            self.people,
            register_blueprint=False,
            password_util_cls=_Passwords,
            mail_util_cls=MailUtil,
            totp_cls=cast("type[Totp]", partial(_StepsOnce, self.people, clock)),
            mf_recovery_codes_util_cls=cast(
                "type[MfRecoveryCodesUtil]", partial(_HashedCodes, self.people, keys, clock)
            ),
        )
        self.people.security = self._security
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)

    @cached_property
    def _nobodys_hash(self) -> str:
        """Return what is checked in the place of a user who does not exist: it takes as long."""
        with self._app.app_context():
            return str(hash_password("nobody has this password"))

    @property
    def _totp(self) -> _StepsOnce:
        found = self._security.totp_factory
        assert isinstance(found, _StepsOnce)
        return found

    @property
    def _recovery(self) -> _HashedCodes:
        found = self._security.mf_recovery_codes_util
        assert isinstance(found, _HashedCodes)
        return found

    @contextlib.contextmanager
    def inside(self, connection: sa.Connection) -> Iterator[Session]:
        """Let the library work inside a transaction.

        Args:
            connection: Of `Database.writing()` or `reading()`.

        Yields:
            The session of its objects.
        """
        with self.people.inside(connection) as session:
            yield session

    def user_by_email(self, email: str) -> User | None:
        """Return a user by their address in its normal form; call inside `inside`."""
        with self._app.app_context():
            found = self.people.find_user(email=email)
        assert found is None or isinstance(found, User)
        return found

    def new_user(self, **values: Any) -> User:
        """Add a user with these columns; call inside `inside`."""
        with self._app.app_context():
            made = self.people.create_user(**values)
            self.people.session.flush()
        assert isinstance(made, User)
        return made

    # --- addresses and passwords -------------------------------------------------------------------

    def normal_email(self, text: str) -> str:
        """Return an e-mail address in its one form.

        Raises:
            FieldError: It is none.
        """
        try:
            if len(text) > EMAIL_MAX:
                raise FieldError(field="email", reason="too-long")
            with self._app.app_context():
                normal: str = self._security.mail_util.normalize(text.strip())
        except (ValueError, EmailValidateException) as error:
            raise FieldError(field="email", reason="not-an-address") from error
        return normal.lower()

    def accepted(self, password: str, *personal: str) -> str:
        """Return a new password in its normal form.

        Args:
            password: As typed.
            personal: The user's name and address.

        Returns:
            What to hash.

        Raises:
            FieldError: It is not taken; `reason` tells why.
        """
        if len(password) > 4 * passwords.LENGTH_MAX:
            raise FieldError(field="password", reason="too-long")
        with self._app.app_context():
            reasons, normal = self._security.password_util.validate(
                password, is_register=False, personal=personal
            )
        if reasons:
            raise FieldError(field="password", reason=reasons[0])
        return str(normal)

    def hashed(self, normal: str) -> str:
        """Return what is stored of a password."""
        with self._app.app_context(), self._hashing:
            return str(hash_password(normal))

    def matches(self, password: str, stored: str | None) -> bool:
        """Tell whether a password is the stored one; takes as long where none is stored."""
        normal = passwords.normalise(password[: 2 * passwords.LENGTH_MAX])
        with self._app.app_context(), self._hashing:
            if len(normal) > passwords.LENGTH_MAX:
                normal, stored = normal[: passwords.LENGTH_MAX], None
            right = verify_password(normal, stored or self._nobodys_hash)
        return bool(right and stored)

    def renewed(self, password: str, user: User) -> None:
        """Hash a right password again where the cost of hashing has risen since; call inside `inside`."""
        if self._security.pwd_context.needs_update(user.password):
            with self._app.app_context(), self._hashing:
                verify_and_update_password(passwords.normalise(password), user)

    # --- second factors ----------------------------------------------------------------------------

    def new_totp_secret(self) -> str:
        """Return a new secret, encrypted."""
        return str(self._totp.generate_totp_secret())

    def totp_uri(self, secret: str, email: str) -> str:
        """Return what an authenticator app scans."""
        return str(self._totp.get_totp_uri(email, secret))

    def totp_key(self, secret: str) -> str:
        """Return the secret as a person types it into an app."""
        return str(self._totp.get_totp_pretty_key(secret))

    def totp_fits(self, secret: str, code: str, user: User) -> bool:
        """Tell whether a code is one of the secret's, and take its step; call inside `inside`."""
        if not re.fullmatch(r"[0-9]{6}", re.sub(r"[\s-]", "", code[:CODE_MAX])):
            return False
        return bool(self._totp.verify_totp(code, secret, user, window=TOTP_WINDOW_SECONDS))

    def forget_steps(self, user: User) -> None:
        """Start counting steps again for a new secret; call inside `inside`."""
        self._totp.forget_steps(user)

    def first_code(self, secret: str) -> str:
        """Return the oldest code of a new secret that works for a while: for scripts, which have later ones left."""
        soon = int(self._clock.now().timestamp()) + SCRIPT_SECONDS
        return self._totp.code_at(secret, soon // TOTP_STEP_SECONDS - 1)

    def next_code(self, user: User) -> str:
        """Return the next code that works, for scripts; call inside `inside`.

        Raises:
            FieldError: All codes that would work now were used: wait half a minute.
        """
        now = int(self._clock.now().timestamp()) // TOTP_STEP_SECONDS
        step = max(now - 1, (self._totp.get_last_counter(user) or 0) + 1)
        if step > now + 1 or user.tf_totp_secret is None:
            raise FieldError(field="code", reason="used")
        return self._totp.code_at(user.tf_totp_secret, step)

    def new_recovery_codes(self, user: User) -> list[str]:
        """Make new recovery codes in the place of the old ones; call inside `inside`."""
        return self._recovery.create_recovery_codes(user)

    def recovery_code_fits(self, user: User, code: str) -> bool:
        """Tell whether a code is one of the user's, and use it; call inside `inside`."""
        return self._recovery.delete_recovery_code(user, code[:CODE_MAX])

    def recovery_codes_left(self, user: User) -> int:
        """Return how many are left; call inside `inside`."""
        return self._recovery.left(user)


def _configuration(keys: SignInKeys, cost: HashCost) -> dict[str, Any]:
    return {
        # Signs nothing: sessions are ours, and none of the library's tokens is used.
        "SECRET_KEY": keys.keyed_hash("library", "secret").hex(),
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": True,
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__type": "ID",
            "argon2__memory_cost": cost.memory_kib,
            "argon2__time_cost": cost.rounds,
            "argon2__parallelism": cost.lanes,
        },
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_TOTP_SECRETS": keys.totp,
        "SECURITY_TOTP_ISSUER": ISSUER,
        "SECURITY_USE_REGISTER_V2": True,
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
    }
