"""The erasable rows."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.privacy.tables import gift_choices, private_parts

COLUMNS = ("fund_id", "seq", "channel", "giver", "nickname", "message", "delivery", "salts")


class PrivatePart(NamedTuple):
    """What is stored of a gift beside its entry."""

    seq: int
    channel: str
    giver: str
    nickname: str
    message: str
    delivery: str
    salts: bytes


def find(connection: sa.Connection, fund_id: int, seqs: list[int]) -> dict[int, PrivatePart]:
    """Return the private parts of gifts by entry; erased ones are missing."""
    rows = connection.execute(
        sa.select(
            private_parts.c.seq,
            private_parts.c.channel,
            private_parts.c.giver,
            private_parts.c.nickname,
            private_parts.c.message,
            private_parts.c.delivery,
            private_parts.c.salts,
        ).where(private_parts.c.fund_id == fund_id, private_parts.c.seq.in_(seqs))
    )
    return {row.seq: PrivatePart(*row[:6], bytes(row.salts)) for row in rows}


def of_giver(connection: sa.Connection, fund_id: int, channel: str, giver: str) -> list[int]:
    """Return the gifts of one person on a channel, in order."""
    return list(
        connection.execute(
            sa.select(private_parts.c.seq)
            .where(
                private_parts.c.fund_id == fund_id,
                private_parts.c.channel == channel,
                private_parts.c.giver == giver,
            )
            .order_by(private_parts.c.seq)
        ).scalars()
    )


def erase(connection: sa.Connection, fund_id: int, seqs: list[int]) -> None:
    """Delete private parts, and what their donors wanted shown."""
    connection.execute(
        sa.delete(gift_choices).where(
            gift_choices.c.fund_id == fund_id, gift_choices.c.seq.in_(seqs)
        )
    )
    connection.execute(
        sa.delete(private_parts).where(
            private_parts.c.fund_id == fund_id, private_parts.c.seq.in_(seqs)
        )
    )
