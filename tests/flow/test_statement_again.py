"""The same statement comes out whenever it is made, and what was matched wrongly can be released: both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.desk import actions
from ledger.desk import matching as desk
from ledger.funds import booking as funds
from ledger.funds.booking import NewAccount
from ledger.funds.history import Channel
from ledger.funds.members import change_roles
from ledger.matching.matches import KeptMatch
from ledger.statements.build import Issue, Made, make
from ledger.verify import attached
from reports.render import pack
from reports.statement import Statement, figures_json, lines
from tests.db.ledgers import (
    BANK,
    IMPORT,
    MAIN,
    Ledger,
    approve,
    bank_line,
    decide_both,
    new_ledger,
    propose,
    spend,
    spend_row,
)
from tests.db.test_matches import (
    all_matches,
    key_of,
    owed,
    owed_for,
    released,
    run,
    the_suggestion,
)
from tests.flow.test_statement import CLOSED, CLOSED_AGAIN, close, opened


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def made(ledger: Ledger, month: str) -> Made:
    issue = Issue(ledger.clock.now(), prepared_by=ledger.member("Li"))
    return make(opened(ledger), ledger.fund, month, issue)


def holds(one: Made) -> None:
    """Hold a statement to its entries, as the program inside it does."""
    found = attached.check(attached.Bundle(dict(pack(one.statement, one.files).contents)))
    assert [each for each in found if each.state == attached.BROKEN] == []


def paid_and_sent(ledger: Ledger) -> tuple[KeptMatch, KeptMatch, KeptMatch]:
    """Match a payment of a platform, a transfer and its arrival; 400 of 500 reach the fund."""
    owed(ledger, 500)
    bank_line(ledger, 500, "STATEMENT-1")
    run(ledger)
    approve(ledger, propose(ledger, 400))
    bank_line(ledger, -400, "TRANSFER-1")
    bank_line(ledger, 400, "TRANSFER-1", account=MAIN)
    run(ledger)
    payout, sent, arrived = reversed(all_matches(ledger))
    return payout, sent, arrived


def codes(statement: Statement, *wanted: str) -> list[int | None]:
    found = lines(statement)
    return [found[code] for code in wanted]


def test_what_happened_since_changes_no_byte(ledger: Ledger) -> None:
    *_, arrived = paid_and_sent(ledger)
    # So that the fund still holds what the release takes back.
    line = bank_line(ledger, 30, "a direct donation", account=MAIN)
    actions.book_income(ledger.sequencer, ledger.fund, ledger.member("Li"), "donation", line)
    spend(ledger, spend_row(30))
    bank_line(ledger, -30, "no number", account=MAIN)
    close(ledger, "2026-10", CLOSED)
    first = made(ledger, "2026-10")
    ledger.clock.advance(timedelta(days=2))
    li = ledger.member("Li").member_id
    wang = ledger.member("Wang").member_id
    for member, roles in ((li, {"finance", "controller"}), (wang, {"controller"})):
        ledger.decide(
            lambda books, who=member, new=roles: change_roles(books, IMPORT, who, frozenset(new))
        )
    funds.open_channel(
        ledger.sequencer, ledger.clock, ledger.fund, Channel("New", "own", "新的", "New", "CNY")
    )
    for kind in ("bank", "fund"):
        account = NewAccount(kind, "New", "888800001111" + kind[:1], "CNY", 0)
        funds.open_account(ledger.sequencer, ledger.clock, ledger.fund, account)
    released(ledger, arrived.number)
    bank_line(ledger, -30, "PAYMENT-1", account=MAIN)
    run(ledger)
    again = make(
        opened(ledger),
        ledger.fund,
        "2026-10",
        Issue(first.statement.issued_at, prepared_by=ledger.member("Li")),
    )
    assert json.loads(figures_json(again.statement)) == json.loads(figures_json(first.statement))
    assert again.files == first.files


@pytest.mark.parametrize("later", [False, True])
def test_a_payment_s_match_is_released_in_its_month_or_in_the_next(
    ledger: Ledger, *, later: bool
) -> None:
    owed(ledger, 500)
    bank_line(ledger, 500, "STATEMENT-1")
    run(ledger)
    first = None
    if later:
        close(ledger, "2026-10", CLOSED)
        first = made(ledger, "2026-10")
    released(ledger, 1)
    month = "2026-11" if later else "2026-10"
    close(ledger, month, CLOSED_AGAIN if later else CLOSED)
    one = made(ledger, month)
    assert codes(one.statement, "P5", "B7") == [500, 0]
    assert codes(one.statement, "P3", "B2") == ([-500, -500] if later else [0, 0])
    holds(one)
    if first is not None:
        again = replace(made(ledger, "2026-10").statement, issued_at=first.statement.issued_at)
        assert codes(again, "P3", "P5") == [500, 0]


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("steps", [1, 2])
def test_a_transfer_s_match_is_released_in_its_month_or_in_the_next(
    ledger: Ledger, steps: int, *, later: bool
) -> None:
    _, sent, arrived = paid_and_sent(ledger)
    if later:
        close(ledger, "2026-10", CLOSED)
    for one in (arrived, sent)[:steps]:
        released(ledger, one.number)
    month = "2026-11" if later else "2026-10"
    close(ledger, month, CLOSED_AGAIN if later else CLOSED)
    found = made(ledger, month)
    on_way = 400 if steps == 1 else 0
    assert codes(found.statement, "T3", "F8", "B7") == [on_way, 0, 500 - on_way - 0]
    holds(found)
    holds(made(ledger, "2026-10"))


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("came", [950, 1050])
def test_a_difference_that_was_booked_away_comes_back(
    ledger: Ledger, came: int, *, later: bool
) -> None:
    owed_for(ledger, 100, 1000)
    bank_line(ledger, came, "STATEMENT-1")
    run(ledger)
    decide_both(ledger, desk.adjustment(the_suggestion(ledger).id, "rounding"), "Li", "Chen")
    if later:
        close(ledger, "2026-10", CLOSED)
    released(ledger, 1)
    month = "2026-11" if later else "2026-10"
    close(ledger, month, CLOSED_AGAIN if later else CLOSED)
    found = made(ledger, month)
    others = 7 + 3 * 3  # gifts of another platform, in between
    assert codes(found.statement, "P5", "B7") == [1000 + others, 0]
    holds(found)


@pytest.mark.parametrize("later", [False, True])
def test_income_and_a_transfer_with_fees_come_back(ledger: Ledger, *, later: bool) -> None:
    owed(ledger, 1000)
    bank_line(ledger, 1000, "STATEMENT-1")
    run(ledger)
    member = ledger.member("Li")
    for account in (BANK, MAIN):
        line = bank_line(ledger, 300, "a direct donation", account=account)
        actions.book_income(ledger.sequencer, ledger.fund, member, "donation", line)
    approve(ledger, propose(ledger, 400))
    sent = bank_line(ledger, -390, "TRANSFER-1")
    actions.send_by(ledger.sequencer, ledger.fund, member, 1, key_of(sent), 10)
    arrived = bank_line(ledger, 385, "TRANSFER-1", account=MAIN)
    actions.confirm_by(ledger.sequencer, ledger.fund, member, 1, key_of(arrived), 5)
    if later:
        close(ledger, "2026-10", CLOSED)
    for one in all_matches(ledger):
        if one.step != "R3":
            released(ledger, one.number)
    month = "2026-11" if later else "2026-10"
    close(ledger, month, CLOSED_AGAIN if later else CLOSED)
    found = made(ledger, month)
    assert codes(found.statement, "B7", "T3", "F8") == [1000, 0, 0]
    holds(found)
    holds(made(ledger, "2026-10"))
