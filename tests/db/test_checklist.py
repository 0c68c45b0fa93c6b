"""What is looked at before a month is closed, and that a month is held to it, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.desk import wanted as wanting
from ledger.desk.checklist import Checklist, checklist
from ledger.desk.wanted import Wanted
from ledger.errors import FieldError
from tests.db.exceptions import found, raise_it
from tests.db.ledgers import (
    Ledger,
    agree,
    bank_line,
    bodies,
    check,
    gift,
    give,
    new_ledger,
    want,
)

MONTH = "2026-10"
AFTER = datetime(2026, 10, 31, 16, tzinfo=UTC) + timedelta(days=6)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    give(opened, gift("first"))
    yield opened
    opened.close()


def looked(ledger: Ledger) -> Checklist:
    with ledger.database.reading() as connection:
        return checklist(connection, ledger.fund, MONTH, ledger.clock.now())


def states(ledger: Ledger) -> dict[str, str]:
    return {one.name: one.state for one in looked(ledger).checks}


def test_each_check_fails_for_its_own_reason_and_names_what_to_open(ledger: Ledger) -> None:
    assert states(ledger) == {
        "files": "not-needed",
        "bank": "not-needed",
        "exceptions": "passed",
        "proposals": "passed",
        "totals": "passed",
        "numbers": "passed",
        "cut-off": "failed",  # the next month's first days are not over; it does not block
        "management": "not-needed",
    }
    assert looked(ledger).failed == ()
    raise_it(ledger, found("unknown_receipt", "line/ab/1", 10_000))
    tiny = raise_it(ledger, found("ambiguous", "line/ab/0", 90))
    assert states(ledger)["exceptions"] == "passed"
    big = raise_it(ledger, found("unknown_receipt", "line/ab/2", 10_001))
    number = want(ledger, _resolution(tiny)).number
    bank_line(ledger, 700, "nobody knows")
    ledger.clock.set(AFTER)
    raise_it(ledger, found("unknown_receipt", "line/ab/3", 99_999))
    found_now = looked(ledger)
    # Nothing says that the bank's file reaches the end of the month.
    assert found_now.failed == ("files", "exceptions", "proposals")
    assert states(ledger)["cut-off"] == "passed"
    points = {one.name: [(p.page, p.value) for p in one.points] for one in found_now.checks}
    # What was observed in November is of November.
    assert (points["exceptions"], points["proposals"]) == (
        [("exception", big)],
        [("decision", number)],
    )


def _resolution(raised: int) -> Wanted:
    from ledger.desk import exceptions

    return exceptions.resolution(raised, "a neighbour's gift")


def test_a_month_is_closed_with_what_was_accepted_and_nothing_more(ledger: Ledger) -> None:
    size = len(bodies(ledger))
    tiny = raise_it(ledger, found("missing_gift", "gifts/Kuaishou/X", 90))
    ledger.clock.set(AFTER)
    with pytest.raises(FieldError) as told:
        want(ledger, wanting.close(MONTH))
    assert told.value.fields["reason"] == "checks-fail"
    assert len(bodies(ledger)) == size + 1
    number = want(ledger, wanting.close(MONTH, " the platform was asked "), key="k1").number
    again = want(ledger, wanting.close(MONTH, "in other words"), key="k1")
    assert again.number == number
    want(ledger, _resolution(tiny))
    with pytest.raises(FieldError) as told:  # since then a proposal waits as well
        agree(ledger, number, "Chen")
    assert told.value.fields["value"] == "proposals"
    number = want(ledger, wanting.close(MONTH, "both are known"), "Li").number
    agree(ledger, number, "Chen")
    body = bodies(ledger)[-1]["body"]
    assert (body["failed"], body["reason"]) == (["exceptions", "proposals"], "both are known")
    check(ledger)
