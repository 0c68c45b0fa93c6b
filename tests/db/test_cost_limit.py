"""The limit on management cost: data that two people decide, measured exactly, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.db import Database
from ledger.decisions import booking as decisions
from ledger.decisions.booking import Proposed
from ledger.decisions.cost_limit import CostLimit, parse_percent, percent
from ledger.decisions.history import limit_in_force
from ledger.desk import wanted as wanting
from ledger.desk.checklist import checklist
from ledger.errors import FieldError
from ledger.spending.management import Share, management_share
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    Ledger,
    agree,
    bodies,
    close_month,
    decide_both,
    enrol_later,
    new_ledger,
    spend,
    spend_row,
    want,
)
from tests.db.test_spending import funded, moved, verified
from tests.flow.test_statement import made


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def share(ledger: Ledger) -> Share:
    with ledger.database.reading() as connection:
        return management_share(connection, ledger.fund, ledger.clock.now())


def looked(ledger: Ledger) -> tuple[str, dict[str, int]]:
    with ledger.database.reading() as connection:
        found = checklist(connection, ledger.fund, "2026-10", ledger.clock.now())
    [one] = [one for one in found.checks if one.name == "management"]
    assert "management" not in found.failed  # it never keeps a month open
    return one.state, one.counts


def test_another_limit_is_decided_by_two_and_page_checklist_and_statement_use_it(
    ledger: Ledger,
) -> None:
    enrol_later(ledger, "Sun", "administrator")
    assert looked(ledger) == ("not-needed", {})
    funded(ledger, 2_000)
    spend(ledger, spend_row(900))
    moved(ledger, "expense", "management", 100, item="Audit")
    assert (share(ledger).permyriad, share(ledger).is_above) == (1_000, False)
    assert looked(ledger) == ("passed", {"permyriad": 1_000, "limit_permyriad": 1_000})
    new = wanting.cost_limit(CostLimit(999, "章程第十二条"))
    number = want(ledger, new, "Sun").number
    assert not share(ledger).is_above
    before = len(bodies(ledger))
    entry = agree(ledger, number, "Wang").end.seq
    assert (share(ledger).limit.decision, share(ledger).is_above) == (number, True)
    assert looked(ledger)[0] == "failed"
    with ledger.database.reading() as connection:
        act = (connection, ledger.fund.fund_id)
        assert limit_in_force(*act, size=before) == CostLimit()
        assert limit_in_force(*act, size=entry + 1).permyriad == 999
    ledger.clock.set(datetime(2026, 11, 5, 9, tzinfo=UTC))
    close_month(ledger, "2026-10")
    decide_both(ledger, wanting.cost_limit(CostLimit(0, "none")), "Sun", "Wang")
    limit = made(ledger, "2026-10").fund.limit  # as it was at its checkpoint
    assert (limit.permyriad, limit.source, limit.entry) == (999, "章程第十二条", entry)
    verified(ledger)


def test_what_is_no_limit_is_not_taken_and_verify_would_see_it(ledger: Ledger) -> None:
    enrol_later(ledger, "Sun", "administrator")
    for wrong in (
        CostLimit(10_001, "x"),
        CostLimit(-1, "x"),
        CostLimit(5, " "),
        CostLimit(5, "x" * 201),
    ):
        with pytest.raises(FieldError):
            want(ledger, wanting.cost_limit(wrong), "Sun")
    member = ledger.member("Sun")
    bad = Proposed("rule", {"management_limit": {"permyriad": 10_001, "source": "x"}})
    ledger.decide(lambda books: decisions.propose(books, member, bad, None))
    url = ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys)
    assert [one.reason for one in report.failures] == ["out-of-range"]


@given(st.integers(0, 10_000))
def test_a_percentage_is_read_as_it_is_written(permyriad: int) -> None:
    assert parse_percent(percent(permyriad)) == permyriad


@pytest.mark.parametrize(
    "text", ["", "-1", "100.01", "1.234", "1.", ".5", "ten", "1e1", "１０", "1000"]
)
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        parse_percent(text)
