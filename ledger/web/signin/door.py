"""Add the sign-in to the app: sessions, pages in both languages, and the way to them from pages that ask for it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Flask, Response, make_response, redirect, request

from ledger.errors import FreshFactorNeededError, SignInNeededError
from ledger.signin.browser import BrowserSessions
from ledger.signin.engine import HashCost
from ledger.signin.gate import Gate, open_gate
from ledger.signin.single_sign_on import SingleSignOn
from ledger.web.language import PREFIX
from ledger.web.problems import problem_of, problem_response, wants_page
from ledger.web.signin import entering, frame, links, own, single
from ledger.web.signin.frame import Frame
from ledger.wiring import Ledger


def register_signin(app: Flask, ledger: Ledger, *, cost: HashCost | None = None) -> None:
    """Add the sign-in.

    Args:
        app: The app.
        ledger: What users and sessions are kept in.
        cost: Of hashing a password; lower in tests only.
    """
    gate = open_gate(ledger.settings, ledger.database, ledger.clock, cost=cost)
    app.session_interface = BrowserSessions(gate)
    provider = SingleSignOn(app, ledger.settings) if ledger.settings.oidc_issuer else None
    app.extensions[frame.EXTENSION] = Frame(gate, provider)
    blueprint = Blueprint(frame.NAME, __name__, template_folder="templates")
    for part in (entering, links, own, single):
        part.add(blueprint)
    for language, prefix in PREFIX.items():
        app.register_blueprint(blueprint, name=f"{frame.NAME}_{language}", url_prefix=prefix)
    app.register_error_handler(SignInNeededError, _to_sign_in)
    app.register_error_handler(FreshFactorNeededError, _to_step_up)


def gate_of(app: Flask) -> Gate:
    """Return what the sign-in of an app works with."""
    found: Frame = app.extensions[frame.EXTENSION]
    return found.gate


def _to_sign_in(error: SignInNeededError) -> Response:
    """Lead a person to the sign-in and back; tell a program."""
    if not wants_page():
        return problem_response(problem_of(error), error)
    return _lead("sign_in")


def _to_step_up(error: FreshFactorNeededError) -> Response:
    """Lead a person to their second factor and back; tell a program."""
    if not wants_page():
        return problem_response(problem_of(error), error)
    return _lead("step_up")


def _lead(page: str) -> Response:
    back = frame.here_for_later()
    values = {"next": back} if back else {}
    if request.headers.get("HX-Request"):
        # A part of a page cannot become the sign-in. The whole page is asked for again, and is led there and back;
        # a redirect would be followed where nobody sees its headers.
        response = Response(status=HTTPStatus.NO_CONTENT)
        response.headers["HX-Refresh"] = "true"
    else:
        response = make_response(redirect(frame.address(page, **values), HTTPStatus.SEE_OTHER))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Cookie"
    return response
