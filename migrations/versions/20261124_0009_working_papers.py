"""Auditors' working papers.

A new table only: nothing is locked. Its rows are never changed or removed: a version is a row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"


def upgrade() -> None:
    """Create the table, and refuse changes to it."""
    op.create_table(
        "working_papers",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("version", BIG_INT, autoincrement=False, nullable=False),
        sa.Column(
            "member_id", sa.Text(), nullable=False, comment="Whose; of all versions the same"
        ),
        sa.Column("at_ms", BIG_INT, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="Such as decision/12; may be empty"
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fund_id", "number", "version", name=op.f("pk_working_papers")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_working_papers_fund_id_funds")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f("fk_working_papers_fund_id_member_id_members"),
        ),
        sa.CheckConstraint("number > 0 AND version > 0", name=op.f("ck_working_papers_positive")),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER working_papers_no_{change.lower()} BEFORE {change} ON working_papers "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on working_papers is refused'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER working_papers_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON working_papers "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON working_papers TO {ROLE}")


def downgrade() -> None:
    """Drop the table, and with it its triggers."""
    op.drop_table("working_papers")
