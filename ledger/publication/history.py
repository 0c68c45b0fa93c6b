"""Read what witnesses have signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ledger.log.tables import checkpoints
from ledger.publication.tables import cosignatures


class Cosignature(NamedTuple):
    """A witness's line below a checkpoint.

    Attributes:
        size: Of the checkpoint.
        vkey: The witness's verifier key.
        line: Signature line with its newline.
        signed_at: POSIX seconds, as the witness says.
    """

    size: int
    vkey: str
    line: bytes
    signed_at: int


def last_size(connection: sa.Connection, fund_id: int, vkey: str) -> int:
    """Return the size that a witness has cosigned last, 0 for none."""
    found = connection.execute(
        sa.select(sa.func.max(cosignatures.c.size)).where(
            cosignatures.c.fund_id == fund_id, cosignatures.c.vkey == vkey
        )
    ).scalar()
    return int(found or 0)


def newest_size(connection: sa.Connection, fund_id: int, vkeys: Sequence[str]) -> int:
    """Return the size of the newest checkpoint that one of these witnesses has cosigned, 0 for none."""
    found = connection.execute(
        sa.select(sa.func.max(cosignatures.c.size)).where(
            cosignatures.c.fund_id == fund_id, cosignatures.c.vkey.in_(vkeys)
        )
    ).scalar()
    return int(found or 0)


def cosignatures_of(connection: sa.Connection, fund_id: int, size: int) -> list[Cosignature]:
    """Return the lines below a checkpoint, the oldest first."""
    rows = connection.execute(
        sa.select(*(cosignatures.c[name] for name in Cosignature._fields))
        .where(cosignatures.c.fund_id == fund_id, cosignatures.c.size == size)
        .order_by(cosignatures.c.signed_at, cosignatures.c.vkey)
    )
    return [Cosignature(row.size, row.vkey, bytes(row.line), row.signed_at) for row in rows]


def first_cosigned(connection: sa.Connection, fund_id: int, size: int, at: float) -> int | None:
    """Return the size of the first checkpoint from a size on that a witness had cosigned by an instant; None for none.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        size: From which on.
        at: POSIX seconds.
    """
    found = connection.execute(
        sa.select(sa.func.min(cosignatures.c.size)).where(
            cosignatures.c.fund_id == fund_id,
            cosignatures.c.size >= size,
            cosignatures.c.signed_at <= at,
        )
    ).scalar()
    return None if found is None else int(found)


def newest_witnessed(connection: sa.Connection, fund_id: int) -> bytes | None:
    """Return the newest checkpoint that a witness has cosigned, with their lines; None before the first."""
    row = connection.execute(
        sa.select(checkpoints.c.size, checkpoints.c.note)
        .join(
            cosignatures,
            sa.and_(
                cosignatures.c.fund_id == checkpoints.c.fund_id,
                cosignatures.c.size == checkpoints.c.size,
            ),
        )
        .where(cosignatures.c.fund_id == fund_id)
        .order_by(cosignatures.c.size.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    lines = [one.line for one in cosignatures_of(connection, fund_id, row.size)]
    return bytes(row.note) + b"".join(lines)
