"""Which gifts were reversed, and which spends: asked by the id that the reversal claimed."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ledger.db import BigInt
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.tables import entries

# Described here and not imported: the claims belong to the sequencer, which no page may reach; this only reads them.
_claims = sa.table(
    "claims",
    sa.column("fund_id", BigInt),
    sa.column("scope", sa.Text),
    sa.column("key", sa.Text),
    sa.column("seq", BigInt),
)

NEWEST_MAX = 100_000


def reversals_of(connection: sa.Connection, fund_id: int, gifts: Sequence[int]) -> dict[int, int]:
    """Find which gifts were reversed.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        gifts: Entries of gifts.

    Returns:
        The reversing entry by gift, reversed ones only.
    """
    rows = connection.execute(
        sa.select(_claims.c.key, _claims.c.seq).where(
            _claims.c.fund_id == fund_id,
            _claims.c.scope == "reversal",
            _claims.c.key.in_([str(seq) for seq in gifts]),
        )
    )
    return {int(row.key): int(row.seq) for row in rows}


def count_of_kind(
    connection: sa.Connection, fund_id: int, kind: str, first: int = 0, stop: int = 2**62
) -> int:
    """Count entries of a kind in a span, from the index alone."""
    return int(
        connection.execute(
            sa.select(sa.func.count()).where(
                entries.c.fund_id == fund_id,
                entries.c.kind == kind,
                entries.c.seq >= first,
                entries.c.seq < stop,
            )
        ).scalar_one()
    )


def reversed_spends(connection: sa.Connection, fund_id: int) -> dict[int, int]:
    """Return the reversing entry of each spend that was reversed: few, ever."""
    found = journal_history.of_kind(connection, fund_id, "spend.reversed", newest=NEWEST_MAX)
    return {int(decode(one.entry)["body"]["reverses"]): one.seq for one in found}
