"""Months go from open to sealed in steps: a row for each, read from the entries that say so.

Locks: replaces `periods`, which has a row for each closed month; reads the few entries of their kinds by index.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
STATES = {
    "period.closing": "closing",
    "period.closed": "closed",
    "period.reopened": "reopened",
    "period.sealed": "sealed",
}


def upgrade() -> None:
    """Create the table of steps, fill it from the entries, and drop what it replaces."""
    steps = _create()
    bind = op.get_bind()
    found = bind.execute(
        sa.text("SELECT fund_id, seq, kind, entry FROM entries WHERE kind LIKE 'period.%'")
    ).all()
    rows = [_row(*row) for row in found]
    if rows:
        op.bulk_insert(steps, rows)
    _refuse_changes()
    op.drop_table("periods")


def _row(fund_id: int, seq: int, kind: str, entry: bytes) -> dict[str, object]:
    body = json.loads(bytes(entry))["body"]
    return {
        "fund_id": fund_id,
        "seq": seq,
        "month": body["month"],
        "state": STATES[kind],
        "ends": body.get("ends"),
        "until": body.get("until"),
    }


def _create() -> sa.Table:
    return op.create_table(
        "period_steps",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("month", sa.Text(), nullable=False, comment="2026-10, in the fund's zone"),
        sa.Column("state", sa.Text(), nullable=False, comment="That the month is in from then on"),
        sa.Column("ends", sa.Text(), comment="First instant after it, RFC 3339 UTC"),
        sa.Column("until", sa.Text(), comment="When a reopened month closes by itself"),
        sa.PrimaryKeyConstraint("fund_id", "seq", name=op.f("pk_period_steps")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_period_steps_fund_id_funds")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_period_steps_fund_id_seq_entries"),
        ),
        sa.CheckConstraint(
            "state IN ('closing', 'closed', 'reopened', 'sealed')",
            name=op.f("ck_period_steps_state"),
        ),
        sa.CheckConstraint(
            "(state = 'reopened') = (until IS NOT NULL)", name=op.f("ck_period_steps_until")
        ),
        sqlite_strict=True,
    )


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER period_steps_no_{change.lower()} BEFORE {change} ON period_steps "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on period_steps is refused'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER period_steps_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON period_steps "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON period_steps TO {ROLE}")


def downgrade() -> None:
    """Bring the closed months back, each with the entry that closed it last; other steps are in the entries."""
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
    op.execute(
        "INSERT INTO periods (fund_id, month, closed_seq) SELECT fund_id, month, max(seq) "
        "FROM period_steps WHERE state = 'closed' GROUP BY fund_id, month"
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON periods TO {ROLE}")
    op.drop_table("period_steps")
