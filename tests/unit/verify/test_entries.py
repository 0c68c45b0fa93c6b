"""The reader of entries: its quick pattern takes nothing that the slow way refuses, and reads the same."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.verify.entries import BrokenEntryError, posix, read_entry, read_gift
from ledger.verify.folding import Folding, Rate
from ledger.verify.gifts import are_base64, are_utf8, gift_pattern

MATCH = gift_pattern("qinghe").fullmatch
COMMITMENT = "A" * 43 + "="


def gift(**body: Any) -> dict[str, Any]:
    """Make a gift's entry, number 7."""
    amount = body.get("amount", 100)
    return {
        "v": 1, "fund": "qinghe", "seq": 7, "kind": "gift", "recorded_at": "2026-10-09T12:00:00Z",
        "occurred_at": "2026-10-09T11:59:00Z", "actor": {"role": "intake", "id": "Kuaishou"},
        "body": {
            "amount": amount, "channel": "Kuaishou", "commodity": "CNY", "count": 1, "delivery": COMMITMENT,
            "donor": COMMITMENT, "item": "9", "line": 0, "n": 1, "name": COMMITMENT, "session": 3, "signed": False,
            "via": "file",
        } | body,
        "postings": [
            {"account": "Assets:Platform:Kuaishou", "amount": amount, "commodity": "CNY"},
            {"account": "Income:Gifts:Kuaishou", "amount": -amount, "commodity": "CNY"},
        ],
    }  # fmt: skip


def accepted(data: bytes) -> bool:
    """Return whether a run of this one entry has nothing wrong in it."""
    folding = Folding("qinghe", 7, {}, {2: Rate("KSCOIN", 10, 100, "CNY")})
    return not folding.fold([data]).findings.broken


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
numbers = st.integers(1, 2**49)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "amount": numbers, "line": st.integers(0, 2**49), "n": numbers, "session": st.integers(0, 10**6), "item": texts,
        "count": numbers, "signed": st.booleans(), "message": st.just(COMMITMENT), "rate": st.just(2),
        "via": st.sampled_from(["file", "push", "api"]),
    },
)  # fmt: skip


@given(bodies)
def test_the_pattern_and_the_slow_way_read_the_same_canonical_bytes(body: dict[str, Any]) -> None:
    if "rate" in body:
        body |= {"unit": "KSCOIN", "units": 10, "amount": 100}
    data = rfc8785.dumps(gift(**body))
    assert accepted(data)
    value = read_gift(read_entry(data, "qinghe", 7))
    found = MATCH(data)
    escaped = b"\\" in data
    assert (found is None) == escaped, "every gift without escapes is read by the pattern"
    if found is not None:
        assert int(found[1]) == value.amount
        assert (int(found[7]), int(found[9])) == (value.line, value.n)
        assert found[4].decode() == value.delivery
        assert (found[8] or b"").decode() == (value.message or "")


@given(st.integers(0, 600), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_leaves_another_canonical_gift(at: int, flip: int) -> None:
    data = bytearray(rfc8785.dumps(gift(message=COMMITMENT)))
    data[at % len(data)] ^= flip
    changed = bytes(data)
    try:
        read_gift(read_entry(changed, "qinghe", 7))
        slow = True
    except BrokenEntryError:
        slow = False
    if accepted(changed):
        # What the quick way accepts, the slow way accepts and RFC 8785's reference encoder writes the same.
        assert slow
        assert rfc8785.dumps(orjson.loads(changed)) == changed


WRONG: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"{", "not-json"),
    "an array": (b"[]", "not-an-object"),
    "a missing field": (b'{"v":1}', "fields"),
    "a space": (rfc8785.dumps(gift()).replace(b",", b", ", 1), "not-canonical"),
    "a repeated key": (rfc8785.dumps(gift()).replace(b'"v":1', b'"v":1,"v":1'), "not-canonical"),
    "an escaped letter": (rfc8785.dumps(gift()).replace(b'"9"', b'"\\u0039"'), "not-canonical"),
    "a float": (rfc8785.dumps(gift()).replace(b'"count":1', b'"count":1.5'), "float"),
    "an exponent": (rfc8785.dumps(gift()).replace(b'"count":1', b'"count":1e2'), "float"),
    "2^53": (
        rfc8785.dumps(gift()).replace(b'"count":1', b'"count":9007199254740992'),
        "number-too-large",
    ),
    "another fund": (rfc8785.dumps(gift()).replace(b"qinghe", b"qinghf"), "field-fund"),
    "another number": (rfc8785.dumps(gift()).replace(b'"seq":7', b'"seq":8'), "field-seq"),
    "true as a number": (rfc8785.dumps(gift()).replace(b'"v":1', b'"v":true'), "field-v"),
    "an unknown kind": (rfc8785.dumps(gift()).replace(b'"gift"', b'"gilt"'), "unknown-kind"),
    "seconds": (rfc8785.dumps(gift()).replace(b"12:00:00Z", b"12:00:01Z"), "not-a-time"),
    "a thirteenth month": (
        rfc8785.dumps(gift()).replace(b"2026-10-09T12", b"2026-13-09T12"),
        "not-a-time",
    ),
    "an account of no root": (
        rfc8785.dumps(gift()).replace(b"Income:Gifts", b"Outcome:Gifts"),
        "postings-form",
    ),
    "a sum that is not zero": (rfc8785.dumps(gift()).replace(b"-100", b"-101"), "not-zero"),
    "a key of another script": (rfc8785.dumps(gift(é=1)), "key-not-ascii"),
    "half a surrogate": (rfc8785.dumps(gift()).replace(b'"9"', b'"\xed\xa0\x80"'), "not-json"),
    "a deep value": (b"[" * 3000 + b"]" * 3000, "not-json"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_an_entry_is_named(case: str) -> None:
    data, reason = WRONG[case]
    with pytest.raises(BrokenEntryError) as caught:
        read_entry(data, "qinghe", 7)
    assert caught.value.reason == reason
    assert not accepted(data)


@pytest.mark.parametrize(
    ("commitments", "fine"),
    [
        (COMMITMENT, True), (COMMITMENT * 3, True), ("", True), ("=" * 44, False), ("A" * 44, False),
        ("A" * 42 + "!=", False),
    ],
)  # fmt: skip
def test_commitments_are_base64(commitments: str, fine: bool) -> None:
    assert are_base64(commitments.encode()) is fine


def test_texts_joined_by_newlines_are_utf8_only_when_each_is() -> None:
    assert are_utf8("啤酒\n花".encode())
    halves = ["啤".encode()[:1], "啤".encode()[1:]]
    assert not are_utf8(b"\n".join(halves))


@pytest.mark.parametrize(
    "text", ["", "2026-10-09", "2026-10-09T12:00:00+00:00", "٢٠٢٦-10-09T12:00:00Z", 5, None]
)
def test_other_times_are_refused(text: object) -> None:
    with pytest.raises(BrokenEntryError):
        posix(text, minute=False)
    assert posix("1970-01-01T00:01:00Z", minute=True) == 60
