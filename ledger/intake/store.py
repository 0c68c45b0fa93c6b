"""Broadcasts, what arrived, and what is held."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.db import Prepared, insert_rows
from ledger.intake.tables import deliveries, held_rows, sessions


class Session(NamedTuple):
    """An open broadcast: its entry, and how far its counter is."""

    session_seq: int
    gifts: int
    total: int


# Statements of the path that every single gift takes are built once: building one costs more than running it.
_NEWEST_SESSION = Prepared(
    sa.select(sessions.c.session_seq, sessions.c.gifts, sessions.c.total, sessions.c.closed_seq)
    .where(
        sessions.c.fund_id == sa.bindparam("fund_id"),
        sessions.c.channel == sa.bindparam("channel"),
        sessions.c.key == sa.bindparam("key"),
    )
    .order_by(sessions.c.session_seq.desc())
    .limit(1)
)
_COUNT_ON = Prepared(
    sa.update(sessions)
    .where(
        sessions.c.fund_id == sa.bindparam("of_fund"),
        sessions.c.session_seq == sa.bindparam("of_session"),
    )
    .values(gifts=sa.bindparam("now_gifts"), total=sa.bindparam("now_total"))
)


def open_session(
    connection: sa.Connection, fund_id: int, channel: str, key: str
) -> Session | None:
    """Return the open broadcast of a room, None when there is none."""
    row = _NEWEST_SESSION.first(connection, fund_id=fund_id, channel=channel, key=key)
    if row is None or row[3] is not None:
        return None
    return Session(*row[:3])


class OpenSession(NamedTuple):
    """A broadcast that is not closed, with its channel and room."""

    channel: str
    key: str
    session: Session


def open_sessions(connection: sa.Connection, fund_id: int) -> list[OpenSession]:
    """Return all broadcasts that are not closed, in the order they were opened."""
    rows = connection.execute(
        sa.select(sessions)
        .where(sessions.c.fund_id == fund_id, sessions.c.closed_seq.is_(None))
        .order_by(sessions.c.session_seq)
    )
    return [
        OpenSession(row.channel, row.key, Session(row.session_seq, row.gifts, row.total))
        for row in rows
    ]


def add_session(
    connection: sa.Connection, fund_id: int, channel: str, key: str, session: Session
) -> None:
    """Insert a broadcast."""
    connection.execute(
        sa.insert(sessions).values(
            fund_id=fund_id,
            session_seq=session.session_seq,
            channel=channel,
            key=key,
            gifts=session.gifts,
            total=session.total,
        )
    )


def update_session(connection: sa.Connection, fund_id: int, session: Session) -> None:
    """Write how far a broadcast's counter is."""
    _COUNT_ON.rows(
        connection,
        of_fund=fund_id,
        of_session=session.session_seq,
        now_gifts=session.gifts,
        now_total=session.total,
    )


def close_session(
    connection: sa.Connection, fund_id: int, session_seq: int, closed_seq: int
) -> None:
    """Mark a broadcast as closed."""
    connection.execute(
        sa.update(sessions)
        .where(sessions.c.fund_id == fund_id, sessions.c.session_seq == session_seq)
        .values(closed_seq=closed_seq)
    )


class Delivery(NamedTuple):
    """What arrived, as it arrived."""

    digest: bytes
    channel: str
    via: str
    received_ms: int
    body: bytes


def keep_delivery(connection: sa.Connection, fund_id: int, delivery: Delivery) -> bool:
    """Keep what arrived, once.

    Args:
        connection: In a write transaction.
        fund_id: The fund.
        delivery: What arrived.

    Returns:
        Whether it is new.
    """
    known = connection.execute(
        sa.select(deliveries.c.received_ms).where(
            deliveries.c.fund_id == fund_id, deliveries.c.digest == delivery.digest
        )
    ).first()
    if known is not None:
        return False
    columns = ("fund_id", *Delivery._fields)
    insert_rows(connection, deliveries, columns, [(fund_id, *delivery)])
    return True


class Held(NamedTuple):
    """A gift that arrived and cannot be booked as it is: shown as open, never dropped."""

    channel: str
    reason: str
    field: str
    source_id: str
    amount: int
    commodity: str
    held_ms: int
    first_seq: int | None


def hold(connection: sa.Connection, fund_id: int, held: Held) -> bool:
    """Keep a held gift, once for each reason; return whether it is new."""
    same = sa.and_(
        held_rows.c.fund_id == fund_id,
        held_rows.c.channel == held.channel,
        held_rows.c.source_id == held.source_id,
        held_rows.c.reason == held.reason,
    )
    if connection.execute(sa.select(held_rows.c.held_id).where(same)).first() is not None:
        return False
    last = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(held_rows.c.held_id), 0)).where(
            held_rows.c.fund_id == fund_id
        )
    ).scalar_one()
    connection.execute(
        sa.insert(held_rows).values(fund_id=fund_id, held_id=last + 1, **held._asdict())
    )
    return True


def empty_deliveries(
    connection: sa.Connection, fund_id: int, channel: str, gift: dict[str, str]
) -> None:
    """Erase what the deliveries held that a gift came in; that they came, and their hashes, stay.

    Args:
        connection: In a write transaction.
        fund_id: The fund.
        channel: Where the gift came from.
        gift: Its `event` and `evidence`, as its private part has them.
    """
    mine = sa.and_(deliveries.c.fund_id == fund_id, deliveries.c.channel == channel)
    # A look-back answer holds many messages, each with evidence of its own: it is told by the id inside. They are few.
    looked_back = connection.execute(
        sa.select(deliveries.c.digest, deliveries.c.body).where(
            mine, deliveries.c.via == "lookback"
        )
    )
    event = gift["event"].encode()
    digests = [bytes(row.digest) for row in looked_back if event in bytes(row.body)]
    digests.append(bytes.fromhex(gift["evidence"]))
    connection.execute(
        sa.update(deliveries).where(mine, deliveries.c.digest.in_(digests)).values(body=b"")
    )
