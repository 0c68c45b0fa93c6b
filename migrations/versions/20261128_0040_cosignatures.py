"""Witnesses' cosignatures.

A new table only: nothing is locked. Its rows are never changed or removed: what a witness signed, it has signed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"


def upgrade() -> None:
    """Create the table, and refuse changes to it."""
    op.create_table(
        "cosignatures",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("size", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False, comment="The witness's verifier key"),
        sa.Column(
            "line", sa.LargeBinary(), nullable=False, comment="Signature line with its newline"
        ),
        sa.Column(
            "signed_at", BIG_INT, nullable=False, comment="POSIX seconds, as the witness says"
        ),
        sa.PrimaryKeyConstraint("fund_id", "size", "vkey", name=op.f("pk_cosignatures")),
        sa.ForeignKeyConstraint(
            ["fund_id", "size"],
            ["checkpoints.fund_id", "checkpoints.size"],
            name=op.f("fk_cosignatures_fund_id_size_checkpoints"),
        ),
        sa.CheckConstraint(
            "length(line) > 0 AND signed_at >= 0", name=op.f("ck_cosignatures_line")
        ),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER cosignatures_no_{change.lower()} BEFORE {change} ON cosignatures "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on cosignatures is refused'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER cosignatures_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignatures "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON cosignatures TO {ROLE}")


def downgrade() -> None:
    """Drop the table, and with it its triggers."""
    op.drop_table("cosignatures")
