"""Matches: what was confirmed and why, what is suggested, and what was released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson

from ledger.cli.deciding import rule, summary, told
from ledger.cli.session import (
    Session,
    acts,
    fund_option,
    guarded,
    machine,
    naming,
    pass_session,
)
from ledger.desk import actions
from ledger.desk import matching as desk
from ledger.desk.bank_days import bank_days
from ledger.desk.dry_run import dry_run
from ledger.desk.gift_list import compare_list
from ledger.desk.reconcile import suggest
from ledger.errors import FileFormatError
from ledger.funds import history as funds
from ledger.intake.ahead import open_own_file
from ledger.intake.listed import ListFile
from ledger.matching import matches
from ledger.matching.matches import Asked, KeptMatch, Suggestion
from ledger.matching.officers_rules import rules_from_json
from ledger.money import plain_amount

STATES = ("suggested", "ambiguous", "confirmed", "released")
LIST_MAX = 500


@click.group()
def match() -> None:
    """Matches between what was expected and what the banks show."""


@match.command("list")
@click.option("--state", type=click.Choice(STATES), default="suggested", show_default=True)
@click.option("--account", help="With a line of this account.")
@click.option("--step", type=click.Choice(("R3", "R4", "R5", "R6", "income")))
@click.option(
    "--below", type=int, help="Numbers below this one; of suggestions, how many to pass over."
)
@click.option("--limit", type=click.IntRange(1, LIST_MAX), default=50, show_default=True)
@fund_option
@pass_session
@guarded
@machine
def match_list(
    session: Session,
    state: str,
    account: str | None,
    step: str | None,
    below: int | None,
    limit: int,
    fund_slug: str | None,
) -> None:
    """List what is suggested, or with --state what was confirmed or released."""
    fund = session.fund(fund_slug)
    asked = Asked(state=state, account=account, step=step, below=below, limit=limit)
    with session.ledger().database.reading() as connection:
        if state in matches.STATES:
            kept = matches.match_list(connection, fund.fund_id, asked)
            lines, shown = [_line(one) for one in kept], [matches.match_json(one) for one in kept]
        else:
            found = matches.suggestion_list(connection, fund.fund_id, asked)
            lines = [_suggestion_line(one) for one in found]
            shown = [matches.suggestion_json(one) for one in found]
    for line in lines:
        session.note(line)
    session.say(f"{len(shown)} {state}", matches=shown)


def _line(one: KeptMatch) -> str:
    things = ", ".join(dict.fromkeys(part.expectation for part in one.parts))
    amount = plain_amount(one.amount, one.commodity)
    return (
        f"match {one.number}: {one.step} {one.rule} {amount} {one.commodity} {things}, {one.state}"
    )


def _suggestion_line(one: Suggestion) -> str:
    amount = plain_amount(one.amount, one.commodity)
    difference = plain_amount(one.adjustment, one.commodity) if one.adjustment else ""
    beside = f" (difference {difference})" if difference else ""
    things = ", ".join(one.expectations) or "several sets"
    return f"{one.id}: {one.step} {one.rule} {amount} {one.commodity}{beside} {things}, score {one.score}"


@match.command("show")
@click.argument("number", type=int)
@fund_option
@pass_session
@guarded
@machine
def match_show(session: Session, number: int, fund_slug: str | None) -> None:
    """Show match NUMBER: its pass, every field with both values, what lost and why, and its entries."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = matches.match(connection, fund.fund_id, number)
    for field in found.compared:
        session.note(
            f"{field.field}: expected {field.expected or '-'}, seen {field.observed or '-'}: {field.verdict}"
        )
    for other in found.others:
        session.note(f"not {other.id}: {other.why}")
    for part in found.parts:
        amount = plain_amount(part.amount, found.commodity)
        session.note(f"{amount} of {part.account} for {part.expectation}, entry {part.seq}")
    if found.release is not None:
        session.note(f"released by entry {found.release.seq}: {found.release.reason}")
    session.say(_line(found), **matches.match_json(found))


@match.command("suggest")
@fund_option
@pass_session
@guarded
@machine
def match_suggest(session: Session, fund_slug: str | None) -> None:
    """Make the suggestions anew from what is open; book nothing."""
    found = suggest(session.ledger().sequencer, session.fund(fund_slug))
    sure = sum(one.verdict == "suggested" for one in found)
    session.say(
        f"{sure} suggested, {len(found) - sure} ambiguous",
        suggested=sure,
        ambiguous=len(found) - sure,
    )


@match.command("confirm")
@click.argument("suggestion")
@fund_option
@acts("match.confirm")
@pass_session
@guarded
def match_confirm(
    session: Session, suggestion: str, member_name: str, fund_slug: str | None
) -> None:
    """Confirm SUGGESTION, whose sums are equal, up to the fund's limit."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    number = desk.confirm(session.ledger().sequencer, fund, member.member_id, suggestion)
    session.say(f"match {number} confirmed", number=number)


@match.command("dismiss")
@click.argument("suggestion")
@click.option("--reason", required=True, help="Why it is none; for the officers.")
@fund_option
@acts("match.dismiss")
@pass_session
@guarded
def match_dismiss(
    session: Session, suggestion: str, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Say that SUGGESTION is none: it is not made again."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    desk.dismiss(session.ledger().sequencer, fund, member.member_id, suggestion, reason)
    session.say(f"{suggestion} dismissed", suggestion=suggestion)


@match.command("propose")
@click.argument("suggestion")
@fund_option
@acts("match.propose")
@pass_session
@guarded
def match_propose(
    session: Session, suggestion: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose SUGGESTION above the limit of one person; another one approves the decision."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    done = actions.propose(
        session.ledger().sequencer, fund, member.member_id, desk.match(suggestion)
    )
    session.say(summary(done), **told(done))


@match.command("adjust")
@click.argument("suggestion")
@click.option("--reason", required=True, help="Why the sums differ; anyone may read it.")
@fund_option
@acts("adjustment.propose")
@pass_session
@guarded
def match_adjust(
    session: Session, suggestion: str, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose SUGGESTION and to book its small difference away; others approve the decision."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    wanted = desk.adjustment(suggestion, reason)
    done = actions.propose(session.ledger().sequencer, fund, member.member_id, wanted)
    session.say(summary(done), **told(done))


@match.command("release")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it is wrong; anyone may read it.")
@fund_option
@acts("match.propose")
@pass_session
@guarded
def match_release(
    session: Session, number: int, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose to release match NUMBER: its entries are reversed when another person approves it."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    wanted = desk.release(number, reason)
    done = actions.propose(session.ledger().sequencer, fund, member.member_id, wanted)
    session.say(summary(done), **told(done))


@match.command("gifts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--channel", "channel_name", required=True, help="Whose list it is.")
@click.option("--month", required=True, help="Such as 2026-10.")
@fund_option
@pass_session
@guarded
@machine
def match_gifts(
    session: Session, file: Path, channel_name: str, month: str, fund_slug: str | None
) -> None:
    """Hold a month's gifts to the platform's own list (our JSON Lines or CSV); raise what differs."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    with file.open("rb") as stream, naming(file):
        found = compare_list(
            ledger.sequencer,
            ledger.clock,
            session.settings.keys,
            fund,
            (channel_name, month),
            ListFile(file, open_own_file(stream, file.name)),
        )
    differences = {"missing": found.missing, "extra": found.extra, "amount": found.amount}
    for name, one in differences.items():
        for example in one.examples:
            session.note(f"{name}: {example}")
    session.say(
        f"{found.rows} gifts in the list: {found.same} the same, {found.missing.gifts} missing, "
        f"{found.extra.gifts} too many, {found.amount.gifts} of another sum, {found.refused} refused",
        rows=found.rows,
        same=found.same,
        repeated=found.repeated,
        refused=found.refused,
        **{
            name: {"gifts": one.gifts, "amount_minor": one.amount, "examples": list(one.examples)}
            for name, one in differences.items()
        },
    )
    if found.refused or any(one.gifts for one in differences.values()):
        raise SystemExit(1)


@match.command("balances")
@click.argument("account_name")
@click.option("--from", "first", default="0001-01-01", help="First day, such as 2026-10-01.")
@click.option("--to", "last", default="9999-12-31", help="Last day.")
@fund_option
@pass_session
@guarded
@machine
def match_balances(
    session: Session, account_name: str, first: str, last: str, fund_slug: str | None
) -> None:
    """Hold what the ledger has on an account to what the bank states, each day that it booked something."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        account = funds.money_account(connection, fund.fund_id, account_name)
        found = bank_days(connection, fund, account, (first, last))
    for one in found:
        bank = "not stated" if one.bank is None else plain_amount(one.bank, account.commodity)
        ledger = plain_amount(one.ledger, account.commodity)
        session.note(
            f"{one.day}: bank {bank}, ledger {ledger}; {one.ledger_items} items in the ledger only, "
            f"{one.bank_items} at the bank only"
        )
    differ = [one.day for one in found if one.bank is not None and not one.is_equal]
    session.say(
        f"{len(found)} days, {len(differ)} that the items do not explain",
        days=[{**one._asdict(), "is_equal": one.is_equal} for one in found],
        differ=differ,
    )
    if differ:
        raise SystemExit(1)


@click.command("dry-run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@fund_option
@pass_session
@guarded
@machine
def rule_dry_run(session: Session, file: Path, fund_slug: str | None) -> None:
    """Try the matching rules of FILE (JSON) over the last closed month; change nothing."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = dry_run(connection, fund, rules_from_json(_read(file)))
    for one in found.differences:
        session.note(f"{one.line}: {one.before} → {one.after}")
    session.say(
        f"{found.month}: {found.lines} lines, {len(found.differences)} differences",
        month=found.month,
        lines=found.lines,
        differences=[one._asdict() for one in found.differences],
    )


@click.command("propose-matching")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@fund_option
@acts("rule.propose")
@pass_session
@guarded
def rule_propose(session: Session, file: Path, member_name: str, fund_slug: str | None) -> None:
    """Propose the matching rules of FILE (JSON), after a dry run; an approver decides."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    wanted = desk.rules(rules_from_json(_read(file)))
    done = actions.propose(session.ledger().sequencer, fund, member.member_id, wanted)
    session.say(summary(done), **told(done))


rule.add_command(rule_dry_run)
rule.add_command(rule_propose)


def _read(file: Path) -> dict[str, Any]:
    """Return an object of a file.

    Raises:
        FileFormatError: It is none.
    """
    try:
        found = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise FileFormatError(file=file.name, reason="not-json") from error
    if not isinstance(found, dict):
        raise FileFormatError(file=file.name, reason="not-an-object")
    return found
