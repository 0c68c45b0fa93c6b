"""Corrections, and figures as they were known at any checkpoint."""

from __future__ import annotations

import click

from ledger.cli.session import Session, fund_option, guarded, json_option, machine, pass_session
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.journal.history import Fund
from ledger.money import plain_amount
from ledger.projections.corrections import KINDS, corrected_json, correction_listing
from ledger.projections.known import Known, Late, known_at, known_json, year_lines


@click.command("figures")
@click.option("--at", "asked", help="Size of the log, or a day: its last checkpoint.")
@click.option("--year", help="Instead: what each closed month of a year, such as 2026, moved.")
@click.option("--month", help="A closed month, such as 2026-10: what it had moved, then and now.")
@json_option
@fund_option
@pass_session
@guarded
@machine
def figures(  # one parameter for each option
    session: Session,
    asked: str | None,
    month: str | None,
    year: str | None,
    fund_slug: str | None,
) -> None:
    """Show figures as they were known at a checkpoint, beside those that are known now; or the months of a year."""
    fund = session.fund(fund_slug)
    if year is not None:
        _year(session, fund, year)
        return
    if asked is None:
        raise FieldError(field="at", value="", reason="missing")
    with session.ledger().database.reading() as connection:
        found = known_at(connection, fund, asked, month)
    _tell(session, found)
    session.say(
        f"as known at {found.point.size} entries, and at {found.newest.size}",
        **known_json(found),
    )


def _tell(session: Session, found: Known) -> None:
    rows = [(name, found.stages[name], found.stages_now[name]) for name in found.stages]
    if found.month is not None:
        of = found.month
        rows += [(f"{of.month} {name}", of.then[name], of.now[name]) for name in of.then]
    for name, then, now in rows:
        amounts = (plain_amount(then, found.commodity), plain_amount(now, found.commodity))
        session.note(f"{name}\tthen {amounts[0]}\tnow {amounts[1]}")
    for one in found.month.corrections if found.month else ():
        session.note(f"corrected by entry {one.seq} ({one.kind}): {one.reason}")
    if found.month is not None:
        _tell_late(session, found.month.late, found.commodity)


def _tell_late(session: Session, late: Late, commodity: str) -> None:
    for name, amount in late.moved.items():
        if amount:
            session.note(f"late {name}\t{plain_amount(amount, commodity)}, counted elsewhere")
    for one in late.first:
        happened = one.value["occurred_at"]
        session.note(
            f"late entry {one.seq} ({one.run.kind}) of {happened}, counts in {one.run.counts_in}"
        )
    if late.entries > len(late.first):
        session.note(f"{late.entries} late entries in all: `period late MONTH --dated`")


def _year(session: Session, fund: Fund, year: str) -> None:
    with session.ledger().database.reading() as connection:
        commodity = funds.details(connection, fund.fund_id).commodity
        found = year_lines(connection, fund, year)
    for month, lines in found.items():
        told = "\t".join(f"{name} {plain_amount(of, commodity)}" for name, of in lines.items())
        session.note(f"{month}\t{told}")
    session.say(
        f"{year}: {len(found)} closed months", year=year, commodity=commodity, months=found
    )


@click.group()
def correction() -> None:
    """The register of corrections."""


@correction.command("list")
@click.option("--kind", type=click.Choice(KINDS))
@json_option
@fund_option
@pass_session
@guarded
@machine
def correction_list(session: Session, kind: str | None, fund_slug: str | None) -> None:
    """List corrections, the newest first: what, why, who proposed and approved, which statements they touch."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = list(correction_listing(fund.fund_id, kind).each(connection))
    for one in found:
        amount = (
            ""
            if one.amount is None
            else f"{plain_amount(one.amount, one.commodity)} {one.commodity}"
        )
        corrects = ", ".join(str(seq) for seq in one.corrects) or "-"
        touched = ", ".join(one.statements) or "-"
        session.note(f"{one.seq}\t{one.kind}\tof {corrects}\t{amount}\t{one.reason}\t{touched}")
    session.say(f"{len(found)} corrections", corrections=[corrected_json(one) for one in found])
