"""Single sign-on: to the provider, and back to the second step."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.errors import NotFoundError, SignInRefusedError
from ledger.roles import PUBLIC, does
from ledger.signin import single_sign_on
from ledger.signin.single_sign_on import SingleSignOn
from ledger.web.signin.entering import start_second
from ledger.web.signin.frame import address, browser, frame, gate, lead, page, safe_next, told

NEXT = "next"


def add(blueprint: Blueprint) -> None:
    """Add these pages."""
    blueprint.add_url_rule("/sign-in/single", "single", single, methods=["POST"])
    blueprint.add_url_rule("/sign-in/single/back", "single_back", single_back)


def _provider() -> SingleSignOn:
    """Return the provider.

    Raises:
        NotFoundError: None is set.
    """
    found = frame().single
    if found is None:
        raise NotFoundError(what="single sign-on")
    return found


@does(PUBLIC)
def single() -> Response:
    """Lead to the provider."""
    provider = _provider()
    browser()[NEXT] = safe_next(request.form.get("next"))
    return provider.leave(f"{gate().public_url}{address('single_back')}")


@does(PUBLIC)
def single_back() -> Response:
    """Take what the provider sent, and go on to the second step."""
    provider = _provider()
    going_to = safe_next(str(browser().get(NEXT, "")))
    try:
        subject = provider.returned()
        user_id = single_sign_on.user_of(gate(), subject)
    except SignInRefusedError as error:
        return page(
            "single_refused.html",
            HTTPStatus.UNAUTHORIZED,
            errors=told(error),
            provider=provider.name,
        )
    start_second(user_id, going_to, subject)
    return lead("second")
