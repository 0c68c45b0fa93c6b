from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import InvariantError
from ledger.matching.lines import BankLine, references_in
from ledger.matching.rules import Expectation, Observation, match, reference_window

DUE = date(2026, 11, 7)
EARLIEST, LATEST = reference_window(DUE)


def expect(
    id_="e", amount=1000, references=("KU-ST-202610",), account="Assets:Bank:CCB", commodity="CNY"
):
    return Expectation(id_, "R3", account, commodity, amount, tuple(references), EARLIEST, LATEST)


def observe(
    id_="o",
    *,
    amount=1000,
    text="KU-ST-202610",
    number=None,
    day=DUE,
    account="Assets:Bank:CCB",
    commodity="CNY",
):
    at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
    line = BankLine(2, "150", at, amount, commodity, None, number, references_in(text), "", text)
    return Observation(id_, account, line)


def pairs(outcome):
    return [(pair.rule, pair.expectation_id, pair.observation_id) for pair in outcome.confirmed]


def test_a_settlement_number_and_the_amount_confirm_and_show_every_field():
    outcome = match([expect()], [observe()])
    assert pairs(outcome) == [("reference", "e", "o")]
    pair = outcome.confirmed[0]
    assert pair.rule_version == "exact-1"
    assert [(one.field, one.expected, one.observed) for one in pair.compared] == [
        ("account", "Assets:Bank:CCB", "Assets:Bank:CCB"),
        ("commodity", "CNY", "CNY"),
        ("amount_minor", "1000", "1000"),
        ("reference", "KU-ST-202610", "KU-ST-202610"),
        ("date", "2026-11-04/2026-12-22", "2026-11-07"),
    ]
    assert (outcome.suggested, outcome.open_expectations, outcome.open_observations) == (
        (),
        (),
        (),
    )


@pytest.mark.parametrize(
    "other",
    [
        observe(amount=999),
        observe(amount=-1000),
        observe(account="Assets:Bank:ICBC"),
        observe(commodity="USD"),
        observe(text="KU-ST-202611"),
        observe(text="no reference"),
        observe(day=EARLIEST - timedelta(days=1)),
        observe(day=LATEST + timedelta(days=1)),
    ],
)
def test_one_field_that_differs_leaves_both_open(other):
    outcome = match([expect()], [other])
    assert (outcome.confirmed, outcome.suggested) == ((), ())
    assert (outcome.open_expectations, outcome.open_observations) == (("e",), ("o",))


@pytest.mark.parametrize("day", [EARLIEST, LATEST])
def test_the_window_holds_its_first_and_last_day(day):
    assert pairs(match([expect()], [observe(day=day)])) == [("reference", "e", "o")]


def test_the_banks_number_confirms_whatever_the_day_and_the_text():
    late = observe(text="", number="20001-1", day=LATEST + timedelta(days=90))
    outcome = match([expect(references=["20001-1"])], [late])
    assert pairs(outcome) == [("identity", "e", "o")]


def test_identity_goes_before_reference():
    lines = [observe("o1", number="20001-1"), observe("o2")]
    outcome = match([expect("e1", references=["20001-1"]), expect("e2")], lines)
    assert pairs(outcome) == [("identity", "e1", "o1"), ("reference", "e2", "o2")]


def test_what_fits_two_in_one_pass_is_not_handed_to_a_weaker_one():
    lines = [observe("o1", number="20001-1"), observe("o2", number="20001-1", text="")]
    outcome = match([expect(references=["20001-1", "KU-ST-202610"])], lines)
    assert outcome.confirmed == ()
    assert [pair.observation_id for pair in outcome.suggested] == ["o1", "o2"]
    assert outcome.open_observations == ("o1", "o2")


def test_a_purpose_in_words_is_a_reference_too():
    told = expect(references=["捐赠转基金 2026-10"])
    assert pairs(match([told], [observe(text="电子汇入 捐赠转基金 2026-10")])) == [
        ("reference", "e", "o")
    ]
    assert pairs(match([told], [observe(text="电子汇入 捐赠转基金 2026-11")])) == []


def test_one_reference_that_fits_is_enough_and_counts_once():
    told = expect(references=["KU-ST-202610", "WD20261101", "KU-ST-202610"])
    assert pairs(match([told], [observe(text="KU-ST-202610 WD20261101")])) == [
        ("reference", "e", "o")
    ]


@pytest.mark.parametrize("what", ["expectation", "observation"])
def test_an_id_given_twice_is_refused(what):
    given_twice = {"expectation": [expect()], "observation": [observe()]}
    given_twice[what] *= 2
    with pytest.raises(InvariantError) as raised:
        match(given_twice["expectation"], given_twice["observation"])
    assert raised.value.fields["what"] == what


NUMBERS = ("KU-ST-202610", "WD20261101", "捐赠转基金 2026-10")
expectations = st.lists(
    st.builds(
        expect,
        amount=st.sampled_from([100, 200]),
        references=st.sets(st.sampled_from([*NUMBERS, "n-1", "n-2"]), max_size=2).map(sorted),
    ),
    max_size=6,
).map(lambda items: [replace(item, id=f"e{at}") for at, item in enumerate(items)])
observations = st.lists(
    st.builds(
        observe,
        amount=st.sampled_from([100, 200]),
        text=st.sampled_from(["", *NUMBERS]),
        number=st.sampled_from([None, "n-1", "n-2"]),
    ),
    max_size=6,
).map(lambda items: [replace(item, id=f"o{at}") for at, item in enumerate(items)])


@given(expectations, observations, st.randoms())
def test_order_does_not_matter(expected, observed, chance):
    outcome = match(expected, observed)
    chance.shuffle(expected)
    chance.shuffle(observed)
    assert match(expected, observed) == outcome


@given(expectations, observations)
def test_nothing_is_used_twice_and_nothing_is_lost(expected, observed):
    outcome = match(expected, observed)
    met = [pair.expectation_id for pair in outcome.confirmed]
    used = [pair.observation_id for pair in outcome.confirmed]
    assert sorted([*met, *outcome.open_expectations]) == sorted(one.id for one in expected)
    assert sorted([*used, *outcome.open_observations]) == sorted(one.id for one in observed)
    for pair in outcome.suggested:
        assert pair.expectation_id not in met
        assert pair.observation_id not in used


@given(expectations, observations, st.data())
def test_one_more_equal_line_opens_a_confirmed_match(expected, observed, data):
    before = match(expected, observed)
    assume(before.confirmed)
    pair = data.draw(st.sampled_from(before.confirmed))
    line = next(one for one in observed if one.id == pair.observation_id)
    after = match(expected, [*observed, replace(line, id="o-more")])
    assert pair.expectation_id in after.open_expectations
    assert {"o-more", line.id} <= set(after.open_observations)
    assert {one.observation_id for one in after.suggested} >= {"o-more", line.id}


@given(expectations, observations, st.data())
def test_one_more_equal_expectation_opens_a_confirmed_match(expected, observed, data):
    before = match(expected, observed)
    assume(before.confirmed)
    pair = data.draw(st.sampled_from(before.confirmed))
    told = next(one for one in expected if one.id == pair.expectation_id)
    after = match([*expected, replace(told, id="e-more")], observed)
    assert {"e-more", told.id} <= set(after.open_expectations)
    assert pair.observation_id in after.open_observations
