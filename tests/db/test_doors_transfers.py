"""Transfers: who may do which step when, and that no more leaves than is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.actors import Actor
from ledger.db import Database
from ledger.decisions.rules import Rule, Tier
from ledger.decisions.shapes import Decision
from ledger.desk import actions
from ledger.desk import wanted as wanting
from ledger.errors import (
    AmountError,
    ConflictError,
    FieldError,
    FourEyesError,
    InsufficientError,
    LedgerError,
    NotAllowedError,
    NotFoundError,
    StateError,
    UnknownNameError,
)
from ledger.funds import booking as setting_up
from ledger.funds.booking import NewAccount
from ledger.journal.balances import all_totals
from ledger.transfers import booking as transfers
from ledger.transfers import history
from ledger.transfers.states import NEXT
from tests.db.ledgers import (
    BANK,
    MAIN,
    MATCHING,
    Ledger,
    approve,
    bodies,
    check,
    confirm,
    decide_both,
    enrol_later,
    give_back,
    new_ledger,
    of_transfer,
    proof,
    proposal,
    propose,
    raise_money,
    remove_later,
    send,
    transfer,
    want,
)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    raise_money(opened, 1000)
    yield opened
    opened.close()


def reject(ledger: Ledger, number: int, member: str = "Wang", reason: str = "too early") -> int:
    """Reject a proposed transfer, or stop an approved one."""
    who, found = ledger.member(member).member_id, state(ledger, number)
    if found.state != "proposed":
        return actions.call_off_transfer(ledger.sequencer, ledger.fund, who, number, reason)
    decided = actions.reject(
        ledger.sequencer, ledger.fund, who, of_transfer(ledger, number), reason
    )
    assert decided.end is not None
    return decided.end.seq


def withdraw(ledger: Ledger, number: int, member: str = "Li") -> int:
    who = ledger.member(member).member_id
    decided = actions.withdraw(ledger.sequencer, ledger.fund, who, of_transfer(ledger, number))
    assert decided.end is not None
    return decided.end.seq


def state(ledger: Ledger, number: int) -> history.Transfer:
    with ledger.database.reading() as connection:
        return history.transfer(connection, ledger.fund.fund_id, number)


def balance(ledger: Ledger, account: str) -> int:
    with ledger.database.reading() as connection:
        found = all_totals(connection, ledger.fund.fund_id)
    return sum(one.totals.balance for one in found if one.account == account)


def refused(ledger: Ledger, error: type[LedgerError], act: Callable[[], object]) -> LedgerError:
    """See that something is refused and leaves nothing."""
    before = len(bodies(ledger))
    with pytest.raises(error) as raised:
        act()
    assert type(raised.value) is error
    assert len(bodies(ledger)) == before
    return raised.value


def test_the_whole_way(ledger: Ledger) -> None:
    number = transfer(ledger, 400, fee=5)
    one = state(ledger, number)
    assert (one.state, one.fee, one.proposed_by, one.approved_by) == ("confirmed", 5, "m1", "m2")
    assert (balance(ledger, BANK), balance(ledger, MAIN)) == (600, 395)
    assert balance(ledger, "Expenses:BankFees:All") == 5
    assert balance(ledger, "Assets:InTransit:Main") == 0
    kinds = [entry["kind"] for entry in bodies(ledger) if entry["kind"].startswith("transfer")]
    assert kinds == [f"transfer.{step}" for step in ("proposed", "approved", "sent", "confirmed")]
    check(ledger)


CANNOT_BE_PROPOSED: list[tuple[dict[str, str], int, type[LedgerError], str | None]] = [
    ({"from_account": MAIN}, 1, FieldError, "from"),
    ({"from_account": "Assets:Platform:Kuaishou"}, 1, FieldError, "from"),
    ({"to_account": BANK}, 1, FieldError, "to"),
    ({"to_account": "Expenses:Programme:X"}, 1, FieldError, "to"),
    ({"from_account": "Assets:Bank:Nowhere"}, 1, UnknownNameError, None),
    ({"to_account": "Assets:Fund:Nowhere"}, 1, UnknownNameError, None),
    ({"to_account": "Assets:Fund:no name"}, 1, UnknownNameError, None),
    ({"to_account": "Assets:Fund:Dollars"}, 1, FieldError, "commodity"),
    ({"commodity": "USD"}, 1, FieldError, "commodity"),
    ({"reference": "short"}, 1, FieldError, "reference"),
    ({"reference": "x" * 81}, 1, FieldError, "reference"),
    ({}, 0, AmountError, "amount"),
    ({}, -1, AmountError, "amount"),
    ({}, 2**53, AmountError, "amount"),
    ({}, 1001, InsufficientError, None),
]


def test_what_cannot_be_proposed(ledger: Ledger) -> None:
    setting_up.open_account(
        ledger.sequencer,
        ledger.clock,
        ledger.fund,
        NewAccount("fund", "Dollars", "99887766", "USD"),
    )
    for changes, amount, error, field in CANNOT_BE_PROPOSED:
        wanted = wanting.transfer(proposal(amount, **changes))
        found = refused(ledger, error, lambda wanted=wanted: want(ledger, wanted))
        assert found.fields.get("field") == field, changes


ROLES = [
    ("Li", True, False, False),  # finance
    ("Wang", False, True, True),  # approver
    ("Zhao", False, False, False),  # operator
    ("Chen", False, False, True),  # controller
    ("Auditor", False, False, False),
    ("Administrator", False, False, False),
]


def test_roles(ledger: Ledger) -> None:
    for other in ("Auditor", "Administrator"):
        enrol_later(ledger, other, other.lower())
    enrol_later(ledger, "Second", "finance")
    for name, may_propose, may_approve, may_reject in ROLES:
        if may_propose:
            number = propose(ledger, 10, name)
            refused(ledger, FourEyesError, lambda n=number, m=name: approve(ledger, n, m))
            refused(ledger, NotAllowedError, lambda n=number, m=name: reject(ledger, n, m))
            withdraw(ledger, number, name)
        else:
            refused(ledger, NotAllowedError, lambda m=name: propose(ledger, 10, m))
        number = propose(ledger, 10, "Second")
        refused(ledger, NotAllowedError, lambda n=number, m=name: withdraw(ledger, n, m))
        if may_reject:
            reject(ledger, number, name)
            number = propose(ledger, 10, "Second")
        else:
            refused(ledger, NotAllowedError, lambda n=number, m=name: reject(ledger, n, m))
        if may_approve:
            approve(ledger, number, name)
        else:
            refused(ledger, NotAllowedError, lambda n=number, m=name: approve(ledger, n, m))


def test_a_removed_member_acts_no_more(ledger: Ledger) -> None:
    propose(ledger, 10)
    remove_later(ledger, "Wang")
    with pytest.raises(UnknownNameError):
        approve(ledger, 1, "Wang")


def bring_to(ledger: Ledger, wanted: str) -> int:
    """Bring a transfer of 100 into a state."""
    number = propose(ledger, 100)
    if wanted == "rejected":
        reject(ledger, number)
    if wanted == "withdrawn":
        withdraw(ledger, number)
    if wanted in ("approved", "sent", "confirmed", "returned"):
        approve(ledger, number)
    if wanted in ("sent", "confirmed", "returned"):
        send(ledger, number, 100)
    if wanted == "confirmed":
        confirm(ledger, number, 100)
    if wanted == "returned":
        give_back(ledger, number, 100)
    return number


STEPS: dict[str, Callable[[Ledger, int], object]] = {
    "approved": approve,
    "rejected": reject,
    "withdrawn": withdraw,
    "sent": lambda ledger, number: send(ledger, number, 100),
    "confirmed": lambda ledger, number: confirm(ledger, number, 100),
    "returned": lambda ledger, number: give_back(ledger, number, 100),
}


@pytest.mark.parametrize("before", NEXT)
def test_only_the_next_step_follows(ledger: Ledger, before: str) -> None:
    for step, act in STEPS.items():
        number = bring_to(ledger, before)
        size = len(bodies(ledger))
        if step in NEXT[before]:
            act(ledger, number)
            assert state(ledger, number).state == step
            assert bodies(ledger)[-1]["kind"] == f"transfer.{step}"
        else:
            with pytest.raises(StateError) as refusal:
                act(ledger, number)
            if step not in ("approved", "withdrawn"):  # those two are told where the decision is
                assert refusal.value.fields["state"] == before
            assert state(ledger, number).state == before
            assert len(bodies(ledger)) == size
    check(ledger)


def edit(
    ledger: Ledger, number: int, amount: int, version: int = 1, member: str = "Li"
) -> Decision:
    who, wanted = ledger.member(member).member_id, wanting.transfer(proposal(amount))
    return actions.edit(
        ledger.sequencer, ledger.fund, who, of_transfer(ledger, number), version, wanted
    )


def test_an_edited_transfer_is_what_was_edited(ledger: Ledger) -> None:
    number = propose(ledger, 600)
    propose(ledger, 300)
    refused(ledger, InsufficientError, lambda: edit(ledger, number, 701))
    edit(ledger, number, 700)  # its own 600 are not in the way
    refused(ledger, StateError, lambda: edit(ledger, number, 500))  # made for the first version
    enrol_later(ledger, "Second", "finance", "approver")
    edit(ledger, number, 650, 2, "Second")
    refused(ledger, FourEyesError, lambda: approve(ledger, number, "Second"))
    approve(ledger, number)
    found = state(ledger, number)
    assert (found.state, found.amount, found.proposed_by) == ("approved", 650, "m1")
    refused(ledger, StateError, lambda: edit(ledger, number, 10, 3))
    send(ledger, number, 650)
    check(ledger)


def test_a_large_transfer_needs_two_approvers(ledger: Ledger) -> None:
    enrol_later(ledger, "Administrator", "administrator")
    large = Rule("CNY", (Tier(100, ("approver",)), Tier(None, ("approver", "approver"))))
    decide_both(ledger, wanting.rule("transfer", large), "Administrator", "Wang")
    approve(ledger, propose(ledger, 100))
    number = propose(ledger, 101)
    approve(ledger, number)
    assert state(ledger, number).state == "proposed"
    refused(ledger, FourEyesError, lambda: approve(ledger, number))
    enrol_later(ledger, "Third", "approver")
    approve(ledger, number, "Third")
    found = state(ledger, number)
    assert (found.state, found.approved_by) == ("approved", ledger.member("Third").member_id)
    check(ledger)


def test_a_transfer_that_is_not_there(ledger: Ledger) -> None:
    for act in STEPS.values():
        with pytest.raises(NotFoundError):
            act(ledger, 9)


def test_a_rejection_has_a_reason(ledger: Ledger) -> None:
    propose(ledger, 10)
    for reason in ("", "  ", "x" * 501):
        refused(ledger, FieldError, lambda reason=reason: reject(ledger, 1, reason=reason))


# --- no more than is there -------------------------------------------------------------------------


def test_what_is_proposed_is_promised(ledger: Ledger) -> None:
    propose(ledger, 600)
    found = refused(ledger, InsufficientError, lambda: propose(ledger, 401))
    assert (found.fields["available"], found.fields["asked"]) == (400, 401)
    propose(ledger, 400)
    refused(ledger, InsufficientError, lambda: propose(ledger, 1))
    reject(ledger, 1)
    propose(ledger, 600)  # what was rejected is free again
    approve(ledger, 3)
    refused(ledger, InsufficientError, lambda: propose(ledger, 1))
    send(ledger, 3, 600)
    refused(ledger, InsufficientError, lambda: propose(ledger, 1))
    give_back(ledger, 3, 600)
    propose(ledger, 600)  # what came back is there again
    check(ledger)


def test_of_two_at_once_one_is_refused(ledger: Ledger) -> None:
    other = ledger.reopened()
    outcomes: list[object] = []
    together = threading.Barrier(4)

    def act(writer: Ledger) -> None:
        together.wait(20)
        try:
            outcomes.append(propose(writer, 600))
        except InsufficientError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=act, args=(writer,)) for writer in (ledger, other) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InsufficientError"] * 3 + [
        "int"
    ]
    check(ledger.reopened())


def test_the_fee_is_a_part_of_it(ledger: Ledger) -> None:
    propose(ledger, 100)
    approve(ledger, 1)
    for fee in (-1, 100, 101):
        evidence = proof(ledger, -1)
        refused(
            ledger,
            AmountError,
            lambda fee=fee, evidence=evidence: ledger.decide(
                lambda books: transfers.send(books, MATCHING, 1, fee, evidence)
            ),
        )
    send(ledger, 1, 100, 99)
    confirm(ledger, 1, 1)
    check(ledger)


@pytest.mark.parametrize("end", [confirm, give_back])
def test_no_more_than_was_sent_arrives_or_comes_back(
    ledger: Ledger, end: Callable[[Ledger, int, int], int]
) -> None:
    propose(ledger, 100)
    approve(ledger, 1)
    send(ledger, 1, 100, 5)
    for amount in (96, 100, 0):
        with pytest.raises(StateError) as refusal:
            end(ledger, 1, amount)
        assert refusal.value.fields["needed"] == 95
    assert balance(ledger, "Assets:InTransit:Main") == 95
    end(ledger, 1, 95)
    assert balance(ledger, "Assets:InTransit:Main") == 0
    check(ledger)


def test_one_bank_line_proves_one_step_only(ledger: Ledger) -> None:
    for number in (propose(ledger, 100), propose(ledger, 100)):
        approve(ledger, number)
    evidence = proof(ledger, -100)
    ledger.decide(lambda books: transfers.send(books, MATCHING, 1, 0, evidence))
    refused(
        ledger,
        ConflictError,
        lambda: ledger.decide(lambda books: transfers.send(books, MATCHING, 2, 0, evidence)),
    )
    assert state(ledger, 2).state == "approved"
    check(ledger)


def test_members_act_under_their_pseudonym(ledger: Ledger) -> None:
    propose(ledger, 10)
    approve(ledger, 1)
    actors = [entry["actor"] for entry in bodies(ledger) if entry["kind"].startswith("transfer.")]
    assert actors == [{"id": "m1", "role": "finance"}, {"id": "m2", "role": "approver"}]
    assert Actor("finance", "m1") == Actor(**actors[0])
