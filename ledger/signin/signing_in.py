"""Signing in, in two steps, and showing the second factor again. Pages and the terminal walk the same way.

1. `password_step`: an address and a password name a user. Whoever they are not, they are told one thing, after one
   time.
2. `second_step`: a code, or a recovery code, opens a session. A passkey does both at once (`passkeys`).

Each try is counted before it is checked.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import sqlalchemy as sa

from ledger.errors import FieldError, SignInRefusedError
from ledger.signin import sessions
from ledger.signin.gate import Gate
from ledger.signin.identity import SignedIn
from ledger.signin.people import User
from ledger.signin.sessions import Shown, Where
from ledger.signin.tries import network_of

RECOVERY_CODE = re.compile(r"[0-9a-f]{4}[\s-]*[0-9a-f]{4}[\s-]*[0-9a-f]{4}", re.IGNORECASE)


class Opened(NamedTuple):
    """A session that was opened.

    Attributes:
        key: Told to the browser or the terminal only.
        session_id: Its number.
        user_id: Whose.
    """

    key: str
    session_id: int
    user_id: int


def password_step(gate: Gate, email: str, password: str, address: str) -> int:
    """Check an address and a password.

    Args:
        gate: What sign-in works with.
        email: As typed.
        password: As typed.
        address: IP address, or `terminal`.

    Returns:
        Number of the user.

    Raises:
        TooManyTriesError: For this address of mail, or from this network, there were too many.
        SignInRefusedError: They do not belong together, or the user may not sign in.
    """
    try:
        about = gate.engine.normal_email(email)
    except FieldError:
        about = email[:254].casefold()
    with gate.database.writing() as connection:
        gate.tries.count(connection, "user", about, gate.now)
        gate.tries.count(connection, "address", network_of(address), gate.now)
    with gate.reading():
        user = gate.user_by_email(about)
    # Outside of any transaction: hashing takes its time, and nobody waits for it.
    right = gate.engine.matches(password, user.password if user and user.active else None)
    if user is None or not right:
        gate.record_failed("sign-in.password", user.user_id if user else None)
        raise SignInRefusedError(reason="password")
    with gate.writing() as connection:
        gate.tries.forgive(connection, "user", about)
        gate.tries.take_back(connection, "address", network_of(address))
        gate.engine.renewed(password, gate.user(user.user_id))
    return user.user_id


def second_step(gate: Gate, user_id: int, code: str, where: Where, old_key: str | None) -> Opened:
    """Check a code, and open a session.

    Args:
        gate: What sign-in works with.
        user_id: Whom the first step named.
        code: Of an authenticator, or a recovery code.
        where: Where the session will be.
        old_key: Of the session in which the first step was made; it ends.

    Returns:
        The session.

    Raises:
        TooManyTriesError: There were too many for this user.
        SignInRefusedError: The code is wrong, was used before, or the first step has been used up.
    """
    _count_factor(gate, user_id)
    with _refusing(gate, "sign-in.code", user_id), gate.writing() as connection:
        user = active_user(gate, user_id)
        method = _checked(gate, user, code)
        opened = open_session(gate, connection, Shown(user_id, method), where, old_key)
        _after_recovery(gate, user, method)
        return opened


def step_up(gate: Gate, signed_in: SignedIn, key: str, code: str) -> str:
    """Show a code again.

    Args:
        gate: What sign-in works with.
        signed_in: Whose session.
        key: Its present key.
        code: Of an authenticator, or a recovery code.

    Returns:
        The session's new key.

    Raises:
        TooManyTriesError: There were too many for this user.
        SignInRefusedError: The code is wrong or was used before.
        SignInNeededError: The session has ended.
    """
    _count_factor(gate, signed_in.user_id)
    with _refusing(gate, "step-up.code", signed_in.user_id), gate.writing() as connection:
        user = active_user(gate, signed_in.user_id)
        method = _checked(gate, user, code)
        new = sessions.step_up(connection, signed_in, key, method, gate.now)
        gate.tries.forgive(connection, "factor", str(user.user_id))
        gate.record(connection, "step-up", user.user_id, method)
        _after_recovery(gate, user, method)
        return new


def open_session(
    gate: Gate, connection: sa.Connection, shown: Shown, where: Where, old_key: str | None
) -> Opened:
    """Open a session for whoever has shown two factors.

    Args:
        gate: What sign-in works with.
        connection: Inside `Gate.writing()`.
        shown: Who, and the second factor.
        where: Where the session is.
        old_key: Of the session before the sign-in; it ends, and of two that hold it, one signs in.

    Returns:
        The session.

    Raises:
        SignInRefusedError: The session before has ended.
    """
    if old_key is not None and not sessions.drop_key(connection, old_key):
        raise SignInRefusedError(reason="again")
    key, number = sessions.start(connection, where, gate.now, gate.limits, shown)
    gate.tries.forgive(connection, "factor", str(shown.user_id))
    gate.record(connection, "sign-in", shown.user_id, shown.method)
    return Opened(key, number, shown.user_id)


def sign_out(gate: Gate, signed_in: SignedIn) -> None:
    """End a session by its user."""
    with gate.writing() as connection:
        if sessions.end_session(connection, signed_in.user_id, signed_in.session_id):
            gate.record(connection, "sign-out", signed_in.user_id)


def active_user(gate: Gate, user_id: int) -> User:
    """Return a user who may sign in, inside `Gate.writing()`.

    Raises:
        SignInRefusedError: They may not.
    """
    user = gate.user(user_id)
    if not user.active:
        raise SignInRefusedError(reason="ended")
    return user


def _count_factor(gate: Gate, user_id: int) -> None:
    with gate.database.writing() as connection:
        gate.tries.count(connection, "factor", str(user_id), gate.now)


def _checked(gate: Gate, user: User, code: str) -> str:
    """Return which second factor a code is of, and use it up.

    Raises:
        SignInRefusedError: Of none.
    """
    if RECOVERY_CODE.fullmatch(code.strip()):
        if gate.engine.recovery_code_fits(user, code):
            return "recovery"
    elif user.tf_totp_secret and gate.engine.totp_fits(user.tf_totp_secret, code, user):
        return "totp"
    raise SignInRefusedError(reason="code")


def _after_recovery(gate: Gate, user: User, method: str) -> None:
    if method == "recovery":
        left = str(gate.engine.recovery_codes_left(user))
        gate.mailer.send_later(gate.letter(user, "recovery-used", left=left))


class _refusing:  # noqa: N801 -- read as a word of the `with` it stands in
    """Put on record what was refused inside the block, once its transaction is rolled back."""

    def __init__(self, gate: Gate, action: str, user_id: int) -> None:
        self._gate, self._action, self._user_id = gate, action, user_id

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, SignInRefusedError):
            self._gate.record_failed(self._action, self._user_id)
