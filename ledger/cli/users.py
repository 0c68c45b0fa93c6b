"""Users, and signing in on the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ledger.cli.session import Session, guarded, machine, pass_session
from ledger.clock import from_ms, to_text
from ledger.errors import FieldError, FileFormatError
from ledger.roles import PUBLIC, does

_password_file = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File whose first line is the password; asked for when left out.",
)
_code = click.option("--code", help="Of the authenticator app; asked for when left out.")


def _password(session: Session, file: Path | None, *, twice: bool = False) -> str:
    """Return a password from a file or from whoever sits there; never from the command's own words.

    Raises:
        FieldError: There is no file and nobody to ask.
        FileFormatError: The file cannot be read as text.
    """
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise FileFormatError(file=file.name, field="password", reason="not-utf-8") from error
        return lines[0] if lines else ""
    if session.as_json or not sys.stdin.isatty():
        raise FieldError(field="password", reason="missing", do="--password-file FILE")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=twice, err=True)
    return asked


def _asked_code(session: Session, code: str | None) -> str:
    """Return a code from the option or from whoever sits there.

    Raises:
        FieldError: There is nobody to ask.
    """
    if code is not None:
        return code
    if session.as_json or not sys.stdin.isatty():
        raise FieldError(field="code", reason="missing", do="--code CODE")
    asked: str = click.prompt("Code of your authenticator app", err=True)
    return asked


# --- users -----------------------------------------------------------------------------------------


@click.group()
def user() -> None:
    """Users: who can sign in. What they may do is told by their membership of funds."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="For pages and letters.")
@pass_session
@guarded
@machine
def user_add(session: Session, email: str, name: str) -> None:
    """Add a user and invite them. Whoever has the link that is printed becomes this user."""
    from ledger.signin import enrolling

    gate = session.gate()
    user_id = enrolling.add_user(gate, email, name)
    link = enrolling.invite(gate, user_id)
    session.say(f"user {user_id} invited: {link}", user=user_id, invitation=link)


@user.command("invite")
@click.argument("email")
@pass_session
@guarded
@machine
def user_invite(session: Session, email: str) -> None:
    """Invite a user again, who lost password or second factor: both are replaced when they accept."""
    from ledger.signin import enrolling

    gate = session.gate()
    user_id = enrolling.find_user(gate, email).user_id
    link = enrolling.invite(gate, user_id)
    session.say(f"user {user_id} invited: {link}", user=user_id, invitation=link)


@user.command("accept")
@click.argument("link")
@_password_file
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path),
    help="Keep the app's secret there, for scripts.",
)
@_code
@pass_session
@guarded
@does(PUBLIC)
def user_accept(
    session: Session,
    link: str,
    password_file: Path | None,
    secret_file: Path | None,
    code: str | None,
) -> None:
    """Accept an invitation on the terminal: choose a password, set up an authenticator app.

    The app's secret and the recovery codes are shown once. A script writes the secret to a file and gives no code: then
    the command takes the app's part.
    """
    import segno

    from ledger.signin import enrolling

    gate = session.gate()
    key = link.rstrip("/").rpartition("/")[2]
    beginning = enrolling.begin(gate, key)
    secret = gate.engine.totp_key(beginning.secret)
    if secret_file is not None:
        _keep_secret(secret_file, secret)
        code = code or gate.engine.first_code(beginning.secret)
    else:
        session.note(
            f"For {beginning.name}, {beginning.email}. Scan this with an authenticator app,"
        )
        if not session.as_json and sys.stdout.isatty():
            segno.make(gate.engine.totp_uri(beginning.secret, beginning.email)).terminal(
                sys.stdout, compact=True
            )
        session.note(f"or type its key: {secret}")
    password = _password(session, password_file, twice=True)
    codes = enrolling.accept(gate, key, beginning.secret, password, _asked_code(session, code))
    session.note("Recovery codes, shown only now; each works once:")
    for one in codes:
        session.note(f"  {one}")
    session.say(f"{beginning.email} can sign in", user=beginning.user_id, recovery_codes=codes)


def _keep_secret(path: Path, secret: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(secret + "\n", encoding="utf-8")


@user.command("list")
@pass_session
@guarded
@machine
def user_list(session: Session) -> None:
    """List all users."""
    from ledger.signin import enrolling

    users = enrolling.users_of(session.gate())
    for one in users:
        since = to_text(from_ms(one.accepted_ms)) if one.accepted_ms else "invited"
        state = f"ended {to_text(from_ms(one.ended_ms))}" if one.ended_ms else since
        session.note(f"{one.user_id}\t{one.email}\t{one.name}\t{state}")
    session.say(
        f"{len(users)} users",
        users=[
            {
                "user": one.user_id,
                "email": one.email,
                "name": one.name,
                "accepted": one.accepted_ms is not None,
                "ended": one.ended_ms is not None,
            }
            for one in users
        ],
    )


@user.command("unlock")
@click.argument("email")
@pass_session
@guarded
@machine
def user_unlock(session: Session, email: str) -> None:
    """Let a user try again at once, after too many wrong tries."""
    from ledger.signin import enrolling

    user_id = enrolling.find_user(session.gate(), email).user_id
    enrolling.unlock(session.gate(), user_id)
    session.say(f"user {user_id} may try again", user=user_id)


@user.command("end-sessions")
@click.argument("email")
@pass_session
@guarded
@machine
def user_end_sessions(session: Session, email: str) -> None:
    """Sign a user out everywhere."""
    from ledger.signin import enrolling

    user_id = enrolling.find_user(session.gate(), email).user_id
    ended = enrolling.end_sessions_of(session.gate(), user_id)
    session.say(f"{ended} sessions of user {user_id} ended", user=user_id, ended=ended)


@user.command("end")
@click.argument("email")
@pass_session
@guarded
@machine
def user_end(session: Session, email: str) -> None:
    """Let nobody sign in as this user any more, in any fund."""
    from ledger.signin import enrolling

    user_id = enrolling.find_user(session.gate(), email).user_id
    enrolling.end_user(session.gate(), user_id)
    session.say(f"user {user_id} ended", user=user_id)


# --- the terminal's session ------------------------------------------------------------------------


@click.command("sign-in")
@click.argument("email")
@_password_file
@_code
@pass_session
@guarded
@does(PUBLIC)
def sign_in(session: Session, email: str, password_file: Path | None, code: str | None) -> None:
    """Sign in on this machine: `--by` then takes what you do for yours."""
    from ledger.signin import terminal

    password = _password(session, password_file)
    found = terminal.sign_in(session.gate(), email, password, _asked_code(session, code))
    session.say(f"signed in as {found.email}", user=found.user_id)


@click.command("sign-out")
@click.argument("email")
@pass_session
@guarded
@does(PUBLIC)
def sign_out(session: Session, email: str) -> None:
    """Sign out on this machine."""
    from ledger.signin import enrolling, terminal

    user_id = enrolling.find_user(session.gate(), email).user_id
    was_in = terminal.sign_out(session.gate(), user_id)
    session.say("signed out" if was_in else "was not signed in", user=user_id, was_in=was_in)
