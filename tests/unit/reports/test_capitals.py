"""Amounts in capitals: the rules' own examples, and a reader that knows nothing of the writer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import AmountError
from ledger.money import AMOUNT_MAX
from reports.capitals import capitals

_SIZES = {"拾": 10, "佰": 100, "仟": 1000}


def _read(text: str) -> int:
    """Read capitals back to fen, section by section: a slow reader with rules of its own."""
    body = text.removeprefix("人民币")
    sign = -1 if body.startswith("负") else 1
    match = re.fullmatch(r"负?(?:(.+)元)?零?(?:(.)角)?(?:(.)分)?整?", body)
    assert match is not None, text
    digits = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
    done, section, digit = 0, 0, 0
    for character in match[1] or "":
        if character in digits:
            digit = digits[character]
        elif character in _SIZES:
            section, digit = section + digit * _SIZES[character], 0
        elif character == "万":
            done, section, digit = done + (section + digit) * 10**4, 0, 0
        else:
            done, section, digit = (done + section + digit) * 10**8, 0, 0
    yuan = done + section + digit
    return sign * (yuan * 100 + digits[match[2] or "零"] * 10 + digits[match[3] or "零"])


@pytest.mark.parametrize(
    ("amount_fen", "written"),
    [
        (140950, "壹仟肆佰零玖元伍角整"),  # the annex: 1,409.50
        (600714, "陆仟零柒元壹角肆分"),  # 6,007.14
        (168032, "壹仟陆佰捌拾元叁角贰分"),  # 1,680.32
        (10700053, "壹拾万柒仟元伍角叁分"),  # 107,000.53
        (1640902, "壹万陆仟肆佰零玖元零贰分"),  # 16,409.02
        (32504, "叁佰贰拾伍元零肆分"),  # 325.04
        (3400000, "叁万肆仟元整"),
        (100000000000, "壹拾亿元整"),
        (10001000000, "壹亿零壹万元整"),
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (-1000, "负壹拾元整"),
    ],
)
def test_examples_of_the_rules(amount_fen: int, written: str) -> None:
    assert capitals(amount_fen) == "人民币" + written


@given(st.integers(-AMOUNT_MAX, AMOUNT_MAX))
def test_reads_back_to_the_fen(amount_fen: int) -> None:
    assert _read(capitals(amount_fen)) == amount_fen


@given(st.integers(1, AMOUNT_MAX))
def test_no_gap_is_written_twice_and_the_end_is_closed(amount_fen: int) -> None:
    text = capitals(amount_fen)
    assert "零零" not in text
    assert "零元" not in text
    assert text.endswith(("整", "分"))


@pytest.mark.parametrize("amount_fen", [AMOUNT_MAX + 1, -AMOUNT_MAX - 1])
def test_refuses_more_than_the_ledger_holds(amount_fen: int) -> None:
    with pytest.raises(AmountError, match="too-large"):
        capitals(amount_fen)
