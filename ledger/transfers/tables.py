"""Where each transfer stands, as its entries say."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

SUMS = (
    "gone >= fee AND given_up >= 0 AND gone + given_up <= amount "
    "AND arrived >= 0 AND back >= 0 AND arrived + back <= gone - fee"
)
"""No more leaves than was decided, and no more arrives or comes back than has left."""

transfers = sa.Table(
    "transfers",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column(
        "state",
        sa.Text,
        nullable=False,
        comment="proposed, approved, rejected, withdrawn, sent, confirmed, returned",
    ),
    sa.Column("from_account", sa.Text, nullable=False),
    sa.Column("to_account", sa.Text, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("amount", BigInt, nullable=False),
    sa.Column("fee", BigInt, nullable=False, comment="What the bank kept of it, known when sent"),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("proposed_seq", BigInt, nullable=False),
    sa.Column("approved_seq", BigInt),
    sa.Column("sent_seq", BigInt),
    sa.Column("ended_seq", BigInt),
    sa.Column("decision", BigInt),
    sa.Column(
        "gone", BigInt, nullable=False, server_default="0", comment="Has left, fees included"
    ),
    sa.Column(
        "arrived", BigInt, nullable=False, server_default="0", comment="In the fund's account"
    ),
    sa.Column("back", BigInt, nullable=False, server_default="0", comment="Came back"),
    sa.Column("given_up", BigInt, nullable=False, server_default="0", comment="Will not leave"),
    sa.Column(
        "on_way",
        sa.Text,
        nullable=False,
        server_default="",
        comment="Intervals of the transit line: start+length,…",
    ),
    sa.Column("purpose", sa.Text, nullable=False, server_default="", comment="Anyone may read it"),
    sa.Column(
        "payee",
        sa.Text,
        nullable=False,
        server_default="",
        comment="Keyed pseudonym of the details",
    ),
    sa.Column(
        "evidence", sa.Text, nullable=False, server_default="", comment="Hashes, spaces between"
    ),
    sa.Column("entered_by", sa.Text, comment="Who entered it at the bank"),
    sa.Column("entered_seq", BigInt),
    # Four eyes, held where the record is: no statement of any kind can make these two the same.
    sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="four_eyes"),
    sa.CheckConstraint("amount > 0 AND fee >= 0 AND fee < amount", name="amount"),
    sa.CheckConstraint(SUMS, name="sums"),
    sa.ForeignKeyConstraint(["fund_id", "proposed_seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
sa.Index("ix_transfers_state", transfers.c.fund_id, transfers.c.state, transfers.c.number)

transfer_steps = sa.Table(
    "transfer_steps",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False),
    sa.Column("place", BigInt, primary_key=True, autoincrement=False, comment="From 1"),
    sa.Column("seq", BigInt, nullable=False, comment="The entry"),
    sa.Column("step", sa.Text, nullable=False, comment="sent, confirmed, returned, released …"),
    sa.Column("amount", BigInt, nullable=False, comment="What moved, fee included; or 0"),
    sa.Column("fee", BigInt, nullable=False, comment="What a bank kept of it"),
    sa.Column("reverses", BigInt, comment="Entry of the step that a release takes back"),
    sa.ForeignKeyConstraint(["fund_id", "number"], ["transfers.fund_id", "transfers.number"]),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("place > 0 AND amount >= 0 AND fee >= 0", name="place"),
    **STRICT,
)

transfer_files = sa.Table(
    "transfer_files",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
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

payment_files = sa.Table(
    "payment_files",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("sha256", Bytes, primary_key=True),
    sa.Column("message_id", sa.Text, nullable=False, comment="Unique in the fund"),
    sa.Column("format", sa.Text, nullable=False, comment="pain.001.001.09, or csv/ and a mapping"),
    sa.Column("transfers", sa.Text, nullable=False, comment="Numbers, spaces between"),
    sa.Column("seq", BigInt, nullable=False, comment="The entry"),
    sa.Column("body", Bytes, nullable=False, comment="The bytes as handed out"),
    sa.UniqueConstraint("fund_id", "message_id"),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("length(sha256) = 32", name="sha256_size"),
    **STRICT,
)

transfer_rules = sa.Table(
    "transfer_rules",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True, comment="transfer_policy, payment_columns"),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", BigInt, primary_key=True, autoincrement=False, comment="From 1"),
    sa.Column("content", sa.Text, nullable=False, comment="JSON, as it was decided"),
    sa.Column("decision", BigInt, nullable=False),
    sa.CheckConstraint("version > 0", name="version"),
    sa.ForeignKeyConstraint(["fund_id", "decision"], ["decisions.fund_id", "decisions.number"]),
    **STRICT,
)

reminders = sa.Table(
    "reminders",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("day", sa.Text, primary_key=True, comment="Where the fund is, ISO 8601"),
    sa.Column("member_id", sa.Text, primary_key=True, comment="Who had a letter"),
    sa.Column("at_ms", BigInt, nullable=False),
    sa.ForeignKeyConstraint(["fund_id", "member_id"], ["members.fund_id", "members.member_id"]),
    **STRICT,
)
