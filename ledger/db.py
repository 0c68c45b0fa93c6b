"""The database's edge: connections, transactions and the naming of its failures. Only this module commits."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry as PoolRecord

from ledger.errors import (
    BusyError,
    ExternalError,
    ReadOnlyError,
    StorageFullError,
    UnreachableError,
)
from ledger.patience import NoAnswer, PatientConnection

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64 bits on both: SQLite's STRICT tables know INTEGER only."""

Bytes = sa.LargeBinary()

STRICT: dict[str, Any] = {"sqlite_strict": True}
"""For tables with wide rows."""

CLUSTERED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
"""For tables with narrow rows that are read by their key: one tree instead of two."""

CHECKED_BY_STATEMENT = frozenset({"entries", "postings", "claims", "private_parts"})
"""Tables whose references PostgreSQL checks by a trigger once a statement, in the place of foreign keys: see the
migration that says so. SQLite has the foreign keys."""

SQLITE_ONLY: dict[str, Any] = {"only": "sqlite"}
POSTGRESQL_ONLY: dict[str, Any] = {"only": "postgresql"}
"""`info` of an index that one database has not."""

RUNTIME_ROLE = "ledger_runtime"
"""The PostgreSQL role that the service works as: no UPDATE, DELETE or TRUNCATE on history."""

SQLITE_CACHE_KIB = 262_144
"""Page cache of a connection: the unique keys of some millions of gifts fit, so that a replay reads no disk."""

SQLITE_ONCE_KIB = 32_768
"""Page cache of a connection while it reads what it will not read again."""

SQLITE_PAGE_BYTES = 8192
"""Of new files: eight gifts' entries to a page, and half as many pages to write as with SQLite's 4,096."""

PAUSE_S = 2.0
"""Seconds for which nobody asks a server that said nothing."""

LOCK_SPACE = 0x4D5A
"""First half of the advisory lock's key: "MZ", so that we do not meet other users of the same server."""


def in_both(
    item: sa.schema.SchemaItem,
    name: str | None,
    _kind: str,
    _reflected: bool,
    _other: sa.schema.SchemaItem | None,
) -> bool:
    """Tell alembic whether both databases have a part of the schema.

    Not the foreign keys of `CHECKED_BY_STATEMENT`, nor indexes of one database.

    Args:
        item: A table, column, index or constraint.
        name: Of it.

    Returns:
        Whether to compare it.
    """
    if isinstance(item, sa.Index):
        return name not in _of_one()
    return not (
        isinstance(item, sa.ForeignKeyConstraint) and item.table.name in CHECKED_BY_STATEMENT
    )


def _of_one() -> set[str]:
    """Return the names of the indexes that one database only has."""
    indexes = (one for table in metadata.tables.values() for one in table.indexes)
    return {str(one.name) for one in indexes if "only" in one.info}


def written(table: sa.Table) -> list[sa.Column[Any]]:
    """Return the columns of a table that somebody writes, not those that the database makes of them."""
    return [one for one in table.c if one.computed is None]


class Database:
    """One database, SQLite or PostgreSQL, with the same promises on both.

    Args:
        url: SQLAlchemy URL, `sqlite:///…` or `postgresql+psycopg://…`.
        busy_ms: How long a writer waits for another one, in milliseconds, before `BusyError`.
        in_a_hurry: Whether somebody waits for the answer: then a server that is reached and says nothing is given up
            after seconds, and a file that is gone is not made anew. Long work waits for a server without an end.
    """

    def __init__(self, url: str | URL, *, busy_ms: int = 10_000, in_a_hurry: bool = False) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._busy_ms = busy_ms
        # A server that says nothing: then one asks at a time, and all others are told at once. Otherwise each would
        # wait, and soon no thread would be left for what needs no database.
        self._is_silent = False
        self._asking = threading.Lock()
        self._ask_from = 0.0
        # One writer at a time inside a process: waiting here is fair, waiting in SQLite's busy loop is not.
        self._write_turn = threading.Lock()
        self.engine = self._sqlite_engine() if self.is_sqlite else self._postgres_engine()
        if in_a_hurry and self.is_sqlite:
            _hold_there(self.engine)
        elif in_a_hurry:
            PatientConnection.give_to(self.engine)

    @property
    def dialect(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return "sqlite" if self.is_sqlite else "postgresql"

    @property
    def is_silent(self) -> bool:
        """Tell whether the server was asked last and did not answer."""
        return self._is_silent

    def _sqlite_engine(self) -> sa.Engine:
        engine = sa.create_engine(
            self.url,
            # Parameters hold nicknames and account numbers: never in a message.
            hide_parameters=True,
            poolclass=sa.pool.QueuePool,
            pool_size=8,
            max_overflow=16,
            connect_args={
                "timeout": self._busy_ms / 1000,
                "check_same_thread": False,
                "cached_statements": 256,
            },
        )

        @event.listens_for(engine, "connect")
        def _prepare(connection: sqlite3.Connection, record: PoolRecord) -> None:
            # The driver's own BEGIN comes too late and takes no write lock: we say BEGIN ourselves.
            connection.isolation_level = None
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA page_size={SQLITE_PAGE_BYTES}")
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.execute("PRAGMA recursive_triggers=ON")
            cursor.execute(f"PRAGMA cache_size=-{SQLITE_CACHE_KIB}")
            cursor.execute("PRAGMA temp_store=MEMORY")
            cursor.close()
            record.info["file"] = _file_identity(self.url)

        @event.listens_for(engine, "checkout")
        def _same_file(
            _connection: sqlite3.Connection, record: PoolRecord, _proxy: object
        ) -> None:
            # A backup put in the file's place: an old connection would write where nobody can read any more.
            if record.info["file"] != _file_identity(self.url):
                raise sa.exc.DisconnectionError

        @event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            mode = connection.get_execution_options().get("ledger_begin", "DEFERRED")
            connection.exec_driver_sql(f"BEGIN {mode}")

        return engine

    def _postgres_engine(self) -> sa.Engine:
        engine = sa.create_engine(
            self.url,
            hide_parameters=True,
            pool_size=8,
            max_overflow=16,
            pool_pre_ping=True,
            connect_args={
                # A commit's new rows stay in memory while triggers check them.
                "options": f"-c lock_timeout={self._busy_ms} -c timezone=UTC -c synchronous_commit=on "
                "-c work_mem=32MB",
                "prepare_threshold": 2,
            },
        )

        @event.listens_for(engine, "checkout")
        def _as_the_server_says(
            connection: psycopg.Connection[Any], _record: PoolRecord, _proxy: object
        ) -> None:
            # After a reader the connection would begin with READ WRITE, and write on a server that is set to read only.
            connection.read_only = None

        return engine

    @contextlib.contextmanager
    def reading(self, *, once: bool = False) -> Iterator[sa.Connection]:
        """Open a snapshot to read from; nothing can be written in it.

        Args:
            once: Whether very much is read, and nothing of it again: few pages are kept then.

        Yields:
            A connection inside one read-only transaction.

        Raises:
            BusyError: Another one held what this needs for too long.
            UnreachableError: The database cannot be reached, or does not answer.
        """
        with self._connected() as plain:
            connection = plain
            if not self.is_sqlite:
                connection = plain.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                if self.is_sqlite:
                    connection.exec_driver_sql("PRAGMA query_only=ON")
                    if once:
                        connection.exec_driver_sql(f"PRAGMA cache_size=-{SQLITE_ONCE_KIB}")
                try:
                    yield connection
                finally:
                    if self.is_sqlite:
                        connection.exec_driver_sql("PRAGMA query_only=OFF")
                        if once:
                            connection.exec_driver_sql(f"PRAGMA cache_size=-{SQLITE_CACHE_KIB}")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that commits when the block ends well, and rolls back when it does not.

        Yields:
            A connection inside one write transaction. On SQLite it holds the write lock from the start.

        Raises:
            BusyError: Another writer held the lock for too long; nothing was written.
            StorageFullError: The disk is full; nothing was written.
            ReadOnlyError: The database takes nothing now; nothing was written.
            UnreachableError: The database cannot be reached, or does not answer: when it was asked to commit, nobody
                knows whether it did.
        """
        self._hold_reached()
        if not self._write_turn.acquire(timeout=self._busy_ms / 1000):
            raise BusyError(waited_ms=self._busy_ms)
        try:
            with self._connected() as plain:
                connection = plain.execution_options(ledger_begin="IMMEDIATE")
                with connection.begin():
                    yield connection
        finally:
            self._write_turn.release()

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """Take a connection, and name what goes wrong while it is used.

        Yields:
            A connection.

        Raises:
            UnreachableError: The database cannot be reached, or does not answer.
        """
        try:
            with named_failures(), self._connection() as connection:
                yield connection
        except UnreachableError as error:
            if isinstance(getattr(error.__cause__, "orig", None), NoAnswer):
                self._is_silent = True
                self._ask_from = time.monotonic() + PAUSE_S
            raise

    def _connection(self) -> sa.Connection:
        if not self._is_silent:
            return self.engine.connect()
        self._hold_reached()
        if not self._asking.acquire(blocking=False):
            raise UnreachableError(reason="no-answer")
        try:
            connection = self.engine.connect()
            self._is_silent = False
        finally:
            self._asking.release()
        return connection

    def _hold_reached(self) -> None:
        """Refuse at once where the server said nothing a moment ago, or somebody else is asking it.

        Raises:
            UnreachableError: It has not answered yet.
        """
        if self._is_silent and (self._asking.locked() or time.monotonic() < self._ask_from):
            raise UnreachableError(reason="no-answer")

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def _hold_there(engine: sa.Engine) -> None:
    """Let an engine of SQLite open a file that is there and never make one: that would be a ledger without a fund."""

    @event.listens_for(engine, "do_connect")
    def _refuse(_dialect: object, _record: object, args: list[Any], _options: object) -> None:
        if not Path(str(args[0])).exists():
            raise sqlite3.OperationalError(_AWAY[0])


def _file_identity(url: URL) -> tuple[int, int] | None:
    """Return device and inode of a SQLite file, None where there is none."""
    try:
        found = Path(url.database or "").stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def named_failures() -> Iterator[None]:
    """Turn the drivers' words for "locked", "full", "read only" and "away" into our errors.

    Yields:
        Nothing.

    Raises:
        BusyError: Locked, or the server ended it in favour of others, or all connections are in use.
        StorageFullError: No space left.
        ReadOnlyError: It takes nothing now.
        UnreachableError: The database cannot be opened or reached, or does not answer.
        DBAPIError: Anything else, as it came.
    """
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise BusyError(reason="connections") from error
    except sa.exc.DBAPIError as error:
        named = _named(error)
        if named is None:
            raise
        raise named from error


_LOCKED = ("locked", "busy")
_READ_ONLY = "readonly database"
_AWAY = ("unable to open database", "disk i/o error")
"""What SQLite says, in small letters."""

_BUSY_STATES = ("55P03", "57014", "40001", "40P01")
_AWAY_STATES = ("57P01", "57P02", "57P03", "53300")
_READ_ONLY_STATE = "25006"
_LOST = "08"
"""What PostgreSQL says: codes of its errors, and the class of lost connections (PostgreSQL, appendix A)."""


def _named(error: sa.exc.DBAPIError) -> ExternalError | None:
    """Return our name for a driver's failure, None when it has none."""
    original = error.orig
    text = str(original).lower()
    if isinstance(original, psycopg.errors.DiskFull) or "disk is full" in text or text == "full":
        return StorageFullError(reason="disk-full")
    found = (
        _named_by_state(original.sqlstate)
        if isinstance(original, psycopg.Error)
        # What triggers say is another class of error, in words of our own.
        else _named_by_words(text if isinstance(original, sqlite3.OperationalError) else "")
    )
    never_connected = isinstance(original, psycopg.OperationalError) and original.sqlstate is None
    if found is None and (error.connection_invalidated or never_connected):
        return UnreachableError(reason="no-connection")
    return found


def _named_by_words(text: str) -> ExternalError | None:
    if any(word in text for word in _LOCKED):
        return BusyError(reason="locked")
    if _READ_ONLY in text:
        return ReadOnlyError(reason="read-only")
    if any(words in text for words in _AWAY):
        return UnreachableError(reason="no-connection")
    return None


def _named_by_state(state: str | None) -> ExternalError | None:
    if state in _BUSY_STATES:
        return BusyError(reason="locked")
    if state == _READ_ONLY_STATE:
        return ReadOnlyError(reason="read-only")
    if state is not None and (state in _AWAY_STATES or state.startswith(_LOST)):
        return UnreachableError(reason="no-connection")
    return None


def lock_fund(connection: sa.Connection, fund_id: int) -> None:
    """Wait until this transaction is the only one that writes a fund's history.

    On SQLite the whole database is locked already. On PostgreSQL an advisory lock serves, because a role without
    UPDATE may not lock rows (and on Citus a reference table's row cannot be locked at all).

    Args:
        connection: Inside `Database.writing()`.
        fund_id: The fund.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK_SPACE, fund_id))


def insert_rows(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Insert many rows as one array: COPY on PostgreSQL, one prepared statement on SQLite.

    Args:
        connection: Inside `Database.writing()`.
        table: Where to.
        columns: Names, in the order of each row.
        rows: Values that the driver takes as they are: int, str, bytes, None.

    Raises:
        DBAPIError: The database refused them.
    """
    if not rows:
        return
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
        except sqlite3.Error as error:
            refused = _refused(connection, table, error, sqlite3.Error)
            raise refused from error
        finally:
            cursor.close()
    else:
        _copy_rows(connection, table, names, rows)


class lower_hex(sa.sql.functions.GenericFunction[str]):  # noqa: N801 -- a function of SQL
    """Bytes as hexadecimal digits, in small letters, as Python writes them."""

    type = sa.Text()
    inherit_cache = True


@compiles(lower_hex, "sqlite")
def _hex_of_sqlite(element: lower_hex, compiler: sa.Compiled, **options: Any) -> str:
    return f"lower(hex({compiler.process(element.clauses, **options)}))"


@compiles(lower_hex, "postgresql")
def _hex_of_postgresql(element: lower_hex, compiler: sa.Compiled, **options: Any) -> str:
    return f"encode({compiler.process(element.clauses, **options)}, 'hex')"


class Prepared:
    """A statement of the path that every single gift takes: compiled once, and run by the driver itself.

    What SQLAlchemy does around a statement costs five times what SQLite does in it, and a commit has a dozen.

    Args:
        statement: With named parameters, and columns whose values the driver gives as they are: int, str, bytes, None.
    """

    def __init__(self, statement: sa.Select[Any] | sa.Update) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[str] | None, Mapping[str, Any]]] = {}

    def first(self, connection: sa.Connection, **values: Any) -> tuple[Any, ...] | None:
        """Return the first row.

        Args:
            connection: In a transaction.
            values: Of the parameters.

        Returns:
            Values in the order of the columns; None when there is no row.

        Raises:
            DBAPIError: The database refused.
        """
        rows = self.rows(connection, **values)
        return rows[0] if rows else None

    def rows(self, connection: sa.Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Return all rows; of a statement that changes something, none.

        Raises:
            DBAPIError: The database refused.
        """
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = self._statement.compile(dialect=dialect)
            found = (str(compiled), compiled.positiontup, compiled.params)
            self._compiled[dialect.name] = found
        text, order, given = found
        given = {**given, **values}
        return driver_rows(
            connection, text, given if order is None else [given[name] for name in order]
        )


def driver_rows(
    connection: sa.Connection, text: str, values: Sequence[Any] | Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Run a statement by the driver itself.

    Args:
        connection: In a transaction.
        text: In the driver's own words.
        values: Of its parameters.

    Returns:
        All rows; none of a statement that changes something.

    Raises:
        DBAPIError: The database refused.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, values)
        return list(cursor.fetchall()) if cursor.description else []
    except (sqlite3.Error, psycopg.Error) as error:
        family = sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
        wrapped = _wrapped(connection, text, error, family)
        raise wrapped from error
    finally:
        cursor.close()


FEW_ROWS = 8
"""Below this many rows one INSERT with all values is quicker than the three round trips of a COPY."""


def _copy_rows(
    connection: sa.Connection, table: sa.Table, names: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    if len(rows) < FEW_ROWS:
        one = "(" + ", ".join(["%s"] * len(rows[0])) + ")"
        sql = f"INSERT INTO {table.name} ({names}) VALUES " + ", ".join([one] * len(rows))
        connection.exec_driver_sql(sql, tuple(value for row in rows for value in row))
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    types = [
        _PG_TYPES[type(column.type)] for column in (table.c[n.strip()] for n in names.split(","))
    ]
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise _refused(connection, table, error, psycopg.Error) from error


def _refused(
    connection: sa.Connection, table: sa.Table, error: Exception, family: type[Exception]
) -> BaseException:
    """Return a driver's error as SQLAlchemy's, so that one place names both kinds; never with a value in it."""
    return _wrapped(connection, f"INSERT INTO {table.name}", error, family)


def _wrapped(
    connection: sa.Connection, text: str, error: Exception, family: type[Exception]
) -> BaseException:
    return sa.exc.DBAPIError.instance(text, None, error, family, dialect=connection.dialect)


_PG_TYPES: Mapping[type, str] = {
    sa.BigInteger: "int8",
    sa.Integer: "int4",
    sa.Text: "text",
    sa.LargeBinary: "bytea",
}
