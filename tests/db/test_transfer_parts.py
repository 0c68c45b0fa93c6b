"""Transfers that leave, arrive or come back in parts, and what banks keep on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.desk import actions, matching
from ledger.desk import wanted as wanting
from ledger.errors import (
    ConflictError,
    FieldError,
    InputError,
    InsufficientError,
    PeriodClosedError,
    StateError,
)
from ledger.journal.balances import all_totals
from ledger.transfers import history
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    BANK,
    MAIN,
    START,
    Ledger,
    agree,
    approve,
    bank_line,
    bodies,
    close_month,
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


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do several things at the same moment; return how each ended."""
    ends: list[str] = []
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        together.wait(20)
        try:
            act()
        except InputError as error:
            ends.append(error.code)
        except ConflictError as error:
            ends.append(error.code)
        else:
            ends.append("done")

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(ends)


def test_of_two_at_once_one_stands(ledger: Ledger) -> None:
    other = ledger.reopened()
    one, two = approved(ledger, 300), approved(ledger, 300)
    shared = bank_line(ledger, -300)
    key = (shared.account, shared.identity)
    by = [(who.sequencer, who.fund, ledger.member("Li")) for who in (ledger, other)]
    # One bank line cannot send two transfers, nor one transfer twice.
    ends = at_once(
        lambda: actions.send_by(*by[0], one, key), lambda: actions.send_by(*by[1], two, key)
    )
    assert ends.count("done") == 1, ends
    assert {standing(ledger, number)[1] for number in (one, two)} == {0, 300}
    sent = one if standing(ledger, one)[1] else two
    lines = [bank_line(ledger, 200, account=MAIN) for _ in range(2)]
    keys = [(line.account, line.identity) for line in lines]
    # 300 are under way: of two arrivals of 200 one is refused.
    ends = at_once(
        lambda: actions.confirm_by(*by[0], sent, keys[0]),
        lambda: actions.confirm_by(*by[1], sent, keys[1]),
    )
    assert ends == ["done", "state"]
    assert standing(ledger, sent)[2:4] == (100, 200)


def test_a_step_in_a_sealed_month_counts_later_and_what_it_covers_stands(ledger: Ledger) -> None:
    number = approved(ledger, 400)
    act = (ledger.sequencer, ledger.fund, ledger.member("Li"), number)
    for amount, at in ((-100, START), (-300, datetime(2026, 10, 20, tzinfo=UTC))):
        line = bank_line(ledger, amount, at=at)
        actions.send_by(*act, (line.account, line.identity))
        if amount == -100:
            ledger.clock.set(datetime(2026, 11, 2, tzinfo=UTC))
            close_month(ledger, "2026-10")
            decide_both(ledger, wanting.seal("2026-10"), "Chen", "Wang")
    assert bodies(ledger)[-1]["body"]["late"]["counts_in"] == "2026-11"
    with pytest.raises(PeriodClosedError):
        want(ledger, matching.release(1, "the wrong line"))
    assert standing(ledger, number)[:3] == ("sent", 400, 400)
