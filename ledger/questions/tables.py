"""Questions, their texts (which can be erased), and what became of them (which only grows)."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, metadata

questions = sa.Table(
    "questions",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("asked_ms", BigInt, nullable=False),
    sa.Column("gift_seq", BigInt, comment="The gift that it is about"),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("suspicion", sa.Text, nullable=False, comment="Why it looks like spam; or empty"),
    sa.ForeignKeyConstraint(["fund_id", "gift_seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("number > 0 AND language IN ('zh', 'en')", name="number"),
    **STRICT,
)

question_texts = sa.Table(
    "question_texts",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["fund_id", "number"], ["questions.fund_id", "questions.number"]),
    **STRICT,
)

question_steps = sa.Table(
    "question_steps",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("step", BigInt, primary_key=True, autoincrement=False),
    sa.Column("at_ms", BigInt, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False, comment="Of an answer; or empty"),
    sa.ForeignKeyConstraint(["fund_id", "number"], ["questions.fund_id", "questions.number"]),
    sa.ForeignKeyConstraint(["fund_id", "member_id"], ["members.fund_id", "members.member_id"]),
    sa.CheckConstraint(
        "step > 0 AND kind IN ('shown', 'hidden', 'assigned', 'answered', 'erased')", name="kind"
    ),
    **STRICT,
)
