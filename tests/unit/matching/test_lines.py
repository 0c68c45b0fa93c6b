from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BalanceTieError
from ledger.matching.lines import (
    NO_CURRENCY,
    BankFile,
    BankLine,
    carries_reference,
    check_chain,
    closing_of,
    count_twins,
    line_identities,
    normalise_text,
    oldest_first,
    opening_of,
    references_in,
    reused_numbers,
)

AT = datetime(2026, 11, 7, 11, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def line(amount=100, balance=None, number=None, text="捐款", **others):
    known = {
        "line_no": 2,
        "account": "A",
        "booked_at": AT,
        "commodity": "CNY",
        "references": references_in(text),
        "counterparty": "",
    }
    return BankLine(
        amount_minor=amount, balance_minor=balance, bank_id=number, text=text, **(known | others)
    )


def chain(amounts, opening=0):
    lines, balance = [], opening
    for number, amount in enumerate(amounts, start=2):
        balance += amount
        lines.append(line(amount, balance, line_no=number))
    return tuple(lines)


def file_of(lines, opening=None, closing=None):
    return BankFile("ccb_corporate", "A", "CNY", opening, closing, None, None, tuple(lines))


amounts = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12)


@given(amounts, st.integers(-(10**9), 10**9))
def test_a_chain_ties_and_gives_its_opening_and_closing(given_amounts, opening):
    lines = chain(given_amounts, opening)
    assert (opening_of(lines), closing_of(lines)) == (opening, opening + sum(given_amounts))
    check_chain(file_of(lines, opening, opening + sum(given_amounts)))


@given(amounts, st.data())
def test_any_amount_that_was_changed_breaks_the_chain_at_its_line(given_amounts, data):
    lines = list(chain(given_amounts))
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = replace(lines[at], amount_minor=lines[at].amount_minor + 1)
    with pytest.raises(BalanceTieError) as raised:
        check_chain(file_of(lines, 0, closing_of(lines)), "bank.csv")
    assert raised.value.fields == {
        "file": "bank.csv",
        "line": lines[at].line_no,
        "field": "balance",
        "expected": lines[at].balance_minor + 1,
        "found": lines[at].balance_minor,
        "account_ending": "A",
        "currency": "CNY",
        "first_day": None,
        "last_day": None,
        "opening_minor": 0,
        "closing_minor": closing_of(lines),
        "sum_minor": sum(given_amounts) + 1,
        "lines": len(lines),
        "difference_minor": -1,
    }


def test_a_closing_balance_that_does_not_follow_is_named():
    with pytest.raises(BalanceTieError) as raised:
        check_chain(file_of([line(30), line(-10)], 100, 121))
    assert (raised.value.fields["field"], raised.value.fields["expected"]) == ("closing", 120)
    assert raised.value.fields["found"] == 121


@pytest.mark.parametrize(
    ("found", "reason"), [("SEK", "other-currency"), (NO_CURRENCY, "no-currency")]
)
def test_a_closing_balance_that_is_not_in_the_accounts_currency_never_ties(found, reason):
    stated = replace(file_of([line(30)], 100, 130), closing_commodity=found)
    assert stated.ties is False
    with pytest.raises(BalanceTieError) as raised:
        check_chain(stated)
    assert raised.value.fields["reason"] == reason
    assert raised.value.fields["difference_minor"] == 0


def test_a_statement_that_does_not_state_both_balances_neither_ties_nor_fails():
    assert file_of([line(30)], None, 130).ties is None
    assert file_of([line(30)], 100, None).ties is None
    assert file_of([line(30)], 100, 130).ties is True
    assert file_of([line(30)], 100, 131).ties is False


def test_a_line_without_a_balance_is_carried_to_the_next_that_has_one():
    check_chain(file_of([line(30), line(-10, 120)], 100, 120))
    with pytest.raises(BalanceTieError):
        check_chain(file_of([line(30), line(-10, 90)], 100))


def test_without_an_opening_balance_the_first_stated_one_is_taken():
    check_chain(file_of([line(30), line(5, 7), line(-10, -3)], None, -3))
    with pytest.raises(BalanceTieError):
        check_chain(file_of([line(5, 7), line(-10, -2)], None))


@given(amounts)
def test_an_export_written_newest_first_is_turned_round(given_amounts):
    lines = chain(given_amounts)
    assert opening_of(oldest_first(lines)) == opening_of(lines)
    turned = oldest_first(lines[::-1])
    check_chain(file_of(turned, opening_of(turned), closing_of(turned)))


def test_an_export_that_ties_in_no_order_keeps_its_own():
    lines = (line(1, 1), line(1, 5), line(1, 9))
    assert oldest_first(lines) == lines


def test_two_equal_lines_of_one_day_stay_two_and_are_the_same_two_in_another_file():
    first = line_identities(file_of([line(), line(), line(200)]))
    again = line_identities(file_of([line(200), line(), line()]))
    assert len(set(first)) == 3
    assert sorted(first) == sorted(again)


def test_the_ordinal_counts_within_a_day():
    later = replace(line(), booked_at=AT.replace(day=8))
    alone = line_identities(file_of([later]))
    assert line_identities(file_of([line(), later]))[1] == alone[0]


def test_lines_with_different_bank_numbers_are_never_one():
    assert len(set(line_identities(file_of([line(number="1"), line(number="2")])))) == 2


def test_a_number_that_the_bank_gave_to_two_movements_loses_neither():
    lines = (line(number="1"), line(200, number="1"), line(number="1"))
    assert len(set(line_identities(file_of(lines)))) == 3
    assert [notice.reason for notice in reused_numbers(lines, "FITID")] == ["number-reused"]


@given(
    st.lists(
        st.lists(
            st.builds(line, st.integers(1, 2), number=st.sampled_from([None, "1", "2"])),
            max_size=5,
        ),
        max_size=4,
    ),
    st.data(),
)
def test_cut_into_any_pages_lines_keep_their_identities(pages, data):
    """Two equal lines on two pages both survive, and the same file in one piece adds nothing."""
    files = [file_of(page) for page in pages]
    paged = [name for file in count_twins(files) for name in line_identities(file)]
    assert len(set(paged)) == len(paged)
    whole = data.draw(st.permutations([one for page in pages for one in page]))
    assert set(line_identities(file_of(whole))) == set(paged)


@pytest.mark.parametrize(
    "other",
    [
        line(-100),
        line(101),
        line(text="捐款二"),
        line(account="B"),
        line(commodity="USD"),
        line(booked_at=AT.replace(day=8)),
        line(number="1"),
    ],
)
def test_whatever_tells_lines_apart_is_in_the_identity(other):
    assert line_identities(file_of([line()])) != line_identities(file_of([other]))


def test_width_and_spaces_of_a_text_do_not_matter():
    assert line_identities(file_of([line(text="WD 2026")])) == line_identities(
        file_of([line(text=" ＷＤ　2026")])
    )


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    assert normalise_text(normalise_text(text)) == normalise_text(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("抖音直播收益 DO-ST-202610", ("DO-ST-202610",)),
        ("收益KU-ST-202610已付，WD20261101。", ("KU-ST-202610", "WD20261101")),
        ("ＷＤ２０２６１１０１", ("WD20261101",)),
        ("捐赠转基金 2026-10", ()),
        ("1234567", ()),
        ("-1234567-", ()),
        ("WD20261101 WD20261101", ("WD20261101",)),
        ("捐赠捐赠捐赠捐赠捐赠", ()),
    ],
)
def test_references_are_runs_of_eight_letters_and_digits(text, found):
    assert references_in(text) == found


def test_references_do_not_grow_together_across_fields():
    assert references_in("WD20", "261101") == ()


@pytest.mark.parametrize(
    ("text", "reference", "carried"),
    [
        ("电子汇入 WD20261101", "WD20261101", True),
        ("电子汇入 wd20261101", "WD20261101", True),
        ("电子汇入 WD202611012", "WD20261101", False),
        ("电子汇入 WD20261101-2", "WD20261101", False),
        ("0000012345678", "12345678", True),
        ("00001234", "00001234", True),
        ("00000000", "00000000", True),
        ("任何文字", "00000000", False),
        ("电子汇入 捐赠转基金 2026-10", "捐赠转基金 2026-10", True),
        ("电子汇入 捐赠转基金　2026-10", "捐赠转基金 2026-10", True),
        ("电子汇入 捐赠转基金 2026-101", "捐赠转基金 2026-10", False),
        ("WD2026", "WD2026", False),
        ("任何文字", "", False),
    ],
)
def test_a_line_carries_a_reference_only_as_a_whole(text, reference, carried):
    assert carries_reference(line(text=text), reference) is carried
