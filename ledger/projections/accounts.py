"""A fund's accounts in one commodity, as they were in a log of a given size.

In: a size that a commit ended at, or none for now. Out: totals by name and by beginning of a name. One statement, one
index look-up for each account: the cost does not depend on how many gifts there were.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from ledger.journal.balances import ANY_SIZE, NOTHING, Totals
from ledger.journal.tables import accounts, balances


class Accounts:
    """Totals of all accounts of a fund in one commodity.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        commodity: ISO 4217 code.
        size: Number of entries to count; must be one that a commit ended at (that has a checkpoint).

    Attributes:
        commodity: As given.
        size: As given.
        ids: Account ids by name, also of accounts never used in this commodity.
    """

    def __init__(
        self, connection: sa.Connection, fund_id: int, commodity: str, size: int = ANY_SIZE
    ) -> None:
        self.commodity = commodity
        self.size = size
        earlier = balances.alias("earlier")
        newest = (
            sa.select(sa.func.max(earlier.c.seq))
            .where(
                earlier.c.fund_id == fund_id,
                earlier.c.account_id == accounts.c.account_id,
                earlier.c.commodity == commodity,
                earlier.c.seq < size,
            )
            .correlate(accounts)
            .scalar_subquery()
        )
        last = sa.and_(
            balances.c.fund_id == fund_id,
            balances.c.account_id == accounts.c.account_id,
            balances.c.commodity == commodity,
            balances.c.seq == newest,
        )
        rows = connection.execute(
            sa.select(
                accounts.c.name, accounts.c.account_id, balances.c.debits, balances.c.credits
            )
            .select_from(accounts.outerjoin(balances, last))
            .where(accounts.c.fund_id == fund_id)
            .order_by(accounts.c.name)
        )
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
