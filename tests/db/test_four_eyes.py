"""Nobody approves what they proposed or edited: more than a thousand ways are tried, on both databases."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.db import Database
from ledger.decisions.rules import Rule, Tier, kind_of
from ledger.desk import actions
from ledger.errors import (
    ConflictError,
    FieldError,
    FourEyesError,
    FreshFactorNeededError,
    LedgerError,
    NotAllowedError,
    StateError,
)
from ledger.factors import FreshFactor
from ledger.funds.members import SETUP, NewMember, enrol
from ledger.verify.database import verify_database
from tests.db import ways
from tests.db.ledgers import Ledger, agree, bodies, decision, new_ledger, raise_money, want
from tests.db.ways import ACTS, BOTH, DeskHand, Try, Way, attempt, broken, something

KINDS = ("rate", "close", "members", "four-eyes")
"""Kinds that need no money: so roles can be changed at any time, as while a fund is set up."""


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    for name, roles in (
        ("Villain", {"finance"}),
        ("Sun", {"administrator"}),
        ("Second", {"finance"}),
        ("Admin", {"administrator"}),
    ):
        new = NewMember(name, frozenset(roles))
        opened.decide(lambda books, new=new: enrol(books, SETUP, new))
    yield opened
    opened.close()


def a_try(ledger: Ledger, kind: str, writer: Ledger | None = None) -> Try:
    innocent = "Second" if "finance" in BOTH[kind] else "Admin"
    return Try(
        ledger,
        DeskHand(writer or ledger),
        kind,
        ledger.member("Villain").member_id,
        ledger.member(innocent).member_id,
    )


def holds(ledger: Ledger) -> None:
    """Hold every decision to the rule, here and by the checker, which reads only the entries."""
    with ledger.database.reading() as connection:
        numbers = connection.execute(sa.text("SELECT number FROM decisions")).scalars().all()
    assert [wrong for number in numbers for wrong in broken(decision(ledger, number))] == []
    report = verify_database(
        ledger.database.url.render_as_string(hide_password=False), ledger.keys
    )
    assert report.failures == []


def try_all(ledger: Ledger, tried: list[tuple[str, Way]]) -> None:
    for at, (kind, way) in enumerate(tried):
        one = a_try(ledger, kind)
        assert attempt(one, way), "at least one of the approvals is refused"
        for number in one.seen:
            found = decision(ledger, number)
            assert broken(found) == [], (kind, way)
            assert not found.is_approved, (kind, way)
        # What the villain cannot do, others can: the decision was one that could be approved.
        if at % 25 == 0 and kind == "rate" and decision(ledger, one.number).state == "open":
            assert agree(ledger, one.number, "Chen").is_approved
    holds(ledger)


def test_every_pair_of_acts(ledger: Ledger) -> None:
    tried = [(kind, way) for kind in KINDS for way in ways.ways(2)]
    assert len(tried) == len(KINDS) * len(ACTS) ** 2
    try_all(ledger, tried)


@pytest.mark.parametrize(("part", "dialect"), list(enumerate(2 * ("sqlite", "postgresql"))))
def test_every_triple_of_acts(ledger: Ledger, part: int) -> None:
    """A thousand, each on one of the two databases: every pair, which is most of a triple, is tried on both."""
    tried = [("rate", way) for way in itertools.islice(ways.ways(3), part, None, 4)]
    assert 4 * len(tried) >= 1000
    try_all(ledger, tried)


def test_every_pair_with_money(ledger: Ledger) -> None:
    """Transfers: roles change by decisions of others by then."""
    raise_money(ledger, 1_000_000)
    try_all(ledger, [("transfer", way) for way in itertools.islice(ways.ways(2), 0, None, 3)])


def test_every_pair_at_the_same_moment(ledger: Ledger) -> None:
    """The villain acts from two processes, and tries to approve from a third."""
    writers = [ledger, ledger.reopened(), ledger.reopened()]
    for pair in itertools.combinations_with_replacement(ACTS, 2):
        tries = [a_try(ledger, "rate", writer) for writer in writers]
        tries[0].begin()
        for one in tries[1:]:
            one.number, one.seen = tries[0].number, tries[0].seen
        at_once(
            *(partial(try_act, one, ACTS[name]) for one, name in zip(tries, pair, strict=False)),
            partial(approve_any, tries[2]),
        )
        for number in tries[0].seen:
            assert broken(decision(ledger, number)) == [], pair
    holds(ledger.reopened())


def try_act(one: Try, act: Callable[[Try], object]) -> None:
    """Do something, or be refused; an act that meets another one may find itself in another state than it thought."""
    with contextlib.suppress(LedgerError, AssertionError):
        act(one)


def approve_any(one: Try) -> None:
    for at in (1, 2, 3):
        try_act(one, lambda one, at=at: one.hand.approve(one.villain, one.number, at))


def at_once(*acts: Callable[[], object]) -> None:
    """Run acts in threads that start together."""
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        together.wait(20)
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def test_two_approvals_at_the_same_moment_fill_one_slot(ledger: Ledger) -> None:
    new = NewMember("Twin", frozenset({"controller"}))
    ledger.decide(lambda books: enrol(books, SETUP, new))
    writers = [(ledger, "Chen"), (ledger.reopened(), "Twin")]
    for at in range(10):
        number = want(ledger, something("rate", at)).number
        outcomes: list[object] = []
        at_once(*(partial(approve_once, *one, number, outcomes) for one in writers))
        assert outcomes == ["approved", "approved"]  # one by approving, one by being told
        assert len(decision(ledger, number).approvals) == 1
    rates = [entry for entry in bodies(ledger) if entry["kind"] == "rate.set"]
    assert len(rates) == 10
    holds(ledger)


def approve_once(writer: Ledger, name: str, number: int, outcomes: list[object]) -> None:
    try:
        outcomes.append(agree(writer, number, name).state)
    except StateError as error:
        outcomes.append(error.fields["state"])


# --- raw SQL ---------------------------------------------------------------------------------------

LI, WANG, CHEN = "m1", "m2", "m4"


def insert(table: str, **values: Any) -> tuple[str, dict[str, Any]]:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    return f"INSERT INTO {table} ({names}) VALUES ({marks})", values


def approval(
    number: int, member: str, version: int = 1, slot: int = 0
) -> tuple[str, dict[str, Any]]:
    return insert(
        "decision_approvals",
        fund_id=1, number=number, version=version, slot=slot, member_id=member, seq=number,
    )  # fmt: skip


def end(
    number: int, member: str, ending: str = "approved", version: int = 1
) -> tuple[str, dict[str, Any]]:
    return insert(
        "decision_ends",
        fund_id=1, number=number, version=version, member_id=member, seq=number, ending=ending,
    )  # fmt: skip


def version(number: int, member: str, at: int = 2) -> tuple[str, dict[str, Any]]:
    return insert(
        "decision_versions",
        fund_id=1, number=number, version=at, member_id=member, seq=number + 5, content="{}",
        needed="controller", slots=1,
    )  # fmt: skip


REFUSED = {
    "the proposer approves": [approval(1, LI)],
    "the editor approves": [version(1, CHEN), approval(1, CHEN, 2)],
    "the first proposer approves what another edited": [version(1, CHEN), approval(1, LI, 2)],
    "an approval of an old version": [version(1, LI), approval(1, CHEN, 1)],
    "an approval of a version to come": [approval(1, CHEN, 2)],
    "a slot that there is not": [approval(1, CHEN, slot=1)],
    "a slot below the first": [approval(1, CHEN, slot=-1)],
    "a slot is filled twice": [approval(1, CHEN), approval(1, WANG)],
    "an end with an open slot": [end(1, CHEN)],
    "an end by the proposer": [approval(1, CHEN), end(1, LI)],
    "a rejection by the proposer": [end(1, LI, "rejected")],
    "a withdrawal by somebody else": [end(1, CHEN, "withdrawn")],
    "another kind of end": [end(1, CHEN, "forgotten")],
    "two ends": [end(1, LI, "withdrawn"), end(1, CHEN, "rejected")],
    "an approval after the end": [end(1, LI, "withdrawn"), approval(1, CHEN)],
    "an edit after the end": [end(1, LI, "withdrawn"), version(1, LI)],
    "a version is left out": [version(1, LI, 3)],
    "a version is written again": [version(1, LI, 1)],
    "a version without slots": [("UPDATE decision_versions SET slots = 0", {})],
    "an approval of nothing": [approval(99, CHEN)],
    "the proposer is rewritten": [("UPDATE decision_versions SET member_id = 'm9'", {})],
    "the proposer is taken away": [("DELETE FROM decision_versions", {})],
}
"""What raw SQL tries on a decision about a rate that Li proposed; the last statement is refused."""


@pytest.mark.parametrize("case", REFUSED)
def test_raw_sql_is_refused(ledger: Ledger, case: str) -> None:
    assert want(ledger, something("rate", 1)).number == 1
    *before, (sql, values) = REFUSED[case]
    with ledger.database.engine.connect() as connection:
        for taken in before:
            connection.execute(sa.text(taken[0]), taken[1])
        with pytest.raises(sa.exc.DBAPIError) as refusal:
            connection.execute(sa.text(sql), values)
        connection.rollback()
    # By a rule of the table or of a trigger, not because the statement is wrong.
    is_rule = isinstance(refusal.value, sa.exc.IntegrityError)
    assert is_rule or "append-only" in str(refusal.value)
    holds(ledger)


def test_raw_sql_that_keeps_the_rule_is_taken(ledger: Ledger) -> None:
    """The same statements in an order that is allowed: so the refusals above are refusals of something."""
    want(ledger, something("rate", 1))
    with ledger.database.writing() as connection:
        for sql, values in (version(1, LI), approval(1, CHEN, 2), end(1, CHEN, version=2)):
            connection.execute(sa.text(sql), values)


@pytest.mark.parametrize("first", [version(1, CHEN), end(1, LI, "withdrawn")])
def test_of_two_steps_at_the_same_moment_the_second_sees_the_first(
    ledger: Ledger, first: tuple[str, dict[str, Any]]
) -> None:
    """One transaction edits or ends a decision and has not committed; another one approves the version that was."""
    want(ledger, something("rate", 1))
    outcomes: list[object] = []
    other = ledger.reopened(busy_ms=20_000)
    begun = threading.Event()

    def approve() -> None:
        begun.set()
        try:
            with other.database.writing() as connection:
                connection.execute(sa.text(approval(1, CHEN)[0]), approval(1, CHEN)[1])
            outcomes.append("taken")
        except sa.exc.IntegrityError as error:
            outcomes.append(str(error.orig))

    thread = threading.Thread(target=approve)
    with ledger.database.writing() as connection:
        connection.execute(sa.text(first[0]), first[1])
        thread.start()
        begun.wait(20)
        thread.join(0.3)
        assert thread.is_alive(), "it waits for this transaction"
    thread.join(60)
    assert len(outcomes) == 1
    assert "decision: " in str(outcomes[0])


def test_an_isolation_that_does_not_see_other_steps_is_refused(ledger: Ledger) -> None:
    if ledger.database.is_sqlite:
        return  # it has one writer at a time, and no other isolation
    want(ledger, something("rate", 1))
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        engine = ledger.database.engine.execution_options(isolation_level=level)
        with pytest.raises(sa.exc.IntegrityError, match="isolation"), engine.begin() as connection:
            connection.execute(sa.text(approval(1, CHEN)[0]), approval(1, CHEN)[1])


# --- the rest of the rule --------------------------------------------------------------------------


def test_the_second_factor_is_fresh(ledger: Ledger) -> None:
    number = want(ledger, something("rate", 1)).number
    old = FreshFactor("totp", ledger.clock.now() - timedelta(minutes=10, seconds=1))
    with pytest.raises(FreshFactorNeededError):
        actions.approve(ledger.sequencer, ledger.fund, CHEN, number, 1, old)
    just = FreshFactor("totp", ledger.clock.now() - timedelta(minutes=10))
    assert actions.approve(ledger.sequencer, ledger.fund, CHEN, number, 1, just).is_approved


def test_a_client_s_key_proposes_once(ledger: Ledger) -> None:
    first = want(ledger, something("rate", 1), key="k")
    size = len(bodies(ledger))
    assert want(ledger, something("rate", 1), key="k") == first
    agree(ledger, first.number, "Chen")
    size = len(bodies(ledger))
    again = want(ledger, something("rate", 1), key="k")
    assert (again.number, again.state) == (first.number, "approved")
    with pytest.raises(ConflictError):
        want(ledger, something("rate", 2), key="k")
    with pytest.raises(ConflictError):
        want(ledger, something("close", 1), key="k")
    for key in ("", "x" * 121, "a\nb"):
        with pytest.raises(FieldError):
            want(ledger, something("rate", 1), key=key)
    assert len(bodies(ledger)) == size
    assert want(ledger, something("rate", 1), "Second", key="k").number == 2  # keys are one's own
    holds(ledger)


def test_a_key_with_something_private_is_not_told_by_what_stays(ledger: Ledger) -> None:
    first = want(ledger, something("members", 1), "Sun", key="k")
    assert want(ledger, something("members", 1), "Sun", key="k") == first
    with pytest.raises(ConflictError):
        want(ledger, something("members", 2), "Sun", key="k")


@pytest.mark.parametrize("how", ["approved", "rejected", "withdrawn"])
def test_what_is_private_goes_when_it_is_decided(ledger: Ledger, how: str) -> None:
    number = want(ledger, something("members", 1), "Sun").number
    sun, wang = ledger.member("Sun").member_id, ledger.member("Wang").member_id

    def kept() -> list[str]:
        with ledger.database.reading() as connection:
            found = connection.execute(sa.text("SELECT content FROM decision_private_parts"))
            return list(found.scalars())

    assert "friend 1" in kept()[0]
    actions.edit(ledger.sequencer, ledger.fund, sun, number, 1, something("members", 2))
    assert len(kept()) == 1
    assert "friend 2" in kept()[0]
    if how == "approved":
        agree(ledger, number, "Wang")
        assert ledger.member("friend 2").roles == {"approver"}
    elif how == "rejected":
        actions.reject(ledger.sequencer, ledger.fund, wang, number, "no")
    else:
        actions.withdraw(ledger.sequencer, ledger.fund, sun, number)
    assert kept() == []
    assert not any(b"friend" in entry for entry in entry_bytes(ledger))
    holds(ledger)


def entry_bytes(ledger: Ledger) -> list[bytes]:
    with ledger.database.reading() as connection:
        rows = connection.execute(sa.text("SELECT entry FROM entries")).scalars()
        return [bytes(row) for row in rows]


def test_what_was_approved_is_what_was_proposed(ledger: Ledger) -> None:
    """Somebody changes what is private between proposal and approval: it opens the commitment no more."""
    number = want(ledger, something("members", 1), "Sun").number
    with ledger.database.writing() as connection:
        connection.execute(
            sa.text(
                "UPDATE decision_private_parts SET content = replace(content, 'friend', 'fiend')"
            )
        )
    with pytest.raises(LedgerError, match="commitment"):
        agree(ledger, number, "Wang")
    assert decision(ledger, number).state == "open"


def test_a_rule_that_changes_holds_for_what_is_open(ledger: Ledger) -> None:
    number = want(ledger, something("close", 1)).number
    stricter = Rule("CNY", (Tier(None, ("controller", "approver")),))
    actions.set_rule(ledger.sequencer, ledger.fund, "close", stricter)
    with pytest.raises(StateError) as refusal:
        agree(ledger, number, "Chen")
    assert refusal.value.fields["state"] == "older-rule"
    li = ledger.member("Li").member_id
    actions.edit(ledger.sequencer, ledger.fund, li, number, 1, something("close", 1))
    assert not agree(ledger, number, "Chen").is_approved
    assert agree(ledger, number, "Wang").is_approved
    holds(ledger)


def test_nothing_is_set_alone_after_money_has_moved(ledger: Ledger) -> None:
    raise_money(ledger, 100)
    with pytest.raises(StateError):
        actions.set_rule(ledger.sequencer, ledger.fund, "close", kind_of("close").default)
    # Whoever gets round the doors is found by the checker.
    ledger.decide(lambda books: enrol(books, SETUP, NewMember("X", frozenset({"finance"}))))
    report = verify_database(
        ledger.database.url.render_as_string(hide_password=False), ledger.keys
    )
    assert [(one.table, one.reason) for one in report.failures] == [("entries", "no-decision")]


def test_who_is_not_a_member_takes_no_step(ledger: Ledger) -> None:
    number = want(ledger, something("rate", 1)).number
    for who in ("", "m99", "Chen"):  # a name is not an id
        with pytest.raises(NotAllowedError):
            actions.approve(
                ledger.sequencer,
                ledger.fund,
                who,
                number,
                1,
                FreshFactor("totp", ledger.clock.now()),
            )


def test_refusals_name_four_eyes(ledger: Ledger) -> None:
    one = a_try(ledger, "rate")
    one.begin()
    for act in (
        lambda: one.hand.approve(one.villain, one.number, 1),
        lambda: one.hand.reject(one.villain, one.number),
    ):
        with pytest.raises(FourEyesError):
            act()
