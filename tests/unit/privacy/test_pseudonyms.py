"""Pseudonyms that do not meet, and masks that no nickname can break."""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import FieldError
from ledger.privacy.pseudonyms import ANONYMOUS, mask_nickname, pseudonym

KEY = bytes(range(32))
keys = st.binary(min_size=32, max_size=32)


def test_golden_pseudonym():
    message = b"mingzhang/pseudonym/v1\x00" + b"\x00\x00\x00\x06" + b"qinghe" + b"1001"
    digest = hmac.digest(KEY, message, "sha256")[:16]
    expected = base64.b32encode(digest).decode().rstrip("=").lower()
    assert pseudonym(KEY, "qinghe", "1001") == expected


@given(keys, st.text(max_size=20), st.text(max_size=40))
def test_shape_and_repeat(key, scope, value):
    name = pseudonym(key, scope, value)
    assert re.fullmatch("[a-z2-7]{26}", name)
    assert pseudonym(key, scope, value) == name


@given(
    keys, keys, st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.text(max_size=5)
)
def test_different_people_scopes_or_keys_do_not_meet(key1, key2, scope1, scope2, value1, value2):
    assume((key1, scope1, value1) != (key2, scope2, value2))
    assert pseudonym(key1, scope1, value1) != pseudonym(key2, scope2, value2)


def test_scope_and_value_do_not_run_together():
    assert pseudonym(KEY, "a", "bc") != pseudonym(KEY, "ab", "c")


def test_half_a_surrogate_pair_is_a_value_too():
    assert pseudonym(KEY, "a", "\ud83d") != pseudonym(KEY, "a", "?")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_have_one_length(length):
    with pytest.raises(FieldError):
        pseudonym(bytes(length), "a", "b")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("李雷", "李**"),
        ("李", "李**"),
        ("Anna", "A**"),
        ("  Anna", "A**"),
        ("42号", "4**"),
        ("𠮷野家", "𠮷**"),
        ("é", "é**"),
        ("e\u0301te", "é**"),
        ("각하", "각**"),
        ("\u1100\u1161\u11a8", "각**"),
        ("ที่รัก", "ที่**"),
        ("ก็ดี", "ก็**"),
        ("👍🏽 ok", "👍🏽**"),
        ("👨\u200d👩\u200d👧", "👨**"),
        ("🇨🇳🇫🇷", "🇨🇳**"),
        ("🇨", "🇨**"),
        ("❤\ufe0f x", "❤\ufe0f**"),
        ("<script>", "<**"),
        ("**", "***"),
    ],
    ids=range(19),
)
def test_first_character_is_shown(name, shown):
    assert mask_nickname(name) == shown


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\u3000\u00a0",
        "\n\t\r\x00\x1b",
        "\u200b\u200c\u200d\ufeff",
        "\u202e\u2066\u200f",
        "\u3164\u3164",
        "\u115f\u1160\uffa0\u2800",
        "\U000e0041\U000e007f",
        "\ue000\uf8ff",
        "\ud83d",
        "\u0301\u0302",
        "\u2028\u2029",
        "\u200b" * 100_000 + "李",
    ],
    ids=range(14),
)
def test_nothing_visible_is_anonymous(name):
    assert mask_nickname(name) == ANONYMOUS


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\u202e李雷", "李**"),
        ("李\u202e雷", "李**"),
        ("\u200b\x00李", "李**"),
        ("\u0301李", "李**"),
        ("Z" + "\u0351" * 500, "Z\u0351\u0351**"),
        ("李" * 100_000, "李**"),
    ],
    ids=["override-first", "override-second", "hidden", "mark-first", "stacked", "long"],
)
def test_tricks_are_dropped(name, shown):
    assert mask_nickname(name) == shown


@given(st.text(st.characters(), max_size=80))
def test_a_mask_is_short_and_harmless(name):
    shown = mask_nickname(name)
    assert shown == ANONYMOUS or shown.endswith("**")
    assert len(shown) <= 5
    assert unicodedata.category(shown[0])[0] in "LNPS"
    assert not any(unicodedata.category(ch)[0] in "CZ" for ch in shown)
    shown.encode("utf-8")
