"""Random histories of decisions against a model that is slow and plain: the same is refused, the same comes out."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.clock import FixedClock
from ledger.db import Database
from ledger.decisions import history
from ledger.decisions.rules import Rule, Tier, is_weaker, kind_of
from ledger.decisions.shapes import Decision
from ledger.desk import actions
from ledger.desk import wanted as wanting
from ledger.desk.wanted import Wanted
from ledger.errors import LedgerError
from ledger.factors import FreshFactor
from ledger.funds import booking as setting_up
from ledger.funds.booking import NewFund
from ledger.funds.history import Rate
from ledger.funds.members import SETUP, NewMember, change_roles, enrol, remove
from ledger.sequencer.groups import Sequencer
from ledger.verify.database import verify_database
from tests.db.ledgers import START
from tests.db.ways import broken

ROLE_SETS = [
    frozenset(text.split())
    for text in (
        "administrator", "finance approver", "controller approver", "finance controller", "approver",
        "finance controller approver", "controller", "finance", "auditor",
    )
]  # fmt: skip
PROPOSES = {"rate": "finance", "members": "administrator", "four-eyes": "administrator"}
RATE_RULES = [
    ("controller",), ("approver",), ("controller", "approver"), ("controller", "controller"),
]  # fmt: skip
PEOPLE = 7

someone = st.integers(1, PEOPLE)
luck = st.integers(0, 3)
"""What ends or changes much happens once in four times, so that decisions live to be approved."""

stale = st.sampled_from((0, 0, 0, 0, 1))


@dataclass
class Case:
    """A decision, as anybody would note it on paper."""

    kind: str
    what: object
    needed: tuple[str, ...]
    wrote: list[int]
    gave: dict[int, int] = field(default_factory=dict)
    state: str = "open"


class Histories(RuleBasedStateMachine):
    """A fund of its own for each history, in one database."""

    numbers = itertools.count(1)
    ended: ClassVar[Counter[str]] = Counter()
    database: Database
    keys: Path

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(START)
        self.sequencer = Sequencer(self.database, self.keys, self.clock)
        slug = f"fund-{next(self.numbers)}"
        self.fund = setting_up.open_fund(
            self.sequencer, self.clock, "localhost", NewFund(slug, "基金", "Fund")
        )
        self.roles: dict[int, frozenset[str] | None] = {}
        self.cases: list[Case] = []
        self.rules: dict[str, tuple[str, ...]] = {
            "rate": ("controller",), "members": ("approver",), "four-eyes": ("approver",),
        }  # fmt: skip
        for who in range(1, PEOPLE + 1):
            self.enrol(who, ROLE_SETS[(who - 1) % len(ROLE_SETS)])
        self.enrol(PEOPLE + 1, frozenset({"administrator"}))  # the last one cannot leave

    def enrol(self, who: int, roles: frozenset[str]) -> None:
        new = NewMember(f"person {who}", roles)
        found = self.sequencer.decide(self.fund, lambda books: enrol(books, SETUP, new)).value
        assert found == f"m{who}"
        self.roles[who] = roles

    # --- what people do -----------------------------------------------------------------------

    @rule(who=someone, roles=st.sampled_from(ROLE_SETS), luck=luck)
    def get_other_roles(self, who: int, roles: frozenset[str], luck: int) -> None:
        if luck:
            return
        if self.roles[who] is None:
            self.enrol(who, roles)
        elif self.roles[who] != roles:
            self.sequencer.decide(
                self.fund, lambda books: change_roles(books, SETUP, f"m{who}", roles)
            )
            self.roles[who] = roles

    @rule(who=someone, luck=luck)
    def leave(self, who: int, luck: int) -> None:
        if self.roles[who] is not None and not luck:
            self.sequencer.decide(self.fund, lambda books: remove(books, SETUP, f"m{who}"))
            self.roles[who] = None

    @rule(kind=st.sampled_from(sorted(PROPOSES)), data=st.data())
    def propose(self, kind: str, data: st.DataObject) -> None:
        who = self.choose(data, lambda who: self.has(who, PROPOSES[kind]))
        what = data.draw(self.anything(kind))
        allowed = self.has(who, PROPOSES[kind]) and self.can_be(kind, what)
        found = self.outcome(
            lambda: actions.propose(self.sequencer, self.fund, f"m{who}", self.want(kind, what))
        )
        assert (found is not None) is allowed
        if allowed:
            self.cases.append(Case(kind, what, self.rules[kind], [who]))

    @precondition(lambda self: self.cases)
    @rule(stale=stale, data=st.data())
    def edit(self, stale: int, data: st.DataObject) -> None:
        number, case = self.some_case(data)
        who = self.choose(data, lambda who: self.has(who, PROPOSES[case.kind]))
        what = data.draw(self.anything(case.kind))
        version = len(case.wrote) - stale
        allowed = (
            case.state == "open"
            and not stale
            and self.has(who, PROPOSES[case.kind])
            and self.can_be(case.kind, what)
        )
        wanted = self.want(case.kind, what)
        found = self.outcome(
            lambda: actions.edit(self.sequencer, self.fund, f"m{who}", number, version, wanted)
        )
        assert (found is not None) is allowed
        if allowed:
            case.wrote.append(who)
            case.what, case.needed, case.gave = what, self.rules[case.kind], {}

    @precondition(lambda self: self.cases)
    @rule(stale=stale, data=st.data(), times=st.integers(1, 3))
    def approve(self, stale: int, data: st.DataObject, times: int) -> None:
        for _ in range(times):
            self.approve_once(stale, data)

    def approve_once(self, stale: int, data: st.DataObject) -> None:
        number, case = self.some_case(data)
        still = [role for slot, role in enumerate(case.needed) if slot not in case.gave]
        who = self.choose(
            data,
            lambda who: who not in case.wrote and any(self.has(who, role) for role in still),
        )
        version, fresh = len(case.wrote) - stale, FreshFactor("totp", self.clock.now())
        found = self.outcome(
            lambda: actions.approve(self.sequencer, self.fund, f"m{who}", number, version, fresh)
        )
        allowed = (
            case.state == "open"
            and not stale
            and who not in case.wrote
            and who not in case.gave.values()
            and any(self.has(who, role) for role in still)
            and case.needed == self.rules[case.kind]
            and (len(still) > 1 or self.can_be(case.kind, case.what))
        )
        assert (found is not None) is allowed
        if found is not None:
            last = found.standing[-1]
            assert last.slot not in case.gave
            assert self.has(who, case.needed[last.slot])
            case.gave[last.slot] = who
            if len(still) == 1:
                case.state = "approved"
                self.carry_out(case)

    @precondition(lambda self: self.cases)
    @rule(data=st.data(), luck=luck)
    def reject(self, data: st.DataObject, luck: int) -> None:
        if luck:
            return
        number, case = self.some_case(data)
        who = data.draw(someone)
        approves = self.has(who, "controller") or self.has(who, "approver")
        allowed = case.state == "open" and who not in case.wrote and approves
        found = self.outcome(
            lambda: actions.reject(self.sequencer, self.fund, f"m{who}", number, "no")
        )
        assert (found is not None) is allowed
        if allowed:
            case.state = "rejected"

    @precondition(lambda self: self.cases)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        number, case = self.some_case(data)
        who = data.draw(someone)
        proposes = self.has(who, PROPOSES[case.kind])
        allowed = case.state == "open" and who in case.wrote and proposes
        found = self.outcome(
            lambda: actions.withdraw(self.sequencer, self.fund, f"m{who}", number)
        )
        assert (found is not None) is allowed
        if allowed:
            case.state = "withdrawn"

    def choose(self, data: st.DataObject, fits: Callable[[int], bool]) -> int:
        """Choose somebody: mostly one who could, so that something happens."""
        everybody = list(range(1, PEOPLE + 1))
        able = [who for who in everybody if fits(who)]
        return data.draw(st.sampled_from([*able * 4, *everybody]))

    def some_case(self, data: st.DataObject) -> tuple[int, Case]:
        """Choose a decision: mostly an open one."""
        numbers = list(range(1, len(self.cases) + 1))
        open_ones = [number for number in numbers if self.cases[number - 1].state == "open"]
        number = data.draw(st.sampled_from([*open_ones * 4, *numbers]))
        return number, self.cases[number - 1]

    def teardown(self) -> None:
        self.ended.update(case.state for case in self.cases)

    # --- what holds ---------------------------------------------------------------------------

    @invariant()
    def what_is_stored_is_what_is_on_paper(self) -> None:
        with self.database.reading() as connection:
            waiting = history.open_decisions(connection, self.fund.fund_id)
            ended = history.ended_decisions(connection, self.fund.fund_id, newest=1000)
        stored = sorted([*waiting, *ended], key=lambda one: one.number)
        assert [one.number for one in waiting] == [
            number for number, case in enumerate(self.cases, 1) if case.state == "open"
        ]
        for one, case in zip(stored, self.cases, strict=True):
            assert broken(one) == []
            assert (one.kind, one.state, one.latest.needed) == (case.kind, case.state, case.needed)
            assert [int(each.member_id[1:]) for each in one.versions] == case.wrote
            given = {each.slot: int(each.member_id[1:]) for each in one.standing}
            assert given == case.gave
            # Said of the model too, so that the two cannot be wrong together.
            if case.state == "approved":
                assert not set(case.wrote) & set(case.gave.values())
                assert Counter(case.gave.values()).most_common(1)[0][1] == 1

    # --- the model's own ----------------------------------------------------------------------

    def has(self, who: int, role: str) -> bool:
        return role in (self.roles[who] or frozenset())

    def anything(self, kind: str) -> st.SearchStrategy[object]:
        if kind == "rate":
            return st.integers(1, 1000)
        if kind == "members":
            return st.tuples(someone, st.sampled_from(ROLE_SETS))
        return st.sampled_from(RATE_RULES)

    def can_be(self, kind: str, what: object) -> bool:
        if kind != "members":
            return True
        assert isinstance(what, tuple)
        who, roles = what
        return self.roles[who] not in (None, roles)

    def want(self, kind: str, what: object) -> Wanted:
        if kind == "rate":
            assert isinstance(what, int)
            return wanting.rate(Rate("KSCOIN", 10, what, "CNY", 0, 0))
        assert isinstance(what, tuple)
        if kind == "members":
            return wanting.roles(f"m{what[0]}", what[1])
        new = Rule("CNY", (Tier(None, what),))
        return wanting.rule(
            "rate", new, "few" if is_weaker(new, kind_of("rate").default) else None
        )

    def carry_out(self, case: Case) -> None:
        if case.kind == "members":
            assert isinstance(case.what, tuple)
            self.roles[case.what[0]] = case.what[1]
        elif case.kind == "four-eyes":
            assert isinstance(case.what, tuple)
            self.rules["rate"] = case.what

    def outcome(self, act: object) -> Decision | None:
        assert callable(act)
        try:
            found = act()
        except LedgerError:
            return None
        assert isinstance(found, Decision)
        return found


def test_histories(database: Database, tmp_path: Path) -> None:
    Histories.database, Histories.keys = database, tmp_path / "keys"
    Histories.ended.clear()
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            # The same histories in every run: what follows counts them.
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    report = verify_database(database.url.render_as_string(hide_password=False), tmp_path / "keys")
    assert report.failures == []
    # Histories in which nothing is approved would prove nothing.
    assert Histories.ended["approved"] > 5, Histories.ended
