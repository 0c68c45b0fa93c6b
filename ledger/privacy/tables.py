"""The erasable table: what the public entry only commits to."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

private_parts = sa.Table(
    "private_parts",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("giver", sa.Text, nullable=False, comment="The platform's id of the user"),
    sa.Column("nickname", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column(
        "delivery",
        sa.Text,
        nullable=False,
        comment="Canonical JSON: event id, exact times, hash of what arrived",
    ),
    sa.Column(
        "salts",
        Bytes,
        nullable=False,
        comment="32 bytes a commitment: donor, name, delivery, message",
    ),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("length(salts) = 128", name="salts_size"),
    **STRICT,
)
