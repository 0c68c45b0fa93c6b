"""Users, from invitation to their first sign-in: by pages, by the terminal, by scripts, all through the same functions.

1. `add_user`: an address and a name; nothing can be done with it yet.
2. `invite`: a link, good for once and for seven days; a newer one ends it.
3. `begin`: what the link shows, and a new secret for an authenticator app.
4. `accept`: a password and a code of that app, in one step. Recovery codes are shown, once.

Inviting somebody again who lost everything replaces password and app when they accept, and ends their sessions.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.errors import FieldError, NotFoundError, SignInRefusedError
from ledger.signin import links, sessions
from ledger.signin.gate import Gate
from ledger.signin.people import User

NAME_MAX = 60


@dataclass(frozen=True, slots=True)
class Beginning:
    """What an invitation shows.

    Attributes:
        user_id: Whom it is for.
        email: Their address.
        name: Their name.
        secret: A new one for an authenticator app, encrypted.
    """

    user_id: int
    email: str
    name: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A user who can sign in, as a script needs them.

    Attributes:
        user_id: Their number.
        email: Their address.
        password: As given.
        recovery_codes: Shown once.
    """

    user_id: int
    email: str
    password: str = field(repr=False)
    recovery_codes: tuple[str, ...] = field(repr=False)


def add_user(gate: Gate, email: str, name: str) -> int:
    """Add a user, or find the one with this address.

    Args:
        gate: What sign-in works with.
        email: Their address.
        name: For pages and letters; of one that is there already, it stays.

    Returns:
        Number of the user.

    Raises:
        FieldError: No address, or no name.
    """
    normal = gate.engine.normal_email(email)
    name = " ".join(name.split())
    if not name or len(name) > NAME_MAX or re.search(r"[\x00-\x1f\x7f]", name):
        raise FieldError(field="name", reason="missing" if not name else "malformed")
    try:
        return _found_or_added(gate, normal, name)
    except sa.exc.IntegrityError:
        # Somebody added the same address at the same moment, and was first.
        return _found_or_added(gate, normal, name)


def _found_or_added(gate: Gate, email: str, name: str) -> int:
    with gate.writing() as connection:
        found = gate.user_by_email(email)
        if found is not None:
            return found.user_id
        made = gate.engine.new_user(
            email=email,
            name=name,
            fs_uniquifier=secrets.token_hex(16),
            fs_webauthn_user_handle=secrets.token_hex(32),
            created_ms=to_ms(gate.now),
        )
        gate.record(connection, "user.add", made.user_id)
        return made.user_id


def invite(gate: Gate, user_id: int, *, send: bool = True) -> str:
    """Invite a user, for the first time or again.

    Args:
        gate: What sign-in works with.
        user_id: Whom.
        send: Whether to mail the link as well.

    Returns:
        The link's address; whoever has it becomes this user.

    Raises:
        NotFoundError: There is no such user.
        SignInRefusedError: They may not sign in any more.
    """
    with gate.writing() as connection:
        user = gate.user(user_id)
        if user.ended_ms is not None:
            raise SignInRefusedError(reason="ended")
        key = links.make_link(connection, "invitation", user_id, gate.now)
        gate.record(connection, "user.invite", user_id)
        link = f"{gate.public_url}/invitation/{key}"
        letter = gate.letter(user, "invitation", link=link)
    if send:
        gate.mailer.send_later(letter)
    return link


def begin(gate: Gate, key: str) -> Beginning:
    """Open an invitation, without using it up.

    Raises:
        LinkEndedError: It never was, was used, was replaced or is too old.
    """
    with gate.reading() as connection:
        user = gate.user(links.user_of_link(connection, "invitation", key, gate.now))
        return Beginning(user.user_id, user.email, user.name, gate.engine.new_totp_secret())


def accept(gate: Gate, key: str, secret: str, password: str, code: str) -> list[str]:
    """Accept an invitation: all of it, or nothing.

    Args:
        gate: What sign-in works with.
        key: Of the link.
        secret: That `begin` made.
        password: A new one.
        code: Of the app that was given the secret.

    Returns:
        Recovery codes, shown once.

    Raises:
        LinkEndedError: The link was used, was replaced or is too old.
        FieldError: The password is not taken, or the code is not one of the secret's; the link still works.
    """
    with gate.reading() as connection:
        user = gate.user(links.user_of_link(connection, "invitation", key, gate.now))
        personal = (user.name, user.email)
    hashed = gate.engine.hashed(gate.engine.accepted(password, *personal))
    with gate.writing() as connection:
        user = gate.user(links.use_link(connection, "invitation", key, gate.now))
        replace_totp(gate, user, secret, code)
        user.password = hashed
        user.accepted_ms = user.accepted_ms or to_ms(gate.now)
        sessions.end_sessions(connection, user.user_id)
        links.end_links(connection, user.user_id, gate.now)
        gate.tries.forgive(connection, "user", user.email)
        gate.tries.forgive(connection, "factor", str(user.user_id))
        gate.record(connection, "user.accept", user.user_id)
        return gate.engine.new_recovery_codes(user)


def replace_totp(gate: Gate, user: User, secret: str, code: str) -> None:
    """Give a user another authenticator app, inside `Gate.writing()`.

    Raises:
        FieldError: The code is not one of the secret's.
    """
    gate.engine.forget_steps(user)
    if not gate.engine.totp_fits(secret, code, user):
        raise FieldError(field="code", reason="wrong")
    user.tf_totp_secret = secret


def users_of(gate: Gate) -> list[User]:
    """Return all users, by address."""
    with gate.reading():
        return list(gate.engine.people.session.scalars(sa.select(User).order_by(_email())))


def _email() -> sa.ColumnElement[str]:
    return User.email  # type: ignore[return-value]  # the mapping makes it a column


def find_user(gate: Gate, email: str) -> User:
    """Return the user of an address.

    Raises:
        FieldError: It is no address.
        NotFoundError: Nobody has it.
    """
    normal = gate.engine.normal_email(email)
    with gate.reading():
        found = gate.user_by_email(normal)
    if found is None:
        raise NotFoundError(what="user", value=normal)
    return found


def end_user(gate: Gate, user_id: int) -> None:
    """Let nobody sign in as a user any more; their sessions and links end at once."""
    with gate.writing() as connection:
        user = gate.user(user_id)
        user.ended_ms = user.ended_ms or to_ms(gate.now)
        sessions.end_sessions(connection, user_id)
        links.end_links(connection, user_id, gate.now)
        gate.record(connection, "user.end", user_id)


def end_sessions_of(gate: Gate, user_id: int) -> int:
    """Sign a user out everywhere, by somebody else; return how many sessions ended."""
    with gate.writing() as connection:
        ended = sessions.end_sessions(connection, user_id)
        gate.record(connection, "user.end-sessions", user_id)
        return ended


def unlock(gate: Gate, user_id: int) -> None:
    """Let a user try again at once."""
    with gate.writing() as connection:
        user = gate.user(user_id)
        for kind, about in (("user", user.email), ("factor", str(user_id)), ("mail", user.email)):
            gate.tries.forgive(connection, kind, about)
        gate.record(connection, "user.unlock", user_id)


def enrol_for_script(gate: Gate, email: str, name: str, password: str) -> Enrolled:
    """Add, invite and accept without prompts: for tests and the demo.

    Args:
        gate: What sign-in works with.
        email: Of the user.
        name: Of the user.
        password: As a person would choose it; the rules hold here too.

    Returns:
        The user.

    Raises:
        FieldError: The address, the name or the password is not taken.
    """
    user_id = add_user(gate, email, name)
    key = invite(gate, user_id, send=False).rpartition("/")[2]
    beginning = begin(gate, key)
    codes = accept(gate, key, beginning.secret, password, gate.engine.first_code(beginning.secret))
    return Enrolled(user_id, beginning.email, password, tuple(codes))


def next_code(gate: Gate, user_id: int) -> str:
    """Return the next code of a user's app that works, for scripts.

    Raises:
        FieldError: All that would work now were used.
    """
    with gate.reading():
        return gate.engine.next_code(gate.user(user_id))
