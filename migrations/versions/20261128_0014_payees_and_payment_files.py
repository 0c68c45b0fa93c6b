"""Who stands behind an account, what a transfer is for, payment files, and what is decided about transfers for good.

Locks: `money_accounts` and `transfers`, for adding columns with a default.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
APPEND_ONLY = ("transfer_files", "payment_files", "transfer_rules")

OF_ACCOUNTS = {
    "holder": "As the bank writes it; private",
    "bank": None,
    "clearing": "CNAPS, 12 digits",
    "bic": None,
}
OF_TRANSFERS = {
    "purpose": "Anyone may read it",
    "payee": "Keyed pseudonym of the details",
    "evidence": "Hashes, spaces between",
}


def upgrade() -> None:
    """Add columns and tables."""
    for table, columns in (("money_accounts", OF_ACCOUNTS), ("transfers", OF_TRANSFERS)):
        for name, said in columns.items():
            new = sa.Column(name, sa.Text(), nullable=False, server_default="", comment=said)
            op.add_column(table, new)
    said = "Entry that changed these details last"
    op.add_column("money_accounts", sa.Column("changed_seq", BIG_INT, comment=said))
    op.add_column(
        "transfers", sa.Column("entered_by", sa.Text(), comment="Who entered it at the bank")
    )
    op.add_column("transfers", sa.Column("entered_seq", BIG_INT))
    _create_files()
    _create_payment_files()
    _create_rules()
    for table in APPEND_ONLY:
        _refuse_changes(table)


def _create_files() -> None:
    op.create_table(
        "transfer_files",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False, comment="Who brought it"),
        sa.Column("taken_ms", BIG_INT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="As it may be shown"),
        sa.Column("kind", sa.Text(), nullable=False, comment="What it is by its bytes"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="The bytes as uploaded: evidence"
        ),
        sa.PrimaryKeyConstraint("fund_id", "sha256", name=op.f("pk_transfer_files")),
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f("fk_transfer_files_fund_id_member_id_members"),
        ),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_transfer_files_sha256_size")),
        sqlite_strict=True,
    )


def _create_payment_files() -> None:
    op.create_table(
        "payment_files",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False, comment="Unique in the fund"),
        sa.Column(
            "format",
            sa.Text(),
            nullable=False,
            comment="pain.001.001.09, or csv/ and a mapping",
        ),
        sa.Column("transfers", sa.Text(), nullable=False, comment="Numbers, spaces between"),
        sa.Column("seq", BIG_INT, nullable=False, comment="The entry"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="The bytes as handed out"),
        sa.PrimaryKeyConstraint("fund_id", "sha256", name=op.f("pk_payment_files")),
        sa.UniqueConstraint(
            "fund_id", "message_id", name=op.f("uq_payment_files_fund_id_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_payment_files_fund_id_seq_entries"),
        ),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_payment_files_sha256_size")),
        sqlite_strict=True,
    )


def _create_rules() -> None:
    op.create_table(
        "transfer_rules",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="transfer_policy, payment_columns"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", BIG_INT, autoincrement=False, nullable=False, comment="From 1"),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON, as it was decided"),
        sa.Column("decision", BIG_INT, nullable=False),
        sa.PrimaryKeyConstraint(
            "fund_id", "kind", "name", "version", name=op.f("pk_transfer_rules")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "decision"],
            ["decisions.fund_id", "decisions.number"],
            name=op.f("fk_transfer_rules_fund_id_decision_decisions"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_transfer_rules_version")),
        sqlite_strict=True,
    )


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on {table} is refused'); END"
            )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {ROLE}")


def downgrade() -> None:
    """Drop what was added; files of evidence are gone with it."""
    for table in reversed(APPEND_ONLY):
        op.drop_table(table)
    for name in ("entered_seq", "entered_by", *reversed(OF_TRANSFERS)):
        op.drop_column("transfers", name)
    for name in ("changed_seq", *reversed(OF_ACCOUNTS)):
        op.drop_column("money_accounts", name)
