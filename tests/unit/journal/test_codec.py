from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FieldError
from ledger.journal.codec import decode, encode, postings_of, signed_lines
from ledger.journal.entries import KINDS, VERSION, Posting

AMOUNT_MAX = 2**53 - 1
NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-AMOUNT_MAX, AMOUNT_MAX) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)
ACCOUNTS = st.sampled_from(["Assets:Bank:CCB", "Income:Gifts:Kuaishou", "Assets:Fund:Main"])
POSTINGS = st.lists(
    st.builds(
        Posting, ACCOUNTS, ACCOUNTS, st.sampled_from(["CNY", "USD"]), st.integers(1, AMOUNT_MAX)
    ),
    max_size=5,
)


def reference(value: object) -> bytes:
    """Encode as RFC 8785 says, for values with ASCII keys and without floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(OBJECTS)
def test_the_encoding_is_the_canonical_one(value: dict[str, object]) -> None:
    # Python writes U+007F as it is and short escapes for the same controls as the RFC.
    assert encode(value) == reference(value)


@given(OBJECTS)
def test_decoding_gives_back_what_was_encoded(value: dict[str, object]) -> None:
    assert decode(encode(value)) == value


GOLDEN = (
    b'{"actor":{"id":"import","role":"intake"},"body":{"amount":100,"item":"\xe5\x95\xa4\xe9\x85\x92"},'
    b'"fund":"qinghe","kind":"gift","occurred_at":"2026-10-09T12:00:00Z",'
    b'"postings":[{"account":"Assets:Platform:Kuaishou","amount":100,"commodity":"CNY"},'
    b'{"account":"Income:Gifts:Kuaishou","amount":-100,"commodity":"CNY"}],'
    b'"recorded_at":"2026-10-09T12:00:00Z","seq":17,"v":1}'
)


def golden(**changes: object) -> bytes:
    values: dict[str, object] = {
        "fund": "qinghe",
        "seq": 17,
        "kind": "gift",
        "recorded_at": "2026-10-09T12:00:00Z",
        "occurred_at": "2026-10-09T12:00:00Z",
        "actor": {"role": "intake", "id": "import"},
        "body": {"item": "啤酒", "amount": 100},
        "postings": signed_lines(
            [Posting("Assets:Platform:Kuaishou", "Income:Gifts:Kuaishou", "CNY", 100)]
        ),
    }
    return encode(values | {"v": VERSION} | changes)


def test_the_bytes_of_an_entry_never_change() -> None:
    assert golden() == GOLDEN


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("fund", "other"),
        ("seq", 18),
        ("kind", "income"),
        ("recorded_at", "2026-10-09T12:01:00Z"),
        ("occurred_at", "2026-10-09T12:01:00Z"),
        ("actor", {"role": "intake", "id": "other"}),
        ("actor", {"role": "system", "id": "import"}),
        ("body", {"item": "啤酒", "amount": 101}),
        ("postings", []),
    ],
)
def test_every_field_that_can_mislead_is_inside(name: str, other: object) -> None:
    assert golden(**{name: other}) != GOLDEN


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"\xff", "not-json"),
        (b'{"a":NaN}', "not-json"),
        (b'{"a":1}\n{"b":2}', "not-json"),
        (b"[]", "not-canonical"),
        (b"1", "not-canonical"),
        (b'{"a": 1}', "not-canonical"),
        (b'{"a":1}\n', "not-canonical"),
        (b'{"b":1,"a":1}', "not-canonical"),
        (b'{"a":1,"a":2}', "not-canonical"),
        (b'{"a":1e0}', "not-canonical"),
        (b'{"a":01}', "not-json"),
        (b'{"a":"\\u0041"}', "not-canonical"),
        (b'{"a":"\\/"}', "not-canonical"),
        (b'{"a":18446744073709551616}', "not-canonical"),
    ],
)
def test_what_is_not_canonical(data: bytes, reason: str) -> None:
    with pytest.raises(FieldError) as refused:
        decode(data)
    assert refused.value.fields["reason"] == reason


@pytest.mark.parametrize(
    "value", [{"a": object()}, {1: 2}, {"a": 2**53}, {"a": "\ud800"}, {"a": {1}}]
)
def test_what_has_no_canonical_form(value: dict[str, object]) -> None:
    with pytest.raises(FieldError) as refused:
        encode(value)
    assert refused.value.fields["reason"] == "not-canonical"


@given(POSTINGS)
def test_lines_sum_to_zero_and_give_the_postings_back(postings: list[Posting]) -> None:
    lines = signed_lines(postings)
    assert len(lines) == 2 * len(postings)
    for commodity in ("CNY", "USD"):
        assert sum(int(line["amount"]) for line in lines if line["commodity"] == commodity) == 0
    assert postings_of(lines) == postings


@pytest.mark.parametrize(
    "amounts", [(5,), (5, -4), (-5, 5), (0, 0), (5, 5), (5, -5, 1), (5, -5, -1, 1)]
)
def test_lines_that_are_no_pairs(amounts: tuple[int, ...]) -> None:
    lines = [{"account": "Assets:Bank:CCB", "amount": one, "commodity": "CNY"} for one in amounts]
    with pytest.raises(FieldError, match="not-in-pairs"):
        postings_of(lines)


def test_a_pair_is_of_one_commodity() -> None:
    lines = signed_lines([Posting("Assets:Bank:CCB", "Income:Other:Bank", "CNY", 5)])
    lines[1]["commodity"] = "USD"
    with pytest.raises(FieldError, match="not-in-pairs"):
        postings_of(lines)


def test_kinds_are_named_once() -> None:
    assert len(set(KINDS)) == len(KINDS)


@pytest.mark.parametrize("number", [1.5, 0.0, -2e300, 1e-7, float("nan"), float("inf")])
def test_a_float_is_refused_wherever_it_hides(number):
    for value in ({"a": number}, {"a": {"b": [1, {"c": number}]}}, {"a": [None, "x:1.5", number]}):
        with pytest.raises(FieldError, match="a fraction"):
            encode(value)
    with pytest.raises(FieldError):
        decode(b'{"a":1.5}')
    assert encode({"a": [None, "at 12:1.5", True]}) == b'{"a":[null,"at 12:1.5",true]}'
