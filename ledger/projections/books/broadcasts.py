"""A fund's broadcasts, some at a time: what each has brought, by the counters that its entries state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ledger.funds import history as funds
from ledger.intake.tables import sessions
from ledger.projections.books.head import Head, head
from ledger.projections.dates import occurred
from ledger.projections.fund_page import View, channel_words
from ledger.projections.shapes import Words

PAGE = 50


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A broadcast.

    Attributes:
        entry: That opened it.
        closed: Entry that closed it; None while it runs.
        began: When it began.
        channel: Where.
        gifts: How many gifts it has brought.
        total_minor: Their sum, in the channel's currency.
        commodity: That currency.
    """

    entry: int
    closed: int | None
    began: datetime
    channel: Words
    gifts: int
    total_minor: int
    commodity: str


@dataclass(frozen=True, slots=True)
class BroadcastPage:
    """Some broadcasts, newest first.

    Attributes:
        head: Whose.
        shown: Those of this page.
        total: How many there are in all.
        earlier: Entry below which the next page begins; None at the end.
    """

    head: Head
    shown: tuple[Broadcast, ...]
    total: int
    earlier: int | None


def broadcast_page(of: View, below: int | None = None) -> BroadcastPage:
    """Make a page of broadcasts.

    Args:
        of: The fund.
        below: Only those that were opened by an entry with a smaller number.

    Returns:
        The newest of them.
    """
    connection, fund_id = of.connection, of.fund.fund_id
    mine = sessions.c.fund_id == fund_id
    query = sa.select(sessions).where(mine)
    if below is not None:
        query = query.where(sessions.c.session_seq < below)
    query = query.order_by(sessions.c.session_seq.desc()).limit(PAGE + 1)
    rows = connection.execute(query).all()
    more, rows = len(rows) > PAGE, rows[:PAGE]
    began = occurred(connection, fund_id, [row.session_seq for row in rows])
    known = funds.all_channels(connection, fund_id)
    money = {one.name: one.commodity for one in known}
    total = connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()
    shown = tuple(
        Broadcast(
            row.session_seq,
            row.closed_seq,
            began[row.session_seq],
            channel_words(known, row.channel),
            row.gifts,
            row.total,
            money[row.channel],
        )
        for row in rows
    )
    return BroadcastPage(head(of), shown, int(total), rows[-1].session_seq if more else None)
