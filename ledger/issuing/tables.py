"""The steps of statements, and the certificates with which auditors countersign."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

statement_steps = sa.Table(
    "statement_steps",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("number", sa.Text, primary_key=True, comment="qinghe-2026-10-M-v1"),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("step", sa.Text, nullable=False, comment="built, signed, sent …"),
    sa.Column("sha256", Bytes, nullable=False, comment="Of the file that the step left"),
    sa.Column("bytes", BigInt, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("length(sha256) = 32", name="sha256_size"),
    **STRICT,
)

certificates = sa.Table(
    "certificates",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("fingerprint", Bytes, primary_key=True, comment="SHA-256 of the certificate"),
    sa.Column("member_id", sa.Text, nullable=False, comment="Who countersigns with it"),
    sa.Column("name", sa.Text, nullable=False, comment="As the certificate calls its holder"),
    sa.Column("chain", sa.Text, nullable=False, comment="It and those above it, PEM"),
    sa.Column("enrolled_seq", BigInt, nullable=False),
    sa.Column("ended_seq", BigInt, comment="Entry since which nothing is signed with it"),
    sa.ForeignKeyConstraint(["fund_id", "enrolled_seq"], ["entries.fund_id", "entries.seq"]),
    sa.ForeignKeyConstraint(["fund_id", "member_id"], ["members.fund_id", "members.member_id"]),
    sa.CheckConstraint("length(fingerprint) = 32", name="fingerprint_size"),
    **STRICT,
)
