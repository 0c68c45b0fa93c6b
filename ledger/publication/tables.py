"""Witnesses' cosignatures, a row for each checkpoint and witness."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

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
