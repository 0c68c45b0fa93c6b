"""Where each transfer stands, as its entries say."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, metadata

transfers = sa.Table(
    "transfers",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column(
        "state",
        sa.Text,
        nullable=False,
        comment="proposed, approved, rejected, withdrawn, sent, confirmed, returned",
    ),
    sa.Column("from_account", sa.Text, nullable=False),
    sa.Column("to_account", sa.Text, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("amount", BigInt, nullable=False),
    sa.Column("fee", BigInt, nullable=False, comment="What the bank kept of it, known when sent"),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("proposed_seq", BigInt, nullable=False),
    sa.Column("approved_seq", BigInt),
    sa.Column("sent_seq", BigInt),
    sa.Column("ended_seq", BigInt),
    sa.Column("transit_start", BigInt, comment="Where the sending put it on the transit line"),
    sa.Column("decision", BigInt),
    # Four eyes, held where the record is: no statement of any kind can make these two the same.
    sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="four_eyes"),
    sa.CheckConstraint("amount > 0 AND fee >= 0 AND fee < amount", name="amount"),
    sa.ForeignKeyConstraint(["fund_id", "proposed_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
