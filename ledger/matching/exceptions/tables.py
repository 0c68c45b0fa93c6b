"""What people write and bring about exceptions. Rows are only added; texts may be erased."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

_OF_ITEM = (["fund_id", "raised_seq"], ["open_items.fund_id", "open_items.raised_seq"])
_OF_MEMBER = (["fund_id", "member_id"], ["members.fund_id", "members.member_id"])

exception_notes = sa.Table(
    "exception_notes",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("raised_seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("at_ms", BigInt, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False, comment="note, assigned, due, paused …"),
    sa.Column("value", sa.Text, nullable=False, comment="Member, day or hash; may be empty"),
    sa.ForeignKeyConstraint(*_OF_ITEM),
    sa.ForeignKeyConstraint(*_OF_MEMBER),
    sa.CheckConstraint("number > 0", name="number"),
    **STRICT,
)

exception_texts = sa.Table(
    "exception_texts",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("raised_seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text, nullable=False, comment="Personal: may be erased"),
    sa.ForeignKeyConstraint(
        ["fund_id", "raised_seq", "number"],
        [
            "exception_notes.fund_id",
            "exception_notes.raised_seq",
            "exception_notes.number",
        ],
    ),
    **STRICT,
)
"""The words of each step, and the name of a file that a step brought; a step without a row was erased."""

exception_files = sa.Table(
    "exception_files",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("raised_seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("sha256", Bytes, primary_key=True),
    sa.Column("member_id", sa.Text, nullable=False, comment="Who brought it"),
    sa.Column("taken_ms", BigInt, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="What it is by its bytes"),
    sa.Column("body", Bytes, nullable=False, comment="The bytes as uploaded: evidence"),
    sa.ForeignKeyConstraint(*_OF_ITEM),
    sa.ForeignKeyConstraint(*_OF_MEMBER),
    sa.CheckConstraint("length(sha256) = 32", name="sha256_size"),
    **STRICT,
)
