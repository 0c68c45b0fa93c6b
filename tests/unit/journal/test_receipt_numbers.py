from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FieldError
from ledger.journal.receipt_numbers import (
    ALPHABET,
    ReceiptNumber,
    parse_receipt_number,
    receipt_number,
)

NUMBERS = st.builds(ReceiptNumber, st.integers(0, 2**40 - 1), st.integers(0, 2**20 - 1))


@given(NUMBERS)
def test_a_number_is_read_back(number: ReceiptNumber) -> None:
    assert len(number.compact) == 12
    assert set(number.compact) <= set(ALPHABET)
    assert number.grouped.replace(" ", "") == number.compact
    assert [len(group) for group in number.grouped.split(" ")] == [4, 4, 4]
    for text in (number.compact, number.grouped, number.compact.lower(), f"  {number.grouped}\n"):
        assert parse_receipt_number(text) == number


@given(st.integers(0, 2**40 - 1), st.binary(min_size=32, max_size=32))
def test_the_check_is_the_first_twenty_bits_of_the_leaf(seq: int, leaf: bytes) -> None:
    number = receipt_number(seq, leaf)
    assert number.seq == seq
    assert f"{number.check:020b}" == "".join(f"{byte:08b}" for byte in leaf[:3])[:20]


def test_golden() -> None:
    leaf = bytes.fromhex("6e340b") + bytes(29)
    assert receipt_number(0, leaf).grouped == "0000 0000 DRT0"
    assert receipt_number(123_456_789, leaf).compact == "003NQK8NDRT0"
    assert receipt_number(2**40 - 1, b"\xff" * 32).compact == "Z" * 12


@given(NUMBERS)
def test_letters_that_look_alike_are_the_same(number: ReceiptNumber) -> None:
    for wrong, right in (("O", "0"), ("o", "0"), ("I", "1"), ("l", "1")):
        assert parse_receipt_number(number.compact.replace(right, wrong)) == number
    wide = "".join(chr(ord(character) + 0xFEE0) for character in number.compact)
    assert parse_receipt_number(wide) == number
    assert parse_receipt_number("-".join(number.compact)) == number
    assert parse_receipt_number(f"{number.compact[:4]}–{number.compact[4:]}") == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" - ", "empty"),
        ("7K4Q92HDM3X", "length"),
        ("7K4Q92HDM3XAA", "length"),
        ("7K4Q92HDM3XU", "character"),
        ("7K4Q92HDM3X!", "character"),
        ("收据号", "character"),
        ("7K4Q/92HD/M3XA", "character"),
    ],
)
def test_what_is_no_number(text: str, reason: str) -> None:
    with pytest.raises(FieldError) as refused:
        parse_receipt_number(text)
    assert refused.value.fields["reason"] == reason


@pytest.mark.parametrize("seq", [-1, 2**40])
def test_a_number_that_does_not_fit(seq: int) -> None:
    with pytest.raises(FieldError, match="out-of-range"):
        receipt_number(seq, bytes(32))
