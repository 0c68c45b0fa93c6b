"""Read the journal."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from ledger.db import Prepared
from ledger.errors import NotFoundError
from ledger.journal.tables import accounts, entries, funds, postings


class Fund(NamedTuple):
    """A fund's place in the database.

    Attributes:
        fund_id: First part of every key.
        slug: In addresses and entries.
        origin: Name of its log.
    """

    fund_id: int
    slug: str
    origin: str


class StoredEntry(NamedTuple):
    """One entry as stored."""

    seq: int
    kind: str
    entry: bytes
    leaf_hash: bytes


def fund_by_slug(connection: sa.Connection, slug: str) -> Fund:
    """Find a fund.

    Args:
        connection: In a transaction.
        slug: Its name in addresses.

    Returns:
        The fund.

    Raises:
        NotFoundError: There is none of this name.
    """
    row = _BY_SLUG.first(connection, slug=slug)
    if row is None:
        raise NotFoundError(what="fund", name=slug[:60])
    return Fund(*row)


_BY_SLUG = Prepared(
    sa.select(funds.c.fund_id, funds.c.slug, funds.c.origin).where(
        funds.c.slug == sa.bindparam("slug")
    )
)


def all_funds(connection: sa.Connection) -> list[Fund]:
    """Return all funds in the order they were opened."""
    rows = connection.execute(
        sa.select(funds.c.fund_id, funds.c.slug, funds.c.origin).order_by(funds.c.fund_id)
    )
    return [Fund(row.fund_id, row.slug, row.origin) for row in rows]


def entry(connection: sa.Connection, fund_id: int, seq: int) -> StoredEntry:
    """Return one entry.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        seq: Its number.

    Returns:
        The entry.

    Raises:
        NotFoundError: The journal has no such number.
    """
    row = connection.execute(
        sa.select(entries.c.seq, entries.c.kind, entries.c.entry, entries.c.leaf_hash).where(
            entries.c.fund_id == fund_id, entries.c.seq == seq
        )
    ).first()
    if row is None:
        raise NotFoundError(what="entry", seq=seq)
    return StoredEntry(row.seq, row.kind, bytes(row.entry), bytes(row.leaf_hash))


def size(connection: sa.Connection, fund_id: int) -> int:
    """Return the number of entries."""
    last = connection.execute(
        sa.select(sa.func.max(entries.c.seq)).where(entries.c.fund_id == fund_id)
    ).scalar()
    return 0 if last is None else int(last) + 1


_RECORDED = Prepared(
    sa.select(entries.c.recorded_at).where(
        entries.c.fund_id == sa.bindparam("fund_id"), entries.c.seq == sa.bindparam("seq")
    )
)


def size_before(connection: sa.Connection, fund_id: int, moment: datetime) -> int:
    """Return how many entries there were at an instant: a commit's end, since a commit has one time.

    Recorded times never go back, so that the number is found by halving: twenty look-ups by the key in a million
    entries, and no index by time that every gift would have to pay for.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        moment: Entries that are recorded at it or later do not count; recorded times are cut to the minute.

    Returns:
        The size of the log at that instant.
    """
    at = moment.timestamp()
    low, high = 0, size(connection, fund_id)
    while low < high:
        middle = (low + high) // 2
        row = _RECORDED.first(connection, fund_id=fund_id, seq=middle)
        if row is not None and row[0] < at:
            low = middle + 1
        else:
            high = middle
    return low


def sizes_before(
    connection: sa.Connection, fund_id: int, moments: Sequence[datetime]
) -> list[int]:
    """Return how many entries there were at each of many instants: as `size_before`, a statement for a step of all.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        moments: As of `size_before`.

    Returns:
        A size of the log for each.
    """
    whole = size(connection, fund_id)
    spans = [(0, whole) for _ in moments]
    while middles := {(low + high) // 2 for low, high in spans if low < high}:
        rows = connection.execute(
            sa.select(entries.c.seq, entries.c.recorded_at).where(
                entries.c.fund_id == fund_id, entries.c.seq.in_(sorted(middles))
            )
        )
        recorded = {row.seq: row.recorded_at for row in rows}
        spans = [
            _halved(one, recorded, moment.timestamp())
            for one, moment in zip(spans, moments, strict=True)
        ]
    return [low for low, _ in spans]


def _halved(one: tuple[int, int], recorded: dict[int, int], at: float) -> tuple[int, int]:
    low, high = one
    if low == high:
        return one
    middle = (low + high) // 2
    return (middle + 1, high) if recorded[middle] < at else (low, middle)


def span(
    connection: sa.Connection, fund_id: int, first: int, stop: int
) -> Generator[StoredEntry, None, None]:
    """Read entries in order.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        first: First number.
        stop: Number after the last.

    Yields:
        Entries, oldest first.
    """
    query = (
        sa.select(entries.c.seq, entries.c.kind, entries.c.entry, entries.c.leaf_hash)
        .where(entries.c.fund_id == fund_id, entries.c.seq >= first, entries.c.seq < stop)
        .order_by(entries.c.seq)
    )
    # Whoever stops early closes this, and with it the server's cursor.
    with connection.execution_options(yield_per=1000).execute(query) as rows:
        for row in rows:
            yield StoredEntry(row.seq, row.kind, bytes(row.entry), bytes(row.leaf_hash))


def of_kinds(
    connection: sa.Connection,
    fund_id: int,
    kinds: Sequence[str],
    first: int,
    stop: int,
    *,
    most: int,
) -> list[StoredEntry]:
    """Return the oldest entries of some kinds in a span, by rising number: one range of the index a kind.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        kinds: Of the entries.
        first: First number.
        stop: Number after the last.
        most: How many at most.

    Returns:
        Entries, oldest first.
    """
    found: list[StoredEntry] = []
    for kind in kinds:
        rows = connection.execute(
            sa.select(entries.c.seq, entries.c.kind, entries.c.entry, entries.c.leaf_hash)
            .where(
                entries.c.fund_id == fund_id,
                entries.c.kind == kind,
                entries.c.seq >= first,
                entries.c.seq < stop,
            )
            .order_by(entries.c.seq)
            .limit(most)
        )
        found += [
            StoredEntry(row.seq, row.kind, bytes(row.entry), bytes(row.leaf_hash)) for row in rows
        ]
    return sorted(found, key=lambda one: one.seq)[:most]


def of_kind(
    connection: sa.Connection, fund_id: int, kind: str, *, newest: int, below: int | None = None
) -> list[StoredEntry]:
    """Return the newest entries of one kind, newest first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        kind: One of the kinds.
        newest: How many at most.
        below: Only those with a smaller number.

    Returns:
        Entries, newest first.
    """
    rows = connection.execute(
        sa.select(entries.c.seq, entries.c.kind, entries.c.entry, entries.c.leaf_hash)
        .where(
            entries.c.fund_id == fund_id,
            entries.c.kind == kind,
            sa.true() if below is None else entries.c.seq < below,
        )
        .order_by(entries.c.seq.desc())
        .limit(newest)
    )
    return [StoredEntry(row.seq, row.kind, bytes(row.entry), bytes(row.leaf_hash)) for row in rows]


def has_moved_money(connection: sa.Connection, fund_id: int) -> bool:
    """Tell whether an entry of a fund has moved money; what accounts held when they were opened does not count."""
    found = connection.execute(
        sa.select(postings.c.seq)
        .join(
            entries,
            (entries.c.fund_id == postings.c.fund_id) & (entries.c.seq == postings.c.seq),
        )
        .where(postings.c.fund_id == fund_id, entries.c.kind != "account.opened")
        .limit(1)
    )
    return found.first() is not None


def account_id(connection: sa.Connection, fund_id: int, name: str) -> int | None:
    """Return an account's id, None when the fund has no such account."""
    found = connection.execute(
        sa.select(accounts.c.account_id).where(
            accounts.c.fund_id == fund_id, accounts.c.name == name
        )
    ).scalar()
    return None if found is None else int(found)


def account_names(connection: sa.Connection, fund_id: int) -> dict[int, str]:
    """Return the names of all accounts by id."""
    rows = connection.execute(
        sa.select(accounts.c.account_id, accounts.c.name).where(accounts.c.fund_id == fund_id)
    )
    return {row.account_id: row.name for row in rows}


def leaf_hashes(connection: sa.Connection, fund_id: int, first: int, stop: int) -> list[bytes]:
    """Return leaf hashes in order, from a first number to the number after the last."""
    rows = connection.execute(
        sa.select(entries.c.leaf_hash)
        .where(entries.c.fund_id == fund_id, entries.c.seq >= first, entries.c.seq < stop)
        .order_by(entries.c.seq)
    )
    return [bytes(row.leaf_hash) for row in rows]
