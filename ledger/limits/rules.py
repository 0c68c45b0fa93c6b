"""Which limits there are. Chosen so that no person and no honest program meets one; `docs/security.md` lists them."""

from __future__ import annotations

from typing import NamedTuple

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute


class Rule(NamedTuple):
    """A limit.

    Attributes:
        name: Shown in logs.
        by: Whom it counts: `address`, `user` (the address where nobody is signed in) or `token`.
        items: How many in which time; all of them hold.
    """

    name: str
    by: str
    items: tuple[RateLimitItem, ...]


def _rule(name: str, by: str, a_minute: int, an_hour: int | None = None) -> Rule:
    items: tuple[RateLimitItem, ...] = (RateLimitItemPerMinute(a_minute, namespace=name),)
    if an_hour is not None:
        items += (RateLimitItemPerHour(an_hour, namespace=name),)
    return Rule(name, by, items)


PAGES = _rule("pages", "address", 12_000)
"""Public pages and what machines read: thousands of telephones share one address of a carrier, and follow the same link
during a livestream. It holds one address to a part of what a machine can answer, no more."""

READING = _rule("reading", "token", 1_200)
"""The interface, by token where one is shown, beside `PAGES` by address."""

SIGNED_IN = _rule("signed-in", "user", 600)
"""Pages behind the sign-in: ten a second is no person."""

CHANGING = _rule("changing", "user", 120)
"""Forms behind the sign-in."""

QUESTIONS = _rule("questions", "address", 5, 20)
"""Questions asked in public: a village behind one address still gets through."""

SIGN_IN = _rule("sign-in", "address", 30, 300)
"""Passwords and codes, by address: an office of forty behind one address signs in after lunch. Tries for one user are
counted by the sign-in itself, wherever they come from."""

LINKS = _rule("links", "address", 30, 200)
"""Invitations and resets opened: their keys have 256 bits, so this only keeps the noise down."""

MAILS = _rule("mails", "address", 10, 40)
"""Mails asked for."""

STEP_UP = _rule("step-up", "user", 12, 60)
"""Second factors shown again."""

WRONG_KEYS = _rule("wrong-keys", "address", 120)
"""Deliveries and calls whose signature or token is wrong. Only those are counted, and only those are refused: a right
one is taken however many wrong ones came before it, so that no gift of a platform is lost to a limit."""

HANDED = _rule("handed-codes", "user", 10, 60)
"""Donors' codes that an officer looks up: one needs the order in hand for each."""

CODES = _rule("codes", "address", 10, 60)
"""Donors' codes typed: of 40 bits, a guesser would need some hundred million years for one."""
