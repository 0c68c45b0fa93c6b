"""The receipt that stands alone: an inclusion proof and the signed checkpoint in one text file."""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from ledger.errors import FieldError, MalformedProofError
from ledger.log.checkpoints import CosignedCheckpoint, open_cosigned, parse_number
from ledger.log.hashing import HASH_BYTES, SIZE_MAX, leaf_hash
from ledger.log.notes import NOTE_BYTES_MAX, decode_base64, encode_base64
from ledger.log.proofs import PROOF_HASHES_MAX, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.log.notes import Verifier

HEADER = "c2sp.org/tlog-proof@v1"
FILE_SUFFIX = ".tlog-proof"

EXTRA_BYTES_MAX = 65_535
"""Ours: room for an entry, which is the most that is needed beside the proof."""

PROOF_BYTES_MAX = NOTE_BYTES_MAX + 2 * EXTRA_BYTES_MAX + 50 * PROOF_HASHES_MAX
"""Ours: no proof within the other limits is larger."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """What a receipt file holds; believed only after `verify_tlog_proof`.

    Attributes:
        index: The entry's place in the log, from 0.
        proof: 32-byte hashes, the leaf's sibling first.
        checkpoint_note: The signed checkpoint, byte for byte.
        extra: What helps to rebuild the entry, such as salts; nobody signed it.
    """

    index: int
    proof: tuple[bytes, ...]
    checkpoint_note: bytes
    extra: bytes | None = None


def encode_tlog_proof(
    index: int, proof: Sequence[bytes], checkpoint_note: bytes, extra: bytes | None = None
) -> bytes:
    """Write a receipt file.

    Args:
        index: The entry's place in the log, from 0.
        proof: Inclusion proof, 32-byte hashes, the leaf's sibling first.
        checkpoint_note: The signed checkpoint.
        extra: Up to `EXTRA_BYTES_MAX` bytes that nobody signs.

    Returns:
        The file.

    Raises:
        FieldError: A part is out of range.

    Source:
        c2sp.org/tlog-proof, "Format".
    """
    if not 0 <= index < SIZE_MAX:
        raise FieldError(field="index", reason="out-of-range", value=index)
    if len(proof) > PROOF_HASHES_MAX or any(len(part) != HASH_BYTES for part in proof):
        raise FieldError(field="proof", reason="not-hashes")
    head = HEADER
    if extra is not None:
        if len(extra) > EXTRA_BYTES_MAX:
            raise FieldError(field="extra", reason="too-long", value=len(extra))
        head += f"\nextra {encode_base64(extra)}"
    # `b2a_base64` ends each line itself.
    lines = (f"{head}\nindex {index}\n".encode(), *map(b2a_base64, proof), b"\n", checkpoint_note)
    return b"".join(lines)


def decode_tlog_proof(data: bytes) -> TlogProof:
    """Read a receipt file without believing it.

    Args:
        data: The file.

    Returns:
        Its parts; the checkpoint is not opened.

    Raises:
        MalformedProofError: reason is `too-large`, `no-empty-line`, `not-ascii`, `header`,
            `extra`, `index`, `too-long` or `hash`.

    Source:
        c2sp.org/tlog-proof, "Format".
    """
    if len(data) > PROOF_BYTES_MAX:
        _malformed("too-large")
    # The first empty line ends the proof; the checkpoint has others.
    head, divider, checkpoint_note = data.partition(b"\n\n")
    if not divider:
        _malformed("no-empty-line")
    if not head.isascii():
        _malformed("not-ascii")
    lines = head.decode("ascii").split("\n")
    if lines.pop(0) != HEADER:
        _malformed("header")
    extra = _parse_extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        _malformed("index")
    index = parse_number(lines.pop(0).removeprefix("index "))
    if index is None or index >= SIZE_MAX:
        _malformed("index")
    if len(lines) > PROOF_HASHES_MAX:
        _malformed("too-long")
    return TlogProof(index, tuple(map(_parse_hash, lines)), checkpoint_note, extra)


def _parse_extra(line: str) -> bytes:
    extra = decode_base64(line.removeprefix("extra "))
    if extra is None or len(extra) > EXTRA_BYTES_MAX:
        _malformed("extra")
    return extra


def _parse_hash(line: str) -> bytes:
    part = decode_base64(line)
    if part is None or len(part) != HASH_BYTES:
        _malformed("hash")
    return part


def _malformed(reason: str) -> NoReturn:
    raise MalformedProofError(what="tlog-proof", reason=reason)


def verify_tlog_proof(
    receipt: TlogProof,
    entry: bytes,
    origin: str,
    verifiers: Iterable[Verifier],
    witnesses: Iterable[Verifier] = (),
) -> CosignedCheckpoint:
    """Check that a receipt proves an entry.

    Args:
        receipt: What `decode_tlog_proof` gave.
        entry: The exact logged bytes.
        origin: The log that it must be in.
        verifiers: The log's keys.
        witnesses: Known witnesses; how many are enough is the caller's to judge.

    Returns:
        The opened checkpoint and who signed it.

    Raises:
        MalformedProofError: The checkpoint is not in its format.
        NoteSignatureError: The checkpoint is not signed by the log, or by a known key wrongly.
        InclusionProofError: The entry is not in that tree at that place.

    Source:
        c2sp.org/tlog-proof, "Verifying a tlog proof"; the numbers are its steps.
    """
    # 1. The leaf.
    leaf = leaf_hash(entry)
    # 2., 3. The checkpoint, the log's signature, the witnesses'.
    opened = open_cosigned(receipt.checkpoint_note, origin, verifiers, witnesses)
    # 4. The proof binds the leaf to the root.
    checkpoint = opened.checkpoint
    verify_inclusion(receipt.index, checkpoint.size, leaf, receipt.proof, checkpoint.root)
    return opened
