"""Write what a fund is made of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ledger.funds.tables import (
    channels,
    fund_details,
    list_changes,
    members,
    money_accounts,
    rates,
    tokens,
)
from ledger.journal.tables import funds


def add_fund(
    connection: sa.Connection, fund_id: int, slug: str, origin: str, details: dict[str, str]
) -> None:
    """Insert a fund and its details."""
    connection.execute(sa.insert(funds).values(fund_id=fund_id, slug=slug, origin=origin))
    connection.execute(sa.insert(fund_details).values(fund_id=fund_id, **details))


def next_fund_id(connection: sa.Connection) -> int:
    """Return the id for another fund."""
    return (
        int(
            connection.execute(
                sa.select(sa.func.coalesce(sa.func.max(funds.c.fund_id), 0))
            ).scalar_one()
        )
        + 1
    )


def add_channel(connection: sa.Connection, **values: Any) -> None:
    """Insert a channel."""
    connection.execute(sa.insert(channels).values(**values))


def add_money_account(connection: sa.Connection, **values: Any) -> None:
    """Insert a bank or fund account."""
    connection.execute(sa.insert(money_accounts).values(**values))


def change_money_account(
    connection: sa.Connection, fund_id: int, name: str, **values: Any
) -> None:
    """Change what stands behind an account."""
    connection.execute(
        sa.update(money_accounts)
        .where(money_accounts.c.fund_id == fund_id, money_accounts.c.name == name)
        .values(**values)
    )


def add_rate(connection: sa.Connection, **values: Any) -> None:
    """Insert a rate."""
    connection.execute(sa.insert(rates).values(**values))


def add_member(connection: sa.Connection, **values: Any) -> None:
    """Insert a member."""
    connection.execute(sa.insert(members).values(**values))


def change_member(connection: sa.Connection, fund_id: int, member_id: str, **values: Any) -> None:
    """Change a member's row."""
    connection.execute(
        sa.update(members)
        .where(members.c.fund_id == fund_id, members.c.member_id == member_id)
        .values(**values)
    )


def end_tokens(connection: sa.Connection, fund_id: int, member_id: str, at_ms: int) -> None:
    """End all tokens of a member."""
    connection.execute(
        sa.update(tokens)
        .where(
            tokens.c.fund_id == fund_id,
            tokens.c.member_id == member_id,
            tokens.c.ended_ms.is_(None),
        )
        .values(ended_ms=at_ms)
    )


def end_token(connection: sa.Connection, fund_id: int, number: int, at_ms: int) -> None:
    """End a token; one that has ended stays as it is."""
    connection.execute(
        sa.update(tokens)
        .where(tokens.c.fund_id == fund_id, tokens.c.number == number, tokens.c.ended_ms.is_(None))
        .values(ended_ms=at_ms)
    )


def next_token_number(connection: sa.Connection, fund_id: int) -> int:
    """Return the number for another token."""
    found = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(tokens.c.number), 0)).where(
            tokens.c.fund_id == fund_id
        )
    )
    return int(found.scalar_one()) + 1


def note_use(connection: sa.Connection, fund_id: int, token_hash: bytes, at_ms: int) -> None:
    """Note when a token was used last; never an earlier time than is known."""
    connection.execute(
        sa.update(tokens)
        .where(
            tokens.c.fund_id == fund_id,
            tokens.c.token_hash == token_hash,
            sa.func.coalesce(tokens.c.last_used_ms, 0) < at_ms,
        )
        .values(last_used_ms=at_ms)
    )


def add_token(connection: sa.Connection, **values: Any) -> None:
    """Insert a token's hash."""
    connection.execute(sa.insert(tokens).values(**values))


def add_list_change(
    connection: sa.Connection, fund_id: int, seq: int, change: dict[str, str]
) -> None:
    """Insert a change of a list."""
    connection.execute(sa.insert(list_changes).values(fund_id=fund_id, seq=seq, **change))
