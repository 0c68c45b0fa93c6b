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
