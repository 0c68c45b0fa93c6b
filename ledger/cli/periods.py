"""Months: where they stand, what is looked at before they close, and how they are closed, reopened and sealed."""

from __future__ import annotations

import click

from ledger.cli.deciding import summary
from ledger.cli.session import (
    Session,
    acts,
    fund_option,
    guarded,
    json_option,
    machine,
    pass_session,
)
from ledger.clock import from_text
from ledger.desk import actions, months, wanted
from ledger.desk.checklist import Check, checklist, checklist_json, late_gifts
from ledger.desk.wanted import Wanted
from ledger.journal.late_history import LateOf, late_page, late_sums
from ledger.periods import history
from ledger.projections.known import late_json

MARKS = {"passed": "ok", "failed": "FAILS", "not-needed": "not needed"}


@click.group()
def period() -> None:
    """Months."""


@period.command("list")
@json_option
@fund_option
@pass_session
@guarded
@machine
def period_list(session: Session, fund_slug: str | None) -> None:
    """List the months that have left `open`, with the entries that brought them where they are."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = history.standings(connection, fund.fund_id)
    for one in found:
        steps = ", ".join(f"{step.state} {step.seq}" for step in one.steps)
        session.note(f"{one.month}\t{one.state}\t{steps}")
    session.say(
        f"{len(found)} months",
        months=[history.standing_json(one) for one in found],
    )


@period.command("checklist")
@click.argument("month")
@json_option
@fund_option
@pass_session
@guarded
@machine
def period_checklist(session: Session, month: str, fund_slug: str | None) -> None:
    """Look at MONTH as its closing does: each check passed, failed with what to open, or not needed."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    with ledger.database.reading() as connection:
        found = checklist(connection, fund, month, ledger.clock.now())
    for one in found.checks:
        _tell(session, one)
    failed = ", ".join(found.failed)
    told = (
        f"{month} cannot be closed without a reason: {failed}"
        if failed
        else f"{month}: all is well"
    )
    session.say(told, **checklist_json(found))


@period.command("late")
@click.argument("month")
@click.option(
    "--dated", is_flag=True, help="Instead: what is dated in it and came after its closing."
)
@click.option("--after", type=int, default=-1, help="Only entries with a larger number.")
@click.option("--most", type=click.IntRange(1, 10_000), default=1_000, show_default=True)
@json_option
@fund_option
@pass_session
@guarded
@machine
def period_late(
    session: Session, month: str, dated: bool, after: int, most: int, fund_slug: str | None
) -> None:
    """List the gifts that count in MONTH and were recorded more than three days late, or are of a closed month."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        of = late_gifts(month)
        if dated:
            closed_seq = history.period(connection, fund.fund_id, month).closed_seq
            of = LateOf(month, dated=True, after=closed_seq)
        sums = late_sums(connection, fund.fund_id, of)
        asked = of._replace(after=max(after, of.after))
        found = late_page(connection, fund.fund_id, asked, most=most)
    for one in found:
        said = late_json(one)
        session.note("\t".join(str(of) for of in said.values() if of is not None))
    session.say(
        f"{sums.entries} late entries of {month}, {len(found)} listed",
        month=month,
        count=sums.entries,
        amounts=sums.amounts,
        entries=[late_json(one) for one in found],
    )


def _tell(session: Session, one: Check) -> None:
    counts = ", ".join(f"{number} {name}" for name, number in one.counts.items())
    session.note(f"{one.name}\t{MARKS[one.state]}\t{counts}")
    for point in one.points:
        amount = "" if point.amount is None else f" {point.amount} {point.commodity}"
        session.note(f"\t{point.page} {point.value or ''} {point.subject}{amount}")


@period.command("closing")
@click.argument("month")
@fund_option
@acts("closing.begin")
@pass_session
@guarded
def period_closing(session: Session, month: str, member_name: str, fund_slug: str | None) -> None:
    """Begin to close MONTH: what is dated in it needs a reason from now on."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    seq = months.begin_closing(ledger.sequencer, fund, member.member_id, month)
    session.say(f"{month} is closing, by entry {seq}", month=month, entry=seq)


def _propose(
    session: Session, member_name: str, fund_slug: str | None, month: str, new: Wanted
) -> None:
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    done = actions.propose(ledger.sequencer, fund, member.member_id, new)
    session.say(summary(done), month=month, decision=done.number)


@period.command("close")
@click.argument("month")
@click.option("--reason", default="", help="Why it may close although checks fail.")
@fund_option
@acts("close.propose")
@pass_session
@guarded
def period_close(
    session: Session, month: str, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose to close MONTH: what is recorded later belongs to the next one. A controller decides."""
    _propose(session, member_name, fund_slug, month, wanted.close(month, reason))


@period.command("reopen")
@click.argument("month")
@click.option("--until", required=True, help="When it closes again by itself, RFC 3339.")
@click.option("--reason", required=True)
@fund_option
@acts("reopen.propose")
@pass_session
@guarded
def period_reopen(  # one parameter for each option
    session: Session,
    month: str,
    until: str,
    reason: str,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Propose to reopen MONTH, the last closed one, until a time. An approver decides."""
    new = wanted.reopen(month, from_text(until), reason)
    _propose(session, member_name, fund_slug, month, new)


@period.command("seal")
@click.argument("month")
@fund_option
@acts("seal.propose")
@pass_session
@guarded
def period_seal(session: Session, month: str, member_name: str, fund_slug: str | None) -> None:
    """Propose to seal MONTH for ever. An approver decides."""
    _propose(session, member_name, fund_slug, month, wanted.seal(month))
