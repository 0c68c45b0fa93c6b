"""What was given back of gifts, and what platforms took back for it, in the order of the log.

In: a fund and a span of its entries. Out: one event for each, few beside the gifts.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import sqlalchemy as sa

from ledger.journal.balances import ANY_SIZE
from ledger.journal.codec import decode
from ledger.journal.history import of_kinds

MINOR = "minor-refund"
"""Reason of a reversal that gives a minor's gift back."""


class RefundEvent(NamedTuple):
    """One event.

    Attributes:
        seq: Its entry.
        channel: Whose.
        step: `void`, a gift given back before it was settled; `late`, one given back after; `charge`, what a settlement
            takes back for those.
        amount: Minor units.
        is_minor: The gift was a minor's; never of a charge.
    """

    seq: int
    channel: str
    step: Literal["void", "late", "charge"]
    amount: int
    is_minor: bool


def refund_events(
    connection: sa.Connection, fund_id: int, commodity: str, first: int, stop: int
) -> list[RefundEvent]:
    """Read the refunds of a span, by index on the kind.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        commodity: Only refunds in this one. A charge for a channel that is kept in another names no gift of ours: it is
            left out.
        first: First entry.
        stop: Entry after the last.

    Returns:
        Events, oldest first.
    """
    kinds = ("gift.reversed", "settlement")
    found = []
    for row in of_kinds(connection, fund_id, kinds, first, stop, most=ANY_SIZE):
        body = decode(row.entry)["body"]
        if body["commodity"] != commodity:
            continue
        if row.kind == "gift.reversed":
            step: Literal["void", "late"] = "late" if body["settled"] else "void"
            is_minor = body["reason"] == MINOR
            found.append(RefundEvent(row.seq, body["channel"], step, body["amount"], is_minor))
        elif body["refund"] and body["net_commodity"] == commodity:
            found.append(RefundEvent(row.seq, body["channel"], "charge", body["refund"], False))
    return found
