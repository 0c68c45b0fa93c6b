"""Which months are closed, and which statements were issued for them."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

periods = sa.Table(
    "periods",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("month", sa.Text, primary_key=True, comment="2026-10, in the fund's zone"),
    sa.Column("closed_seq", BigInt, nullable=False),
    sa.ForeignKeyConstraint(["fund_id", "closed_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)

statements = sa.Table(
    "statements",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("number", sa.Text, primary_key=True, comment="qinghe-2026-10-M-v1"),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("size", BigInt, nullable=False, comment="Of the log, when built"),
    sa.Column("sha256", Bytes, nullable=False),
    sa.Column("bytes", BigInt, nullable=False),
    sa.Column("built_ms", BigInt, nullable=False),
    sa.Column("published_seq", BigInt),
    **STRICT,
)
