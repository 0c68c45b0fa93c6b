"""What the fund paid for, a row for each spend entry, for sums by disease and group; and the files that prove it."""

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
    sa.Index("ix_spends_reference", "fund_id", "reference"),
    **STRICT,
)

spend_sheets = sa.Table(
    "spend_sheets",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("sheet", sa.Text, primary_key=True, comment="Commitment, as entries name it"),
    sa.Column("salt", Bytes, nullable=False, comment="Opens the commitment to the hash"),
    sa.Column("member_id", sa.Text, nullable=True, comment="Who brought it; none by the shell"),
    sa.Column("taken_ms", BigInt, nullable=False),
    sa.Column("name", sa.Text, nullable=False, comment="As it may be shown"),
    sa.Column("body", Bytes, nullable=False, comment="The bytes as uploaded: evidence"),
    sa.CheckConstraint("length(salt) = 32", name="salt_size"),
    **STRICT,
)

evidence_files = sa.Table(
    "evidence_files",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("sha256", Bytes, primary_key=True),
    sa.Column("member_id", sa.Text, nullable=False, comment="Who brought it"),
    sa.Column("taken_ms", BigInt, nullable=False),
    sa.Column("name", sa.Text, nullable=False, comment="As it may be shown"),
    sa.Column("kind", sa.Text, nullable=False, comment="What it is by its bytes"),
    sa.Column("body", Bytes, nullable=False, comment="The bytes as uploaded: evidence"),
    sa.ForeignKeyConstraint(["fund_id", "member_id"], ["members.fund_id", "members.member_id"]),
    sa.CheckConstraint("length(sha256) = 32", name="sha256_size"),
    **STRICT,
)

entry_evidence = sa.Table(
    "entry_evidence",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False, comment="What it proves"),
    sa.Column("sha256", Bytes, primary_key=True),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.ForeignKeyConstraint(
        ["fund_id", "sha256"], ["evidence_files.fund_id", "evidence_files.sha256"]
    ),
    **STRICT,
)
