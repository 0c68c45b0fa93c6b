"""The activity record: who did or read what.

A new table only: nothing is locked. Its rows are never changed or removed, so it gets the triggers of the ledger's own
tables, and the service's role may read and add.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"


def upgrade() -> None:
    """Create the table, and refuse changes to it."""
    op.create_table(
        "activity",
        sa.Column(
            "fund_id",
            BIG_INT,
            autoincrement=False,
            nullable=False,
            comment="0: of the service, not of a fund",
        ),
        sa.Column("at_ms", BIG_INT, autoincrement=False, nullable=False),
        sa.Column(
            "number",
            BIG_INT,
            autoincrement=False,
            nullable=False,
            comment="Tells rows of one millisecond apart; within a process in order",
        ),
        sa.Column("user_id", BIG_INT, comment="None: nobody was signed in"),
        sa.Column("member_id", sa.Text()),
        sa.Column("role", sa.Text(), nullable=False, comment="In which they acted; may be empty"),
        sa.Column("address", sa.Text(), nullable=False, comment="IP address, or terminal:LOGIN"),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="Kind and id, such as decision/12"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="In the words of who did it"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fund_id", "at_ms", "number", name=op.f("pk_activity")),
        sa.CheckConstraint(
            "outcome IN ('done', 'read', 'refused', 'failed')", name=op.f("ck_activity_outcome")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_activity_fund_id_subject_at_ms"), "activity", ["fund_id", "subject", "at_ms"]
    )
    op.create_index(op.f("ix_activity_user_id_at_ms"), "activity", ["user_id", "at_ms"])
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER activity_no_{change.lower()} BEFORE {change} ON activity "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on activity is refused'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER activity_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON activity "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON activity TO {ROLE}")


def downgrade() -> None:
    """Drop the table, and with it its triggers."""
    op.drop_table("activity")
