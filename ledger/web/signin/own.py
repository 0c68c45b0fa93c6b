"""One's own sign-in: password, authenticator app, passkeys, recovery codes, and where one is signed in."""

from __future__ import annotations

import json

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import from_ms
from ledger.errors import (
    InputError,
    LedgerError,
    SignInRefusedError,
    TooManyTriesError,
)
from ledger.roles import OWN, does
from ledger.signin import identity, own, passkeys, sessions
from ledger.web.signin.entering import CHALLENGES, answered, challenge
from ledger.web.signin.frame import (
    browser,
    desk,
    errors_of,
    field,
    gate,
    lead,
    page,
    qr_code,
    status_of,
)
from ledger.web.signin.links import NEW_APP, new_password

DONE = ("password", "app", "passkey", "passkey-removed", "session", "sessions")
"""What the page may say was done."""


def add(blueprint: Blueprint) -> None:
    """Add these pages."""
    rule = blueprint.add_url_rule
    rule("/account", "account", account)
    rule("/account/password", "password", password, methods=["GET", "POST"])
    rule("/account/app", "app", app, methods=["GET", "POST"])
    rule("/account/passkeys", "passkey", passkey, methods=["GET", "POST"])
    rule(
        "/account/passkeys/<int:number>/remove",
        "remove_passkey",
        remove_passkey,
        methods=["GET", "POST"],
    )
    rule("/account/codes", "codes", codes, methods=["GET", "POST"])
    rule("/account/sessions/<int:number>/end", "end_session", end_session, methods=["POST"])
    rule("/account/sessions/end-others", "end_others", end_others, methods=["POST"])


@does(OWN)
def account() -> Response:
    """Show one's own sign-in."""
    signed_in = identity.required()
    with gate().reading() as connection:
        user = gate().user(signed_in.user_id)
        keys = [
            (
                one.passkey_id,
                one.name,
                from_ms(one.created_ms),
                from_ms(one.used_ms) if one.used_ms else None,
            )
            for one in user.keys
        ]
        left = gate().engine.recovery_codes_left(user)
        mine = sessions.of_user(connection, signed_in.user_id, gate().now, gate().limits)
    done = request.args.get("done", "")
    return page(
        "account.html",
        keys=keys,
        left=left,
        sessions=mine,
        done=done if done in DONE else "",
        desk=desk(),
    )


@does(OWN)
def password() -> Response:
    """Change the password."""
    signed_in = identity.required(fresh=True)
    if request.method == "GET":
        return page("password.html", errors={})
    try:
        own.change_password(gate(), signed_in, field("old_password"), new_password())
    except (InputError, TooManyTriesError) as error:
        return page("password.html", status_of(error), errors=errors_of(error))
    return lead("account", done="password")


@does(OWN)
def app() -> Response:
    """Change the authenticator app."""
    signed_in = identity.required(fresh=True)
    kept = browser().get(NEW_APP)
    if isinstance(kept, dict) and kept.get("user") == signed_in.user_id:
        secret = str(kept["secret"])
    else:
        secret = gate().engine.new_totp_secret()
        browser()[NEW_APP] = {"user": signed_in.user_id, "secret": secret}
    if request.method == "GET":
        return _app_page(signed_in.email, secret)
    try:
        own.change_totp(gate(), signed_in, secret, field("code"))
    except InputError as error:
        return _app_page(signed_in.email, secret, error)
    browser().pop(NEW_APP, None)
    return lead("account", done="app")


def _app_page(email: str, secret: str, error: LedgerError | None = None) -> Response:
    uri = gate().engine.totp_uri(secret, email)
    return page(
        "app.html",
        status_of(error) if error else 200,
        uri=uri,
        qr=qr_code(uri),
        totp_key=gate().engine.totp_key(secret),
        errors=errors_of(error),
    )


@does(OWN)
def passkey() -> Response:
    """Add a passkey."""
    signed_in = identity.required(fresh=True)
    if request.method == "GET":
        return _passkey_page(signed_in.user_id)
    try:
        credential = field("credential", passkeys.CREDENTIAL_MAX)
        passkeys.register(gate(), signed_in, answered("register"), credential, field("name"))
    except (InputError, SignInRefusedError) as error:
        return _passkey_page(signed_in.user_id, error)
    browser().pop(CHALLENGES, None)
    return lead("account", done="passkey")


def _passkey_page(user_id: int, error: LedgerError | None = None) -> Response:
    with gate().reading():
        user = gate().user(user_id)
        options = passkeys.registration_options(gate(), user, challenge("register"))
    return page(
        "passkey.html",
        status_of(error) if error else 200,
        errors=errors_of(error),
        typed=request.form.get("name", "")[: passkeys.NAME_MAX],
        options=json.dumps(options),
    )


@does(OWN)
def remove_passkey(number: int) -> Response:
    """Ask, then forget a passkey."""
    signed_in = identity.required(fresh=True)
    if request.method == "POST":
        passkeys.remove(gate(), signed_in, number)
        return lead("account", done="passkey-removed")
    with gate().reading():
        user = gate().user(signed_in.user_id)
        name = next((one.name for one in user.keys if one.passkey_id == number), None)
    return page("remove_passkey.html", name=name, number=number) if name else lead("account")


@does(OWN)
def codes() -> Response:
    """Ask, then make new recovery codes, and show them once."""
    signed_in = identity.required(fresh=True)
    if request.method == "GET":
        return page("new_codes.html")
    return page("codes.html", codes=own.change_recovery_codes(gate(), signed_in), first=False)


@does(OWN)
def end_session(number: int) -> Response:
    """Sign out elsewhere."""
    own.end_session(gate(), identity.required(), number)
    return lead("account", done="session")


@does(OWN)
def end_others() -> Response:
    """Sign out everywhere else."""
    own.end_others(gate(), identity.required())
    return lead("account", done="sessions")
