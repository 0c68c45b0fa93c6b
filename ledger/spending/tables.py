"""What the fund paid for, a row for each spend entry, for sums by disease and group."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

spends = sa.Table(
    "spends",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("spent_ms", BigInt, nullable=False),
    sa.Column("disease", sa.Text, nullable=False),
    sa.Column("people", sa.Text, nullable=False, comment="The group of people"),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("batch", sa.Text, nullable=False),
    sa.Column("persons", BigInt, nullable=False),
    sa.Column("person_times", BigInt, nullable=False),
    sa.Column("amount", BigInt, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("salt", Bytes, nullable=False, comment="Opens the entry's commitment to the counts"),
    sa.CheckConstraint("amount > 0 AND persons >= 0 AND person_times >= persons", name="figures"),
    sa.CheckConstraint("length(salt) = 32", name="salt_size"),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
