"""Spending sheets as they were uploaded, and spending by payment reference.

A new table, append-only, and an index of `spends`: writing it locks that table once, some seconds for a million rows.
Sheets of before cannot be filled: nothing kept them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
TABLE = "spend_sheets"


def upgrade() -> None:
    """Create table and index, and refuse changes."""
    op.create_table(
        TABLE,
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False, comment="Commitment, as entries name it"),
        sa.Column(
            "salt", sa.LargeBinary(), nullable=False, comment="Opens the commitment to the hash"
        ),
        sa.Column(
            "member_id", sa.Text(), nullable=True, comment="Who brought it; none by the shell"
        ),
        sa.Column("taken_ms", BIG_INT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="As it may be shown"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="The bytes as uploaded: evidence"
        ),
        sa.PrimaryKeyConstraint("fund_id", "sheet", name=op.f("pk_spend_sheets")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_spend_sheets_fund_id_funds")
        ),
        sa.CheckConstraint("length(salt) = 32", name=op.f("ck_spend_sheets_salt_size")),
        sqlite_strict=True,
    )
    op.create_index("ix_spends_reference", "spends", ["fund_id", "reference"])
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {TABLE}_no_{change.lower()} BEFORE {change} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on {TABLE} is refused'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {ROLE}")


def downgrade() -> None:
    """Drop them; the sheets as uploaded are gone with it."""
    op.drop_index("ix_spends_reference", "spends")
    op.drop_table(TABLE)
