"""Write and find claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from ledger.db import Prepared, driver_rows, insert_rows
from ledger.sequencer.tables import claims

CLAIM_COLUMNS = ("fund_id", "scope", "key", "seq", "digest")
ClaimRow = tuple[int, str, str, int, bytes]

KEYS_A_QUERY = 500
"""Parameters of one SQLite statement are limited; this many keys make a query worth its parsing."""


def add(connection: sa.Connection, rows: Sequence[ClaimRow]) -> None:
    """Insert claims. In the order of their keys, so that neighbours meet on the same page."""
    insert_rows(connection, claims, CLAIM_COLUMNS, sorted(rows) if len(rows) > 1 else rows)


def find(
    connection: sa.Connection, fund_id: int, scope: str, keys: Sequence[str]
) -> Iterator[tuple[str, int, bytes]]:
    """Find which keys are claimed.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        scope: What kind of id.
        keys: Ids.

    Yields:
        Key, entry number and digest of the known ones.
    """
    if not keys:
        return
    if connection.dialect.name == "postgresql":
        rows = connection.exec_driver_sql(
            "SELECT key, seq, digest FROM claims WHERE fund_id = %s AND scope = %s AND key = ANY(%s)",
            (fund_id, scope, list(keys)),
        )
        for row in rows:
            yield row[0], row[1], bytes(row[2])
        return
    for first in range(0, len(keys), KEYS_A_QUERY):
        some = tuple(keys[first : first + KEYS_A_QUERY])
        marks = ",".join("?" * len(some))
        yield from driver_rows(
            connection,
            f"SELECT key, seq, digest FROM claims WHERE fund_id = ? AND scope = ? AND key IN ({marks})",
            (fund_id, scope, *some),
        )


ERASED = "erased:"
"""Begins the key of a claim whose donor was erased; no platform's id may begin so."""


_ERASED_IN_SCOPE = Prepared(
    sa.select(claims.c.seq)
    .where(
        claims.c.fund_id == sa.bindparam("fund_id"),
        claims.c.scope == sa.bindparam("scope"),
        claims.c.key >= ERASED,
        claims.c.key < ERASED[:-1] + ";",
    )
    .limit(1)
)


def has_erased(connection: sa.Connection, fund_id: int, scope: str) -> bool:
    """Tell whether any claim of a scope was erased: one look into the index."""
    return _ERASED_IN_SCOPE.first(connection, fund_id=fund_id, scope=scope) is not None


def rekey(
    connection: sa.Connection, fund_id: int, scope: str, keys: tuple[str, str], digest: bytes
) -> None:
    """Replace a claim's key and digest by keyed hashes.

    Args:
        connection: In the sequencer's transaction.
        fund_id: The fund.
        scope: What kind of id.
        keys: The id, and what stands for it from now on.
        digest: 16 bytes that stand for the content from now on.
    """
    connection.execute(
        sa.update(claims)
        .where(claims.c.fund_id == fund_id, claims.c.scope == scope, claims.c.key == keys[0])
        .values(key=keys[1], digest=digest)
    )
