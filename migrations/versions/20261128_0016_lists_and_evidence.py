"""Lists that a fund edits, files of evidence, and which entry each proves.

New tables only: nothing is locked. All are append-only. The changes of lists are filled from their entries, the files
that entries name cannot be: they come back only from a backup.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0040"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
APPEND_ONLY = ("list_changes", "evidence_files", "entry_evidence")


def upgrade() -> None:
    """Create the tables, fill what entries tell, and refuse changes."""
    changes = _create_changes()
    _create_files()
    _create_joins()
    _fill(changes)
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


def _entry(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["fund_id", "seq"],
        ["entries.fund_id", "entries.seq"],
        name=op.f(f"fk_{table}_fund_id_seq_entries"),
    )


def _of_fund(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["fund_id"], ["funds.fund_id"], name=op.f(f"fk_{table}_fund_id_funds")
    )


def _create_changes() -> sa.Table:
    return op.create_table(
        "list_changes",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False, comment="The entry"),
        sa.Column("list", sa.Text(), nullable=False, comment="disease, group, provider or cost"),
        sa.Column("change", sa.Text(), nullable=False, comment="add, rename, retire or restore"),
        sa.Column("code", sa.Text(), nullable=False, comment="Never used twice"),
        sa.Column("zh", sa.Text(), nullable=False, comment="Name from now on, or empty"),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="Of a provider, or empty"),
        sa.PrimaryKeyConstraint("fund_id", "seq", name=op.f("pk_list_changes")),
        _entry("list_changes"),
        _of_fund("list_changes"),
        sqlite_strict=True,
    )


def _create_files() -> None:
    op.create_table(
        "evidence_files",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False, comment="Who brought it"),
        sa.Column("taken_ms", BIG_INT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="As it may be shown"),
        sa.Column("kind", sa.Text(), nullable=False, comment="What it is by its bytes"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="The bytes as uploaded: evidence"
        ),
        sa.PrimaryKeyConstraint("fund_id", "sha256", name=op.f("pk_evidence_files")),
        _of_fund("evidence_files"),
        sa.ForeignKeyConstraint(
            ["fund_id", "member_id"],
            ["members.fund_id", "members.member_id"],
            name=op.f("fk_evidence_files_fund_id_member_id_members"),
        ),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_evidence_files_sha256_size")),
        sqlite_strict=True,
    )


def _create_joins() -> None:
    op.create_table(
        "entry_evidence",
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False, comment="What it proves"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("fund_id", "seq", "sha256", name=op.f("pk_entry_evidence")),
        _entry("entry_evidence"),
        sa.ForeignKeyConstraint(
            ["fund_id", "sha256"],
            ["evidence_files.fund_id", "evidence_files.sha256"],
            name=op.f("fk_entry_evidence_fund_id_sha256_evidence_files"),
        ),
        sqlite_strict=True,
    )


def _fill(changes: sa.Table) -> None:
    bind = op.get_bind()
    rows = bind.execute(
        sa.text("SELECT fund_id, seq, entry FROM entries WHERE kind = 'list.changed'")
    ).all()
    for fund_id, seq, entry in rows:
        body = json.loads(bytes(entry))["body"]
        told = {
            name: body.get(name, "") for name in ("list", "change", "code", "zh", "en", "kind")
        }
        bind.execute(sa.insert(changes).values(fund_id=fund_id, seq=seq, **told))


def downgrade() -> None:
    """Drop them; the files of evidence are gone with it."""
    for table in reversed(APPEND_ONLY):
        op.drop_table(table)
