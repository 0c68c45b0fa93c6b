"""Transfers beside their decisions: what is offered, payment files, the step at the bank, standing policies, payees."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from ledger.cli.deciding import summary
from ledger.cli.money import transfer as transfer  # noqa: PLC0414 -- with these commands it is whole
from ledger.cli.session import (
    Session,
    acts,
    fund_option,
    guarded,
    machine,
    naming,
    pass_session,
)
from ledger.cli.setup import account
from ledger.clock import local_date
from ledger.desk import actions, transferring, wanted
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.funds.payees import Payee, payee_of
from ledger.journal.history import Fund
from ledger.money import parse_amount, plain_amount
from ledger.projections.transfer_json import offer_json, transfer_json
from ledger.projections.transfer_page import Origin, offer_of, origins_ahead, waiting
from ledger.transfers import history, payments, standing
from ledger.transfers.payment_files import STANDARD, mapping_from_json, mapping_json
from ledger.transfers.standing import Policy


@transfer.command("offer")
@click.argument("account_name")
@fund_option
@pass_session
@guarded
@machine
def transfer_offer(session: Session, account_name: str, fund_slug: str | None) -> None:
    """Show what can be transferred from a collection account, and where it comes from."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        source = funds.money_account(connection, fund.fund_id, account_name)
        found = offer_of(connection, fund, source.name, source.commodity)
        origins = origins_ahead(connection, fund, found, found.amount, found.promised)
    for one in origins:
        session.note(f"{_named(one)}\t{plain_amount(one.carried, found.commodity)}")
    session.say(
        f"{plain_amount(found.amount, found.commodity)} {found.commodity} of "
        f"{plain_amount(found.balance, found.commodity)}; promised "
        f"{plain_amount(found.promised, found.commodity)}, leaving unexplained "
        f"{plain_amount(found.leaving, found.commodity)}",
        **offer_json(found, origins),
    )


def _named(one: Origin) -> str:
    said = one.body.get("statement_no") or one.body.get("class") or one.body.get("number") or ""
    return f"{one.on.isoformat()}\t{one.kind} {said}\tentry {one.seq}"


@transfer.command("show")
@click.argument("number", type=int)
@fund_option
@pass_session
@guarded
@machine
def transfer_show(session: Session, number: int, fund_slug: str | None) -> None:
    """Show transfer NUMBER: its sums, its steps and its payment files."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = history.transfer(connection, fund.fund_id, number)
        steps = history.steps(connection, fund.fund_id, number)
        files = payments.files_of(connection, fund.fund_id, number)
    for one in steps:
        session.note(f"entry {one.seq}\t{one.step}\t{plain_amount(one.amount, found.commodity)}")
    for file in files:
        session.note(f"entry {file.seq}\t{file.format}\t{file.message_id}\t{file.sha256}")
    session.say(
        f"transfer {number}: {found.state}, {plain_amount(found.amount, found.commodity)} "
        f"{found.commodity}; left {plain_amount(found.gone, found.commodity)}, under way "
        f"{plain_amount(found.under_way, found.commodity)}, arrived "
        f"{plain_amount(found.arrived, found.commodity)}, came back "
        f"{plain_amount(found.back, found.commodity)}",
        **transfer_json(found),
        steps=[one._asdict() for one in steps],
        payment_files=[
            {"message_id": one.message_id, "format": one.format, "sha256": one.sha256}
            for one in files
        ],
    )


@transfer.command("payment-file")
@click.argument("numbers", type=int, nargs=-1, required=True)
@click.option(
    "--csv", "columns", default="", help="Name of a bank portal's columns; `standard` is there."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where to write it; named by its message in this folder unless given.",
)
@fund_option
@acts("transfer.file")
@pass_session
@guarded
def transfer_payment_file(
    session: Session,
    numbers: tuple[int, ...],
    columns: str,
    out: Path | None,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Write the payment file of approved transfers: ISO 20022 pain.001.001.09, or a sheet for a bank's portal.

    The same transfers give the same file again. Its hash is in an entry: `transfer check-file` tells whether a file
    is still the one that was handed out.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    made = transferring.payment_file(ledger.sequencer, fund, member.member_id, numbers, columns)
    with ledger.database.reading() as connection:
        data = payments.bytes_of(connection, fund.fund_id, made.sha256)
    path = out or Path(made.name)
    path.write_bytes(data)
    session.say(
        f"{path}: {made.format}, message {made.message_id}, entry {made.seq}",
        file=str(path),
        message_id=made.message_id,
        format=made.format,
        sha256=made.sha256,
        transfers=list(made.transfers),
        seq=made.seq,
    )


@transfer.command("check-file")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@fund_option
@pass_session
@guarded
@machine
def transfer_check_file(session: Session, path: Path, fund_slug: str | None) -> None:
    """Tell whether a payment file is still what was handed out, and field by field what is not."""
    fund = session.fund(fund_slug)
    with naming(path), session.ledger().database.reading() as connection:
        found = payments.check_file(connection, fund.fund_id, path.read_bytes())
    for one in found.differences:
        session.note(f"{one.field}: handed out {one.expected!r}, now {one.found!r}")
    for number in found.over:
        session.note(f"transfer {number} has left or was stopped: do not pay it by this file")
    what = "unchanged" if found.is_unchanged else f"CHANGED in {len(found.differences)} fields"
    session.say(
        f"{path.name}: {what} (message {found.file.message_id})",
        unchanged=found.is_unchanged,
        message_id=found.file.message_id,
        differences=[one._asdict() for one in found.differences],
        over=list(found.over),
    )
    if found.over or not found.is_unchanged:
        raise click.exceptions.Exit(1)


@transfer.command("enter")
@click.argument("number", type=int)
@fund_option
@acts("transfer.enter")
@pass_session
@guarded
def transfer_enter(session: Session, number: int, member_name: str, fund_slug: str | None) -> None:
    """Say that approved transfer NUMBER was entered at the bank: by a third person, where the fund has one."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    seq = transferring.enter(ledger.sequencer, fund, member.member_id, number)
    session.say(f"transfer {number} entered at the bank, entry {seq}", number=number, seq=seq)


@transfer.command("returned")
@click.argument("number", type=int)
@click.option("--row", type=int, required=True, help="Line of the collection account's file.")
@click.option("--fee", default="0", help="What a bank kept of it.")
@fund_option
@acts("line.match")
@pass_session
@guarded
def transfer_returned(
    session: Session, number: int, row: int, fee: str, member_name: str, fund_slug: str | None
) -> None:
    """Say by hand with which bank line a transfer, or a part of it, came back."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    minor = parse_amount(fee, commodity_of(session, fund, number))
    seq = actions.return_by_line(ledger.sequencer, fund, member, number, row, minor)
    session.say(f"transfer {number} came back, entry {seq}", number=number, seq=seq)


def commodity_of(session: Session, fund: Fund, number: int) -> str:
    """Return the currency of a transfer."""
    with session.ledger().database.reading() as connection:
        return history.transfer(connection, fund.fund_id, number).commodity


@transfer.command("waiting")
@fund_option
@pass_session
@guarded
@machine
def transfer_waiting(session: Session, fund_slug: str | None) -> None:
    """List the transfers that wait for somebody, late ones first."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    with ledger.database.reading() as connection:
        zone = funds.details(connection, fund.fund_id).zone
        today = local_date(ledger.clock.now(), zone)
        found = waiting(connection, fund, today)
    for one in found:
        late = " LATE" if one.is_late(today) else ""
        session.note(f"{one.transfer.number}\tfor {one.what} since {one.since}{late}")
    late_count = sum(one.is_late(today) for one in found)
    session.say(
        f"{len(found)} transfers wait, {late_count} are late",
        waiting=[
            {
                "number": one.transfer.number,
                "for": one.what,
                "since": one.since.isoformat(),
                "late": one.is_late(today),
            }
            for one in found
        ],
    )


# --- standing -------------------------------------------------------------------------------------


@transfer.command("propose-due")
@fund_option
@pass_session
@guarded
@machine
def transfer_propose_due(session: Session, fund_slug: str | None) -> None:
    """Let standing policies propose what is due today; once a day, and never approved. For a timer."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    done = transferring.propose_due(ledger.sequencer, fund)
    for one in done:
        said = f"transfer {one.number} proposed" if one.number else f"nothing: {one.why}"
        session.note(f"{one.policy}\t{said}")
    proposed = [one for one in done if one.number]
    session.say(
        f"{len(proposed)} transfers proposed by {len(done)} policies",
        policies=[one._asdict() for one in done],
    )


@transfer.command("policy")
@click.argument("name")
@click.option("--for", "answers", required=True, help="Member in whose name it proposes.")
@click.option("--from", "from_name", required=True, help="Collection account.")
@click.option("--to", "to_name", required=True, help="Fund account.")
@click.option("--every", type=click.Choice(standing.DAY_NAMES), help="Day on which it proposes.")
@click.option("--above", default="0", help="Only when so much is there.")
@click.option("--keep", default="0", help="What stays in the account.")
@click.option("--purpose", default="")
@click.option("--off", is_flag=True, help="It proposes nothing any more.")
@fund_option
@acts("rule.propose")
@pass_session
@guarded
def transfer_policy(
    session: Session, /, member_name: str, fund_slug: str | None, **said: Any
) -> None:
    """Propose a standing policy: it proposes transfers by itself, and never approves one."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    new = _policy(session, fund, said)
    done = actions.propose(ledger.sequencer, fund, member.member_id, wanted.transfer_policy(new))
    session.say(summary(done), decision=done.number, policy=new.name)


def _policy(session: Session, fund: Fund, said: Mapping[str, Any]) -> Policy:
    with session.ledger().database.reading() as connection:
        source = funds.money_account(connection, fund.fund_id, said["from_name"])
        target = funds.money_account(connection, fund.fund_id, said["to_name"])
        answers = funds.member(connection, fund.fund_id, said["answers"])
    every = said["every"]
    return Policy(
        said["name"],
        answers.member_id,
        source.name,
        target.name,
        None if every is None else standing.DAY_NAMES.index(every),
        parse_amount(said["above"], source.commodity),
        parse_amount(said["keep"], source.commodity),
        said["purpose"],
        not said["off"],
    )


@transfer.command("policies")
@fund_option
@pass_session
@guarded
@machine
def transfer_policies(session: Session, fund_slug: str | None) -> None:
    """List the standing policies as they stand."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = standing.policies(connection, fund.fund_id)
    for one in found:
        day = "any day" if one.weekday is None else standing.DAY_NAMES[one.weekday]
        session.note(
            f"{one.name}\t{'on' if one.is_on else 'off'}\t{day}\t{one.source} to {one.target}"
        )
    session.say(f"{len(found)} policies", policies=[standing.policy_json(one) for one in found])


@transfer.command("portals")
@fund_option
@pass_session
@guarded
@machine
def transfer_portals(session: Session, fund_slug: str | None) -> None:
    """List the columns of bank portals that a payment file can be written with, ended ones too."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = [STANDARD, *standing.saved_columns(connection, fund.fund_id)]
    for one in found:
        named = ", ".join(f"{heading} ({field})" for heading, field in one.columns)
        session.note(f"{one.name}\t{'on' if one.is_on else 'off'}\t{one.encoding}\t{named}")
    session.say(f"{len(found)} portals", portals=[mapping_json(one) for one in found])


@transfer.command("columns")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@fund_option
@acts("rule.propose")
@pass_session
@guarded
def transfer_columns(
    session: Session, path: Path, member_name: str, fund_slug: str | None
) -> None:
    """Propose the columns of a bank portal's sheet: JSON with `name`, `columns` and `encoding`."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    with naming(path):
        try:
            new = mapping_from_json(orjson.loads(path.read_bytes()))
        except orjson.JSONDecodeError as error:
            raise FieldError(field="columns", value="", reason="not-json") from error
    done = actions.propose(ledger.sequencer, fund, member.member_id, wanted.payment_columns(new))
    session.say(summary(done), decision=done.number, columns=new.name)


# --- who stands behind an account -------------------------------------------------------------------


@account.command("payee")
@click.argument("account_name")
@click.option("--holder", help="Whose account it is, as the bank writes it.")
@click.option("--number", help="Account number.")
@click.option("--bank", help="Bank and branch.")
@click.option("--clearing", help="CNAPS number of the branch, 12 digits.")
@click.option("--bic")
@fund_option
@acts("payee.propose", setting_up=True)
@pass_session
@guarded
def account_payee(
    session: Session,
    /,
    account_name: str,
    member_name: str | None,
    fund_slug: str | None,
    **said: str | None,
) -> None:
    """Say who stands behind an account. What is not given stays as it is.

    While the fund is set up this holds at once; afterwards it proposes, and an approver decides.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    with ledger.database.reading() as connection:
        found = funds.money_account(connection, fund.fund_id, account_name)
        before = payee_of(connection, fund.fund_id, found.name)
    new = before._replace(**{name: text for name, text in said.items() if text is not None})
    if member_name is None:
        seq = transferring.set_payee(ledger.sequencer, fund, found.name, Payee(*new))
        session.say(f"payee of {found.name} set, entry {seq}", account=found.name, seq=seq)
        return
    member = session.member(fund, member_name)
    done = actions.propose(ledger.sequencer, fund, member.member_id, wanted.payee(found.name, new))
    session.say(summary(done), account=found.name, decision=done.number)


@click.command("remind")
@fund_option
@pass_session
@guarded
@machine
def remind(session: Session, fund_slug: str | None) -> None:
    """Mail everybody what is late and waits for them: transfers and exceptions. Once a day each; for a timer."""
    from ledger.signin.reminding import remind as run

    done = run(session.gate(), session.fund(fund_slug))
    session.say(
        f"{done.sent} letters sent, {done.again} people reminded before today, {done.failed} not taken by the mail "
        f"host, {done.without} people without an address",
        **done._asdict(),
    )
    if done.failed:
        raise click.exceptions.Exit(1)
