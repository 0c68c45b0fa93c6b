"""Keep what witnesses have signed."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.publication.tables import cosignatures


def add_cosignature(
    connection: sa.Connection, fund_id: int, size: int, vkey: str, line: bytes, signed_at: int
) -> None:
    """Insert a witness's line, unless this witness has signed this size already."""
    there = connection.execute(
        sa.select(cosignatures.c.size).where(
            cosignatures.c.fund_id == fund_id,
            cosignatures.c.size == size,
            cosignatures.c.vkey == vkey,
        )
    ).first()
    if there is None:
        connection.execute(
            sa.insert(cosignatures).values(
                fund_id=fund_id, size=size, vkey=vkey, line=line, signed_at=signed_at
            )
        )
