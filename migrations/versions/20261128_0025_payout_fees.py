"""Fees that platforms state and keep of payouts.

Locks: `settlement_lines` while a column with a constant default is added; its rows are some dozens a year.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column, and fill it from what the settlements' entries say: going down forgot it."""
    op.add_column(
        "settlement_lines",
        sa.Column(
            "payout_fee",
            BIG_INT,
            nullable=False,
            server_default="0",
            comment="That the platform states and may keep of the net",
        ),
    )
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT s.fund_id, s.settled_seq, e.entry FROM settlement_lines s "
            "JOIN entries e ON e.fund_id = s.fund_id AND e.seq = s.settled_seq"
        )
    ).all()
    for row in rows:
        fee = json.loads(bytes(row.entry))["body"].get("payout_fee", 0)
        if fee:
            connection.execute(
                sa.text(
                    "UPDATE settlement_lines SET payout_fee = :fee WHERE fund_id = :fund_id AND settled_seq = :seq"
                ),
                {"fee": fee, "fund_id": row.fund_id, "seq": row.settled_seq},
            )


def downgrade() -> None:
    """Drop the column; the entries keep what was stated."""
    op.drop_column("settlement_lines", "payout_fee")
