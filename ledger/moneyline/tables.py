"""Tables of the money line, append-only: a few rows for each settlement, payout, transfer and spend."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import CLUSTERED, STRICT, BigInt, metadata

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("part", BigInt, primary_key=True, autoincrement=False),
    sa.Column("source_id", BigInt, comment="Null: money that came from outside the line"),
    sa.Column("source_commodity", sa.Text),
    sa.Column("start", BigInt, nullable=False, comment="Raw position on the source"),
    sa.Column("stop", BigInt, nullable=False),
    sa.Column("length", BigInt, nullable=False, comment="stop - start less voids"),
    sa.Column("target_id", BigInt, nullable=False),
    sa.Column("target_commodity", sa.Text, nullable=False),
    sa.Column("to_start", BigInt, nullable=False),
    sa.Column("to_length", BigInt, nullable=False),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.ForeignKeyConstraint(["fund_id", "source_id"], ["accounts.fund_id", "accounts.account_id"]),
    sa.ForeignKeyConstraint(["fund_id", "target_id"], ["accounts.fund_id", "accounts.account_id"]),
    sa.CheckConstraint(
        "stop >= start AND length >= 0 AND length <= stop - start", name="interval"
    ),
    sa.CheckConstraint("to_start >= 0 AND to_length >= 0", name="to_interval"),
    sa.UniqueConstraint("fund_id", "source_id", "source_commodity", "start", "seq"),
    sa.UniqueConstraint("fund_id", "target_id", "target_commodity", "to_start", "seq", "part"),
    **STRICT,
)

voids = sa.Table(
    "voids",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("account_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("commodity", sa.Text, primary_key=True),
    sa.Column("start", BigInt, primary_key=True, autoincrement=False),
    sa.Column("length", BigInt, nullable=False),
    sa.Column("seq", BigInt, nullable=False, comment="The reversing entry"),
    sa.ForeignKeyConstraint(
        ["fund_id", "account_id"], ["accounts.fund_id", "accounts.account_id"]
    ),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("start >= 0 AND length > 0", name="interval"),
    **CLUSTERED,
)

holes = sa.Table(
    "holes",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("account_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("commodity", sa.Text, primary_key=True),
    sa.Column("start", BigInt, primary_key=True, autoincrement=False),
    sa.Column("length", BigInt, nullable=False),
    sa.Column(
        "seq", BigInt, nullable=False, comment="The settlement that stated more than the line held"
    ),
    sa.Column(
        "until_ms", BigInt, nullable=False, comment="Gifts given before this belong to its period"
    ),
    sa.ForeignKeyConstraint(
        ["fund_id", "account_id"], ["accounts.fund_id", "accounts.account_id"]
    ),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("start >= 0 AND length > 0", name="interval"),
    **CLUSTERED,
)

fills = sa.Table(
    "fills",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("account_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("commodity", sa.Text, primary_key=True),
    sa.Column("start", BigInt, primary_key=True, autoincrement=False),
    sa.Column("length", BigInt, nullable=False),
    sa.Column("seq", BigInt, nullable=False, comment="The gift found later"),
    sa.ForeignKeyConstraint(
        ["fund_id", "account_id"], ["accounts.fund_id", "accounts.account_id"]
    ),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("start >= 0 AND length > 0", name="interval"),
    **CLUSTERED,
)
