"""A witness: it cosigns a log's checkpoint only when it extends the one that it cosigned before. Pure.

In: what a log sends to `add-checkpoint`, and what was cosigned last. Out: an answer, and what to remember first.
Guaranteed: whoever stores `Answer.remember` durably before it answers never cosigns two trees that no proof connects.

Source:
    c2sp.org/tlog-witness, "add-checkpoint"; the order of the checks is its order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from ledger.errors import (
    ConsistencyProofError,
    FieldError,
    MalformedProofError,
    NoteSignatureError,
)
from ledger.log.checkpoints import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    parse_number,
    verify_extends,
)
from ledger.log.hashing import EMPTY_ROOT, HASH_BYTES
from ledger.log.notes import Signer, Verifier, cosign_v1, decode_base64, encode_base64, split_note
from ledger.log.proofs import PROOF_HASHES_MAX

SIZE_TYPE = "text/x.tlog.size"
BODY_BYTES_MAX = 1_100_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers.

    Attributes:
        status: HTTP status.
        body: Its bytes.
        content_type: Of the body.
        remember: The checkpoint to store durably before the answer leaves; None where nothing changes.
    """

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    remember: Checkpoint | None = None


def request_body(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Write what a log sends.

    Args:
        old: Size that the witness is thought to have.
        proof: Consistency proof from there, 32-byte hashes.
        note: The signed checkpoint.

    Returns:
        The body of a POST.
    """
    lines = [f"old {old}", *map(encode_base64, proof), "", ""]
    return "\n".join(lines).encode() + note


def consider(
    body: bytes,
    logs: Mapping[str, Sequence[Verifier]],
    seen: Mapping[str, Checkpoint],
    signer: Signer,
    now_s: int,
) -> Answer:
    """Decide what to answer to a log.

    Args:
        body: As it was sent.
        logs: Known logs: their keys by origin.
        seen: By origin, the checkpoint that was cosigned last.
        signer: The witness's `COSIGNATURE_V1` key.
        now_s: POSIX seconds.

    Returns:
        The answer.
    """
    # 400: malformed.
    try:
        old, proof, note = _parse(body)
        text, _ = split_note(note)
        claimed = parse_checkpoint(text)
    except (FieldError, MalformedProofError):
        return Answer(HTTPStatus.BAD_REQUEST)
    if old > claimed.size:
        return Answer(HTTPStatus.BAD_REQUEST)
    # 404: unknown log. 403: not signed by it.
    if claimed.origin not in logs:
        return Answer(HTTPStatus.NOT_FOUND)
    try:
        checkpoint = open_checkpoint(note, claimed.origin, logs[claimed.origin])
    except NoteSignatureError:
        return Answer(HTTPStatus.FORBIDDEN)
    # 409: the log is wrong about where this witness is.
    last = seen.get(checkpoint.origin, Checkpoint(checkpoint.origin, 0, EMPTY_ROOT))
    if old != last.size:
        return Answer(HTTPStatus.CONFLICT, f"{last.size}\n".encode(), SIZE_TYPE)
    # 422: it does not extend what was cosigned.
    try:
        verify_extends(last, checkpoint, proof)
    except ConsistencyProofError:
        return Answer(HTTPStatus.UNPROCESSABLE_ENTITY)
    return Answer(HTTPStatus.OK, cosign_v1(text, signer, now_s).line(), remember=checkpoint)


def _parse(body: bytes) -> tuple[int, tuple[bytes, ...], bytes]:
    """Take a request apart.

    Raises:
        FieldError: It is not one.
    """
    head, divider, note = body.partition(b"\n\n")
    if not divider or len(body) > BODY_BYTES_MAX or not head.isascii():
        raise FieldError(field="body", reason="malformed")
    first, *lines = head.decode("ascii").split("\n")
    old = parse_number(first.removeprefix("old ")) if first.startswith("old ") else None
    proof = [decode_base64(line) for line in lines]
    hashes = tuple(one for one in proof if one is not None and len(one) == HASH_BYTES)
    if old is None or len(hashes) != len(proof) or len(proof) > PROOF_HASHES_MAX:
        raise FieldError(field="body", reason="malformed")
    return old, hashes, note
