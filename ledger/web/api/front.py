"""Posted gifts are taken before Flask: what it does around a view costs more than taking a gift.

In: requests. Out: the answers to gifts that are in the ledger now, and every other request as it came. Guaranteed: the
same work in the same order as the view does, and the same answer to the byte; whatever is unusual about a request, and
every error, is the view's to answer.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from flask import Flask
from werkzeug.sansio.utils import host_is_trusted

from ledger.activity import origins
from ledger.intake.calls import GiftCalls, Result
from ledger.web.api.gifts import OUTCOME, answer_of, idempotency_key
from ledger.web.headers import added_to
from ledger.web.hooks import is_passed_by_gifts

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]

BLUEPRINT = "v1"
"""Where the view is registered."""

_PATH = re.compile(r"/api/v1/funds/([a-z0-9-]+)/gifts", re.ASCII)
_QUERY = re.compile(r"channel=([A-Za-z0-9]+)", re.ASCII)
_LENGTH = re.compile(r"[0-9]{1,12}", re.ASCII)
_TOKEN = re.compile(r"Bearer ([!-~]+)", re.ASCII)
"""What a usual request looks like. Others are right too: Flask takes them apart."""

_STATUS = {200: "200 OK", 201: "201 CREATED", 207: "207 MULTI STATUS"}


class _Request(NamedTuple):
    """A usual request to record gifts."""

    fund: str
    channel: str
    token: str
    key: str | None
    body: bytes


class _Limits(NamedTuple):
    """What the app asks of every request.

    Attributes:
        alone: Nothing runs around its views but what a right call need not wait for. Otherwise all requests are the
            app's: a hook that counts or refuses must not be passed by.
        body_max: Bytes of a body.
        hosts: Names that `Host` may have; all when empty.
    """

    alone: bool
    body_max: int
    hosts: tuple[str, ...]


_host_is_right = lru_cache(maxsize=64)(host_is_trusted)


def put_before(app: Flask, calls: GiftCalls) -> None:
    """Let usual requests that record gifts be taken before the app sees them.

    Args:
        app: The app; its view of this address answers whatever is not answered here.
        calls: Takes the calls of this process: the view's own.
    """
    app.wsgi_app = _Front(app, calls)  # type: ignore[method-assign]


class _Front:
    """Takes gifts, and hands everything else on."""

    def __init__(self, app: Flask, calls: GiftCalls) -> None:
        self._app: WsgiApp = app.wsgi_app
        self._flask = app
        self._calls = calls

    @cached_property
    def _limits(self) -> _Limits:
        """Return what the app asks of every request, as it is when the first one comes."""
        app = self._flask
        hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
        around = [
            one for funcs in hooks for name in (None, BLUEPRINT) for one in funcs.get(name, ())
        ]
        return _Limits(
            all(is_passed_by_gifts(one) for one in around),
            app.config["MAX_CONTENT_LENGTH"],
            tuple(app.config.get("TRUSTED_HOSTS") or ()),
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        if environ["REQUEST_METHOD"] != "POST":
            return self._app(environ, start_response)
        found = self._usual(environ)
        if found is None:
            return self._app(environ, start_response)
        origins.start(environ.get("REMOTE_ADDR", ""))
        outcome = self._taken(found)
        if not isinstance(outcome, Exception):
            answer = answer_of(found.fund, found.body, outcome)
            if answer is not None:
                status, body = answer
                start_response(_STATUS[status], added_to(body))
                return [body]
        environ[OUTCOME] = outcome
        return self._app(environ, start_response)

    def _usual(self, environ: dict[str, Any]) -> _Request | None:
        """Read a usual request to record gifts; None for any other one, whose body is still to be read then."""
        get = environ.get
        path = _PATH.fullmatch(environ["PATH_INFO"])
        if path is None or get("SCRIPT_NAME") or get("CONTENT_TYPE") != "application/json":
            return None
        limits = self._limits
        if not limits.alone or not _host_is_right(get("HTTP_HOST", ""), limits.hosts):
            return None
        query = _QUERY.fullmatch(get("QUERY_STRING", ""))
        length = _LENGTH.fullmatch(get("CONTENT_LENGTH", ""))
        token = _TOKEN.fullmatch(get("HTTP_AUTHORIZATION", ""))
        if query is None or length is None or token is None:
            return None
        size = int(length[0])
        if size > limits.body_max or "HTTP_TRANSFER_ENCODING" in environ:
            return None
        body = environ["wsgi.input"].read(size)
        if len(body) != size:
            environ["wsgi.input"] = io.BytesIO(body)
            return None
        return _Request(path[1], query[1], token[1], get("HTTP_IDEMPOTENCY_KEY"), body)

    def _taken(self, found: _Request) -> list[Result] | Exception:
        """Record the gifts; return what became of them, or why they were not taken."""
        calls = self._calls
        try:
            caller = calls.caller(found.fund, found.token)
            return calls.take(caller, found.channel, found.body, idempotency_key(found.key))
        except Exception as error:  # noqa: BLE001 -- the view raises it: one place turns errors into answers
            return error
