"""Steps of statements, and certificates."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ledger.issuing.tables import certificates, statement_steps


def add_step(connection: sa.Connection, **values: Any) -> None:
    """Insert a step."""
    connection.execute(sa.insert(statement_steps).values(**values))


def add_certificate(connection: sa.Connection, **values: Any) -> None:
    """Insert a certificate."""
    connection.execute(sa.insert(certificates).values(**values))


def end_certificate(connection: sa.Connection, fund_id: int, fingerprint: bytes, seq: int) -> None:
    """Say since which entry nothing is signed with a certificate."""
    connection.execute(
        sa.update(certificates)
        .where(
            certificates.c.fund_id == fund_id,
            certificates.c.fingerprint == fingerprint,
            certificates.c.ended_seq.is_(None),
        )
        .values(ended_seq=seq)
    )
