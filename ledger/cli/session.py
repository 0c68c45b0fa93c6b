"""What every command shares: the opened ledger, the fund, and how results and errors are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import click

from ledger.activity.recording import record_alone
from ledger.activity.records import REFUSED, Activity
from ledger.actors import Member
from ledger.cli import database as schema
from ledger.errors import (
    BusyError,
    ConflictError,
    ExternalError,
    FreshFactorNeededError,
    InputError,
    KeyMismatchError,
    LedgerError,
    NotAllowedError,
    NotFoundError,
    ReadOnlyError,
    RolledBackError,
    SettingsError,
    StateError,
    StorageFullError,
)
from ledger.factors import FreshFactor
from ledger.journal.history import Fund, all_funds, fund_by_slug
from ledger.logs import configure_logs
from ledger.projections.readiness import newest_schema
from ledger.roles import ACTIONS, MACHINE, acting, action_of, does
from ledger.settings import Settings, from_environment
from ledger.wiring import Ledger, open_ledger

if TYPE_CHECKING:
    # Sign-in brings a web framework with it: only commands that act for somebody wait for that.
    from ledger.signin.gate import Gate
    from ledger.signin.identity import SignedIn

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Session:
    """One call of the command line.

    Attributes:
        as_json: Print one JSON object in place of sentences.
        code: Of an authenticator app, from `--code`.
        ledger: Opened when first asked for.
    """

    as_json: bool = False
    code: str = ""
    _fresh: FreshFactor | None = None
    _gate: Gate | None = None
    _ledger: Ledger | None = None
    _schema_is_newest: bool = False
    _settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """Return the settings, read once."""
        if self._settings is None:
            self._settings = from_environment()
            # A command says itself what it did: what a server logs of that on usual days would stand in between.
            level = self._settings.log_level
            configure_logs("warning" if level == "info" else level, self._settings.log_format)
        return self._settings

    def ledger(self, *, any_schema: bool = False) -> Ledger:
        """Open the ledger.

        Args:
            any_schema: Whether it may lack the newest schema: for `db upgrade` only.

        Returns:
            The ledger.

        Raises:
            StateError: The database's schema is not the newest.
        """
        if self._ledger is None:
            self._ledger = open_ledger(self.settings)
            context = click.get_current_context(silent=True)
            if context is not None:
                context.find_root().call_on_close(self._ledger.database.close)
        if not any_schema and not self._schema_is_newest:
            found, newest = schema.current(self._ledger.database), newest_schema()
            if found != newest:
                raise StateError(
                    what="schema",
                    state=found or "none",
                    needed=newest,
                    do="python -m ledger db upgrade",
                )
            self._schema_is_newest = True
        return self._ledger

    def fund(self, slug: str | None) -> Fund:
        """Return the fund of this name, or the only one.

        Args:
            slug: From `--fund`; may be left out while there is one fund.

        Returns:
            The fund.

        Raises:
            NotFoundError: No such fund, or several and none named.
        """
        with self.ledger().database.reading() as connection:
            if slug:
                return fund_by_slug(connection, slug)
            known = all_funds(connection)
        if len(known) != 1:
            raise NotFoundError(what="fund", known=[one.slug for one in known], do="--fund NAME")
        return known[0]

    def member(self, fund: Fund, name: str, action: str | None = None) -> Member:
        """Return who acts, once it is known that it is they and that their roles allow what the command does.

        Args:
            fund: The fund.
            name: From `--by`.
            action: A name of `roles.ACTIONS`; that of the command unless given.

        Returns:
            The member.

        Raises:
            SignInNeededError: They are not signed in on this machine.
            NotAllowedError: None of their roles allows it.
            FreshFactorNeededError: The command asks for a second factor, and theirs is too long ago.
        """
        from ledger.signin import terminal

        action = action or action_of(click.get_current_context().command.callback) or ""
        member, signed_in = terminal.resolve_terminal(self.gate(), fund, name)
        try:
            acting(member, action)
        except NotAllowedError:
            refused = Activity(
                fund.fund_id, action, "", member.member_id, member.role_text, outcome=REFUSED
            )
            record_alone(self.ledger().database, self.ledger().clock, refused)
            raise
        if ACTIONS[action].fresh:
            self._fresh = self._fresh_factor(signed_in)
        return member

    def _fresh_factor(self, signed_in: SignedIn) -> FreshFactor:
        """Return the second factor of a session; where it is too long ago, ask for a code.

        Raises:
            FreshFactorNeededError: There is nobody to ask.
        """
        from ledger.signin import terminal

        if signed_in.fresh is None:
            code = self.code
            if not code and sys.stdin.isatty() and not self.as_json:
                code = click.prompt("Code of your authenticator app", err=True)
            if not code:
                raise FreshFactorNeededError(do="--code CODE")
            signed_in = terminal.fresh(self.gate(), signed_in, code)
        if signed_in.fresh is None:
            raise FreshFactorNeededError(do="--code CODE")
        return signed_in.fresh

    @property
    def fresh(self) -> FreshFactor:
        """Return the second factor of whoever acts, of a command that asks for one.

        Raises:
            FreshFactorNeededError: The command asks for none.
        """
        if self._fresh is None:
            raise FreshFactorNeededError(do="--code CODE")
        return self._fresh

    def gate(self) -> Gate:
        """Return what sign-in works with, opened once."""
        from ledger.signin.gate import open_gate

        if self._gate is None:
            ledger = self.ledger()
            self._gate = open_gate(self.settings, ledger.database, ledger.clock)
        return self._gate

    def say(self, sentence: str, **figures: Any) -> None:
        """Print a result: the sentence, or with `--json` its figures.

        Args:
            sentence: One line for a person.
            figures: The same for a machine; without any, nothing is added for it.
        """
        click.echo(
            json.dumps(figures, ensure_ascii=False, sort_keys=True) if self.as_json else sentence
        )

    def note(self, sentence: str) -> None:
        """Print a line on the way to the result; not with `--json`."""
        if not self.as_json:
            click.echo(sentence)


pass_session = click.make_pass_decorator(Session, ensure=True)

fund_option = click.option(
    "--fund", "fund_slug", help="Short name of the fund; needed where there are several."
)


def _as_json(context: click.Context, _option: click.Parameter, given: bool) -> None:
    context.ensure_object(Session).as_json |= given


json_option = click.option(
    "--json",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_as_json,
    help="Print JSON; the same as `ledger --json …`.",
)


def _keep_code(context: click.Context, _option: click.Parameter, given: str | None) -> None:
    context.ensure_object(Session).code = given or ""


_code_option = click.option(
    "--code",
    expose_value=False,
    callback=_keep_code,
    help="Of your authenticator app, where your second factor is more than ten minutes ago.",
)


def acts(action: str, *, setting_up: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a command be a member's: it names what it does, and `--by` names who does it.

    Args:
        action: A name of `roles.ACTIONS`.
        setting_up: Whether it is anybody's with a shell on this machine while the fund is set up; then `--by` may
            be left out.

    Returns:
        A decorator.
    """
    by = click.option(
        "--by",
        "member_name",
        required=not setting_up,
        help="Member who acts: id or name; signed in with `sign-in`."
        + (" Not while the fund is set up." if setting_up else ""),
    )

    def mark(command: Callable[P, R]) -> Callable[P, R]:
        marked = by(does(action)(command))
        return _code_option(marked) if ACTIONS[action].fresh else marked

    return mark


machine = does(MACHINE)
"""A command for whoever has a shell on the machine: the files that it works on are theirs anyway."""


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into one line on standard error and exit code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except LedgerError as error:
            _fail_here(error)
        except OSError as error:
            _fail_here(_file_error(error))

    return run


def _fail_here(error: LedgerError) -> NoReturn:
    context = click.get_current_context(silent=True)
    session = context.find_object(Session) if context is not None else None
    fail(error, as_json=bool(session and session.as_json))


def _file_error(error: OSError) -> LedgerError:
    """Name a file or folder that could not be read or written."""
    name = Path(str(error.filename)).name if error.filename else ""
    if error.errno in (ENOSPC, EDQUOT):
        return StorageFullError(file=name, reason="disk-full")
    return ExternalError(file=name, reason=error.strerror or type(error).__name__)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let errors about what a file holds name the file, where they do not yet.

    Args:
        path: The file.

    Yields:
        Nothing.

    Raises:
        InputError: With `file`.
        ConflictError: With `file`.
    """
    try:
        yield
    except (InputError, ConflictError) as error:
        raise type(error)(**{"file": path.name, **error.fields}) from error


ADVICE: Mapping[type[LedgerError], str] = {
    RolledBackError: (
        "Nothing was written. Part of what was published is missing here: bring back the newest copy of "
        "database and keys, and write nothing on this one; docs/operating.md tells how, under 'Restoring'"
    ),
    KeyMismatchError: (
        "Nothing was written. The key file is not the one that the log names: put the right one back from "
        "the keys' backup; docs/operating.md, 'Keys'"
    ),
    BusyError: "Nothing was written; try again",
    ReadOnlyError: "Nothing was written; the database, or the disk it lies on, only reads now",
    StorageFullError: "Nothing was written; make room on the disk and try again",
}
"""What to do where fields do not say it."""


def fail(error: LedgerError, *, as_json: bool) -> NoReturn:
    """Print an error and end with exit code 1 (2 for settings)."""
    print_problem(error, as_json=as_json)
    sys.exit(2 if isinstance(error, SettingsError) else 1)


def print_problem(error: LedgerError, *, as_json: bool, **figures: Any) -> None:
    """Print an error: a line on standard error, or an object on standard output.

    Args:
        error: What is wrong.
        as_json: Whether a machine reads it.
        figures: What else is known, for a machine.
    """
    if as_json:
        problem = {"code": error.code, **_plain(error.fields)}
        if type(error) in ADVICE:
            problem["do"] = ADVICE[type(error)]
        found = {**figures, "problem": problem}
        click.echo(json.dumps(found, ensure_ascii=False, sort_keys=True))
    else:
        advice = ADVICE.get(type(error))
        click.echo(f"ledger: {told(error)}" + (f". {advice}" if advice else ""), err=True)


def told(error: LedgerError) -> str:
    """Return an error as one line: what, where, and what would be right."""
    fields = _plain(error.fields)
    where = ", ".join(
        str(fields[name]) if name == "file" else f"{name} {fields[name]}"
        for name in ("file", "line", "row", "field")
        if fields.get(name) not in (None, "", 0)
    )
    reason = str(fields.get("reason", ""))
    rest = " ".join(
        f"{name}={value}"
        for name, value in fields.items()
        if name not in ("file", "line", "row", "field", "reason") and value not in (None, "")
    )
    return ": ".join(part for part in (error.code, where, reason) if part) + (
        f" ({rest})" if rest else ""
    )


def _plain(fields: Mapping[str, object]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, bytes):
            plain[name] = value.hex()
        elif isinstance(value, (list, tuple)):
            plain[name] = [one.hex() if isinstance(one, bytes) else str(one) for one in value]
        elif isinstance(value, (str, int)) or value is None:
            plain[name] = value
        else:
            plain[name] = str(value)
    return plain
