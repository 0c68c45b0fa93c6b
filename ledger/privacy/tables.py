"""The erasable table: what the public entry only commits to."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

private_parts = sa.Table(
    "private_parts",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("giver", sa.Text, nullable=False, comment="The platform's id of the user"),
    sa.Column("nickname", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column(
        "delivery",
        sa.Text,
        nullable=False,
        comment="Canonical JSON: event id, exact times, hash of what arrived",
    ),
    sa.Column(
        "salts",
        Bytes,
        nullable=False,
        comment="32 bytes a commitment: donor, name, delivery, message",
    ),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("length(salts) = 128", name="salts_size"),
    **STRICT,
)

gift_choices = sa.Table(
    "gift_choices",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, comment="On pages: masked or hidden"),
    sa.Column("thanks", sa.Text, nullable=False, comment="On the stream: none, name, amount"),
    sa.Column("chosen_ms", BigInt, nullable=False),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["private_parts.fund_id", "private_parts.seq"]),
    sa.CheckConstraint("name IN ('masked', 'hidden')", name="name"),
    sa.CheckConstraint("thanks IN ('none', 'name', 'amount')", name="thanks"),
    sa.CheckConstraint("name = 'masked' OR thanks = 'none'", name="hidden"),
    **STRICT,
)
sa.Index(
    "ix_gift_choices_thanks", gift_choices.c.fund_id, gift_choices.c.thanks, gift_choices.c.seq
)
