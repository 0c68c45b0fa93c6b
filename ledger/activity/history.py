"""Read the activity record, the newest first where people read it, the oldest first where it is exported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from ledger.activity.origins import Origin
from ledger.activity.records import Activity, Recorded
from ledger.activity.tables import activity
from ledger.clock import from_ms, to_ms
from ledger.keyset import Listing, Sort

PAGE_ROWS = 100
"""Rows of one page."""

EXPORT_ROWS = 2_000
"""Rows that an export holds in memory at a time."""


class Before(NamedTuple):
    """The last row of the page that was read; the next one starts below it."""

    at_ms: int
    number: int


def before(last: Recorded) -> Before:
    """Return where the page below a row starts."""
    return Before(to_ms(last.at), last.number)


def of_subject(
    connection: sa.Connection, fund_id: int, subject: str, *, limit: int = PAGE_ROWS
) -> list[Recorded]:
    """Return what was done to one thing, or read of it, newest first.

    Args:
        connection: In a transaction.
        fund_id: The fund, or `SERVICE_WIDE`.
        subject: Such as `decision/12`.
        limit: Most rows.

    Returns:
        The newest of them.
    """
    where = [activity.c.fund_id == fund_id, activity.c.subject == subject]
    return _newest(connection, where, limit)


def of_fund(
    connection: sa.Connection,
    fund_id: int,
    *,
    member_id: str = "",
    action: str = "",
    below: Before | None = None,
    limit: int = PAGE_ROWS,
) -> list[Recorded]:
    """Return what was done in a fund, newest first.

    Args:
        connection: In a transaction.
        fund_id: The fund, or `SERVICE_WIDE`.
        member_id: Only what this member did.
        action: Only this action.
        below: Where the page before ended; None for the first.
        limit: Most rows.

    Returns:
        One page.
    """
    where = [activity.c.fund_id == fund_id]
    if member_id:
        where.append(activity.c.member_id == member_id)
    if action:
        where.append(activity.c.action == action)
    if below is not None:
        place = sa.tuple_(activity.c.at_ms, activity.c.number)
        where.append(place < sa.tuple_(sa.literal(below.at_ms), sa.literal(below.number)))
    return _newest(connection, where, limit)


class Asked(NamedTuple):
    """Which rows a list has. Empty texts and None ask for all.

    Attributes:
        member_id: Only what this member did.
        action: Only this action.
        outcome: `done`, `read`, `refused` or `failed`.
        first_ms: From this instant on, POSIX milliseconds.
        stop_ms: Before this one.
    """

    member_id: str = ""
    action: str = ""
    outcome: str = ""
    first_ms: int | None = None
    stop_ms: int | None = None


def listing(fund_id: int, asked: Asked) -> Listing[Recorded]:
    """Return the record of a fund as a list that the database sorts and cuts, newest first.

    Args:
        fund_id: The fund.
        asked: Which rows.

    Returns:
        The list; orders `when`, `action` and `outcome`.
    """
    c = activity.c
    query = sa.select(activity).where(c.fund_id == fund_id)
    for column, value in (
        (c.member_id, asked.member_id),
        (c.action, asked.action),
        (c.outcome, asked.outcome),
    ):
        if value:
            query = query.where(column == value)
    if asked.first_ms is not None:
        query = query.where(c.at_ms >= asked.first_ms)
    if asked.stop_ms is not None:
        query = query.where(c.at_ms < asked.stop_ms)
    return Listing(
        query=query,
        orders={
            "when": (c.at_ms, c.number),
            "action": (c.action, c.at_ms, c.number),
            "outcome": (c.outcome, c.at_ms, c.number),
        },
        usual=Sort("when", descending=True),
        read=lambda _connection, rows: [_recorded(row) for row in rows],
    )


def of_user(connection: sa.Connection, user_id: int, *, limit: int = PAGE_ROWS) -> list[Recorded]:
    """Return what a user did, in all funds and outside them, newest first."""
    return _newest(connection, [activity.c.user_id == user_id], limit)


def all_of(
    connection: sa.Connection,
    fund_id: int | None,
    *,
    since_ms: int = 0,
    until_ms: int | None = None,
) -> Iterator[Recorded]:
    """Go through the record, oldest first, holding one stretch of it in memory.

    Args:
        connection: In a transaction that stays open meanwhile.
        fund_id: The fund, `SERVICE_WIDE`, or None for all of it, fund by fund.
        since_ms: Not before, POSIX milliseconds.
        until_ms: Before this; None for no end.

    Yields:
        Each row once.
    """
    c = activity.c
    where = [c.at_ms >= since_ms]
    if fund_id is not None:
        where.append(c.fund_id == fund_id)
    if until_ms is not None:
        where.append(c.at_ms < until_ms)
    key = sa.tuple_(c.fund_id, c.at_ms, c.number)
    last: tuple[int, int, int] | None = None
    while True:
        after = [] if last is None else [key > sa.tuple_(*map(sa.literal, last))]
        rows = (
            connection.execute(
                sa.select(activity)
                .where(*where, *after)
                .order_by(c.fund_id, c.at_ms, c.number)
                .limit(EXPORT_ROWS)
            )
            .mappings()
            .all()
        )
        for row in rows:
            yield _recorded(row)
        if len(rows) < EXPORT_ROWS:
            return
        last = (rows[-1]["fund_id"], rows[-1]["at_ms"], rows[-1]["number"])


def _newest(
    connection: sa.Connection, where: list[sa.ColumnElement[bool]], limit: int
) -> list[Recorded]:
    rows = connection.execute(
        sa.select(activity)
        .where(*where)
        .order_by(activity.c.at_ms.desc(), activity.c.number.desc())
        .limit(limit)
    )
    return [_recorded(row) for row in rows.mappings()]


def _recorded(row: sa.RowMapping) -> Recorded:
    return Recorded(
        at=from_ms(row["at_ms"]),
        number=row["number"],
        activity=Activity(
            fund_id=row["fund_id"],
            action=row["action"],
            subject=row["subject"],
            member_id=row["member_id"],
            role=row["role"],
            reason=row["reason"],
            outcome=row["outcome"],
            origin=Origin(row["address"], row["request_id"], row["user_id"]),
        ),
    )
