"""What the sign-in's pages share: language, addresses, fields, and where one goes next."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast
from urllib.parse import urlsplit

import segno
from flask import (
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from ledger.errors import FieldError, LedgerError, TooManyTriesError
from ledger.signin.browser import BrowserSession
from ledger.signin.gate import Gate
from ledger.signin.single_sign_on import SingleSignOn
from ledger.web.formats import Language
from ledger.web.language import Voice, language_of, other
from ledger.web.sentences import SENTENCES

NAME = "signin"
"""First part of the blueprints' names; the language follows."""

EXTENSION = "sign-in"
FIELD_MAX = 600
NEXT_MAX = 500


class Frame:
    """What is kept with the app.

    Args:
        gate: What sign-in works with.
        single: The single sign-on, where there is one.
    """

    def __init__(self, gate: Gate, single: SingleSignOn | None) -> None:
        self.gate = gate
        self.single = single


def frame() -> Frame:
    """Return what is kept with this app."""
    return cast("Frame", current_app.extensions[EXTENSION])


def gate() -> Gate:
    """Return what sign-in works with."""
    return frame().gate


def browser() -> BrowserSession:
    """Return this browser's session."""
    return cast("BrowserSession", session)


# --- pages and addresses ---------------------------------------------------------------------------


def voice() -> Voice:
    """Return the page's language."""
    return Voice(language_of(request.path))


def address(page: str, **values: object) -> str:
    """Return the address of a page of the sign-in in this page's language."""
    return _address_in(voice().language, page, values)


def _address_in(language: Language, page: str, values: Mapping[str, object]) -> str:
    return url_for(f"{NAME}_{language}.{page}", **values)  # type: ignore[arg-type]


def page(template: str, status: int = HTTPStatus.OK, **shown: object) -> Response:
    """Render a page; private, and never kept."""
    say = voice()
    name = (request.endpoint or "").rpartition(".")[2]
    values = {**request.args.to_dict(), **(request.view_args or {})}
    elsewhere = _address_in(other(say.language), name, values) if request.method == "GET" else None
    html = render_template(
        f"signin/{template}",
        say=say,
        address=address,
        other_address=elsewhere,
        signed_in=browser().signed_in,
        **shown,
    )
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def desk() -> str:
    """Return where the funds are that somebody acts in; empty where the app has no desk."""
    endpoint = f"desk_{voice().language}.funds"
    return url_for(endpoint) if endpoint in current_app.view_functions else ""


def home() -> str:
    """Return where a sign-in leads that nobody asked for from elsewhere."""
    return desk() or address("account")


def lead(page: str, **values: object) -> BaseResponse:
    """Lead to a page of the sign-in; what was sent is done, so a reload does not send it again."""
    return redirect(address(page, **values), HTTPStatus.SEE_OTHER)


def lead_to(path: str) -> BaseResponse:
    """Lead to a page that was asked for before."""
    return redirect(path, HTTPStatus.SEE_OTHER)


def safe_next(text: str | None) -> str:
    """Return where to go next: a path of ours, or nothing.

    Args:
        text: As an address or a form brings it; anything.

    Returns:
        The path with its query; empty for whatever could lead elsewhere, or in a circle.
    """
    if not text or len(text) > NEXT_MAX or not text.startswith("/") or not text.isprintable():
        return ""
    parts = urlsplit(text)
    circle = parts.path.removeprefix("/en").startswith(
        ("/sign-", "/account/step-up", "/invitation", "/reset")
    )
    if parts.scheme or parts.netloc or text.startswith("//") or "\\" in text or circle:
        return ""
    return text


def here_for_later() -> str:
    """Return where to come back to after a sign-in or a step-up: this page, or the one that holds the form."""
    if request.method in {"GET", "HEAD"}:
        return safe_next(request.full_path.rstrip("?"))
    sent_from = urlsplit(request.referrer or "")
    if sent_from.netloc != request.host:
        return ""
    return safe_next(sent_from.path + (f"?{sent_from.query}" if sent_from.query else ""))


# --- fields ----------------------------------------------------------------------------------------


def field(name: str, longest: int = FIELD_MAX) -> str:
    """Return what was typed into a field; empty where it is missing.

    Raises:
        FieldError: It is longer than anybody types.
    """
    typed = request.form.get(name, "")
    if len(typed) > longest:
        raise FieldError(field=name, reason="too-long")
    return typed


def told(error: LedgerError) -> dict[str, Markup]:
    """Return what a page says about an error, by field; under an empty name what belongs to none.

    Args:
        error: What was refused.

    Returns:
        One sentence in the page's language.
    """
    say = voice()
    if isinstance(error, TooManyTriesError):
        seconds = error.fields.get("wait_seconds", 60)
        minutes = -(-int(str(seconds)) // 60)
        return {"": say("signin.wait", minutes=say.counted(minutes, "minute"))}
    named, reason = str(error.fields.get("field", "")), str(error.fields.get("reason", ""))
    if reason == "code":
        named = "code"
    for key in (f"signin.error.{named}.{reason}", f"signin.error.{reason}"):
        if key in SENTENCES:
            return {named: say(key)}
    return {named: say("signin.error.other")}


def status_of(error: LedgerError) -> int:
    """Return the status of a page that shows an error."""
    if isinstance(error, TooManyTriesError):
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.UNPROCESSABLE_ENTITY


def qr_code(text: str) -> str:
    """Return a QR code as the address of a picture; black on white in both themes, or scanners fail."""
    return segno.make(text, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff")


def errors_of(error: LedgerError | None) -> Mapping[str, Markup]:
    """Return the sentences for a page, none where nothing was refused."""
    return told(error) if error is not None else {}
