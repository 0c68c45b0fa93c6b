"""Hold each request against the limits, and answer 429 with the seconds to wait.

Right calls that record gifts, and right deliveries of platforms, are never refused and not even counted: a platform
that is told to wait may give up, and a gift would be lost. Wrong ones are counted after they were refused; beyond the
limit their answer is a 429 in the place of a 401 or 403.
"""

from __future__ import annotations

from hashlib import sha256
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address

import orjson
from flask import Flask, Response, request

from ledger.clock import Clock, SystemClock
from ledger.errors import TooOftenError
from ledger.limits import rules
from ledger.limits.counting import Counts, open_counts
from ledger.limits.rules import Rule
from ledger.signin import identity
from ledger.web.addresses import is_unknown_proxy
from ledger.web.forms import SAFE
from ledger.web.headers import face_of
from ledger.web.hooks import passed_by_gifts
from ledger.web.problems import problem_of, problem_response
from ledger.web.services import WebSettings

EXTENSION = "limits"

NOT_COUNTED = ("/static/", "/log/", "/healthz", "/readyz", "/metrics")
"""Files that never change and are there to be copied whole, and what watches over the service."""

LIVE = "/totals.json"
"""What each open page asks for every second: kept in memory, so that answering costs less than counting. Counted, two
hundred viewers behind one address of a carrier would use up what they may ask for, pages and all."""

WRONG = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
NETWORK_BITS = 64
"""Of an IPv6 address: whoever has one has all of its network."""


def setup(app: Flask, settings: WebSettings, clock: Clock | None = None) -> None:
    """Count requests, and refuse what goes beyond a limit.

    Args:
        app: The app; who is signed in must be known by now.
        settings: Where the counts are kept.
        clock: Tells the time; the machine's unless given.
    """
    counts = open_counts(settings.home, settings.limits_url, clock or SystemClock())
    app.extensions[EXTENSION] = counts

    @passed_by_gifts
    def check() -> Response | None:
        if face_of(request.path) == "public" and is_unknown_proxy():
            # Everybody would be counted as one; the log says what is missing.
            return None
        for rule in rules_of(request.method, request.path, token=_token() is not None):
            waits = counts.hit(rule, _whom(rule))
            if waits is not None:
                return _refusal(waits)
        return None

    app.before_request(check)
    app.after_request(_counting_wrong_keys(counts))


def rules_of(method: str, path: str, *, token: bool) -> tuple[Rule, ...]:
    """Return the rules that a request is held against before it is answered.

    Args:
        method: Of the request.
        path: Its address.
        token: Whether it shows a bearer token.

    Returns:
        None for what is never refused.
    """
    if path.startswith(NOT_COUNTED) or takes_gifts(method, path):
        return ()
    if method in SAFE and path.startswith("/funds/") and path.endswith(LIVE):
        return ()
    if path.startswith("/api/"):
        return (rules.PAGES, rules.READING) if token else (rules.PAGES,)
    face = face_of(path)
    if face == "public":
        if method in SAFE:
            return (rules.PAGES,)
        typed = rules.CODES if path.endswith(("/find", "/choice")) else rules.QUESTIONS
        return (rules.PAGES, typed)
    changing = method not in SAFE
    if face == "desk" and changing and path.endswith("/gift-code"):
        return (rules.SIGNED_IN, rules.HANDED)
    if face == "desk":
        return (rules.SIGNED_IN, rules.CHANGING) if changing else (rules.SIGNED_IN,)
    return _of_account(path.removeprefix("/en"), changing=changing)


def _of_account(path: str, *, changing: bool) -> tuple[Rule, ...]:
    if path.startswith(("/invitation/", "/reset/")):
        return (rules.LINKS,)
    if not changing:
        return (rules.SIGNED_IN,)
    if path.startswith("/reset"):
        return (rules.MAILS,)
    if path.startswith("/account/step-up"):
        return (rules.STEP_UP,)
    return (rules.SIGN_IN,) if path.startswith("/sign-in") else (rules.CHANGING,)


def takes_gifts(method: str, path: str) -> bool:
    """Tell whether this is how gifts come in: by a platform's delivery, or by a call of the interface."""
    if path.startswith("/webhooks/"):
        return True
    return method == "POST" and path.startswith("/api/v1/funds/") and path.endswith("/gifts")


def _counting_wrong_keys(counts: Counts):  # type: ignore[no-untyped-def]  # noqa: ANN202 -- a hook of the app
    @passed_by_gifts
    def count(response: Response) -> Response:
        if response.status_code not in WRONG or not takes_gifts(request.method, request.path):
            return response
        waits = counts.hit(rules.WRONG_KEYS, address_key(request.remote_addr or ""))
        if waits is None:
            return response
        # What a platform reads as its own "not taken" stays in the answer.
        kept = response.get_json(silent=True)
        refusal = _refusal(waits)
        refusal.set_data(orjson.dumps({**(kept or {}), **(refusal.get_json(silent=True) or {})}))
        return refusal

    return count


def _refusal(waits: int) -> Response:
    error = TooOftenError(wait_seconds=waits)
    return problem_response(problem_of(error), error)


def _whom(rule: Rule) -> str:
    if rule.by == "token":
        return sha256((_token() or "").encode()).hexdigest()
    if rule.by == "user":
        found = identity.current()
        if found is not None:
            return f"user {found.user_id}"
    return address_key(request.remote_addr or "")


def address_key(address: str) -> str:
    """Return what an address is counted by: itself, or the network that one subscriber has.

    Args:
        address: As the server tells it.

    Returns:
        A text.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address[:60]
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> NETWORK_BITS << NETWORK_BITS)}/{NETWORK_BITS}"
    return str(found)


def _token() -> str | None:
    given = request.headers.get("Authorization", "")
    return given[7:].strip() if given[:7].lower() == "bearer " else None
