"""Files that were read wrongly can be taken again: what was withdrawn is recorded.

Locks: `match_parts` while its reference to bank lines is dropped: a released match may name a line that was
withdrawn. On SQLite the table is written anew; it has a row for each line that is matched.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
TABLE, PARTS, BEFORE = "file_withdrawals", "match_parts", "match_parts_before"
TO_LINES = "fk_match_parts_fund_id_account_identity_bank_lines"
COLUMNS = "fund_id, number, part, expectation, account, identity, amount, seq"


def upgrade() -> None:
    """Create the table, and let parts of matches outlive their lines."""
    op.create_table(
        TABLE,
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False, comment="From 1"),
        sa.Column("at_ms", BIG_INT, nullable=False),
        sa.Column("member_id", sa.Text(), comment="Who; NULL for whoever has the machine"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parser", sa.Text(), nullable=False, comment="By which it was read"),
        sa.Column(
            "statements", sa.Text(), nullable=False, comment="JSON: figures of what was withdrawn"
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_file_withdrawals_number")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.fund_id"], name=op.f("fk_file_withdrawals_fund_id_funds")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "sha256"],
            ["files.fund_id", "files.sha256"],
            name=op.f("fk_file_withdrawals_fund_id_sha256_files"),
        ),
        sa.PrimaryKeyConstraint("fund_id", "sha256", "number", name=op.f("pk_file_withdrawals")),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        _write_parts_anew(with_lines=False)
        _refuse_changes(TABLE)
        return
    op.drop_constraint(TO_LINES, PARTS, type_="foreignkey")
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {ROLE}")


def _refuse_changes(table: str) -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on {table} is refused'); END"
        )


def _write_parts_anew(*, with_lines: bool) -> None:
    """Write the table with or without its reference to lines: SQLite cannot change a table's references."""
    for change in ("update", "delete"):
        op.execute(f"DROP TRIGGER {PARTS}_no_{change}")
    for index in ("line", "seq"):
        op.drop_index(f"ix_match_parts_{index}", table_name=PARTS)
    op.rename_table(PARTS, BEFORE)
    references = [
        sa.ForeignKeyConstraint(
            ["fund_id", "number"],
            ["matches.fund_id", "matches.number"],
            name=op.f("fk_match_parts_fund_id_number_matches"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id", "seq"],
            ["entries.fund_id", "entries.seq"],
            name=op.f("fk_match_parts_fund_id_seq_entries"),
        ),
    ]
    if with_lines:
        references.append(_to_lines())
    op.create_table(
        PARTS,
        sa.Column("fund_id", BIG_INT, nullable=False),
        sa.Column("number", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("part", BIG_INT, autoincrement=False, nullable=False),
        sa.Column("expectation", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("amount", BIG_INT, nullable=False, comment="Allocated, signed minor units"),
        sa.Column("seq", BIG_INT, nullable=False, comment="The entry that the line explains"),
        sa.PrimaryKeyConstraint("fund_id", "number", "part", name=op.f("pk_match_parts")),
        *references,
        sqlite_strict=True,
    )
    op.execute(f"INSERT INTO {PARTS} ({COLUMNS}) SELECT {COLUMNS} FROM {BEFORE}")
    op.drop_table(BEFORE)
    op.create_index("ix_match_parts_line", PARTS, ["fund_id", "account", "identity"])
    op.create_index("ix_match_parts_seq", PARTS, ["fund_id", "seq"])
    _refuse_changes(PARTS)


def _to_lines() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["fund_id", "account", "identity"],
        ["bank_lines.fund_id", "bank_lines.account", "bank_lines.identity"],
        name=op.f(TO_LINES),
    )


def downgrade() -> None:
    """Drop the record. Where a line was withdrawn that a released match names, the reference cannot come back."""
    if op.get_bind().dialect.name == "sqlite":
        _write_parts_anew(with_lines=True)
    else:
        op.create_foreign_key(
            TO_LINES,
            PARTS,
            "bank_lines",
            ["fund_id", "account", "identity"],
            ["fund_id", "account", "identity"],
        )
    op.drop_table(TABLE)
