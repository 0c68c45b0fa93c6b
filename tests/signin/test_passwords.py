"""Which passwords are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.signin import make_common_passwords
from ledger.signin.passwords import COMMON_FILE, common_passwords, normalise, weakness


def test_the_shipped_list_is_what_its_script_makes():
    assert COMMON_FILE.read_text(encoding="utf-8").splitlines() == make_common_passwords.lines()
    assert len(common_passwords()) > 10_000


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Passw0rd1234", "P@ssw0rd2026!", "passwordpassword", "123456789012", "210987654321",
        "qwertyuiop12", "1qaz2wsx3edc", "woaini1314520", "52013145201314", "zhang5201314520", "WangWei123456",
        "iloveyou2026", "!!!administrator!!!", "administrator1", "20082008", "caizhengju2026", "112233445566",
    ],
)  # fmt: skip
def test_well_known_ones_are_not(password):
    assert weakness(password) in {"common", "too-short", "repeats"}


@pytest.mark.parametrize(
    "password",
    [
        "a quiet morning on the steppe", "correct horse battery staple", "青禾县的草原上有马儿跑着呢",
        "kX9!vb2Lq0pz", "tr0ub4dor&3xyz", "马跑得快 river 7 stones", "x" * 60 + "abcdefgh" * 8,
    ],
)  # fmt: skip
def test_good_ones_are(password):
    assert weakness(password, ["Zhao Lei", "zhaolei@qinghe.example.com"]) is None


@pytest.mark.parametrize(
    "password",
    [
        "zhaolei likes tea",
        "tea for ZHAOLEI again",
        "qinghe qinghe river",
        "the mingzhang ledger",
        "明账的密码是什么呢我忘了",
    ],
)
def test_personal_ones_are_not(password):
    assert weakness(password, ["赵磊", "zhaolei@qinghe.gov.cn"]) == "personal"


def test_a_name_in_chinese_counts_too():
    assert weakness("今天赵磊在草原上骑着马呢", ["赵磊"]) == "personal"


@given(st.text(min_size=12, max_size=128))
def test_one_form_whatever_the_keyboard_composed(text):
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(max_size=11))
def test_short_is_short(text):
    assert weakness(text) == "too-short"


@given(st.sampled_from(sorted(common_passwords())), st.sampled_from(sorted(common_passwords())))
def test_two_well_known_ones_are_no_better(first, second):
    assert weakness(first + second) is not None
