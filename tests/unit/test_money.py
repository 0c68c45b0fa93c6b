from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import AmountError
from ledger.money import (
    AMOUNT_MAX,
    EXPONENTS,
    PLATFORM_UNITS,
    STATED_EXPONENTS,
    exponent,
    format_amount,
    parse_amount,
    plain_amount,
)

COMMODITIES = st.sampled_from([*EXPONENTS, *PLATFORM_UNITS, *STATED_EXPONENTS])
AMOUNTS = st.integers(-AMOUNT_MAX, AMOUNT_MAX)


@pytest.mark.parametrize(
    ("text", "commodity", "minor"),
    [
        ("0", "CNY", 0),
        ("3", "CNY", 300),
        ("3.5", "CNY", 350),
        ("0.01", "CNY", 1),
        ("+0.01", "CNY", 1),
        ("-0.05", "CNY", -5),
        ("-0", "CNY", 0),
        (" 12.30\n", "CNY", 1_230),
        ("1,286,430.20", "CNY", 128_643_020),
        ("007", "CNY", 700),
        ("1.500", "CNY", 150),  # more digits than a fen has, all zeros
        ("500", "JPY", 500),
        ("500.00", "JPY", 500),
        ("1.234", "KWD", 1_234),
        ("66", "KSCOIN", 66),
        ("8.85", "CAD", 885),
        ("12", "ISK", 12),
        ("1.2345", "CLF", 12_345),
        ("90071992547409.91", "CNY", AMOUNT_MAX),
        ("-90071992547409.91", "CNY", -AMOUNT_MAX),
    ],
)
def test_amounts_are_read_exactly(text, commodity, minor):
    assert parse_amount(text, commodity) == minor


@pytest.mark.parametrize(
    ("text", "commodity", "reason"),
    [
        ("", "CNY", "not-an-amount"),
        ("   ", "CNY", "not-an-amount"),
        ("three", "CNY", "not-an-amount"),
        ("NaN", "CNY", "not-an-amount"),
        ("Infinity", "CNY", "not-an-amount"),
        ("1e5", "CNY", "not-an-amount"),
        ("1_000", "CNY", "not-an-amount"),
        ("0x10", "CNY", "not-an-amount"),
        (".5", "CNY", "not-an-amount"),
        ("5.", "CNY", "not-an-amount"),
        ("1.2.3", "CNY", "not-an-amount"),
        ("--1", "CNY", "not-an-amount"),
        ("1-", "CNY", "not-an-amount"),
        ("1 000", "CNY", "not-an-amount"),
        ("12,34", "CNY", "not-an-amount"),
        ("1234,567", "CNY", "not-an-amount"),
        (",123", "CNY", "not-an-amount"),
        ("1,234.5,6", "CNY", "not-an-amount"),
        ("1.234,56", "EUR", "not-an-amount"),
        ("¥3.00", "CNY", "not-an-amount"),
        ("3.00\x00", "CNY", "not-an-amount"),
        ("\u22125", "CNY", "not-an-amount"),  # the minus that we print
        ("0.001", "CNY", "too-many-decimals"),
        ("0.5", "JPY", "too-many-decimals"),
        ("1.2345", "KWD", "too-many-decimals"),
        ("0.5", "KSCOIN", "too-many-decimals"),
        ("90071992547409.92", "CNY", "too-large"),
        ("-90071992547409.92", "CNY", "too-large"),
        ("1", "BTC", "unknown-commodity"),
        ("1", "cny", "unknown-commodity"),
        ("1", "", "unknown-commodity"),
        ("x", "BTC", "not-an-amount"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(text, commodity, reason):
    with pytest.raises(AmountError) as caught:
        parse_amount(text, commodity)
    assert caught.value.fields["reason"] == reason


@pytest.mark.parametrize(
    "text",
    [
        *("1." + "0" * zeros + "1" for zeros in (3, 25, 26, 27, 40, 400)),
        "9" * 5_000,
        "0" * 5_000 + "1" * 5_000,
    ],
    ids=len,
)
def test_no_digit_of_a_long_text_is_rounded_away(text):
    with pytest.raises(AmountError):
        parse_amount(text, "CNY")


@pytest.mark.parametrize("text", ["３００", "٣", "1.０5", "१२"])
def test_only_ascii_digits_are_digits(text):
    with pytest.raises(AmountError) as caught:
        parse_amount(text, "CNY")
    assert caught.value.fields["reason"] == "not-an-amount"


def test_a_refusal_quotes_little_of_a_long_text():
    with pytest.raises(AmountError) as caught:
        parse_amount("x" * 10_000, "CNY")
    assert len(str(caught.value)) < 200


@given(AMOUNTS, COMMODITIES)
def test_a_plain_amount_reads_back(minor, commodity):
    assert parse_amount(plain_amount(minor, commodity), commodity) == minor


@given(AMOUNTS, COMMODITIES)
def test_a_printed_amount_reads_back_but_for_its_minus(minor, commodity):
    printed = format_amount(minor, commodity)
    assert parse_amount(printed.replace("\u2212", "-"), commodity) == minor
    assert printed.isascii() is (minor >= 0)


@given(AMOUNTS, COMMODITIES)
def test_an_amount_is_printed_with_all_its_decimals(minor, commodity):
    _, _, fraction = plain_amount(minor, commodity).partition(".")
    assert len(fraction) == exponent(commodity)


@given(st.text(max_size=60), COMMODITIES)
def test_any_text_is_an_amount_or_refused(text, commodity):
    try:
        minor = parse_amount(text, commodity)
    except AmountError:
        return
    assert abs(minor) <= AMOUNT_MAX


@pytest.mark.parametrize(
    ("minor", "commodity", "printed", "plain"),
    [
        (128_643_020, "CNY", "1,286,430.20", "1286430.20"),
        (-5, "CNY", "\u22120.05", "-0.05"),
        (0, "CNY", "0.00", "0.00"),
        (1_000, "JPY", "1,000", "1000"),
        (-1_234, "KWD", "\u22121.234", "-1.234"),
    ],
)
def test_amounts_are_written(minor, commodity, printed, plain):
    assert format_amount(minor, commodity) == printed
    assert plain_amount(minor, commodity) == plain


def test_no_code_is_both_a_currency_and_a_unit():
    tables = (EXPONENTS, PLATFORM_UNITS, STATED_EXPONENTS)
    assert len({code for table in tables for code in table}) == sum(map(len, tables))
