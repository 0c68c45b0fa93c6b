"""Files of banks, wallets and platforms: preview them, take them, and see what was taken."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import click

from ledger import cells
from ledger.cli.bank_preview import show
from ledger.cli.session import (
    Session,
    acts,
    fund_option,
    guarded,
    json_option,
    machine,
    naming,
    pass_session,
    print_problem,
)
from ledger.desk import actions, wanted
from ledger.desk import exceptions as exceptions_wanted
from ledger.errors import FieldError, InputError
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.journal.history import Fund
from ledger.matching import file_history, file_reading, file_taking
from ledger.matching.file_history import KeptStatement, LineFilter, SavedMapping
from ledger.matching.formats import mappings
from ledger.matching.formats.mapping_guess import propose
from ledger.matching.formats.settlement_csv import read_settlement_file, wrong_rows
from ledger.matching.formats.sheets import FILE_BYTES_MAX
from ledger.matching.telling import told_file, told_inspection, told_line
from ledger.money import parse_amount, plain_amount

PAGE_DEFAULT = 100
PAGE_MAX = 10_000

file_argument = click.argument(
    "paths",
    metavar="FILE…",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    nargs=-1,
    required=True,
)
taker_option = click.option(
    "--by",
    "taker_name",
    help="Member who brings it: id or name, signed in. Left out, it is whoever has the machine.",
)


@click.group()
def settlement() -> None:
    """Platforms' settlements."""


@settlement.command("import")
@file_argument
@taker_option
@fund_option
@pass_session
@guarded
@machine
def settlement_import(
    session: Session, paths: tuple[Path, ...], taker_name: str | None, fund_slug: str | None
) -> None:
    """Book the settlements of sheets, as the platforms state them.

    A sheet with a wrong row is refused whole; its wrong rows come beside it, as NAME.rejected, with what is wrong.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    taker = _taker(session, fund, taker_name)
    added = repeated = raised = 0
    for path in paths:
        data = _bytes(path)
        with naming(path):
            try:
                sheet = read_settlement_file(path.name, data)
            except InputError as error:
                raise type(error)(**error.fields, **_write_rejected(path, data)) from error
            taken = actions.take_settlements(
                ledger.sequencer, fund, (path.name, data), sheet, taker
            )
        _rejected(path).unlink(missing_ok=True)
        added, repeated, raised = (
            added + taken.added,
            repeated + taken.repeated,
            raised + taken.raised,
        )
    session.say(
        f"{added} settlements booked, {repeated} known, {raised} exceptions raised",
        added=added,
        repeated=repeated,
        raised=raised,
    )


def _rejected(path: Path) -> Path:
    return path.with_name(f"{path.name}.rejected")


def _write_rejected(path: Path, data: bytes) -> dict[str, object]:
    """Put the wrong rows of a sheet beside it; nothing where the sheet as a whole cannot be read.

    Returns:
        What the error says of it.
    """
    columns, rows = wrong_rows(path.name, data)
    if not rows:
        return {}
    lines = [[*columns, "line", "problem"]]
    lines += [[*one.cells, str(one.line), f"{one.field}: {one.reason}"] for one in rows]
    with _rejected(path).open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([cells.guarded(cell) for cell in line] for line in lines)
    return {"wrong_rows": len(rows), "rejected": _rejected(path).name}


@click.group()
def bank() -> None:
    """Bank and wallet files, and what their lines mean."""


@bank.command("import")
@file_argument
@click.option(
    "--account",
    "account_name",
    help="Where the file names none (WeChat Pay): account or its number.",
)
@click.option("--mapping", "mapping_name", help="Read it by a mapping that two people decided.")
@click.option(
    "--mapping-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For a preview: read it by a mapping that is not decided yet.",
)
@click.option(
    "--again",
    metavar="REASON",
    help="It was read wrongly: withdraw what came of it, and take it by this reading.",
)
@click.option(
    "--preview", is_flag=True, help="Only say what each file holds; take nothing. Needs no ledger."
)
@click.option(
    "--compare", is_flag=True, help="With --preview: hold it against what is stored as well."
)
@taker_option
@json_option
@fund_option
@pass_session
@guarded
@machine
def bank_import(  # one parameter an option
    session: Session,
    paths: tuple[Path, ...],
    account_name: str | None,
    mapping_name: str | None,
    mapping_file: Path | None,
    again: str | None,
    preview: bool,
    compare: bool,
    taker_name: str | None,
    fund_slug: str | None,
) -> None:
    """Take files of banks and wallets; the format is found from the bytes (docs/bank-files.md)."""
    if mapping_file is not None and not preview:
        raise FieldError(field="mapping-file", reason="only-preview", do="bank mapping add")
    if preview and not compare and mapping_name is None:
        mapping = None if mapping_file is None else _not_decided(mapping_file)
        good = [show(session, path, mapping) for path in paths]
        sys.exit(0 if all(good) else 1)
    ledger, fund = session.ledger(), session.fund(fund_slug)
    account, mapping = _choices(session, fund, account_name, mapping_name)
    if mapping_file is not None:
        mapping = _not_decided(mapping_file)
    if preview:
        done = [_compare(session, fund, path, account, mapping) for path in paths]
        sys.exit(0 if all(done) else 1)
    taker = _taker(session, fund, taker_name)
    added = repeated = held = 0
    for path in paths:
        data = _bytes(path)
        with naming(path):
            reading = file_reading.read(path.name, data, mapping)
            taken = actions.take_file(ledger.sequencer, fund, reading, account, taker, again)
        known = sum(one.lines for one in taken.statements if one.state == "taken") - taken.added
        for sentence in _sentences(path.name, taken):
            session.note(sentence)
        added, repeated, held = added + taken.added, repeated + known, held + len(taken.held)
    session.say(
        f"{added} new lines, {repeated} known" + (f", {held} statements held" if held else ""),
        added=added,
        repeated=repeated,
        held=held,
    )
    if held:
        sys.exit(1)


def _sentences(name: str, taken: file_taking.Taken) -> list[str]:
    """Return a line for each statement of a file that was taken."""
    if not taken.new:
        return [f"{name}: was taken before; nothing is changed"]
    found = []
    for one in taken.statements:
        account = one.account or "no account"
        if one.state == "held":
            found.append(f"{name}: held ({_why(one)}), exception {one.raised_seq}, for {account}")
        else:
            found.append(f"{name}: {one.lines} lines for {account}")
    if taken.ended:
        found.append(f"{name}: ends {len(taken.ended)} exceptions about other files")
    return found


def _why(one: KeptStatement) -> str:
    if one.expected is None or one.found is None:
        return one.why
    balances = (plain_amount(balance, one.commodity) for balance in (one.expected, one.found))
    return "{}: expected {}, found {}".format(one.why, *balances)


def _compare(
    session: Session,
    fund: Fund,
    path: Path,
    account: MoneyAccount | None,
    mapping: SavedMapping | None,
) -> bool:
    """Print what would come of a file; return whether all of it would count at once."""
    try:
        reading = file_reading.read(path.name, _bytes(path), mapping)
        found = actions.inspect_file(session.ledger().database, fund, reading, account)
    except InputError as error:
        print_problem(error, as_json=session.as_json, file=path.name)
        return False
    told = told_inspection(found)
    if session.as_json:
        session.say("", **told)
    for one in told["statements"]:
        session.note(
            f"{path.name}: {one['account']}, {one['first_day']} to {one['last_day']}, {one['new']} new, "
            f"{one['known']} known, {len(one['suspicious'])} suspicious, {len(one['missing'])} missing; "
            f"before: {one['before']['verdict']}, after: {one['after']['verdict']}; "
            f"{one['would'] if one['would'] == 'count' else 'held: ' + one['held']['why']}"
        )
    if told["first"] is not None:
        session.note(f"{path.name}: was taken before, as {told['first']['name']}")
    return bool(told["can_be_taken"])


def _choices(
    session: Session, fund: Fund, account_name: str | None, mapping_name: str | None
) -> tuple[MoneyAccount | None, SavedMapping | None]:
    with session.ledger().database.reading() as connection:
        account = (
            None
            if account_name is None
            else funds.money_account(connection, fund.fund_id, account_name)
        )
        mapping = (
            None
            if mapping_name is None
            else file_history.saved_mapping(connection, fund.fund_id, mapping_name)
        )
    return account, mapping


def _not_decided(path: Path) -> SavedMapping:
    """Return a mapping of a file; it is version 0 until two people decide."""
    with naming(path):
        text = _bytes(path).decode("utf-8", "replace")
        return SavedMapping(mappings.from_json(text).name, 0, text, 0)


def _taker(session: Session, fund: Fund, name: str | None) -> str | None:
    return None if name is None else session.member(fund, name, "file.take").member_id


def _bytes(path: Path) -> bytes:
    with path.open("rb") as opened:
        # One byte more than a file may have, so that a larger one is refused without being read.
        return opened.read(FILE_BYTES_MAX + 1)


# --- what was taken -------------------------------------------------------------------------------

_most_option = click.option(
    "--most", type=click.IntRange(1, PAGE_MAX), default=PAGE_DEFAULT, show_default=True
)


@bank.command("files")
@click.option("--account", "account_name", help="Only of this account.")
@click.option(
    "--state", type=click.Choice(["taken", "held", "replaced", "left-out"]), help="Only these."
)
@_most_option
@fund_option
@pass_session
@guarded
@machine
def bank_files(
    session: Session,
    account_name: str | None,
    state: str | None,
    most: int,
    fund_slug: str | None,
) -> None:
    """List files and their statements, newest first."""
    fund = session.fund(fund_slug)
    account, _ = _choices(session, fund, account_name, None)
    with session.ledger().database.reading() as connection:
        page = file_history.file_page(
            connection,
            fund.fund_id,
            account=account.name if account else None,
            state=state,
            most=most,
        )
    for file, statements in page.files:
        session.note(f"{file.sha256.hex()[:12]}\t{file.name}\t{file.format}\t{file.lines} lines")
        for one in statements:
            days = f"{one.first_day} to {one.last_day}" if one.first_day else "no days"
            stands = one.state if one.state == "taken" else f"{one.state} ({_why(one)})"
            session.note(f"\t{one.part}\t{one.account}\t{days}\t{stands}")
    session.say(
        f"{len(page.files)} files" + (", and more" if page.after else ""),
        files=[told_file(file, statements) for file, statements in page.files],
    )


@bank.command("lines")
@click.option("--account", "account_name", help="Only of this account.")
@click.option("--state", type=click.Choice(file_history.LINE_STATES), help="Only these.")
@click.option("--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), help="From this day on.")
@click.option("--to", "last_day", type=click.DateTime(["%Y-%m-%d"]), help="Until this day.")
@click.option("--amount", help="With or without its sign.")
@click.option("--text", default="", help="In text, counterparty or references.")
@_most_option
@fund_option
@pass_session
@guarded
@machine
def bank_lines(  # one parameter an option
    session: Session,
    account_name: str | None,
    state: str | None,
    first_day: Any,
    last_day: Any,
    amount: str | None,
    text: str,
    most: int,
    fund_slug: str | None,
) -> None:
    """List lines, newest first: those that count, or with `--state` those that wait."""
    fund = session.fund(fund_slug)
    account, _ = _choices(session, fund, account_name, None)
    with session.ledger().database.reading() as connection:
        commodity = funds.details(connection, fund.fund_id).commodity
        wanted_lines = LineFilter(
            state=state,
            account=account.name if account else None,
            first_day=first_day.date().isoformat() if first_day else None,
            last_day=last_day.date().isoformat() if last_day else None,
            amount=None
            if amount is None
            else parse_amount(amount, account.commodity if account else commodity),
            text=text,
        )
        page = file_history.line_page(connection, fund.fund_id, wanted_lines, most=most)
    for one in page.lines:
        session.note(
            f"{one.day}\t{one.account}\t{one.row}\t{plain_amount(one.amount, one.commodity)} {one.commodity}"
            f"\t{one.state}\t{one.text}"
        )
    session.say(
        f"{len(page.lines)} lines" + (", and more" if page.after else ""),
        lines=[told_line(one) for one in page.lines],
    )


@bank.command("release")
@click.argument("exception", type=int)
@click.option("--reason", required=True, help="In words that anyone may read.")
@click.option(
    "--leave-out", is_flag=True, help="Close the exception, and let the lines never count."
)
@fund_option
@acts("resolution.propose")
@pass_session
@guarded
def bank_release(
    session: Session,
    exception: int,
    reason: str,
    leave_out: bool,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Propose to let the statement of EXCEPTION in, that is held; above 1.00 its evidence has to be there."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    new = exceptions_wanted.resolution(exception, reason, counts=not leave_out)
    done = actions.propose(session.ledger().sequencer, fund, member.member_id, new)
    session.say(f"proposed as decision {done.number}", decision=done.number)


# --- mappings -------------------------------------------------------------------------------------


@bank.group("mapping")
def mapping_group() -> None:
    """Mappings: what the columns of other sheets mean."""


@mapping_group.command("guess")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--currency", default="", help="Where the sheet has no column for it.")
@pass_session
@guarded
@machine
def mapping_guess(session: Session, path: Path, currency: str) -> None:
    """Print a mapping for a sheet, from its header and first rows; for a person to look at."""
    with naming(path):
        found = propose(path.name, _bytes(path), currency)
    text = mappings.to_json(found)
    session.say(text.rstrip(), **json.loads(text))


@mapping_group.command("add")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@fund_option
@acts("rule.propose")
@pass_session
@guarded
def mapping_add(session: Session, path: Path, member_name: str, fund_slug: str | None) -> None:
    """Propose a mapping, or the next version of one; another person approves it."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    with naming(path):
        mapping = mappings.from_json(_bytes(path).decode("utf-8", "replace"))
        new = wanted.mapping(mapping)
        done = actions.propose(session.ledger().sequencer, fund, member.member_id, new)
    session.say(
        f"mapping {mapping.name} proposed as decision {done.number}",
        name=mapping.name,
        decision=done.number,
    )


@mapping_group.command("list")
@fund_option
@pass_session
@guarded
@machine
def mapping_list(session: Session, fund_slug: str | None) -> None:
    """List the mappings that two people decided, all versions."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = file_history.saved_mappings(connection, fund.fund_id)
    for one in found:
        session.note(f"{one.name}\tversion {one.version}\tdecision {one.decision}")
    session.say(
        f"{len(found)} mappings",
        mappings=[{**one._asdict(), "content": one.content} for one in found],
    )
