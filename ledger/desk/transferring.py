"""What officers do about transfers beside deciding them, each one commit: payment files, the step at the bank,
evidence, and standing policies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, TypeVar

from ledger.activity.recording import note
from ledger.activity.records import Activity
from ledger.actors import Member
from ledger.clock import local_date
from ledger.desk.acting import member_now
from ledger.errors import InputError
from ledger.funds import history as funds
from ledger.funds.members import SETUP, check_setting_up
from ledger.funds.payees import Payee, change_payee
from ledger.journal.history import Fund
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer
from ledger.transfers import booking, history, payments, standing
from ledger.transfers.booking import Proposal
from ledger.transfers.payments import PaymentFile
from ledger.transfers.standing import Policy

T = TypeVar("T")


def payment_file(
    sequencer: Sequencer,
    fund: Fund,
    member_id: str,
    numbers: tuple[int, ...],
    columns: str = "",
) -> PaymentFile:
    """Make a payment file, or find the one that was made for just these transfers; see `payments.payment_file`."""
    said = " ".join(str(number) for number in numbers)[:80]
    activity = Activity(fund.fund_id, "transfer.file", f"transfer/{said}", member_id)
    return _act(
        sequencer,
        fund,
        activity,
        lambda books, member: payments.payment_file(books, member, numbers, columns),
    )


def enter(sequencer: Sequencer, fund: Fund, member_id: str, number: int) -> int:
    """Say that an approved transfer was entered at the bank; return the entry. See `payments.enter`."""
    activity = Activity(fund.fund_id, "transfer.enter", f"transfer/{number}", member_id)
    return _act(
        sequencer, fund, activity, lambda books, member: payments.enter(books, member, number)
    )


def attach(sequencer: Sequencer, fund: Fund, member_id: str, file: tuple[str, str, bytes]) -> str:
    """Keep a file that a proposal may name as evidence; return its hash. See `payments.attach`."""
    activity = Activity(fund.fund_id, "transfer.propose", "transfer/evidence", member_id)
    return _act(
        sequencer, fund, activity, lambda books, member: payments.attach(books, member, file)
    )


def set_payee(sequencer: Sequencer, fund: Fund, account: str, new: Payee) -> int:
    """Say who stands behind an account while the fund is set up; return the entry.

    Args:
        sequencer: The writer.
        fund: The fund.
        account: Its name.
        new: The details.

    Returns:
        The entry.

    Raises:
        StateError: Money has moved: this needs a decision.
        FieldError: Details that banks do not write so.
    """

    def decide(books: Books) -> int:
        check_setting_up(books)
        return change_payee(books, SETUP, account, new)

    return sequencer.decide(fund, decide).value


def _act(sequencer: Sequencer, fund: Fund, done: Activity, act: Callable[[Books, Member], T]) -> T:
    def decide(books: Books) -> T:
        member = member_now(books, done.member_id or "")
        found = act(books, member)
        note(books, replace(done, role=member.role_text))
        return found

    return sequencer.decide(fund, decide).value


class Proposing(NamedTuple):
    """What a policy did today.

    Attributes:
        policy: Its name.
        number: Of the transfer that it has proposed; None where it proposed none.
        amount: Minor units.
        why: Why it proposed none: `off`, `other-day`, `nothing-there`, `too-little`, `done-today`, `member`, or the
            code of what refused it; empty where it did.
    """

    policy: str
    number: int | None
    amount: int
    why: str


def propose_due(sequencer: Sequencer, fund: Fund) -> list[Proposing]:
    """Let every standing policy propose what is due today. Twice on one day proposes once; nothing is ever approved.

    Args:
        sequencer: The writer.
        fund: The fund.

    Returns:
        What each did.
    """
    with sequencer.database.reading() as connection:
        found = standing.policies(connection, fund.fund_id)
    return [_propose(sequencer, fund, one) for one in found]


def _propose(sequencer: Sequencer, fund: Fund, one: Policy) -> Proposing:
    def decide(books: Books) -> Proposing:
        return _propose_now(books, one)

    try:
        return sequencer.decide(fund, decide).value
    except InputError as error:
        return Proposing(one.name, None, 0, error.code)


def _propose_now(books: Books, one: Policy) -> Proposing:
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    details = funds.details(connection, fund_id)
    day = local_date(books.clock.now(), details.zone)
    accounts = {two.name: two.commodity for two in funds.money_account_list(connection, fund_id)}
    commodity = accounts[one.source]
    there = booking.available(books, one.source, commodity)
    number = history.last_number(connection, fund_id) + 1
    amount = there - one.keep
    key = f"{standing.KEYS}{one.name}/{day.isoformat()}"
    if _has_proposed(books, key):
        return Proposing(one.name, None, 0, "done-today")
    why = one.why_not(day, there)
    if why is not None:
        return Proposing(one.name, None, max(0, amount), why)
    member = standing.acting_for(connection, fund_id, one)
    if member is None:
        return Proposing(one.name, None, amount, "member")
    proposal = Proposal(
        one.source,
        one.target,
        commodity,
        amount,
        booking.own_reference(books.fund.slug, number),
        one.purpose,
        policy=one.name,
    )
    decided = booking.propose(books, member, proposal, key)
    subject = f"decision/{decided.number}"
    activity = Activity(fund_id, "transfer.propose", subject, member.member_id)
    note(books, replace(activity, role=member.role_text))
    return Proposing(one.name, int(decided.latest.content["number"]), amount, "")


def _has_proposed(books: Books, key: str) -> bool:
    """Tell whether a policy has proposed today: by the claim of its key, whatever the sum was and whoever answered."""
    people = funds.all_members(books.connection, books.fund.fund_id)
    claims = [f"{who.member_id}/{key}" for who in people]
    return bool(books.claimed("decision", claims))
