"""Running it: the schema, the server."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import click

from ledger.cli import database as schema
from ledger.cli.session import Session, guarded, machine, pass_session
from ledger.db import Database
from ledger.errors import StateError
from ledger.projections.readiness import newest_schema
from ledger.settings import Settings, environment_of

THREADS_A_WORKER = 16
"""Requests that wait for a commit together share it: a group is at most this large in one process."""

METRICS = "metrics"
"""Folder in `LEDGER_HOME` of what workers count."""


@click.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
@pass_session
@guarded
@machine
def db_upgrade(session: Session) -> None:
    """Bring the schema to the newest revision, as the owner of the tables."""
    ledger = session.ledger(any_schema=True)
    owner = session.settings.database_admin_url
    database = (
        Database(owner, busy_ms=session.settings.sqlite_busy_ms) if owner else ledger.database
    )
    try:
        revision = schema.upgrade(database)
    finally:
        database.close()
    session.say(f"schema {revision}", revision=revision)


@db.command("check")
@pass_session
@guarded
@machine
def db_check(session: Session) -> None:
    """Say where the database differs from what this version expects."""
    ledger = session.ledger(any_schema=True)
    found, newest = schema.current(ledger.database), newest_schema()
    differences = schema.drift(ledger.database) if found == newest else []
    if found != newest or differences:
        for line in differences:
            session.note(line)
        raise StateError(
            what="schema", state=found or "none", needed=newest, differences=len(differences)
        )
    session.say(f"schema {found}, no differences", revision=found, differences=[])


@db.command("distribute")
@click.option("--dry-run", is_flag=True, help="Tell where each table would go; change nothing.")
@click.option("--sql", is_flag=True, help="Print the statements; change nothing.")
@pass_session
@guarded
@machine
def db_distribute(session: Session, *, dry_run: bool, sql: bool) -> None:
    """Distribute an empty ledger over a Citus cluster, a fund to a shard, as the owner of the tables."""
    ledger = session.ledger(any_schema=True)
    owner = session.settings.database_admin_url
    database = Database(owner) if owner else ledger.database
    try:
        told = schema.distribute(database, only_told=dry_run or sql)
    finally:
        database.close()
    places = schema.places()
    if dry_run:
        for one in places:
            session.note(f"{one.table}\t{one.place}\t{one.beside}")
    if sql:
        session.note(";\n".join(("BEGIN", *told, "COMMIT;")) if told else "-- nothing to do")
    counts = Counter[str](one.place for one in places)
    done = "would be run" if dry_run or sql else "run"
    session.say(
        f"{counts['distributed']} tables distributed by fund, {counts['reference']} on every node, "
        f"{counts['local']} local; {len(told)} statements {done}",
        **counts,
        statements=told,
    )


@click.command()
@pass_session
@guarded
@machine
def serve(session: Session) -> None:
    """Serve pages and interfaces with granian."""
    session.ledger()
    serve_with(session, session.settings)


def serve_with(session: Session, settings: Settings) -> None:
    """Become the server, so that signals reach it and nothing of ours stays in between.

    Args:
        session: Prints the address.
        settings: What to serve; handed on through the environment.
    """
    program = Path(sys.executable).with_name("granian")
    arguments = [
        "--interface",
        "wsgi",
        "--host",
        settings.bind,
        "--port",
        str(settings.port),
        "--workers",
        str(settings.workers),
        "--blocking-threads",
        str(THREADS_A_WORKER),
        "--no-ws",
        "wsgi:app",
    ]
    session.note(f"serving on http://{settings.bind}:{settings.port}/ (stop with Ctrl-C)")
    sys.stdout.flush()
    # Workers count into files of their own; those of an earlier start would be counted again.
    metrics = settings.home.absolute() / METRICS
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(mode=0o700, parents=True)
    environ = environment_of(settings) | {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    os.execve(program, [str(program), *arguments], environ)
