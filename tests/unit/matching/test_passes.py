import cProfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import InvariantError
from ledger.matching.equal_sums import CANDIDATES_MAX, pair_equal_sums
from ledger.matching.items import (
    Expectation,
    Observation,
    Run,
    is_near,
    same_party,
    same_side,
)
from ledger.matching.lines import BankLine, references_in
from ledger.matching.passes import RULE_VERSION, Rules, match, working_day

DUE = date(2026, 11, 6)  # a Friday
EARLIEST, LATEST = DUE - timedelta(days=3), DUE + timedelta(days=45)
CCB = "Assets:Bank:CCB"


def expect(id_="e", amount=1000, references=("KU-ST-202610",), **more):
    given_ = {"accounts": (CCB,), "commodity": "CNY", "due_first": DUE, "due_last": DUE} | more
    return Expectation(id_, "R3", amount_minor=amount, references=tuple(references), **given_)


def observe(
    id_="o",
    *,
    amount=1000,
    text="KU-ST-202610",
    number=None,
    day=DUE,
    account=CCB,
    commodity="CNY",
    party="",
):
    at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
    line = BankLine(
        2, "150", at, amount, commodity, None, number, references_in(text), party, text
    )
    return Observation(id_, account, line)


def pairs(outcome):
    return [(pair.rule, *pair.expectations, *pair.observations) for pair in outcome.confirmed]


def test_a_settlement_number_and_the_amount_confirm_and_show_every_field():
    outcome = match([expect()], [observe()])
    assert pairs(outcome) == [("reference", "e", "o")]
    pair = outcome.confirmed[0]
    assert pair.rule_version == RULE_VERSION
    assert [(one.field, one.expected, one.observed, one.verdict) for one in pair.compared] == [
        ("account", CCB, CCB, "equal"),
        ("commodity", "CNY", "CNY", "equal"),
        ("amount_minor", "1000", "1000", "equal"),
        ("reference", "KU-ST-202610", "KU-ST-202610", "equal"),
        ("date", "2026-11-06/2026-11-06", "2026-11-06", "equal"),
        ("party", "", "", "missing"),
    ]
    assert (outcome.suggested, outcome.open_expectations, outcome.open_observations) == (
        (),
        (),
        (),
    )


@pytest.mark.parametrize(
    "other",
    [
        observe(amount=-1000),
        observe(account="Assets:Bank:ICBC"),
        observe(commodity="USD"),
        observe(text="KU-ST-202611", day=DUE + timedelta(days=11)),
        observe(text="no reference", day=DUE + timedelta(days=11)),
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
    assert [pair.observations[0] for pair in outcome.suggested] == ["o1", "o2"]
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
    met = [id_ for pair in outcome.confirmed for id_ in pair.expectations]
    used = [id_ for pair in outcome.confirmed for id_ in pair.observations]
    assert sorted([*met, *outcome.open_expectations]) == sorted(one.id for one in expected)
    assert sorted([*used, *outcome.open_observations]) == sorted(one.id for one in observed)
    for pair in (*outcome.suggested, *outcome.ambiguous):
        assert not set(pair.expectations) & set(met)
        assert not set(pair.observations) & set(used)
    amounts = {one.id: one.amount_minor for one in expected}
    for pair in outcome.confirmed:
        assert pair.adjustment_minor == 0
        assert pair.amount_minor == sum(amounts[id_] for id_ in pair.expectations)


@given(expectations, observations, st.data())
def test_one_more_equal_line_opens_a_confirmed_match(expected, observed, data):
    before = match(expected, observed)
    assume(before.confirmed)
    pair = data.draw(st.sampled_from(before.confirmed))
    line = next(one for one in observed if one.id in pair.observations)
    after = match(expected, [*observed, replace(line, id="o-more")])
    assert not set(pair.expectations) - set(after.open_expectations)
    assert {"o-more", line.id} <= set(after.open_observations)


@given(expectations, observations, st.data())
def test_one_more_equal_expectation_opens_a_confirmed_match(expected, observed, data):
    before = match(expected, observed)
    assume(before.confirmed)
    pair = data.draw(st.sampled_from(before.confirmed))
    told = next(one for one in expected if one.id in pair.expectations)
    after = match([*expected, replace(told, id="e-more")], observed)
    assert {"e-more", told.id} <= set(after.open_expectations)
    assert not set(pair.observations) - set(after.open_observations)


# --- batch ------------------------------------------------------------------------------------------


def test_all_lines_of_a_number_make_the_settlement():
    lines = [observe("o1", amount=600), observe("o2", amount=400)]
    assert pairs(match([expect()], lines)) == [("batch", "e", "o1", "o2")]
    assert pairs(match([expect()], [*lines, observe("o3", amount=1)])) == []


def test_all_settlements_that_a_line_names_make_it():
    told = [expect("e1", 600, ["KU-ST-202610"]), expect("e2", 400, ["KU-ST-202611"])]
    line = observe(text="KU-ST-202610 KU-ST-202611")
    assert pairs(match(told, [line])) == [("batch", "e1", "e2", "o")]
    assert pairs(match(told, [line, observe("o2", amount=600)])) == [("reference", "e1", "o2")]


# --- run --------------------------------------------------------------------------------------------


def days(*amounts, first=DUE):
    return [
        expect(
            f"e{at}",
            amount,
            [f"DY-ST-{at:08}"],
            run=Run("douyin", first + timedelta(days=at), first + timedelta(days=at)),
        )
        for at, amount in enumerate(amounts)
    ]


def test_consecutive_days_that_make_a_line_are_suggested_and_confirmed_where_the_platform_says_so():
    line = observe(amount=500, text="", day=DUE + timedelta(days=4))
    outcome = match(days(100, 200, 300, 999), [line])
    assert [(one.rule, one.expectations) for one in outcome.suggested] == [("run", ("e1", "e2"))]
    named = Run("douyin", DUE + timedelta(days=1), DUE + timedelta(days=2))
    assert pairs(match(days(100, 200, 300, 999), [line], None, [named])) == [
        ("run", "e1", "e2", "o")
    ]


def test_two_runs_of_one_sum_are_ambiguous_and_a_missing_day_ends_a_run():
    line = observe(amount=300, text="", day=DUE + timedelta(days=4))
    twice = match(days(100, 200, 100, 200), [line])
    assert {one.verdict for one in twice.ambiguous} == {"ambiguous"}
    assert twice.confirmed == twice.suggested == ()
    gap = [*days(100), *(replace(one, id="late") for one in days(200, first=DUE + timedelta(2)))]
    assert match(gap, [line]).suggested == ()


# --- amount and date --------------------------------------------------------------------------------


def test_amount_and_date_alone_are_suggested_and_confirmed_only_where_the_fund_wants_it():
    monday = observe(text="", day=DUE + timedelta(days=3))
    outcome = match([expect()], [monday])
    assert [(one.rule, one.score) for one in outcome.suggested] == [("amount-date", 5)]
    rules = Rules(confirm_amount_and_date=True)
    assert pairs(match([expect()], [monday], rules)) == [("amount-date", "e", "o")]
    twin = observe("o2", text="", day=DUE + timedelta(days=10))
    assert pairs(match([expect()], [monday, twin], rules)) == []
    other_number = observe(text="KU-ST-202699")
    assert pairs(match([expect()], [other_number], rules)) == []


@pytest.mark.parametrize(
    ("day", "fits"),
    [
        (DUE - timedelta(days=1), True),
        (DUE - timedelta(days=2), False),
        (DUE + timedelta(days=5), True),  # Wednesday: the third working day after a Friday
        (DUE + timedelta(days=6), False),
    ],
)
def test_amount_and_date_count_working_days(day, fits):
    assert bool(match([expect()], [observe(text="", day=day)]).suggested) is fits


def test_holidays_and_worked_sundays_move_working_days():
    monday = date(2026, 11, 9)
    sunday = date(2026, 11, 8)
    assert working_day(DUE, 1, Rules()) == monday
    assert working_day(DUE, 1, Rules(holidays=frozenset([monday]))) == date(2026, 11, 10)
    assert working_day(DUE, 1, Rules(workdays=frozenset([sunday]))) == sunday


# --- subset and split -------------------------------------------------------------------------------


def payers(*amounts):
    return [expect(f"e{at:02}", one, [], party="北京快手") for at, one in enumerate(amounts)]


def test_the_one_set_that_makes_a_line_is_suggested_with_strangers_about():
    told = payers(100, 250, 700, 3000)
    line = observe(amount=950, text="", party="北京快手科技有限公司")
    outcome = match(told, [line])
    assert [(one.rule, one.expectations) for one in outcome.suggested] == [
        ("subset", ("e01", "e02"))
    ]
    twice = match([*told, expect("e99", 850, [], party="北京快手")], [line])
    assert twice.suggested == ()
    assert [one.observations for one in twice.ambiguous] == [("o",)]
    assert (
        match(told, [replace(line, line=replace(line.line, counterparty="孙某"))]).suggested == ()
    )


def test_lines_that_make_one_expectation_are_suggested():
    told = expect(party="快手", references=[])
    lines = [
        observe(f"o{at}", amount=one, text="", party="快手")
        for at, one in enumerate((300, 700, 5))
    ]
    outcome = match([told], lines)
    assert [(one.rule, one.observations) for one in outcome.suggested] == [("split", ("o0", "o1"))]


# --- tolerance --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("difference", "gifts", "fee", "fits"),
    [
        (100, None, None, True),
        (-100, None, None, True),
        (101, None, None, False),
        (-101, None, None, False),
        (3, 3, None, True),
        (4, 3, None, False),
        (-500, None, 500, True),
        (-499, None, 500, False),
        (500, None, 500, False),
    ],
)
def test_a_small_difference_is_suggested_with_its_adjustment(difference, gifts, fee, fits):
    told = expect(amount=100_000, gifts=gifts, fee_minor=fee)
    outcome = match([told], [observe(amount=100_000 + difference)])
    assert outcome.confirmed == ()
    assert [(one.rule, one.adjustment_minor) for one in outcome.suggested] == (
        [("tolerance", difference)] if fits else []
    )


def test_what_lost_is_told_with_its_reason():
    told = [expect(), expect("near", references=["DO-ST-202610"]), expect("sum", amount=5)]
    confirmed = match(told, [observe()]).confirmed[0]
    assert [(one.id, one.why) for one in confirmed.others] == [
        ("near", "other-reference"),
        ("sum", "other-amount"),
    ]


# --- very many equal sums -----------------------------------------------------------------------------


def equal_sums(n, days=1):
    """`n` payments and `n` lines of one sum, without a reference, spread over some days."""
    things = [
        expect(f"e{at:05}", references=(), due_first=day, due_last=day)
        for at in range(n)
        for day in [DUE + timedelta(days=at % days)]
    ]
    lines = [observe(f"o{at:05}", text="", day=DUE + timedelta(days=at % days)) for at in range(n)]
    return things, lines


def calls_of(act):
    """Count the calls of Python functions: the same on every machine and under every load."""
    profile = cProfile.Profile()
    profile.runcall(act)
    return sum(one.callcount for one in profile.getstats())


def test_work_grows_with_lines_of_one_sum_and_not_with_their_square():
    few, many = (calls_of(partial(match, *equal_sums(n, days=30))) for n in (200, 800))
    assert many < 5 * few  # with each pair given it is sixteen times


def test_a_line_that_very_many_payments_fit_is_ambiguous_and_says_which():
    things, lines = equal_sums(CANDIDATES_MAX + 1)
    alone = observe("z", text="", day=DUE + timedelta(days=8))
    outcome = match(things, [*lines, alone], Rules(confirm_amount_and_date=True))
    assert (outcome.confirmed, outcome.suggested) == ((), ())
    assert {one.observations for one in outcome.ambiguous} == {
        (one.id,) for one in (*lines, alone)
    }
    one = outcome.ambiguous[0]
    assert (one.rule, one.expectations) == ("amount-date", ())
    assert {other.why for other in one.others} == {"equally-good"}


def test_up_to_the_limit_each_pair_is_suggested():
    things, lines = equal_sums(CANDIDATES_MAX)
    outcome = match(things, lines)
    assert (len(outcome.suggested), outcome.ambiguous) == (CANDIDATES_MAX**2, ())


def test_what_lies_beside_a_crowd_is_never_the_only_one():
    """The last payment has one line that few others fit, and is near the crowded lines too."""
    things, lines = equal_sums(CANDIDATES_MAX + 1)
    late = expect(
        "z", references=(), due_first=DUE + timedelta(days=8), due_last=DUE + timedelta(days=8)
    )
    line = observe("zz", text="", day=DUE + timedelta(days=11))
    rules = Rules(confirm_amount_and_date=True)
    assert [one.expectations for one in match([late], [line], rules).confirmed] == [("z",)]
    outcome = match([*things, late], [*lines, line], rules)
    assert (outcome.confirmed, [one.expectations for one in outcome.suggested]) == ((), [("z",)])


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 5), st.sampled_from(("", "甲", "乙"))),
        max_size=12,
    ),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(("", "甲公司", "乙"))), max_size=12),
)
def test_pairs_are_those_that_a_look_at_each_pair_gives(things, lines):
    expected = [
        expect(
            f"e{at}",
            references=(),
            party=party,
            due_first=DUE + timedelta(days=first),
            due_last=DUE + timedelta(days=first + length),
        )
        for at, (first, length, party) in enumerate(things)
    ]
    observed = [
        observe(f"o{at}", text="", day=DUE + timedelta(days=day), party=party)
        for at, (day, party) in enumerate(lines)
    ]
    found = pair_equal_sums(expected, observed, timedelta(days=10))
    assert sorted((one.id, other.id) for one, other in found.pairs) == sorted(
        (one.id, other.id)
        for one in expected
        for other in observed
        if same_side(one, other)
        and is_near(one, other.day, 10, 10)
        and not (one.party and other.line.counterparty and not same_party(one, other))
    )
