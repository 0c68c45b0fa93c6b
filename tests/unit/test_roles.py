"""The table of roles: what it must never allow, whoever adds a row."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.actors import PEOPLE, Actor, Member
from ledger.errors import FieldError, NotAllowedError
from ledger.roles import (
    ACTIONS,
    ALONE,
    MARKS,
    SCOPES,
    acting,
    action_of,
    check_roles,
    does,
    may,
    parse_roles,
)

READING = {
    "desk.read",
    "decision.read",
    "rules.read",
    "people.read",
    "activity.read",
    "token.read",
}
PEOPLES = {"members.propose", "members.remove", "token.make", "token.end", "token.manage"}
RULES = {"rule.propose", "four-eyes.propose", "decision.edit", "decision.withdraw"}
KEYS = {"certificate.propose", "certificate.end", "payee.propose"}
"""Whose signature counts, and where transfers go: approved by another, as all of these."""

role_sets = st.sets(st.sampled_from(PEOPLE), min_size=1).map(frozenset)


def member(*roles: str, removed: bool = False) -> Member:
    return Member("m1", frozenset(roles), "Li", 1, removed)


def allowed(role: str) -> set[str]:
    return {name for name in ACTIONS if may(member(role), name)}


def test_an_administrator_manages_people_and_rules_and_never_touches_money():
    assert allowed("administrator") == READING | PEOPLES | RULES | KEYS


def test_an_auditor_reads_everything_and_changes_their_own_papers_only():
    reading = READING | {
        "exception.read",
        "file.read",
        "match.read",
        "spending.read",
        "accounts.read",
        "audit.read",
        "statement.build",
        "period.read",
        "transfer.read",
        "question.read",
    }
    own = {
        "papers.write",
        "token.make",
        "token.end",
        "opinion.give",
        "opinion.return",
        "audit.pack",
    }
    assert allowed("auditor") == reading | own


def test_no_token_approves_removes_or_makes_tokens():
    by_token = {one.name for one in ACTIONS.values() if one.by_token}
    assert not {name for name in by_token if name.startswith(("token.", "members."))}
    assert not by_token & {"decision.approve", "decision.reject", "decision.edit"}
    assert {one.by_token for one in ACTIONS.values() if one.by_token} == {*SCOPES}


def test_what_asks_for_a_fresh_factor_is_open_to_tokens_of_a_scope_of_its_own_only():
    fresh = {one.name: one.by_token for one in ACTIONS.values() if one.fresh and one.by_token}
    assert fresh == {"payee.propose": "payments"}


def test_approving_people_tokens_and_publishing_ask_for_a_fresh_factor():
    fresh = {one.name for one in ACTIONS.values() if one.fresh}
    assert fresh == {
        "decision.approve", "members.propose", "members.remove", "token.make", "publish.propose",
        "certificate.end", "payee.propose", "statement.sign", "opinion.give",
        "audit.pack",
    }  # fmt: skip


def test_nobody_approves_who_cannot_see():
    for role in PEOPLE:
        assert {"desk.read", "decision.read"} <= allowed(role)


@pytest.mark.parametrize("one", ACTIONS.values(), ids=lambda one: one.name)
def test_each_row_is_whole(one):
    assert ACTIONS[one.name] is one
    assert one.roles
    assert {*one.roles} <= {*PEOPLE}
    assert len({*one.roles}) == len(one.roles)
    assert one.zh.strip()
    assert one.en.isascii()


@given(role_sets)
def test_what_a_set_may_is_what_its_roles_may(roles):
    together = {name for name in ACTIONS if may(member(*roles), name)}
    assert together == set().union(*(allowed(role) for role in roles))
    assert not any(may(member(*roles, removed=True), name) for name in ACTIONS)
    for name in ACTIONS:
        if name in together:
            actor = acting(member(*roles), name)
            assert actor.role in roles
            assert actor.role in ACTIONS[name].roles
        else:
            with pytest.raises(NotAllowedError):
                acting(member(*roles), name)


@given(role_sets)
def test_the_roles_that_go_with_no_other_go_with_no_other(roles):
    if len(roles) > 1 and roles & {*ALONE}:
        with pytest.raises(FieldError) as caught:
            check_roles(roles)
        assert caught.value.fields["reason"] == "roles-conflict"
    else:
        assert check_roles(roles) == roles
        assert parse_roles(", ".join(roles)) == parse_roles(member(*roles).role_text) == roles


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "missing"), (" , ", "missing"), ("king", "unknown"), ("intake", "unknown"),
     ("system", "unknown"), ("Finance", "unknown"), ("finance,auditor", "roles-conflict")],
)  # fmt: skip
def test_roles_that_cannot_be(text, reason):
    with pytest.raises(FieldError) as caught:
        parse_roles(text)
    assert caught.value.fields["reason"] == reason


def test_a_member_acts_in_the_first_role_that_is_allowed():
    both = member("controller", "approver")
    assert both.acting("approver", "controller") == Actor("approver", "m1")
    assert both.acting("controller", "approver") == Actor("controller", "m1")
    with pytest.raises(NotAllowedError) as caught:
        both.acting("finance")
    assert caught.value.fields == {"role": "approver,controller", "needed": ["finance"]}
    with pytest.raises(NotAllowedError):
        member("finance", removed=True).acting("finance")


def test_what_has_no_row_nobody_may():
    for role in PEOPLE:
        assert not may(member(role), "no.such.thing")
        with pytest.raises(NotAllowedError):
            acting(member(role), "no.such.thing")
    with pytest.raises(KeyError):
        does("no.such.thing")


def test_what_a_view_does_is_told_through_whatever_wraps_it():
    def view() -> None: ...

    assert action_of(view) is None
    for name in ("transfer.propose", *MARKS):
        marked = does(name)(view)
        assert action_of(functools.wraps(marked)(lambda: None)) == name
