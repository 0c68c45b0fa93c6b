"""Time stamps over the checkpoints of sealed months.

A new table only: nothing is locked. Its rows are never changed or removed: what an authority signed, it has signed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"


def upgrade() -> None:
    """Create the table, and refuse changes to it."""
    op.create_table(
        "anchors",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("size", BIG_INT, autoincrement=False, nullable=False),
        sa.Column(
            "token",
            sa.LargeBinary(),
            nullable=False,
            comment="Reply of a time stamp authority, RFC 3161",
        ),
        sa.Column(
            "stamped_at", sa.Text(), nullable=False, comment="That it vouches for, RFC 3339 UTC"
        ),
        sa.PrimaryKeyConstraint("fund_id", "size", name=op.f("pk_anchors")),
        sa.ForeignKeyConstraint(
            ["fund_id", "size"],
            ["checkpoints.fund_id", "checkpoints.size"],
            name=op.f("fk_anchors_fund_id_size_checkpoints"),
        ),
        sa.CheckConstraint("length(token) BETWEEN 1 AND 65536", name=op.f("ck_anchors_token")),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER anchors_no_{change.lower()} BEFORE {change} ON anchors "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on anchors is refused'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER anchors_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON anchors "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON anchors TO {ROLE}")


def downgrade() -> None:
    """Drop the table, and with it its triggers."""
    op.drop_table("anchors")
