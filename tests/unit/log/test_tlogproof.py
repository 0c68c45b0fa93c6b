"""Receipt files: the worked example byte for byte, strict reading, and what a verifier believes."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import (
    FieldError,
    InclusionProofError,
    MalformedProofError,
    NoteSignatureError,
    VerificationError,
)
from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.notes import COSIGNATURE_V1, ED25519, Signer, Verifier, cosign_v1
from ledger.log.proofs import inclusion_proof
from ledger.log.tlogproof import (
    PROOF_BYTES_MAX,
    decode_tlog_proof,
    encode_tlog_proof,
    verify_tlog_proof,
)
from tests.unit.log.trees import ENTRIES, LEAVES, ROOTS, VECTORS, reader_of

RECEIPT = (VECTORS / "receipt.tlog-proof").read_bytes()
ORIGIN = "ledger.example/gifts"
LOG_VKEY = "ledger.example/gifts+b9670546+AW4XaUKnXKPFjHPGurHIQpRj9kp04k8vm7EsEKXZQZr4"
WITNESS_VKEY = "witness.example/w1+f2449e53+BJquDeuWC0RyeFgfuj3PyGOd026xZkikkS7F0TAXM8rP"
LOG_KEYS = [Verifier.from_text(LOG_VKEY)]
WITNESSES = [Verifier.from_text(WITNESS_VKEY)]


def test_worked_receipt_comes_out_byte_for_byte():
    log = Signer(ORIGIN, ED25519, sha256(b"tlog.md worked example log").digest())
    witness = Signer(
        "witness.example/w1", COSIGNATURE_V1, sha256(b"tlog.md worked example witness").digest()
    )
    assert (log.verifier.text(), witness.verifier.text()) == (LOG_VKEY, WITNESS_VKEY)
    checkpoint = Checkpoint(ORIGIN, 8, ROOTS[8])
    note = sign_checkpoint(checkpoint, [log])
    note += cosign_v1(checkpoint.body(), witness, 1_767_225_600).line()
    proof = inclusion_proof(5, 8, reader_of(LEAVES))
    assert encode_tlog_proof(5, proof, note) == RECEIPT


def test_worked_receipt_verifies_from_its_bytes_alone():
    opened = verify_tlog_proof(decode_tlog_proof(RECEIPT), ENTRIES[5], ORIGIN, LOG_KEYS, WITNESSES)
    assert opened.checkpoint.size == 8
    assert [line.timestamp_s for line in opened.cosignatures] == [1_767_225_600]


def test_another_entry_log_or_key_is_not_proved():
    receipt = decode_tlog_proof(RECEIPT)
    with pytest.raises(InclusionProofError, match="other-root"):
        verify_tlog_proof(receipt, ENTRIES[4], ORIGIN, LOG_KEYS)
    with pytest.raises(NoteSignatureError, match="other-origin"):
        verify_tlog_proof(receipt, ENTRIES[5], "ledger.example/other", LOG_KEYS)
    with pytest.raises(NoteSignatureError, match="no-known-key"):
        verify_tlog_proof(receipt, ENTRIES[5], ORIGIN, [])


@given(st.integers(0, len(RECEIPT) - 1), st.integers(0, 7))
def test_any_bit_of_a_receipt_counts(at, bit):
    changed = bytearray(RECEIPT)
    changed[at] ^= 1 << bit
    try:
        opened = verify_tlog_proof(
            decode_tlog_proof(bytes(changed)), ENTRIES[5], ORIGIN, LOG_KEYS, WITNESSES
        )
    except VerificationError:
        return
    # What still verifies has lost its witness by a change of its label, or has a stray bit that signs nothing.
    assert opened.checkpoint == Checkpoint(ORIGIN, 8, ROOTS[8])
    witness_line = RECEIPT.index("— witness".encode())
    assert (
        at >= witness_line
        or RECEIPT[at + 1 : at + 3] == b"=\n"
        or RECEIPT[at + 1 : at + 2] == b"="
    )


@given(
    st.integers(0, 2**63 - 2),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.binary(max_size=200),
    st.none() | st.binary(max_size=200),
)
def test_round_trip(index, proof, note, extra):
    receipt = decode_tlog_proof(encode_tlog_proof(index, proof, note, extra))
    assert (receipt.index, list(receipt.proof)) == (index, proof)
    assert (receipt.checkpoint_note, receipt.extra) == (note, extra)


@given(st.binary(max_size=300) | st.binary(max_size=80).map(lambda tail: RECEIPT[:80] + tail))
def test_any_bytes_are_a_receipt_or_malformed(data):
    try:
        receipt = decode_tlog_proof(data)
    except MalformedProofError:
        return
    parts = (receipt.index, receipt.proof, receipt.checkpoint_note, receipt.extra)
    assert encode_tlog_proof(*parts) == data


HEAD = b"c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no-empty-line"),
        (HEAD + b"index 5\n", "no-empty-line"),
        (RECEIPT.replace(b"@v1", b"@v2"), "header"),
        (RECEIPT.replace(HEAD, HEAD + b"extra A\n"), "extra"),
        (RECEIPT.replace(HEAD, HEAD + b"extra AB==\n"), "extra"),
        (RECEIPT.replace(HEAD, HEAD + b"extra " + b"AAAA" * 21_846 + b"\n"), "extra"),
        (RECEIPT.replace(HEAD, HEAD + b"extra AA==\nextra AA==\n"), "index"),
        (RECEIPT.replace(b"index 5", b"index 05"), "index"),
        (RECEIPT.replace(b"index 5", b"index  5"), "index"),
        (RECEIPT.replace(b"index 5", b"index"), "index"),
        (RECEIPT.replace(b"index 5", b"index 9223372036854775807"), "index"),
        (RECEIPT.replace(b"index 5\n", b""), "index"),
        (HEAD + b"\n" + RECEIPT, "index"),
        (RECEIPT.replace(b"nms=", b"nmt="), "hash"),
        (RECEIPT.replace(b"nms=", b"nms"), "hash"),
        (RECEIPT.replace(b"\n", b"\r\n"), "no-empty-line"),
        (RECEIPT.replace(b"index 5", "index ５".encode()), "not-ascii"),
        (HEAD + b"index 5\n" + b"A" * 43 + b"=\n" + (b"A" * 43 + b"=\n") * 63 + b"\n", "too-long"),
        (RECEIPT + bytes(PROOF_BYTES_MAX), "too-large"),
    ],
    ids=range(19),
)
def test_malformed_receipts_name_their_reason(data, reason):
    with pytest.raises(MalformedProofError) as caught:
        decode_tlog_proof(data)
    assert caught.value.fields == {"what": "tlog-proof", "reason": reason}


@pytest.mark.parametrize(
    ("index", "proof", "extra"),
    [
        (-1, [], None),
        (2**63, [], None),
        (0, [bytes(31)], None),
        (0, [bytes(32)] * 64, None),
        (0, [], bytes(65_536)),
    ],
    ids=["negative", "beyond", "short-hash", "long-proof", "long-extra"],
)
def test_what_cannot_be_read_back_is_not_written(index, proof, extra):
    with pytest.raises(FieldError):
        encode_tlog_proof(index, proof, b"", extra)
