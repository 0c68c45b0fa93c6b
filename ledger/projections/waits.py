"""How long the oldest money has waited at a stage: by index, whatever the number of gifts."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.journal.history import account_names
from ledger.journal.tables import balances, postings
from ledger.moneyline.history import LineReader, platform_front
from ledger.moneyline.intervals import Line
from ledger.moneyline.tables import segments
from ledger.projections.accounts import Accounts
from ledger.projections.stages import BANK, FUND, PAYOUT, PLATFORM
from ledger.transfers.tables import transfers


def oldest_entries(
    connection: sa.Connection, fund_id: int, accounts: Accounts
) -> dict[str, list[int]]:
    """Find, for each account of the way that holds money, the entry that brought its oldest unit.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        accounts: As they are now.

    Returns:
        Entries by the beginning of the stage's account names; transit is asked of the transfers.
    """
    reader = LineReader(connection, fund_id, account_names(connection, fund_id))
    found: dict[str, list[int]] = {}
    for prefix in (PLATFORM, PAYOUT, BANK, FUND):
        entries = []
        for name, totals in accounts.below(prefix):
            if totals.balance <= 0:
                continue
            line = (fund_id, accounts.ids[name], accounts.commodity)
            if prefix == PLATFORM:
                front = platform_front(connection, *line)
                while voids := reader.voids(Line(name, accounts.commodity), front, front + 1):
                    front = voids[0][0] + voids[0][1]
                seq = _gift_at(connection, line, front, totals.debits)
            else:
                seq = _arrival_at(connection, line, totals.credits)
            if seq is not None:
                entries.append(seq)
        found[prefix] = entries
    return found


def oldest_sending(connection: sa.Connection, fund_id: int) -> int | None:
    """Return the entry of the oldest sending that is still under way."""
    found = connection.execute(
        sa.select(sa.func.min(transfers.c.sent_seq)).where(
            transfers.c.fund_id == fund_id, transfers.c.state == "sent"
        )
    ).scalar()
    return None if found is None else int(found)


def _arrival_at(
    connection: sa.Connection, line: tuple[int, int, str], position: int
) -> int | None:
    """Return the entry whose segment put a position on a line."""
    fund_id, account_id, commodity = line
    found = connection.execute(
        sa.select(segments.c.seq)
        .where(
            segments.c.fund_id == fund_id,
            segments.c.target_id == account_id,
            segments.c.target_commodity == commodity,
            segments.c.to_start <= position,
        )
        .order_by(segments.c.to_start.desc(), segments.c.seq.desc())
        .limit(1)
    ).scalar()
    return None if found is None else int(found)


def _gift_at(
    connection: sa.Connection, line: tuple[int, int, str], position: int, debits: int
) -> int | None:
    """Return the entry that put a raw position on a platform's line.

    Debits only grow with the numbers of entries, so the commit is found by halving, and the entry
    inside it likewise.
    """
    if position >= debits:
        return None
    fund_id, account_id, commodity = line
    mine = sa.and_(
        balances.c.fund_id == fund_id,
        balances.c.account_id == account_id,
        balances.c.commodity == commodity,
    )
    last = connection.execute(sa.select(sa.func.max(balances.c.seq)).where(mine)).scalar_one()
    low, high, before = 0, int(last), (-1, 0)
    while low <= high:
        middle = (low + high) // 2
        row = connection.execute(
            sa.select(balances.c.seq, balances.c.debits)
            .where(mine, balances.c.seq <= middle)
            .order_by(balances.c.seq.desc())
            .limit(1)
        ).first()
        if row is None or row.debits <= position:
            before = before if row is None else (int(row.seq), int(row.debits))
            low = middle + 1
        else:
            high = int(row.seq) - 1
    return _posting_at(connection, line, (before[0] + 1, low), position - before[1])


def _posting_at(
    connection: sa.Connection, line: tuple[int, int, str], span: tuple[int, int], offset: int
) -> int:
    """Return the entry of a commit that put so many units and one more on a line, by halving sums.

    Args:
        connection: In a transaction.
        line: Fund, account and commodity.
        span: First and last entry of the commit; together they put more than `offset` there.
        offset: Units before the one that is looked for.

    Returns:
        The entry.
    """
    fund_id, account_id, commodity = line
    low, high = span
    while low < high:
        middle = (low + high) // 2
        put = connection.execute(
            sa.select(sa.func.coalesce(sa.func.sum(postings.c.amount), 0)).where(
                postings.c.fund_id == fund_id,
                postings.c.debit_id == account_id,
                postings.c.commodity == commodity,
                postings.c.seq >= low,
                postings.c.seq <= middle,
            )
        ).scalar_one()
        if put > offset:
            high = middle
        else:
            offset -= int(put)
            low = middle + 1
    return low
