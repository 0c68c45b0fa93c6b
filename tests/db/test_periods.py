"""Months from open to sealed, and the guard that every entry passes, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.clock import to_ms, to_text
from ledger.db import Database
from ledger.desk import wanted as wanting
from ledger.errors import LedgerError, PeriodClosedError, StateError, TimeFieldError
from ledger.journal.entries import KINDS, Draft, Posting
from ledger.journal.months import REPORTED, STEPS, month_after
from ledger.periods import booking as periods
from ledger.periods import history
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    MATCHING,
    ZONE,
    Ledger,
    bodies,
    check,
    close_month,
    decide_both,
    gift,
    give,
    new_ledger,
)

MONTH = "2026-09"
ENDS = datetime(2026, 9, 30, 16, tzinfo=UTC)
IN_MONTH = "2026-09-20T08:00:00Z"


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    give(opened, gift("first"))
    yield opened
    opened.close()


def begin(ledger: Ledger, month: str = MONTH) -> int:
    return ledger.decide(lambda books: periods.begin_closing(books, MATCHING, month, ZONE))


def seal(ledger: Ledger, month: str = MONTH) -> None:
    decide_both(ledger, wanting.seal(month), "Chen", "Wang")


def open_again(ledger: Ledger, until: datetime, month: str = MONTH) -> None:
    decide_both(ledger, wanting.reopen(month, until, "a sheet was forgotten"), "Chen", "Wang")


def late(ledger: Ledger) -> Any:
    return bodies(ledger)[-1]["body"].get("late")


def post(ledger: Ledger, kind: str, body: dict[str, Any], at: str = IN_MONTH) -> int:
    """Post an entry as its door would, whatever else it says."""
    postings = (
        () if kind.startswith("decision") else (Posting("Expenses:X", "Income:X", "CNY", 1),)
    )
    return ledger.decide(lambda books: books.post(Draft(kind, at, MATCHING, body, postings)))


def refused(ledger: Ledger, act: Callable[[], object]) -> dict[str, Any]:
    size = len(bodies(ledger))
    with pytest.raises(PeriodClosedError) as told:
        act()
    assert len(bodies(ledger)) == size
    return told.value.fields


def failures(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Return what the checker finds."""
    url = ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys, workers=1)
    return [(one.table, one.key, one.reason) for one in report.failures]


# --- the one guard ---------------------------------------------------------------------------------


def test_no_kind_of_entry_counts_in_a_sealed_month(ledger: Ledger) -> None:
    """Every kind there is, so that a new one cannot be forgotten: turned away, or late in the next open month."""
    close_month(ledger, MONTH)
    seal(ledger)
    sealed = bodies(ledger)[-1]["seq"]
    for kind in KINDS:
        if kind in STEPS:
            continue  # a step is no entry of the month: what may follow what is held below
        if kind in REPORTED:
            post(ledger, kind, {"amount": 1, "commodity": "CNY"})  # what comes late is summed
            assert late(ledger) == {"corrects": sealed, "counts_in": "2026-10", "state": "sealed"}
            continue
        told = refused(ledger, lambda kind=kind: post(ledger, kind, {"reason": "I want it"}))
        assert (told["month"], told["state"]) == (MONTH, "sealed")
        post(ledger, kind, {"corrects": 3})
        assert late(ledger) == {"corrects": 3, "counts_in": "2026-10", "state": "sealed"}
        post(ledger, kind, {}, to_text(ENDS))
        assert late(ledger) is None


def test_a_closing_month_asks_for_a_reason_and_a_closed_one_for_none(ledger: Ledger) -> None:
    begin(ledger)
    assert refused(ledger, lambda: post(ledger, "spend", {}))["needed"] == "reason"
    assert refused(ledger, lambda: post(ledger, "spend", {"reason": "  "}))["state"] == "closing"
    post(ledger, "spend", {"reason": "the clinic sent it late"})
    assert late(ledger) == {"counts_in": MONTH, "state": "closing"}
    give(ledger, gift("on its way", occurred_at_ms=to_ms(ENDS) - 60_000))
    assert late(ledger) == {"counts_in": MONTH, "state": "closing"}
    close_month(ledger, MONTH)
    post(ledger, "spend", {})
    assert late(ledger) == {"counts_in": "2026-10", "state": "closed"}


def test_gifts_of_a_closed_month_are_taken_and_marked_one_by_one(ledger: Ledger) -> None:
    close_month(ledger, MONTH)
    before = len(bodies(ledger))
    times = [-1, 0, -60_000, 60_000, -1]
    give(ledger, *(gift(f"g{at}", occurred_at_ms=to_ms(ENDS) + ms) for at, ms in enumerate(times)))
    found = [one["body"].get("late") for one in bodies(ledger)[before:] if one["kind"] == "gift"]
    mark = {"counts_in": "2026-10", "state": "closed"}
    assert found == [mark, None, mark, None, mark]
    check(ledger)
    assert failures(ledger) == []


# --- its steps -------------------------------------------------------------------------------------


def test_a_month_goes_its_way_and_no_other(ledger: Ledger) -> None:
    def not_now(act: Callable[[], object]) -> None:
        size = len(bodies(ledger))
        with pytest.raises(LedgerError):
            act()
        assert len(bodies(ledger)) == size

    soon = ledger.clock.now() + timedelta(days=2)
    not_now(lambda: seal(ledger))
    not_now(lambda: open_again(ledger, soon))
    not_now(lambda: begin(ledger, "2026-10"))  # it has not ended
    begin(ledger)
    not_now(lambda: begin(ledger))
    not_now(lambda: begin(ledger, "2026-08"))
    not_now(lambda: close_month(ledger, "2026-08"))  # another one is closing
    close_month(ledger, MONTH)
    not_now(lambda: close_month(ledger, MONTH))
    not_now(lambda: open_again(ledger, ledger.clock.now()))
    not_now(lambda: open_again(ledger, ledger.clock.now() + timedelta(days=90)))
    not_now(lambda: open_again(ledger, soon, "2026-08"))
    open_again(ledger, soon)
    not_now(lambda: open_again(ledger, soon))
    not_now(lambda: seal(ledger))
    post(ledger, "spend", {"reason": "forgotten"})
    assert late(ledger) == {"counts_in": MONTH, "state": "reopened"}
    close_month(ledger, MONTH)
    seal(ledger)
    not_now(lambda: seal(ledger))
    not_now(lambda: open_again(ledger, soon))
    with ledger.database.reading() as connection:
        found = history.standings(connection, ledger.fund.fund_id)
        period = history.period(connection, ledger.fund.fund_id, MONTH)
    assert [one.state for one in found] == ["sealed"]
    states = ["closing", "closed", "reopened", "closed", "sealed"]
    assert [step.state for step in found[0].steps] == states
    assert (period.first, period.closed_seq) == (0, found[0].steps[3].seq)


def test_months_are_sealed_in_order_and_only_the_last_is_reopened(ledger: Ledger) -> None:
    close_month(ledger, "2026-08")
    close_month(ledger, MONTH)
    with pytest.raises(StateError) as told:
        seal(ledger)
    assert told.value.fields["key"] == "2026-08"
    with pytest.raises(StateError) as told:
        open_again(ledger, ledger.clock.now() + timedelta(days=1), "2026-08")
    assert told.value.fields["state"] == "followed"
    seal(ledger, "2026-08")
    seal(ledger)


def test_a_reopened_month_closes_by_itself(ledger: Ledger) -> None:
    close_month(ledger, MONTH)
    open_again(ledger, ledger.clock.now() + timedelta(hours=1))
    reopened = bodies(ledger)[-1]["seq"]
    ledger.clock.advance(timedelta(minutes=59))
    post(ledger, "spend", {"reason": "in time"})
    ledger.clock.advance(timedelta(minutes=1))
    give(ledger, gift("too late", occurred_at_ms=to_ms(ENDS) - 60_000))
    again = next(one for one in bodies(ledger)[::-1] if one["kind"] == "period.closed")
    assert again["body"] == {"again": reopened, "ends": to_text(ENDS), "month": MONTH}
    assert late(ledger) == {"counts_in": "2026-10", "state": "closed"}
    assert again["seq"] < bodies(ledger)[-1]["seq"]
    with ledger.database.reading() as connection:
        period = history.period(connection, ledger.fund.fund_id, MONTH)
    assert period.closed_seq == again["seq"]
    check(ledger)
    seal(ledger)


def test_the_next_month() -> None:
    assert [month_after(one) for one in ("2026-01", "2026-11", "2026-12")] == [
        "2026-02",
        "2026-12",
        "2027-01",
    ]


def test_what_is_no_month(ledger: Ledger) -> None:
    for month in ("2026-9", "2026-13", "2026-00", "", "２０２６-０９"):
        with pytest.raises(TimeFieldError):
            begin(ledger, month)
