"""Erasing a donor, and what people wrote about an exception."""

from __future__ import annotations

import click

from ledger.cli.deciding import summary
from ledger.cli.session import Session, acts, fund_option, guarded, pass_session
from ledger.desk import actions, wanted
from ledger.errors import NotFoundError
from ledger.intake.erasing import gifts_of_giver
from ledger.journal.history import entry
from ledger.journal.receipt_numbers import parse_receipt_number, receipt_number
from ledger.matching.exceptions.booking import Words


@click.group()
def privacy() -> None:
    """What is personal, beside the ledger."""


@privacy.command("erase")
@click.argument("receipt")
@click.option(
    "--all", "whole", is_flag=True, help="All gifts of the same person on the same channel."
)
@fund_option
@acts("erase.propose")
@pass_session
@guarded
def privacy_erase(
    session: Session, receipt: str, *, whole: bool, member_name: str, fund_slug: str | None
) -> None:
    """Propose to erase who gave the gift with a RECEIPT number: name, id, message, exact times. A controller decides.

    Every proof stays valid.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    number = parse_receipt_number(receipt)
    with ledger.database.reading() as connection:
        found = entry(connection, fund.fund_id, number.seq)
        if receipt_number(found.seq, found.leaf_hash) != number:
            raise NotFoundError(what="receipt")
        seqs = gifts_of_giver(connection, fund.fund_id, found.seq) if whole else [found.seq]
    done = actions.propose(ledger.sequencer, fund, member.member_id, wanted.erasure(seqs))
    session.say(f"{len(seqs)} gifts: {summary(done)}", gifts=len(seqs), decision=done.number)


@privacy.command("erase-note")
@click.argument("exception", type=int)
@click.argument("note", type=int, nargs=-1, required=True)
@fund_option
@acts("erase.propose")
@pass_session
@guarded
def privacy_erase_note(
    session: Session,
    exception: int,
    note: tuple[int, ...],
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Propose to erase what steps NOTE of the thread of EXCEPTION say: words, or a file's name. A controller decides.

    Who did something and when, a file and its hash stay.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    new = wanted.thread_erasure([Words(exception, one) for one in note])
    done = actions.propose(ledger.sequencer, fund, member.member_id, new)
    session.say(f"{len(note)} notes: {summary(done)}", notes=len(note), decision=done.number)
