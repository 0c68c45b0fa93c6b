"""Find a gift without its receipt number: by the platform's number and the donor's code, or by minute and amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from ledger.clock import to_minute_text
from ledger.db import BigInt
from ledger.funds import history as funds
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.history import StoredEntry
from ledger.journal.receipt_numbers import receipt_number
from ledger.privacy import choices
from ledger.projections.fund_page import View, gift_lines
from ledger.projections.shapes import GiftLine

_claims = sa.table(
    "claims",
    sa.column("fund_id", BigInt),
    sa.column("scope", sa.Text),
    sa.column("key", sa.Text),
    sa.column("seq", BigInt),
)
"""Described here and not imported: the claims belong to the sequencer."""

SHOWN_MAX = 20
LOOKED_AT_MAX = 2_000
"""Gifts recorded around a minute that are read at most."""

RECORDED_WITHIN = timedelta(minutes=15)
"""After it was given: one that was brought later with a file is found by its receipt number."""


def by_order(of: View, order: str, code: str) -> str | None:
    """Find a gift by the platform's number of it and the donor's code.

    Args:
        of: The fund.
        order: The platform's number.
        code: As typed.

    Returns:
        The receipt number; None where there is none, or the code is another: the same for both.
    """
    connection, fund_id = of.connection, of.fund.fund_id
    scopes = [f"gift:{one.name}" for one in funds.all_channels(connection, fund_id)]
    rows = connection.execute(
        sa.select(_claims.c.seq).where(
            _claims.c.fund_id == fund_id, _claims.c.scope.in_(scopes), _claims.c.key == order
        )
    ).scalars()
    found = None
    for seq in [*rows] or [None]:
        if choices.has_code(connection, fund_id, seq, code) and seq is not None:
            stored = journal.entry(connection, fund_id, seq)
            found = receipt_number(seq, stored.leaf_hash).compact
    return found


@dataclass(frozen=True, slots=True)
class Candidates:
    """Gifts that may be meant.

    Attributes:
        gifts: Oldest first.
        more: There are further ones, or so many gifts around that minute that not all were looked at.
    """

    gifts: tuple[GiftLine, ...]
    more: bool


def by_moment(of: View, minute: datetime, amount_minor: int) -> Candidates:
    """Find the gifts of a minute and an amount.

    Args:
        of: The fund.
        minute: In which it was given.
        amount_minor: In minor units of its channel's currency.

    Returns:
        Those that were recorded soon after: a stretch of the index, whatever lies before and after it.
    """
    connection, fund_id = of.connection, of.fund.fund_id
    first = journal.size_before(connection, fund_id, minute)
    stop = journal.size_before(connection, fund_id, minute + RECORDED_WITHIN)
    near = journal.of_kinds(connection, fund_id, ("gift",), first, stop, most=LOOKED_AT_MAX)
    text = to_minute_text(minute)
    fitting = [one for one in near if _fits(one, text, amount_minor)]
    shown = gift_lines(of, fitting[:SHOWN_MAX], funds.all_channels(connection, fund_id))
    return Candidates(shown, len(fitting) > SHOWN_MAX or len(near) == LOOKED_AT_MAX)


def _fits(one: StoredEntry, minute: str, amount_minor: int) -> bool:
    value = decode(one.entry)
    return bool(value["occurred_at"] == minute and value["body"]["amount"] == amount_minor)
