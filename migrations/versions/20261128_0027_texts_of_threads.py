"""What people wrote about an exception lies beside its step, in a row that can be erased.

Locks: `exception_notes` and `exception_files` are altered; they have some rows for each exception. The name of a
file of evidence is the text of the step that brought it. Going down, a text that was erased is empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0041"
branch_labels = None
depends_on = None

BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "ledger_runtime"
MOVED = (("exception_notes", "text"), ("exception_files", "name"))
KEY = ("fund_id", "raised_seq", "number")


def upgrade() -> None:
    """Create the table, move the texts, and let rows go but not change."""
    op.create_table(
        "exception_texts",
        *(sa.Column(name, BIG_INT, autoincrement=False, nullable=False) for name in KEY),
        sa.Column("text", sa.Text(), nullable=False, comment="Personal: may be erased"),
        sa.PrimaryKeyConstraint(*KEY, name=op.f("pk_exception_texts")),
        sa.ForeignKeyConstraint(
            list(KEY),
            [f"exception_notes.{name}" for name in KEY],
            name=op.f("fk_exception_texts_fund_id_raised_seq_number_exception_notes"),
        ),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO exception_texts (fund_id, raised_seq, number, text) "
        "SELECT fund_id, raised_seq, number, text FROM exception_notes"
    )
    for table, column in MOVED:
        op.drop_column(table, column)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER exception_texts_no_update BEFORE UPDATE ON exception_texts "
            "BEGIN SELECT RAISE(ABORT, 'append-only: UPDATE on exception_texts is refused'); END"
        )
        return
    op.execute(
        "CREATE TRIGGER exception_texts_no_change BEFORE UPDATE OR TRUNCATE ON exception_texts "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON exception_texts TO {ROLE}")


def downgrade() -> None:
    """Put what is left of the texts back into the rows."""
    for table, column in MOVED:
        new = sa.Column(column, sa.Text(), nullable=False, server_default="")
        op.add_column(table, new)
    with_steps = (
        (
            "exception_notes",
            "text",
            "n.raised_seq = exception_notes.raised_seq AND n.number = exception_notes.number",
        ),
        (
            "exception_files",
            "name",
            f"n.raised_seq = exception_files.raised_seq AND n.value = {_hex('exception_files.sha256')}",
        ),
    )
    for table, column, where in with_steps:
        found = (
            "SELECT t.text FROM exception_notes n JOIN exception_texts t ON t.fund_id = n.fund_id "
            "AND t.raised_seq = n.raised_seq AND t.number = n.number "
            f"WHERE n.fund_id = {table}.fund_id AND {where} ORDER BY n.number LIMIT 1"
        )
        _allow_changes(table)
        op.execute(f"UPDATE {table} SET {column} = coalesce(({found}), '')")
        _refuse_changes(table)
    op.drop_table("exception_texts")


def _hex(column: str) -> str:
    if op.get_bind().dialect.name == "sqlite":
        return f"lower(hex({column}))"
    return f"encode({column}, 'hex')"


def _allow_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_no_update")
    else:
        op.execute(f"DROP TRIGGER {table}_no_change ON {table}")


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'append-only: UPDATE on {table} is refused'); END"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
