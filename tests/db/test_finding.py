"""What an evening's look finds, each thing once, and what it closes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.decisions.promises import Promises, promises_in_force
from ledger.desk import wanted as wanting
from ledger.desk.finding import Looked, look
from ledger.errors import FieldError
from ledger.funds.members import enrol_member
from ledger.intake import store as intake
from ledger.intake.booking import reverse_gift
from ledger.intake.store import Held
from ledger.projections.fund_page import view
from ledger.projections.shapes import Contact, Words
from tests.db.exceptions import bring_closed_lines, broken, kinds, later
from tests.db.ledgers import (
    IMPORT,
    Ledger,
    agree,
    approve,
    bank_line,
    bodies,
    close_month,
    confirm,
    gift,
    give,
    new_ledger,
    pay_out,
    propose,
    raise_money,
    send,
    settle,
    settlement_line,
    want,
)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    made = new_ledger(database, tmp_path / "keys")
    yield made
    made.close()


def look_at(ledger: Ledger) -> Looked:
    return look(ledger.sequencer, ledger.fund)


def test_nothing_is_found_where_everything_is_explained(ledger):
    raise_money(ledger, 500)
    assert look_at(ledger) == Looked(0, 0)


def test_a_settlement_is_overdue_fifteen_days_after_its_month_and_closed_by_its_payout(ledger):
    give(ledger, gift("a", 1000))
    settle(ledger, settlement_line("NUMBER-0001", 1000))
    ledger.clock.set(datetime(2026, 11, 15, 12, tzinfo=UTC))
    assert look_at(ledger) == Looked(0, 0)
    later(ledger, 1)
    assert look_at(ledger) == Looked(1, 0)
    assert kinds(ledger) == {"settlement/Kuaishou/NUMBER-0001": ("overdue_settlement", 500)}
    assert look_at(ledger) == Looked(0, 0)
    paid = pay_out(ledger, "NUMBER-0001", 500)
    assert look_at(ledger) == Looked(0, 1)
    assert kinds(ledger) == {}
    assert bodies(ledger)[-1]["body"]["entry"] == paid
    assert broken(ledger) == {}


def test_a_transfer_is_late_after_three_working_days_until_it_arrives(ledger):
    raise_money(ledger, 500)
    number = propose(ledger, 400)
    approve(ledger, number)
    send(ledger, number, 400, fee=5)
    later(ledger, 5)  # from Friday to Wednesday: three working days
    look_at(ledger)
    assert "transfer/1" not in kinds(ledger)
    later(ledger, 1)
    look_at(ledger)
    assert kinds(ledger)["transfer/1"] == ("unallocated_transfer", 395)
    confirm(ledger, number, 395)
    assert look_at(ledger).explained == 1
    assert "transfer/1" not in kinds(ledger)
    assert broken(ledger) == {}


@pytest.mark.parametrize(
    ("amount", "text", "expected"),
    [
        (700, "nobody knows", ("unknown_receipt", 700)),
        (-30, "nobody knows", ("unknown_receipt", 30)),
        (500, "NUMBER-0001 again", ("duplicate_receipt", 500)),
        (300, "NUMBER-0002", ("short_settlement", 200)),
        (801, "NUMBER-0002", ("over_settlement", 301)),
    ],
)
def test_a_line_without_an_expectation_is_named_for_what_it_is(ledger, amount, text, expected):
    raise_money(ledger, 500, "S0")
    give(ledger, gift("a", 2000))
    settle(ledger, settlement_line("NUMBER-0001", 1000), settlement_line("NUMBER-0002", 1000))
    pay_out(ledger, "NUMBER-0001", 500)
    line = bank_line(ledger, amount, text)
    assert look_at(ledger) == Looked(1, 0)
    subject = f"line/{line.evidence.file}/1"
    assert kinds(ledger) == {subject: expected}
    assert broken(ledger) == {}


def test_a_line_that_the_next_matching_books_is_no_exception(ledger):
    give(ledger, gift("a", 1000))
    settle(ledger, settlement_line("NUMBER-0001", 1000))
    bank_line(ledger, 500, "NUMBER-0001")
    assert look_at(ledger) == Looked(0, 0)


def test_a_line_in_a_month_that_was_closed_before_it_came_is_the_controllers(ledger):
    bring_closed_lines(ledger)
    assert look_at(ledger) == Looked(1, 0)
    ((_, found),) = kinds(ledger).items()
    assert found == ("period_violation", 700)


def test_a_refund_of_a_gift_of_a_closed_month_goes_to_this_one(ledger):
    (given,) = give(ledger, gift("a", 1000, occurred_at_ms=1_788_000_000_000)).value
    close_month(ledger, "2026-08")
    ledger.decide(
        lambda books: reverse_gift(books, IMPORT, given.seq, "2026-10-09T12:00:00Z", "refund")
    )
    assert look_at(ledger) == Looked(1, 0)
    assert kinds(ledger) == {f"gift/{given.seq}": ("late_refund", 1000)}


def test_gifts_without_a_value_are_one_exception_a_day_and_reason(ledger):
    for number, reason in enumerate(("no-rate", "no-rate", "guest")):
        held = Held(
            "Kuaishou", reason, "coins", f"g{number}", 40, "KSCOIN", 1_790_000_000_000, None
        )
        with ledger.database.writing() as connection:
            intake.hold(connection, ledger.fund.fund_id, held)
    assert look_at(ledger) == Looked(1, 0)
    assert [*kinds(ledger).values()] == [("unvalued_gift", 80)]


def test_a_gift_found_later_explains_what_a_settlement_stated_beyond_the_gifts(ledger):
    give(ledger, gift("a", 600))
    settle(ledger, settlement_line("NUMBER-0001", 1000))
    assert kinds(ledger) == {"gifts/Kuaishou/NUMBER-0001": ("missing_gift", 400)}
    give(ledger, gift("b", 300))
    assert look_at(ledger) == Looked(0, 0)
    give(ledger, gift("c", 100))
    assert look_at(ledger) == Looked(0, 1)
    assert kinds(ledger) == {}
    assert broken(ledger) == {}


def test_a_funds_own_promises_are_what_things_are_late_by(ledger):
    """Decided by two; what was promised before holds until then."""
    enrol_member(ledger.sequencer, ledger.fund, "Sun", "administrator")
    give(ledger, gift("late", 1000))
    settle(ledger, settlement_line("LATE-00001", 1000))
    later(ledger, 40)
    with pytest.raises(FieldError):
        want(ledger, wanting.promises(Promises(settlement_days=0)), "Sun")
    decided = want(ledger, wanting.promises(Promises(3, 90, 7)), "Sun")
    with ledger.database.reading() as connection:
        assert promises_in_force(connection, ledger.fund.fund_id) == Promises(3, 15, 5)
    agree(ledger, decided.number, "Wang")
    assert look_at(ledger) == Looked(0, 0)
    with ledger.database.reading() as connection:
        assert promises_in_force(connection, ledger.fund.fund_id) == Promises(3, 90, 7)
        page = view(connection, ledger.fund.slug, Contact(Words("县民政局")), ledger.clock.now())
    assert page.promises.statement_days == 7
    later(ledger, 80)
    assert look_at(ledger) == Looked(1, 0)
    assert broken(ledger) == {}
