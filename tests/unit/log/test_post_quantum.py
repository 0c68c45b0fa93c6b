"""ML-DSA-44 beside Ed25519: what a line signs, who takes it for what, and how a log gets and loses such a key."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from ledger.errors import (
    FieldError,
    MalformedProofError,
    NoteSignatureError,
    StateError,
    TooLargeError,
)
from ledger.log.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.log.hashing import leaf_hash
from ledger.log.notes import (
    ED25519,
    ML_DSA_44,
    Signer,
    Verifier,
    known_vkeys,
    sign_note,
    split_note,
)
from ledger.log.signer import NOTE_BYTES_MAX, LogSigner
from ledger.verify.attached import signed_by
from ledger.verify.rows import check_note

ORIGIN = "open.example.gov.cn/log/qinghe"
CLASSIC = Signer(ORIGIN, ED25519, b"\1" * 32)
QUANTUM = Signer(ORIGIN, ML_DSA_44, bytes(range(32)))
TREE = Checkpoint(ORIGIN, 575, leaf_hash(b"tree"))
NOTE = sign_checkpoint(TREE, [CLASSIC, QUANTUM])
BOTH = [CLASSIC.verifier, QUANTUM.verifier]
EXAMPLE_KEY = "9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46"


def test_the_key_of_a_known_seed():
    """The example key of seed 00 01 … 1f in draft-ietf-lamps-dilithium-certificates-07, which became RFC 9881.

    Its 1,312 bytes were taken from the tests of another implementation, in Python; their hash is kept here.
    """
    key = QUANTUM.verifier.public_key
    assert (len(key), hashlib.sha256(key).hexdigest()) == (1312, EXAMPLE_KEY)
    assert Signer.from_text(QUANTUM.private_text()).verifier == QUANTUM.verifier
    assert Verifier.from_text(QUANTUM.verifier.text()) == QUANTUM.verifier


def test_a_line_signs_the_very_bytes_that_the_specification_says():
    """Built here by hand from c2sp.org/tlog-cosignature, and checked by the library alone."""
    line = split_note(NOTE)[1][1]
    assert line.signature[:8] == bytes(8)
    name = ORIGIN.encode()
    message = (
        b"subtree/v1\n\x00" + bytes([len(name)]) + name + bytes(8) + bytes([len(name)]) + name
    )
    message += bytes(8) + (575).to_bytes(8, "big") + TREE.root
    key = MLDSA44PublicKey.from_public_bytes(QUANTUM.verifier.public_key)
    key.verify(line.signature[8:], message)
    assert len(line.signature) == 8 + 2420


def test_each_key_opens_the_note_alone_and_both_together():
    for keys in (BOTH, BOTH[:1], BOTH[1:]):
        assert open_checkpoint(NOTE, ORIGIN, keys) == TREE
    classic = sign_checkpoint(TREE, [CLASSIC])
    assert open_checkpoint(classic, ORIGIN, BOTH) == TREE
    # Whoever gives the post-quantum key alone asks for its line.
    with pytest.raises(NoteSignatureError, match="no-known-key"):
        open_checkpoint(classic, ORIGIN, BOTH[1:])


def test_whoever_does_not_know_the_algorithm_passes_over_the_line():
    stranger = Signer(ORIGIN, ML_DSA_44, b"\3" * 32)
    assert open_checkpoint(NOTE, ORIGIN, [CLASSIC.verifier, stranger.verifier]) == TREE
    unknown = f"{ORIGIN}+00000000+{base64.b64encode(bytes([0x77]) + b'k' * 9).decode()}"
    texts = [one.text() for one in BOTH]
    assert known_vkeys([texts[0], unknown, texts[1], "no key"]) == [*texts, "no key"]
    with pytest.raises(MalformedProofError):
        Verifier.from_text(unknown)


def test_the_program_in_a_statement_opens_a_note_with_each_key_too():
    both = [one.text() for one in BOTH]
    assert signed_by(NOTE.decode(), both) == ([ORIGIN, ORIGIN], 0)
    assert signed_by(NOTE.decode(), both[1:]) == ([ORIGIN], 1)
    for at in (4, 11, 12, 1000, -1):
        assert signed_by(flipped(at).decode(), both) == ([ORIGIN], 0)
        assert signed_by(flipped(at).decode(), both[1:]) == ([], 1)
    lines = NOTE.decode().partition("\n\n")[2]
    for other in (Checkpoint(ORIGIN, 576, TREE.root).body(), "no checkpoint\n"):
        assert signed_by(f"{other}\n{lines}", both) == ([], 0)


def flipped(at: int) -> bytes:
    head, _, lines = NOTE.partition(b"\n\n")
    first, second = lines.splitlines(keepends=True)
    name, _, blob = second.rstrip(b"\n").rpartition(b" ")
    raw = bytearray(base64.b64decode(blob))
    raw[at] ^= 1
    return head + b"\n\n" + first + name + b" " + base64.b64encode(bytes(raw)) + b"\n"


@pytest.mark.parametrize("at", [4, 11, 12, 1000, -1])
def test_one_changed_bit_of_time_or_signature_makes_the_note_wrong(at):
    with pytest.raises(NoteSignatureError, match="wrong-signature"):
        open_checkpoint(flipped(at), ORIGIN, BOTH)
    assert open_checkpoint(flipped(at), ORIGIN, BOTH[:1]) == TREE
    assert check_note(flipped(at), TREE, [(0, one) for one in BOTH]) == "wrong-signature"
    assert check_note(NOTE, TREE, [(0, one) for one in BOTH]) == ""


@pytest.mark.parametrize(
    "other",
    [
        Checkpoint(ORIGIN, 576, TREE.root),
        Checkpoint(ORIGIN, 575, leaf_hash(b"other")),
        Checkpoint("elsewhere.example/log/qinghe", 575, TREE.root),
    ],
)
def test_a_line_of_one_tree_is_no_line_of_another(other):
    _, _, lines = NOTE.partition(b"\n\n")
    note = other.body().encode() + b"\n" + lines
    with pytest.raises(NoteSignatureError, match="wrong-signature"):
        open_checkpoint(note, other.origin, [QUANTUM.verifier])


def test_what_is_no_checkpoint_cannot_be_signed_so():
    for text in (
        "text\n",
        "a\nb\nc\n",
        f"{'x' * 256}\n1\n{base64.b64encode(TREE.root).decode()}\n",
    ):
        with pytest.raises(FieldError, match="not-a-note-key"):
            sign_note(text, [QUANTUM])


def test_a_log_gets_such_a_key_keeps_it_through_rotations_and_loses_it(tmp_path):
    signer = LogSigner.create(tmp_path, "qinghe", ORIGIN)
    named = [*signer.vkeys, signer.add_post_quantum()]
    # A crash before the entry that names it: the same key again.
    assert signer.add_post_quantum() == named[1]
    signer = LogSigner.open(tmp_path, "qinghe", ORIGIN, named)
    with pytest.raises(StateError):
        signer.add_post_quantum()
    named.append(signer.rotate())
    signer = LogSigner.open(tmp_path, "qinghe", ORIGIN, named)
    note = signer.sign(TREE)
    assert len(split_note(note)[1]) == 3
    assert len(note) <= NOTE_BYTES_MAX
    signer.record_released(note)
    assert LogSigner.open(tmp_path, "qinghe", ORIGIN, named).released() == TREE
    assert signer.retire() == (named[0],)
    assert signer.vkeys == (named[2], named[1])
    assert signer.drop_post_quantum() == named[1]
    assert signer.vkeys == (named[2],)
    with pytest.raises(StateError):
        signer.drop_post_quantum()


def rotated_often(signer: LogSigner) -> None:
    for _ in range(5):
        signer.rotate()


def test_no_key_is_made_with_which_checkpoints_would_not_fit(tmp_path):
    signer = LogSigner.create(tmp_path, "qinghe", "h" * 400)
    before = (tmp_path / "qinghe.key").read_bytes()
    with pytest.raises((TooLargeError, FieldError)):
        signer.add_post_quantum()
    assert (tmp_path / "qinghe.key").read_bytes() == before
    usual = LogSigner.create(tmp_path, "other", ORIGIN)
    usual.add_post_quantum()
    usual.rotate()
    with pytest.raises(TooLargeError):
        rotated_often(usual)
    assert len(usual.sign(TREE)) <= NOTE_BYTES_MAX
