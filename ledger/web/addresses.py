"""Where a request comes from and what it calls us: our host names, the proxies before us, and the request's id.

Guaranteed for every view: the host is one of ours, `request.remote_addr` and `request.scheme` are what the proxies that
are set say and nobody else, and the request has an id that logs, problem documents and the activity record share.

Source:
    OWASP ASVS 5.0.0, 4.1.3 (headers that an intermediary sets) and 16.2 (logs that can be tied together).
"""

from __future__ import annotations

import ipaddress

import structlog
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from ledger.activity import origins
from ledger.errors import FieldError, NotFoundError, WrongHostError
from ledger.signin import identity
from ledger.web.hooks import passed_by_gifts
from ledger.web.problems import problem_of, problem_response
from ledger.web.services import WebSettings

logger = structlog.get_logger(__name__)

THIS_MACHINE = ("localhost", "127.0.0.1")
"""Under these a proxy or a health check on the machine itself asks. Nothing that we send to anybody is made from the
host of a request, so whoever writes them into one only gets our pages with links to their own machine."""

_NUL = "\0"
_PROXIES = "LEDGER_PROXIES"
_WARNED = "LEDGER_PROXIES_WARNED"


def setup(app: Flask, settings: WebSettings) -> None:
    """Check each request's host, believe the proxies that are set, and give each request its id.

    Args:
        app: The app; this has to be its first step.
        settings: Host names, and how many proxies.
    """
    ours = (settings.public_host.partition(":")[0], *settings.trusted_hosts, *THIS_MACHINE)
    app.config["TRUSTED_HOSTS"] = list(dict.fromkeys(ours))
    app.config[_PROXIES] = settings.proxies
    if settings.proxies:
        # The host is the one that the proxy asks for; a client's own X-Forwarded-Host is nobody's word.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0
        )

    app.before_request(_begin)
    app.before_request(_hold_text)
    app.teardown_request(_end)


def is_unknown_proxy() -> bool:
    """Tell whether this request comes through a proxy that nobody told us of: then nobody's own address is known.

    Returns:
        Whether it says that it was forwarded, comes from our own network, and no proxy is set.
    """
    if current_app.config[_PROXIES] or not (
        {"X-Forwarded-For", "Forwarded"} & {*request.headers.keys()}
    ):
        return False
    try:
        found = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return True  # a socket in the file system
    if current_app.config.get(_WARNED) is None:
        current_app.config[_WARNED] = True
        logger.warning("requests come through a proxy that is not set", do="LEDGER_PROXIES")
    return not found.is_global


@passed_by_gifts
def _begin() -> Response | None:
    """Give the request its id, and refuse one that was sent to another host."""
    origins.start(request.remote_addr or "", _user_id)
    if not isinstance(request.routing_exception, SecurityError):
        return None
    error = WrongHostError(field="Host", value=request.headers.get("Host", "")[:80])
    # A document always: a page would be full of links to that host.
    return problem_response(problem_of(error), error, as_document=True)


@passed_by_gifts
def _hold_text() -> None:
    """Refuse an address with a character that no text of a database can have: it names nothing here.

    Raises:
        NotFoundError: In the path.
        FieldError: In a parameter.
    """
    if _NUL in request.path:
        raise NotFoundError(what="page")
    for name, value in request.args.items(multi=True):
        if _NUL in name or _NUL in value:
            raise FieldError(
                field=name.replace(_NUL, "")[:40], value="", reason="control-character"
            )


@passed_by_gifts
def _end(_error: BaseException | None) -> None:
    origins.end()


def _user_id() -> int | None:
    found = identity.current()
    return None if found is None else found.user_id
