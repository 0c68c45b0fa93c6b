"""Settlements, bank lines, spending and months: the outcome of each, in the order of precedence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.desk.reconcile import reconcile
from ledger.errors import (
    ConflictError,
    FieldError,
    InsufficientError,
    LedgerError,
    NotFoundError,
    PeriodClosedError,
    StateError,
    TimeFieldError,
    UnknownNameError,
)
from ledger.intake.booking import close_sessions, reverse_gift
from ledger.matching import booking as matching
from ledger.matching import history as matched
from ledger.periods import history as closed_months
from ledger.periods.booking import NewStatement
from ledger.privacy.commitments import open_commitment
from tests.db.ledgers import (
    IMPORT,
    MAIN,
    MATCHING,
    Ledger,
    approve,
    bank_line,
    bodies,
    check,
    close_month,
    gift,
    give,
    new_ledger,
    pay_out,
    propose,
    publish,
    raise_money,
    settle,
    settlement_line,
    sign_statement,
    spend,
    spend_row,
    transfer,
)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def refused(ledger: Ledger, error: type[LedgerError], act: Callable[[], object]) -> dict[str, Any]:
    """See that something is refused and leaves no entry; return what the error says."""
    before = len(bodies(ledger))
    with pytest.raises(error) as raised:
        act()
    assert type(raised.value) is error
    assert len(bodies(ledger)) == before
    return raised.value.fields


# --- settlements -----------------------------------------------------------------------------------


def test_a_settlement_again_is_known_and_with_other_figures_a_conflict(ledger: Ledger) -> None:
    give(ledger, gift("a", 1000))
    line = settlement_line("STATEMENT-1", 1000)
    assert settle(ledger, line).added == 1
    [seq] = [at for at, entry in enumerate(bodies(ledger)) if entry["kind"] == "settlement"]
    size = len(bodies(ledger))
    again = settle(ledger, line)
    assert (again.added, again.repeated) == (0, 1)
    assert len(bodies(ledger)) == size
    for field, other in {
        "period": replace(line, period="2026-09"),
        "gross": replace(line, gross=900, share=-400),
        "refund": replace(line, refund=-100, share=-400),
        "share": replace(line, share=-400, tax=-100),
        "tax": replace(line, tax=-100, net=400),
        "net": replace(line, net=400),
    }.items():
        fields = refused(ledger, ConflictError, lambda other=other: settle(ledger, other))
        assert (fields["key"], fields["field"], fields["seq"]) == ("STATEMENT-1", field, seq)


def test_a_sheet_is_booked_whole_or_not_at_all(ledger: Ledger) -> None:
    give(ledger, gift("a", 1000))
    good = settlement_line("STATEMENT-1", 500)
    refused(
        ledger,
        UnknownNameError,
        lambda: settle(ledger, good, settlement_line("STATEMENT-2", 5, platform="tiktok")),
    )
    refused(
        ledger,
        FieldError,
        lambda: settle(ledger, good, settlement_line("STATEMENT-2", 500, net=-1)),
    )
    with ledger.database.reading() as connection:
        assert matched.settlements(connection, ledger.fund.fund_id) == []
        assert matched.kept_files(connection, ledger.fund.fund_id) == []
    assert settle(ledger, good).added == 1
    check(ledger)


def test_a_late_refund_is_raised_unless_it_was_announced(ledger: Ledger) -> None:
    give(ledger, gift("a", 600), gift("b", 400), gift("c", 500))
    settle(ledger, settlement_line("STATEMENT-1", 1000))
    seq = next(at for at, entry in enumerate(bodies(ledger)) if entry["kind"] == "gift")
    ledger.decide(lambda books: reverse_gift(books, IMPORT, seq, "2026-10-09T12:00:00Z", "refund"))
    assert settle(ledger, settlement_line("STATEMENT-2", 1300, refund=-600)).raised == 1
    assert settle(ledger, settlement_line("STATEMENT-3", 100, refund=-20)).raised == 2
    with ledger.database.reading() as connection:
        items = matched.items(connection, ledger.fund.fund_id)
    assert [(item.kind, item.subject, item.amount) for item in items] == [
        ("missing_gift", "gifts/Kuaishou/STATEMENT-2", 800),
        ("missing_gift", "gifts/Kuaishou/STATEMENT-3", 100),
        ("late_refund", "gifts/Kuaishou/STATEMENT-3", 20),
    ]


# --- bank lines ------------------------------------------------------------------------------------


def test_a_payout_is_the_net_of_a_settlement_that_is_not_paid(ledger: Ledger) -> None:
    give(ledger, gift("a", 1000))
    settle(ledger, settlement_line("STATEMENT-1", 1000))
    assert (
        refused(ledger, StateError, lambda: pay_out(ledger, "STATEMENT-1", 499))["needed"] == 500
    )
    refused(ledger, StateError, lambda: pay_out(ledger, "STATEMENT-9", 500))
    pay_out(ledger, "STATEMENT-1", 500)
    fields = refused(ledger, StateError, lambda: pay_out(ledger, "STATEMENT-1", 500))
    assert fields["state"] == "paid-or-unknown"
    check(ledger)


def test_a_bank_line_explains_one_entry_only(ledger: Ledger) -> None:
    line = bank_line(ledger, 70)
    ledger.decide(lambda books: matching.book_income(books, MATCHING, "donation", line))
    refused(
        ledger,
        ConflictError,
        lambda: ledger.decide(lambda books: matching.book_income(books, MATCHING, "other", line)),
    )
    fields = refused(
        ledger, StateError, lambda: ledger.decide(lambda books: matching.check_open(books, line))
    )
    assert fields["seq"] == len(bodies(ledger)) - 1
    with ledger.database.reading() as connection:
        assert matched.open_lines(connection, ledger.fund.fund_id) == []


def test_income_is_of_a_known_class_and_comes_in(ledger: Ledger) -> None:
    line, out = bank_line(ledger, 70), bank_line(ledger, -70)
    for bad in ("", "gift", "Donation"):
        refused(
            ledger,
            FieldError,
            lambda bad=bad: ledger.decide(
                lambda books: matching.book_income(books, MATCHING, bad, line)
            ),
        )
    refused(
        ledger,
        StateError,
        lambda: ledger.decide(lambda books: matching.book_income(books, MATCHING, "other", out)),
    )


def test_the_desk_confirms_what_is_unique_and_leaves_the_rest_open(ledger: Ledger) -> None:
    give(ledger, gift("a", 3000))
    settle(ledger, settlement_line("STATEMENT-1", 1000), settlement_line("STATEMENT-2", 1000))
    bank_line(ledger, 500, "STATEMENT-1")
    bank_line(ledger, 500, "no reference at all")
    bank_line(ledger, 499, "STATEMENT-2")
    done = reconcile(ledger.sequencer, ledger.fund)
    assert (done.payouts, done.open_lines, done.unpaid) == (1, 2, 1)
    again = reconcile(ledger.sequencer, ledger.fund)
    assert (again.payouts, again.open_lines, again.unpaid) == (0, 2, 1)
    approve(ledger, propose(ledger, 400))
    bank_line(ledger, -400, "TRANSFER-1")
    bank_line(ledger, 400, "TRANSFER-1", account=MAIN)
    done = reconcile(ledger.sequencer, ledger.fund)
    assert (done.sent, done.confirmed) == (1, 1)
    check(ledger)


# --- spending --------------------------------------------------------------------------------------


def test_nothing_is_spent_that_the_fund_does_not_hold(ledger: Ledger) -> None:
    refused(ledger, InsufficientError, lambda: spend(ledger, spend_row(1)))
    raise_money(ledger, 1000)
    refused(ledger, InsufficientError, lambda: spend(ledger, spend_row(1)))  # it is at the bank
    transfer(ledger, 500)
    rows = [spend_row(300), spend_row(200, batch="B2"), spend_row(1, batch="B3", line_no=4)]
    fields = refused(ledger, InsufficientError, lambda: spend(ledger, *rows))
    assert (fields["account"], fields["available"], fields["line"]) == (MAIN, 0, 4)
    assert spend(ledger, *rows[:2])[:2] == (2, 0)
    refused(ledger, InsufficientError, lambda: spend(ledger, rows[2]))
    check(ledger)


def test_a_spending_sheet_again_is_known_and_with_other_figures_a_conflict(ledger: Ledger) -> None:
    raise_money(ledger, 1000)
    transfer(ledger, 1000)
    row = spend_row(100)
    assert spend(ledger, row, row)[:2] == (2, 0)  # two equal rows of one sheet are two payments
    assert spend(ledger, row, row)[:2] == (0, 2)
    assert spend(ledger, row, row, row)[:2] == (1, 2)
    [first, *_] = [at for at, entry in enumerate(bodies(ledger)) if entry["kind"] == "spend"]
    for field, other in {
        "amount_cny": spend_row(101),
        "persons": spend_row(100, persons=4),
        "person_times": spend_row(100, person_times=6),
    }.items():
        fields = refused(ledger, ConflictError, lambda other=other: spend(ledger, other))
        assert (fields["field"], fields["seq"]) == (field, first)
    check(ledger)


def test_small_counts_are_committed_to_and_not_told(ledger: Ledger) -> None:
    raise_money(ledger, 1000)
    transfer(ledger, 1000)
    spend(ledger, spend_row(100, persons=3, person_times=5))
    body = bodies(ledger)[-1]["body"]
    assert {"persons", "person_times"}.isdisjoint(body)
    with ledger.database.reading() as connection:
        salt = bytes(connection.execute(sa.text("SELECT salt FROM spends")).scalar_one())
    open_commitment(body["counts"], salt, "counts", b'{"person_times":5,"persons":3}')


# --- months and statements -------------------------------------------------------------------------


def close(ledger: Ledger, month: str) -> int:
    return close_month(ledger, month)


def test_a_month_closes_once_and_after_its_end(ledger: Ledger) -> None:
    fields = refused(ledger, StateError, lambda: close(ledger, "2026-10"))
    assert fields["state"] == "running"
    close(ledger, "2026-08")
    close(ledger, "2026-09")
    for month in ("2026-09", "2026-08", "2026-07"):
        refused(ledger, PeriodClosedError, lambda month=month: close(ledger, month))
    # In Shanghai the month ends eight hours before it does in UTC.
    ledger.clock.set(datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC))
    refused(ledger, StateError, lambda: close(ledger, "2026-10"))
    ledger.clock.set(datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC))
    last = close(ledger, "2026-10")
    with ledger.database.reading() as connection:
        found = closed_months.closed(connection, ledger.fund.fund_id)
        assert closed_months.period(connection, ledger.fund.fund_id, "2026-10") == found[-1]
        with pytest.raises(NotFoundError):
            closed_months.period(connection, ledger.fund.fund_id, "2026-11")
    assert [one.first for one in found] == [0, *(one.closed_seq + 1 for one in found[:-1])]
    assert found[-1].closed_seq == last
    check(ledger)


def test_what_is_no_month(ledger: Ledger) -> None:
    for month in ("2026-9", "2026-13", "2026-00", "2026", "", "2026-09-01", "２０２６-０９"):
        refused(ledger, TimeFieldError, lambda month=month: close(ledger, month))


def test_a_statement_is_published_once(ledger: Ledger) -> None:
    close(ledger, "2026-09")
    new = NewStatement("qinghe-2026-09-M-v1", "zh", "2026-09", 10, b"s" * 32, 1000)

    seq = publish(ledger, new)
    refused(ledger, StateError, lambda: publish(ledger, new))
    other = new._replace(sha256=b"t" * 32)
    fields = refused(ledger, ConflictError, lambda: publish(ledger, other))
    assert (fields["key"], fields["seq"]) == (new.number, seq)
    again = new._replace(number="qinghe-2026-09-M-v2")
    seq = publish(ledger, again, again._replace(language="en"))  # one decision for both
    assert [one["body"]["language"] for one in bodies(ledger)[seq:]] == ["zh", "en"]
    apart = new._replace(number="qinghe-2026-08-M-v1", month="2026-08")
    sign_statement(ledger, apart)
    refused(ledger, FieldError, lambda: publish(ledger, apart, apart._replace(month="2026-07")))
    refused(ledger, FieldError, lambda: publish(ledger))
    check(ledger)


def test_a_broadcast_closes_with_its_count_and_sum(ledger: Ledger) -> None:
    give(ledger, gift("a", 5), gift("b", 6), gift("c", 7, session="room-2"))
    give(ledger, gift("d", 8))
    assert ledger.decide(lambda books: close_sessions(books, IMPORT)) == 2
    stated = [entry["body"] for entry in bodies(ledger) if entry["kind"] == "session.closed"]
    assert sorted((one["gifts"], one["total"]) for one in stated) == [(1, 7), (3, 19)]
    give(ledger, gift("late", 1))  # opens a further one of the same room
    assert [entry["kind"] for entry in bodies(ledger)[-2:]] == ["session.opened", "gift"]
    assert bodies(ledger)[-1]["body"]["n"] == 1
    check(ledger)
