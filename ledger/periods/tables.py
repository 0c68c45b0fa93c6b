"""Which statements were issued. The steps of months are the journal's: every entry is held to them."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

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
