"""`verify`: everything recomputed, from a database, a log's address or folder, an audit pack, or a statement."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ledger.cli.session import Session, guarded, machine, pass_session
from ledger.clock import SystemClock
from ledger.errors import FieldError
from ledger.settings import Settings
from ledger.verify.database import verify_database
from ledger.verify.fetching import Fetch, fetch_from
from ledger.verify.outside import verify_log
from ledger.verify.pack_alone import is_pack
from ledger.verify.pdf_apart import Asked, verify_pdf_apart
from ledger.verify.report import Report


@click.command()
@click.argument("target", required=False)
@click.option("--db", "whole", is_flag=True, help="The database of the settings (the default).")
@click.option(
    "--since",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept elsewhere: the log must extend it.",
)
@click.option("--key", "vkey", help="The log's public key (vkey), from somewhere you trust.")
@click.option(
    "--previous",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Of a statement: the one before, to whose closing its opening is held.",
)
@click.option("--workers", type=int, help="Processes; default all cores.")
@click.option(
    "--allow-private",
    is_flag=True,
    help="TARGET may lie in a private network or on this machine; PUBLIC_HOST always may.",
)
@pass_session
@guarded
@machine
def verify(
    session: Session,
    target: str | None,
    *,
    whole: bool,
    since: Path | None,
    vkey: str | None,
    previous: Path | None,
    workers: int | None,
    allow_private: bool,
) -> None:
    """Recompute everything, and exit 1 naming the first place that is wrong.

    TARGET is a statement (FILE.pdf), an audit pack (its zip or its folder), or the address (http…/log/<fund>) or the
    folder of a log; without it the database of the settings is checked.
    """
    if whole and target:
        raise FieldError(field="target", reason="two-targets")
    note = since.read_bytes() if since else None
    if target is not None and is_pack(Path(target)):
        report = _pack(session, Path(target), vkey, note)
    elif target is not None and Path(target).is_file():
        report = _statement(session, Path(target), vkey, previous)
    elif target is None:
        session.ledger()
        report = _database(session, session.settings, note, workers)
    else:
        is_own = urlsplit(target).netloc == session.settings.public_host
        fetch = fetch_from(target, allow_private=allow_private or is_own)
        report = _outside(session, fetch, vkey, note)
    tell(session, report)
    if not report.ok:
        sys.exit(1)


def verify_ledger(session: Session, settings: Settings) -> None:
    """Verify a ledger as one step of a longer walk; a failure ends it.

    Args:
        session: Prints.
        settings: Of the ledger.
    """
    report = _database(session, settings, None, None)
    tell(session, report)
    if not report.ok:
        sys.exit(1)


def _database(
    session: Session, settings: Settings, since: bytes | None, workers: int | None
) -> Report:
    with _progress(session) as bar:
        task = bar.add_task("entries", total=None)
        return verify_database(
            settings.database_url,
            settings.keys,
            since=since,
            vkeys=None,
            workers=workers or os.cpu_count() or 1,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _outside(session: Session, fetch: Fetch, vkey: str | None, since: bytes | None) -> Report:
    with _progress(session) as bar:
        task = bar.add_task("entries", total=None)
        return verify_log(
            fetch,
            vkey,
            since=since,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _pack(session: Session, place: Path, vkey: str | None, since: bytes | None) -> Report:
    from ledger.verify.pack import verify_pack

    with _progress(session) as bar:
        task = bar.add_task("entries", total=None)
        return verify_pack(
            place,
            (vkey or "").split(),
            since=since,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _statement(session: Session, path: Path, vkey: str | None, previous: Path | None) -> Report:
    """Check a statement's file: it may be anybody's, so what it may take is bounded."""
    settings = session.settings
    asked = Asked(path, previous, (*(vkey or "").split(),), settings.trust, SystemClock().now())
    return verify_pdf_apart(asked, settings.statement_memory)


def _progress(session: Session) -> Progress:
    console = Console(stderr=True, quiet=session.as_json or not sys.stderr.isatty())
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def tell(session: Session, report: Report) -> None:
    """Print each invariant with its count, and what is wrong first.

    Args:
        session: Prints.
        report: Of a verification.
    """
    if session.as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, sort_keys=True))
        return
    for check in report.checks:
        mark = {"yes": "✓", "no": "✗", "unsure": "–"}[check.outcome]
        click.echo(f"   {mark} {check.counted:>9,}  {check.sentence_en}")
        if check.failure is not None:
            click.echo(f"     {check.failure.detail_en}")
        elif check.unsure:
            click.echo(f"     not checked: {check.unsure_en}")
    for english, _ in report.notes:
        click.echo(f"   note: {english}")
    click.echo("   " + report.summary)
