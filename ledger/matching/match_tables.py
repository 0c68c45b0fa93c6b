"""What was matched with what, and why; and what is suggested.

Matches, their parts and their releases are append-only. Suggestions are a projection: each run drops them and makes
them anew. No row holds a name or a text of a bank line: those are erasable, and are joined when a match is shown.
"""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, metadata

matches = sa.Table(
    "matches",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("step", sa.Text, nullable=False, comment="R3, R4, R5, R6, or income"),
    sa.Column("pass", sa.Text, nullable=False, comment="Which pass found it"),
    sa.Column("rule_version", sa.Text, nullable=False),
    sa.Column("amount", BigInt, nullable=False, comment="Sum of the lines, signed minor units"),
    sa.Column("adjustment", BigInt, nullable=False, comment="Lines less what was expected"),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("score", BigInt, nullable=False),
    sa.Column("compared", sa.Text, nullable=False, comment="JSON: fields with both values"),
    sa.Column("others", sa.Text, nullable=False, comment="JSON: what lost, and why"),
    sa.Column("confirmed_by", sa.Text, nullable=False, comment="A member, or matching"),
    sa.Column("confirmed_ms", BigInt, nullable=False),
    sa.Column("decision", BigInt, comment="That confirmed it"),
    sa.Column("seq", BigInt, nullable=False, comment="The last entry that it explains"),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("number > 0", name="number"),
    **STRICT,
)

match_parts = sa.Table(
    "match_parts",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("part", BigInt, primary_key=True, autoincrement=False),
    sa.Column("expectation", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("amount", BigInt, nullable=False, comment="Allocated, signed minor units"),
    sa.Column("seq", BigInt, nullable=False, comment="The entry that the line explains"),
    sa.ForeignKeyConstraint(["fund_id", "number"], ["matches.fund_id", "matches.number"]),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
"""A part of a released match may name a line whose file was read wrongly and withdrawn; `verify` holds the others."""
sa.Index(
    "ix_match_parts_line", match_parts.c.fund_id, match_parts.c.account, match_parts.c.identity
)
sa.Index("ix_match_parts_seq", match_parts.c.fund_id, match_parts.c.seq)

match_releases = sa.Table(
    "match_releases",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("seq", BigInt, nullable=False, comment="The entry match.released"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("released_by", sa.Text, nullable=False),
    sa.Column("released_ms", BigInt, nullable=False),
    sa.Column("decision", BigInt),
    sa.ForeignKeyConstraint(["fund_id", "number"], ["matches.fund_id", "matches.number"]),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)

match_suggestions = sa.Table(
    "match_suggestions",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("suggestion", sa.Text, primary_key=True, comment="Digest of pass and members"),
    sa.Column("verdict", sa.Text, nullable=False, comment="suggested, ambiguous"),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("pass", sa.Text, nullable=False),
    sa.Column("rule_version", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False, comment="Of the first line; may be empty"),
    sa.Column("day_ms", BigInt, nullable=False, comment="Of the first line, or what is due"),
    sa.Column("amount", BigInt, nullable=False),
    sa.Column("adjustment", BigInt, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("score", BigInt, nullable=False),
    sa.Column("expectations", sa.Text, nullable=False, comment="JSON: ids"),
    sa.Column("lines", sa.Text, nullable=False, comment="JSON: account and identity of each"),
    sa.Column("compared", sa.Text, nullable=False),
    sa.Column("others", sa.Text, nullable=False),
    **STRICT,
)

match_dismissals = sa.Table(
    "match_dismissals",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("suggestion", sa.Text, primary_key=True),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("dismissed_ms", BigInt, nullable=False),
    sa.ForeignKeyConstraint(["fund_id", "member_id"], ["members.fund_id", "members.member_id"]),
    **STRICT,
)
