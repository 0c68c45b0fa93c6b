"""Sign-in in two steps, sign-out, and showing the second factor again."""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.clock import from_ms, to_ms
from ledger.errors import (
    FieldError,
    InputError,
    LedgerError,
    NotAllowedError,
    SignInRefusedError,
    TooManyTriesError,
)
from ledger.roles import OWN, PUBLIC, does
from ledger.signin import browser as browsers
from ledger.signin import identity, passkeys, signing_in, single_sign_on
from ledger.web.signin.frame import (
    address,
    browser,
    errors_of,
    field,
    frame,
    gate,
    home,
    lead,
    lead_to,
    page,
    safe_next,
    status_of,
)

PENDING = "pending"
"""What the session remembers between the two steps."""

PENDING_FOR = timedelta(minutes=10)
CHALLENGES = "challenges"


def add(blueprint: Blueprint) -> None:
    """Add these pages."""
    rule = blueprint.add_url_rule
    rule("/sign-in", "sign_in", sign_in, methods=["GET", "POST"])
    rule("/sign-in/passkey", "sign_in_passkey", sign_in_passkey, methods=["POST"])
    rule("/sign-in/second", "second", second, methods=["GET", "POST"])
    rule("/sign-in/second/passkey", "second_passkey", second_passkey, methods=["POST"])
    rule("/sign-out", "sign_out", sign_out, methods=["GET", "POST"])
    rule("/account/step-up", "step_up", step_up, methods=["GET", "POST"])
    rule("/account/step-up/passkey", "step_up_passkey", step_up_passkey, methods=["POST"])


def challenge(purpose: str) -> str:
    """Return the challenge of a ceremony: one for each purpose while the session lasts, so that two tabs both work."""
    known: dict[str, str] = browser().get(CHALLENGES, {})
    if purpose not in known:
        known = {**known, purpose: passkeys.new_challenge()}
        browser()[CHALLENGES] = known
    return known[purpose]


def answered(purpose: str) -> str:
    """Return the challenge that an answer has to be to; one that nobody knows where none was given."""
    known: dict[str, str] = browser().get(CHALLENGES, {})
    return known.get(purpose) or passkeys.new_challenge()


# --- step 1 ----------------------------------------------------------------------------------------


@does(PUBLIC)
def sign_in() -> Response:
    """Ask for address and password."""
    going_to = safe_next(request.values.get("next"))
    if browser().signed_in is not None:
        return lead_to(going_to or home())
    if request.method == "GET":
        return _sign_in_page(going_to)
    try:
        email, password = field("email"), field("password")
        user_id = signing_in.password_step(gate(), email, password, browsers.here().address)
    except (NotAllowedError, InputError) as error:
        return _sign_in_page(going_to, error)
    start_second(user_id, going_to)
    return lead("second")


def start_second(
    user_id: int, going_to: str, subject: single_sign_on.Subject | None = None
) -> None:
    """Remember whom the first step named, in a session of another key."""
    values: dict[str, object] = {
        "user": user_id,
        "at": to_ms(gate().now),
        "next": going_to,
        "subject": list(subject[:2]) if subject else None,
    }
    browser().renew({PENDING: values})


def _sign_in_page(going_to: str, error: LedgerError | None = None) -> Response:
    single = frame().single
    return page(
        "sign_in.html",
        status_of(error) if error else 200,
        going_to=going_to,
        errors=errors_of(error),
        typed=request.form.get("email", "")[:254],
        provider=single.name if single else None,
        done=request.args.get("done", ""),
        options=json.dumps(passkeys.request_options(gate(), challenge("sign-in"))),
    )


@does(PUBLIC)
def sign_in_passkey() -> Response:
    """Sign in by a passkey alone."""
    going_to = safe_next(request.values.get("next"))
    try:
        opened = passkeys.sign_in(
            gate(),
            answered("sign-in"),
            field("credential", passkeys.CREDENTIAL_MAX),
            browsers.here(),
            browser().key or "",
        )
    except (NotAllowedError, InputError) as error:
        return _sign_in_page(going_to, error)
    browser().become(opened.key)
    return lead_to(going_to or home())


# --- step 2 ----------------------------------------------------------------------------------------


def _pending() -> dict[str, object] | None:
    """Return what the first step left; None when there was none, or it is too long ago."""
    found = browser().get(PENDING)
    if not isinstance(found, dict) or gate().now - from_ms(found["at"]) > PENDING_FOR:
        return None
    return found


@does(PUBLIC)
def second() -> Response:
    """Ask for a code."""
    pending = _pending()
    if pending is None:
        return lead("sign_in")
    if request.method == "GET":
        return _second_page(pending)
    try:
        user_id, code = int(str(pending["user"])), field("code")
        opened = signing_in.second_step(gate(), user_id, code, browsers.here(), browser().key)
    except (NotAllowedError, InputError) as error:
        return _second_page(pending, error)
    return _entered(opened.key, pending)


@does(PUBLIC)
def second_passkey() -> Response:
    """Take a passkey in the place of a code."""
    pending = _pending()
    if pending is None:
        return lead("sign_in")
    try:
        opened = passkeys.sign_in(
            gate(),
            answered("second"),
            field("credential", passkeys.CREDENTIAL_MAX),
            browsers.here(),
            browser().key or "",
            only=int(str(pending["user"])),
        )
    except (NotAllowedError, InputError) as error:
        return _second_page(pending, error)
    return _entered(opened.key, pending)


def _entered(key: str, pending: dict[str, object]) -> Response:
    browser().become(key)
    subject = pending.get("subject")
    if isinstance(subject, list):
        single_sign_on.bind(gate(), int(str(pending["user"])), str(subject[0]), str(subject[1]))
    return lead_to(safe_next(str(pending["next"])) or home())


def _second_page(pending: dict[str, object], error: LedgerError | None = None) -> Response:
    with gate().reading():
        user = gate().user(int(str(pending["user"])))
        has_passkeys = bool(user.keys)
        options = passkeys.request_options(gate(), challenge("second"), user)
    return page(
        "second.html",
        status_of(error) if error else 200,
        errors=errors_of(error),
        options=json.dumps(options) if has_passkeys else None,
    )


# --- out -------------------------------------------------------------------------------------------


@does(PUBLIC)
def sign_out() -> Response:
    """Sign out; by a form, so that no other site's picture does it."""
    found = browser().signed_in
    if request.method == "GET":
        return page("sign_out.html") if found else lead("sign_in")
    if found is not None:
        signing_in.sign_out(gate(), found)
        browser().end()
    return lead("sign_in", done="signed-out")


# --- again -----------------------------------------------------------------------------------------


@does(OWN)
def step_up() -> Response:
    """Ask for the second factor again, and go back to where it was needed."""
    signed_in = identity.required()
    going_to = safe_next(request.values.get("next"))
    if request.method == "GET":
        return _step_up_page(going_to)
    try:
        key = signing_in.step_up(gate(), signed_in, browser().key or "", field("code"))
    except (SignInRefusedError, TooManyTriesError, FieldError) as error:
        return _step_up_page(going_to, error)
    return _stepped_up(key, going_to)


@does(OWN)
def step_up_passkey() -> Response:
    """Take a passkey in the place of a code."""
    signed_in = identity.required()
    going_to = safe_next(request.values.get("next"))
    credential = field("credential", passkeys.CREDENTIAL_MAX)
    try:
        key = passkeys.step_up(
            gate(), signed_in, browser().key or "", answered("step-up"), credential
        )
    except (SignInRefusedError, FieldError) as error:
        return _step_up_page(going_to, error)
    return _stepped_up(key, going_to)


def _stepped_up(key: str, going_to: str) -> Response:
    # Forms in other tabs stay good: only who held the session could have known what they hold.
    form_key = browser().get("csrf_token")
    browser().become(key)
    if form_key is not None:
        browser()["csrf_token"] = form_key
    return lead_to(going_to or address("account"))


def _step_up_page(going_to: str, error: LedgerError | None = None) -> Response:
    signed_in = identity.required()
    with gate().reading():
        user = gate().user(signed_in.user_id)
        has_passkeys = bool(user.keys)
        options = passkeys.request_options(gate(), challenge("step-up"), user)
    return page(
        "step_up.html",
        status_of(error) if error else 200,
        going_to=going_to,
        errors=errors_of(error),
        options=json.dumps(options) if has_passkeys else None,
    )
