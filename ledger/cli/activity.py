"""The activity record: who did or read what."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ledger.activity import history
from ledger.activity.recording import record_alone
from ledger.activity.records import READ, SERVICE_WIDE, Activity
from ledger.cli.session import Session, guarded, machine, pass_session
from ledger.clock import from_text, to_ms, to_text
from ledger.errors import FieldError
from ledger.export.activity_record import FORMATS
from ledger.export.files import replaced
from ledger.journal.history import all_funds, fund_by_slug


@click.group()
def activity() -> None:
    """Who did or read what, when, from where and why."""


@activity.command("export")
@click.option("--fund", "fund_slug", help="Only of this fund; `-` for what belongs to none.")
@click.option("--from", "since", help="Not before this time, such as 2026-10-01T00:00:00+08:00.")
@click.option("--until", help="Before this time.")
@click.option(
    "--format", "form", type=click.Choice(tuple(FORMATS)), default="csv", show_default=True
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file; without it, standard output.",
)
@pass_session
@guarded
@machine
def activity_export(
    session: Session,
    *,
    fund_slug: str | None,
    since: str | None,
    until: str | None,
    form: str,
    out: Path | None,
) -> None:
    """Write the activity record as CSV or JSON Lines, oldest first. That it was exported is on it too."""
    if out is None and session.as_json:
        raise FieldError(field="out", reason="missing", value="")
    ledger = session.ledger()
    fund_id = None if fund_slug is None else _fund_id(session, fund_slug)
    since_ms = 0 if since is None else to_ms(from_text(since))
    until_ms = None if until is None else to_ms(from_text(until))
    reading = Activity(fund_id or SERVICE_WIDE, "activity.export", outcome=READ)
    record_alone(ledger.database, ledger.clock, reading)
    with ledger.database.reading() as connection:
        slugs = {one.fund_id: one.slug for one in all_funds(connection)}
        rows = history.all_of(connection, fund_id, since_ms=since_ms, until_ms=until_ms)
        if out is None:
            FORMATS[form](sys.stdout, rows, slugs)
            return
        with replaced(out) as stream:
            count = FORMATS[form](stream, rows, slugs)
    out.chmod(0o600)
    session.say(f"{count} rows written to {out}", rows=count, file=str(out))


@activity.command("show")
@click.argument("subject")
@click.option("--fund", "fund_slug", help="Of this fund; without it, what belongs to none.")
@pass_session
@guarded
@machine
def activity_show(session: Session, subject: str, fund_slug: str | None) -> None:
    """Show what was done to SUBJECT, such as decision/12 or user/3, newest first."""
    fund_id = SERVICE_WIDE if fund_slug is None else _fund_id(session, fund_slug)
    with session.ledger().database.reading() as connection:
        found = history.of_subject(connection, fund_id, subject)
    for one in found:
        did = one.activity
        who = did.member_id or (f"user {did.origin.user_id}" if did.origin.user_id else "-")
        columns = (who, did.role or "-", did.origin.address, did.action, did.outcome, did.reason)
        line = "\t".join((to_text(one.at), *columns))
        # What people typed may hold what a terminal takes for a command.
        session.note("".join(c if c.isprintable() or c == "\t" else "�" for c in line))
    session.say(f"{len(found)} rows", rows=len(found))


def _fund_id(session: Session, slug: str) -> int:
    if slug == "-":
        return SERVICE_WIDE
    with session.ledger().database.reading() as connection:
        return fund_by_slug(connection, slug).fund_id
