"""Read which entries are late, from the index of their runs: a page costs its rows, however many entries there are."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.journal.codec import decode
from ledger.journal.late import LateRun
from ledger.journal.tables import entries, late_entries

PAGE_MAX = 200

_COLUMNS = ("first_seq", "last_seq", *LateRun._fields[2:])


class LateOf(NamedTuple):
    """Which late entries are asked for.

    Attributes:
        month: `2026-10`.
        dated: Whether they are dated in it; else they count in it.
        kind: Only of this one; None for all.
        after: Only with a larger number; -1 for all.
    """

    month: str
    dated: bool = False
    kind: str | None = None
    after: int = -1


class Sums(NamedTuple):
    """How many there are, and by currency how much the gifts among them are, minor units."""

    entries: int
    amounts: dict[str, int]


def _where(fund_id: int, wanted: LateOf) -> list[sa.ColumnElement[bool]]:
    c = late_entries.c
    found = [
        c.fund_id == fund_id,
        (c.month if wanted.dated else c.counts_in) == wanted.month,
        c.last_seq > wanted.after,
    ]
    return found if wanted.kind is None else [*found, c.kind == wanted.kind]


def late_sums(connection: sa.Connection, fund_id: int, wanted: LateOf) -> Sums:
    """Count late entries and add up the gifts among them, from their runs alone.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        wanted: Which; a run that lies across `after` counts whole: ask at the end of a commit.

    Returns:
        Sums.
    """
    c = late_entries.c
    rows = connection.execute(
        sa.select(c.commodity, sa.func.sum(c.last_seq - c.first_seq + 1), sa.func.sum(c.amount))
        .where(*_where(fund_id, wanted))
        .group_by(c.commodity)
    ).all()
    amounts = {commodity: int(amount) for commodity, _, amount in rows if commodity}
    return Sums(sum(int(count) for _, count, _ in rows), amounts)


def late_kinds(connection: sa.Connection, fund_id: int, wanted: LateOf) -> list[str]:
    """Return of which kinds late entries are."""
    rows = connection.execute(
        sa.select(late_entries.c.kind).where(*_where(fund_id, wanted)).distinct()
    )
    return sorted(row.kind for row in rows)


def late_runs(
    connection: sa.Connection, fund_id: int, wanted: LateOf, *, most: int
) -> list[LateRun]:
    """Return runs of late entries, oldest first; the first may begin before `after`."""
    c = late_entries.c
    rows = connection.execute(
        sa.select(*(c[name] for name in _COLUMNS))
        .where(*_where(fund_id, wanted))
        .order_by(c.last_seq)
        .limit(most)
    )
    return [LateRun(*row) for row in rows]


class LateEntry(NamedTuple):
    """A late entry.

    Attributes:
        seq: Its number.
        run: What its run says of it.
        value: Decoded.
    """

    seq: int
    run: LateRun
    value: dict[str, Any]


def late_page(
    connection: sa.Connection, fund_id: int, wanted: LateOf, *, most: int = PAGE_MAX
) -> list[LateEntry]:
    """Return late entries one by one, oldest first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        wanted: Which.
        most: How many at most.

    Returns:
        They; read by their numbers.
    """
    of: dict[int, LateRun] = {}
    for run in late_runs(connection, fund_id, wanted, most=most):
        for seq in range(max(run.first, wanted.after + 1), run.last + 1):
            if len(of) == most:
                break
            of[seq] = run
    rows = connection.execute(
        sa.select(entries.c.seq, entries.c.entry)
        .where(entries.c.fund_id == fund_id, entries.c.seq.in_(list(of)))
        .order_by(entries.c.seq)
    )
    return [LateEntry(row.seq, of[row.seq], decode(bytes(row.entry))) for row in rows]
