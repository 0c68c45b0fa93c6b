"""Who is signed in. Everything behind the sign-in asks here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from flask import has_request_context, session

from ledger.errors import FreshFactorNeededError, SignInNeededError
from ledger.factors import FRESH_FOR, FreshFactor

__all__ = ["FRESH_FOR", "FreshFactor", "SignedIn", "current", "required"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user's session, in a browser or on the terminal.

    Attributes:
        user_id: Of the user; members of funds name it.
        name: For pages.
        email: Normalised.
        session_id: Number of the session; nothing can be done with it but ending it.
        fresh: The second factor, where one was shown within `FRESH_FOR`.
    """

    user_id: int
    name: str
    email: str
    session_id: int
    fresh: FreshFactor | None


class _HasIdentity(Protocol):
    @property
    def signed_in(self) -> SignedIn | None: ...


def current() -> SignedIn | None:
    """Return who sent this request; None for anybody.

    The first call in a request costs one look-up by the cookie's hash, further ones nothing. Without a cookie there
    is none.
    """
    if not has_request_context() or not hasattr(session, "signed_in"):
        return None
    return cast("_HasIdentity", session).signed_in


def required(*, fresh: bool = False) -> SignedIn:
    """Return who sent this request, or stop it.

    Args:
        fresh: Whether a second factor must have been shown within `FRESH_FOR`.

    Returns:
        The session; with `fresh`, its `fresh` is not None.

    Raises:
        SignInNeededError: Nobody is signed in. A page leads to /sign-in and back.
        FreshFactorNeededError: The second factor is too long ago. A page leads to /account/step-up and back.
    """
    found = current()
    if found is None:
        raise SignInNeededError(do="sign in")
    if fresh and found.fresh is None:
        raise FreshFactorNeededError(do="show your second factor again")
    return found
