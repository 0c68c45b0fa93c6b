"""Who was reminded on which day: letters go once a day.

Locks: none; one new table, of some rows a day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0034"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "reminders",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("day", sa.Text(), nullable=False, comment="Where the fund is, ISO 8601"),
        sa.Column("member_id", sa.Text(), nullable=False, comment="Who had a letter"),
        sa.Column("at_ms", BIG_INT, nullable=False),
        sa.PrimaryKeyConstraint("fund_id", "day", "member_id", name=op.f("pk_reminders")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_reminders_fund_id_funds")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f("fk_reminders_fund_id_member_id_members"),
        ),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON reminders TO {ROLE}")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("reminders")
