"""Bank lines, matching, transfers, closing a month."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli.deciding import approve, summary
from ledger.cli.files import bank
from ledger.cli.session import (
    Session,
    acts,
    fund_option,
    guarded,
    machine,
    naming,
    pass_session,
)
from ledger.desk import actions, wanted
from ledger.desk.reconcile import reconcile as run_reconcile
from ledger.desk.transferring import attach
from ledger.errors import FieldError, NotFoundError
from ledger.funds import history as funds
from ledger.journal.history import Fund
from ledger.matching import booking as matching
from ledger.matching import history as matching_history
from ledger.matching.formats.sniffing import kind_of, shown_name
from ledger.money import parse_amount, plain_amount
from ledger.projections.transfer_page import offer_of
from ledger.transfers.booking import Proposal, own_reference
from ledger.transfers.history import all_transfers, last_number, of_decision
from ledger.transfers.history import transfer as find_transfer


@bank.command("open")
@fund_option
@pass_session
@guarded
@machine
def bank_open(session: Session, fund_slug: str | None) -> None:
    """List the lines and settlements that nothing explains yet, and the exceptions."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        lines = matching_history.open_lines(connection, fund.fund_id)
        unpaid = matching_history.settlements(connection, fund.fund_id, unpaid=True)
        items = matching_history.items(connection, fund.fund_id)
    for line in lines:
        amount = plain_amount(line.line.amount_minor, line.line.commodity)
        session.note(f"line {line.evidence.row} of {line.account}: {amount} {line.line.kind}")
    for one in unpaid:
        session.note(
            f"settlement {one.statement_no}: {plain_amount(one.net, one.commodity)} not arrived"
        )
    for item in items:
        amount = plain_amount(item.amount, item.commodity)
        session.note(
            f"exception {item.raised_seq}: {item.kind} {item.subject} {amount} {item.commodity}"
        )
    session.say(
        f"{len(lines)} lines, {len(unpaid)} settlements, {len(items)} exceptions open",
        lines=[
            {
                "account": line.account,
                "row": line.evidence.row,
                "amount_minor": line.line.amount_minor,
            }
            for line in lines
        ],
        settlements=[one.statement_no for one in unpaid],
        exceptions=[
            {"kind": item.kind, "subject": item.subject, "amount_minor": item.amount}
            for item in items
        ],
    )


@bank.command("book")
@click.argument("account_name")
@click.argument("row", type=int)
@click.option("--as", "kind", type=click.Choice(sorted(matching.INCOME_ACCOUNTS)), required=True)
@fund_option
@acts("income.book")
@pass_session
@guarded
def bank_book(
    session: Session,
    account_name: str,
    row: int,
    kind: str,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Say that line ROW of an account is a direct donation, interest, a returned grant or other income."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    with ledger.database.reading() as connection:
        account = funds.money_account(connection, fund.fund_id, account_name)
        line = matching_history.line_by_row(connection, fund.fund_id, account.name, row)
    seq = actions.book_income(ledger.sequencer, fund, member, kind, line)
    session.say(f"line {row} booked as {kind}, entry {seq}", seq=seq)


@click.command("reconcile")
@fund_option
@pass_session
@guarded
@machine
def reconcile(session: Session, fund_slug: str | None) -> None:
    """Match what is open; what fits nothing stays open and is counted."""
    done = run_reconcile(session.ledger().sequencer, session.fund(fund_slug))
    session.say(
        f"matched {done.payouts} payouts, {done.sent} transfers sent, {done.confirmed} confirmed, "
        f"{done.spending} payments, {done.interest} interest; open: {done.open_lines} lines, "
        f"{done.unpaid} settlements",
        payouts=done.payouts,
        sent=done.sent,
        confirmed=done.confirmed,
        spending=done.spending,
        interest=done.interest,
        open_lines=done.open_lines,
        unpaid=done.unpaid,
    )


@click.group()
def transfer() -> None:
    """Transfers into the fund: two people decide."""


@transfer.command("propose")
@click.argument("amount", required=False)
@click.option("--from", "from_name", required=True, help="Collection account.")
@click.option("--to", "to_name", required=True, help="Fund account.")
@click.option(
    "--reference",
    help="Own reference, on the bank's lines; 8 characters or more. One is made unless given.",
)
@click.option("--purpose", default="", help="What it is for, in words that anyone may read.")
@click.option(
    "--evidence",
    "evidence_paths",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that speaks for it; kept, and named by its hash.",
)
@fund_option
@acts("transfer.propose")
@pass_session
@guarded
def transfer_propose(  # its options
    session: Session,
    amount: str | None,
    from_name: str,
    to_name: str,
    reference: str | None,
    purpose: str,
    evidence_paths: tuple[Path, ...],
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Propose a transfer; without an AMOUNT what is matched, still in the account and not promised."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    with ledger.database.reading() as connection:
        source = funds.money_account(connection, fund.fund_id, from_name)
        target = funds.money_account(connection, fund.fund_id, to_name)
        if source.commodity != target.commodity:
            raise FieldError(
                field="to",
                reason="other-currency",
                value=target.commodity,
                expected=source.commodity,
            )
        offer = offer_of(connection, fund, source.name, source.commodity)
        number = last_number(connection, fund.fund_id) + 1
    minor = parse_amount(amount, source.commodity) if amount else offer.amount
    who = member.member_id
    evidence = tuple(
        attach(ledger.sequencer, fund, who, _brought(path)) for path in evidence_paths
    )
    proposal = Proposal(
        source.name,
        target.name,
        source.commodity,
        minor,
        reference or own_reference(fund.slug, number),
        purpose,
        evidence,
    )
    done = actions.propose(ledger.sequencer, fund, member.member_id, wanted.transfer(proposal))
    with ledger.database.reading() as connection:
        number = of_decision(connection, fund.fund_id, done.number).number
    session.say(
        f"transfer {number} proposed as decision {done.number}",
        number=number,
        decision=done.number,
    )


def _brought(path: Path) -> tuple[str, str, bytes]:
    """Return a file of evidence: its name, what it is by its bytes, and these."""
    data, name = path.read_bytes(), shown_name(path.name)
    with naming(path):
        return name, kind_of(name, data), data


def _decision_of(session: Session, fund: Fund, number: int) -> int:
    """Return the decision about a transfer.

    Raises:
        NotFoundError: There is no such transfer, or it is from before there were decisions.
    """
    with session.ledger().database.reading() as connection:
        found = find_transfer(connection, fund.fund_id, number)
    if found.decision is None:
        raise NotFoundError(what="decision", transfer=number)
    return found.decision


@transfer.command("approve")
@click.argument("number", type=int)
@click.option("--payee-seen", is_flag=True, help="You have seen that the payee changed.")
@fund_option
@acts("decision.approve")
@pass_session
@guarded
def transfer_approve(
    session: Session, number: int, member_name: str, fund_slug: str | None, *, payee_seen: bool
) -> None:
    """Approve transfer NUMBER, that others proposed. Where the payee changed, say that you have seen it."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    decision = _decision_of(session, fund, number)
    done = approve(session, fund, member, decision, None, payee_seen=payee_seen)
    session.say(
        f"transfer {number}: {summary(done)}",
        number=number,
        decision=done.number,
        state=done.state,
        open=sorted(done.open_slots.values()),
    )


@transfer.command("reject")
@click.argument("number", type=int)
@click.option("--reason", required=True)
@fund_option
@acts("decision.reject")
@pass_session
@guarded
def transfer_reject(
    session: Session, number: int, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Reject transfer NUMBER, that others proposed: short for `decision reject`."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    decision = _decision_of(session, fund, number)
    actions.reject(ledger.sequencer, fund, member.member_id, decision, reason)
    session.say(f"transfer {number} rejected", number=number, decision=decision)


@transfer.command("call-off")
@click.argument("number", type=int)
@click.option("--reason", required=True)
@fund_option
@acts("transfer.call-off")
@pass_session
@guarded
def transfer_call_off(
    session: Session, number: int, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Stop transfer NUMBER, that is approved and has not left. One person may: it moves nothing."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    seq = actions.call_off_transfer(ledger.sequencer, fund, member.member_id, number, reason)
    session.say(f"transfer {number} stopped, entry {seq}", number=number, seq=seq)


@transfer.command("send")
@click.argument("number", type=int)
@click.option(
    "--row", type=int, required=True, help="Line of the collection account's file that shows it."
)
@click.option("--fee", default="0", help="What the bank kept of it.")
@fund_option
@acts("line.match")
@pass_session
@guarded
def transfer_send(
    session: Session, number: int, row: int, fee: str, member_name: str, fund_slug: str | None
) -> None:
    """Say by hand which bank line sent a transfer (`reconcile` finds it where the reference is there)."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    seq = actions.send_by_line(
        ledger.sequencer, fund, member, number, row, _fee(session, fund, number, fee)
    )
    session.say(f"transfer {number} sent, entry {seq}", number=number, seq=seq)


@transfer.command("confirm")
@click.argument("number", type=int)
@click.option(
    "--row", type=int, required=True, help="Line of the fund account's file that shows it."
)
@click.option("--fee", default="0", help="What the fund's bank kept before it.")
@fund_option
@acts("line.match")
@pass_session
@guarded
def transfer_confirm(
    session: Session, number: int, row: int, fee: str, member_name: str, fund_slug: str | None
) -> None:
    """Say by hand which bank line a transfer, or a part of it, arrived with."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    minor = _fee(session, fund, number, fee)
    seq = actions.confirm_by_line(ledger.sequencer, fund, member, number, row, minor)
    session.say(f"transfer {number} confirmed, entry {seq}", number=number, seq=seq)


def _fee(session: Session, fund: Fund, number: int, text: str) -> int:
    with session.ledger().database.reading() as connection:
        return parse_amount(text, find_transfer(connection, fund.fund_id, number).commodity)


@transfer.command("list")
@fund_option
@pass_session
@guarded
@machine
def transfer_list(session: Session, fund_slug: str | None) -> None:
    """List transfers and where they stand."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = all_transfers(connection, fund.fund_id)
    for one in found:
        session.note(
            f"{one.number}\t{one.state}\t{plain_amount(one.amount, one.commodity)} {one.commodity}"
        )
    session.say(
        f"{len(found)} transfers",
        transfers=[
            {"number": one.number, "state": one.state, "amount_minor": one.amount} for one in found
        ],
    )
