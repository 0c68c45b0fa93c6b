"""Exceptions: owner, due day and state; threads and evidence beside them.

Locks: `open_items` is rewritten once; it has a row for each exception, some hundreds a year.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
APPEND_ONLY = ("exception_notes", "exception_files")

FILLED = {
    "since": "Day it was observed on; ages count from it",
    "due": "Day by which it is to be explained",
    "state": None,
}
EMPTY = {
    "owner": "Member who looks after it",
    "disputed": "Day since when it is contested",
    "paused": "Day since when an outside party is waited for",
}

DAYS = {
    "missing_gift": 1,
    "late_refund": 5,
}
"""Days until it is due, of the kinds that were raised before this step."""


def upgrade() -> None:
    """Extend the table, and fill the new columns from what its rows say."""
    for name, said in FILLED.items():
        new = sa.Column(name, sa.Text(), nullable=False, server_default="open", comment=said)
        op.add_column("open_items", new)
    for name, said in EMPTY.items():
        op.add_column("open_items", sa.Column(name, sa.Text(), nullable=True, comment=said))
    new = sa.Column("decision", BIG_INT, nullable=True, comment="Open decision about it")
    op.add_column("open_items", new)
    _fill()
    op.create_index("ix_open_items_state", "open_items", ["fund_id", "state", "raised_seq"])
    op.create_index("ix_open_items_subject", "open_items", ["fund_id", "kind", "subject"])
    _create_notes()
    _create_files()
    _refuse_changes()


def _fill() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"

    def day(extra: int) -> str:
        """Return the SQL for the day of raising, in UTC, and some days more."""
        seconds = f"raised_ms / 1000 + {extra * 86_400}"
        if is_sqlite:
            return f"strftime('%Y-%m-%d', {seconds}, 'unixepoch')"
        return f"to_char(to_timestamp({seconds}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"

    op.execute(f"UPDATE open_items SET since = {day(0)}, due = {day(1)}")
    for kind, days in DAYS.items():
        op.execute(f"UPDATE open_items SET due = {day(days)} WHERE kind = '{kind}'")
    op.execute("UPDATE open_items SET state = 'resolved' WHERE resolved_seq IS NOT NULL")


def _of_item(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.ForeignKeyConstraint(
            ["fund_id", "raised_seq"],
            ["open_items.fund_id", "open_items.raised_seq"],
            name=op.f(f"fk_{table}_fund_id_raised_seq_open_items"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f(f"fk_{table}_fund_id_member_id_members"),
        ),
    ]


def _create_notes() -> None:
    op.create_table(
        "exception_notes",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("raised_seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("at_ms", BIG_INT, nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False, comment="note, assigned, due, paused …"),
        sa.Column("value", sa.Text(), nullable=False, comment="Member, day or hash; may be empty"),
        sa.Column("text", sa.Text(), nullable=False, comment="Personal: never in an entry"),
        sa.PrimaryKeyConstraint(
            "fund_id", "raised_seq", "number", name=op.f("pk_exception_notes")
        ),
        *_of_item("exception_notes"),
        sa.CheckConstraint("number > 0", name=op.f("ck_exception_notes_number")),
        sqlite_strict=True,
    )


def _create_files() -> None:
    op.create_table(
        "exception_files",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("raised_seq", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False, comment="Who brought it"),
        sa.Column("taken_ms", BIG_INT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="As it may be shown"),
        sa.Column("kind", sa.Text(), nullable=False, comment="What it is by its bytes"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="The bytes as uploaded: evidence"
        ),
        sa.PrimaryKeyConstraint(
            "fund_id", "raised_seq", "sha256", name=op.f("pk_exception_files")
        ),
        *_of_item("exception_files"),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_exception_files_sha256_size")),
        sqlite_strict=True,
    )


def _refuse_changes() -> None:
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on {table} is refused'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            op.execute(f"GRANT SELECT, INSERT ON {table} TO {ROLE}")


def downgrade() -> None:
    """Drop what was added; what people wrote in threads is gone with it."""
    for table in reversed(APPEND_ONLY):
        op.drop_table(table)
    op.drop_index("ix_open_items_subject", "open_items")
    op.drop_index("ix_open_items_state", "open_items")
    for name in ("decision", "paused", "disputed", "owner", "state", "due", "since"):
        op.drop_column("open_items", name)
