"""Rows of exceptions, their threads and their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ledger.db import insert_rows
from ledger.matching.exceptions.tables import exception_files, exception_notes, exception_texts
from ledger.matching.tables import open_items, settlement_lines


def add(connection: sa.Connection, raised: Sequence[Mapping[str, Any]]) -> None:
    """Insert exceptions that were raised, all with the same columns."""
    if raised:
        columns = tuple(raised[0])
        insert_rows(connection, open_items, columns, [tuple(one.values()) for one in raised])


def change(connection: sa.Connection, fund_id: int, raised_seq: int, **values: Any) -> None:
    """Change where an exception stands."""
    connection.execute(
        sa.update(open_items)
        .where(open_items.c.fund_id == fund_id, open_items.c.raised_seq == raised_seq)
        .values(**values)
    )


_RESOLVE = (
    sa.update(open_items)
    .where(
        open_items.c.fund_id == sa.bindparam("of_fund"),
        open_items.c.raised_seq == sa.bindparam("of_number"),
    )
    .values(resolved_seq=sa.bindparam("by_seq"), state="resolved", decision=None)
)


def resolve(connection: sa.Connection, fund_id: int, closed: Sequence[tuple[int, int]]) -> None:
    """Mark exceptions as resolved: number of each, and the entry that closed it."""
    values = [{"of_fund": fund_id, "of_number": number, "by_seq": seq} for number, seq in closed]
    if values:
        connection.execute(_RESOLVE, values)


def add_note(connection: sa.Connection, text: str, **values: Any) -> None:
    """Insert a step of a thread, and what it says in a row of its own that can be erased."""
    connection.execute(sa.insert(exception_notes).values(**values))
    key = {name: values[name] for name in ("fund_id", "raised_seq", "number")}
    connection.execute(sa.insert(exception_texts).values(**key, text=text))


def erase_text(connection: sa.Connection, fund_id: int, raised_seq: int, number: int) -> bool:
    """Delete what a step says; False where there is nothing."""
    c = exception_texts.c
    done = connection.execute(
        sa.delete(exception_texts).where(
            c.fund_id == fund_id, c.raised_seq == raised_seq, c.number == number
        )
    )
    return done.rowcount == 1


def add_file(connection: sa.Connection, **values: Any) -> None:
    """Insert a file of evidence."""
    connection.execute(sa.insert(exception_files).values(**values))


def write_settlement_off(
    connection: sa.Connection, fund_id: int, settlement: tuple[str, str], seq: int
) -> None:
    """Join a settlement, by channel and number, to the entry that wrote it off: nothing more is due."""
    channel, number = settlement
    connection.execute(
        sa.update(settlement_lines)
        .where(
            settlement_lines.c.fund_id == fund_id,
            settlement_lines.c.channel == channel,
            settlement_lines.c.statement_no == number,
        )
        .values(paid_seq=seq)
    )
