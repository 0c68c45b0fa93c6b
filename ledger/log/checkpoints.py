"""Checkpoints: what a log says of itself, its size and its root, as the text of a signed note."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.errors import (
    ConsistencyProofError,
    FieldError,
    MalformedProofError,
    NoteSignatureError,
)
from ledger.log.hashing import EMPTY_ROOT, HASH_BYTES, SIZE_MAX
from ledger.log.notes import (
    COSIGNATURE_V1,
    ED25519,
    ML_DSA_44,
    OpenedNote,
    Signer,
    VerifiedSignature,
    Verifier,
    decode_base64,
    encode_base64,
    open_note,
    sign_note,
)
from ledger.log.proofs import verify_consistency

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOG_KEYS = frozenset({ED25519, ML_DSA_44})
"""Types of keys with which a log signs its checkpoints."""

_NUMBER = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_BODY_LINES_MIN = 3
_SIZE_DIGITS_MAX = len(str(SIZE_MAX))


def parse_number(text: str) -> int | None:
    """Return a size or index: ASCII digits, no leading zeros, at most `SIZE_MAX`; else nothing."""
    # int() alone would take `+1`, ` 1`, `1_0` and digits of other scripts.
    if len(text) > _SIZE_DIGITS_MAX or not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if number <= SIZE_MAX else None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of a log at one moment. Equal when origin, size and root are.

    Attributes:
        origin: The log's name for ever.
        size: Number of leaves.
        root: 32 bytes.
        extensions: Further lines of the body, not empty each; ours have none.

    Source:
        c2sp.org/tlog-checkpoint, "Note text".
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = field(default=(), compare=False)

    def body(self) -> str:
        """Return the note's text, with its final newline.

        Raises:
            FieldError: Origin, size or root cannot be written.
        """
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        text = "".join(f"{line}\n" for line in lines)
        try:
            parse_checkpoint(text)
        except MalformedProofError as error:
            raise FieldError(field="checkpoint", **error.fields) from error
        return text


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint's note. Whoever needs to believe it calls `open_checkpoint`.

    Args:
        text: With its final newline.

    Returns:
        The checkpoint.

    Raises:
        MalformedProofError: reason is `lines`, `size`, `root` or `empty-root`.

    Source:
        c2sp.org/tlog-checkpoint, "Note text"; c2sp.org/tlog-witness for the root of size 0.
    """
    lines = text.split("\n")
    if len(lines) <= _BODY_LINES_MIN or lines.pop() != "" or not all(lines):
        raise MalformedProofError(what="checkpoint", reason="lines")
    origin, size_text, root_text, *extensions = lines
    size = parse_number(size_text)
    if size is None:
        raise MalformedProofError(what="checkpoint", reason="size", value=size_text[:40])
    root = decode_base64(root_text)
    if root is None or len(root) != HASH_BYTES:
        raise MalformedProofError(what="checkpoint", reason="root", value=root_text[:80])
    if size == 0 and root != EMPTY_ROOT:
        raise MalformedProofError(what="checkpoint", reason="empty-root", value=root_text)
    return Checkpoint(origin, size, root, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """Write a checkpoint as a signed note; whether it may be signed is for `LogSigner` to know.

    Args:
        checkpoint: What to sign.
        signers: `ED25519` and `ML_DSA_44` keys of the log, one line each.

    Returns:
        The note.

    Raises:
        FieldError: The checkpoint cannot be written, or a key cannot sign it.
    """
    return sign_note(checkpoint.body(), signers)


@dataclass(frozen=True, slots=True)
class CosignedCheckpoint:
    """A checkpoint that was opened, and who signed it.

    Attributes:
        checkpoint: What was signed.
        log_signatures: By the log's keys; at least one.
        cosignatures: By witnesses that are known; the first line of each key.
    """

    checkpoint: Checkpoint
    log_signatures: tuple[VerifiedSignature, ...]
    cosignatures: tuple[VerifiedSignature, ...]


def open_checkpoint(note: bytes, origin: str, verifiers: Iterable[Verifier]) -> Checkpoint:
    """Check a signed checkpoint of one log.

    Args:
        note: The signed note.
        origin: The log that it must be of.
        verifiers: The log's keys.

    Returns:
        The checkpoint.

    Raises:
        MalformedProofError: Not a note, or not a checkpoint.
        NoteSignatureError: A signature is wrong, none is by the log, or it is another log's
            (`other-origin`).

    Source:
        c2sp.org/tlog-checkpoint; c2sp.org/tlog-tiles, "Checkpoints".
    """
    return open_cosigned(note, origin, verifiers, ()).checkpoint


def open_cosigned(
    note: bytes, origin: str, verifiers: Iterable[Verifier], witnesses: Iterable[Verifier]
) -> CosignedCheckpoint:
    """Check a signed checkpoint of one log, and which known witnesses have cosigned it.

    Args:
        note: The signed note.
        origin: The log that it must be of.
        verifiers: The log's keys, `ED25519` and `ML_DSA_44`; whoever gives the latter alone asks for that line.
        witnesses: Known witnesses; only `COSIGNATURE_V1` keys count.

    Returns:
        The checkpoint with the signatures that count.

    Raises:
        MalformedProofError: Not a note, or not a checkpoint.
        NoteSignatureError: A known key's signature is wrong, none is by the log, or it is another
            log's.

    Source:
        c2sp.org/tlog-checkpoint; c2sp.org/tlog-cosignature; c2sp.org/tlog-proof, "Verifying a tlog
        proof".
    """
    # 1. A known key signed, and nothing by a known key is wrong.
    log_keys = [verifier for verifier in verifiers if verifier.algorithm in LOG_KEYS]
    witness_keys = [verifier for verifier in witnesses if verifier.algorithm == COSIGNATURE_V1]
    opened = open_note(note, [*log_keys, *witness_keys])
    # 2. The log itself is among them: a witness's word alone makes no checkpoint.
    by_log = _by_keys(opened, log_keys)
    if not by_log:
        raise NoteSignatureError(reason="not-signed-by-log", name=origin, key_id=_labels(log_keys))
    # 3. The text is a checkpoint, and of this log.
    checkpoint = parse_checkpoint(opened.text)
    if checkpoint.origin != origin:
        raise NoteSignatureError(
            reason="other-origin", name=origin, found=checkpoint.origin, key_id=_labels(log_keys)
        )
    return CosignedCheckpoint(checkpoint, by_log, _by_keys(opened, witness_keys))


def _by_keys(opened: OpenedNote, keys: Sequence[Verifier]) -> tuple[VerifiedSignature, ...]:
    """Return the first verified line of each key: a repeated line is not a second witness."""
    first: dict[Verifier, VerifiedSignature] = {}
    for line in opened.verified:
        if line.verifier in keys:
            first.setdefault(line.verifier, line)
    return tuple(first.values())


def _labels(keys: Sequence[Verifier]) -> list[str]:
    return [key.key_id.hex() for key in keys]


def verify_extends(earlier: Checkpoint, later: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that one checkpoint of a log extends another, size 0 included.

    Args:
        earlier: Opened checkpoint.
        later: Opened checkpoint of the same origin.
        proof: 32-byte hashes; empty from size 0 and for equal sizes.

    Raises:
        ConsistencyProofError: The earlier tree is not shown to be the beginning of the later.

    Source:
        RFC 9162 section 2.1.4.2; c2sp.org/tlog-witness for size 0.
    """
    evidence: dict[str, object] = {
        "size1": earlier.size,
        "size2": later.size,
        "root1": earlier.root.hex(),
        "root2": later.root.hex(),
        "proof": [part.hex() for part in proof],
    }
    if earlier.origin != later.origin:
        raise ConsistencyProofError(
            reason="other-origin", origin1=earlier.origin, origin2=later.origin, **evidence
        )
    if earlier.size != 0:
        verify_consistency(earlier.size, later.size, earlier.root, later.root, proof)
        return
    # Everything extends the empty tree, but it has only one root, and nothing is left to prove.
    if earlier.root != EMPTY_ROOT or (later.size == 0 and later.root != EMPTY_ROOT):
        raise ConsistencyProofError(reason="other-root", **evidence)
    if proof:
        raise ConsistencyProofError(reason="not-empty", **evidence)
