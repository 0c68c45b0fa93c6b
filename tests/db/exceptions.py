"""Exceptions for tests: raised, worked on and decided through the real doors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ledger.decisions.shapes import Decision
from ledger.desk import actions, exceptions, handling
from ledger.evidence import Brought
from ledger.matching.exceptions import booking, history
from ledger.matching.exceptions.booking import Found, Step
from ledger.matching.exceptions.history import Item, Note
from ledger.matching.exceptions.kinds import settlement_subject
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    MATCHING,
    Ledger,
    bank_line,
    close_month,
    gift,
    give,
    settle,
    settlement_line,
    want,
)

RECEIPT = Brought("receipt.pdf", "pdf", b"%PDF-1.7 receipt")


def found(kind: str = "unknown_receipt", subject: str = "line/ab/1", amount: int = 90) -> Found:
    """Make a finding."""
    return Found(kind, subject, amount, "CNY")


def raise_it(ledger: Ledger, one: Found) -> int:
    """Raise an exception that is not known."""
    seq = ledger.decide(lambda books: booking.raise_found(books, MATCHING, one))
    assert seq is not None
    return seq


def overdue(ledger: Ledger, net: int = 500) -> int:
    """Let a settlement be overdue; return the exception's number."""
    give(ledger, gift("gift-late", 2 * net))
    settle(ledger, settlement_line("LATE-00001", 2 * net))
    return raise_it(
        ledger, found("overdue_settlement", settlement_subject("Kuaishou", "LATE-00001"), net)
    )


def item(ledger: Ledger, raised: int) -> Item:
    """Read an exception."""
    with ledger.database.reading() as connection:
        return history.item(connection, ledger.fund.fund_id, raised)


def thread(ledger: Ledger, raised: int) -> list[Note]:
    """Read a thread."""
    with ledger.database.reading() as connection:
        return history.thread(connection, ledger.fund.fund_id, raised)


def work(
    ledger: Ledger, raised: int, step: str, value: str = "", text: str = "", by: str = "Li"
) -> Item:
    """Take a step."""
    who = ledger.member(by).member_id
    return handling.work(ledger.sequencer, ledger.fund, who, raised, Step(step, value, text))


def attach(ledger: Ledger, raised: int, file: Brought = RECEIPT, by: str = "Li") -> Item:
    """Bring evidence."""
    who = ledger.member(by).member_id
    return handling.attach(ledger.sequencer, ledger.fund, who, raised, file)


def propose_resolution(
    ledger: Ledger, raised: int, reason: str = "Bank fee refunded."
) -> Decision:
    """Propose that the cause is known."""
    return want(ledger, exceptions.resolution(raised, reason))


def end(ledger: Ledger, number: int, how: str) -> Decision:
    """Reject or withdraw a decision."""
    if how == "withdraw":
        who = ledger.member("Li").member_id
        return actions.withdraw(ledger.sequencer, ledger.fund, who, number)
    who = ledger.member("Chen").member_id
    return actions.reject(ledger.sequencer, ledger.fund, who, number, "not yet")


def later(ledger: Ledger, days: int) -> None:
    """Let days pass."""
    ledger.clock.advance(timedelta(days=days))


def broken(ledger: Ledger) -> dict[str, str]:
    """Verify the whole ledger; return what does not hold, and why."""
    url = ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys)
    return {
        check.name: check.failure.reason for check in report.checks if check.failure is not None
    }


def bring_closed_lines(ledger: Ledger) -> None:
    """Close a month, and then bring a line that is dated in it."""
    close_month(ledger, "2026-09")
    later(ledger, 1)
    bank_line(ledger, 700, "nobody knows", at=datetime(2026, 9, 8, 4, tzinfo=UTC))


def kinds(ledger: Ledger) -> dict[str, tuple[str, int]]:
    """Return the open exceptions by subject: kind and amount."""
    with ledger.database.reading() as connection:
        rows = history.page(connection, ledger.fund.fund_id)
    return {one.subject: (one.kind, one.amount) for one in rows}
