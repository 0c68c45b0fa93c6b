"""Read balances: now, and after any commit."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.db import BigInt, Prepared
from ledger.journal.tables import accounts, balances, postings


class Totals(NamedTuple):
    """All debits and credits of an account in one commodity, minor units."""

    debits: int
    credits: int

    @property
    def balance(self) -> int:
        """Return debits less credits."""
        return self.debits - self.credits


NOTHING = Totals(0, 0)

_LAST = Prepared(
    sa.select(balances.c.debits, balances.c.credits, balances.c.seq)
    .where(
        balances.c.fund_id == sa.bindparam("fund_id"),
        balances.c.account_id == sa.bindparam("account_id"),
        balances.c.commodity == sa.bindparam("commodity"),
        balances.c.seq < sa.bindparam("size"),
    )
    .order_by(balances.c.seq.desc())
    .limit(1)
)

# Described here and not imported: checkpoints belong to the log. Each commit leaves one, of the size after it.
_checkpoints = sa.table("checkpoints", sa.column("fund_id", BigInt), sa.column("size", BigInt))

_COMMIT_BEGUN = Prepared(
    sa.select(_checkpoints.c.size)
    .where(
        _checkpoints.c.fund_id == sa.bindparam("fund_id"),
        _checkpoints.c.size <= sa.bindparam("size"),
    )
    .order_by(_checkpoints.c.size.desc())
    .limit(1)
)

ANY_SIZE = 2**62


def totals(
    connection: sa.Connection, fund_id: int, account_id: int, commodity: str, size: int = ANY_SIZE
) -> Totals:
    """Return an account's totals after the last commit, or as they were in a log of a given size.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        account_id: The account.
        commodity: Its commodity.
        size: Number of entries to count; sizes inside a commit are exact too.

    Returns:
        Zero for an account never used.
    """
    row = _LAST.first(
        connection, fund_id=fund_id, account_id=account_id, commodity=commodity, size=size
    )
    before, counted = (NOTHING, 0) if row is None else (Totals(row[0], row[1]), row[2] + 1)
    if size == ANY_SIZE:
        return before
    return _add_postings(connection, (fund_id, account_id, commodity), before, counted, size)


def _add_postings(
    connection: sa.Connection, key: tuple[int, int, str], before: Totals, counted: int, size: int
) -> Totals:
    """Add the postings between a commit's end and a size inside the account's next commit.

    The account may have rested for a million entries in between: only the commit that the size lies in moved it.
    """
    fund_id, account_id, commodity = key
    next_commit = connection.execute(
        sa.select(balances.c.seq)
        .where(
            balances.c.fund_id == fund_id,
            balances.c.account_id == account_id,
            balances.c.commodity == commodity,
            balances.c.seq >= size,
        )
        .order_by(balances.c.seq)
        .limit(1)
    ).first()
    if next_commit is None:
        return before
    begun = _COMMIT_BEGUN.first(connection, fund_id=fund_id, size=size)
    counted = max(counted, 0 if begun is None else begun[0])
    row = connection.execute(
        sa.select(
            sa.func.coalesce(
                sa.func.sum(
                    sa.case((postings.c.debit_id == account_id, postings.c.amount), else_=0)
                ),
                0,
            ),
            sa.func.coalesce(
                sa.func.sum(
                    sa.case((postings.c.credit_id == account_id, postings.c.amount), else_=0)
                ),
                0,
            ),
        ).where(
            postings.c.fund_id == fund_id,
            postings.c.seq >= counted,
            postings.c.seq < size,
            postings.c.commodity == commodity,
        )
    ).one()
    return Totals(before.debits + int(row[0]), before.credits + int(row[1]))


class AccountTotals(NamedTuple):
    """An account's name, commodity and totals."""

    account: str
    commodity: str
    totals: Totals


def all_totals(connection: sa.Connection, fund_id: int) -> list[AccountTotals]:
    """Return the totals of every account and commodity of a fund after the last commit, by name.

    One index look-up for each: never a scan of history.

    Args:
        connection: In a transaction.
        fund_id: The fund.

    Returns:
        Sorted by account, then commodity; accounts never used are left out.
    """
    result: list[AccountTotals] = []
    for name, account_id in sorted(
        (row.name, row.account_id)
        for row in connection.execute(
            sa.select(accounts.c.name, accounts.c.account_id).where(accounts.c.fund_id == fund_id)
        )
    ):
        result.extend(
            AccountTotals(name, commodity, totals(connection, fund_id, account_id, commodity))
            for commodity in commodities(connection, fund_id, account_id)
        )
    return result


def sums_at(connection: sa.Connection, fund_id: int, size: int) -> dict[str, int]:
    """Return what all accounts together were debited in a log of a size, by commodity: as much as they were credited.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        size: Number of entries to count.

    Returns:
        Minor units by commodity, sorted.
    """
    found: dict[str, int] = {}
    for account_id in connection.execute(
        sa.select(accounts.c.account_id).where(accounts.c.fund_id == fund_id)
    ).scalars():
        for commodity in commodities(connection, fund_id, account_id):
            debits = totals(connection, fund_id, account_id, commodity, size).debits
            found[commodity] = found.get(commodity, 0) + debits
    return {commodity: found[commodity] for commodity in sorted(found) if found[commodity]}


_NEXT_COMMODITY = Prepared(
    sa.select(balances.c.commodity)
    .where(
        balances.c.fund_id == sa.bindparam("fund_id"),
        balances.c.account_id == sa.bindparam("account_id"),
        balances.c.commodity > sa.bindparam("after"),
    )
    .order_by(balances.c.commodity)
    .limit(1)
)


def commodities(connection: sa.Connection, fund_id: int, account_id: int) -> list[str]:
    """Return the commodities that an account was used in, by skipping through the index."""
    found: list[str] = []
    after = ""
    while True:
        row = _NEXT_COMMODITY.first(
            connection, fund_id=fund_id, account_id=account_id, after=after
        )
        if row is None:
            return found
        after = row[0]
        found.append(after)
