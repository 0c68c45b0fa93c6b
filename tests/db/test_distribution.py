"""Distributing: refused where Citus is not, and the statements run on PostgreSQL with functions of its names beside it.

There is no Citus in these tests: what it does with the statements is not shown here.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from ledger import distribution
from ledger.all_tables import metadata
from ledger.cli.database import distribute
from ledger.db import Database
from ledger.errors import StateError
from tests.db import ledgers
from tests.flow.cli import Cli

STAND_INS = """
CREATE TABLE placed (name text, place text);
CREATE FUNCTION create_reference_table(name regclass) RETURNS void LANGUAGE sql
    AS $$ INSERT INTO placed VALUES (name::text, 'reference') $$;
CREATE FUNCTION create_distributed_table(name regclass, by text, colocate_with text) RETURNS void LANGUAGE sql
    AS $$ INSERT INTO placed VALUES (name::text, by || ' ' || colocate_with) $$;
CREATE FUNCTION create_distributed_function(name regprocedure) RETURNS void LANGUAGE sql AS $$ SELECT $$;
"""


def test_a_database_without_citus_is_refused_and_told_what_would_be_run(
    database: Database,
) -> None:
    with pytest.raises(StateError) as refused:
        distribute(database)
    if database.is_sqlite:
        assert refused.value.fields["state"] == "sqlite"
        with pytest.raises(StateError):
            distribute(database, only_told=True)
        return
    assert refused.value.fields["what"] == "extension citus"
    sql = distribute(database, only_told=True)
    assert len([one for one in sql if "create_distributed_table" in one]) > 50
    with database.writing() as connection:
        for one in STAND_INS.split(";\n"):
            if one.strip():
                connection.exec_driver_sql(one)
        for one in sql:
            connection.exec_driver_sql(one.replace("%", "%%"))
        placed = connection.execute(sa.text("SELECT name, place FROM placed")).all()
        assert {one.name for one in placed} == {*metadata.tables}
        assert {one.place for one in placed} == {"reference", "fund_id none", "fund_id activity"}
        connection.exec_driver_sql("DROP TABLE placed")


def test_an_empty_database_is_told_to_be_brought_to_its_schema_first(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    with pytest.raises(StateError) as refused:
        distribute(database, only_told=True)
    assert (refused.value.fields["what"], refused.value.fields["needed"]) == (
        "tables",
        "db upgrade",
    )
    database.close()


def test_the_command_tells_and_changes_nothing(database: Database, tmp_path: Path) -> None:
    url = database.url.render_as_string(hide_password=False)
    cli = Cli(tmp_path, env={"DATABASE_URL": url})
    if database.is_sqlite:
        assert "needed=PostgreSQL with Citus" in cli.refused("db", "distribute", "--dry-run")
        return
    assert "CREATE EXTENSION citus, on every node" in cli.refused("db", "distribute")
    told = cli.run("db", "distribute", "--dry-run").stdout
    assert "entries\tdistributed\tactivity" in told
    assert "funds\treference" in told
    sql = cli.run("db", "distribute", "--sql").stdout
    assert "create_distributed_table('postings', 'fund_id', colocate_with => 'activity');" in sql
    with database.reading() as connection:
        assert any("require_" in one.name for one in distribution.standing(connection).triggers)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_the_ledger_works_with_foreign_keys_in_the_place_of_its_triggers(
    database: Database, tmp_path: Path
) -> None:
    with database.writing() as connection:
        found = distribution.standing(connection)
        wanted = distribution.plan(metadata)
        for one in distribution.statements(metadata, wanted, found):
            if "create_" not in one:
                connection.exec_driver_sql(one)
        again = distribution.standing(connection)
    gone = {one.name for one in found.triggers} - {one.name for one in again.triggers}
    assert gone
    assert all("require_" in name for name in gone)
    assert not any("require_" in one.name for one in again.triggers)
    ledger = ledgers.new_ledger(database, tmp_path / "keys")
    ledgers.whole_way(ledger)
    assert ledgers.check(ledger)
    with pytest.raises(sa.exc.DBAPIError) as refused, database.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO claims (fund_id, scope, key, digest, seq) "
                "SELECT fund_id, scope, 'x', digest, 9999 FROM claims LIMIT 1"
            )
        )
    assert isinstance(refused.value.orig, psycopg.errors.ForeignKeyViolation)
    ledger.close()
