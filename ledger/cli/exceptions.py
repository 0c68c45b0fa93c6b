"""Exceptions and the day: what does not match, who looks after it, and whether everything is explained."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from ledger.cli.deciding import summary, told
from ledger.cli.evidence import read_evidence
from ledger.cli.session import (
    Session,
    acts,
    fund_option,
    guarded,
    json_option,
    machine,
    pass_session,
)
from ledger.clock import from_ms, local_date, to_text
from ledger.desk import actions, exceptions, finding, handling
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.journal.history import Fund
from ledger.matching.exceptions import history
from ledger.matching.exceptions.booking import Step
from ledger.matching.exceptions.history import Aged, Filter, Item
from ledger.matching.exceptions.kinds import KINDS, STATES
from ledger.money import plain_amount
from ledger.projections.desk_day import day_page
from ledger.projections.desk_json import aged_json, day_json, exception_json, thread_json
from ledger.projections.shapes import DayPage, OpenSum

STEPS = ("note", "due", "pause", "resume", "dispute", "settle")
_STEP = {"pause": "paused", "resume": "resumed", "dispute": "disputed", "settle": "settled"}


@click.group("exception")
def exception() -> None:
    """Exceptions: what does not match."""


def exception_line(one: Item, today: date) -> str:
    """Return an exception as one line."""
    late = ", overdue" if one.is_overdue(today) else ""
    amount = plain_amount(one.amount, one.commodity)
    return (
        f"{one.raised_seq}\t{one.kind}\t{amount} {one.commodity}\t{one.state}{late}\t"
        f"{one.age(today)} days\tdue {one.due}\t{one.owner or one.role}\t{one.subject}"
    )


def _today(session: Session, fund: Fund) -> date:
    ledger = session.ledger()
    with ledger.database.reading() as connection:
        zone = funds.details(connection, fund.fund_id).zone
    return local_date(ledger.clock.now(), zone)


@exception.command("find")
@json_option
@fund_option
@pass_session
@guarded
@machine
def exception_find(session: Session, fund_slug: str | None) -> None:
    """Raise what does not match by now, and close what is explained by now."""
    done = finding.look(session.ledger().sequencer, session.fund(fund_slug))
    session.say(
        f"{done.raised} raised, {done.explained} explained",
        raised=done.raised,
        explained=done.explained,
    )


@exception.command("list")
@click.option("--state", type=click.Choice(STATES), help="Else all that are open.")
@click.option("--kind", type=click.Choice(tuple(KINDS)))
@click.option("--owner", help="Id of the member who looks after it.")
@click.option("--overdue", is_flag=True, help="Only those past their day.")
@click.option("--text", help="Part of the subject.")
@click.option("--after", type=int, help="Number of the last one of the page before.")
@click.option("--limit", type=click.IntRange(1, history.PAGE_MAX), default=100, show_default=True)
@json_option
@fund_option
@pass_session
@guarded
@machine
def exception_list(  # one parameter for each option
    session: Session,
    state: str | None,
    kind: str | None,
    owner: str | None,
    overdue: bool,
    text: str | None,
    after: int | None,
    limit: int,
    fund_slug: str | None,
) -> None:
    """List exceptions, the oldest first."""
    fund = session.fund(fund_slug)
    today = _today(session, fund)
    wanted = Filter(
        states=None if state is None else (state,),
        is_open=True if state is None else None,
        kinds=None if kind is None else (kind,),
        owner=owner,
        overdue_on=today if overdue else None,
        text=text,
    )
    with session.ledger().database.reading() as connection:
        rows = history.page(connection, fund.fund_id, wanted, after=after, limit=limit)
    for one in rows:
        session.note(exception_line(one, today))
    session.say(f"{len(rows)} exceptions", exceptions=[exception_json(one, today) for one in rows])


@exception.command("ageing")
@json_option
@fund_option
@pass_session
@guarded
@machine
def exception_ageing(session: Session, fund_slug: str | None) -> None:
    """Sum open exceptions by kind and age."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        rows = history.ageing(connection, fund.fund_id, _today(session, fund))
    for one in rows:
        session.note(_aged_line(one))
    session.say(
        f"{sum(one.items for one in rows)} open exceptions",
        ageing=[aged_json(one) for one in rows],
    )


def _aged_line(one: Aged) -> str:
    amount = plain_amount(one.amount, one.commodity)
    return f"{one.kind}\t{one.bracket} days\t{one.items}\t{amount} {one.commodity}"


@exception.command("show")
@click.argument("number", type=int)
@json_option
@fund_option
@pass_session
@guarded
@machine
def exception_show(session: Session, number: int, fund_slug: str | None) -> None:
    """Show exception NUMBER: where it stands, its thread, its evidence."""
    fund = session.fund(fund_slug)
    today = _today(session, fund)
    with session.ledger().database.reading() as connection:
        found = history.item(connection, fund.fund_id, number)
        thread = history.thread(connection, fund.fund_id, number)
        files = history.evidence(connection, fund.fund_id, number)
    for one in thread:
        at = to_text(from_ms(one.at_ms))
        session.note(f"{at}\t{one.member_id}\t{one.step} {one.value}\t{one.text or ''}".rstrip())
    for file in files:
        session.note(f"{file.sha256}\t{file.name}\t{file.bytes} bytes")
    session.say(
        exception_line(found, today),
        **exception_json(found, today),
        **thread_json(thread, files),
    )


@exception.command("assign")
@click.argument("number", type=int)
@click.argument("owner", required=False, default="")
@fund_option
@acts("exception.work")
@pass_session
@guarded
def exception_assign(
    session: Session, number: int, owner: str, member_name: str, fund_slug: str | None
) -> None:
    """Let the member OWNER (id or name) look after exception NUMBER; without one, nobody."""
    fund = session.fund(fund_slug)
    value = ""
    if owner:
        with session.ledger().database.reading() as connection:
            value = funds.member(connection, fund.fund_id, owner).member_id
    _work(session, fund, member_name, number, Step("assigned", value))


@exception.command("note")
@click.argument("number", type=int)
@click.argument("text", default="")
@click.option("--step", type=click.Choice(STEPS), default="note", show_default=True)
@click.option("--day", default="", help="With `--step due`: the day, as 2026-10-12.")
@fund_option
@acts("exception.work")
@pass_session
@guarded
def exception_note(
    session: Session,
    number: int,
    text: str,
    step: str,
    day: str,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Write TEXT into the thread of exception NUMBER; --step puts it off, waits for somebody, or contests it."""
    wanted = Step(_STEP.get(step, step), day, text)
    _work(session, session.fund(fund_slug), member_name, number, wanted)


@exception.command("attach")
@click.argument("number", type=int)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@fund_option
@acts("exception.work")
@pass_session
@guarded
def exception_attach(
    session: Session, number: int, file: Path, member_name: str, fund_slug: str | None
) -> None:
    """Bring FILE as evidence for exception NUMBER: PDF, text, XML, XLS, XLSX or ZIP."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    brought = read_evidence(file)
    found = handling.attach(ledger.sequencer, fund, member.member_id, number, brought)
    today = _today(session, fund)
    session.say(exception_line(found, today), **exception_json(found, today))


def _work(session: Session, fund: Fund, member_name: str, number: int, step: Step) -> None:
    member = session.member(fund, member_name)
    sequencer = session.ledger().sequencer
    found = handling.work(sequencer, fund, member.member_id, number, step)
    today = _today(session, fund)
    session.say(exception_line(found, today), **exception_json(found, today))


@exception.command("propose")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="The cause, in words that anyone may read.")
@fund_option
@acts("resolution.propose")
@pass_session
@guarded
def exception_propose(
    session: Session, number: int, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose to close exception NUMBER because its cause is known. Above 1.00 it needs evidence."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    wanted = exceptions.resolution(number, reason)
    done = actions.propose(ledger.sequencer, fund, member.member_id, wanted)
    session.say(summary(done), **told(done))


@exception.command("write-off")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why, in words that anyone may read.")
@fund_option
@acts("write-off.propose")
@pass_session
@guarded
def exception_write_off(
    session: Session, number: int, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose to write off the settlement that exception NUMBER says is overdue."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    wanted = exceptions.write_off(number, reason)
    done = actions.propose(ledger.sequencer, fund, member.member_id, wanted)
    session.say(summary(done), **told(done))


# --- the day --------------------------------------------------------------------------------------


@click.command("day")
@click.argument("date_text", required=False, metavar="[DATE]")
@json_option
@fund_option
@pass_session
@guarded
@machine
def day(session: Session, date_text: str | None, fund_slug: str | None) -> None:
    """Show a day, today unless DATE says another: what came in, what is open, and whether all of it is explained."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    wanted = _day(date_text) if date_text else _today(session, fund)
    with ledger.database.reading() as connection:
        page = day_page(connection, fund, wanted, ledger.clock.now())
    for line in _day_lines(page):
        session.note(line)
    session.say(explained_sentence(page.unexplained), **day_json(page))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(field="day", value=text[:20], reason="not-a-day") from error


def explained_sentence(unexplained: tuple[OpenSum, ...]) -> str:
    """Return the sentence about a day: that everything is explained, or the sums that are not."""
    if not unexplained:
        return "explained to the fen"
    sums = ", ".join(
        f"{plain_amount(one.amount_minor, one.commodity)} {one.commodity}" for one in unexplained
    )
    return f"not explained: {sums}"


def _day_lines(page: DayPage) -> list[str]:
    commodity = page.commodity
    lines = [f"{page.day.isoformat()}\t{page.slug}"]
    lines += [
        f"{one.channel}\t{one.sessions} broadcasts\t{one.gifts} gifts\t"
        f"{plain_amount(one.ours_minor, one.commodity)} {one.commodity}"
        for one in page.channels
    ]
    lines += [f"{file.name}\t{file.account}\t{file.state} {file.joins}" for file in page.files]
    lines += [f"{one.key}\t{plain_amount(one.waiting_minor, commodity)}" for one in page.stages]
    lines.append(f"{page.items_count} open exceptions, {page.overdue} overdue")
    return lines
