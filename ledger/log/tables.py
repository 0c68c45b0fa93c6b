"""Tables of the log: full tiles and signed checkpoints, append-only."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

tiles = sa.Table(
    "tiles",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("level", BigInt, primary_key=True, autoincrement=False),
    sa.Column("position", BigInt, primary_key=True, autoincrement=False),
    sa.Column("hashes", Bytes, nullable=False, comment="256 hashes of 32 bytes"),
    sa.Column("root", Bytes, nullable=False, comment="Their root: one hash of the level above"),
    sa.CheckConstraint("length(hashes) = 8192", name="full"),
    sa.CheckConstraint("length(root) = 32", name="root_size"),
    sa.CheckConstraint("level BETWEEN 0 AND 5 AND position >= 0", name="address"),
    **STRICT,
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("size", BigInt, primary_key=True, autoincrement=False),
    sa.Column("root", Bytes, nullable=False),
    sa.Column(
        "edge", Bytes, nullable=False, comment="Perfect subtrees of the right edge, left to right"
    ),
    sa.Column("note", Bytes, nullable=False, comment="The signed note, whole"),
    sa.Column("signed_at", BigInt, nullable=False, comment="POSIX seconds"),
    sa.CheckConstraint("size > 0 AND length(root) = 32", name="root_size"),
    sa.CheckConstraint("length(edge) % 32 = 0", name="edge_size"),
    **STRICT,
)
