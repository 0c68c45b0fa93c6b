"""What users change about their own sign-in. Every change asks for a fresh second factor, and is told by mail.

Source:
    OWASP ASVS 5.0.0, 6.3.7 (tell users of changes), 7.4 (end sessions when a secret changes).
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ledger.errors import FieldError, FreshFactorNeededError, LinkEndedError, SignInRefusedError
from ledger.signin import links, sessions
from ledger.signin.enrolling import replace_totp
from ledger.signin.gate import Gate
from ledger.signin.identity import SignedIn
from ledger.signin.mail import Letter
from ledger.signin.people import User
from ledger.signin.signing_in import RECOVERY_CODE
from ledger.signin.tries import network_of


def _require_fresh(signed_in: SignedIn) -> None:
    """Hold what the page has asked for already.

    Raises:
        FreshFactorNeededError: The second factor is too long ago.
    """
    if signed_in.fresh is None:
        raise FreshFactorNeededError(do="show your second factor again")


def change_password(gate: Gate, signed_in: SignedIn, old: str, new: str) -> None:
    """Change the password; all other sessions end.

    Raises:
        FreshFactorNeededError: The second factor is too long ago.
        TooManyTriesError: The old password was wrong too often.
        FieldError: The old one is wrong, or the new one is not taken.
    """
    _require_fresh(signed_in)
    with gate.database.writing() as connection:
        gate.tries.count(connection, "user", signed_in.email, gate.now)
    with gate.reading():
        user = gate.user(signed_in.user_id)
    if not gate.engine.matches(old, user.password):
        gate.record_failed("password.change", user.user_id)
        raise FieldError(field="old_password", reason="wrong")
    hashed = gate.engine.hashed(gate.engine.accepted(new, user.name, user.email))
    with gate.writing() as connection:
        user = gate.user(signed_in.user_id)
        user.password = hashed
        sessions.end_sessions(connection, user.user_id, keep=signed_in.session_id)
        links.end_links(connection, user.user_id, gate.now)
        gate.tries.forgive(connection, "user", user.email)
        gate.record(connection, "password.change", user.user_id)
        tell(gate, user, "密码", "the password")


def change_totp(gate: Gate, signed_in: SignedIn, secret: str, code: str) -> None:
    """Change the authenticator app.

    Raises:
        FreshFactorNeededError: The second factor is too long ago.
        FieldError: The code is not one of the new app's.
    """
    _require_fresh(signed_in)
    with gate.writing() as connection:
        user = gate.user(signed_in.user_id)
        replace_totp(gate, user, secret, code)
        sessions.end_sessions(connection, user.user_id, keep=signed_in.session_id)
        gate.record(connection, "totp.change", user.user_id)
        tell(gate, user, "验证器", "the authenticator app")


def change_recovery_codes(gate: Gate, signed_in: SignedIn) -> list[str]:
    """Make new recovery codes; the old ones end.

    Returns:
        The new ones, shown once.

    Raises:
        FreshFactorNeededError: The second factor is too long ago.
    """
    _require_fresh(signed_in)
    with gate.writing() as connection:
        user = gate.user(signed_in.user_id)
        gate.record(connection, "recovery.change", user.user_id)
        tell(gate, user, "恢复码", "the recovery codes")
        return gate.engine.new_recovery_codes(user)


def end_session(gate: Gate, signed_in: SignedIn, session_id: int) -> None:
    """Sign out elsewhere. Another person's session is not there."""
    with gate.writing() as connection:
        if sessions.end_session(connection, signed_in.user_id, session_id):
            gate.record(connection, "session.end", signed_in.user_id)


def end_others(gate: Gate, signed_in: SignedIn) -> int:
    """Sign out everywhere else; return how many sessions ended."""
    with gate.writing() as connection:
        ended = sessions.end_sessions(connection, signed_in.user_id, keep=signed_in.session_id)
        gate.record(connection, "session.end-others", signed_in.user_id)
        return ended


def ask_for_reset(gate: Gate, email: str, address: str) -> None:
    """Mail a link for a new password, if somebody has this address. Nothing here tells whether anybody does.

    Args:
        gate: What sign-in works with.
        email: As typed.
        address: IP address.

    Raises:
        FieldError: It is no address.
        TooManyTriesError: From this network, or for this address, there were too many.
    """
    normal = gate.engine.normal_email(email)
    with gate.database.writing() as connection:
        gate.tries.count(connection, "mail", normal, gate.now)
        gate.tries.count(connection, "address", network_of(address), gate.now)
    gate.mailer.write_later(partial(_reset_letter, gate, normal))


def _reset_letter(gate: Gate, email: str) -> Letter | None:
    with gate.writing() as connection:
        user = gate.user_by_email(email)
        if user is None or not user.active:
            return None
        key = links.make_link(connection, "reset", user.user_id, gate.now)
        gate.record(connection, "password.ask", user.user_id)
        return gate.letter(user, "reset", link=f"{gate.public_url}/reset/{key}")


def reset_opens(gate: Gate, key: str, at: datetime) -> str:
    """Return whose password a link sets, without using it.

    Raises:
        LinkEndedError: It never was, was used, was replaced or is too old.
    """
    with gate.reading() as connection:
        user = gate.user(links.user_of_link(connection, "reset", key, at))
        if not user.active:
            raise LinkEndedError(what="reset")
        return user.email


def reset_password(gate: Gate, key: str, new: str, code: str) -> None:
    """Set a new password by a link and a second factor: whoever reads the mail alone gets nowhere.

    Args:
        gate: What sign-in works with.
        key: Of the link.
        new: The new password.
        code: Of the authenticator app, or a recovery code.

    Raises:
        LinkEndedError: The link was used, was replaced or is too old.
        TooManyTriesError: Codes of this user were wrong too often.
        FieldError: The password is not taken, or the code is wrong; the link still works.
    """
    with gate.reading() as connection:
        user_id = links.user_of_link(connection, "reset", key, gate.now)
        user = gate.user(user_id)
    hashed = gate.engine.hashed(gate.engine.accepted(new, user.name, user.email))
    with gate.database.writing() as connection:
        gate.tries.count(connection, "factor", str(user_id), gate.now)
    try:
        with gate.writing() as connection:
            user = gate.user(links.use_link(connection, "reset", key, gate.now))
            _require_second_factor(gate, user, code)
            user.password = hashed
            sessions.end_sessions(connection, user_id)
            gate.tries.forgive(connection, "user", user.email)
            gate.tries.forgive(connection, "factor", str(user_id))
            gate.record(connection, "password.reset", user_id)
            tell(gate, user, "密码", "the password")
    except SignInRefusedError:
        gate.record_failed("password.reset", user_id)
        raise FieldError(field="code", reason="wrong") from None


def _require_second_factor(gate: Gate, user: User, code: str) -> None:
    """Check a code and use it up.

    Raises:
        SignInRefusedError: It is none of this user's, or they may not sign in.
    """
    if RECOVERY_CODE.fullmatch(code.strip()):
        right = gate.engine.recovery_code_fits(user, code)
    else:
        secret = user.tf_totp_secret or ""
        right = bool(secret) and gate.engine.totp_fits(secret, code, user)
    if not right or not user.active:
        raise SignInRefusedError(reason="code")


def tell(gate: Gate, user: User, what_zh: str, what_en: str) -> None:
    """Tell a user by mail that something about their sign-in was changed."""
    gate.mailer.send_later(gate.letter(user, "changed", what_zh=what_zh, what_en=what_en))
