"""What a fund is made of, as its entries say: channels, rates, members. And the keys of machines, hashed."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.db import STRICT, BigInt, Bytes, metadata

fund_details = sa.Table(
    "fund_details",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("name_zh", sa.Text, nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
    sa.Column("promise_zh", sa.Text, nullable=False),
    sa.Column("promise_en", sa.Text, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    **STRICT,
)

channels = sa.Table(
    "channels",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True, comment="One component of account names"),
    sa.Column("platform", sa.Text, nullable=False, comment="kuaishou, douyin, own"),
    sa.Column("title_zh", sa.Text, nullable=False),
    sa.Column("title_en", sa.Text, nullable=False),
    sa.Column("commodity", sa.Text, nullable=False, comment="What its gifts are posted in"),
    sa.Column("opened_seq", BigInt, nullable=False),
    **STRICT,
)

money_accounts = sa.Table(
    "money_accounts",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True, comment="Assets:Bank:… or Assets:Fund:…"),
    sa.Column(
        "number", sa.Text, nullable=False, comment="As the bank's files write it; masked in public"
    ),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.Column("opened_seq", BigInt, nullable=False),
    sa.Column(
        "holder",
        sa.Text,
        nullable=False,
        server_default="",
        comment="As the bank writes it; private",
    ),
    sa.Column("bank", sa.Text, nullable=False, server_default=""),
    sa.Column("clearing", sa.Text, nullable=False, server_default="", comment="CNAPS, 12 digits"),
    sa.Column("bic", sa.Text, nullable=False, server_default=""),
    sa.Column("changed_seq", BigInt, comment="Entry that changed these details last"),
    **STRICT,
)

rates = sa.Table(
    "rates",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("unit", sa.Text, primary_key=True),
    sa.Column("from_ms", BigInt, primary_key=True, autoincrement=False),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
    sa.Column("units", BigInt, nullable=False),
    sa.Column(
        "minor", BigInt, nullable=False, comment="What so many units are worth, minor units"
    ),
    sa.Column("commodity", sa.Text, nullable=False),
    sa.CheckConstraint("units > 0 AND minor > 0", name="positive"),
    **STRICT,
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("member_id", sa.Text, primary_key=True, comment="Pseudonymous: m1, m2 …"),
    sa.Column("roles", sa.Text, nullable=False, comment="Sorted, with commas between them"),
    sa.Column("name", sa.Text, nullable=False, comment="Personal: never in an entry"),
    sa.Column("enrolled_seq", BigInt, nullable=False),
    sa.Column("removed_seq", BigInt),
    sa.Column("user_id", BigInt, comment="Their sign-in; users are of the whole service"),
    sa.UniqueConstraint("fund_id", "name"),
    # Whoever was removed and comes again is the same member: the rule of two persons remembers them.
    sa.Index("uq_members_fund_id_user_id", "fund_id", "user_id", unique=True),
    **STRICT,
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column(
        "token_hash",
        Bytes,
        primary_key=True,
        comment="SHA-256 of the token; the token is shown once",
    ),
    sa.Column("number", BigInt, nullable=False, comment="What people call it: 1, 2 …"),
    sa.Column("member_id", sa.Text, nullable=False, comment="In whose name it acts"),
    sa.Column("name", sa.Text, nullable=False, comment="What it is for"),
    sa.Column("scopes", sa.Text, nullable=False, comment="Sorted, with commas between them"),
    sa.Column("created_ms", BigInt, nullable=False),
    sa.Column("expires_ms", BigInt, nullable=False),
    sa.Column("last_used_ms", BigInt, comment="Written now and then, to the minute at best"),
    sa.Column("ended_ms", BigInt),
    sa.UniqueConstraint("fund_id", "number"),
    sa.CheckConstraint("expires_ms > created_ms", name="expires"),
    sa.ForeignKeyConstraint(["fund_id", "member_id"], ["members.fund_id", "members.member_id"]),
    **STRICT,
)

list_changes = sa.Table(
    "list_changes",
    metadata,
    sa.Column("fund_id", BigInt, sa.ForeignKey("funds.fund_id"), primary_key=True),
    sa.Column("seq", BigInt, primary_key=True, autoincrement=False, comment="The entry"),
    sa.Column("list", sa.Text, nullable=False, comment="disease, group, provider or cost"),
    sa.Column("change", sa.Text, nullable=False, comment="add, rename, retire or restore"),
    sa.Column("code", sa.Text, nullable=False, comment="Never used twice"),
    sa.Column("zh", sa.Text, nullable=False, comment="Name from now on, or empty"),
    sa.Column("en", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="Of a provider, or empty"),
    sa.ForeignKeyConstraint(["fund_id", "seq"], ["entries.fund_id", "entries.seq"]),
    **STRICT,
)
