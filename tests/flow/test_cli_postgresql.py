"""The documented way onto PostgreSQL: an owner for migrations, and a role that can write and not rewrite."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from filelock import FileLock
from sqlalchemy.engine import make_url

from tests.flow.cli import GIFTS, Cli

PASSWORD = "not-a-secret"


@pytest.fixture
def roles(
    postgres_url: str, new_postgres: Callable[[str], str], run_folder: Path
) -> Iterator[tuple[str, str, str]]:
    """Give URLs of an empty database for its administrator, its owner and the service."""
    admin = new_postgres("template0")
    mark = uuid.uuid4().hex[:8]
    owner, web = f"owner_{mark}", f"web_{mark}"

    def on_server(*statements: str) -> None:
        with psycopg.connect(driver(postgres_url), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def url(user: str) -> str:
        return (
            make_url(admin)
            .set(username=user, password=PASSWORD)
            .render_as_string(hide_password=False)
        )

    name = make_url(admin).database
    # The role that the migrations make belongs to the whole server: one test at a time.
    with FileLock(run_folder / "migrate.lock"):
        on_server(
            f"CREATE ROLE {owner} LOGIN PASSWORD '{PASSWORD}' CREATEROLE",
            f"CREATE ROLE {web} LOGIN PASSWORD '{PASSWORD}'",
            f'ALTER DATABASE "{name}" OWNER TO {owner}',
        )
        yield admin, url(owner), url(web)
        with psycopg.connect(driver(admin), autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {owner}, {web} CASCADE")
        on_server(f'ALTER DATABASE "{name}" OWNER TO CURRENT_USER', f"DROP ROLE {web}")
        try:
            on_server(f"DROP ROLE {owner}")
        except psycopg.errors.DependentObjectsStillExist:
            # It made the server's ledger_runtime, and stays with it.
            on_server(f"ALTER ROLE {owner} NOLOGIN")


def driver(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def test_the_service_writes_history_and_cannot_rewrite_it(
    empty_cli: Cli, roles: tuple[str, str, str]
) -> None:
    admin, owner, web = roles
    cli = empty_cli
    cli.env = {"DATABASE_URL": web, "DATABASE_ADMIN_URL": owner}
    assert "do=python -m ledger db upgrade" in cli.refused("fund", "list")
    cli.run("db", "upgrade")
    with psycopg.connect(driver(admin), autocommit=True) as connection:
        connection.execute(f"GRANT ledger_runtime TO {make_url(web).username}")
    cli.env = {"DATABASE_URL": web}
    assert cli.json("db", "check")["differences"] == []
    cli.set_up()
    cli.raise_money()
    cli.transfer()
    cli.spend()
    cli.run("period", "close", "2026-11", "--by", "王会计")
    assert cli.json("verify")["ok"] is True
    again = cli.json("import", "gifts", cli.gifts("g.jsonl", *GIFTS), "--channel", "Kuaishou")
    assert again["repeated"] == 3
    for statement in (
        "UPDATE entries SET kind = 'gift' WHERE seq = 0",
        "DELETE FROM postings",
        "TRUNCATE checkpoints",
        "ALTER TABLE entries DISABLE TRIGGER ALL",
    ):
        with (
            psycopg.connect(driver(web)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)
