"""Transfers that leave, arrive or come back in parts, and what banks keep on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.desk import actions, matching
from ledger.errors import ConflictError, FieldError, InsufficientError, StateError
from ledger.journal.balances import all_totals
from ledger.transfers import history
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    BANK,
    MAIN,
    Ledger,
    agree,
    approve,
    bank_line,
    confirm,
    decide_both,
    give_back,
    new_ledger,
    propose,
    raise_money,
    send,
    want,
)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    raise_money(opened, 1000)
    yield opened
    url = database.url.render_as_string(hide_password=False)
    report = verify_database(url, opened.keys)
    assert report.ok, report.failures
    opened.close()


def standing(ledger: Ledger, number: int) -> tuple[str, int, int, int, int, int]:
    """Return state, gone, under way, arrived, back and rest of a transfer."""
    with ledger.database.reading() as connection:
        one = history.transfer(connection, ledger.fund.fund_id, number)
    return one.state, one.gone, one.under_way, one.arrived, one.back, one.rest


def balances(ledger: Ledger) -> dict[str, int]:
    with ledger.database.reading() as connection:
        found = all_totals(connection, ledger.fund.fund_id)
    return {one.account: one.totals.balance for one in found if one.totals.balance}


def approved(ledger: Ledger, amount: int) -> int:
    number = propose(ledger, amount)
    approve(ledger, number)
    return number


def test_two_transfers_in_parts_cross_on_the_way(ledger: Ledger) -> None:
    one, two = approved(ledger, 400), approved(ledger, 300)
    send(ledger, one, 100)
    send(ledger, two, 300, 2)
    send(ledger, one, 300, 1)
    assert standing(ledger, one) == ("sent", 400, 399, 0, 0, 0)
    confirm(ledger, two, 100)
    confirm(ledger, one, 150, 3)  # 153 of two intervals
    assert standing(ledger, one) == ("sent", 400, 246, 153, 0, 0)
    give_back(ledger, two, 190, 8)
    assert standing(ledger, two) == ("confirmed", 300, 0, 100, 198, 0)
    with pytest.raises(StateError):
        confirm(ledger, one, 247)
    confirm(ledger, one, 246)
    assert standing(ledger, one) == ("confirmed", 400, 0, 399, 0, 0)
    found = balances(ledger)
    assert {name: found.get(name, 0) for name in (BANK, MAIN, "Assets:InTransit:Main")} == {
        BANK: 1000 - 700 + 190, MAIN: 100 + 150 + 246, "Assets:InTransit:Main": 0,
    }  # fmt: skip
    fees = ("Expenses:BankFees:All", "Expenses:BankFees:Returned", "Expenses:FundFees:Bank")
    assert [found[name] for name in fees] == [3, 8, 3]


def test_what_does_not_leave_is_promised_until_somebody_stops_it(ledger: Ledger) -> None:
    number = approved(ledger, 900)
    send(ledger, number, 500)
    with pytest.raises(InsufficientError):
        propose(ledger, 101)  # 400 of what is there are promised
    with pytest.raises(StateError):
        send(ledger, number, 401)
    confirm(ledger, number, 500)
    assert standing(ledger, number) == ("sent", 500, 0, 500, 0, 400)
    who = ledger.member("Wang").member_id
    actions.call_off_transfer(ledger.sequencer, ledger.fund, who, number, "not needed")
    assert standing(ledger, number)[0] == "confirmed"
    propose(ledger, 500)


def test_a_line_that_is_no_part_of_it_is_refused(ledger: Ledger) -> None:
    number = approved(ledger, 400)
    act = (ledger.sequencer, ledger.fund, ledger.member("Li"), number)
    much, other, back = (
        bank_line(ledger, -401),
        bank_line(ledger, 5, account=MAIN),
        bank_line(ledger, 9),
    )
    for line, do in (
        (much, actions.send_by),
        (other, actions.send_by),
        (back, actions.send_by),
        (much, actions.confirm_by),
    ):
        with pytest.raises(FieldError, match=r"other-account|other-amount"):
            do(*act, (line.account, line.identity))
    with pytest.raises(StateError):  # nothing is under way
        actions.confirm_by(*act, (other.account, other.identity))
    assert standing(ledger, number) == ("approved", 0, 0, 0, 0, 400)


def test_a_part_is_released_and_arrives_again(ledger: Ledger) -> None:
    number = approved(ledger, 400)
    li = ledger.member("Li")
    act = (ledger.sequencer, ledger.fund, li, number)
    out = [bank_line(ledger, -amount, "TRANSFER-1") for amount in (150, 250)]
    for line in out:
        actions.send_by(*act, (line.account, line.identity))
    came = [bank_line(ledger, amount, account=MAIN) for amount in (200, 200)]
    for line in came:
        actions.confirm_by(*act, (line.account, line.identity))
    with pytest.raises((StateError, ConflictError)):
        actions.confirm_by(*act, (came[0].account, came[0].identity))
    assert standing(ledger, number)[0] == "confirmed"
    last = decide_both(ledger, matching.release(3, "wrong line"), "Li", "Chen")
    assert last.is_approved
    assert standing(ledger, number) == ("sent", 400, 200, 200, 0, 0)
    with pytest.raises(InsufficientError):  # 250 left by it, and 200 are under way
        agree(ledger, want(ledger, matching.release(2, "wrong line")).number, "Chen")
    agree(ledger, want(ledger, matching.release(1, "wrong line")).number, "Chen")
    assert standing(ledger, number) == ("sent", 250, 50, 200, 0, 150)
    line = bank_line(ledger, 50)
    actions.return_by(*act, (line.account, line.identity))
    assert standing(ledger, number) == ("sent", 250, 0, 200, 50, 150)
