"""Ages of what platforms owe, management cost by kind, plans of open items, later corrections: both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.db import Database
from ledger.funds import booking as funding
from ledger.funds.history import Rate
from ledger.statements.build import Issue, figures_of, make
from ledger.verify import attached
from reports import columns
from reports.render import pack, statement_html
from reports.statement import Statement, check, figures_json, lines
from tests.db.exceptions import found, overdue, raise_it, work
from tests.db.ledgers import (
    IMPORT,
    Ledger,
    bodies,
    gift,
    give,
    new_ledger,
    pay_out,
    settle,
    settlement_line,
    spend,
    spend_row,
    transfer,
)
from tests.db.test_spending import moved, undo
from tests.flow.test_statement import CLOSED, CLOSED_AGAIN, close, october, opened

YEAR_CLOSED = datetime(2027, 1, 6, 9, 0, tzinfo=UTC)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def made(ledger: Ledger, period: str, kind: Any = "M", at: datetime | None = None) -> Statement:
    """Make a statement, and hold it to its entries as the program inside it does."""
    made = make(opened(ledger), ledger.fund, period, Issue(at or ledger.clock.now(), kind=kind))
    files = dict(pack(made.statement, made.files).contents)
    assert broken(files) == []
    statement_html(
        made.statement, pack(made.statement, made.files), check(made.statement), ("zh", "en")
    )
    return made.statement


def broken(files: dict[str, bytes]) -> list[str]:
    checked = attached.check(attached.Bundle(files))
    return [one.name for one in checked if one.state == attached.BROKEN]


def at(ledger: Ledger, *day: int) -> None:
    ledger.clock.set(datetime(*day, 1, tzinfo=UTC))


def ages(statement: Statement) -> dict[str, tuple[int, int, int]]:
    return {
        row.platform: (row.young_minor, row.over_30_minor, row.over_90_minor)
        for row in statement.due.ages
        if any((row.young_minor, row.over_30_minor, row.over_90_minor))
    }


def test_what_platforms_owe_is_told_by_age(ledger: Ledger) -> None:
    give(ledger, gift("a", 600), gift("void", 50), gift("b", 100))
    close(ledger, "2026-10", CLOSED)
    at(ledger, 2026, 11, 12)
    give(ledger, gift("c", 7))
    close(ledger, "2026-11", CLOSED_AGAIN)
    at(ledger, 2026, 12, 20)
    settle(ledger, settlement_line("STATEMENT-1", 600))
    close(ledger, "2026-12", YEAR_CLOSED)
    at(ledger, 2027, 1, 20)
    give(ledger, gift("d", 2))
    ledger.clock.set(datetime(2027, 2, 3, tzinfo=UTC))
    close(ledger, "2027-01", datetime(2027, 2, 3, 9, tzinfo=UTC))
    # Of October 150 wait for 114 days; of November 7 for 80; the settlement for 42; what came in January is young.
    january = made(ledger, "2027-01")
    assert ages(january) == {"Kuaishou": (2, 300 + 7, 150)}
    assert [(row.platform_ref, row.age_days, row.amount_minor) for row in january.due.unpaid] == [
        ("STATEMENT-1", 42, 300)
    ]
    assert ages(made(ledger, "2026-12")) == {"Kuaishou": (300, 150 + 7, 0)}
    # After the month's last day nothing is older than it.
    assert ages(made(ledger, "2026-10")) == {"Kuaishou": (750, 0, 0)}


def test_a_released_payment_is_owed_again_and_a_settlement_says_when_it_was_paid(
    ledger: Ledger,
) -> None:
    give(ledger, gift("a", 600), gift("b", 100))
    settle(ledger, settlement_line("STATEMENT-1", 600), settlement_line("STATEMENT-2", 100))
    pay_out(ledger, "STATEMENT-1", 300)
    close(ledger, "2026-10", CLOSED)
    october = made(ledger, "2026-10")
    paid = {one.platform_ref: one.received_on for one in october.due.settlements}
    assert paid == {"STATEMENT-1": date(2026, 10, 9), "STATEMENT-2": None}
    assert [one.platform_ref for one in october.due.unpaid] == ["STATEMENT-2"]


@pytest.mark.parametrize("section", ["ages", "unpaid", "costs", "by_kind"])
def test_the_program_inside_notices_another_figure(ledger: Ledger, section: str) -> None:
    give(ledger, gift("a", 600), gift("b", 100))
    settle(ledger, settlement_line("STATEMENT-0", 600))
    pay_out(ledger, "STATEMENT-0", 300)
    transfer(ledger, 300)
    settle(ledger, settlement_line("STATEMENT-1", 100))
    moved(ledger, "expense", "management", 90, item="Audit")
    raise_it(ledger, found())
    close(ledger, "2026-10", CLOSED)
    done = make(opened(ledger), ledger.fund, "2026-10", Issue(CLOSED))
    files = dict(pack(done.statement, done.files).contents)
    figures = json.loads(files["figures.json"])
    assert broken(files) == []
    rows = {
        "ages": lambda: figures["due"]["ages"][0].update(young_minor=49),
        "unpaid": lambda: figures["due"]["unpaid"][0].update(platform_ref="ANOTHER"),
        "costs": lambda: figures["fund"]["costs"][0].update(code="Office"),
        "by_kind": lambda: figures["open"]["by_kind"][0].update(over_30=1),
    }
    rows[section]()
    journal = attached.Journal("CNY", 0, attached.Tree(0, []))
    for line in files[attached.JOURNAL].splitlines():
        journal.take(line)
    differs = [
        attached.equations(figures).different(),
        attached.recomputed(figures, journal).different(),
    ]
    assert any(differs)


def test_management_cost_is_told_by_kind(ledger: Ledger) -> None:
    give(ledger, gift("a", 2000))
    settle(ledger, settlement_line("STATEMENT-0", 2000))
    pay_out(ledger, "STATEMENT-0", 1000)
    transfer(ledger, 1000)
    audit = moved(ledger, "expense", "management", 90, item="Audit")
    moved(ledger, "expense", "management", 30, item="Office")
    close(ledger, "2026-10", CLOSED)
    october = made(ledger, "2026-10")
    assert [(one.code, one.name.zh, one.amount_minor) for one in october.fund.costs] == [
        ("Audit", "审计费", 90),
        ("Office", "办公费用", 30),
    ]
    assert lines(october)["F6"] == 120
    undo(ledger, audit)
    close(ledger, "2026-11", CLOSED_AGAIN)
    november = made(ledger, "2026-11")
    assert [(one.code, one.amount_minor) for one in november.fund.costs] == [("Audit", -90)]


def test_open_items_say_who_by_when_and_what_is_planned(ledger: Ledger) -> None:
    usual = raise_it(ledger, found())
    waits = raise_it(ledger, found("late_refund", "gift/1", 20))
    late = overdue(ledger, 500)
    work(ledger, usual, "due", "2026-10-20", "the bank answers by then")
    work(ledger, waits, "paused", text="the platform looks for it")
    close(ledger, "2026-10", CLOSED)

    def told() -> dict[int, tuple[str, date | None]]:
        return {one.number: (one.plan, one.until) for one in made(ledger, "2026-10").open.items}

    first = told()
    assert first[usual] == ("", date(2026, 10, 20))
    assert first[waits] == ("waiting", date(2026, 10, 14))
    assert first[late] == ("", date(2026, 10, 14))
    # What is done later belongs to later statements.
    ledger.clock.advance(timedelta(hours=1))
    work(ledger, usual, "due", "2026-12-20", "later")
    work(ledger, waits, "resumed")
    assert told() == first
    close(ledger, "2026-11", CLOSED_AGAIN)
    november = {one.number: one for one in made(ledger, "2026-11").open.items}
    assert (november[usual].plan, november[usual].until) == ("", date(2026, 12, 20))
    assert november[waits].until == date(2026, 10, 14) + (CLOSED.date() - date(2026, 10, 9))
    kinds = {one.kind: one for one in made(ledger, "2026-11").open.by_kind}
    assert (kinds["unknown_receipt"].items, kinds["unknown_receipt"].over_30_minor) == (1, 90)


def test_the_year_s_column_holds_what_was_corrected_after_its_end(ledger: Ledger) -> None:
    give(ledger, gift("a", 2000))
    settle(ledger, settlement_line("STATEMENT-0", 2000))
    pay_out(ledger, "STATEMENT-0", 1000)
    transfer(ledger, 1000)
    wrong, early = (spend(ledger, spend_row(fen, reference=f"P-{fen}")).first for fen in (200, 30))
    assert wrong is not None
    assert early is not None
    close(ledger, "2026-10", CLOSED)
    undo(ledger, early)  # in November: it is in November's column
    close(ledger, "2026-11", CLOSED_AGAIN)
    close(ledger, "2026-12", YEAR_CLOSED)
    before = made(ledger, "2026", "A")
    assert before.later == ()
    assert [row.corrections for row in columns.column_rows(before, "F", lines(before))][
        4
    ] == "0.00"
    ledger.clock.advance(timedelta(days=1))
    undo(ledger, wrong)
    correcting = bodies(ledger)[-1]["seq"]
    ledger.clock.advance(timedelta(hours=1))
    year = made(ledger, "2026", "A")
    [row] = year.later
    assert (row.entry, row.corrects_entry, row.line, row.amount_minor) == (
        correcting,
        wrong,
        "F5",
        -200,
    )
    assert row.document == "qinghe-2026-10-M-v1"
    by_code = {one.code: one for one in columns.column_rows(year, "F", lines(year))}
    assert (by_code["F5"].corrections, by_code["F5"].total) == ("−2.00", "0.00")
    assert lines(year)["F5"] == 200
    assert [one.root for one in year.columns][-1] == year.ledger.l5_closing
    # Built again with the time of issue of before, it does not know it.
    again = made(ledger, "2026", "A", at=before.issued_at)
    assert figures_json(again) == figures_json(before)
    quarter = made(ledger, "2026-Q4", "Q")
    assert [one.entry for one in quarter.later] == [correcting]


def test_what_units_were_worth_in_the_period_is_told(ledger: Ledger) -> None:
    def rate(unit: str, minor: int, *day: int) -> None:
        begins = to_ms(datetime(*day, tzinfo=UTC)) if day else 0
        new = Rate(unit, 10, minor, "CNY", begins, 0)
        ledger.decide(lambda books: funding.put_rate(books, IMPORT, new))

    rate("KSCOIN", 100, 2026, 9, 1)
    rate("KSCOIN", 90, 2026, 10, 2)
    rate("DYCOIN", 50)  # as it is set up: from the beginning
    close(ledger, "2026-10", CLOSED)
    rate("KSCOIN", 80, 2026, 11, 6)
    october = [(one.unit, one.minor, one.since) for one in made(ledger, "2026-10").rates]
    assert october == [
        ("DYCOIN", 50, None),
        ("KSCOIN", 100, date(2026, 9, 1)),
        ("KSCOIN", 90, date(2026, 10, 2)),
    ]
    close(ledger, "2026-11", CLOSED_AGAIN)
    november = [(one.unit, one.minor) for one in made(ledger, "2026-11").rates]
    assert november == [("DYCOIN", 50), ("KSCOIN", 90), ("KSCOIN", 80)]


def test_no_query_of_the_figures_asks_for_entries_of_several_kinds_at_once(ledger: Ledger) -> None:
    """One range of the index a kind: asked for some in the order of entries, a database reads every gift."""
    october(ledger)
    whole, issue = opened(ledger), Issue(CLOSED)
    figures_of(whole, ledger.fund, "2026-10", issue)
    asked: list[str] = []

    def catch(*told: Any) -> None:
        asked.append(told[2])

    sa.event.listen(ledger.database.engine, "before_cursor_execute", catch)
    figures_of(whole, ledger.fund, "2026-10", issue)
    by_kind = [one for one in asked if "entries.kind =" in one]
    assert len(by_kind) > 5
    assert [one for one in asked if "entries.kind IN" in one] == []
