"""Rules: which slots an amount needs, what is weaker than the default, and who fills what."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.actors import Member
from ledger.decisions.history import who_may_act
from ledger.decisions.rules import (
    KINDS,
    SLOT_ROLES,
    Rule,
    Tier,
    check_rule,
    fitting_slot,
    is_weaker,
    kind_of,
    lacking,
    rule_from_json,
    rule_to_json,
    weaker_parts,
)
from ledger.decisions.shapes import Approval, Decision, End, Version
from ledger.errors import FieldError
from ledger.roles import ACTIONS, may

SLOTS = [
    ("transfer", 50_000_000, ("approver",)),
    ("transfer", 50_000_001, ("approver", "approver")),
    ("transfer", None, ("approver", "approver")),
    ("adjustment", 100, ("controller",)),
    ("adjustment", 101, ("controller", "approver")),
    ("resolution", 100, ("controller",)),
    ("write-off", 101, ("controller", "approver")),
    ("match", 1_000_000, ()),
    ("match", 1_000_001, ("controller",)),
    ("match", None, ("controller",)),
    ("spend", 1_000_000, ()),
    ("spend", 1_000_001, ("controller",)),
    ("spend", 50_000_001, ("controller", "approver")),
    ("movement", 1, ("controller",)),
    ("opening", 1, ("controller",)),
    ("reversal", 1, ("controller",)),
    ("lists", None, ("controller",)),
    ("rule", None, ("approver",)),
    ("rate", None, ("controller",)),
    ("close", None, ("controller",)),
    ("seal", None, ("approver",)),
    ("reopen", None, ("approver",)),
    ("erase", None, ("controller",)),
    ("publish", None, ("approver",)),
    ("members", None, ("approver",)),
    ("payee", None, ("approver",)),
    ("certificate", None, ("approver",)),
    ("four-eyes", None, ("approver",)),
]


@pytest.mark.parametrize(("kind", "amount", "slots"), SLOTS)
def test_what_an_amount_needs(kind: str, amount: int | None, slots: tuple[str, ...]) -> None:
    assert kind_of(kind).default.slots(amount, "CNY") == slots


def test_every_kind_is_in_the_table_and_in_the_table_of_roles() -> None:
    assert {kind for kind, _, _ in SLOTS} == set(KINDS)
    for kind in KINDS.values():
        assert kind.proposers == ACTIONS[f"{kind.name}.propose"].roles
    for role in SLOT_ROLES:
        assert may(Member("m1", frozenset({role}), "x", None, removed=False), "decision.approve")


def test_an_amount_in_another_currency_is_above_every_limit() -> None:
    assert kind_of("transfer").default.slots(1, "USD") == ("approver", "approver")
    assert kind_of("match").default.slots(1, "KSCOIN") == ("controller",)


def test_every_default_is_a_rule_that_a_fund_may_have() -> None:
    for kind in KINDS.values():
        check_rule(kind, kind.default, None)
        assert not is_weaker(kind.default, kind.default)


# --- a fund's own ----------------------------------------------------------------------------------

slots = st.lists(st.sampled_from(SLOT_ROLES), min_size=1, max_size=2).map(tuple)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Give a rule whose tiers ask for more and more."""
    limits = sorted(draw(st.sets(st.integers(1, 12), max_size=3)))
    before, tiers = draw(slots), []
    for limit in (*limits, None):
        tiers.append(Tier(limit, before))
        before = (*before, *draw(st.lists(st.sampled_from(SLOT_ROLES), max_size=1)))
    return Rule(draw(st.sampled_from(("CNY", "USD"))), tuple(tiers))


@given(rules(), rules())
def test_weaker_is_what_asks_for_less_at_some_amount(rule: Rule, default: Rule) -> None:
    slowly = any(
        Counter(default.slots(amount, commodity)) - Counter(rule.slots(amount, commodity))
        for amount in range(15)
        for commodity in ("CNY", "USD", "EUR")
    )
    assert is_weaker(rule, default) is slowly


@given(rules(), rules())
def test_the_parts_that_are_weaker_are_told_with_what_is_usual(rule: Rule, default: Rule) -> None:
    parts = weaker_parts(rule, default)
    for commodity, amount in itertools.product(("CNY", "USD"), range(1, 15)):
        telling = [
            (one.slots, one.usual)
            for one in parts
            if one.commodity == commodity and one.above < amount <= (one.up_to or 15)
        ]
        slots, usual = rule.slots(amount, commodity), default.slots(amount, commodity)
        is_known = commodity in (rule.commodity, default.commodity)
        less = Counter(usual) - Counter(slots)
        assert telling == ([(slots, usual)] if is_known and less else [])
    for one, two in itertools.pairwise(parts):
        is_beside = (one.commodity, one.up_to) == (two.commodity, two.above)
        assert not (is_beside and one[3:] == two[3:]), "they would be one"


@given(rules(), st.sampled_from(sorted(KINDS)))
def test_a_rule_goes_through_its_entry(rule: Rule, name: str) -> None:
    reason = "too few people" if is_weaker(rule, kind_of(name).default) else None
    body = rule_to_json(name, rule, reason)
    assert rule_from_json({**body, "decision": 3}) == (kind_of(name), rule, reason)
    with pytest.raises(FieldError, match="reason"):
        rule_from_json({**body, "exception": " " if reason else "none needed"})


BAD_TIERS: list[list[tuple[int | None, tuple[str, ...]]]] = [
    [],
    [(100, ("approver",))],  # nothing above the limit
    [(None, ("approver",)), (None, ("approver",))],
    [(100, ("approver",)), (100, ("approver",)), (None, ("approver",))],
    [(200, ("approver",)), (100, ("approver",)), (None, ("approver",))],
    [(0, ("approver",)), (None, ("approver",))],
    [(2**53, ("approver",)), (None, ("approver",))],
    [(None, ())],  # nobody else
    [(100, ()), (None, ("approver",))],
    [(None, ("finance",))],
    [(None, ("administrator",))],
    [(None, ("auditor",))],
    [(None, ("approver",) * 6)],
    [(100, ("approver", "approver")), (None, ("approver",))],
    [(100, ("controller",)), (None, ("approver",))],
    [(at, ("approver",)) for at in (1, 2, 3, 4, 5)] + [(None, ("approver",))],
]


@pytest.mark.parametrize("tiers", BAD_TIERS)
def test_rules_that_no_fund_may_have(tiers: list[tuple[int | None, tuple[str, ...]]]) -> None:
    rule = Rule("CNY", tuple(Tier(*tier) for tier in tiers))
    with pytest.raises(FieldError):
        check_rule(kind_of("transfer"), rule, "too few people")


def test_only_matches_may_be_free_and_not_all_of_them() -> None:
    free = Rule("CNY", (Tier(5_000_000, ()), Tier(None, ("controller",))))
    check_rule(kind_of("match"), free, "many small ones")
    with pytest.raises(FieldError):
        check_rule(kind_of("match"), Rule("CNY", (Tier(None, ()),)), "all of them")
    with pytest.raises(FieldError):
        check_rule(kind_of("transfer"), free, "many small ones")


GOOD = rule_to_json("close", kind_of("close").default, None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**GOOD, "kind": "gift"},
        {**GOOD, "kind": ["close"]},
        {**GOOD, "commodity": "XXX"},
        {**GOOD, "commodity": ["CNY"]},
        {**GOOD, "tiers": 5},
        {**GOOD, "tiers": [5]},
        {**GOOD, "tiers": [{}]},
        {**GOOD, "tiers": [{"up_to": "x", "slots": ["approver"]}, *GOOD["tiers"]]},
        {**GOOD, "tiers": [{"up_to": None, "slots": 5}]},
        {**GOOD, "tiers": [{"up_to": None, "slots": [5]}]},
        {**GOOD, "exception": 5},
    ],
)
def test_what_is_no_rule_is_refused_and_nothing_breaks(body: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        rule_from_json(body)


# --- slots -----------------------------------------------------------------------------------------

people = st.lists(st.sets(st.sampled_from(SLOT_ROLES)).map(frozenset), max_size=5)


def fill_slowly(needed: Sequence[str], roles: Sequence[frozenset[str]]) -> int:
    """Return how many slots can be filled at most, by trying every order of people."""
    padded = [*roles, *[frozenset[str]()] * len(needed)]
    return max(
        sum(role in person for role, person in zip(needed, order, strict=False))
        for order in itertools.permutations(padded, len(needed))
    )


@given(st.lists(st.sampled_from(SLOT_ROLES), max_size=3), people)
def test_lacking_is_what_no_assignment_fills(
    needed: list[str], roles: list[frozenset[str]]
) -> None:
    missing = lacking(needed, roles)
    assert len(missing) == len(needed) - fill_slowly(needed, roles)
    assert not Counter(missing) - Counter(needed)


@given(slots, st.sets(st.sampled_from(SLOT_ROLES)), people)
def test_whoever_fits_two_slots_takes_the_one_that_leaves_the_rest_to_others(
    needed: tuple[str, ...], mine: set[str], others: list[frozenset[str]]
) -> None:
    open_slots = dict(enumerate(needed))
    slot = fitting_slot(open_slots, mine, others)
    fitting = [one for one, role in open_slots.items() if role in mine]
    assert (slot is None) is (not fitting)
    if slot is not None:
        assert slot in fitting

        def left(taken: int) -> int:
            rest = [role for one, role in open_slots.items() if one != taken]
            return len(lacking(rest, others))

        assert (left(slot) == 0) is any(left(one) == 0 for one in fitting)


# --- who may act -----------------------------------------------------------------------------------


def member(name: str, *roles: str, removed: bool = False) -> Member:
    return Member(name, frozenset(roles), name, None, removed)


def case(
    needed: tuple[str, ...], touched: Sequence[str], approved: Sequence[str] = ()
) -> Decision:
    versions = tuple(
        Version(at, who, {}, needed, None, None, None, at) for at, who in enumerate(touched, 1)
    )
    approvals = tuple(Approval(len(versions), slot, who, 9) for slot, who in enumerate(approved))
    return Decision(1, "close", versions, approvals, None)


PEOPLE = [
    member("m1", "finance", "approver"),
    member("m2", "approver"),
    member("m3", "controller"),
    member("m4", "approver", removed=True),
    member("m5", "auditor"),
]


@pytest.mark.parametrize(
    ("found", "people", "able", "missing", "why"),
    [
        (case(("approver",), ["m1"]), PEOPLE, ["m2"], (), None),
        (case(("approver",), ["m1", "m2"]), PEOPLE, [], ("approver",), "touched"),
        (case(("approver", "approver"), ["m3"]), PEOPLE, ["m1", "m2"], (), None),
        (case(("approver", "approver"), ["m3"], ["m1"]), PEOPLE, ["m2"], (), None),
        (case(("approver", "approver"), ["m1"]), PEOPLE, ["m2"], ("approver",), "touched"),
        (case(("approver",) * 3, ["m3"]), PEOPLE, ["m1", "m2"], ("approver",), "too-few"),
        (case(("approver",), ["m1"]), PEOPLE[2:], [], ("approver",), "no-such-role"),
        (case(("controller", "approver"), ["m1"]), PEOPLE, ["m2", "m3"], (), None),
    ],
)
def test_who_may_act(
    found: Decision, people: list[Member], able: list[str], missing: tuple[str, ...], why: str
) -> None:
    acting = who_may_act(found, people)
    assert [one.member_id for one in acting.members] == able
    assert (acting.lacking, acting.why) == (missing, why)


def test_nobody_acts_on_what_has_ended() -> None:
    ended = Decision(
        1, "close", case(("approver",), ["m1"]).versions, (), End("x", 1, "m2", None, 3)
    )
    assert who_may_act(ended, PEOPLE) == ((), (), "ended")
