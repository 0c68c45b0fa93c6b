"""Kinds, ages and states of exceptions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.matching.exceptions.kinds import (
    BRACKETS,
    KINDS,
    STATES,
    age_days,
    blocks,
    bracket_of,
    settlement_of,
    settlement_subject,
    standing,
)


def test_the_thirteen_kinds_of_the_rules_and_unvalued_gifts_are_there():
    assert [*KINDS] == [
        "missing_gift", "extra_gift", "gift_amount", "unknown_receipt", "overdue_settlement", "short_settlement",
        "over_settlement", "duplicate_receipt", "unallocated_transfer", "ambiguous", "late_refund", "balance_break",
        "reversed_match", "period_violation", "unvalued_gift",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "bracket"),
    [
        (0, "0-7"),
        (7, "0-7"),
        (8, "8-30"),
        (30, "8-30"),
        (31, "31-90"),
        (90, "31-90"),
        (91, "over-90"),
    ],
)
def test_ages_change_where_the_statement_says(days, bracket):
    assert bracket_of(days) == bracket


@given(st.integers(0, 4000), st.integers(0, 4000))
def test_what_is_older_is_never_in_a_younger_bracket(one, other):
    younger, older = sorted((one, other))
    assert BRACKETS.index(bracket_of(younger)) <= BRACKETS.index(bracket_of(older))


def test_a_day_that_is_still_to_come_makes_no_negative_age():
    assert age_days(date(2026, 10, 9), date(2026, 10, 9) - timedelta(days=3)) == 0


@pytest.mark.parametrize(
    ("kind", "amount", "commodity", "expected"),
    [
        ("unknown_receipt", 10_000, "CNY", False),
        ("unknown_receipt", 10_001, "CNY", True),
        ("unknown_receipt", 1, "USD", True),
        ("missing_gift", 1, "CNY", True),
        ("overdue_settlement", 10**9, "CNY", False),
        ("of-some-other-version", 1, "CNY", True),
    ],
)
def test_what_stands_in_the_way_of_closing_a_month(kind, amount, commodity, expected):
    assert blocks(kind, amount, commodity) is expected


@given(st.none() | st.just(3), st.none() | st.just("2026-10-09"), st.none() | st.just("m1"))
def test_an_open_exception_is_in_the_state_that_says_most(decision, disputed, owner):
    state = standing(decision=decision, disputed=disputed, owner=owner)
    assert state in STATES[:4]
    assert (state == "open") is (decision is disputed is owner is None)
    assert (state == "proposed") is (decision is not None)


@given(st.sampled_from(["Kuaishou", "Douyin"]), st.text(min_size=1))
def test_a_subject_gives_the_settlement_back(channel, number):
    assert settlement_of(settlement_subject(channel, number)) == (channel, number)


def test_a_subject_of_another_kind_names_no_settlement():
    assert settlement_of("line/ab/3") == ("", "")
