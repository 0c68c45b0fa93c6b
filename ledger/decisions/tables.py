"""What two people decide. All but what is private is append-only; the rule of two itself is in the triggers of the
step that makes these tables.
"""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.CheckConstraint("number > 0", name="number"),
    **STRICT,
)


def _step(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """Make the table of a step of decisions: each row has its entry, and an entry has one row."""
    return sa.Table(
        name,
        metadata,
        sa.Column("fund_id", BigInt, primary_key=True),
        sa.Column("number", BigInt, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.Text, nullable=False, comment="Who took the step"),
        sa.Column("seq", BigInt, nullable=False, comment="Its entry"),
        *parts,
        sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
        sa.UniqueConstraint("fund_id", "seq"),
        **STRICT,
    )


_OF_VERSION = (
    ["fund_id", "number", "version"],
    ["decision_versions.fund_id", "decision_versions.number", "decision_versions.version"],
)

decision_versions = _step(
    "decision_versions",
    sa.Column("version", BigInt, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False, comment="Canonical JSON, as in the entry"),
    sa.Column("needed", sa.Text, nullable=False, comment="A role for each slot, with commas"),
    sa.Column("slots", BigInt, nullable=False, comment="How many approvals it needs"),
    sa.Column("amount", BigInt, comment="Minor units"),
    sa.Column("commodity", sa.Text),
    sa.Column("commitment", sa.Text, comment="To what is private of it"),
    sa.ForeignKeyConstraint(["fund_id", "number"], ["decisions.fund_id", "decisions.number"]),
    sa.CheckConstraint("version > 0", name="version"),
    # Invariant 10: there is always at least one other person.
    sa.CheckConstraint("slots > 0", name="slots"),
    sa.CheckConstraint("amount IS NULL OR amount >= 0", name="amount"),
)

decision_approvals = _step(
    "decision_approvals",
    sa.Column("version", BigInt, primary_key=True, autoincrement=False),
    sa.Column("slot", BigInt, primary_key=True, autoincrement=False),
    sa.ForeignKeyConstraint(*_OF_VERSION),
    sa.UniqueConstraint("fund_id", "number", "version", "member_id"),
    sa.CheckConstraint("slot >= 0", name="slot"),
)

decision_ends = _step(
    "decision_ends",
    sa.Column("version", BigInt, nullable=False),
    sa.Column("ending", sa.Text, nullable=False, comment="approved, rejected, withdrawn"),
    sa.Column("reason", sa.Text, comment="Of a rejection"),
    sa.ForeignKeyConstraint(*_OF_VERSION),
    sa.CheckConstraint("ending IN ('approved', 'rejected', 'withdrawn')", name="ending"),
)

decision_private_parts = sa.Table(
    "decision_private_parts",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("version", BigInt, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False, comment="Personal; goes when it is decided"),
    sa.Column("salt", Bytes, nullable=False),
    sa.ForeignKeyConstraint(*_OF_VERSION),
    sa.CheckConstraint("length(salt) = 32", name="salt_size"),
    **STRICT,
)
