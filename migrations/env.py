"""How alembic reaches the database: with the connection it is given, one transaction for all steps."""

from alembic import context

from ledger.all_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
