"""Handing everything out: the log as files, the journal for other programs and for spreadsheets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ledger.cli.session import Session, fund_option, guarded, machine, pass_session

if TYPE_CHECKING:
    # Packs bring documents with them, which no other export needs.
    from ledger.packs.writing import Audience

Told = Callable[[int, int], object]

folder_argument = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def export() -> None:
    """Hand everything out, as files that other programs read."""


@export.command("tiles")
@folder_argument
@fund_option
@pass_session
@guarded
@machine
def export_tiles(session: Session, folder: Path, fund_slug: str | None) -> None:
    """Write the log into FOLDER, for any static host; a second time only what is new.

    `python -m ledger verify FOLDER` recomputes it from outside.
    """
    from ledger.publication.archive import write_archive
    from ledger.wiring import build_services

    ledger, fund = session.ledger(), session.fund(fund_slug)
    # Before the snapshot: a key that is named later signs a later checkpoint only.
    vkeys = build_services(session.settings, ledger).log_key(fund.slug).split()
    with _progress(session) as told, ledger.database.reading() as connection:
        done = write_archive(connection, fund, vkeys, folder, told)
    session.say(
        f"{done.size} entries in {folder}, {done.size - done.before} of them new, {done.files} files written",
        size=done.size,
        before=done.before,
        files=done.files,
        folder=str(folder),
    )


@export.command("beancount")
@file_argument
@fund_option
@pass_session
@guarded
@machine
def export_beancount(session: Session, file: Path, fund_slug: str | None) -> None:
    """Write the journal for beancount (check it with `bean-check FILE`)."""
    _plaintext(session, file, fund_slug, "beancount")


@export.command("hledger")
@file_argument
@fund_option
@pass_session
@guarded
@machine
def export_hledger(session: Session, file: Path, fund_slug: str | None) -> None:
    """Write the journal for hledger (check it with `hledger -f FILE check --strict`)."""
    _plaintext(session, file, fund_slug, "hledger")


def _plaintext(session: Session, file: Path, fund_slug: str | None, language: str) -> None:
    from ledger.export.files import replaced
    from ledger.export.plaintext import write_beancount, write_hledger

    write = {"beancount": write_beancount, "hledger": write_hledger}[language]
    ledger, fund = session.ledger(), session.fund(fund_slug)
    out: TextIO
    with (
        _progress(session) as told,
        ledger.database.reading() as connection,
        replaced(file) as out,
    ):
        done = write(connection, fund, out, told)
    session.say(
        f"{done.transactions} transactions of {done.entries} entries, {done.accounts} accounts in {file}",
        transactions=done.transactions,
        entries=done.entries,
        accounts=done.accounts,
        file=str(file),
    )


@export.command("csv")
@folder_argument
@fund_option
@pass_session
@guarded
@machine
def export_csv(session: Session, folder: Path, fund_slug: str | None) -> None:
    """Write the registers of entries and postings into FOLDER, for spreadsheets and auditors' tools."""
    from ledger.export.registers import write_registers

    ledger, fund = session.ledger(), session.fund(fund_slug)
    with _progress(session) as told, ledger.database.reading() as connection:
        done = write_registers(connection, fund, folder, told)
    session.say(
        f"{done.entries} entries, {done.lines} lines of postings in {folder}",
        entries=done.entries,
        lines=done.lines,
        folder=str(folder),
    )


@export.command("parquet")
@folder_argument
@fund_option
@pass_session
@guarded
@machine
def export_parquet(session: Session, folder: Path, fund_slug: str | None) -> None:
    """Write the public tables into FOLDER as Parquet, one file each: what everybody may load and add up."""
    from ledger.export.files import replaced_path
    from ledger.export.public_data import TABLES
    from ledger.wiring import build_services

    services, fund = build_services(session.settings, session.ledger()), session.fund(fund_slug)
    reached = services.totals(fund.slug).as_of
    stop = reached.entry + 1 if reached else 0
    with _progress(session) as told:
        for done, name in enumerate(TABLES, start=1):
            with replaced_path(folder / f"{name}.parquet") as beside:
                services.data_file(fund.slug, (name, "parquet"), stop, beside)
            told(done, len(TABLES))
    session.say(
        f"{len(TABLES)} tables of {stop} entries in {folder}",
        tables=len(TABLES),
        entries=stop,
        folder=str(folder),
    )


@export.command("audit-pack")
@file_argument
@click.option(
    "--period", default="", help="2026-10, 2026-Q4 or 2026, closed; default the whole log."
)
@click.option(
    "--for",
    "audience",
    type=click.Choice(["auditor", "public"]),
    default="auditor",
    show_default=True,
    help="Who takes it: for the public nothing private is in it.",
)
@fund_option
@pass_session
@guarded
@machine
def export_audit_pack(
    session: Session,
    file: Path,
    period: str,
    audience: Audience,
    fund_slug: str | None,
) -> None:
    """Write all that an auditor takes away into FILE, a zip that checks itself offline.

    `python -m ledger verify FILE` recomputes it.
    """
    from ledger.activity.recording import record_alone
    from ledger.activity.records import READ, Activity
    from ledger.export.files import replaced_bytes
    from ledger.packs.making import make_pack

    ledger, fund = session.ledger(), session.fund(fund_slug)
    mode = 0o600 if audience == "auditor" else 0o644
    with _progress(session) as told, replaced_bytes(file, mode) as out:
        done = make_pack(ledger, fund, (period, audience), out, told)
    subject = f"pack/{done.period or 'all'}"
    record_alone(
        ledger.database, ledger.clock, Activity(fund.fund_id, "audit.pack", subject, outcome=READ)
    )
    for name in done.missing:
        session.note(f"not here: {name}")
    session.say(
        f"{done.entries} entries, {done.files} files in {file}; SHA-256 of its manifest {done.manifest}",
        entries=done.entries,
        size=done.size,
        files=done.files,
        manifest=done.manifest,
        missing=list(done.missing),
        file=str(file),
    )


@contextmanager
def _progress(session: Session) -> Iterator[Told]:
    """Show a bar on a terminal, and nothing anywhere else.

    Yields:
        What is told how far it is.
    """
    console = Console(stderr=True, quiet=session.as_json or not sys.stderr.isatty())
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("entries", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
