"""Witnesses' cosignatures, and time stamps: rows for a checkpoint."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

anchors = sa.Table(
    "anchors",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("size", BigInt, primary_key=True, autoincrement=False),
    sa.Column("token", Bytes, nullable=False, comment="Reply of a time stamp authority, RFC 3161"),
    sa.Column("stamped_at", sa.Text, nullable=False, comment="That it vouches for, RFC 3339 UTC"),
    sa.ForeignKeyConstraint(["fund_id", "size"], ["checkpoints.fund_id", "checkpoints.size"]),
    sa.CheckConstraint("length(token) BETWEEN 1 AND 65536", name="token"),
    **STRICT,
)

cosignatures = sa.Table(
    "cosignatures",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("size", BigInt, primary_key=True, autoincrement=False),
    sa.Column("vkey", sa.Text, primary_key=True, comment="The witness's verifier key"),
    sa.Column("line", Bytes, nullable=False, comment="Signature line with its newline"),
    sa.Column("signed_at", BigInt, nullable=False, comment="POSIX seconds, as the witness says"),
    sa.ForeignKeyConstraint(["fund_id", "size"], ["checkpoints.fund_id", "checkpoints.size"]),
    sa.CheckConstraint("length(line) > 0 AND signed_at >= 0", name="line"),
    **STRICT,
)
