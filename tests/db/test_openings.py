"""Opening balances: decided by two with evidence, before anything moves on the account, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.db import Database
from ledger.desk import actions
from ledger.desk import spending as desk
from ledger.errors import FieldError, StateError, UnknownNameError
from ledger.spending.openings import Balance, Opening
from ledger.verify.database import verify_database
from tests.db.ledgers import (
    BANK,
    MAIN,
    Ledger,
    agree,
    bodies,
    decide_both,
    new_ledger,
    raise_money,
    transfer,
)
from tests.db.test_spending import evidence, refused, verified

DAY = date(2026, 9, 30)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    opened.close()


def of(ledger: Ledger, *found: tuple[str, int], **more: object) -> Opening:
    values = {"on": DAY, "reason": "statements of that day", "evidence": (evidence(ledger),)}
    return Opening(
        balances=tuple(Balance(name, "CNY", fen) for name, fen in found), **values | more
    )


def test_two_people_open_several_accounts_and_what_came_first_leaves_first(ledger: Ledger) -> None:
    decide_both(ledger, desk.opening(of(ledger, (MAIN, 700), (BANK, 5_000))), "Li", "Chen")
    entry = bodies(ledger)[-1]
    assert [(one["account"], one["amount"]) for one in entry["postings"]] == [
        (BANK, 5_000), ("Equity:Opening-Balances", -5_000),
        (MAIN, 700), ("Equity:Opening-Balances", -700),
    ]  # fmt: skip
    assert [one["from"] for one in entry["body"]["segments"]] == [None, None]
    # Gifts stand behind it: the first transfer carries the opening balance, and no gift.
    raise_money(ledger, 1_000)
    transfer(ledger, 5_000)
    sent = next(one for one in reversed(bodies(ledger)) if one["kind"] == "transfer.sent")
    assert [(one["start"], one["length"]) for one in sent["body"]["segments"]] == [(0, 5_000)]
    verified(ledger)


def test_nothing_is_opened_without_evidence_twice_or_behind_money(ledger: Ledger) -> None:
    who = ledger.member("Li").member_id

    def ask(wanted: Opening) -> object:
        return actions.propose(ledger.sequencer, ledger.fund, who, desk.opening(wanted))

    for wrong, field in (
        (of(ledger, (MAIN, 1), evidence=()), "evidence"),
        (of(ledger, (MAIN, 1), evidence=("0" * 64,)), "evidence"),
        (of(ledger, (MAIN, 1), (MAIN, 2)), "balances"),
        (of(ledger, (MAIN, 0)), "balances"),
        (of(ledger), "balances"),
        (of(ledger, (MAIN, 1), on=date(2030, 1, 1)), "on"),
        (of(ledger, (MAIN, 1), reason=" "), "reason"),
        (Opening(DAY, (Balance(MAIN, "USD", 1),), "x", (evidence(ledger),)), "commodity"),
    ):
        assert refused(FieldError, lambda wrong=wrong: ask(wrong))["field"] == field
    refused(UnknownNameError, lambda: ask(of(ledger, ("Assets:Fund:Other", 1))))
    # Proposed while the account is empty; a payout arrives before the approval.
    open_ = ask(of(ledger, (BANK, 100), (MAIN, 100)))
    raise_money(ledger, 1_000)
    head = len(bodies(ledger))
    said = refused(
        StateError,
        lambda: agree(ledger, open_.number, "Chen"),
    )
    assert (said["key"], said["state"]) == (BANK, "moved")
    assert len(bodies(ledger)) == head
    decide_both(ledger, desk.opening(of(ledger, (MAIN, 100))), "Li", "Chen")
    refused(StateError, lambda: ask(of(ledger, (MAIN, 100))))
    verified(ledger)


def test_verify_notices_opening_balances_behind_money(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_money(ledger, 1_000)
    monkeypatch.setattr("ledger.spending.openings._check_balances", lambda *_: None)
    decide_both(ledger, desk.opening(of(ledger, (BANK, 100))), "Li", "Chen")
    url = ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys)
    assert not report.ok
    assert "moved-before" in str(report)
