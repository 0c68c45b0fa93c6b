"""Signed notes: a text, an empty line, and signature lines that anybody can check."""

from __future__ import annotations

import binascii
import re
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger.errors import FieldError, MalformedProofError, NoteSignatureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ED25519 = 0x01
"""Signature type: Ed25519 over the note's text (c2sp.org/signed-note, "Signature types")."""

COSIGNATURE_V1 = 0x04
"""Signature type: a witness's Ed25519 signature with its time (c2sp.org/tlog-cosignature)."""

ML_DSA_44 = 0x06
"""Signature type: ML-DSA-44 over a checkpoint's name, size and root (c2sp.org/tlog-cosignature, "ML-DSA-44 signed
message"); a log puts it beside its Ed25519 line, against quantum computers (c2sp.org/tlog-checkpoint, "Signatures")."""

KEY_ID_BYTES = 4
SEED_BYTES = 32
ED25519_KEY_BYTES = 32
ED25519_SIGNATURE_BYTES = 64
ML_DSA_44_KEY_BYTES = 1312
ML_DSA_44_SIGNATURE_BYTES = 2420
TIMESTAMP_BYTES = 8

TIMESTAMP_MAX = 2**63 - 1
"""Times of cosignatures are below 2^63 seconds (c2sp.org/tlog-cosignature, "Format")."""

SIGNATURES_MAX = 100
"""As Go's reader; at least 16 must be accepted (c2sp.org/signed-note, "Format")."""

NOTE_BYTES_MAX = 1_000_000
"""A maximum is asked for by c2sp.org/signed-note; a hundred post-quantum lines of 5 kB fit in half
of it."""

_KEY_BYTES = {
    ED25519: ED25519_KEY_BYTES,
    COSIGNATURE_V1: ED25519_KEY_BYTES,
    ML_DSA_44: ML_DSA_44_KEY_BYTES,
}
_TREE_LABEL = b"subtree/v1\n\0"
_NAME_BYTES_MAX = 255
_HASH_BYTES = 32
_DASH = "\u2014 "
_PRIVATE = "PRIVATE+KEY+"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_KEY_ID_TEXT = re.compile(r"[0-9a-f]{8}", re.ASCII)


def decode_base64(text: str) -> bytes | None:
    """Read canonical base64: padded, nothing foreign, no stray bits.

    Args:
        text: Standard alphabet.

    Returns:
        The bytes, or nothing when this is not how those bytes are written.

    Source:
        RFC 4648 sections 3.3, 3.5 and 4.
    """
    data = _decode_base64_loosely(text)
    if data is None or b64encode(data).decode("ascii") != text:
        return None
    return data


def encode_base64(data: bytes) -> str:
    """Return padded base64 in the standard alphabet (RFC 4648 section 4)."""
    return b64encode(data).decode("ascii")


def _decode_base64_loosely(text: str) -> bytes | None:
    """Return what base64 holds as Go reads it: published signature lines have stray last bits."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """Compute the label of a key.

    Args:
        name: Key name.
        algorithm: Signature type, one byte.
        public_key: In the encoding of its type.

    Returns:
        4 bytes.

    Source:
        c2sp.org/signed-note, "Signatures".
    """
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public_key).digest()[:KEY_ID_BYTES]


def is_key_name(name: str) -> bool:
    """Return whether a key may be called so: not empty, without `+`, space, control."""
    return bool(name) and not any(
        ch == "+" or ch.isspace() or ch < " " or _is_surrogate(ch) for ch in name
    )


def _is_surrogate(ch: str) -> bool:
    return "\ud800" <= ch <= "\udfff"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, as it was written.

    Attributes:
        name: Key name.
        key_id: 4 bytes.
        signature: What follows the key id; its meaning depends on the key's type.
    """

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> bytes:
        """Return the line with its final newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n".encode()


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that signatures are checked with.

    Attributes:
        name: Key name.
        algorithm: `ED25519`, `COSIGNATURE_V1` or `ML_DSA_44`.
        public_key: 32 bytes; of `ML_DSA_44` 1,312.
        key_id: 4 bytes.
    """

    name: str
    algorithm: int
    public_key: bytes
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_id", key_id(self.name, self.algorithm, self.public_key))

    @classmethod
    def from_text(cls, vkey: str) -> Verifier:
        """Read a verifier key.

        Args:
            vkey: `<name>+<key id, 8 hex digits>+<base64 of type and key>`.

        Returns:
            The key.

        Raises:
            MalformedProofError: Not such a text, or a type that we do not know, or a key id of
                another key.

        Source:
            c2sp.org/signed-note, "Verifier keys".
        """
        # Base64 contains `+` too: only the first two divide.
        name, _, rest = vkey.partition("+")
        id_text, _, material_text = rest.partition("+")
        material = decode_base64(material_text) or b""
        if (
            not is_key_name(name)
            or not _KEY_ID_TEXT.fullmatch(id_text)
            or len(material) - 1 != _KEY_BYTES.get(_type_of(material))
        ):
            raise MalformedProofError(what="verifier-key", reason="format", value=vkey[:200])
        verifier = cls(name, material[0], material[1:])
        if verifier.key_id.hex() != id_text:
            raise MalformedProofError(
                what="verifier-key",
                reason="key-id",
                value=vkey[:200],
                computed=verifier.key_id.hex(),
            )
        return verifier

    def text(self) -> str:
        """Return the verifier key as text, the way `from_text` reads it."""
        material = encode_base64(bytes([self.algorithm]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def check(self, text: bytes, signature: bytes) -> int | None:
        """Check one signature over a note's text.

        Args:
            text: The note's text with its final newline.
            signature: What follows the key id on the line.

        Returns:
            The time of a cosignature, in seconds since 1970; nothing for a plain signature.

        Raises:
            NoteSignatureError: The signature is not this key's over this text.

        Source:
            c2sp.org/signed-note, "Ed25519 signatures"; c2sp.org/tlog-cosignature, "Ed25519
            signed message" and "ML-DSA-44 signed message".
        """
        if self.algorithm == ML_DSA_44:
            return self._check_tree(text, signature)
        timestamp_s: int | None = None
        message = text
        if self.algorithm == COSIGNATURE_V1:
            timestamp_s = int.from_bytes(signature[:TIMESTAMP_BYTES], "big")
            signature = signature[TIMESTAMP_BYTES:]
            message = _cosigned_message(text, timestamp_s)
        fits = len(signature) == ED25519_SIGNATURE_BYTES and (timestamp_s or 0) <= TIMESTAMP_MAX
        if not fits or not _is_signed(self.public_key, signature, message):
            raise NoteSignatureError(
                reason="wrong-signature", name=self.name, key_id=self.key_id.hex()
            )
        return timestamp_s

    def _check_tree(self, text: bytes, signature: bytes) -> int:
        """Check an ML-DSA-44 signature over the tree that a checkpoint names; return its time, 0 for none.

        Raises:
            NoteSignatureError: The text is no checkpoint, or the signature is not this key's over its tree.
        """
        timestamp_s = int.from_bytes(signature[:TIMESTAMP_BYTES], "big")
        message = _tree_message(self.name, timestamp_s, text)
        own = signature[TIMESTAMP_BYTES:]
        fits = message is not None and len(own) == ML_DSA_44_SIGNATURE_BYTES
        if not fits or not _is_signed_by_ml_dsa(self.public_key, own, message or b""):
            raise NoteSignatureError(
                reason="wrong-signature", name=self.name, key_id=self.key_id.hex()
            )
        return timestamp_s


def _type_of(material: bytes) -> int:
    """Return the type of a key; -1 where there is none."""
    return material[0] if material else -1


def known_vkeys(lines: Iterable[str]) -> list[str]:
    """Leave out the keys of types that nobody here knows: their lines say nothing, and make nothing wrong.

    Args:
        lines: Verifier keys, one each.

    Returns:
        Those that `Verifier.from_text` may read; what is no key at all stays, and is refused there.

    Source:
        c2sp.org/signed-note, "Signatures": lines by unknown keys are ignored.
    """
    found = []
    for line in lines:
        material = decode_base64(line.partition("+")[2].partition("+")[2]) or b""
        if not material or _type_of(material) in _KEY_BYTES:
            found.append(line)
    return found


def _is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 signature is right; wrong is not an error here yet."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _is_signed_by_ml_dsa(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an ML-DSA-44 signature with an empty context is right (FIPS 204)."""
    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Signer:
    """A private key that signs notes, or cosigns checkpoints; never shown.

    Args:
        name: Key name.
        algorithm: `ED25519`, `COSIGNATURE_V1` or `ML_DSA_44`.
        seed: 32 secret bytes.
    """

    __slots__ = ("_private", "_seed", "verifier")

    def __init__(self, name: str, algorithm: int, seed: bytes) -> None:
        self._seed = seed
        self._private: Ed25519PrivateKey | MLDSA44PrivateKey
        if algorithm == ML_DSA_44:
            self._private = MLDSA44PrivateKey.from_seed_bytes(seed)
        else:
            self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, algorithm, self._private.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        """The key name."""
        return self.verifier.name

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that label the public key."""
        return self.verifier.key_id

    @classmethod
    def from_text(cls, private_text: str) -> Signer:
        """Read a signer key.

        Args:
            private_text: `PRIVATE+KEY+<name>+<key id of the public key>+<base64 of type and
                seed>`.

        Returns:
            The key.

        Raises:
            MalformedProofError: Not such a text; it is not repeated in the error.

        Source:
            golang.org/x/mod/sumdb/note, "Generating keys".
        """
        name, _, rest = private_text.removeprefix(_PRIVATE).partition("+")
        id_text, _, material_text = rest.partition("+")
        material = decode_base64(material_text) or b""
        if (
            not private_text.startswith(_PRIVATE)
            or not is_key_name(name)
            or len(material) != 1 + SEED_BYTES
            or material[0] not in _KEY_BYTES
        ):
            raise MalformedProofError(what="signer-key", reason="format")
        signer = cls(name, material[0], material[1:])
        if signer.key_id.hex() != id_text:
            raise MalformedProofError(
                what="signer-key", reason="key-id", computed=signer.key_id.hex()
            )
        return signer

    def private_text(self) -> str:
        """Return the key as text, the way `from_text` reads it. It is the secret itself."""
        material = encode_base64(bytes([self.verifier.algorithm]) + self._seed)
        return f"{_PRIVATE}{self.name}+{self.key_id.hex()}+{material}"

    def sign(self, message: bytes) -> bytes:
        """Return the pure signature of bytes: Ed25519 (RFC 8032), 64 bytes; ML-DSA-44 (FIPS 204), 2,420."""
        return self._private.sign(message)

    def line(self, text: bytes) -> NoteSignature:
        """Sign a note's text as a log does.

        Args:
            text: With its final newline; for `ML_DSA_44` a checkpoint's.

        Returns:
            The line. An ML-DSA-44 one says nothing of the time (its timestamp is 0): when a tree was the newest is
            for witnesses to say.

        Raises:
            FieldError: The key signs no notes, or only checkpoints.
        """
        if self.verifier.algorithm == ED25519:
            return NoteSignature(self.name, self.key_id, self.sign(text))
        message = _tree_message(self.name, 0, text)
        if self.verifier.algorithm != ML_DSA_44 or message is None:
            raise FieldError(field="signers", reason="not-a-note-key")
        return NoteSignature(self.name, self.key_id, bytes(TIMESTAMP_BYTES) + self.sign(message))

    def __repr__(self) -> str:
        return f"Signer(name={self.name!r}, key_id={self.key_id.hex()})"


def generate_key(name: str, algorithm: int = ED25519) -> tuple[str, str]:
    """Make a new key.

    Args:
        name: Key name; a log's is its origin.
        algorithm: `ED25519` for a log, `ML_DSA_44` beside it, `COSIGNATURE_V1` for a witness.

    Returns:
        The private text and the verifier key.

    Raises:
        FieldError: The name has white space or `+`, or is empty.
    """
    if not is_key_name(name):
        raise FieldError(field="key-name", value=name[:100], reason="not-a-key-name")
    signer = Signer(name, algorithm, secrets.token_bytes(SEED_BYTES))
    return signer.private_text(), signer.verifier.text()


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """Write a signed note.

    Args:
        text: Ends in a newline; no other control characters.
        signers: `ED25519` keys, and for a checkpoint `ML_DSA_44` ones, one line each, in this order.

    Returns:
        The note.

    Raises:
        FieldError: The text cannot be a note's, or there is no key, or one that does not sign
            notes.

    Source:
        c2sp.org/signed-note, "Format".
    """
    if not text.endswith("\n") or any(
        (ch < " " and ch != "\n") or _is_surrogate(ch) for ch in text
    ):
        raise FieldError(field="text", reason="not-a-note-text")
    if not signers:
        raise FieldError(field="signers", reason="no-key")
    data = text.encode()
    return data + b"\n" + b"".join(signer.line(data).line() for signer in signers)


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature line that a known key has made.

    Attributes:
        verifier: The key.
        signature: The line.
        timestamp_s: Seconds since 1970 of a cosignature; nothing for a plain signature.
    """

    verifier: Verifier
    signature: NoteSignature
    timestamp_s: int | None


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note that at least one known key has signed.

    Attributes:
        text: With its final newline, without the empty line and the signatures.
        verified: Lines by known keys, in their order.
        unverified: Lines by unknown keys; they say nothing.
    """

    text: str
    verified: tuple[VerifiedSignature, ...]
    unverified: tuple[NoteSignature, ...]


def split_note(data: bytes) -> tuple[str, tuple[NoteSignature, ...]]:
    """Read a note's form without believing it.

    Args:
        data: The note.

    Returns:
        The text with its final newline, and the signature lines.

    Raises:
        MalformedProofError: Not a note; `reason` says what is wrong.

    Source:
        c2sp.org/signed-note, "Format".
    """
    if len(data) > NOTE_BYTES_MAX:
        _malformed("too-large")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedProofError(what="note", reason="not-utf-8") from error
    if any(ch < " " and ch != "\n" for ch in whole):
        _malformed("control-character")
    # The text may have empty lines of its own: the last one divides.
    text, divider, tail = whole.rpartition("\n\n")
    if not divider:
        _malformed("no-empty-line")
    if not tail.endswith("\n"):
        _malformed("no-signatures" if not tail else "no-final-newline")
    # Not splitlines: it also divides at U+2028 and others, which a name may not smuggle in.
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        _malformed("too-many-signatures")
    return text + "\n", tuple(_parse_signature_line(line) for line in lines)


def _parse_signature_line(line: str) -> NoteSignature:
    """Return one signature line's parts; it comes without its newline."""
    name, _, blob_text = line.removeprefix(_DASH).partition(" ")
    blob = _decode_base64_loosely(blob_text) or b""
    if not line.startswith(_DASH) or not is_key_name(name) or len(blob) <= KEY_ID_BYTES:
        _malformed("signature-line")
    return NoteSignature(name, blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def _malformed(reason: str) -> NoReturn:
    raise MalformedProofError(what="note", reason=reason)


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> OpenedNote:
    """Check a note's signatures, and only then give its text.

    Args:
        data: The note.
        verifiers: Known keys, of logs and of witnesses.

    Returns:
        Text and lines; at least one line is verified.

    Raises:
        MalformedProofError: Not a note.
        NoteSignatureError: A known key's signature is wrong (`wrong-signature`), or no known key
            signed (`no-known-key`; carries the labels that are there and those that are known).

    Source:
        c2sp.org/signed-note, "Signatures".
    """
    text, signatures = split_note(data)
    known: dict[tuple[str, bytes], list[Verifier]] = {}
    for verifier in verifiers:
        known.setdefault((verifier.name, verifier.key_id), []).append(verifier)
    text_bytes = text.encode()
    verified = []
    unverified = []
    for signature in signatures:
        # Name and id both decide; by chance or intent, two known keys may share them, and one is
        # enough.
        candidates = known.get((signature.name, signature.key_id))
        if candidates is None:
            unverified.append(signature)
        else:
            verified.append(_verify_line(text_bytes, signature, candidates))
    if not verified:
        raise NoteSignatureError(
            reason="no-known-key",
            name=[signature.name for signature in signatures],
            key_id=[signature.key_id.hex() for signature in signatures],
            known=[f"{name}+{label.hex()}" for name, label in known],
        )
    return OpenedNote(text, tuple(verified), tuple(unverified))


def _verify_line(
    text: bytes, signature: NoteSignature, candidates: Sequence[Verifier]
) -> VerifiedSignature:
    """Return a line as verified by a key of its name and id; the last failure is raised."""
    for verifier in candidates[:-1]:
        try:
            return VerifiedSignature(
                verifier, signature, verifier.check(text, signature.signature)
            )
        except NoteSignatureError:
            continue
    verifier = candidates[-1]
    return VerifiedSignature(verifier, signature, verifier.check(text, signature.signature))


def cosign_v1(text: str, signer: Signer, timestamp_s: int) -> NoteSignature:
    """Make a witness's line for a checkpoint: the largest consistent tree it has seen by then.

    Args:
        text: The whole checkpoint text with its final newline, extension lines included.
        signer: A `COSIGNATURE_V1` key; never the log's own.
        timestamp_s: Seconds since 1970, 0 to `TIMESTAMP_MAX`.

    Returns:
        The line to append to the note.

    Raises:
        FieldError: The key is of another type, or the time is out of range.

    Source:
        c2sp.org/tlog-cosignature, "Ed25519 signatures".
    """
    if signer.verifier.algorithm != COSIGNATURE_V1:
        raise FieldError(field="signer", reason="not-a-witness-key", value=signer.name)
    if not 0 <= timestamp_s <= TIMESTAMP_MAX:
        raise FieldError(field="timestamp", reason="out-of-range", value=timestamp_s)
    signature = signer.sign(_cosigned_message(text.encode(), timestamp_s))
    return NoteSignature(
        signer.name, signer.key_id, timestamp_s.to_bytes(TIMESTAMP_BYTES, "big") + signature
    )


def _cosigned_message(text: bytes, timestamp_s: int) -> bytes:
    """Return the bytes that a cosignature signs: two header lines, then at once the checkpoint."""
    return b"cosignature/v1\ntime %d\n" % timestamp_s + text


def _tree_message(name: str, timestamp_s: int, text: bytes) -> bytes | None:
    """Return the bytes that an ML-DSA-44 line signs; None where the text is no checkpoint or a name is too long.

    Extension lines are not in it.

    Source:
        c2sp.org/tlog-cosignature, "ML-DSA-44 signed message".
    """
    try:
        origin, size, root_text, *_ = text.decode().split("\n")
    except ValueError:
        return None
    root = decode_base64(root_text)
    names = [one.encode() for one in (name, origin)]
    fits = all(0 < len(one) <= _NAME_BYTES_MAX for one in names)
    if not fits or not _SIZE.fullmatch(size) or root is None or len(root) != _HASH_BYTES:
        return None
    if int(size) > TIMESTAMP_MAX or timestamp_s > TIMESTAMP_MAX:
        return None
    signer, log = (bytes([len(one)]) + one for one in names)
    numbers = (
        timestamp_s.to_bytes(8, "big"),
        (0).to_bytes(8, "big"),
        int(size).to_bytes(8, "big"),
    )
    return _TREE_LABEL + signer + numbers[0] + log + numbers[1] + numbers[2] + root
