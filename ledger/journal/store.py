"""Write the journal: arrays of rows, inside the sequencer's transaction. Nobody else may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.db import Prepared, insert_rows
from ledger.journal.late import LateRun
from ledger.journal.months import Months, Step, standing
from ledger.journal.tables import accounts, balances, entries, period_steps, postings

STEP_COLUMNS = ("fund_id", *Step._fields)
LATE_COLUMNS = ("fund_id", "first_seq", "last_seq", *LateRun._fields[2:])
ENTRY_COLUMNS = ("fund_id", "seq", "kind", "recorded_at", "entry", "leaf_hash")
POSTING_COLUMNS = ("fund_id", "seq", "line", "debit_id", "credit_id", "commodity", "amount")
ACCOUNT_COLUMNS = ("fund_id", "account_id", "name", "opened_seq")
BALANCE_COLUMNS = ("fund_id", "account_id", "commodity", "seq", "debits", "credits")

EntryRow = tuple[int, int, str, int, bytes, bytes]
PostingRow = tuple[int, int, int, int, int, str, int]
AccountRow = tuple[int, int, str, int]
BalanceRow = tuple[int, int, str, int, int, int]


class Head(NamedTuple):
    """Where a journal ends.

    Attributes:
        size: Number of entries.
        recorded_at: POSIX seconds of the last one, 0 when there is none.
    """

    size: int
    recorded_at: int


_HEAD = Prepared(
    sa.select(entries.c.seq, entries.c.recorded_at)
    .where(entries.c.fund_id == sa.bindparam("fund_id"))
    .order_by(entries.c.seq.desc())
    .limit(1)
)


def head(connection: sa.Connection, fund_id: int) -> Head:
    """Return where a fund's journal ends.

    Args:
        connection: In a transaction.
        fund_id: The fund.

    Returns:
        Size 0 for a fund without entries.
    """
    row = _HEAD.first(connection, fund_id=fund_id)
    return Head(0, 0) if row is None else Head(row[0] + 1, row[1])


_STEPS = Prepared(
    sa.select(*(period_steps.c[name] for name in Step._fields))
    .where(period_steps.c.fund_id == sa.bindparam("fund_id"))
    .order_by(period_steps.c.seq)
)


def months(connection: sa.Connection, fund_id: int) -> Months:
    """Return where a fund's months stand: some dozen rows a year."""
    return standing(Step(*row) for row in _STEPS.rows(connection, fund_id=fund_id))


def account_ids(connection: sa.Connection, fund_id: int) -> dict[str, int]:
    """Return the ids of all accounts of a fund by name."""
    rows = connection.execute(
        sa.select(accounts.c.name, accounts.c.account_id).where(accounts.c.fund_id == fund_id)
    )
    return {row.name: row.account_id for row in rows}


def add_entries(connection: sa.Connection, rows: Sequence[EntryRow]) -> None:
    """Insert entries, oldest first."""
    insert_rows(connection, entries, ENTRY_COLUMNS, rows)


def add_postings(connection: sa.Connection, rows: Sequence[PostingRow]) -> None:
    """Insert postings of entries that are inserted."""
    insert_rows(connection, postings, POSTING_COLUMNS, rows)


def add_accounts(connection: sa.Connection, rows: Sequence[AccountRow]) -> None:
    """Insert accounts."""
    insert_rows(connection, accounts, ACCOUNT_COLUMNS, rows)


def add_balances(connection: sa.Connection, rows: Sequence[BalanceRow]) -> None:
    """Insert the totals after a commit, one row for each account and commodity that it touched."""
    insert_rows(connection, balances, BALANCE_COLUMNS, rows)
