"""Every account of a fund with its sums, the movements of one account, and entries in a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ledger.clock import from_posix
from ledger.errors import NotFoundError
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.tables import balances, entries
from ledger.log.tables import checkpoints
from ledger.projections.accounts import Accounts
from ledger.projections.books.head import Head, head
from ledger.projections.fund_page import View

PAGE = 50


@dataclass(frozen=True, slots=True)
class AccountSum:
    """An account, minor units.

    Attributes:
        name: Legal in beancount and hledger.
        debits: Everything that was put there.
        credits: Everything that was taken from there.
    """

    name: str
    debits: int
    credits: int

    @property
    def balance(self) -> int:
        """Return debits less credits."""
        return self.debits - self.credits


@dataclass(frozen=True, slots=True)
class AccountPage:
    """All accounts that were used in the fund's currency.

    Attributes:
        head: Whose.
        accounts: By name.
    """

    head: Head
    accounts: tuple[AccountSum, ...]


def account_page(of: View) -> AccountPage:
    """Make the page of all accounts."""
    found = Accounts(of.connection, of.fund.fund_id, of.details.commodity)
    sums = (AccountSum(name, one.debits, one.credits) for name, one in found.below(""))
    return AccountPage(head(of), tuple(one for one in sums if one.debits or one.credits))


@dataclass(frozen=True, slots=True)
class Movement:
    """What one commit moved of an account, minor units.

    Attributes:
        first: First entry of the commit.
        last: Last entry of the commit.
        at: When it was recorded.
        debits: What it put there.
        credits: What it took from there.
        balance: Of the account afterwards.
    """

    first: int
    last: int
    at: datetime
    debits: int
    credits: int
    balance: int


@dataclass(frozen=True, slots=True)
class MovementPage:
    """Some movements of one account, newest first.

    Attributes:
        head: Whose.
        account: The account as it is now.
        shown: Movements of this page.
        earlier: Entry below which the next page begins; None at the end.
    """

    head: Head
    account: AccountSum
    shown: tuple[Movement, ...]
    earlier: int | None


def movement_page(of: View, name: str, below: int | None = None) -> MovementPage:
    """Make a page of an account's movements, a row for each commit that moved it.

    Args:
        of: The fund.
        name: Of the account.
        below: Only commits that end before this entry.

    Returns:
        The newest of them.

    Raises:
        NotFoundError: The fund has no such account.
    """
    connection, fund_id, commodity = of.connection, of.fund.fund_id, of.details.commodity
    account_id = journal.account_id(connection, fund_id, name)
    if account_id is None:
        raise NotFoundError(what="page")
    query = sa.select(balances.c.seq, balances.c.debits, balances.c.credits).where(
        balances.c.fund_id == fund_id,
        balances.c.account_id == account_id,
        balances.c.commodity == commodity,
        balances.c.seq < (2**62 if below is None else below),
    )
    rows = connection.execute(query.order_by(balances.c.seq.desc()).limit(PAGE + 1)).all()
    shown = []
    seqs = [row.seq for row in rows[:PAGE]]
    begun, recorded = _begun(connection, fund_id, seqs), _recorded(connection, fund_id, seqs)
    for place, row in enumerate(rows[:PAGE]):
        before = rows[place + 1] if place + 1 < len(rows) else None
        shown.append(
            Movement(
                begun[row.seq],
                row.seq,
                recorded[row.seq],
                row.debits - (before.debits if before else 0),
                row.credits - (before.credits if before else 0),
                row.debits - row.credits,
            )
        )
    now = Accounts(connection, fund_id, commodity)[name]
    earlier = rows[PAGE - 1].seq if len(rows) > PAGE else None
    return MovementPage(head(of), AccountSum(name, now.debits, now.credits), tuple(shown), earlier)


def _begun(connection: sa.Connection, fund_id: int, lasts: list[int]) -> dict[int, int]:
    """Return the first entry of the commits that entries end: each leaves a checkpoint of the size after it."""
    earlier = checkpoints.alias("earlier")
    before = (
        sa.select(sa.func.max(earlier.c.size))
        .where(earlier.c.fund_id == fund_id, earlier.c.size < checkpoints.c.size)
        .correlate(checkpoints)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(checkpoints.c.size, before).where(
            checkpoints.c.fund_id == fund_id, checkpoints.c.size.in_([one + 1 for one in lasts])
        )
    )
    return {size - 1: int(first or 0) for size, first in rows}


def _recorded(connection: sa.Connection, fund_id: int, seqs: list[int]) -> dict[int, datetime]:
    rows = connection.execute(
        sa.select(entries.c.seq, entries.c.recorded_at).where(
            entries.c.fund_id == fund_id, entries.c.seq.in_(seqs)
        )
    )
    return {seq: from_posix(at) for seq, at in rows}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry in a list.

    Attributes:
        entry: Its number.
        kind: Of the entry.
        at: When it was recorded.
        amount_minor: What it moves in the fund's currency; None where it moves none.
    """

    entry: int
    kind: str
    at: datetime
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """Some entries in a row, oldest first.

    Attributes:
        head: Whose.
        first: First entry that was asked for.
        stop: Entry after the last that was asked for.
        shown: Those of this page.
        next: Entry that the next page begins with; None at the end.
    """

    head: Head
    first: int
    stop: int
    shown: tuple[EntryLine, ...]
    next: int | None


def entries_page(of: View, first: int, stop: int, start: int | None = None) -> EntriesPage:
    """Make a page of entries.

    Args:
        of: The fund.
        first: First entry of the list.
        stop: Entry after its last.
        start: Entry that this page begins with; the list's first unless given.

    Returns:
        The page.
    """
    connection, fund_id = of.connection, of.fund.fund_id
    stop = min(stop, journal.size(connection, fund_id))
    begin = max(first, first if start is None else start)
    shown = []
    for stored in journal.span(connection, fund_id, begin, min(stop, begin + PAGE)):
        value = decode(stored.entry)
        moved = [
            line["amount"]
            for line in value["postings"]
            if line["amount"] > 0 and line["commodity"] == of.details.commodity
        ]
        at = datetime.fromisoformat(value["recorded_at"])
        shown.append(EntryLine(stored.seq, stored.kind, at, sum(moved) if moved else None))
    following = begin + PAGE
    return EntriesPage(
        head(of), first, stop, tuple(shown), following if following < stop else None
    )
