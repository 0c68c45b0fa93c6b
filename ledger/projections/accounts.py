"""A fund's accounts in one commodity, as they were in a log of a given size.

In: a size that a commit ended at, or none for now. Out: totals by name and by beginning of a name. One statement, one
index look-up for each account: the cost does not depend on how many gifts there were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from ledger.journal.balances import ANY_SIZE, NOTHING, Totals
from ledger.journal.tables import accounts, balances
from ledger.log.tables import checkpoints

_AT_ONCE = 500


class Accounts:
    """Totals of all accounts of a fund in one commodity.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        commodity: ISO 4217 code.
        size: Number of entries to count; must be one that a commit ended at (that has a checkpoint).
        rows: What was read of them already, by whoever reads many sizes together.

    Attributes:
        commodity: As given.
        size: As given.
        ids: Account ids by name, also of accounts never used in this commodity.
    """

    def __init__(
        self,
        connection: sa.Connection,
        fund_id: int,
        commodity: str,
        size: int = ANY_SIZE,
        rows: Iterable[sa.Row[Any]] | None = None,
    ) -> None:
        self.commodity = commodity
        self.size = size
        if rows is None:
            rows = connection.execute(_totals_of(fund_id, commodity, sa.literal(size)))
        self.ids: dict[str, int] = {}
        self._totals: dict[str, Totals] = {}
        for row in rows:
            self.ids[row.name] = row.account_id
            self._totals[row.name] = (
                NOTHING if row.debits is None else Totals(row.debits, row.credits)
            )

    def __getitem__(self, name: str) -> Totals:
        """Return an account's totals, zero for one that does not exist."""
        return self._totals.get(name, NOTHING)

    def below(self, prefix: str) -> Iterator[tuple[str, Totals]]:
        """Give the accounts whose name begins so, by name."""
        return (item for item in self._totals.items() if item[0].startswith(prefix))

    def debits(self, prefix: str) -> int:
        """Add up all debits of the accounts whose name begins so, minor units."""
        return sum(totals.debits for _, totals in self.below(prefix))

    def credits(self, prefix: str) -> int:
        """Add up all credits, likewise."""
        return sum(totals.credits for _, totals in self.below(prefix))

    def balance(self, prefix: str) -> int:
        """Add up all balances (debits less credits), likewise."""
        return sum(totals.balance for _, totals in self.below(prefix))


def accounts_at(
    connection: sa.Connection,
    fund_id: int,
    commodity: str,
    sizes: Iterable[int],
    prefix: str = "",
) -> dict[int, Accounts]:
    """Return the accounts as they were in logs of many sizes: some statements for all of them.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        commodity: ISO 4217 code.
        sizes: As of `Accounts`.
        prefix: Only accounts whose name begins so.

    Returns:
        By size; a size without a checkpoint is missing.
    """
    found: dict[int, Accounts] = {}
    wanted = sorted(set(sizes))
    for at in range(0, len(wanted), _AT_ONCE):
        query = (
            _totals_of(fund_id, commodity, checkpoints.c.size)
            .add_columns(checkpoints.c.size)
            .where(
                checkpoints.c.fund_id == fund_id,
                checkpoints.c.size.in_(wanted[at : at + _AT_ONCE]),
                accounts.c.name.startswith(prefix, autoescape=True),
            )
            .order_by(None)
            .order_by(checkpoints.c.size, accounts.c.name)
        )
        rows = connection.execute(query).all()
        for size, some in groupby(rows, key=lambda row: row.size):
            found[size] = Accounts(connection, fund_id, commodity, size, some)
    return found


def _totals_of(
    fund_id: int, commodity: str, size: sa.ColumnElement[int]
) -> sa.Select[tuple[str, int, int, int]]:
    """Select every account of a fund with its totals below a size: one look-up each."""
    earlier = balances.alias("earlier")
    newest = (
        sa.select(sa.func.max(earlier.c.seq))
        .where(
            earlier.c.fund_id == fund_id,
            earlier.c.account_id == accounts.c.account_id,
            earlier.c.commodity == commodity,
            earlier.c.seq < size,
        )
        .correlate(accounts, checkpoints)
        .scalar_subquery()
    )
    last = sa.and_(
        balances.c.fund_id == fund_id,
        balances.c.account_id == accounts.c.account_id,
        balances.c.commodity == commodity,
        balances.c.seq == newest,
    )
    start: sa.FromClause = accounts
    if isinstance(size, sa.Column):
        start = checkpoints.join(accounts, checkpoints.c.fund_id == accounts.c.fund_id)
    return (
        sa.select(accounts.c.name, accounts.c.account_id, balances.c.debits, balances.c.credits)
        .select_from(start.outerjoin(balances, last))
        .where(accounts.c.fund_id == fund_id)
        .order_by(accounts.c.name)
    )
