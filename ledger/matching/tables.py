"""Files from banks and platforms, their lines, and what stays open."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

files = sa.Table(
    "files",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("sha256", Bytes, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False, comment="Empty for a settlement sheet"),
    sa.Column("opening", BigInt),
    sa.Column("closing", BigInt),
    sa.Column("lines", BigInt, nullable=False),
    sa.Column("taken_ms", BigInt, nullable=False),
    sa.Column("body", Bytes, nullable=False, comment="The bytes as uploaded: evidence"),
    **STRICT,
)

bank_lines = sa.Table(
    "bank_lines",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("identity", sa.Text, primary_key=True),
    sa.Column("sha256", Bytes, nullable=False),
    sa.Column("line_no", BigInt, nullable=False),
    sa.Column("booked_ms", BigInt, nullable=False),
    sa.Column(
        "amount", BigInt, nullable=False, comment="Signed minor units, + is into the account"
    ),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("balance", BigInt),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("refs", sa.Text, nullable=False, comment="References found, joined by spaces"),
    sa.Column("counterparty", sa.Text, nullable=False, comment="Personal: erasable"),
    sa.Column("text", sa.Text, nullable=False, comment="Personal: erasable"),
    sa.Column("matched_seq", BigInt, comment="The entry that explains it"),
    sa.ForeignKeyConstraint(["fund_id", "sha256"], ["files.fund_id", "files.sha256"]),
    sa.ForeignKeyConstraint(["fund_id", "matched_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
sa.Index(
    "ix_bank_lines_open", bank_lines.c.fund_id, bank_lines.c.matched_seq, bank_lines.c.booked_ms
)

settlement_lines = sa.Table(
    "settlement_lines",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("statement_no", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("gross", BigInt, nullable=False),
    sa.Column("refund", BigInt, nullable=False),
    sa.Column("share", BigInt, nullable=False),
    sa.Column("tax", BigInt, nullable=False),
    sa.Column("net", BigInt, nullable=False),
    sa.Column("settled_seq", BigInt, nullable=False),
    sa.Column("paid_seq", BigInt),
    sa.ForeignKeyConstraint(["fund_id", "settled_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)

open_items = sa.Table(
    "open_items",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("raised_seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("amount", BigInt, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("raised_ms", BigInt, nullable=False),
    sa.Column("resolved_seq", BigInt),
    sa.Column(
        "since", sa.Text, nullable=False, comment="Day it was observed on; ages count from it"
    ),
    sa.Column("due", sa.Text, nullable=False, comment="Day by which it is to be explained"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, comment="Member who looks after it"),
    sa.Column("disputed", sa.Text, comment="Day since when it is contested"),
    sa.Column("paused", sa.Text, comment="Day since when an outside party is waited for"),
    sa.Column("decision", BigInt, comment="Open decision about it"),
    sa.ForeignKeyConstraint(["fund_id", "raised_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
sa.Index("ix_open_items_state", open_items.c.fund_id, open_items.c.state, open_items.c.raised_seq)
sa.Index("ix_open_items_subject", open_items.c.fund_id, open_items.c.kind, open_items.c.subject)
