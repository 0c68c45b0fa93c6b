"""The activity record's table. Rows are only added."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, metadata

activity = sa.Table(
    "activity",
    metadata,
    sa.Column(
        "fund_id",
        BigInt,
        primary_key=True,
        autoincrement=False,
        comment="0: of the service, not of a fund",
    ),
    sa.Column("at_ms", BigInt, primary_key=True, autoincrement=False),
    sa.Column(
        "number",
        BigInt,
        primary_key=True,
        autoincrement=False,
        comment="Tells rows of one millisecond apart; within a process in order",
    ),
    sa.Column("user_id", BigInt, comment="None: nobody was signed in"),
    sa.Column("member_id", sa.Text),
    sa.Column("role", sa.Text, nullable=False, comment="In which they acted; may be empty"),
    sa.Column("address", sa.Text, nullable=False, comment="IP address, or terminal:LOGIN"),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, comment="Kind and id, such as decision/12"),
    sa.Column("reason", sa.Text, nullable=False, comment="In the words of who did it"),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Index(None, "fund_id", "subject", "at_ms"),
    sa.Index(None, "user_id", "at_ms"),
    sa.CheckConstraint("outcome IN ('done', 'read', 'refused', 'failed')", name="outcome"),
    **STRICT,
)
