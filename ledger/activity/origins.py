"""Where an action comes from: filled once by the edge, for each request and each command.

In: what the edge knows. Out: the origin of whatever this thread does now. A decision may be written by another
caller's thread (whoever waits leads), so an origin is taken when an `Activity` is made, never when it is stored.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace

REQUEST_ID_LENGTH = 24
"""Letters of an id, four random bits each: nobody meets one twice. No digits: logs leave long runs of those out."""

_LETTERS = bytes(ord("a") + at % 16 for at in range(256))

SERVICE = "service"
"""Address of what the service does by itself."""


@dataclass(frozen=True, slots=True)
class Origin:
    """From where something is done.

    Attributes:
        address: IP address of who asked, `terminal:LOGIN` on the machine itself, or `service`.
        request_id: Of the request or command; the same in logs, in problem documents and here.
        user_id: Who is signed in; None where nobody is.
    """

    address: str = SERVICE
    request_id: str = ""
    user_id: int | None = None


Who = Callable[[], int | None]
"""Tells who is signed in, when it is asked: looking that up is not free, and most requests never need it."""

_ORIGIN: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 -- it is frozen
_WHO: ContextVar[Who | None] = ContextVar("who", default=None)


def new_request_id() -> str:
    """Return an id that no other request has."""
    return secrets.token_bytes(REQUEST_ID_LENGTH).translate(_LETTERS).decode()


def current() -> Origin:
    """Return where what is being done comes from, and who is signed in there."""
    origin, who = _ORIGIN.get(), _WHO.get()
    if origin.user_id is None and who is not None:
        return replace(origin, user_id=who())
    return origin


def current_id() -> str:
    """Return the id of the request or command; empty outside of one."""
    return _ORIGIN.get().request_id


def start(address: str, who: Who | None = None) -> Origin:
    """Begin a request or a command: from now on this thread acts from there, with nobody signed in.

    Args:
        address: As of `Origin`.
        who: Tells who is signed in, once somebody asks.

    Returns:
        The origin, whose id log lines carry from now on.
    """
    origin = Origin(address, new_request_id())
    _ORIGIN.set(origin)
    _WHO.set(who)
    return origin


def sign_in(user_id: int | None) -> None:
    """Say who acts where no session tells it: the member whose token is shown, or who signed in a moment ago."""
    _ORIGIN.set(replace(_ORIGIN.get(), user_id=user_id))


def end() -> None:
    """End the request: the thread's next one starts with nothing of it."""
    _ORIGIN.set(Origin())
    _WHO.set(None)


@contextlib.contextmanager
def acting_from(address: str, user_id: int | None = None) -> Iterator[Origin]:
    """Act from an address for the length of a block: for commands and tests.

    Args:
        address: As of `Origin`.
        user_id: Who is signed in.

    Yields:
        The origin.
    """
    before, who = _ORIGIN.get(), _WHO.get()
    try:
        start(address)
        sign_in(user_id)
        yield _ORIGIN.get()
    finally:
        end()
        _ORIGIN.set(before)
        _WHO.set(who)


def terminal() -> str:
    """Return the address of a command on this machine: whose login it runs under, by the system's own record."""
    try:
        login = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        login = str(os.getuid())
    return f"terminal:{login}"
