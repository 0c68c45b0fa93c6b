"""Exceptions on both databases: raised once, worked on, and closed only by what explains them or by two people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.desk import exceptions
from ledger.errors import FieldError, FourEyesError, NotAllowedError, NotFoundError, StateError
from ledger.evidence import Brought
from ledger.matching.exceptions import booking, history
from ledger.matching.exceptions.history import Filter
from ledger.projections.month import Month
from tests.db.exceptions import (
    RECEIPT,
    attach,
    broken,
    end,
    found,
    item,
    later,
    overdue,
    propose_resolution,
    raise_it,
    thread,
    work,
)
from tests.db.ledgers import (
    MATCHING,
    Ledger,
    agree,
    bodies,
    check,
    close_month,
    new_ledger,
    pay_out,
    want,
)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    made = new_ledger(database, tmp_path / "keys")
    yield made
    made.close()


def page(ledger: Ledger, wanted: Filter, **options: int) -> list[int]:
    with ledger.database.reading() as connection:
        rows = history.page(connection, ledger.fund.fund_id, wanted, **options)
    return [one.raised_seq for one in rows]


# --- raising --------------------------------------------------------------------------------------


def test_what_is_found_twice_is_raised_once(ledger):
    number = raise_it(ledger, found())
    again = ledger.decide(lambda books: booking.raise_found(books, MATCHING, found()))
    assert again is None
    assert raise_it(ledger, found(subject="line/ab/2")) != number


def test_an_exception_says_since_when_and_by_when(ledger):
    number = raise_it(ledger, found()._replace(since=date(2026, 10, 1)))
    one = item(ledger, number)
    # It is 2026-10-09 20:00 in Shanghai; a receipt is due after three days.
    assert (one.state, one.since, one.due) == ("open", "2026-10-01", "2026-10-12")
    assert one.age(date(2026, 10, 9)) == 8
    assert bodies(ledger)[number]["body"]["since"] == "2026-10-01"
    assert not one.is_overdue(date(2026, 10, 12))
    assert one.is_overdue(date(2026, 10, 13))


# --- what people do -------------------------------------------------------------------------------


def test_a_thread_keeps_every_step_and_no_entry_says_any(ledger):
    number = raise_it(ledger, found())
    entries = len(bodies(ledger))
    li = ledger.member("Li").member_id
    assert work(ledger, number, "assigned", li).state == "assigned"
    work(ledger, number, "note", text="  Asked the bank.  ")
    assert work(ledger, number, "disputed", text="Not ours.").state == "disputed"
    assert work(ledger, number, "settled", text="It is ours.").state == "assigned"
    assert work(ledger, number, "assigned").state == "open"
    steps = [(one.number, one.step, one.text) for one in thread(ledger, number)]
    assert steps[1] == (2, "note", "Asked the bank.")
    assert [one[0] for one in steps] == [1, 2, 3, 4, 5]
    assert len(bodies(ledger)) == entries
    assert broken(ledger) == {}


def test_the_clock_stands_only_while_an_outside_party_is_waited_for(ledger):
    number = raise_it(ledger, found())
    work(ledger, number, "paused", text="The bank looks for it.")
    later(ledger, 10)
    assert not item(ledger, number).is_overdue(date(2026, 10, 19))
    one = work(ledger, number, "resumed")
    assert (one.paused, one.due) == (None, "2026-10-22")
    with pytest.raises(StateError):
        work(ledger, number, "resumed")


@pytest.mark.parametrize(
    ("step", "value", "text", "field"),
    [
        ("note", "", "  ", "text"),
        ("note", "", "x" * 5_001, "text"),
        ("due", "tomorrow", "later", "due"),
        ("assigned", "m99", "", "owner"),
        ("evidence", "", "x", "step"),
        ("closed", "", "x", "step"),
    ],
)
def test_a_step_without_sense_is_refused_and_writes_nothing(ledger, step, value, text, field):
    number = raise_it(ledger, found())
    with pytest.raises(FieldError) as refusal:
        work(ledger, number, step, value, text)
    assert refusal.value.fields["field"] == field
    assert thread(ledger, number) == []


def test_only_who_works_on_exceptions_writes_and_looks_after_them(ledger):
    number = raise_it(ledger, found())
    with pytest.raises(NotAllowedError):
        work(ledger, number, "note", text="hello", by="Wang")
    with pytest.raises(NotAllowedError):
        work(ledger, number, "assigned", ledger.member("Wang").member_id)


def test_evidence_is_kept_once_as_it_came(ledger):
    number = raise_it(ledger, found())
    attach(ledger, number)
    attach(ledger, number)
    with ledger.database.reading() as connection:
        fund_id = ledger.fund.fund_id
        (one,) = history.evidence(connection, fund_id, number)
        assert history.evidence_file(connection, fund_id, number, one.sha256) == (
            "receipt.pdf",
            RECEIPT.data,
        )
        with pytest.raises(NotFoundError):
            history.evidence_file(connection, fund_id, number, "00" * 32)
    assert [one.step for one in thread(ledger, number)] == ["evidence"]
    assert broken(ledger) == {}


def test_evidence_that_was_changed_is_noticed(ledger):
    number = raise_it(ledger, found())
    attach(ledger, number)
    engine = sa.create_engine(ledger.database.url)
    with engine.begin() as connection:
        if ledger.database.is_sqlite:
            connection.execute(sa.text("DROP TRIGGER exception_files_no_update"))
        else:
            connection.execute(sa.text("SET session_replication_role = replica"))
        connection.execute(sa.text("UPDATE exception_files SET body = sha256"))
    engine.dispose()
    assert broken(ledger) == {"evidence": "differs"}


@pytest.mark.parametrize("table", ["exception_notes", "exception_files"])
def test_threads_and_evidence_only_grow(ledger, table):
    number = raise_it(ledger, found())
    attach(ledger, number)
    for change in (f"UPDATE {table} SET raised_seq = raised_seq", f"DELETE FROM {table}"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), ledger.database.writing() as c:
            c.execute(sa.text(change))


# --- closing --------------------------------------------------------------------------------------


def test_a_cause_is_agreed_on_by_two_and_closes_the_exception(ledger):
    number = raise_it(ledger, found(amount=90))
    made = propose_resolution(ledger, number)
    assert (item(ledger, number).state, item(ledger, number).decision) == ("proposed", made.number)
    with pytest.raises(StateError):
        propose_resolution(ledger, number, "Another cause.")
    with pytest.raises(FourEyesError):
        agree(ledger, made.number, "Li")
    done = agree(ledger, made.number, "Chen")
    one = item(ledger, number)
    assert (one.state, one.decision, one.resolved_seq) == ("resolved", None, done.end.seq + 1)
    said = bodies(ledger)[done.end.seq + 1]
    assert said["kind"] == "exception.resolved"
    assert said["body"] == {
        "raised": number,
        "how": "note",
        "reason": "Bank fee refunded.",
        "evidence": [],
        "decision": made.number,
    }
    assert broken(ledger) == {}
    check(ledger)


def test_above_one_yuan_a_cause_needs_evidence_and_two_approvals(ledger):
    number = raise_it(ledger, found(amount=101))
    with pytest.raises(FieldError) as refusal:
        propose_resolution(ledger, number)
    assert refusal.value.fields["field"] == "evidence"
    attach(ledger, number)
    made = propose_resolution(ledger, number)
    assert made.latest.needed == ("controller", "approver")
    assert len(made.latest.content["evidence"]) == 1
    assert not agree(ledger, made.number, "Chen").is_approved
    assert agree(ledger, made.number, "Wang").is_approved
    assert item(ledger, number).state == "resolved"
    assert broken(ledger) == {}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_nothing_is_closed_without_a_reason(ledger, reason):
    number = raise_it(ledger, found())
    with pytest.raises(FieldError):
        propose_resolution(ledger, number, reason)
    assert item(ledger, number).state == "open"


@pytest.mark.parametrize("how", ["reject", "withdraw"])
def test_a_proposal_that_ends_leaves_the_exception_where_it_was(ledger, how):
    number = raise_it(ledger, found())
    work(ledger, number, "assigned", ledger.member("Li").member_id)
    made = propose_resolution(ledger, number)
    end(ledger, made.number, how)
    one = item(ledger, number)
    assert (one.state, one.decision, one.is_open) == ("assigned", None, True)
    assert propose_resolution(ledger, number).number == made.number + 1
    assert broken(ledger) == {}


def test_an_exception_that_is_closed_stays_closed(ledger):
    number = raise_it(ledger, found())
    agree(ledger, propose_resolution(ledger, number).number, "Chen")
    for again in (
        lambda: work(ledger, number, "note", text="more"),
        lambda: attach(ledger, number, Brought("a.txt", "text", b"a")),
        lambda: propose_resolution(ledger, number),
    ):
        with pytest.raises(StateError):
            again()


def test_what_a_payout_explains_is_closed_without_anybodys_decision(ledger):
    number = overdue(ledger)
    made = propose_resolution_with_evidence(ledger, number)
    paid = pay_out(ledger, "LATE-00001", 500)
    [closed] = ledger.decide(lambda books: booking.explain(books, MATCHING, [(number, paid)]))
    assert bodies(ledger)[closed]["body"] == {"raised": number, "how": "match", "entry": paid}
    assert item(ledger, number).state == "resolved"
    assert ledger.decide(lambda books: booking.explain(books, MATCHING, [(number, paid)])) == []
    # What was proposed about it cannot be carried out any more.
    agree(ledger, made.number, "Chen")
    with pytest.raises(StateError):
        agree(ledger, made.number, "Wang")
    end(ledger, made.number, "withdraw")
    assert item(ledger, number).state == "resolved"
    assert broken(ledger) == {}


def propose_resolution_with_evidence(ledger: Ledger, number: int):
    attach(ledger, number)
    return propose_resolution(ledger, number)


def test_an_entry_that_explains_nothing_is_noticed(ledger):
    number = overdue(ledger)
    ledger.decide(lambda books: booking.explain(books, MATCHING, [(number, 0)]))
    assert broken(ledger)["corrections"] == "explains-nothing"


def test_nobody_closes_an_exception_by_a_note_alone(ledger):
    number = raise_it(ledger, found())
    said = {"raised": number, "how": "note", "reason": "because", "evidence": []}
    ledger.decide(lambda books: booking._close(books, MATCHING, said, "resolved"))
    assert broken(ledger)["decisions"] == "no-decision"


# --- writing off ----------------------------------------------------------------------------------


def test_a_settlement_is_written_off_by_two_and_leaves_the_line(ledger):
    number = overdue(ledger, 500)
    attach(ledger, number)
    made = want(ledger, exceptions.write_off(number, "The platform is closed."))
    agree(ledger, made.number, "Chen")
    done = agree(ledger, made.number, "Wang")
    taken, closed = bodies(ledger)[done.end.seq + 1 :]
    assert taken["kind"] == "adjustment"
    assert taken["postings"] == [
        {"account": "Expenses:WrittenOff:Payout:Kuaishou", "amount": 500, "commodity": "CNY"},
        {"account": "Assets:Payout:Kuaishou", "amount": -500, "commodity": "CNY"},
    ]
    assert (closed["kind"], closed["body"]["how"]) == ("exception.resolved", "write-off")
    assert item(ledger, number).state == "written-off"
    with pytest.raises(StateError):
        pay_out(ledger, "LATE-00001", 500)
    assert broken(ledger) == {}
    check(ledger)


def test_what_was_paid_since_is_not_written_off(ledger):
    number = overdue(ledger, 500)
    attach(ledger, number)
    made = want(ledger, exceptions.write_off(number, "The platform is closed."))
    agree(ledger, made.number, "Chen")
    pay_out(ledger, "LATE-00001", 500)
    with pytest.raises(StateError):
        agree(ledger, made.number, "Wang")
    assert item(ledger, number).state == "proposed"
    assert broken(ledger) == {}


def test_only_an_overdue_settlement_holds_something_to_write_off(ledger):
    number = raise_it(ledger, found(amount=90))
    with pytest.raises(StateError):
        want(ledger, exceptions.write_off(number, "Nobody knows."))


# --- reading --------------------------------------------------------------------------------------


def test_lists_filter_in_the_database_and_page_by_number(ledger):
    old = raise_it(ledger, found(subject="line/a/1", amount=50)._replace(since=date(2026, 7, 1)))
    mine = raise_it(ledger, found(subject="line/b%/2", amount=20_000))
    gift = raise_it(ledger, found("missing_gift", "KS-1", 700))
    gone = raise_it(ledger, found(subject="line/c/3", amount=1))
    li = ledger.member("Li").member_id
    work(ledger, mine, "assigned", li)
    agree(ledger, propose_resolution(ledger, gone).number, "Chen")
    assert page(ledger, Filter(is_open=True)) == [old, mine, gift]
    assert page(ledger, Filter(is_open=False)) == [gone]
    assert page(ledger, Filter()) == [old, mine, gift, gone]
    assert page(ledger, Filter(owner=li)) == [mine]
    assert page(ledger, Filter(is_open=True, owner="")) == [old, gift]
    assert page(ledger, Filter(states=("assigned",))) == [mine]
    assert page(ledger, Filter(kinds=("missing_gift",))) == [gift]
    assert page(ledger, Filter(least=0, most=50)) == [old, gone]
    assert page(ledger, Filter(text="b%")) == [mine]
    assert page(ledger, Filter(since_last=date(2026, 9, 30))) == [old]
    assert page(ledger, Filter(since_first=date(2026, 10, 9), is_open=True)) == [mine, gift]
    # A gift is due after a day, a receipt after three.
    assert page(ledger, Filter(overdue_on=date(2026, 10, 11))) == [gift]
    assert page(ledger, Filter(), limit=2) == [old, mine]
    assert page(ledger, Filter(), limit=2, after=mine) == [gift, gone]
    assert page(ledger, Filter(), limit=2, after=gone, newest=True) == [gift, mine]


def test_open_exceptions_are_summed_by_age(ledger):
    for at, (since, amount) in enumerate(
        [("2026-10-02", 1), ("2026-10-01", 20), ("2026-09-09", 300), ("2026-07-11", 4_000), ("2026-07-10", 50_000)]
    ):  # fmt: skip
        one = found(subject=f"line/a/{at}", amount=amount)
        raise_it(ledger, one._replace(since=date.fromisoformat(since)))
    with ledger.database.reading() as connection:
        rows = history.ageing(connection, ledger.fund.fund_id, date(2026, 10, 9))
    assert [(one.bracket, one.items, one.amount) for one in rows] == [
        ("0-7", 1, 1),
        ("8-30", 2, 320),
        ("31-90", 1, 4_000),
        ("over-90", 1, 50_000),
    ]
    assert sum(one.overdue for one in rows) == 0


# --- as it stood at a closing ---------------------------------------------------------------------


def test_a_statement_tells_owner_and_state_as_they_were_when_the_month_was_closed(ledger):
    """What is done about an exception later does not change a statement of before."""
    numbers = [raise_it(ledger, found(subject=f"line/{at}/1")) for at in "abcd"]
    usual, taken, contested, waiting = numbers
    work(ledger, taken, "assigned", ledger.member("Chen").member_id)
    work(ledger, contested, "disputed", text="the platform says no")
    decision = propose_resolution(ledger, waiting)
    later(ledger, 30)
    close_month(ledger, "2026-10")
    later(ledger, 1)

    def told() -> dict[int, tuple[str, str]]:
        with ledger.database.reading() as connection:
            items = Month(connection, ledger.fund, "2026-10").items()
        return {one.number: (one.owner, one.state) for one in items}

    as_closed = told()
    assert as_closed == {
        usual: ("finance", "open"),
        taken: ("controller", "assigned"),
        contested: ("finance", "disputed"),
        waiting: ("finance", "proposed"),
    }
    work(ledger, usual, "assigned", ledger.member("Chen").member_id)
    work(ledger, taken, "assigned")
    work(ledger, contested, "settled", text="it says yes")
    agree(ledger, decision.number, "Chen")
    assert told() == as_closed
