"""Signed notes: the published note, its strict form, keys as texts, cosignatures."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import (
    FieldError,
    MalformedProofError,
    NoteSignatureError,
    VerificationError,
)
from ledger.log.notes import (
    COSIGNATURE_V1,
    ED25519,
    NOTE_BYTES_MAX,
    SIGNATURES_MAX,
    NoteSignature,
    Signer,
    Verifier,
    cosign_v1,
    decode_base64,
    generate_key,
    open_note,
    sign_note,
    split_note,
)
from tests.unit.log.trees import VECTORS

EXAMPLE = (VECTORS / "example.note").read_bytes()
EXAMPLE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SUMDB_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

ONE = Signer("ledger.example/one", ED25519, bytes(32))
TWO = Signer("ledger.example/two", ED25519, bytes([1] * 32))
WITNESS = Signer("witness.example/w1", COSIGNATURE_V1, bytes([2] * 32))

SIGNATURE_LINE = EXAMPLE.split(b"\n\n")[1]


def test_published_note_opens():
    opened = open_note(EXAMPLE, [Verifier.from_text(EXAMPLE_VKEY)])
    assert opened.text == "This is an example message.\n"
    assert [line.signature.name for line in opened.verified] == ["example.com/foo"]
    assert opened.verified[0].timestamp_s is None
    assert opened.unverified == ()


@pytest.mark.parametrize("vkey", [EXAMPLE_VKEY, SUMDB_VKEY])
def test_published_vkeys_round_trip(vkey):
    # The second has `+` in its base64.
    assert Verifier.from_text(vkey).text() == vkey


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "example.com/foo",
        EXAMPLE_VKEY.replace("530d903a", "530d903b"),
        EXAMPLE_VKEY.replace("530d903a", "530D903A"),
        EXAMPLE_VKEY.replace("530d903a", "530d903"),
        EXAMPLE_VKEY.replace("foo", "bar"),
        EXAMPLE_VKEY.replace("foo", "f oo"),
        EXAMPLE_VKEY[:-1],
        EXAMPLE_VKEY + "\n",
        EXAMPLE_VKEY[:-4] + "AAAA",
        EXAMPLE_VKEY.replace("+Ae", "+Ce"),
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_vkey_of_another_form_is_refused(vkey):
    with pytest.raises(MalformedProofError) as caught:
        Verifier.from_text(vkey)
    assert caught.value.fields["what"] == "verifier-key"


@pytest.mark.parametrize("algorithm", [ED25519, COSIGNATURE_V1])
def test_generated_keys_round_trip(algorithm):
    private_text, vkey = generate_key("host.example/log/qinghe", algorithm)
    signer = Signer.from_text(private_text)
    assert signer.private_text() == private_text
    assert signer.verifier == Verifier.from_text(vkey)
    assert private_text.startswith("PRIVATE+KEY+host.example/log/qinghe+")
    assert private_text not in repr(signer)
    assert generate_key("host.example/log/qinghe")[0] != private_text


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2028b", "a\nb", "a\x00b"])
def test_key_names_that_no_line_can_carry(name):
    with pytest.raises(FieldError):
        generate_key(name)


def test_broken_private_key_is_refused_and_not_repeated():
    text = ONE.private_text()
    for broken in (
        text[:-2],
        text.replace("PRIVATE", "PUBLIC"),
        text[:-6] + "AAAAA=",
        "",
        text + "\n",
    ):
        with pytest.raises(MalformedProofError) as caught:
            Signer.from_text(broken)
        assert caught.value.fields["what"] == "signer-key"
        assert not broken or broken[-20:] not in str(caught.value)


note_texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]).filter(
        lambda ch: ch >= " " or ch == "\n"
    )
).map(lambda text: text + "\n")


@given(note_texts)
def test_any_text_round_trips_with_its_empty_lines(text):
    note = sign_note(text, [ONE, TWO])
    opened = open_note(note, [TWO.verifier])
    assert opened.text == text
    assert [line.verifier for line in opened.verified] == [TWO.verifier]
    assert [line.name for line in opened.unverified] == [ONE.name]


@pytest.mark.parametrize(
    "text", ["", "no newline", "tab\there\n", "return\r\n", "\x00\n", "\ud800\n"]
)
def test_text_that_no_note_can_carry(text):
    with pytest.raises(FieldError):
        sign_note(text, [ONE])


def test_a_note_needs_keys_that_sign_notes():
    with pytest.raises(FieldError, match="no-key"):
        sign_note("text\n", [])
    with pytest.raises(FieldError, match="not-a-note-key"):
        sign_note("text\n", [WITNESS])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no-empty-line"),
        (b"text\n", "no-empty-line"),
        (b"text\n" + SIGNATURE_LINE, "no-empty-line"),
        (b"text\n\n", "no-signatures"),
        (EXAMPLE[:-1], "no-final-newline"),
        (EXAMPLE.replace(b"\n", b"\r\n"), "control-character"),
        (EXAMPLE.replace(b"This", b"Thi\t"), "control-character"),
        (EXAMPLE.replace(b"This", b"Thi\xff"), "not-utf-8"),
        (EXAMPLE.replace("— ".encode(), b"- "), "signature-line"),
        (EXAMPLE.replace("— ".encode(), "—  ".encode()), "signature-line"),
        (EXAMPLE.replace(b"com/foo ", b"com/foo"), "signature-line"),
        (EXAMPLE.replace(b"com/foo", b"com+foo"), "signature-line"),
        (EXAMPLE.replace(b"com/foo", "com\u2003foo".encode()), "signature-line"),
        (EXAMPLE.replace(b"aQM=", b"aQM"), "signature-line"),
        (EXAMPLE.replace(b"aQM=", b"a M="), "signature-line"),
        (b"text\n\n" + "— name AAAAAA==\n".encode(), "signature-line"),
        (EXAMPLE + b"not a signature\n", "signature-line"),
        (EXAMPLE + SIGNATURE_LINE * SIGNATURES_MAX, "too-many-signatures"),
        (b"x" * NOTE_BYTES_MAX + EXAMPLE, "too-large"),
    ],
    ids=range(19),
)
def test_malformed_notes_name_their_reason(data, reason):
    with pytest.raises(MalformedProofError) as caught:
        open_note(data, [Verifier.from_text(EXAMPLE_VKEY)])
    assert caught.value.fields == {"what": "note", "reason": reason}


def test_line_separators_of_unicode_end_no_line():
    text = "origin\u2028\u0085 still the first line\n"
    assert open_note(sign_note(text, [ONE]), [ONE.verifier]).text.count("\n") == 1


def test_stray_bits_in_a_signature_line_pass_but_not_in_a_key():
    assert EXAMPLE.count(b"aQM=") == 1
    assert open_note(EXAMPLE.replace(b"aQM=", b"aQN="), [Verifier.from_text(EXAMPLE_VKEY)])
    assert decode_base64("AA==") == b"\x00"
    assert decode_base64("AB==") is None
    assert decode_base64("AA=\n=") is None


def test_no_known_key_says_who_signed_and_who_is_known():
    note = sign_note("text\n", [ONE])
    with pytest.raises(NoteSignatureError) as caught:
        open_note(note, [TWO.verifier])
    assert caught.value.fields["reason"] == "no-known-key"
    assert caught.value.fields["key_id"] == [ONE.key_id.hex()]
    assert caught.value.fields["known"] == [f"{TWO.name}+{TWO.key_id.hex()}"]
    with pytest.raises(NoteSignatureError):
        open_note(note, [])


def test_name_or_id_alone_is_an_unknown_key():
    text = "text\n"
    line = NoteSignature(ONE.name, TWO.key_id, TWO.sign(text.encode())).line()
    opened = open_note(sign_note(text, [ONE]) + line, [ONE.verifier, TWO.verifier])
    assert [one.name for one in opened.unverified] == [ONE.name]


def test_wrong_signature_of_a_known_key_fails_the_whole_note():
    wrong = NoteSignature(TWO.name, TWO.key_id, bytes(64)).line()
    note = sign_note("text\n", [ONE]) + wrong
    with pytest.raises(NoteSignatureError) as caught:
        open_note(note, [ONE.verifier, TWO.verifier])
    assert caught.value.fields == {
        "reason": "wrong-signature",
        "name": TWO.name,
        "key_id": TWO.key_id.hex(),
    }
    assert open_note(note, [ONE.verifier]).text == "text\n"


@given(st.integers(0, len(EXAMPLE) - 1), st.integers(0, 7))
def test_any_bit_of_a_note_counts(at, bit):
    changed = bytearray(EXAMPLE)
    changed[at] ^= 1 << bit
    # The last two bits before `=` are not part of the signature.
    assume(at != len(EXAMPLE) - 3)
    with pytest.raises(VerificationError):
        open_note(bytes(changed), [Verifier.from_text(EXAMPLE_VKEY)])


@given(
    st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda data: data + b"\n\n" + SIGNATURE_LINE)
)
def test_any_bytes_are_a_note_or_malformed(data):
    try:
        text, signatures = split_note(data)
    except MalformedProofError:
        return
    assert data.startswith(text.encode() + b"\n" + "— ".encode())
    assert signatures


def test_cosignature_signs_the_specified_bytes():
    text = "ledger.example/gifts\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    line = cosign_v1(text, WITNESS, 1_767_225_600)
    assert line.signature[:8] == (1_767_225_600).to_bytes(8, "big")
    Ed25519PrivateKey.from_private_bytes(bytes([2] * 32)).public_key().verify(
        line.signature[8:], b"cosignature/v1\ntime 1767225600\n" + text.encode()
    )
    opened = open_note(sign_note(text, [ONE]) + line.line(), [ONE.verifier, WITNESS.verifier])
    assert [one.timestamp_s for one in opened.verified] == [None, 1_767_225_600]


@pytest.mark.parametrize("blob", [b"\x00", bytes(71), bytes(72), bytes(73), b"\xff" * 72])
def test_cosignature_that_is_none(blob):
    note = sign_note("text\n", [ONE]) + NoteSignature(WITNESS.name, WITNESS.key_id, blob).line()
    with pytest.raises(NoteSignatureError, match="wrong-signature"):
        open_note(note, [ONE.verifier, WITNESS.verifier])


def test_cosignature_of_another_time_is_wrong():
    line = cosign_v1("text\n", WITNESS, 100)
    later = NoteSignature(line.name, line.key_id, (101).to_bytes(8, "big") + line.signature[8:])
    with pytest.raises(NoteSignatureError):
        open_note(b"text\n\n" + later.line(), [WITNESS.verifier])


def test_cosigning_needs_a_witness_key_and_a_time():
    with pytest.raises(FieldError, match="not-a-witness-key"):
        cosign_v1("text\n", ONE, 100)
    with pytest.raises(FieldError, match="out-of-range"):
        cosign_v1("text\n", WITNESS, 2**63)
    with pytest.raises(FieldError, match="out-of-range"):
        cosign_v1("text\n", WITNESS, -1)


def test_keys_that_share_name_and_id_are_both_tried():
    # Labels of four bytes can be made to collide; the note is good if one of the keys made it.
    double = Verifier(ONE.name, ED25519, TWO.verifier.public_key)
    object.__setattr__(double, "key_id", ONE.key_id)
    note = sign_note("text\n", [ONE])
    assert open_note(note, [double, ONE.verifier]).verified[0].verifier == ONE.verifier
    assert open_note(note, [ONE.verifier, double]).verified[0].verifier == ONE.verifier
    with pytest.raises(NoteSignatureError):
        open_note(note, [double])
