import contextlib
import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FieldError
from ledger.matching.formats.mappings import (
    DELIMITERS,
    ENCODINGS,
    Mapping,
    check,
    from_json,
    to_json,
)

RIGHT = Mapping(
    name="农行对公", date="交易时间", date_format="%Y-%m-%d", amount="金额", currency="CNY"
)

names = st.text("日期金额余额abcXYZ0123456789()/- ", min_size=1, max_size=12).filter(str.strip)


@st.composite
def right_mappings(draw):
    mapping = replace(
        RIGHT,
        name=draw(names),
        date=draw(names),
        text=tuple(draw(st.lists(names, max_size=3))),
        id=tuple(draw(st.lists(names, max_size=2))),
        encoding=draw(st.sampled_from(ENCODINGS)),
        delimiter=draw(st.sampled_from(DELIMITERS)),
        skip_rows=draw(st.integers(0, 100)),
        zone=draw(st.sampled_from(["Asia/Shanghai", "UTC", "Europe/Paris"])),
    )
    sign = draw(st.sampled_from(["plus-in", "plus-out", "columns", "direction"]))
    if sign == "columns":
        return replace(mapping, sign=sign, amount="", money_in="in", money_out="out")
    return replace(mapping, sign=sign, direction="D/C" if sign == "direction" else "")


@given(right_mappings())
def test_a_mapping_comes_back_from_json_as_it_was(mapping):
    assert from_json(to_json(mapping)) == mapping


def test_what_is_left_out_takes_its_default():
    text = '{"name":"n","date":"d","date_format":"%Y%m%d","amount":"a","currency":"EUR","decimal":",","thousands":"."}'
    assert from_json(text) == Mapping(
        "n", "d", "%Y%m%d", amount="a", currency="EUR", decimal=",", thousands="."
    )


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"name": " "}, "name", "missing"),
        ({"date": ""}, "date", "missing"),
        ({"date_format": "%Y-%m"}, "date_format", "no-day"),
        ({"date_format": "%m-%d"}, "date_format", "no-year"),
        ({"date_format": "%Y %y-%m-%d"}, "date_format", "no-year"),
        ({"date_format": "%Y-%m-%d %p"}, "date_format", "unknown-directive"),
        ({"date_format": "%Y-%m-%d%"}, "date_format", "unknown-directive"),
        ({"date_format": "%Y-%m-%d %d"}, "date_format", "directive-twice"),
        ({"time": "t", "time_format": "%H"}, "time_format", "no-time-of-day"),
        ({"time": "t", "time_format": "%Y %H:%M"}, "time_format", "no-time-of-day"),
        ({"time": "t", "date_format": "%Y-%m-%d %H:%M"}, "date_format", "time-twice"),
        ({"amount": ""}, "amount", "missing"),
        ({"money_in": "in"}, "money_in", "not-with-this-sign"),
        ({"sign": "columns", "amount": ""}, "money_in", "missing"),
        ({"sign": "columns", "amount": "", "money_in": "a"}, "money_out", "missing"),
        ({"sign": "columns", "amount": "", "money_in": "a", "money_out": "a"}, "money_out", "same-column"),
        ({"sign": "columns", "money_in": "a", "money_out": "b"}, "amount", "not-with-this-sign"),
        ({"sign": "direction"}, "direction", "missing"),
        ({"direction": "D/C"}, "direction", "not-with-this-sign"),
        ({"sign": "direction", "direction": "d", "out_words": ("D", "cr")}, "out_words", "same-word"),
        ({"sign": "direction", "direction": "d", "out_words": ()}, "out_words", "missing"),
        ({"sign": "direction", "direction": "d", "in_words": ()}, "in_words", "missing"),
        ({"sign": "guess"}, "sign", "not-allowed"),
        ({"encoding": "utf-7"}, "encoding", "not-allowed"),
        ({"delimiter": "a"}, "delimiter", "not-allowed"),
        ({"decimal": "'"}, "decimal", "not-allowed"),
        ({"thousands": "."}, "thousands", "same-as-decimal"),
        ({"skip_rows": -1}, "skip_rows", "out-of-range"),
        ({"skip_rows": 101}, "skip_rows", "out-of-range"),
        ({"zone": "Asia/Nowhere"}, "zone", "unknown-zone"),
        ({"zone": "../../etc/passwd"}, "zone", "unknown-zone"),
        ({"zone": ""}, "zone", "unknown-zone"),
        ({"currency": ""}, "currency", "unknown-currency"),
        ({"currency": "ABC"}, "currency", "unknown-currency"),
        ({"currency_column": "币种"}, "currency", "column-given"),
        ({"account": "1", "account_column": "账号"}, "account", "column-given"),
        ({"text": ("",)}, "text", "empty"),
        ({"ignored_starts": (" ",)}, "ignored_starts", "empty"),
        ({"text": ("a",) * 21}, "text", "too-many"),
        ({"balance": "a" * 101}, "balance", "too-long"),
        ({"counterparty": "a\nb"}, "counterparty", "not-printable"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(change, field, reason):
    check(RIGHT)
    with pytest.raises(FieldError) as raised:
        check(replace(RIGHT, **change))
    assert (raised.value.fields["field"], raised.value.fields["reason"]) == (field, reason)


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("", "mapping", "not-json"),
        ("{", "mapping", "not-json"),
        ("[" * 100_000, "mapping", "too-long"),
        ("[" * 60_000, "mapping", "not-json"),
        ("[]", "mapping", "not-an-object"),
        ('{"name":"a","name":"b"}', "mapping", "field-twice"),
        ('{"nane":"a"}', "nane", "unknown"),
        ('{"name":"a","date":"d"}', "date_format", "missing"),
    ],
)
def test_what_is_no_mapping_is_refused(text, field, reason):
    with pytest.raises(FieldError) as raised:
        from_json(text)
    assert (raised.value.fields["field"], raised.value.fields["reason"]) == (field, reason)


@pytest.mark.parametrize("name", [one.name for one in fields(Mapping)])
@pytest.mark.parametrize("value", [None, 1.5, True, {}, [1], [["a"]]])
def test_a_value_of_another_type_is_refused(name, value):
    with pytest.raises(FieldError) as raised:
        from_json(json.dumps(asdict(RIGHT) | {name: value}))
    assert (raised.value.fields["field"], raised.value.fields["reason"]) == (name, "wrong-type")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from([one.name for one in fields(Mapping)]), json_values, max_size=8
    )
)
def test_any_json_is_a_mapping_or_refused_in_our_own_words(given_):
    with contextlib.suppress(FieldError):
        check(from_json(json.dumps(asdict(RIGHT) | given_)))


def test_the_mapping_in_the_documentation_is_right():
    page = (Path(__file__).parents[4] / "docs" / "bank-files.md").read_text("utf-8")
    shown = page.partition("```json\n")[2].partition("```")[0]
    assert from_json(shown).name == "ICBC corporate"
