"""What the service needs of its database before it can do its work."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def owns_tables(connection: sa.Connection) -> bool:
    """Tell whether we work as the owner of the tables.

    An owner may change and delete history, whatever has been revoked. Only PostgreSQL knows owners.

    Args:
        connection: In a transaction.

    Returns:
        False on SQLite.
    """
    if connection.dialect.name != "postgresql":
        return False
    found = connection.execute(
        sa.text(
            "SELECT count(*) FROM pg_tables"
            " WHERE schemaname = current_schema() AND tablename = 'entries' AND tableowner = current_user"
        )
    ).scalar_one()
    return bool(found)


def is_read_only(connection: sa.Connection) -> bool:
    """Tell whether nothing can be written now: a replica, a database set to read only, a disk mounted so.

    Args:
        connection: In a transaction.

    Returns:
        Whether writers would be refused.
    """
    if connection.dialect.name == "postgresql":
        return bool(
            connection.execute(
                sa.text(
                    "SELECT pg_is_in_recovery() OR reset_val::boolean FROM pg_settings"
                    " WHERE name = 'default_transaction_read_only'"
                )
            ).scalar_one()
        )
    file = connection.engine.url.database
    return bool(file) and not os.access(str(file), os.W_OK)


def schema_problem(connection: sa.Connection) -> str | None:
    """Compare the database's schema with the newest that this version knows.

    Args:
        connection: In a transaction.

    Returns:
        A sentence that says what to do; None when they agree.
    """
    found = MigrationContext.configure(connection).get_current_revision() or "none"
    if found == newest_schema():
        return None
    return f"The database's schema is {found}, this version needs {newest_schema()}: run `python -m ledger db upgrade`."


@cache
def newest_schema() -> str:
    """Return the newest revision that this version knows, read once: each migration is a file to compile."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head() or "none"
