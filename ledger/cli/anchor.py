"""Time stamps of sealed months."""

from __future__ import annotations

import click

from ledger.cli.session import Session, fund_option, guarded, json_option, machine, pass_session
from ledger.errors import FieldError
from ledger.journal.history import Fund, all_funds
from ledger.publication.anchors import Anchored, anchored, ask_waiting, poster, roots_in


@click.group()
def anchor() -> None:
    """Time stamps (RFC 3161) over the checkpoints of sealed months."""


@anchor.command("list")
@json_option
@fund_option
@pass_session
@guarded
@machine
def anchor_list(session: Session, fund_slug: str | None) -> None:
    """List sealed months with the time that an authority vouches for."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = anchored(connection, fund.fund_id)
    for one in found:
        session.note(f"{one.month}\tentry {one.seq}\tcheckpoint {one.size}\t{one.at or 'waiting'}")
    session.say(f"{len(found)} sealed months", seals=[one._asdict() for one in found])


@anchor.command("retry")
@json_option
@pass_session
@guarded
@machine
def anchor_retry(session: Session) -> None:
    """Ask LEDGER_TSA_URL about every sealed month that has no time stamp yet.

    For a timer, every hour or so. Exit code 1 when one is still without.
    """
    settings, ledger = session.settings, session.ledger()
    if not settings.tsa_url:
        raise FieldError(field="LEDGER_TSA_URL", value="", reason="missing")
    with ledger.database.reading() as connection:
        funds = list(all_funds(connection))
    told: list[tuple[Fund, Anchored]] = []
    for fund in funds:
        roots = roots_in(settings.trust)
        told += [
            (fund, one)
            for one in ask_waiting(ledger.database, fund, poster(settings.tsa_url), roots)
        ]
    for fund, one in told:
        session.note(f"{fund.slug} {one.month}: {one.at or one.problem}")
    waiting = [one for _, one in told if not one.at]
    session.say(
        f"{len(told) - len(waiting)} of {len(told)} stamped",
        stamped=[one._asdict() for _, one in told if one.at],
        waiting=[one._asdict() for one in waiting],
    )
    if waiting:
        raise click.exceptions.Exit(1)
