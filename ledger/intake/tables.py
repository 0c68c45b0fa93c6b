"""Broadcasts, and what arrived but is not (yet) a gift."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("session_seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, comment="The platform's room, or the day"),
    sa.Column("gifts", BigInt, nullable=False),
    sa.Column("total", BigInt, nullable=False, comment="Minor units of the channel's commodity"),
    sa.Column("closed_seq", BigInt),
    sa.ForeignKeyConstraint(["fund_id", "channel"], ["channels.fund_id", "channels.name"]),
    sa.ForeignKeyConstraint(["fund_id", "session_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
sa.Index(
    "ix_sessions_key",
    sessions.c.fund_id,
    sessions.c.channel,
    sessions.c.key,
    sessions.c.session_seq,
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("digest", Bytes, primary_key=True, comment="SHA-256 of the body"),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False, comment="push, lookback, file, api"),
    sa.Column("received_ms", BigInt, nullable=False),
    sa.Column("body", Bytes, nullable=False, comment="As it arrived; erasable"),
    **STRICT,
)

held_rows = sa.Table(
    "held_rows",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("held_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column(
        "reason", sa.Text, nullable=False, comment="guest, no-rate, conflict, total-mismatch …"
    ),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, nullable=False),
    sa.Column("amount", BigInt, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("held_ms", BigInt, nullable=False),
    sa.Column("first_seq", BigInt, comment="The entry that a contradiction contradicts"),
    sa.UniqueConstraint("fund_id", "channel", "source_id", "reason"),
    **STRICT,
)
