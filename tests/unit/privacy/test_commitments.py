"""Commitments: the defined bytes, hiding by the salt, binding, and openings that fail aloud."""

from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import CommitmentError, FieldError
from ledger.privacy.commitments import commit, commit_many, open_commitment

salts = st.binary(min_size=32, max_size=32)
labels = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)

SALT = bytes(range(32))

GOLDEN = "v5/TyWBhKGPLJ+gREY3Fy+qHMr59RGxp/URdxDg7PAI="
"""Of SALT, `donor` and `kuaishou:1001`; computed with `openssl dgst -sha256 -mac HMAC`."""


def defined_commitment(salt: bytes, label: str, private: bytes) -> str:
    """HMAC as the library has it, over the message as the design has it."""
    message = (
        f"mingzhang/{label}/v1".encode() + b"\x00" + len(private).to_bytes(4, "big") + private
    )
    return base64.b64encode(hmac.digest(salt, message, "sha256")).decode()


def test_golden_commitment():
    assert commit(SALT, "donor", b"kuaishou:1001") == GOLDEN


@given(salts, labels, st.binary(max_size=300))
def test_a_commitment_is_hmac_of_the_defined_message(salt, label, private):
    assert commit(salt, label, private) == defined_commitment(salt, label, private)


@given(labels, st.lists(st.tuples(salts, st.binary(max_size=80)), max_size=20))
def test_many_are_each_of_them(label, pairs):
    assert commit_many(label, pairs) == [commit(salt, label, private) for salt, private in pairs]
    assert commit_many(label, iter(pairs)) == commit_many(label, pairs)


@given(salts, salts, labels, labels, st.binary(max_size=40), st.binary(max_size=40))
def test_any_difference_shows_and_opens_nothing(salt1, salt2, label1, label2, private1, private2):
    assume((salt1, label1, private1) != (salt2, label2, private2))
    commitment = commit(salt1, label1, private1)
    open_commitment(commitment, salt1, label1, private1)
    with pytest.raises(CommitmentError) as caught:
        open_commitment(commitment, salt2, label2, private2)
    assert caught.value.fields["reason"] == "other-value"
    assert caught.value.fields["commitment"] == commitment


def test_two_gifts_of_one_donor_have_nothing_in_common():
    assert commit(SALT, "donor", b"x") != commit(bytes(32), "donor", b"x")


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_salts_have_one_length(length):
    # HMAC would take them: a salt of 31 bytes and the same with a zero behind are one key to it.
    with pytest.raises(FieldError) as caught:
        commit(bytes(length), "donor", b"x")
    assert caught.value.fields["field"] == "salt"
    with pytest.raises(CommitmentError) as refused:
        open_commitment(commit(bytes(32), "donor", b"x"), bytes(length), "donor", b"x")
    assert refused.value.fields["reason"] == "salt"


@pytest.mark.parametrize(
    "label", ["", "Donor", "a/b", "a\x00", "1a", "a b", "a" * 33, "名", "a\n"]
)
def test_labels_that_could_mean_two_things(label):
    with pytest.raises(FieldError, match="not-a-label"):
        commit(SALT, label, b"x")
    with pytest.raises(CommitmentError) as refused:
        open_commitment("", SALT, label, b"x")
    assert refused.value.fields["reason"] == "label"


def test_one_bad_salt_gives_no_commitments_at_all():
    with pytest.raises(FieldError):
        commit_many("donor", [(SALT, b"x"), (b"", b"y")])


def test_a_failed_opening_repeats_nothing_private():
    with pytest.raises(CommitmentError) as caught:
        open_commitment("x", SALT, "donor", b"secret-name")
    assert "secret-name" not in str(caught.value)
    assert SALT.hex() not in str(caught.value)
