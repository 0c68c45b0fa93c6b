"""Databases of a PostgreSQL server for tests: made, lent, emptied, dropped."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

import psycopg
from sqlalchemy.engine import make_url


def sqlalchemy_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def driver_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def sibling(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def on_server(url: str, statement: str) -> None:
    with psycopg.connect(driver_url(url), autocommit=True) as connection:
        connection.execute(statement)


class PostgresPool:
    """Databases with the newest schema that tests take one after the other: emptying one takes a tenth of making it.

    Args:
        url: Of the server's maintenance database.
        template: Name of the database that they are copies of.
    """

    def __init__(self, url: str, template: str) -> None:
        self._url = url
        self._template = template
        self._idle: list[tuple[str, int]] = []
        with psycopg.connect(driver_url(sibling(url, template))) as connection:
            tables = [name for (name,) in connection.execute(_TABLES)]
            self._seeded = [name for name in tables if _some(connection, name)]
            self._emptied = [name for name in tables if name not in self._seeded]
            self._schema = self._schema_of(connection)

    @contextlib.contextmanager
    def lent(self) -> Iterator[str]:
        """Lend the URL of an empty database."""
        name, uses = self._idle.pop() if self._idle else (self._made(), 0)
        yield sibling(self._url, name)
        if uses < _USES and self._emptied_again(name):
            self._idle.append((name, uses + 1))
        else:
            self._drop(name)

    def close(self) -> None:
        """Drop what is idle."""
        for name, _ in self._idle:
            self._drop(name)

    def _made(self) -> str:
        name = f"mingzhang-{uuid.uuid4().hex[:12]}"
        on_server(self._url, f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        return name

    def _drop(self, name: str) -> None:
        on_server(self._url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _emptied_again(self, name: str) -> bool:
        """Return whether it is as new: a test that changed its schema used it up."""
        with psycopg.connect(driver_url(sibling(self._url, name)), autocommit=True) as connection:
            connection.execute(_OTHERS_OUT)
            if self._schema_of(connection) != self._schema:
                return False
            connection.execute("SET session_replication_role = replica")  # no trigger refuses
            connection.execute(";".join(f'DELETE FROM "{table}"' for table in self._emptied))
            connection.execute(_COUNT_ANEW)
        return True

    def _schema_of(self, connection: psycopg.Connection) -> list[object]:
        rows = [
            connection.execute(
                f'SELECT md5(string_agg(t::text, $$|$$ ORDER BY t::text)) FROM "{table}" t'
            )
            for table in self._seeded
        ]
        return [
            *connection.execute(_SCHEMA).fetchall(),
            *connection.execute(_SETTINGS).fetchall(),
            *(row.fetchone() for row in rows),
        ]


_USES = 40
"""After so many tests a database has more dead rows than it is worth."""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_OTHERS_OUT = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_COUNT_ANEW = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""
_SETTINGS = """
SELECT setconfig FROM pg_db_role_setting
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_SCHEMA = """
SELECT c.relname, c.relkind, c.relacl::text, c.relnatts, c.relhastriggers,
    (SELECT string_agg(tgname || tgenabled::text, ' ' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = c.oid)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""


def _some(connection: psycopg.Connection, table: str) -> bool:
    found = connection.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")').fetchone()
    return bool(found and found[0])
