"""What people do about exceptions, each one commit. Nobody has to approve it, and no entry says it."""

from __future__ import annotations

from ledger.activity.recording import note
from ledger.activity.records import Activity
from ledger.desk.acting import member_now
from ledger.evidence import Brought
from ledger.journal.history import Fund
from ledger.matching.exceptions import booking, history
from ledger.matching.exceptions.booking import Step
from ledger.matching.exceptions.history import Item
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer


def work(sequencer: Sequencer, fund: Fund, member_id: str, raised: int, step: Step) -> Item:
    """Take a step about an exception: name who looks after it, write, put off, wait, contest.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who.
        raised: Number of the exception.
        step: What.

    Returns:
        The exception as it stands now.

    Raises:
        NotAllowedError: None of their roles works on exceptions.
        StateError: It is closed, or the step does not fit where it stands.
        FieldError: No words where some are needed, no such member, or not a day.
    """
    done = _done(fund, member_id, raised)

    def decide(books: Books) -> Item:
        member = member_now(books, member_id)
        found = booking.work(books, member, raised, step)
        note(books, done)
        return found

    return sequencer.decide(fund, decide).value


def attach(sequencer: Sequencer, fund: Fund, member_id: str, raised: int, file: Brought) -> Item:
    """Bring a file of evidence.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who brings it.
        raised: Number of the exception.
        file: What.

    Returns:
        The exception as it stands now.

    Raises:
        NotAllowedError: None of their roles works on exceptions.
        StateError: It is closed.
    """
    done = _done(fund, member_id, raised)

    def decide(books: Books) -> Item:
        member = member_now(books, member_id)
        booking.attach(books, member, raised, file)
        note(books, done)
        return history.item(books.connection, fund.fund_id, raised)

    return sequencer.decide(fund, decide).value


def _done(fund: Fund, member_id: str, raised: int) -> Activity:
    return Activity(fund.fund_id, "exception.work", f"exception/{raised}", member_id=member_id)
