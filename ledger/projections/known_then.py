"""What the ledger said when a span ended of what has been matched or released since.

In: a size of the log and its instant. Out: the bank lines and settlements that stand otherwise now than they did then.
Guaranteed: few rows are read, those of matches that came, and of releases that came, after the span.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from ledger.clock import from_text
from ledger.journal.balances import ANY_SIZE
from ledger.journal.codec import decode
from ledger.journal.tables import entries
from ledger.matching.match_tables import match_parts, match_releases, matches

Line = tuple[str, str]
"""Account and identity of a bank line."""


_PARTS = match_parts.join(
    matches,
    (matches.c.fund_id == match_parts.c.fund_id) & (matches.c.number == match_parts.c.number),
)


def _came_later(fund_id: int, size: int, stop_ms: int) -> sa.ColumnElement[bool]:
    """Choose parts of older entries that found their line later."""
    return sa.and_(
        match_parts.c.fund_id == fund_id,
        match_parts.c.seq < size,
        matches.c.confirmed_ms >= stop_ms,
    )


def matched_later(fund_id: int, size: int, stop_ms: int) -> sa.Select[tuple[str]]:
    """Choose the identities of bank lines that explain an older entry and were matched with it later.

    Args:
        fund_id: The fund.
        size: Of the log.
        stop_ms: Its instant, POSIX milliseconds.

    Returns:
        A query.
    """
    return (
        sa.select(match_parts.c.identity)
        .select_from(_PARTS)
        .where(_came_later(fund_id, size, stop_ms))
    )


def explained_then(
    connection: sa.Connection, fund_id: int, size: int, stop_ms: int
) -> dict[Line, int | None]:
    """Return the bank lines of which the ledger says another entry now than it did then.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        size: Of the log.
        stop_ms: Its instant, POSIX milliseconds: an entry that evidence proved may find its line later.

    Returns:
        By account and identity, the entry; None where none explained it.
    """
    line = (match_parts.c.account, match_parts.c.identity)
    later = connection.execute(
        sa.select(*line).select_from(_PARTS).where(_came_later(fund_id, size, stop_ms))
    )
    found: dict[Line, int | None] = {(row.account, row.identity): None for row in later}
    released = _PARTS.join(
        match_releases,
        (match_releases.c.fund_id == match_parts.c.fund_id)
        & (match_releases.c.number == match_parts.c.number),
    )
    held = connection.execute(
        sa.select(*line, match_parts.c.seq)
        .select_from(released)
        .where(
            match_parts.c.fund_id == fund_id,
            match_parts.c.seq < size,
            matches.c.confirmed_ms < stop_ms,
            match_releases.c.seq >= size,
        )
        .order_by(match_parts.c.seq)
    )
    found.update({(row.account, row.identity): int(row.seq) for row in held})
    return found


class Unpaid(NamedTuple):
    """A payment of a settlement that a release took back.

    Attributes:
        release: The entry that took it back.
        at: When.
        payout: The entry of the payment.
        channel: Whose.
        statement_no: The platform's number of the settlement.
        amount: Minor units.
        commodity: Of the amount.
    """

    release: int
    at: datetime
    payout: int
    channel: str
    statement_no: str
    amount: int
    commodity: str


def payments_undone(
    connection: sa.Connection, fund_id: int, first: int, stop: int = ANY_SIZE
) -> list[Unpaid]:
    """Return the payments that releases of a span took back, in the order of the releases.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        first: First entry of the span.
        stop: Entry behind it.

    Returns:
        They; releases are few.
    """
    released = connection.execute(
        sa.select(entries.c.seq, entries.c.entry)
        .where(
            entries.c.fund_id == fund_id,
            entries.c.kind == "match.released",
            entries.c.seq >= first,
            entries.c.seq < stop,
        )
        .order_by(entries.c.seq)
    )
    found = []
    for row in released:
        value = decode(bytes(row.entry))
        payouts = connection.execute(
            sa.select(entries.c.seq, entries.c.entry)
            .where(
                entries.c.fund_id == fund_id,
                entries.c.kind == "payout",
                entries.c.seq.in_(value["body"]["reverses"]),
            )
            .order_by(entries.c.seq)
        )
        at = from_text(value["occurred_at"])
        for one in payouts:
            body = decode(bytes(one.entry))["body"]
            found.append(
                Unpaid(
                    row.seq,
                    at,
                    one.seq,
                    body["channel"],
                    body["statement_no"],
                    body["amount"],
                    body["commodity"],
                )
            )
    return found


def paid_then(connection: sa.Connection, fund_id: int, size: int) -> set[tuple[str, str]]:
    """Return the settlements that were paid then and whose payment was released later: channel and number."""
    return {
        (one.channel, one.statement_no)
        for one in payments_undone(connection, fund_id, size)
        if one.payout < size
    }
