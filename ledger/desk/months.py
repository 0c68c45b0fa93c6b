"""What is done with a month by one person: beginning to close it. All else is decided by two."""

from __future__ import annotations

from dataclasses import replace

from ledger.activity.recording import note
from ledger.activity.records import Activity
from ledger.desk.acting import member_now
from ledger.desk.wanted import zone_of
from ledger.journal.history import Fund
from ledger.periods import booking as periods
from ledger.roles import acting
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer


def begin_closing(sequencer: Sequencer, fund: Fund, member_id: str, month: str) -> int:
    """Begin to close a month: what is dated in it needs a reason from now on.

    Args:
        sequencer: The writer.
        fund: The fund.
        member_id: Who begins.
        month: `2026-10`.

    Returns:
        The entry.

    Raises:
        NotAllowedError: None of their roles begins it.
        LedgerError: It is no month that could be closed now.
    """
    activity = Activity(fund.fund_id, "closing.begin", f"month/{month[:20]}", member_id)

    def decide(books: Books) -> int:
        member = member_now(books, member_id)
        actor = acting(member, "closing.begin")
        seq = periods.begin_closing(books, actor, month, zone_of(books))
        note(books, replace(activity, role=member.role_text))
        return seq

    return sequencer.decide(fund, decide).value
