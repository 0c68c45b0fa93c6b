"""`bench`: how fast it is on this machine."""

from __future__ import annotations

import json

import click

from ledger.bench.figures import NAMES, Figure
from ledger.cli import database as schema
from ledger.cli.session import Session, guarded, machine, pass_session
from ledger.logs import configure_logs
from ledger.settings import process_environment


@click.command("bench")
@click.option("--quick", is_flag=True, help="Smaller, in half a minute.")
@click.option("--long", "for_long", is_flag=True, help="Public pages with 10,000,000 gifts too.")
@click.option("--only", type=click.Choice(NAMES), help="Measure this only.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@pass_session
@guarded
@machine
def bench(
    session: Session, only: str | None, *, quick: bool, for_long: bool, as_json: bool
) -> None:
    """Measure this machine: each figure stands beside its limit, measured in the same run.

    It works in a folder and on databases of its own, which are gone afterwards; no ledger is touched.
    `docs/performance.md` says how to read the figures.
    """
    # Half of what all commands would take to start.
    from ledger.bench.places import places
    from ledger.bench.run import FOR_LONG, FULL, QUICK, measure

    as_json = as_json or session.as_json
    configure_logs("warning", "console")  # its figures are all it says
    figures: list[Figure] = []
    environ = process_environment()
    with places(environ, schema.upgrade) as (found, missing):
        if missing:
            click.echo(missing, err=True)
        scale = QUICK if quick else FOR_LONG if for_long else FULL
        for figure in measure(found, only, scale=scale):
            figures.append(figure)
            if not as_json:
                click.echo(figure.as_line())
    if as_json:
        click.echo(json.dumps([figure.as_json() for figure in figures]))
