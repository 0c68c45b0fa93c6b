"""Single sign-on by OpenID Connect: the provider stands in the place of the password, never of the second factor.

A user is found by the provider's own id of them. The first time there is none: then by an address that the provider
says it has verified, and the id is bound to the user when the second factor was shown too.

Source:
    OpenID Connect Core 1.0, 3.1 (code flow; nonce, issuer, audience), 5.7 (only issuer and subject identify); RFC 7636.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from ledger.errors import ConflictError, ExternalError, FieldError, SignInRefusedError
from ledger.settings import Settings
from ledger.signin.gate import Gate

SECONDS = 10
"""How long the provider may take."""


class Subject(NamedTuple):
    """Who the provider says it is.

    Attributes:
        issuer: The provider.
        subject: Its own id of the person.
        email: An address that it has verified, or empty.
    """

    issuer: str
    subject: str
    email: str


class SingleSignOn:
    """The provider that the settings name.

    Args:
        app: The app; its sessions remember state and nonce.
        settings: Name the provider.

    Attributes:
        name: What the button says.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.name = settings.oidc_name
        self._issuer = settings.oidc_issuer
        self._client = OAuth(app).register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret or None,
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email",
                "code_challenge_method": "S256",
                "default_timeout": SECONDS,
            },
        )

    def leave(self, back: str) -> Response:
        """Lead to the provider.

        Args:
            back: Address of ours that it leads back to.

        Returns:
            A redirect.

        Raises:
            ExternalError: It cannot be reached.
        """
        try:
            return cast("Response", self._client.authorize_redirect(back))
        except (requests.RequestException, AuthlibBaseError, ValueError) as error:
            raise ExternalError(what="single sign-on", reason=type(error).__name__) from error

    def returned(self) -> Subject:
        """Read what the provider sent back with this request.

        Raises:
            SignInRefusedError: It refused, or what came is not what was asked for in this session.
            ExternalError: It cannot be reached.
        """
        try:
            token: dict[str, Any] = self._client.authorize_access_token()
        except requests.RequestException as error:
            raise ExternalError(what="single sign-on", reason=type(error).__name__) from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            raise SignInRefusedError(reason="single-sign-on") from error
        claims = token.get("userinfo") or {}
        subject = str(claims.get("sub") or "")
        if claims.get("iss") != self._issuer or not subject:
            raise SignInRefusedError(reason="single-sign-on")
        verified = claims.get("email_verified") is True
        return Subject(self._issuer, subject, str(claims.get("email") or "") if verified else "")


def user_of(gate: Gate, subject: Subject) -> int:
    """Return the user whom the provider named.

    Raises:
        SignInRefusedError: There is none, or they may not sign in; nobody is told which.
    """
    with gate.reading():
        user = gate.user_by_subject(subject.issuer, subject.subject)
        if user is None and subject.email:
            try:
                user = gate.user_by_email(gate.engine.normal_email(subject.email))
            except FieldError:
                user = None
            if user is not None and user.oidc_subject is not None:
                user = None  # bound to somebody else there
    if user is None or not user.active:
        gate.record_failed("sign-in.single", user.user_id if user else None)
        raise SignInRefusedError(reason="single-sign-on")
    return user.user_id


def bind(gate: Gate, user_id: int, issuer: str, subject: str) -> None:
    """Remember the provider's id of a user, once both factors were shown.

    Raises:
        ConflictError: It is somebody else's by now.
    """
    with gate.writing() as connection:
        user = gate.user(user_id)
        if (user.oidc_issuer, user.oidc_subject) == (issuer, subject):
            return
        if user.oidc_subject is not None or gate.user_by_subject(issuer, subject) is not None:
            raise ConflictError(key="single-sign-on", field="subject")
        user.oidc_issuer, user.oidc_subject = issuer, subject
        gate.record(connection, "single-sign-on.bind", user_id)
