"""Bringing gifts in from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import click

from ledger.cli.session import Session, fund_option, guarded, machine, naming, pass_session
from ledger.cli.setup import secret_path
from ledger.errors import NotFoundError
from ledger.funds import history as funds
from ledger.intake.ahead import open_own_file
from ledger.intake.events import RowProblem
from ledger.intake.receiving import Receiver, Tally
from ledger.intake.sources.own_csv import CsvGifts
from ledger.intake.sources.problems import csv_problems, jsonl_problems
from ledger.money import plain_amount

SOURCES = ("gifts", "deliveries", "lookback")


@click.command("import")
@click.argument("source", type=click.Choice(SOURCES))
@click.argument(
    "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True
)
@click.option("--channel", "channel_name", required=True, help="Where the gifts come from.")
@fund_option
@pass_session
@guarded
@machine
def import_gifts(
    session: Session,
    source: str,
    files: tuple[Path, ...],
    channel_name: str,
    fund_slug: str | None,
) -> None:
    """Bring gifts in.

    SOURCE is `gifts` (our own JSON Lines or CSV), `deliveries` (recorded callbacks, sent through the same port as live
    ones) or `lookback` (a platform's answer to what was missed). Right rows are kept; wrong ones come back beside the
    file, as NAME.rejected, to be corrected and sent again.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    with ledger.database.reading() as connection:
        channel = funds.channel(connection, fund.fund_id, channel_name)
    receiver = Receiver(ledger.sequencer, ledger.clock, fund, channel)
    total = Tally()
    forged = 0
    for path in files:
        tally, bad = import_one(session, receiver, source, path)
        total.add(tally)
        forged += bad
    session.say(
        f"{total.rows} rows: {total.recorded} recorded ({_sums(total)}), {total.repeated} repeated, "
        f"{total.contradicted} contradicting, {total.refused} refused, {_ignored(total)}{forged} forged",
        rows=total.rows,
        recorded=total.recorded,
        repeated=total.repeated,
        contradicting=total.contradicted,
        refused=total.refused,
        ignored={reason: count for reason, count in total.ignored.items() if count},
        forged=forged,
        recorded_minor=total.recorded_minor,
    )
    if total.refused or total.contradicted:
        raise SystemExit(1)


def import_one(session: Session, receiver: Receiver, source: str, path: Path) -> tuple[Tally, int]:
    """Bring one file in.

    Args:
        session: The call.
        receiver: Of the channel.
        source: One of `SOURCES`.
        path: The file.

    Returns:
        What became of its rows, and how many deliveries were forged.

    Raises:
        FileFormatError: The file as a whole cannot be read.
    """
    with naming(path):
        if source == "lookback":
            return receiver.take_lookback(path.read_bytes()), 0
        with path.open("rb") as stream:
            if source == "deliveries":
                return _deliveries(session, receiver, stream)
            return _own(session, receiver, stream, path), 0


def _deliveries(session: Session, receiver: Receiver, stream: BinaryIO) -> tuple[Tally, int]:
    path = secret_path(session, receiver.fund.slug, receiver.channel.name)
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise NotFoundError(
            what="webhook-secret", file=path.name, do="channel add --secret-file"
        ) from error
    total, forged = Tally(), 0
    for _delivery, outcome in receiver.take_deliveries(stream, secret):
        if isinstance(outcome, Tally):
            total.add(outcome)
        else:
            forged += 1
    return total, forged


def _own(session: Session, receiver: Receiver, stream: BinaryIO, path: Path) -> Tally:
    rows = open_own_file(stream, path.name)
    total = Tally()
    rejected = path.with_name(f"{path.name}.rejected")
    problems: list[RowProblem] = []
    for tally in receiver.import_file(path, rows):
        problems += tally.problems
        tally.problems = []
        total.add(tally)
        session.note(f"{path.name}: {total.rows} rows, {total.recorded} recorded")
    if problems:
        with rejected.open("wb") as out:
            for chunk in _rejected(rows, problems):
                out.write(chunk)
        for problem in problems[:10]:
            click.echo(
                f"{path.name}: line {problem.line}, field {problem.field}: {problem.reason}",
                err=True,
            )
        click.echo(f"{path.name}: {len(problems)} rows came back in {rejected.name}", err=True)
    elif rejected.exists():
        rejected.unlink()
    return total


def _rejected(rows: Iterable[object], problems: list[RowProblem]) -> Iterator[bytes]:
    if isinstance(rows, CsvGifts):
        return csv_problems(problems, rows.columns)
    return jsonl_problems(problems)


def _sums(tally: Tally) -> str:
    return (
        ", ".join(
            f"{plain_amount(minor, commodity)} {commodity}"
            for commodity, minor in sorted(tally.recorded_minor.items())
        )
        or "nothing"
    )


def _ignored(tally: Tally) -> str:
    return "".join(
        f"{count} {reason}, " for reason, count in sorted(tally.ignored.items()) if count
    )
