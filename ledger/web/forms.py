"""Forms that only our own pages can send.

Every POST outside the addresses of machines needs the key that a page of this session was given; the key lies in the
session, on the server. A form that has expired is not lost: what was typed is shown again, with a new key.

Machines' addresses (`/api/`, `/webhooks/`) never look at a cookie, so no browser can be made to act there: they are
left out, and a test holds that no session is opened there.

Source:
    OWASP ASVS 5.0.0, 3.5 (browser origin separation); Fetch Metadata (`Sec-Fetch-Site`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from ledger.errors import CrossSiteError, FormExpiredError
from ledger.signin.keys import sign_in_keys
from ledger.web.hooks import passed_by_gifts
from ledger.web.language import Voice, language_of, other
from ledger.web.problems import problem_of, problem_response, wants_page
from ledger.web.services import WebSettings

FIELD = "csrf_token"
"""Name of the field that each form has: `<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">`."""

HEADER = "X-CSRF-Token"
"""Where a script sends it."""

MACHINES = ("/api/", "/webhooks/")
WITHOUT_SESSION = tuple(
    f"{language}.{name}"
    for language in ("zh", "en")
    for name in ("ask_question", "find_by_order", "choose")
)
"""Forms of public pages, which set no cookie: there is no session that another site could act in."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_SECRET_WORDS = ("password", "passwd", "code", "secret", "token", "key", "otp")
"""A field whose name has one of these is typed again, never sent back."""

KEPT_MAX = 65_536
"""Characters that a page shows again; a longer form is told to be filled in again."""


class Kept(NamedTuple):
    """A field of an expired form.

    Attributes:
        name: Of the field.
        value: What was typed; empty where `secret`.
        secret: Whether it has to be typed again.
    """

    name: str
    value: str
    secret: bool


def setup(app: Flask, settings: WebSettings) -> None:
    """Hold every form against the key of its session.

    Args:
        app: The app.
        settings: Where the keys are.
    """
    app.secret_key = sign_in_keys(settings.keys).keyed_hash("web", "forms")
    # It lives as long as its session: a page from the browser's own history works until the sign-in ends.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_HEADERS"] = [HEADER]
    guard = CSRFProtect(app)

    @passed_by_gifts
    def check() -> Response | None:
        if request.method in SAFE or request.path.startswith(MACHINES):
            return None
        if _is_from_elsewhere():
            error = CrossSiteError(reason="cross-site")
            return problem_response(problem_of(error), error)
        if request.endpoint is not None and request.endpoint not in WITHOUT_SESSION:
            guard.protect()
        return None

    # Its own hook does nothing but look at the settings above.
    app.before_request_funcs[None] = [
        passed_by_gifts(hook) if hook.__module__ == CSRFProtect.__module__ else hook
        for hook in app.before_request_funcs[None]
    ]
    app.before_request(check)
    app.register_error_handler(CSRFError, _on_expired)


def _is_from_elsewhere() -> bool:
    """Tell whether a browser says that another site sent this. Old browsers and programs say nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def _is_from_here() -> bool:
    """Tell whether the browser says that our own page sent this."""
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    sent_by = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return bool(sent_by) and urlsplit(sent_by).netloc == request.host


def _on_expired(_error: CSRFError) -> Response:
    """Show what was typed, and let it be sent again with a new key.

    Only where our own page sent it: a page of ours that offers to send what another site has filled in would undo
    the whole check with one click.
    """
    error = FormExpiredError(reason="expired")
    problem = problem_of(error)
    kept = kept_fields(request.form.items(multi=True))
    too_long = sum(len(one.value) for one in kept) > KEPT_MAX
    if not wants_page() or not _is_from_here() or too_long:
        return problem_response(problem, error)
    voice = Voice(language_of(request.path))
    page = render_template(
        "again.html",
        say=voice,
        problem=problem,
        kept=kept,
        had_files=bool(request.files),
        form_address=_form_address(),
        other_address=Voice(other(voice.language)).url("all_funds"),
    )
    response = make_response(page)
    response.status_code = problem.status
    return response


def _form_address() -> str:
    """Return where the form stood, as the browser tells it; many addresses that take a form show none."""
    sent_by = urlsplit(request.headers.get("Referer", ""))
    if sent_by.netloc != request.host or not sent_by.path or sent_by.path.startswith("//"):
        return request.path
    return f"{sent_by.path}?{sent_by.query}" if sent_by.query else sent_by.path


def kept_fields(pairs: Iterable[tuple[str, str]]) -> list[Kept]:
    """Return what an expired form is filled with again.

    Args:
        pairs: Names and values as they were sent.

    Returns:
        All but the key; secrets without their value.
    """
    return [
        Kept(name, "" if _is_secret(name) else value, _is_secret(name))
        for name, value in pairs
        if name != FIELD
    ]


def _is_secret(name: str) -> bool:
    lower = name.lower()
    return any(word in lower for word in _SECRET_WORDS)
