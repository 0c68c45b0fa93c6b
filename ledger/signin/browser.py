"""A browser's session: a cookie with a random key, everything else in a row of ours.

In: the cookie, if there is one. Out: what Flask calls `session`, read when somebody first asks for it. A page that
does not ask costs nothing, with or without a cookie.

1. The key is made by us, never taken from outside, and another one with every step that makes the session more.
2. A row before the sign-in is made only when a form has something to remember.
3. When the row was last used is written once a minute at most.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import structlog
from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin

from ledger.activity import origins
from ledger.errors import ExternalError
from ledger.signin import sessions
from ledger.signin.gate import Gate
from ledger.signin.identity import SignedIn
from ledger.signin.sessions import SEEN_STEP, StoredSession, Where

logger = structlog.get_logger(__name__)

COOKIE = "__Host-mz"
"""The prefix makes browsers hold it: TLS only, this host only, every path."""

PLAIN_COOKIE = "mz"
"""While developing without TLS."""

KEY_LENGTH = 43
BROWSER_MAX = 160
DATA_MAX = 8_192
"""Characters that forms and ceremonies may remember."""


class BrowserSession(SessionMixin):
    """What Flask calls `session`; a mapping of what forms remember, and who is signed in.

    Args:
        gate: What sign-in works with.
        key: What the cookie holds, if it can be one of ours.
    """

    modified = False

    def __init__(self, gate: Gate, key: str | None) -> None:
        self._gate = gate
        self._key = key
        self._read = False
        self._stored: StoredSession | None = None
        self._values: dict[str, Any] = {}
        self.rekeyed = False
        self.unattended = False
        """Whether a page asked by itself: then nobody was at the desk, and the session is not kept alive by it."""

    # --- the mapping -------------------------------------------------------------------------------

    def _loaded(self) -> dict[str, Any]:
        if not self._read:
            self._read = True
            self._load()
        return self._values

    def _load(self) -> None:
        if self._key is None:
            return
        with self._gate.database.reading() as connection:
            found = sessions.find(connection, self._key, self._gate.now, self._gate.limits)
        if found is None or found.where.kind != "web":
            return
        self._stored = found
        self._values = json.loads(found.data)
        if found.signed_in is not None:
            origins.sign_in(found.signed_in.user_id)

    def __getitem__(self, name: str) -> Any:
        return self._loaded()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._loaded()[name] = value
        self.modified = True

    def __delitem__(self, name: str) -> None:
        del self._loaded()[name]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    # --- who, and which ----------------------------------------------------------------------------

    @property
    def signed_in(self) -> SignedIn | None:
        """Return who is signed in."""
        self._loaded()
        return self._stored.signed_in if self._stored else None

    @property
    def key(self) -> str | None:
        """Return the present key, where it opens something."""
        self._loaded()
        return self._key if self._stored else None

    def become(self, key: str) -> None:
        """Go on under another key, with nothing remembered: the session is more now than it was.

        Args:
            key: Of a session that was opened or stepped up in this request.
        """
        self._key, self._read, self.rekeyed, self.modified = key, False, True, False
        self._stored, self._values = None, {}

    def renew(self, values: dict[str, Any]) -> None:
        """Start anew on the way to signing in, with these values: whatever key was known before is worth nothing.

        Args:
            values: What forms remember.
        """
        with self._gate.database.writing() as connection:
            if self._key is not None:
                sessions.drop_key(connection, self._key)
            key, _ = sessions.start(
                connection, here(), self._gate.now, self._gate.limits, data=json.dumps(values)
            )
        self.become(key)

    def end(self) -> None:
        """Forget the key; the caller has ended the session."""
        self._key, self._read, self.rekeyed, self.modified = None, True, True, False
        self._stored, self._values = None, {}

    # --- after the request -------------------------------------------------------------------------

    def keep(self) -> None:
        """Store what has to be stored.

        Raises:
            ExternalError: The database does not take it now.
        """
        if self.modified:
            self._keep_values()
        elif self._read and self._key is not None and self._stored is None:
            self.end()  # it opens nothing: the browser need not send it again
        elif self.unattended:
            return
        elif self._stored and self._stored.signed_in and self._is_stale(self._stored):
            with self._gate.database.writing() as connection:
                sessions.seen(connection, self._stored.session_id, self._gate.now)

    def _is_stale(self, stored: StoredSession) -> bool:
        return stored.seen + SEEN_STEP <= self._gate.now

    def _keep_values(self) -> None:
        text = json.dumps(self._values)
        if len(text) > DATA_MAX:
            logger.error("a session remembers too much", names=sorted(self._values))
            return
        with self._gate.database.writing() as connection:
            if self._stored is not None:
                sessions.keep_data(connection, self._stored.session_id, text)
                if self._is_stale(self._stored):
                    sessions.seen(connection, self._stored.session_id, self._gate.now)
            elif self._values:
                where = here()
                self._key, _ = sessions.start(
                    connection, where, self._gate.now, self._gate.limits, data=text
                )
                self.rekeyed = True

    @property
    def cookie_value(self) -> str | None:
        """Return what the cookie shall hold; None for no cookie."""
        return self._key


def here() -> Where:
    """Return where this request comes from."""
    return Where(
        "web", browser_of(request.headers.get("User-Agent", "")), request.remote_addr or ""
    )


_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_of(agent: str) -> str:
    """Return what a person calls a browser, as it names itself: `Firefox, Windows`.

    Args:
        agent: The header; anything.

    Returns:
        Browser and system; the header's beginning where neither is known.
    """
    names = [
        next((name for mark, name in known if mark in agent), "")
        for known in (_BROWSERS, _SYSTEMS)
    ]
    told = ", ".join(name for name in names if name)
    return told or "".join(c for c in agent[:BROWSER_MAX] if c.isprintable())


class BrowserSessions(SessionInterface):
    """Gives each request its session.

    Args:
        gate: What sign-in works with.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._plain = gate.public_url.startswith("http://")
        self._cookie = PLAIN_COOKIE if self._plain else COOKIE

    def open_session(self, app: Flask, request: Request) -> BrowserSession:  # noqa: ARG002 -- Flask gives it
        """Return a session that is read when it is asked for."""
        key = request.cookies.get(self._cookie, "")
        fits = len(key) == KEY_LENGTH and key.isascii()
        return BrowserSession(self._gate, key if fits else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002 -- the same
        """Store what the request changed, and hand out the cookie where its key is another one."""
        assert isinstance(session, BrowserSession)
        try:
            session.keep()
        except ExternalError as error:
            # The page is right all the same; a form on it will say that it has expired.
            logger.warning("session was not kept", code=error.code)
        if not session.rekeyed:
            return
        options: dict[str, Any] = {
            "path": "/",
            "secure": not self._plain,
            "httponly": True,
            "samesite": "Lax",
        }
        if session.cookie_value is None:
            response.delete_cookie(self._cookie, **options)
        else:
            response.set_cookie(self._cookie, session.cookie_value, **options)
