"""The commands, put together."""

from __future__ import annotations

import click

from ledger.activity import origins
from ledger.cli import (
    activity,
    anchor,
    benchmark,
    checking,
    deciding,
    demo,
    exceptions,
    exporting,
    files,
    gifts,
    issuing,
    known,
    matches,
    members,
    money,
    operate,
    overlay,
    periods,
    privacy,
    repairing,
    setup,
    spending,
    statement,
    tokens,
    tracing,
    transfers,
    users,
    witness,
)
from ledger.cli.session import Session


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object in place of sentences."
)
@click.pass_context
def main(context: click.Context, *, as_json: bool) -> None:
    """Mingzhang 明账: a donation-to-fund transparency ledger.

    The folder LEDGER_HOME (default var/) holds database, keys, evidence and outputs. Exit code 0 means success.
    """
    context.obj = Session(as_json=as_json)
    origins.start(origins.terminal())
    context.call_on_close(origins.end)


for command in (
    setup.fund,
    setup.channel,
    setup.account,
    setup.rate,
    members.member,
    users.user,
    users.sign_in,
    users.sign_out,
    tokens.token,
    deciding.decision,
    deciding.rule,
    setup.key,
    gifts.import_gifts,
    files.settlement,
    files.bank,
    money.reconcile,
    matches.match,
    exceptions.exception,
    exceptions.day,
    transfers.transfer,
    transfers.remind,
    spending.spend,
    spending.movement,
    spending.lists_group,
    periods.period,
    anchor.anchor,
    known.figures,
    known.correction,
    privacy.privacy,
    tracing.receipt_file,
    tracing.trace,
    overlay.overlay,
    witness.witness,
    repairing.log_group,
    exporting.export,
    statement.statement,
    issuing.certificate,
    checking.verify,
    activity.activity,
    demo.demo,
    benchmark.bench,
    operate.db,
    operate.serve,
):
    main.add_command(command)
