"""A sealed month from every side: what is brought later, what people say of it, and what the rules would book.

Reconciliation rules, section 10, test 8. Each way is walked by its own door; whatever it writes is held to the same:
no figure of the sealed month changes, and whatever is dated in it counts in the open month and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger.clock import to_ms, to_text
from ledger.db import Database
from ledger.desk import handling
from ledger.desk import spending as desk
from ledger.desk import wanted as wanting
from ledger.desk.reconcile import reconcile
from ledger.errors import PeriodClosedError
from ledger.funds import booking as funds
from ledger.funds.booking import NewAccount
from ledger.intake.booking import reverse_gift
from ledger.matching import booking as matching
from ledger.matching.exceptions.booking import Step
from ledger.matching.history import StoredLine
from ledger.projections.known import known_at
from ledger.spending.movements import Movement
from ledger.spending.openings import Balance, Opening
from tests.db.exceptions import broken, kinds, later
from tests.db.ledgers import (
    BANK,
    IMPORT,
    MAIN,
    MATCHING,
    Ledger,
    bank_line,
    bodies,
    close_month,
    decide_both,
    gift,
    give,
    new_ledger,
    raise_money,
    settle,
    settlement_line,
    spend,
    spend_row,
    transfer,
)
from tests.db.test_finding import look_at
from tests.db.test_spending import evidence

MONTH = "2026-09"
ENDS = datetime(2026, 9, 30, 16, tzinfo=UTC)
WITHIN = datetime(2026, 9, 8, 4, tzinfo=UTC)
DAY = date(2026, 9, 8)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    """A fund whose September is sealed, with money at the bank and in the fund, and a settlement still to be paid."""
    opened = new_ledger(database, tmp_path / "keys")
    raise_money(opened, 9_000)
    transfer(opened, 4_000)
    give(opened, gift("waits", 1_400))
    settle(opened, settlement_line("NUMBER-0007", 1_400, period="2026-08"))
    close_month(opened, MONTH)
    decide_both(opened, wanting.seal(MONTH), "Chen", "Wang")
    later(opened, 1)
    yield opened
    opened.close()


def line(ledger: Ledger, amount: int, text: str = "nobody knows") -> StoredLine:
    return bank_line(ledger, amount, text, at=WITHIN)


def by_hand(ledger: Ledger) -> None:
    one = line(ledger, 700, "NUMBER-0007")
    ledger.decide(lambda books: matching.pay_out(books, MATCHING, "NUMBER-0007", one))


def interest(ledger: Ledger) -> None:
    one = line(ledger, 3)
    ledger.decide(lambda books: matching.book_income(books, MATCHING, "interest", one))


def donation(ledger: Ledger) -> None:
    one = line(ledger, 50)
    found = Movement("income", "donation", BANK, "CNY", 50, DAY, "in words", line=one.identity)
    decide_both(ledger, desk.movement(found), "Li", "Chen")


def cost(ledger: Ledger) -> None:
    found = Movement(
        "expense",
        "management",
        MAIN,
        "CNY",
        5,
        DAY,
        "audit",
        "Audit",
        evidence=(evidence(ledger),),
    )
    decide_both(ledger, desk.movement(found), "Li", "Chen")


def opening(ledger: Ledger) -> None:
    new = NewAccount("fund", "Med", "62170000000027", "CNY")
    funds.open_account(ledger.sequencer, ledger.clock, ledger.fund, new)
    balances = (Balance("Assets:Fund:Med", "CNY", 5),)
    found = Opening(DAY, balances, "a statement", (evidence(ledger),))
    decide_both(ledger, desk.opening(found), "Li", "Chen")


def refund(ledger: Ledger) -> None:
    [seq] = [one["seq"] for one in bodies(ledger) if one["kind"] == "gift"][-1:]
    ledger.decide(lambda books: reverse_gift(books, IMPORT, seq, to_text(WITHIN), "refund"))


def note(ledger: Ledger) -> None:
    line(ledger, 70)
    look_at(ledger)
    [raised] = [one["seq"] for one in bodies(ledger) if one["kind"] == "exception.raised"][-1:]
    who = ledger.member("Li").member_id
    handling.work(ledger.sequencer, ledger.fund, who, raised, Step("note", text="70.00 of it"))


def gifts(ledger: Ledger) -> None:
    give(ledger, gift("late", 77, occurred_at_ms=to_ms(WITHIN)))


def sheet(ledger: Ledger) -> None:
    settle(ledger, settlement_line("NUMBER-0008", 20, period=MONTH))


def spent(ledger: Ledger) -> None:
    spend(ledger, spend_row(30, spent_on=DAY))


def run(ledger: Ledger) -> None:
    line(ledger, 700, "NUMBER-0007")
    reconcile(ledger.sequencer, ledger.fund)


WAYS: dict[str, Callable[[Ledger], None]] = {
    "gifts imported": gifts,
    "a gift taken back": refund,
    "a settlement sheet": sheet,
    "a run of the rules": run,
    "a match by hand": by_hand,
    "interest": interest,
    "a donation by a bank's line": donation,
    "a management cost": cost,
    "spending": spent,
    "opening balances": opening,
    "a note with an amount": note,
}
REFUSED = {"a management cost", "spending", "opening balances"}
"""What people date by themselves: it needs the entry that it corrects."""


def figures(ledger: Ledger) -> object:
    with ledger.database.reading() as connection:
        size = len(bodies(ledger))
        return known_at(connection, ledger.fund, str(size), MONTH).month.then  # type: ignore[union-attr]


def test_no_way_leads_into_a_sealed_month(ledger: Ledger) -> None:
    before = figures(ledger)
    for name, walk in WAYS.items():
        size = len(bodies(ledger))
        if name in REFUSED:
            with pytest.raises(PeriodClosedError):
                walk(ledger)
            assert not [one for one in bodies(ledger)[size:] if one["postings"]], name
            continue
        walk(ledger)
        new = bodies(ledger)[size:]
        assert name == "a run of the rules" or new, name
        for one in new:
            if one["occurred_at"] < to_text(ENDS):
                late = one["body"]["late"]
                assert (late["state"], late["counts_in"]) == ("sealed", "2026-10"), name
    assert figures(ledger) == before
    assert broken(ledger) == {}


def test_a_line_of_a_sealed_month_waits_for_the_controller_however_well_it_fits(
    ledger: Ledger,
) -> None:
    one = line(ledger, 700, "NUMBER-0007")
    size = len(bodies(ledger))
    done = reconcile(ledger.sequencer, ledger.fund)
    assert done.payouts == 0
    assert len(bodies(ledger)) == size
    assert done.suggested == 1  # a person may still say so
    look_at(ledger)
    subject = f"line/{one.evidence.file}/{one.evidence.row}"
    assert kinds(ledger)[subject] == ("period_violation", 700)


def test_what_came_before_the_seal_is_matched_as_ever(database: Database, tmp_path: Path) -> None:
    ledger = new_ledger(database, tmp_path / "keys")
    line(ledger, 700, "NUMBER-0007")
    close_month(ledger, MONTH)
    later(ledger, 1)
    decide_both(ledger, wanting.seal(MONTH), "Chen", "Wang")
    give(ledger, gift("waits", 1_400))
    settle(ledger, settlement_line("NUMBER-0007", 1_400, period="2026-08"))
    assert reconcile(ledger.sequencer, ledger.fund).payouts == 1
    assert bodies(ledger)[-1]["body"]["late"]["state"] == "sealed"
    ledger.close()
