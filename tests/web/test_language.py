"""Both languages say the same, with the same figures, in each one's own way of writing."""

from __future__ import annotations

import re
import string
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger.web import formats
from ledger.web.language import Voice, language_of
from ledger.web.sentences import SENTENCES

WEB = Path(__file__).parents[2] / "ledger" / "web"
SPACE = formats.NBSP


def _holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_holes_and_marks():
    uneven = [
        key
        for key, (zh, en) in SENTENCES.items()
        if not (zh and en)
        or _holes(zh) != _holes(en)
        or not zh.count("<strong>") == en.count("<strong>") == en.count("</strong>")
    ]
    assert uneven == []


def test_english_has_no_full_width_marks_and_nobody_shouts():
    for key, (zh, en) in SENTENCES.items():
        if key != "other_language":
            assert not re.search(r"[\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]", en), key
        assert "!" not in en, key
        assert "！" not in zh, key
        assert "区块链" not in zh, key


def test_no_sentence_is_written_twice():
    keys = Counter(
        key
        for file in (*WEB.rglob("*sentences.py"), WEB.parent / "signin" / "sentences.py")
        for key in re.findall(r'^    "([^"]+)": \(', file.read_text("utf-8"), re.MULTILINE)
    )
    assert [key for key in SENTENCES if keys[key] > 1] == []


def test_templates_ask_only_for_sentences_that_exist():
    used = {
        key
        for template in WEB.rglob("*.html")
        for key in re.findall(r'\bsay\("([a-z_.]+)"[,)]', template.read_text("utf-8"))
    }
    assert used
    assert used <= SENTENCES.keys()


def test_templates_hold_no_sentence_of_their_own():
    for template in WEB.rglob("*.html"):
        text = re.sub(r"\{[{%].*?[}%]\}", "", template.read_text("utf-8"), flags=re.DOTALL)
        assert re.findall(r"[\u4e00-\u9fff]+", text) in ([], ["明"]), template.name


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("/", "zh"),
        ("/funds/en", "zh"),
        ("/en", "en"),
        ("/en/", "en"),
        ("/en/funds/x", "en"),
        ("/english", "zh"),
    ],
)
def test_the_address_decides_the_language(path, language):
    assert language_of(path) == language


@pytest.mark.parametrize(
    ("minor", "commodity", "zh", "en"),
    [
        (300, "CNY", "3.00 元", "¥3.00"),
        (-5, "CNY", "−0.05 元", "−¥0.05"),
        (128_643_020, "CNY", "1,286,430.20 元", "¥1,286,430.20"),
        (1_200, "USD", "12.00 USD", "12.00 USD"),
        (500, "JPY", "500 JPY", "500 JPY"),
        (30, "DYCOIN", "30 抖币", "30 Douyin coins"),
    ],
)
def test_money_in_a_sentence(minor, commodity, zh, en):
    assert formats.money(minor, commodity, "zh").replace(SPACE, " ") == zh
    assert formats.money(minor, commodity, "en").replace(SPACE, " ") == en


def test_days_and_times():
    at = datetime(2019, 10, 18, 16, 5, tzinfo=UTC)  # after midnight in Shanghai
    zh, en = Voice("zh"), Voice("en")
    assert zh.moment(at).replace(SPACE, " ") == "2019-10-19 00:05"
    assert en.moment(at).replace(SPACE, " ") == "19 Oct 2019, 00:05"
    assert zh.day_of(at).replace(SPACE, " ") == "10 月 19 日"
    assert en.full_day_of(at).replace(SPACE, " ") == "19 October 2019"
    assert en.month(date(2019, 9, 1)).replace(SPACE, " ") == "September 2019"


@pytest.mark.parametrize(("number", "text"), [(0, "0 days"), (1, "1 day"), (9, "9 days")])
def test_english_counts_in_the_plural(number, text):
    assert formats.counted(number, "day", "en").replace(SPACE, " ") == text


@pytest.mark.parametrize(("permyriad", "text"), [(5000, "50%"), (150, "1.5%"), (5, "0.05%")])
def test_rates_keep_every_digit(permyriad, text):
    assert formats.rate(permyriad) == text


def test_what_fills_a_hole_is_escaped():
    assert "&lt;b&gt;" in Voice("zh")("run_by", operator="<b>")


def test_a_value_may_be_called_as_anything():
    """What failed names its fields; one of them may be called `key`."""
    assert Voice("zh")("job.why.settings", name="LEDGER_X", key="one of them").endswith(
        "LEDGER_X。"
    )
