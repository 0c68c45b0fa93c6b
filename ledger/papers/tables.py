"""Working papers; rows are only added, so that what was written before can still be read."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, metadata

working_papers = sa.Table(
    "working_papers",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("version", BigInt, primary_key=True, autoincrement=False),
    sa.Column("member_id", sa.Text, nullable=False, comment="Whose; of all versions the same"),
    sa.Column("at_ms", BigInt, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, comment="Such as decision/12; may be empty"),
    sa.Column("body", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["fund_id", "member_id"], ["members.fund_id", "members.member_id"]),
    sa.CheckConstraint("number > 0 AND version > 0", name="positive"),
    **STRICT,
)
