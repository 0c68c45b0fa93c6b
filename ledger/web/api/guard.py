"""Who calls: a token of the fund, held against the row of the table that the address names."""

from __future__ import annotations

from typing import NamedTuple

from flask import request

from ledger.activity.recording import record_alone
from ledger.activity.records import READ, Activity
from ledger.actors import Member
from ledger.clock import to_ms
from ledger.errors import UnauthorizedError
from ledger.funds import history as funds
from ledger.funds.tokens import TokenUses, check, hash_of
from ledger.journal.history import Fund, fund_by_slug
from ledger.wiring import Ledger

BEARER = "Bearer "


class Caller(NamedTuple):
    """A machine that showed a token, and in whose name it acts."""

    fund: Fund
    member: Member


def bearer_token() -> str:
    """Return the bearer token of the request.

    Raises:
        UnauthorizedError: There is none.
    """
    given = request.headers.get("Authorization", "")
    if given[: len(BEARER)].lower() != BEARER.lower():
        raise UnauthorizedError(reason="no-token")
    return given[len(BEARER) :].strip()


class Guard:
    """Lets calls through that their token allows.

    Args:
        ledger: Where tokens, and what was read, are kept.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._database, self._clock = ledger.database, ledger.clock
        self._uses = TokenUses(ledger.database, ledger.clock)

    def caller(self, slug: str, action: str) -> Caller:
        """Tell who calls, once it is known that they may.

        Args:
            slug: The fund.
            action: A name of `roles.ACTIONS`.

        Returns:
            The fund, and the member with the roles that they have now.

        Raises:
            NotFoundError: There is no such fund.
            UnauthorizedError: No token, or one that is unknown, of another fund, ended or expired.
            NotAllowedError: Its scopes or its member's roles do not allow this.
        """
        token_hash = hash_of(bearer_token())
        with self._database.reading() as connection:
            fund = fund_by_slug(connection, slug)
            found = funds.token(connection, fund.fund_id, token_hash)
        member = check(found, action, to_ms(self._clock.now()))
        self._uses.note(fund.fund_id, token_hash)
        return Caller(fund, member)

    def saw(self, caller: Caller, action: str, subject: str) -> None:
        """Put on record that what is not for everybody is about to be handed out.

        Args:
            caller: Who gets it.
            action: A name of `roles.ACTIONS`.
            subject: What it is, such as `evidence/<sha256>`.
        """
        member = caller.member
        read = Activity(
            caller.fund.fund_id,
            action,
            subject,
            member.member_id,
            member.role_text,
            outcome=READ,
        )
        record_alone(self._database, self._clock, read)


class Views:
    """The addresses of one subject.

    Args:
        ledger: What they read and write.
        guard: Lets calls through.
    """

    def __init__(self, ledger: Ledger, guard: Guard) -> None:
        self._ledger = ledger
        self._guard = guard
