"""Schema changes: bring a database to the newest schema, or say where it differs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from ledger import distribution
from ledger.all_tables import metadata
from ledger.db import Database, in_both
from ledger.errors import StateError
from ledger.projections.readiness import MIGRATIONS


def upgrade(database: Database, revision: str = "head") -> str:
    """Bring the schema to a revision, all steps in one transaction.

    Args:
        database: Opened as the owner of the tables.
        revision: `head`, or an older one.

    Returns:
        The revision reached.
    """
    with _configured(database) as config:
        command.upgrade(config, revision)
    return current(database)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to a revision.

    Args:
        database: Opened as the owner of the tables.
        revision: `base`, or a revision.
    """
    with _configured(database) as config:
        command.downgrade(config, revision)


def current(database: Database) -> str:
    """Return the revision of a database, empty when it has none."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def drift(database: Database) -> list[str]:
    """Return how the database's tables differ from the code's, a line each; empty when they agree."""
    with _configured(database) as config, database.reading() as connection:
        assert config is not None
        context = MigrationContext.configure(
            connection, opts={"compare_type": False, "include_object": in_both}
        )
        return [repr(difference) for difference in compare_metadata(context, metadata)]


def places() -> list[distribution.Placed]:
    """Return where each table goes on Citus."""
    return distribution.plan(metadata)


def distribute(database: Database, *, only_told: bool = False) -> list[str]:
    """Bring every table to its place on Citus.

    Args:
        database: Opened as the owner of the tables.
        only_told: Whether the statements are only returned, whatever the server can do.

    Returns:
        The statements; none where all is done.

    Raises:
        StateError: The database is no PostgreSQL, has another schema, lacks Citus or has funds already; or a table
            cannot be distributed.
    """
    with database.writing() as connection:
        wanted = distribution.plan(metadata)
        missing = {one.table for one in wanted} ^ distribution.tables_of(connection)
        if missing:
            raise StateError(
                what="tables", state=", ".join(sorted(missing)[:5]), needed="db upgrade"
            )
        found = distribution.standing(connection)
        if not only_told:
            distribution.check(wanted, found)
        sql = distribution.statements(metadata, wanted, found)
        if not only_told:
            for one in sql:
                connection.exec_driver_sql(one)
    return sql


@contextlib.contextmanager
def _configured(database: Database) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        yield config
