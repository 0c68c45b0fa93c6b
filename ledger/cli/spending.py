"""What the fund pays for, and its other money: book, propose, reverse, and the lists that it is booked under."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

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
    naming,
    pass_session,
)
from ledger.clock import from_ms, local_date
from ledger.desk import actions
from ledger.desk import spending as desk
from ledger.desk.spending import Spending
from ledger.desk.spending_sheets import read
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.funds import list_history
from ledger.funds.history import MoneyAccount
from ledger.funds.lists import CHANGES, LISTS, PROVIDER_KINDS, Change
from ledger.journal.history import Fund
from ledger.matching import history as matching_history
from ledger.money import parse_amount, plain_amount
from ledger.spending import history, movements
from ledger.spending.history import Filter
from ledger.spending.movements import Movement
from ledger.spending.openings import Balance, Opening
from ledger.spending.sheet import COLUMNS, faults_csv, first_fault, row_of

evidence_option = click.option(
    "--evidence",
    "evidence",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="File that proves it; may be given again.",
)
propose_option = click.option(
    "--propose", is_flag=True, help="Propose it where it is above the limit of one person."
)


@click.group()
def spend() -> None:
    """What the fund pays for."""


def _fund_account(session: Session, fund: Fund, name: str) -> MoneyAccount:
    with session.ledger().database.reading() as connection:
        account = funds.money_account(connection, fund.fund_id, name)
    if not account.name.startswith("Assets:Fund:"):
        raise FieldError(field="account", value=account.name, reason="not-a-fund-account")
    return account


def _bring(
    session: Session, fund: Fund, member_id: str, paths: tuple[Path, ...]
) -> tuple[str, ...]:
    """Keep files of evidence, and return their hashes.

    Raises:
        TooLargeError: One is.
    """
    found = []
    for path in paths:
        brought = read_evidence(path)
        with naming(path):
            found.append(desk.bring(session.ledger().sequencer, fund, member_id, brought))
    return tuple(dict.fromkeys(found))


@spend.command("import")
@click.argument(
    "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True
)
@click.option("--account", "account_name", required=True, help="Fund account that paid.")
@click.option(
    "--bad-rows",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the rows that are wrong, with the reason in a last column.",
)
@evidence_option
@propose_option
@fund_option
@acts("spending.book")
@pass_session
@guarded
def spend_import(
    session: Session,
    files: tuple[Path, ...],
    account_name: str,
    bad_rows: Path | None,
    evidence: tuple[Path, ...],
    propose: bool,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Book spending sheets (CSV or XLSX): all rows of a sheet or none."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    account = _fund_account(session, fund, account_name)
    brought = _bring(session, fund, member.member_id, evidence)
    added = repeated = 0
    proposed = []
    for path in files:
        with naming(path):
            data = path.read_bytes()
            with session.ledger().database.reading() as connection:
                lists = list_history.lists(connection, fund.fund_id)
            found = read(path.name, data, lists)
            if found.faults and bad_rows is not None:
                bad_rows.write_bytes(faults_csv(found.faults))
            first_fault(path.name, found)
            wanted = Spending(account, found.rows, (path.name, data), brought)
            done, decision = _book(session, fund, member.member_id, wanted, propose=propose)
        added, repeated = added + done[0], repeated + done[1]
        proposed += [] if decision is None else [decision]
    more = {"decisions": proposed} if proposed else {}
    waiting = "".join(f", decision {number} waits" for number in proposed)
    session.say(
        f"{added} rows booked, {repeated} known{waiting}", added=added, repeated=repeated, **more
    )


def _book(
    session: Session, fund: Fund, member_id: str, wanted: Spending, *, propose: bool
) -> tuple[tuple[int, int], int | None]:
    """Book, or propose what one person may not book alone; return rows booked, rows known and the decision."""
    sequencer = session.ledger().sequencer
    if propose:
        seen = desk.preview(sequencer, fund, wanted)
        if seen.conflict is None and seen.needed:
            done = actions.propose(sequencer, fund, member_id, desk.spend(wanted))
            return (0, seen.known), done.number
    booked = desk.book(sequencer, fund, member_id, wanted)
    return (booked.added, booked.repeated), None


@spend.command("add")
@click.argument("cells", metavar="FIELD=VALUE…", nargs=-1, required=True)
@click.option("--account", "account_name", required=True, help="Fund account that paid.")
@evidence_option
@propose_option
@fund_option
@acts("spending.book")
@pass_session
@guarded
def spend_add(
    session: Session,
    cells: tuple[str, ...],
    account_name: str,
    evidence: tuple[Path, ...],
    propose: bool,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Book one spend: `spend add spent_on=2026-12-04 disease=Stroke …`, with the columns of the sheet as fields."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    account = _fund_account(session, fund, account_name)
    given = dict(one.partition("=")[::2] for one in cells)
    for name in given.keys() - set(COLUMNS):
        raise FieldError(field=name[:40], value="", reason="unknown", known=COLUMNS)
    with session.ledger().database.reading() as connection:
        lists = list_history.lists(connection, fund.fund_id)
    row = row_of(0, {name: given.get(name, "").strip() for name in COLUMNS}, lists)
    brought = _bring(session, fund, member.member_id, evidence)
    wanted = Spending(account, [row], None, brought)
    done, decision = _book(session, fund, member.member_id, wanted, propose=propose)
    if decision is not None:
        session.say(f"decision {decision} waits", decision=decision, added=0, repeated=done[1])
        return
    session.say(f"{done[0]} rows booked, {done[1]} known", added=done[0], repeated=done[1])


@spend.command("list")
@click.option("--disease", help="Code.")
@click.option("--group", help="Code.")
@click.option("--provider")
@click.option("--reference", help="Of the payment.")
@click.option("--after", type=int, help="Number of the last one of the page before.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
@json_option
@fund_option
@pass_session
@guarded
@machine
def spend_list(
    session: Session,
    disease: str | None,
    group: str | None,
    provider: str | None,
    reference: str | None,
    after: int | None,
    limit: int,
    fund_slug: str | None,
) -> None:
    """List spending, the newest first."""
    fund = session.fund(fund_slug)
    wanted = Filter(disease=disease, people=group, provider=provider, reference=reference)
    with session.ledger().database.reading() as connection:
        zone = funds.details(connection, fund.fund_id).zone
        rows = history.page(connection, fund.fund_id, wanted, below=after, limit=limit)
    found = [_told_spend(one, zone) for one in rows]
    for one in found:
        amount = plain_amount(one["amount_minor"], one["commodity"])
        state = f"\treversed by {one['reversed']}" if one["reversed"] is not None else ""
        session.note(
            f"{one['seq']}\t{one['spent_on']}\t{one['disease']}\t{one['group']}\t{one['provider']}\t"
            f"{one['batch']}\t{amount} {one['commodity']}\t{one['reference']}{state}"
        )
    session.say(f"{len(found)} spends", spends=found)


def _told_spend(one: history.Listed, zone: str) -> dict[str, Any]:
    return {
        "seq": one.spend.seq,
        "spent_on": local_date(from_ms(one.spend.spent_ms), zone).isoformat(),
        "disease": one.spend.disease,
        "group": one.spend.people,
        "provider": one.spend.provider,
        "batch": one.spend.batch,
        "persons": one.spend.persons,
        "person_times": one.spend.person_times,
        "amount_minor": one.spend.amount,
        "commodity": one.spend.commodity,
        "reference": one.spend.reference,
        "reversed": one.reversed_seq,
    }


@spend.command("reverse")
@click.argument("seq", type=int)
@click.option("--reason", required=True, help="In words that anyone may read.")
@fund_option
@acts("reversal.propose")
@pass_session
@guarded
def spend_reverse(
    session: Session, seq: int, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose to reverse entry SEQ: spending, a receipt or a payment that was booked by mistake."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    done = actions.propose(
        session.ledger().sequencer, fund, member.member_id, desk.reversal(seq, reason)
    )
    session.say(summary(done), **told(done))


# --- other money ----------------------------------------------------------------------------------


@click.group()
def movement() -> None:
    """Direct donations, interest, management cost, returned grants, bank charges."""


@movement.command("propose")
@click.argument("way", type=click.Choice(("income", "expense")))
@click.argument(
    "cls",
    metavar="CLASS",
    type=click.Choice(sorted({*movements.INCOME, *movements.EXPENSE})),
)
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("amount")
@click.option("--on", "day", required=True, help="Day, such as 2026-12-04.")
@click.option("--said", required=True, help="What it is, in words that anyone may read; no names.")
@click.option("--item", default="", help="Of a management cost: a code of the list of costs.")
@click.option("--refunds", type=int, help="Of a donation that is given back: its entry.")
@click.option("--row", type=int, help="Line of the account's file that shows it.")
@evidence_option
@fund_option
@acts("movement.propose")
@pass_session
@guarded
def movement_propose(
    session: Session,
    way: str,
    cls: str,
    account_name: str,
    amount: str,
    day: str,
    said: str,
    item: str,
    refunds: int | None,
    row: int | None,
    evidence: tuple[Path, ...],
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Propose to book money beside gifts, transfers and spending; another person decides."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    line = None
    with session.ledger().database.reading() as connection:
        account = funds.money_account(connection, fund.fund_id, account_name)
        if row is not None:
            line = matching_history.line_by_row(connection, fund.fund_id, account.name, row)
    brought = _bring(session, fund, member.member_id, evidence)
    wanted = Movement(
        way=way,
        cls=cls,
        account=account.name,
        commodity=account.commodity,
        amount=parse_amount(amount, account.commodity),
        on=_day(day),
        said=said,
        item=item,
        refunds=refunds,
        evidence=brought,
        line=None if line is None else line.identity,
    )
    done = actions.propose(
        session.ledger().sequencer, fund, member.member_id, desk.movement(wanted)
    )
    session.say(summary(done), **told(done))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(field="on", value=text[:20], reason="not-a-date") from error


@movement.command("opening")
@click.option(
    "--balance",
    "stated",
    multiple=True,
    required=True,
    metavar="ACCOUNT=AMOUNT",
    help="What an account held, such as CCB=50000.00; given once for each account.",
)
@click.option("--on", "on_day", required=True, help="Day in whose evening it held that.")
@click.option("--said", required=True, help="Where the figures come from; no names of people.")
@evidence_option
@fund_option
@acts("opening.propose")
@pass_session
@guarded
def movement_opening(
    session: Session,
    stated: tuple[str, ...],
    on_day: str,
    said: str,
    evidence: tuple[Path, ...],
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Propose what accounts held before the ledger began; another person decides."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    with session.ledger().database.reading() as connection:
        balances = tuple(_balance(connection, fund, one) for one in stated)
    brought = _bring(session, fund, member.member_id, evidence)
    wanted = Opening(_day(on_day), balances, said, brought)
    done = actions.propose(
        session.ledger().sequencer, fund, member.member_id, desk.opening(wanted)
    )
    session.say(summary(done), **told(done))


def _balance(connection: Any, fund: Fund, stated: str) -> Balance:
    name, is_stated, amount = stated.rpartition("=")
    if not is_stated:
        raise FieldError(field="balance", value=stated[:40], reason="ACCOUNT=AMOUNT")
    account = funds.money_account(connection, fund.fund_id, name)
    return Balance(account.name, account.commodity, parse_amount(amount, account.commodity))


@movement.command("list")
@json_option
@fund_option
@pass_session
@guarded
@machine
def movement_list(session: Session, fund_slug: str | None) -> None:
    """List other receipts and payments, the newest first."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        rows = history.moved(connection, fund.fund_id)
    for one in rows:
        amount = plain_amount(one.body["amount"], one.body["commodity"])
        sign = "" if one.kind == "income" else "-"
        state = f"\treversed by {one.reversed_seq}" if one.reversed_seq is not None else ""
        session.note(
            f"{one.seq}\t{one.body['class']}\t{one.body['account']}\t{sign}{amount}\t"
            f"{one.body.get('said', '')}{state}"
        )
    session.say(
        f"{len(rows)} movements",
        movements=[
            {
                "seq": one.seq,
                "way": one.kind,
                "class": one.body["class"],
                "account": one.body["account"],
                "amount_minor": one.body["amount"],
                "commodity": one.body["commodity"],
                "said": one.body.get("said", ""),
                "reversed": one.reversed_seq,
            }
            for one in rows
        ],
    )


# --- lists ----------------------------------------------------------------------------------------


@click.group("list")
def lists_group() -> None:
    """The fund's lists: diseases, groups of people, providers, kinds of management cost."""


@lists_group.command("show")
@click.argument("name", metavar="LIST", type=click.Choice(LISTS))
@json_option
@fund_option
@pass_session
@guarded
@machine
def list_show(session: Session, name: str, fund_slug: str | None) -> None:
    """Show a list; what was retired is marked."""
    fund = session.fund(fund_slug)
    with session.ledger().database.reading() as connection:
        found = list_history.lists(connection, fund.fund_id).items(name)
    for one in found:
        mark = "\tretired" if one.retired else ""
        session.note(f"{one.code}\t{one.zh}\t{one.en}\t{one.kind}{mark}")
    session.say(
        f"{len(found)} items",
        items=[
            {
                "code": one.code,
                "zh": one.zh,
                "en": one.en,
                "kind": one.kind,
                "retired": one.retired,
                "placeholder": one.is_placeholder,
                "seq": one.seq,
            }
            for one in found
        ],
    )


@lists_group.command("change")
@click.argument("name", metavar="LIST", type=click.Choice(LISTS))
@click.argument("change", type=click.Choice(CHANGES))
@click.argument("code")
@click.option("--zh", default="", help="Its name from now on.")
@click.option("--en", default="", help="The same in English.")
@click.option(
    "--kind", default="", type=click.Choice(("", *PROVIDER_KINDS)), help="Of a provider."
)
@fund_option
@acts("lists.propose", setting_up=True)
@pass_session
@guarded
def list_change(
    session: Session,
    name: str,
    change: str,
    code: str,
    zh: str,
    en: str,
    kind: str,
    member_name: str | None,
    fund_slug: str | None,
) -> None:
    """Add, rename, retire or restore an item of a list. A code is never used twice.

    While the fund is set up this holds at once; afterwards it proposes, and a controller decides.
    """
    ledger, fund = session.ledger(), session.fund(fund_slug)
    wanted = Change(name, change, code, zh.strip(), en.strip(), kind)
    if member_name is None:
        seq = desk.set_list(ledger.sequencer, fund, wanted)
        session.say(f"{name} {code}: {change}, entry {seq}", list=name, code=code, seq=seq)
        return
    member = session.member(fund, member_name)
    done = actions.propose(ledger.sequencer, fund, member.member_id, desk.list_change(wanted))
    session.say(summary(done), **told(done))
