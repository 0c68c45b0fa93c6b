"""Read what a fund is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.actors import Member
from ledger.clock import from_text
from ledger.db import Prepared
from ledger.errors import UnknownNameError
from ledger.funds.tables import (
    channels,
    fund_details,
    members,
    money_accounts,
    rates,
    tokens,
)
from ledger.journal.balances import ANY_SIZE
from ledger.journal.codec import decode
from ledger.journal.history import Fund, of_kinds
from ledger.journal.tables import funds
from ledger.journal.tables import funds as fund_table


class Details(NamedTuple):
    """How a fund is called and what it promises, in both languages."""

    name_zh: str
    name_en: str
    promise_zh: str
    promise_en: str
    commodity: str
    zone: str


class Channel(NamedTuple):
    """Where gifts come from.

    Attributes:
        name: Component of account names.
        platform: `kuaishou`, `douyin` or `own`.
        title_zh: For pages.
        title_en: For pages.
        commodity: What its gifts are posted in.
    """

    name: str
    platform: str
    title_zh: str
    title_en: str
    commodity: str


class MoneyAccount(NamedTuple):
    """An account at a bank or a wallet.

    Attributes:
        name: `Assets:Bank:…` or `Assets:Fund:…`.
        number: As the bank's files write it.
        commodity: Its currency.
    """

    name: str
    number: str
    commodity: str


class Rate(NamedTuple):
    """What a platform's unit is worth: `units` of it are `minor` of `commodity`, from an instant on."""

    unit: str
    units: int
    minor: int
    commodity: str
    from_ms: int
    seq: int


def details(connection: sa.Connection, fund_id: int) -> Details:
    """Return a fund's names and promise."""
    [row] = _DETAILS.rows(connection, fund_id=fund_id)
    return Details(*row)


_DETAILS = Prepared(
    sa.select(
        fund_details.c.name_zh,
        fund_details.c.name_en,
        fund_details.c.promise_zh,
        fund_details.c.promise_en,
        fund_details.c.commodity,
        fund_details.c.zone,
    ).where(fund_details.c.fund_id == sa.bindparam("fund_id"))
)


def search(connection: sa.Connection, text: str, first: int, most: int) -> tuple[list[int], int]:
    """Find funds by a part of their name in either language, or of their name in addresses.

    Args:
        connection: In a transaction.
        text: As typed; all funds where it is empty. Large and small letters are the same.
        first: How many to pass over.
        most: How many to return.

    Returns:
        Funds in the order of their addresses, and how many there are in all.
    """
    fits: sa.ColumnElement[bool] = sa.true()
    for word in text.lower().split():
        fits = sa.and_(
            fits,
            sa.or_(
                *(
                    sa.func.lower(column).contains(word, autoescape=True)
                    for column in (
                        fund_table.c.slug,
                        fund_details.c.name_zh,
                        fund_details.c.name_en,
                    )
                )
            ),
        )
    joined = fund_table.join(fund_details, fund_details.c.fund_id == fund_table.c.fund_id)
    found = sa.select(fund_table.c.fund_id).select_from(joined).where(fits)
    rows = connection.execute(found.order_by(fund_table.c.slug).offset(first).limit(most))
    total = connection.execute(
        sa.select(sa.func.count()).select_from(joined).where(fits)
    ).scalar_one()
    return [int(row[0]) for row in rows], int(total)


def all_channels(connection: sa.Connection, fund_id: int, size: int = ANY_SIZE) -> list[Channel]:
    """Return all channels in the order they were opened; or those that a log of a size knew."""
    return [Channel(*row) for row in _CHANNELS.rows(connection, fund_id=fund_id, size=size)]


_CHANNELS = Prepared(
    sa.select(
        channels.c.name,
        channels.c.platform,
        channels.c.title_zh,
        channels.c.title_en,
        channels.c.commodity,
    )
    .where(
        channels.c.fund_id == sa.bindparam("fund_id"),
        channels.c.opened_seq < sa.bindparam("size", type_=sa.BigInteger),
    )
    .order_by(channels.c.opened_seq)
)


def channel(connection: sa.Connection, fund_id: int, name: str) -> Channel:
    """Find a channel by its name, whatever the case of its letters.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        name: Its name.

    Returns:
        The channel.

    Raises:
        UnknownNameError: The fund has none of this name; carries the known names.
    """
    found = all_channels(connection, fund_id)
    for one in found:
        if one.name.lower() == name.lower():
            return one
    raise UnknownNameError(what="channel", name=name[:60], known=[one.name for one in found])


def money_account_list(
    connection: sa.Connection, fund_id: int, size: int = ANY_SIZE
) -> list[MoneyAccount]:
    """Return all bank and fund accounts in the order they were opened; or those that a log of a size knew."""
    rows = _MONEY_ACCOUNTS.rows(connection, fund_id=fund_id, size=size)
    return [MoneyAccount(*row) for row in rows]


_MONEY_ACCOUNTS = Prepared(
    sa.select(money_accounts.c.name, money_accounts.c.number, money_accounts.c.commodity)
    .where(
        money_accounts.c.fund_id == sa.bindparam("fund_id"),
        money_accounts.c.opened_seq < sa.bindparam("size", type_=sa.BigInteger),
    )
    .order_by(money_accounts.c.opened_seq)
)


def money_account(connection: sa.Connection, fund_id: int, text: str) -> MoneyAccount:
    """Find a bank or fund account by its name, the last part of it, or its number.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        text: Name or number.

    Returns:
        The account.

    Raises:
        UnknownNameError: None fits; carries the known names.
    """
    found = money_account_list(connection, fund_id)
    wanted = text.lower()
    for one in found:
        if text == one.number or wanted in (one.name.lower(), one.name.lower().split(":", 2)[-1]):
            return one
    raise UnknownNameError(what="account", name=text[-4:], known=[one.name for one in found])


def rates_of(connection: sa.Connection, fund_id: int) -> list[Rate]:
    """Return all rates, by unit, newest first: the first whose `from_ms` is not after an instant holds."""
    rows = connection.execute(
        sa.select(
            rates.c.unit,
            rates.c.units,
            rates.c.minor,
            rates.c.commodity,
            rates.c.from_ms,
            rates.c.seq,
        )
        .where(rates.c.fund_id == fund_id)
        .order_by(rates.c.unit, rates.c.from_ms.desc(), rates.c.seq.desc())
    )
    return [Rate(*row) for row in rows]


def all_members(connection: sa.Connection, fund_id: int) -> list[Member]:
    """Return everybody who was ever enrolled, in that order."""
    return [_member(row) for row in _MEMBERS.rows(connection, fund_id=fund_id)]


def roles_then(
    connection: sa.Connection, fund_id: int, size: int = ANY_SIZE, at: datetime | None = None
) -> dict[str, frozenset[str]]:
    """Return the roles that everybody had then, by id, from the entries that gave them; who left keeps the last ones.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        size: Of the log.
        at: Only what had happened by this instant.

    Returns:
        Of whoever was enrolled by then.
    """
    kinds = ("member.enrolled", "member.changed")
    found = {}
    for one in of_kinds(connection, fund_id, kinds, 0, size, most=ANY_SIZE):
        value = decode(one.entry)
        if at is None or from_text(value["occurred_at"]) <= at:
            found[value["body"]["member"]] = frozenset(value["body"]["roles"])
    return found


_MEMBER = (
    members.c.member_id,
    members.c.roles,
    members.c.name,
    members.c.user_id,
    members.c.removed_seq,
)


_MEMBERS = Prepared(
    sa.select(*_MEMBER)
    .where(members.c.fund_id == sa.bindparam("fund_id"))
    .order_by(sa.func.length(members.c.member_id), members.c.member_id)
)
_MEMBER_OF_USER = Prepared(
    sa.select(*_MEMBER).where(
        members.c.fund_id == sa.bindparam("fund_id"),
        members.c.user_id == sa.bindparam("user_id"),
        members.c.removed_seq.is_(None),
    )
)


def _member(row: Sequence[Any]) -> Member:
    member_id, roles, name, user_id, removed_seq = row
    return Member(member_id, frozenset(roles.split(",")), name, user_id, removed_seq is not None)


def member(connection: sa.Connection, fund_id: int, text: str) -> Member:
    """Find an acting member by id or name.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        text: Id or name.

    Returns:
        The member.

    Raises:
        UnknownNameError: Nobody of this name acts in the fund.
    """
    for one in all_members(connection, fund_id):
        if text in (one.member_id, one.name) and not one.removed:
            return one
    raise UnknownNameError(what="member", name="", known=[])


def member_of_user(connection: sa.Connection, fund_id: int, user_id: int) -> Member | None:
    """Return who a user is in a fund; None when they act in it no more, or never did."""
    row = _MEMBER_OF_USER.first(connection, fund_id=fund_id, user_id=user_id)
    return None if row is None else _member(row)


def memberships(connection: sa.Connection, user_id: int) -> list[tuple[Fund, Member]]:
    """Return the funds that a user acts in, by slug, and who they are in each."""
    rows = connection.execute(
        sa.select(funds.c.fund_id, funds.c.slug, funds.c.origin, *_MEMBER)
        .join(members, members.c.fund_id == funds.c.fund_id)
        .where(members.c.user_id == user_id, members.c.removed_seq.is_(None))
        .order_by(funds.c.slug)
    )
    return [(Fund(*row[:3]), _member(row[3:])) for row in rows]


class Token(NamedTuple):
    """A machine's key.

    Attributes:
        number: What people call it.
        name: What it is for.
        member: In whose name it acts, with the roles that they have now.
        scopes: What it is for, in the words of `roles.SCOPES`.
        created_ms: When it was made, POSIX milliseconds.
        expires_ms: From when on it does not hold.
        ended_ms: When it was ended; None while it was not.
        last_used_ms: When it was used last, to the minute at best; None when never.
    """

    number: int
    name: str
    member: Member
    scopes: frozenset[str]
    created_ms: int
    expires_ms: int
    ended_ms: int | None
    last_used_ms: int | None

    def holds(self, now_ms: int) -> bool:
        """Tell whether it is neither ended nor expired, and its member is one."""
        return self.ended_ms is None and now_ms < self.expires_ms and not self.member.removed


_TOKENS = (
    sa.select(
        tokens.c.number,
        tokens.c.name,
        tokens.c.scopes,
        tokens.c.created_ms,
        tokens.c.expires_ms,
        tokens.c.ended_ms,
        tokens.c.last_used_ms,
        *(column.label(f"member_{column.name}") for column in _MEMBER),
    )
    .join(
        members,
        (members.c.fund_id == tokens.c.fund_id) & (members.c.member_id == tokens.c.member_id),
    )
    .where(tokens.c.fund_id == sa.bindparam("fund_id"))
)
_TOKEN = Prepared(_TOKENS.where(tokens.c.token_hash == sa.bindparam("token_hash")))


def token(connection: sa.Connection, fund_id: int, token_hash: bytes) -> Token | None:
    """Find a token of this fund by its hash; None when there is none."""
    row = _TOKEN.first(connection, fund_id=fund_id, token_hash=token_hash)
    return None if row is None else _token(row)


def all_tokens(connection: sa.Connection, fund_id: int) -> list[Token]:
    """Return all tokens of a fund, newest first."""
    rows = connection.execute(_TOKENS.order_by(tokens.c.number.desc()), {"fund_id": fund_id})
    return [_token(row) for row in rows]


def _token(row: Sequence[Any]) -> Token:
    number, name, scopes, *times = row[:7]
    return Token(number, name, _member(row[7:]), frozenset(scopes.split(",")), *times)


def opening_entry(connection: sa.Connection, fund_id: int, account: str) -> int | None:
    """Return the entry that opened a bank or fund account; None for other accounts."""
    found = connection.execute(
        sa.select(money_accounts.c.opened_seq).where(
            money_accounts.c.fund_id == fund_id, money_accounts.c.name == account
        )
    ).scalar()
    return None if found is None else int(found)
