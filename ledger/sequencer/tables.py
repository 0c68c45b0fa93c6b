"""The claims: which outside id became which entry. Never forgotten."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import CLUSTERED, BigInt, Bytes, metadata

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True, comment="What kind of id, e.g. gift:Kuaishou"),
    # The id as the platform gives it: mostly rising with time, so that new keys meet on few pages. Erasing a
    # donor replaces key and digest by keyed hashes, the one change that this table allows.
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("seq", BigInt, nullable=False),
    sa.Column(
        "digest",
        Bytes,
        nullable=False,
        comment="Of the content, to tell a repeat from a contradiction",
    ),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("length(key) BETWEEN 1 AND 200", name="key_size"),
    sa.CheckConstraint("length(digest) = 16", name="digest_size"),
    **CLUSTERED,
)
