"""Bad input at the same moment as what makes it bad: one of the two stands, and nothing between; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.desk import spending as desk
from ledger.desk import wanted as wanting
from ledger.errors import LedgerError
from ledger.funds.lists import Change
from tests.db.ledgers import (
    MAIN,
    Ledger,
    agree,
    bank_line,
    bodies,
    check,
    close_month,
    gift,
    give,
    new_ledger,
    spend,
    spend_row,
    want,
)
from tests.db.test_spending import funded, verified
from tests.db.test_transfer_parts import approved

ROUNDS = 3
"""Each is tried so often: which of the two is first is up to the machine."""


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do several things at the same moment; return how each ended: `done`, or the code of what refused it."""
    ends: list[str] = []
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        together.wait(20)
        try:
            act()
            ends.append("done")
        except LedgerError as error:
            ends.append(error.code)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(ends)


def order(ledger: Ledger, first: str, second: str) -> list[str]:
    """Return the kinds of the last entries of two kinds, in the order in which they stand."""
    return [one["kind"] for one in bodies(ledger) if one["kind"] in (first, second)]


def test_spending_under_a_disease_that_is_retired_at_the_same_moment(ledger: Ledger) -> None:
    funded(ledger, 500)
    other = ledger.reopened()
    for at in range(ROUNDS):
        code = f"Disease{9 + at:02}"
        number = want(ledger, desk.list_change(Change("disease", "retire", code))).number
        size = len(bodies(ledger))
        row = spend_row(10, disease=code, reference=f"PAYMENT-{at}")
        ends = at_once(
            lambda row=row: spend(other, row), lambda number=number: agree(ledger, number, "Chen")
        )
        new = [one["kind"] for one in bodies(ledger)[size:]]
        if ends == ["done", "done"]:  # it was booked before the code was retired
            assert new.index("spend") < new.index("list.changed")
        else:
            assert sorted(ends) == ["done", "field"]
            assert "spend" not in new
        # Afterwards it is on the list no more, whoever was first.
        later = spend_row(10, disease=code, reference=f"LATER-{at}")
        assert at_once(lambda later=later: spend(other, later)) == ["field"]
    check(ledger)
    verified(ledger)


def test_spending_into_a_month_that_is_sealed_at_the_same_moment(ledger: Ledger) -> None:
    funded(ledger, 500)
    give(ledger, gift("first"))
    ledger.clock.set(datetime(2026, 11, 6, tzinfo=UTC))
    close_month(ledger, "2026-10")
    number = want(ledger, wanting.seal("2026-10"), "Chen").number
    other = ledger.reopened()
    other.clock.set(ledger.clock.now())
    row = spend_row(10, spent_on=date(2026, 10, 8))
    ends = at_once(lambda: spend(other, row), lambda: agree(ledger, number, "Wang"))
    spends = [one for one in bodies(ledger) if one["kind"] == "spend"]
    if ends == ["done", "done"]:
        assert order(ledger, "spend", "period.sealed") == ["spend", "period.sealed"]
        assert [one["body"]["late"]["state"] for one in spends] == ["closed"]
    else:
        assert ends == ["done", "period-closed"]
        assert spends == []
    later = spend_row(10, spent_on=date(2026, 10, 8), reference="LATER-001")
    assert at_once(lambda: spend(other, later)) == ["period-closed"]
    check(ledger)
    verified(ledger)


def test_one_line_of_the_fund_confirms_one_of_two_transfers(ledger: Ledger) -> None:
    from ledger.desk import actions

    funded(ledger, 100)
    give(ledger, gift("more", 900))
    other = ledger.reopened()
    numbers = [approved_and_sent(ledger, 300) for _ in range(2)]
    line = bank_line(ledger, 300, account=MAIN)
    key = (line.account, line.identity)
    acts: list[Callable[[], object]] = [
        lambda who=who, number=number: actions.confirm_by(
            who.sequencer, who.fund, ledger.member("Li"), number, key
        )
        for who, number in zip((ledger, other), numbers, strict=True)
    ]
    ends = at_once(*acts)
    assert ends.count("done") == 1, ends
    assert [one["kind"] for one in bodies(ledger)].count(
        "transfer.confirmed"
    ) == 2  # one of `funded`
    check(ledger)
    verified(ledger)


def approved_and_sent(ledger: Ledger, fen: int) -> int:
    from tests.db.ledgers import raise_money, send

    raise_money(ledger, fen, f"S-{fen}-{len(bodies(ledger))}")
    number = approved(ledger, fen)
    send(ledger, number, fen)
    return number
