"""Checkpoints: one body for one tree, and nothing believed that the log itself has not signed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import (
    ConsistencyProofError,
    FieldError,
    MalformedProofError,
    NoteSignatureError,
)
from ledger.log.checkpoints import (
    Checkpoint,
    open_checkpoint,
    open_cosigned,
    parse_checkpoint,
    sign_checkpoint,
    verify_extends,
)
from ledger.log.hashing import EMPTY_ROOT
from ledger.log.notes import COSIGNATURE_V1, ED25519, Signer, cosign_v1, sign_note
from ledger.log.proofs import consistency_proof
from tests.unit.log.trees import LEAVES, ROOTS, reader_of

ORIGIN = "ledger.example/log/qinghe"
LOG = Signer(ORIGIN, ED25519, bytes(32))
NEW_LOG = Signer(ORIGIN, ED25519, bytes([1] * 32))
WITNESS = Signer("witness.example/w1", COSIGNATURE_V1, bytes([2] * 32))
ROOT_TEXT = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="
BODY = f"{ORIGIN}\n8\n{ROOT_TEXT}\n"


def checkpoint(size):
    return Checkpoint(ORIGIN, size, ROOTS[size])


def test_body_of_the_published_tree():
    assert checkpoint(8).body() == BODY
    assert parse_checkpoint(BODY) == checkpoint(8)


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_body_round_trip(size, root):
    whole = Checkpoint(ORIGIN, size, root)
    assert parse_checkpoint(whole.body()) == whole


def test_extension_lines_are_kept_and_change_nothing():
    extended = parse_checkpoint(BODY + "ext one\next two\n")
    assert extended.extensions == ("ext one", "ext two")
    assert extended == checkpoint(8)
    assert extended.body() == BODY + "ext one\next two\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "lines"),
        (BODY[:-1], "lines"),
        (BODY + "\n", "lines"),
        (BODY.replace(ORIGIN, ""), "lines"),
        (f"{ORIGIN}\n8\n", "lines"),
        (BODY.replace("\n8\n", "\n\n8\n"), "lines"),
        (BODY.replace("\n8\n", "\n08\n"), "size"),
        (BODY.replace("\n8\n", "\n+8\n"), "size"),
        (BODY.replace("\n8\n", "\n-8\n"), "size"),
        (BODY.replace("\n8\n", "\n 8\n"), "size"),
        (BODY.replace("\n8\n", "\n1_0\n"), "size"),
        (BODY.replace("\n8\n", "\n\u0668\n"), "size"),
        (BODY.replace("\n8\n", f"\n{2**63}\n"), "size"),
        (BODY.replace("\n8\n", f"\n{'9' * 5000}\n"), "size"),
        (BODY.replace("\n8\n", "\n0\n"), "empty-root"),
        (BODY.replace("Qyg=", "Qyg"), "root"),
        (BODY.replace("Qyg=", "Qyh="), "root"),
        (BODY.replace("Qyg=", "Qy=="), "root"),
        (BODY.replace("Qyg=", "Qyg= "), "root"),
        (BODY.replace("+Nw7/", "-Nw7_"), "root"),
        (BODY.replace(ROOT_TEXT, "AAAA"), "root"),
    ],
    ids=range(21),
)
def test_other_bodies_are_refused_for_their_reason(text, reason):
    with pytest.raises(MalformedProofError) as caught:
        parse_checkpoint(text)
    assert caught.value.fields["reason"] == reason


@pytest.mark.parametrize(
    "wrong",
    [
        Checkpoint("", 8, ROOTS[8]),
        Checkpoint("two\nlines", 8, ROOTS[8]),
        Checkpoint(ORIGIN, -1, ROOTS[8]),
        Checkpoint(ORIGIN, 8, ROOTS[8][:31]),
        Checkpoint(ORIGIN, 0, ROOTS[8]),
        Checkpoint(ORIGIN, 8, ROOTS[8], ("",)),
    ],
    ids=["origin", "origin-lines", "size", "root", "empty-root", "extension"],
)
def test_what_cannot_be_read_back_is_not_written(wrong):
    with pytest.raises(FieldError):
        sign_checkpoint(wrong, [LOG])


def test_signed_by_two_keys_during_a_rotation():
    note = sign_checkpoint(checkpoint(8), [NEW_LOG, LOG])
    for keys in ([LOG.verifier], [NEW_LOG.verifier], [LOG.verifier, NEW_LOG.verifier]):
        assert open_checkpoint(note, ORIGIN, keys) == checkpoint(8)


def test_another_logs_checkpoint_is_refused_even_with_a_known_key():
    with pytest.raises(NoteSignatureError) as caught:
        open_checkpoint(
            sign_checkpoint(checkpoint(8), [LOG]), "ledger.example/log/other", [LOG.verifier]
        )
    assert caught.value.fields["reason"] == "other-origin"
    assert caught.value.fields["found"] == ORIGIN


def test_a_signed_text_that_is_no_checkpoint():
    with pytest.raises(MalformedProofError):
        open_checkpoint(sign_note("hello\n", [LOG]), ORIGIN, [LOG.verifier])


def test_witnesses_count_once_and_never_for_the_log():
    signed = sign_checkpoint(checkpoint(8), [LOG])
    lines = [cosign_v1(BODY, WITNESS, time).line() for time in (100, 200)]
    opened = open_cosigned(signed + b"".join(lines), ORIGIN, [LOG.verifier], [WITNESS.verifier])
    assert [line.timestamp_s for line in opened.cosignatures] == [100]
    assert [line.verifier for line in opened.log_signatures] == [LOG.verifier]
    alone = BODY.encode() + b"\n" + lines[0]
    with pytest.raises(NoteSignatureError, match="not-signed-by-log"):
        open_cosigned(alone, ORIGIN, [LOG.verifier], [WITNESS.verifier])
    with pytest.raises(NoteSignatureError):
        open_checkpoint(alone, ORIGIN, [WITNESS.verifier])


@given(st.integers(0, 8), st.integers(0, 8))
def test_later_checkpoints_extend_earlier_ones_and_never_the_reverse(one, other):
    earlier, later = sorted((one, other))
    proof = consistency_proof(earlier, later, reader_of(LEAVES))
    verify_extends(checkpoint(earlier), checkpoint(later), proof)
    if earlier != later:
        with pytest.raises(ConsistencyProofError):
            verify_extends(checkpoint(later), checkpoint(earlier), proof)


def test_size_zero_has_one_root_and_an_empty_proof():
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    with pytest.raises(ConsistencyProofError, match="not-empty"):
        verify_extends(empty, checkpoint(8), [bytes(32)])
    with pytest.raises(ConsistencyProofError, match="other-root"):
        verify_extends(Checkpoint(ORIGIN, 0, bytes(32)), checkpoint(8), [])
    with pytest.raises(ConsistencyProofError, match="other-root"):
        verify_extends(empty, Checkpoint(ORIGIN, 0, bytes(32)), [])


def test_checkpoints_of_two_logs_do_not_extend_each_other():
    with pytest.raises(ConsistencyProofError, match="other-origin"):
        verify_extends(checkpoint(8), Checkpoint("other.example", 8, ROOTS[8]), [])
