"""Passkeys: keys that an authenticator keeps, as second factor, and as sign-in where it has checked who holds it.

A ceremony's challenge lies in the session on our side, so it is ours, of this browser, and gone when the session
becomes more. Origin and party are settings, never what a request says of itself.

Source:
    W3C Web Authentication Level 3, 7.1 (registering) and 7.2 (checking an assertion).
"""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ledger.clock import to_ms
from ledger.errors import FieldError, SignInRefusedError, TooLargeError
from ledger.signin import sessions, signing_in
from ledger.signin.engine import ISSUER
from ledger.signin.gate import Gate
from ledger.signin.identity import SignedIn
from ledger.signin.people import Passkey, User
from ledger.signin.sessions import Shown, Where
from ledger.signin.signing_in import Opened
from ledger.signin.tables import passkeys as table
from ledger.signin.tries import network_of

CREDENTIAL_MAX = 16_384
"""Characters of what a browser sends back; real ones have some hundreds."""

NAME_MAX = 40
PASSKEYS_MAX = 10
_TRANSPORTS = {one.value for one in AuthenticatorTransport}


def new_challenge() -> str:
    """Return a challenge: 256 random bits."""
    return secrets.token_urlsafe(32)


def _party(gate: Gate) -> str:
    return urlsplit(gate.public_url).hostname or ""


def _described(keys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id,
            transports=[AuthenticatorTransport(t) for t in one.transports.split(",") if t],
        )
        for one in keys
    ]


def registration_options(gate: Gate, user: User, challenge: str) -> dict[str, Any]:
    """Return what the browser needs to make a passkey; call inside `Gate.reading()`."""
    options = webauthn.generate_registration_options(
        rp_id=_party(gate),
        rp_name=ISSUER,
        user_name=user.email,
        user_display_name=user.name,
        user_id=user.fs_webauthn_user_handle.encode(),
        challenge=challenge.encode(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(user.keys),
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def request_options(gate: Gate, challenge: str, user: User | None = None) -> dict[str, Any]:
    """Return what the browser needs to use a passkey.

    Args:
        gate: What sign-in works with.
        challenge: Of this ceremony.
        user: Whose passkeys may answer; anybody's before a sign-in, so that nothing is told of any user.

    Returns:
        Options for `navigator.credentials.get`.
    """
    options = webauthn.generate_authentication_options(
        rp_id=_party(gate),
        challenge=challenge.encode(),
        allow_credentials=_described(user.keys) if user else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def register(gate: Gate, signed_in: SignedIn, challenge: str, credential: str, name: str) -> None:
    """Keep a new passkey. The caller has seen to a fresh second factor.

    Args:
        gate: What sign-in works with.
        signed_in: Whose.
        challenge: Of this ceremony.
        credential: JSON from the browser.
        name: What its user calls it.

    Raises:
        FieldError: The name is missing, too long or taken, or there are too many.
        SignInRefusedError: The answer is not one to our challenge, or the passkey is known already.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_MAX:
        raise FieldError(field="name", reason="too-long" if name else "missing")
    try:
        verified = webauthn.verify_registration_response(
            credential=parse_registration_credential_json(_checked_size(credential)),
            expected_challenge=challenge.encode(),
            expected_rp_id=_party(gate),
            expected_origin=gate.public_url,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise SignInRefusedError(reason="passkey") from error
    with gate.writing() as connection:
        user = gate.user(signed_in.user_id)
        if any(one.name == name for one in user.keys):
            raise FieldError(field="name", reason="taken")
        if len(user.keys) >= PASSKEYS_MAX:
            raise FieldError(field="name", reason="too-many")
        if gate.engine.people.find_webauthn(verified.credential_id) is not None:
            raise SignInRefusedError(reason="passkey")
        user.webauthn.append(
            Passkey(
                name=name,
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                transports=_transports(credential),
                device_type=verified.credential_device_type.value,
                created_ms=to_ms(gate.now),
            )
        )
        gate.record(connection, "passkey.add", user.user_id)
        gate.mailer.send_later(
            gate.letter(user, "changed", what_zh="新通行密钥", what_en="a new passkey")
        )


def _checked_size(credential: str) -> str:
    if len(credential) > CREDENTIAL_MAX:
        raise TooLargeError(field="credential", limit=CREDENTIAL_MAX)
    return credential


def _transports(credential: str) -> str:
    named = json.loads(credential).get("response", {}).get("transports", [])
    return ",".join(sorted({one for one in named if one in _TRANSPORTS})) if named else ""


def remove(gate: Gate, signed_in: SignedIn, passkey_id: int) -> None:
    """Forget a passkey. Another person's is not there."""
    with gate.writing() as connection:
        user = gate.user(signed_in.user_id)
        for one in [key for key in user.keys if key.passkey_id == passkey_id]:
            user.webauthn.remove(one)
            gate.record(connection, "passkey.remove", user.user_id)
            gate.mailer.send_later(
                gate.letter(
                    user, "changed", what_zh="移除一个通行密钥", what_en="a passkey removed"
                )
            )


def sign_in(
    gate: Gate,
    challenge: str,
    credential: str,
    where: Where,
    old_key: str,
    only: int | None = None,
) -> Opened:
    """Sign in with a passkey: the authenticator has checked who holds it, so it is both factors.

    Args:
        gate: What sign-in works with.
        challenge: Of this ceremony.
        credential: JSON from the browser.
        where: Where the session will be.
        old_key: Of the session that the ceremony was started in; it ends.
        only: The user that a password named before; None for anybody.

    Returns:
        The session.

    Raises:
        TooManyTriesError: There were too many from this network.
        SignInRefusedError: The answer is not one to our challenge, or of a passkey that does not open this.
    """
    with gate.database.writing() as connection:
        gate.tries.count(connection, "address", network_of(where.address), gate.now)
    try:
        with gate.writing() as connection:
            user = _checked(gate, connection, challenge, credential, only)
            opened = signing_in.open_session(
                gate, connection, Shown(user.user_id, "passkey"), where, old_key
            )
            gate.tries.take_back(connection, "address", network_of(where.address))
            return opened
    except SignInRefusedError:
        gate.record_failed("sign-in.passkey", only)
        raise


def step_up(gate: Gate, signed_in: SignedIn, key: str, challenge: str, credential: str) -> str:
    """Show a passkey again; only one of this user's will do.

    Args:
        gate: What sign-in works with.
        signed_in: Whose session.
        key: Its present key.
        challenge: Of this ceremony.
        credential: JSON from the browser.

    Returns:
        The session's new key.

    Raises:
        SignInRefusedError: The answer is not one to our challenge, or of somebody else's passkey.
        SignInNeededError: The session has ended.
    """
    try:
        with gate.writing() as connection:
            user = _checked(gate, connection, challenge, credential, signed_in.user_id)
            new = sessions.step_up(connection, signed_in, key, "passkey", gate.now)
            gate.record(connection, "step-up", user.user_id, "passkey")
            return new
    except SignInRefusedError:
        gate.record_failed("step-up.passkey", signed_in.user_id)
        raise


def _checked(
    gate: Gate, connection: sa.Connection, challenge: str, credential: str, only: int | None
) -> User:
    """Check an assertion inside `Gate.writing()`, and count the key's use.

    Raises:
        SignInRefusedError: It opens nothing here.
    """
    try:
        sent = parse_authentication_credential_json(_checked_size(credential))
        found = gate.engine.people.find_webauthn(sent.raw_id)
        if not isinstance(found, Passkey) or (only is not None and found.user_id != only):
            raise SignInRefusedError(reason="passkey")
        user = signing_in.active_user(gate, found.user_id)
        handle = sent.response.user_handle
        if handle is not None and handle != user.fs_webauthn_user_handle.encode():
            raise SignInRefusedError(reason="passkey")
        verified = webauthn.verify_authentication_response(
            credential=sent,
            expected_challenge=challenge.encode(),
            expected_rp_id=_party(gate),
            expected_origin=gate.public_url,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise SignInRefusedError(reason="passkey") from error
    connection.execute(
        sa.update(table)
        .where(table.c.passkey_id == found.passkey_id)
        .values(sign_count=verified.new_sign_count, used_ms=to_ms(gate.now))
    )
    return user
