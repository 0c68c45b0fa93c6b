"""The first schema: everything that a fund owns has the fund first in its keys.

Locks: nothing, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "funds",
        sa.Column("fund_id", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False, comment="The log's name, never changing"),
        sa.CheckConstraint("fund_id > 0", name=op.f("ck_funds_positive")),
        sa.PrimaryKeyConstraint("fund_id", name=op.f("pk_funds")),
        sa.UniqueConstraint("slug", name=op.f("uq_funds_slug")),
        sqlite_strict=True,
    )
    op.create_table(
        "accounts",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("account_id", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="Legal in beancount and hledger"),
        sa.Column("opened_seq", BIG_INT, nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_accounts_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("fund_id", "name", name=op.f("uq_accounts_fund_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "channels",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="One component of account names"),
        sa.Column("platform", sa.Text(), nullable=False, comment="kuaishou, douyin, own"),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False, comment="What its gifts are posted in"),
        sa.Column("opened_seq", BIG_INT, nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_channels_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "name", name=op.f("pk_channels")),
        sqlite_strict=True,
    )
    op.create_table(
        "checkpoints",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("size", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column(
            "edge",
            sa.LargeBinary(),
            nullable=False,
            comment="Perfect subtrees of the right edge, left to right",
        ),
        sa.Column("note", sa.LargeBinary(), nullable=False, comment="The signed note, whole"),
        sa.Column("signed_at", BIG_INT, nullable=False, comment="POSIX seconds"),
        sa.CheckConstraint("length(edge) % 32 = 0", name=op.f("ck_checkpoints_edge_size")),
        sa.CheckConstraint(
            "size > 0 AND length(root) = 32", name=op.f("ck_checkpoints_root_size")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_checkpoints_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "size", name=op.f("pk_checkpoints")),
        sqlite_strict=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the body"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False, comment="push, lookback, file, api"),
        sa.Column("received_ms", BIG_INT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="As it arrived; erasable"),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_deliveries_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "digest", name=op.f("pk_deliveries")),
        sqlite_strict=True,
    )
    op.create_table(
        "entries",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "recorded_at", BIG_INT, nullable=False, comment="POSIX seconds, cut to the minute"
        ),
        sa.Column(
            "entry",
            sa.LargeBinary(),
            nullable=False,
            comment="Canonical bytes (RFC 8785): the leaf",
        ),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "length(entry) BETWEEN 2 AND 65535", name=op.f("ck_entries_entry_size")
        ),
        sa.CheckConstraint("length(leaf_hash) = 32", name=op.f("ck_entries_leaf_hash_size")),
        sa.CheckConstraint("recorded_at % 60 = 0", name=op.f("ck_entries_minute")),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_entries_seq")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_entries_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "seq", name=op.f("pk_entries")),
        sqlite_strict=True,
    )
    op.create_index("ix_entries_kind", "entries", ["fund_id", "kind", "seq"], unique=False)
    op.create_table(
        "files",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False, comment="Empty for a settlement sheet"),
        sa.Column("opening", BIG_INT, nullable=True),
        sa.Column("closing", BIG_INT, nullable=True),
        sa.Column("lines", BIG_INT, nullable=False),
        sa.Column("taken_ms", BIG_INT, nullable=False),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="The bytes as uploaded: evidence"
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_files_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "sha256", name=op.f("pk_files")),
        sqlite_strict=True,
    )
    op.create_table(
        "fund_details",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("promise_zh", sa.Text(), nullable=False),
        sa.Column("promise_en", sa.Text(), nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_fund_details_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", name=op.f("pk_fund_details")),
        sqlite_strict=True,
    )
    op.create_table(
        "held_rows",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("held_id", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="guest, no-rate, conflict, total-mismatch …",
        ),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("amount", BIG_INT, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("held_ms", BIG_INT, nullable=False),
        sa.Column(
            "first_seq",
            BIG_INT,
            nullable=True,
            comment="The entry that a contradiction contradicts",
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_held_rows_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "held_id", name=op.f("pk_held_rows")),
        sa.UniqueConstraint(
            "fund_id",
            "channel",
            "source_id",
            "reason",
            name=op.f("uq_held_rows_fund_id_channel_source_id_reason"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "members",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False, comment="Pseudonymous: m1, m2 …"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="Personal: never in an entry"),
        sa.Column("enrolled_seq", BIG_INT, nullable=False),
        sa.Column("removed_seq", BIG_INT, nullable=True),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_members_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "member_id", name=op.f("pk_members")),
        sa.UniqueConstraint("fund_id", "name", name=op.f("uq_members_fund_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "money_accounts",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="Assets:Bank:… or Assets:Fund:…"),
        sa.Column(
            "number",
            sa.Text(),
            nullable=False,
            comment="As the bank's files write it; masked in public",
        ),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("opened_seq", BIG_INT, nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_money_accounts_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "name", name=op.f("pk_money_accounts")),
        sqlite_strict=True,
    )
    op.create_table(
        "rates",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("from_ms", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("units", BIG_INT, nullable=False),
        sa.Column(
            "minor", BIG_INT, nullable=False, comment="What so many units are worth, minor units"
        ),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.CheckConstraint("units > 0 AND minor > 0", name=op.f("ck_rates_positive")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_rates_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "unit", "from_ms", "seq", name=op.f("pk_rates")),
        sqlite_strict=True,
    )
    op.create_table(
        "statements",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="qinghe-2026-10-M-v1"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("size", BIG_INT, nullable=False, comment="Of the log, when built"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("bytes", BIG_INT, nullable=False),
        sa.Column("built_ms", BIG_INT, nullable=False),
        sa.Column("published_seq", BIG_INT, nullable=True),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_statements_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "number", "language", name=op.f("pk_statements")),
        sqlite_strict=True,
    )
    op.create_table(
        "tiles",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("level", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("position", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False, comment="256 hashes of 32 bytes"),
        sa.Column(
            "root",
            sa.LargeBinary(),
            nullable=False,
            comment="Their root: one hash of the level above",
        ),
        sa.CheckConstraint("length(hashes) = 8192", name=op.f("ck_tiles_full")),
        sa.CheckConstraint("length(root) = 32", name=op.f("ck_tiles_root_size")),
        sa.CheckConstraint(
            "level BETWEEN 0 AND 5 AND position >= 0", name=op.f("ck_tiles_address")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_tiles_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "level", "position", name=op.f("pk_tiles")),
        sqlite_strict=True,
    )
    op.create_table(
        "balances",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("account_id", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column(
            "seq", BIG_INT, autoincrement=False, nullable=False, comment="Last entry of the commit"
        ),
        sa.Column("debits", BIG_INT, nullable=False, comment="All debits so far, minor units"),
        sa.Column("credits", BIG_INT, nullable=False),
        sa.CheckConstraint("debits >= 0 AND credits >= 0", name=op.f("ck_balances_not_negative")),
        sa.ForeignKeyConstraint(
            ["fund_id", "account_id"],
            ["accounts.fund_id", "accounts.account_id"],
            name=op.f("fk_balances_fund_id_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_balances_fund_id_seq_entries"),
        ),
        sa.PrimaryKeyConstraint(
            "fund_id", "account_id", "commodity", "seq", name=op.f("pk_balances")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bank_lines",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("line_no", BIG_INT, nullable=False),
        sa.Column("booked_ms", BIG_INT, nullable=False),
        sa.Column(
            "amount", BIG_INT, nullable=False, comment="Signed minor units, + is into the account"
        ),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("balance", BIG_INT, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("refs", sa.Text(), nullable=False, comment="References found, joined by spaces"),
        sa.Column("counterparty", sa.Text(), nullable=False, comment="Personal: erasable"),
        sa.Column("text", sa.Text(), nullable=False, comment="Personal: erasable"),
        sa.Column("matched_seq", BIG_INT, nullable=True, comment="The entry that explains it"),
        sa.ForeignKeyConstraint(
            ["fund_id", "matched_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_bank_lines_fund_id_matched_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "sha256"],
            ["files.fund_id", "files.sha256"],
            name=op.f("fk_bank_lines_fund_id_sha256_files"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_bank_lines_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "account", "identity", name=op.f("pk_bank_lines")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_bank_lines_open", "bank_lines", ["fund_id", "matched_seq", "booked_ms"], unique=False
    )
    op.create_table(
        "claims",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column(
            "scope", sa.Text(), nullable=False, comment="What kind of id, e.g. gift:Kuaishou"
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("seq", BIG_INT, nullable=False),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=False,
            comment="Of the content, to tell a repeat from a contradiction",
        ),
        sa.CheckConstraint("length(digest) = 16", name=op.f("ck_claims_digest_size")),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 200", name=op.f("ck_claims_key_size")),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_claims_fund_id_seq_entries"),
        ),
        sa.PrimaryKeyConstraint("fund_id", "scope", "key", name=op.f("pk_claims")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fills",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("account_id", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("start", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("length", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, nullable=False, comment="The gift found later"),
        sa.CheckConstraint("start >= 0 AND length > 0", name=op.f("ck_fills_interval")),
        sa.ForeignKeyConstraint(
            ["fund_id", "account_id"],
            ["accounts.fund_id", "accounts.account_id"],
            name=op.f("fk_fills_fund_id_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_fills_fund_id_seq_entries"),
        ),
        sa.PrimaryKeyConstraint(
            "fund_id", "account_id", "commodity", "start", name=op.f("pk_fills")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "holes",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("account_id", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("start", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("length", BIG_INT, nullable=False),
        sa.Column(
            "seq",
            BIG_INT,
            nullable=False,
            comment="The settlement that stated more than the line held",
        ),
        sa.Column(
            "until_ms",
            BIG_INT,
            nullable=False,
            comment="Gifts given before this belong to its period",
        ),
        sa.CheckConstraint("start >= 0 AND length > 0", name=op.f("ck_holes_interval")),
        sa.ForeignKeyConstraint(
            ["fund_id", "account_id"],
            ["accounts.fund_id", "accounts.account_id"],
            name=op.f("fk_holes_fund_id_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_holes_fund_id_seq_entries"),
        ),
        sa.PrimaryKeyConstraint(
            "fund_id", "account_id", "commodity", "start", name=op.f("pk_holes")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "open_items",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("raised_seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("amount", BIG_INT, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("raised_ms", BIG_INT, nullable=False),
        sa.Column("resolved_seq", BIG_INT, nullable=True),
        sa.ForeignKeyConstraint(
            ["fund_id", "raised_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_open_items_fund_id_raised_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_open_items_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "raised_seq", name=op.f("pk_open_items")),
        sqlite_strict=True,
    )
    op.create_table(
        "periods",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("month", sa.Text(), nullable=False, comment="2026-10, in the fund's zone"),
        sa.Column("closed_seq", BIG_INT, nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id", "closed_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_periods_fund_id_closed_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_periods_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "month", name=op.f("pk_periods")),
        sqlite_strict=True,
    )
    op.create_table(
        "postings",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("line", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("debit_id", BIG_INT, nullable=False),
        sa.Column("credit_id", BIG_INT, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("amount", BIG_INT, nullable=False, comment="Minor units, from credit to debit"),
        sa.CheckConstraint(
            "amount > 0 AND amount <= 9007199254740991", name=op.f("ck_postings_amount")
        ),
        sa.CheckConstraint("debit_id <> credit_id", name=op.f("ck_postings_two_accounts")),
        sa.CheckConstraint("line >= 0", name=op.f("ck_postings_line")),
        sa.ForeignKeyConstraint(
            ["fund_id", "credit_id"],
            ["accounts.fund_id", "accounts.account_id"],
            name=op.f("fk_postings_fund_id_credit_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "debit_id"],
            ["accounts.fund_id", "accounts.account_id"],
            name=op.f("fk_postings_fund_id_debit_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_postings_fund_id_seq_entries"),
        ),
        sa.PrimaryKeyConstraint("fund_id", "seq", "line", name=op.f("pk_postings")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "private_parts",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("giver", sa.Text(), nullable=False, comment="The platform's id of the user"),
        sa.Column("nickname", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column(
            "delivery",
            sa.Text(),
            nullable=False,
            comment="Canonical JSON: event id, exact times, hash of what arrived",
        ),
        sa.Column(
            "salts",
            sa.LargeBinary(),
            nullable=False,
            comment="32 bytes a commitment: donor, name, delivery, message",
        ),
        sa.CheckConstraint("length(salts) = 128", name=op.f("ck_private_parts_salts_size")),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_private_parts_fund_id_seq_entries"),
        ),
        sa.PrimaryKeyConstraint("fund_id", "seq", name=op.f("pk_private_parts")),
        sqlite_strict=True,
    )
    op.create_table(
        "segments",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("part", BIG_INT, autoincrement=False, nullable=False),
        sa.Column(
            "source_id",
            BIG_INT,
            nullable=True,
            comment="Null: money that came from outside the line",
        ),
        sa.Column("source_commodity", sa.Text(), nullable=True),
        sa.Column("start", BIG_INT, nullable=False, comment="Raw position on the source"),
        sa.Column("stop", BIG_INT, nullable=False),
        sa.Column("length", BIG_INT, nullable=False, comment="stop - start less voids"),
        sa.Column("target_id", BIG_INT, nullable=False),
        sa.Column("target_commodity", sa.Text(), nullable=False),
        sa.Column("to_start", BIG_INT, nullable=False),
        sa.Column("to_length", BIG_INT, nullable=False),
        sa.CheckConstraint(
            "stop >= start AND length >= 0 AND length <= stop - start",
            name=op.f("ck_segments_interval"),
        ),
        sa.CheckConstraint(
            "to_start >= 0 AND to_length >= 0", name=op.f("ck_segments_to_interval")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_segments_fund_id_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "source_id"],
            ["accounts.fund_id", "accounts.account_id"],
            name=op.f("fk_segments_fund_id_source_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "target_id"],
            ["accounts.fund_id", "accounts.account_id"],
            name=op.f("fk_segments_fund_id_target_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("fund_id", "seq", "part", name=op.f("pk_segments")),
        sa.UniqueConstraint(
            "fund_id",
            "source_id",
            "source_commodity",
            "start",
            "seq",
            name=op.f("uq_segments_fund_id_source_id_source_commodity_start_seq"),
        ),
        sa.UniqueConstraint(
            "fund_id",
            "target_id",
            "target_commodity",
            "to_start",
            "seq",
            "part",
            name=op.f("uq_segments_fund_id_target_id_target_commodity_to_start_seq_part"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "sessions",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("session_seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="The platform's room, or the day"),
        sa.Column("gifts", BIG_INT, nullable=False),
        sa.Column(
            "total", BIG_INT, nullable=False, comment="Minor units of the channel's commodity"
        ),
        sa.Column("closed_seq", BIG_INT, nullable=True),
        sa.ForeignKeyConstraint(
            ["fund_id", "channel"],
            ["channels.fund_id", "channels.name"],
            name=op.f("fk_sessions_fund_id_channel_channels"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "session_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_sessions_fund_id_session_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_sessions_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "session_seq", name=op.f("pk_sessions")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_sessions_key", "sessions", ["fund_id", "channel", "key", "session_seq"], unique=False
    )
    op.create_table(
        "settlement_lines",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("statement_no", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("gross", BIG_INT, nullable=False),
        sa.Column("refund", BIG_INT, nullable=False),
        sa.Column("share", BIG_INT, nullable=False),
        sa.Column("tax", BIG_INT, nullable=False),
        sa.Column("net", BIG_INT, nullable=False),
        sa.Column("settled_seq", BIG_INT, nullable=False),
        sa.Column("paid_seq", BIG_INT, nullable=True),
        sa.ForeignKeyConstraint(
            ["fund_id", "settled_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_settlement_lines_fund_id_settled_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_settlement_lines_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "statement_no", name=op.f("pk_settlement_lines")),
        sqlite_strict=True,
    )
    op.create_table(
        "spends",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("spent_ms", BIG_INT, nullable=False),
        sa.Column("disease", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False, comment="The group of people"),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("persons", BIG_INT, nullable=False),
        sa.Column("person_times", BIG_INT, nullable=False),
        sa.Column("amount", BIG_INT, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column(
            "salt",
            sa.LargeBinary(),
            nullable=False,
            comment="Opens the entry's commitment to the counts",
        ),
        sa.CheckConstraint(
            "amount > 0 AND persons >= 0 AND person_times >= persons",
            name=op.f("ck_spends_figures"),
        ),
        sa.CheckConstraint("length(salt) = 32", name=op.f("ck_spends_salt_size")),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_spends_fund_id_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_spends_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "seq", name=op.f("pk_spends")),
        sqlite_strict=True,
    )
    op.create_table(
        "tokens",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column(
            "token_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of the token; the token is shown once",
        ),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False, comment="gifts"),
        sa.Column("created_ms", BIG_INT, nullable=False),
        sa.Column("ended_ms", BIG_INT, nullable=True),
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f("fk_tokens_fund_id_member_id_members"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_tokens_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "token_hash", name=op.f("pk_tokens")),
        sqlite_strict=True,
    )
    op.create_table(
        "transfers",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="proposed, approved, rejected, sent, confirmed, returned",
        ),
        sa.Column("from_account", sa.Text(), nullable=False),
        sa.Column("to_account", sa.Text(), nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("amount", BIG_INT, nullable=False),
        sa.Column(
            "fee", BIG_INT, nullable=False, comment="What the bank kept of it, known when sent"
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("proposed_seq", BIG_INT, nullable=False),
        sa.Column("approved_seq", BIG_INT, nullable=True),
        sa.Column("sent_seq", BIG_INT, nullable=True),
        sa.Column("ended_seq", BIG_INT, nullable=True),
        sa.Column(
            "transit_start",
            BIG_INT,
            nullable=True,
            comment="Where the sending put it on the transit line",
        ),
        sa.CheckConstraint(
            "amount > 0 AND fee >= 0 AND fee < amount", name=op.f("ck_transfers_amount")
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> proposed_by",
            name=op.f("ck_transfers_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "proposed_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_transfers_fund_id_proposed_seq_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_transfers_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "number", name=op.f("pk_transfers")),
        sqlite_strict=True,
    )
    op.create_table(
        "voids",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("account_id", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("start", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("length", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, nullable=False, comment="The reversing entry"),
        sa.CheckConstraint("start >= 0 AND length > 0", name=op.f("ck_voids_interval")),
        sa.ForeignKeyConstraint(
            ["fund_id", "account_id"],
            ["accounts.fund_id", "accounts.account_id"],
            name=op.f("fk_voids_fund_id_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_voids_fund_id_seq_entries"),
        ),
        sa.PrimaryKeyConstraint(
            "fund_id", "account_id", "commodity", "start", name=op.f("pk_voids")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop all tables."""
    op.drop_table("voids")
    op.drop_table("transfers")
    op.drop_table("tokens")
    op.drop_table("spends")
    op.drop_table("settlement_lines")
    op.drop_index("ix_sessions_key", table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("segments")
    op.drop_table("private_parts")
    op.drop_table("postings")
    op.drop_table("periods")
    op.drop_table("open_items")
    op.drop_table("holes")
    op.drop_table("fills")
    op.drop_table("claims")
    op.drop_index("ix_bank_lines_open", table_name="bank_lines")
    op.drop_table("bank_lines")
    op.drop_table("balances")
    op.drop_table("tiles")
    op.drop_table("statements")
    op.drop_table("rates")
    op.drop_table("money_accounts")
    op.drop_table("members")
    op.drop_table("held_rows")
    op.drop_table("fund_details")
    op.drop_table("files")
    op.drop_index("ix_entries_kind", table_name="entries")
    op.drop_table("entries")
    op.drop_table("deliveries")
    op.drop_table("checkpoints")
    op.drop_table("channels")
    op.drop_table("accounts")
    op.drop_table("funds")
