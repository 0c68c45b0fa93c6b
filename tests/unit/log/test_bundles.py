"""Entry bundles: the published example, a round trip, and every way to be cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FieldError, MalformedProofError, TooLargeError, VerificationError
from ledger.log.bundles import ENTRY_BYTES_MAX, decode_bundle, encode_bundle

EXAMPLE = bytes.fromhex("0000 0002 6869 0001 00")


def test_worked_example():
    assert encode_bundle([b"", b"hi", b"\x00"]) == EXAMPLE
    assert decode_bundle(EXAMPLE, 3) == [b"", b"hi", b"\x00"]


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_round_trip(entries):
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


def test_longest_entry():
    longest = bytes(ENTRY_BYTES_MAX)
    assert decode_bundle(encode_bundle([longest])) == [longest]
    with pytest.raises(TooLargeError) as caught:
        encode_bundle([longest + b"x"])
    assert caught.value.fields["limit"] == 65_535


@pytest.mark.parametrize("length", [1, 3, 4, 5, 7, 8])
def test_cut_off(length):
    # 2 and 6 bytes would be whole entries, only fewer.
    with pytest.raises(MalformedProofError) as caught:
        decode_bundle(EXAMPLE[:length], 3)
    assert caught.value.fields["reason"] == "cut-off"


@pytest.mark.parametrize(("data", "width"), [(b"", None), (EXAMPLE, 2), (EXAMPLE, 4)])
def test_other_number_of_entries(data, width):
    with pytest.raises(MalformedProofError, match="entry-count"):
        decode_bundle(data, width)


def test_more_than_a_bundle_holds():
    with pytest.raises(FieldError):
        encode_bundle([b""] * 257)
    with pytest.raises(FieldError):
        encode_bundle([])
    with pytest.raises(MalformedProofError, match="too-many-entries"):
        decode_bundle(bytes(2 * 257))


@given(st.binary(max_size=600))
def test_any_bytes_are_a_bundle_or_malformed(data):
    try:
        entries = decode_bundle(data)
    except VerificationError:
        return
    assert encode_bundle(entries) == data
