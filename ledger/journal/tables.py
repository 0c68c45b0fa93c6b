"""Tables of the journal. All but `funds` begin with the fund, and all are append-only."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import CLUSTERED, STRICT, BigInt, Bytes, metadata

funds = sa.Table(
    "funds",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    sa.Column("origin", sa.Text, nullable=False, comment="The log's name, never changing"),
    sa.CheckConstraint("fund_id > 0", name="positive"),
    **STRICT,
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("account_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, comment="Legal in beancount and hledger"),
    sa.Column("opened_seq", BigInt, nullable=False),
    sa.UniqueConstraint("fund_id", "name"),
    **STRICT,
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("recorded_at", BigInt, nullable=False, comment="POSIX seconds, cut to the minute"),
    sa.Column("entry", Bytes, nullable=False, comment="Canonical bytes (RFC 8785): the leaf"),
    sa.Column("leaf_hash", Bytes, nullable=False),
    sa.CheckConstraint("seq >= 0", name="seq"),
    sa.CheckConstraint("recorded_at % 60 = 0", name="minute"),
    sa.CheckConstraint("length(entry) BETWEEN 2 AND 65535", name="entry_size"),
    sa.CheckConstraint("length(leaf_hash) = 32", name="leaf_hash_size"),
    **STRICT,
)
sa.Index("ix_entries_kind", entries.c.fund_id, entries.c.kind, entries.c.seq)

postings = sa.Table(
    "postings",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("line", BigInt, primary_key=True, autoincrement=False),
    sa.Column("debit_id", BigInt, nullable=False),
    sa.Column("credit_id", BigInt, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("amount", BigInt, nullable=False, comment="Minor units, from credit to debit"),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.ForeignKeyConstraint(["fund_id", "debit_id"], ["accounts.fund_id", "accounts.account_id"]),
    sa.ForeignKeyConstraint(["fund_id", "credit_id"], ["accounts.fund_id", "accounts.account_id"]),
    sa.CheckConstraint("amount > 0 AND amount <= 9007199254740991", name="amount"),
    sa.CheckConstraint("debit_id <> credit_id", name="two_accounts"),
    sa.CheckConstraint("line >= 0", name="line"),
    **CLUSTERED,
)

period_steps = sa.Table(
    "period_steps",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("month", sa.Text, nullable=False, comment="2026-10, in the fund's zone"),
    sa.Column("state", sa.Text, nullable=False, comment="That the month is in from then on"),
    sa.Column("ends", sa.Text, comment="First instant after it, RFC 3339 UTC"),
    sa.Column("until", sa.Text, comment="When a reopened month closes by itself"),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("state IN ('closing', 'closed', 'reopened', 'sealed')", name="state"),
    sa.CheckConstraint("(state = 'reopened') = (until IS NOT NULL)", name="until"),
    **STRICT,
)

late_entries = sa.Table(
    "late_entries",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("first_seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("last_seq", BigInt, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("month", sa.Text, nullable=False, comment="That they are dated in"),
    sa.Column("counts_in", sa.Text, nullable=False, comment="Month that they count in"),
    sa.Column("state", sa.Text, nullable=False, comment="Of their month, when recorded"),
    sa.Column("amount", BigInt, nullable=False, comment="Sum of gifts, minor units"),
    sa.Column("commodity", sa.Text, nullable=False, comment="Of the sum; else empty"),
    sa.ForeignKeyConstraint(["fund_id", "first_seq"], ["entries.fund_id", "entries.seq"]),
    sa.ForeignKeyConstraint(["fund_id", "last_seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("last_seq >= first_seq AND amount >= 0", name="run"),
    sa.CheckConstraint(
        "state IN ('open', 'closing', 'closed', 'reopened', 'sealed')", name="state"
    ),
    **STRICT,
)
for _name in ("month", "counts_in"):
    sa.Index(
        f"ix_late_entries_{_name}",
        late_entries.c.fund_id,
        late_entries.c[_name],
        late_entries.c.last_seq,
    )

balances = sa.Table(
    "balances",
    metadata,
    sa.Column("fund_id", BigInt, primary_key=True),
    sa.Column("account_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("commodity", sa.Text, primary_key=True),
    sa.Column(
        "seq", BigInt, primary_key=True, autoincrement=False, comment="Last entry of the commit"
    ),
    sa.Column("debits", BigInt, nullable=False, comment="All debits so far, minor units"),
    sa.Column("credits", BigInt, nullable=False),
    sa.ForeignKeyConstraint(
        ["fund_id", "account_id"], ["accounts.fund_id", "accounts.account_id"]
    ),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    sa.CheckConstraint("debits >= 0 AND credits >= 0", name="not_negative"),
    **CLUSTERED,
)
