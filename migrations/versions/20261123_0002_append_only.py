"""Refuse changes to history in the database itself, and give the service a role that cannot ask for them.

Locks: creates triggers only (a short exclusive lock on each table), and on PostgreSQL a role. The role is of the whole
server, so it stays when this step is taken back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "funds",
    "accounts",
    "entries",
    "postings",
    "balances",
    "tiles",
    "checkpoints",
    "segments",
    "voids",
    "holes",
    "fills",
)
"""Tables of which no row is ever changed or removed."""

ROLE = "ledger_runtime"


def upgrade() -> None:
    """Create the triggers; on PostgreSQL the role and its grants too."""
    if op.get_bind().dialect.name == "sqlite":
        _refuse_on_sqlite()
    else:
        _refuse_on_postgresql()
        _grant_on_postgresql()


def _refuse_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {change} on {table} is refused'); END"
            )
        # REPLACE asks the DELETE trigger only where recursive triggers are on, as on all our connections. Whoever opens
        # the file with another tool can drop triggers as well: that is what signer, witness and `verify` are for.
    op.execute(
        "CREATE TRIGGER claims_no_delete BEFORE DELETE ON claims "
        "BEGIN SELECT RAISE(ABORT, 'append-only: DELETE on claims is refused'); END"
    )
    # Erasing a donor replaces id and digest by keyed hashes; what they point at never changes.
    op.execute(
        "CREATE TRIGGER claims_no_update BEFORE UPDATE OF fund_id, scope, seq ON claims "
        "BEGIN SELECT RAISE(ABORT, 'append-only: UPDATE on claims is refused'); END"
    )


def _refuse_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER claims_no_change BEFORE DELETE OR TRUNCATE ON claims "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER claims_no_update BEFORE UPDATE OF fund_id, scope, seq ON claims "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _grant_on_postgresql() -> None:
    connection = op.get_bind()
    if not connection.execute(
        sa.text("SELECT 1 FROM pg_roles WHERE rolname = :r"), {"r": ROLE}
    ).scalar():
        op.execute(f"CREATE ROLE {ROLE} NOLOGIN")
    schema = connection.execute(sa.text("SELECT current_schema()")).scalar()
    op.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO {ROLE}')
    tables = sa.inspect(connection).get_table_names()
    for table in tables:
        op.execute(f'GRANT SELECT, INSERT ON "{table}" TO {ROLE}')
        if table == "claims":
            op.execute(f"GRANT UPDATE (key, digest) ON claims TO {ROLE}")
        elif table not in (*APPEND_ONLY, "alembic_version"):
            op.execute(f'GRANT UPDATE, DELETE ON "{table}" TO {ROLE}')


def downgrade() -> None:
    """Drop the triggers and take the grants back."""
    if op.get_bind().dialect.name == "sqlite":
        for table in (*APPEND_ONLY, "claims"):
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(f"DROP TRIGGER {table}_no_delete")
        return
    for table in (*APPEND_ONLY, "claims"):
        op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
    op.execute("DROP TRIGGER claims_no_update ON claims")
    op.execute("DROP FUNCTION refuse_change()")
    for table in sa.inspect(op.get_bind()).get_table_names():
        op.execute(f'REVOKE ALL ON "{table}" FROM {ROLE}')
