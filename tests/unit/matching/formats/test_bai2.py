from datetime import date

import pytest

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.detect import read_statements
from tests.unit.matching.formats.bank_texts import BAI2


def read(text):
    return read_statements("f.bai", text.encode())


def test_a_report_is_read():
    (file,) = read(BAI2)
    assert (file.format, file.account, file.commodity) == ("bai2", "1000", "USD")
    assert (file.opening_minor, file.closing_minor, file.sum_minor, file.ties) == (
        10000,
        12750,
        2750,
        True,
    )
    assert (file.first_day, file.last_day) == (date(2026, 10, 5), date(2026, 10, 5))
    first, second = file.lines
    assert (first.line_no, first.amount_minor, first.bank_id, first.text) == (
        4,
        4000,
        "BR1",
        "PLATFORM WD20261101",
    )
    assert first.references == ("PLATFORM", "WD20261101")
    assert (second.amount_minor, second.bank_id, second.text) == (
        -1250,
        "BR2",
        "HOSPITAL, OCTOBER MEDICINE",
    )
    assert second.value_day == date(2026, 10, 6)


def test_records_on_one_line_are_records_too():
    (file,) = read(BAI2.replace("/\n", "/  "))
    assert [line.amount_minor for line in file.lines] == [4000, -1250]
    assert [line.line_no for line in file.lines] == [1, 2]


def test_a_continuation_goes_on_in_the_fields():
    cut = BAI2.replace(
        "015,12750,,,100,4000,1,,400,1250,1,/", "015,12750,,/\n88,100,4000,1,,400,1250,1,/"
    )
    cut = cut.replace("49,33250,5/", "49,33250,6/").replace("98,33250,1,7/", "98,33250,1,8/")
    cut = cut.replace("99,33250,1,9/", "99,33250,1,10/")
    (file,) = read(cut)
    assert (file.closing_minor, file.ties) == (12750, True)


@pytest.mark.parametrize(
    ("funds", "text"),
    [("S,1000,2000,1000", "S"), ("D,2,0,1000,1,3000", "D"), ("V,261006,0800", "V"), ("1", "1")],
)
def test_what_a_funds_type_brings_is_not_taken_for_text(funds, text):
    (file,) = read(BAI2.replace("4000,Z,BR1,CR1,PLATFORM", f"4000,{funds},BR1,CR1,{text}"))
    assert (file.lines[0].bank_id, file.lines[0].text) == ("BR1", f"{text} WD20261101")


@pytest.mark.parametrize(("code", "minor"), [("195", 4000), ("910", 4000), ("399", 4000)])
def test_credits_come_in(code, minor):
    assert read(BAI2.replace("16,195", f"16,{code}"))[0].lines[0].amount_minor == minor


def test_an_interim_report_is_pending_and_no_money():
    (file,) = read(BAI2.replace("USD,2/", "USD,3/"))
    assert (file.lines, file.sum_minor, file.ties) == ((), 0, None)
    assert [(line.amount_minor, line.state) for line in file.pending] == [
        (4000, "pending"),
        (-1250, "pending"),
    ]


def test_the_currency_is_the_accounts_else_the_groups_else_dollars():
    assert read(BAI2.replace("03,1000,,", "03,1000,EUR,"))[0].commodity == "EUR"
    assert read(BAI2.replace("2400,USD,2", "2400,,2"))[0].commodity == "USD"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("49,33250", "49,33251", "49 total"),
        ("49,33250,5", "49,33250,6", "49 records"),
        ("98,33250,1,7", "98,33249,1,7", "98 total"),
        ("98,33250,1,7", "98,33250,2,7", "98 parts"),
        ("98,33250,1,7", "98,33250,1,8", "98 records"),
        ("99,33250", "99,33260", "99 total"),
        ("99,33250,1,9", "99,33250,1,7", "99 records"),
        ("16,495,1250", "16,495,1251", "49 total"),
    ],
)
def test_a_total_that_differs_is_named_with_both_figures(old, new, field):
    wrong = BAI2.replace(old, new, 1)
    assert wrong != BAI2
    with pytest.raises(BalanceTieError) as raised:
        read(wrong)
    assert raised.value.fields["field"] == field
    assert raised.value.fields["expected"] != raised.value.fields["found"]


def test_a_report_whose_balances_do_not_follow_is_held():
    wrong = BAI2.replace("015,12750", "015,12760").replace("33250", "33260")
    with pytest.raises(BalanceTieError) as raised:
        read(wrong)
    assert (raised.value.fields["field"], raised.value.fields["difference_minor"]) == (
        "closing",
        10,
    )


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("16,195,4000", "16,195,-4000", "16 amount", "signed"),
        ("16,195,4000,", "16,195,,", "16 amount", "not-an-amount"),
        ("16,195,4000", "16,195,40.00", "16 amount", "not-an-amount"),
        ("16,195,4000", f"16,195,{'9' * 18}", "16 amount", "too-large"),
        ("16,195", "16,720", "16 type", "unknown-type"),
        ("16,195", "16,1x5", "16 type", "unknown-type"),
        ("4000,Z,", "4000,Q,", "funds type", "unknown"),
        ("4000,Z,", "4000,D,9,", "funds type", "malformed"),
        ("V,261006", "V,260230", "16 value date", "no-such-day"),
        ("1,261005", "1,260230", "02 date", "no-such-day"),
        ("1,261005", "2,261005", "02 status", "not-an-update"),
        ("2400,USD", "2400,ZZZ", "02 currency", "unknown-currency"),
        ("03,1000", "03,", "03 account", "missing"),
        ("03,1000", "03," + "1" * 200, "03 account", "too-long"),
        ("010,10000", "010,1oo00", "03 010", "not-an-amount"),
        ("49,33250,5/\n", "", "98", "out-of-place"),
        ("02,FUND", "03,FUND", "03", "out-of-place"),
        ("99,33250,1,9/\n", "", "99", "cut-off"),
        ("98,33250,1,7/\n99,33250,1,9/\n", "", "99", "cut-off"),
        ("98,33250,1,7", "98,33250", "98", "malformed"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(old, new, field, reason):
    wrong = BAI2.replace(old, new, 1)
    assert wrong != BAI2
    # The totals are checked first: let them agree, so that the value itself is looked at.
    agreed = {"-4000": "25250", ",,": "29250"}
    total = next((sum_ for end, sum_ in agreed.items() if new.endswith(end)), "33250")
    with pytest.raises(FileFormatError) as raised:
        read(wrong.replace("33250", total))
    found = raised.value.fields
    assert (found["file"], found["field"], found["reason"]) == ("f.bai", field, reason)
