"""Questions that viewers ask.

New tables only: nothing is locked. What became of a question only grows; the text of one can be deleted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
GROWING = ("questions", "question_steps")


def upgrade() -> None:
    """Create the tables, and refuse changes to two of them."""
    op.create_table(
        "questions",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("asked_ms", BIG_INT, nullable=False),
        sa.Column("gift_seq", BIG_INT, comment="The gift that it is about"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "suspicion", sa.Text(), nullable=False, comment="Why it looks like spam; or empty"
        ),
        sa.PrimaryKeyConstraint("fund_id", "number", name=op.f("pk_questions")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_questions_fund_id_funds")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "gift_seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_questions_fund_id_gift_seq_entries"),
        ),
        sa.CheckConstraint(
            "number > 0 AND language IN ('zh', 'en')", name=op.f("ck_questions_number")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "question_texts",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fund_id", "number", name=op.f("pk_question_texts")),
        sa.ForeignKeyConstraint(
            ["fund_id", "number"],
            ["questions.fund_id", "questions.number"],
            name=op.f("fk_question_texts_fund_id_number_questions"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "question_steps",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("step", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("at_ms", BIG_INT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="Of an answer; or empty"),
        sa.PrimaryKeyConstraint("fund_id", "number", "step", name=op.f("pk_question_steps")),
        sa.ForeignKeyConstraint(
            ["fund_id", "number"],
            ["questions.fund_id", "questions.number"],
            name=op.f("fk_question_steps_fund_id_number_questions"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f("fk_question_steps_fund_id_member_id_members"),
        ),
        sa.CheckConstraint(
            "step > 0 AND kind IN ('shown', 'hidden', 'assigned', 'answered', 'erased')",
            name=op.f("ck_question_steps_kind"),
        ),
        sqlite_strict=True,
    )
    for table in GROWING:
        _refuse_changes(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"GRANT SELECT, INSERT, DELETE ON question_texts TO {ROLE}")


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on {table} is refused'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON {table} TO {ROLE}")


def downgrade() -> None:
    """Drop the tables, and with them their triggers."""
    for table in ("question_steps", "question_texts", "questions"):
        op.drop_table(table)
