"""What links open: an invitation, and a new password. Opening one uses nothing up: mail programs open them too."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.errors import FieldError, InputError, LedgerError, NotAllowedError
from ledger.roles import PUBLIC, does
from ledger.signin import browser as browsers
from ledger.signin import enrolling, own, signing_in
from ledger.signin.sessions import Shown
from ledger.web.signin.frame import (
    browser,
    errors_of,
    field,
    gate,
    lead,
    page,
    qr_code,
    status_of,
)

NEW_APP = "totp"
"""What the session remembers of a new authenticator app until its first code came."""


def add(blueprint: Blueprint) -> None:
    """Add these pages."""
    rule = blueprint.add_url_rule
    rule("/invitation/<key>", "invitation", invitation, methods=["GET", "POST"])
    rule("/reset", "ask_for_reset", ask_for_reset, methods=["GET", "POST"])
    rule("/reset/<key>", "reset", reset, methods=["GET", "POST"])


def private(response: Response) -> Response:
    """Let nobody learn the link from the page that it opened."""
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@does(PUBLIC)
def invitation(key: str) -> Response:
    """Let somebody who was invited choose a password and set up an app."""
    beginning = enrolling.begin(gate(), key)
    kept = browser().get(NEW_APP)
    if isinstance(kept, dict) and kept.get("user") == beginning.user_id:
        secret = str(kept["secret"])
    else:
        secret = beginning.secret
        browser()[NEW_APP] = {"user": beginning.user_id, "secret": secret}
    if request.method == "GET":
        return _invitation_page(beginning, secret)
    try:
        password = new_password()
        codes = enrolling.accept(gate(), key, secret, password, field("code"))
    except InputError as error:
        return _invitation_page(beginning, secret, error)
    # They have just shown both factors: nothing is asked a second time.
    with gate().writing() as connection:
        shown = Shown(beginning.user_id, "totp")
        opened = signing_in.open_session(gate(), connection, shown, browsers.here(), browser().key)
    browser().become(opened.key)
    return private(page("codes.html", codes=codes, first=True))


def new_password() -> str:
    """Return a new password that was typed twice.

    Raises:
        FieldError: They differ.
    """
    password = field("password")
    if password != field("again"):
        raise FieldError(field="again", reason="differs")
    return password


def _invitation_page(
    beginning: enrolling.Beginning, secret: str, error: LedgerError | None = None
) -> Response:
    uri = gate().engine.totp_uri(secret, beginning.email)
    return private(
        page(
            "invitation.html",
            status_of(error) if error else 200,
            beginning=beginning,
            uri=uri,
            qr=qr_code(uri),
            totp_key=gate().engine.totp_key(secret),
            errors=errors_of(error),
        )
    )


@does(PUBLIC)
def ask_for_reset() -> Response:
    """Ask for an address; the answer is the same whether somebody has it or not."""
    if request.method == "GET":
        return page("ask_for_reset.html", errors={}, typed="", sent=False)
    try:
        own.ask_for_reset(gate(), field("email"), browsers.here().address)
    except (InputError, NotAllowedError) as error:
        typed = request.form.get("email", "")[:254]
        return page(
            "ask_for_reset.html",
            status_of(error),
            errors=errors_of(error),
            typed=typed,
            sent=False,
        )
    return page("ask_for_reset.html", errors={}, typed="", sent=True)


@does(PUBLIC)
def reset(key: str) -> Response:
    """Set a new password by a link and a second factor."""
    email = own.reset_opens(gate(), key, gate().now)
    if request.method == "GET":
        return private(page("reset.html", errors={}, email=email))
    try:
        own.reset_password(gate(), key, new_password(), field("code"))
    except (InputError, NotAllowedError) as error:
        return private(page("reset.html", status_of(error), errors=errors_of(error), email=email))
    browser().renew({})
    return lead("sign_in", done="reset")
