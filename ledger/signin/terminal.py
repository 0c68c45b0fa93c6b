"""Sessions of the terminal: the same rows as a browser's, the key in a file that only this login can read.

A command's `--by NAME` names a member; it is taken where that member's user has signed in on this machine.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ledger.activity import origins
from ledger.actors import Member
from ledger.errors import NotFoundError, SignInNeededError
from ledger.funds import history as funds
from ledger.journal.history import Fund
from ledger.signin import sessions, signing_in
from ledger.signin.gate import Gate
from ledger.signin.identity import SignedIn
from ledger.signin.sessions import Shown, StoredSession, Where


def _where() -> Where:
    return Where("terminal", "", origins.terminal())


def _file(gate: Gate, user_id: int) -> Path:
    return gate.signed_in_folder / str(user_id)


def sign_in(gate: Gate, email: str, password: str, code: str) -> SignedIn:
    """Sign in on the terminal, by the same two steps as in a browser.

    Args:
        gate: What sign-in works with.
        email: The user's address.
        password: Theirs.
        code: Of their authenticator app, or a recovery code.

    Returns:
        The session.

    Raises:
        TooManyTriesError: There were too many.
        SignInRefusedError: They do not belong together.
    """
    where = _where()
    user_id = signing_in.password_step(gate, email, password, where.address)
    opened = signing_in.second_step(gate, user_id, code, where, None)
    _keep(gate, user_id, opened.key)
    return _required(gate, user_id)


def open_for_script(gate: Gate, user_id: int) -> SignedIn:
    """Open a terminal's session without prompts, for tests and the demo: they own the machine anyway.

    Args:
        gate: What sign-in works with.
        user_id: Of a user who has accepted.

    Returns:
        The session, its second factor fresh.

    Raises:
        SignInRefusedError: They may not sign in.
    """
    with gate.writing() as connection:
        signing_in.active_user(gate, user_id)
        opened = signing_in.open_session(gate, connection, Shown(user_id, "totp"), _where(), None)
    _keep(gate, user_id, opened.key)
    return _required(gate, user_id)


def sign_out(gate: Gate, user_id: int) -> bool:
    """End this machine's session of a user; whether there was one."""
    found = _found(gate, user_id)
    if found is not None and found.signed_in is not None:
        signing_in.sign_out(gate, found.signed_in)
    with suppress(FileNotFoundError):
        _file(gate, user_id).unlink()
    return found is not None


def resolve_terminal(gate: Gate, fund: Fund, name: str) -> tuple[Member, SignedIn]:
    """Return the member that `--by` names, and their session on this machine.

    Args:
        gate: What sign-in works with.
        fund: The fund.
        name: A member's id or name.

    Returns:
        Both; the session's `fresh` tells whether a second factor was shown within ten minutes.

    Raises:
        UnknownNameError: The fund has no such member.
        SignInNeededError: The member has no sign-in, or is not signed in on this machine; `do` tells what to type.
    """
    with gate.database.reading() as connection:
        member = funds.member(connection, fund.fund_id, name)
    if member.user_id is None:
        raise SignInNeededError(
            member=member.member_id, reason="no-user", do="an administrator adds their address"
        )
    signed_in = _required(gate, member.user_id)
    origins.sign_in(signed_in.user_id)
    return member, signed_in


def fresh(gate: Gate, signed_in: SignedIn, code: str) -> SignedIn:
    """Show a code again on the terminal.

    Args:
        gate: What sign-in works with.
        signed_in: Whose session.
        code: Of their authenticator app, or a recovery code.

    Returns:
        The session, its second factor fresh.

    Raises:
        SignInRefusedError: The code is wrong or was used before.
        SignInNeededError: The session has ended.
    """
    key = _key(gate, signed_in.user_id) or ""
    _keep(gate, signed_in.user_id, signing_in.step_up(gate, signed_in, key, code))
    return _required(gate, signed_in.user_id)


def _required(gate: Gate, user_id: int) -> SignedIn:
    found = _found(gate, user_id)
    if found is None or found.signed_in is None:
        raise SignInNeededError(
            reason="not-signed-in", do=f"python -m ledger sign-in {_email(gate, user_id)}"
        )
    if found.seen + sessions.SEEN_STEP <= gate.now:
        with gate.database.writing() as connection:
            sessions.seen(connection, found.session_id, gate.now)
    return found.signed_in


def _email(gate: Gate, user_id: int) -> str:
    try:
        with gate.reading():
            return gate.user(user_id).email
    except NotFoundError:
        return "EMAIL"


def _found(gate: Gate, user_id: int) -> StoredSession | None:
    """Return this machine's session of a user; a file that was copied to another user's name opens nothing."""
    key = _key(gate, user_id)
    if key is None:
        return None
    with gate.database.reading() as connection:
        found = sessions.find(connection, key, gate.now, gate.limits)
    if found is None or found.signed_in is None:
        return None
    here = found.signed_in.user_id == user_id and found.where.kind == "terminal"
    return found if here else None


def _key(gate: Gate, user_id: int) -> str | None:
    try:
        return _file(gate, user_id).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def _keep(gate: Gate, user_id: int, key: str) -> None:
    """Keep a key where only this login can read it; a file of more rights is replaced, never written into."""
    path = _file(gate, user_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        made.unlink()
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(key)
    made.replace(path)
