"""What donors want shown of their gifts.

Locks: none; one new table, of a row for each donor who chooses something.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0027"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "gift_choices",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="On pages: masked or hidden"),
        sa.Column(
            "thanks", sa.Text(), nullable=False, comment="On the stream: none, name, amount"
        ),
        sa.Column("chosen_ms", BIG_INT, nullable=False),
        sa.PrimaryKeyConstraint("fund_id", "seq", name=op.f("pk_gift_choices")),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["private_parts.fund_id", "private_parts.seq"],
            name=op.f("fk_gift_choices_fund_id_seq_private_parts"),
        ),
        sa.CheckConstraint("name IN ('masked', 'hidden')", name=op.f("ck_gift_choices_name")),
        sa.CheckConstraint(
            "thanks IN ('none', 'name', 'amount')", name=op.f("ck_gift_choices_thanks")
        ),
        sa.CheckConstraint(
            "name = 'masked' OR thanks = 'none'", name=op.f("ck_gift_choices_hidden")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_gift_choices_thanks"), "gift_choices", ["fund_id", "thanks", "seq"])
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"GRANT SELECT, INSERT, DELETE ON gift_choices TO {ROLE}")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("gift_choices")
