"""Time stamps (RFC 3161) over a signed checkpoint: what is asked, and what a token proves. Pure.

In: the note's exact bytes. Out: a request; from a reply, the time that it vouches for. Guaranteed: a token that is
accepted is granted, signed by a certificate that may stamp, and made over these very bytes.

Source:
    RFC 3161 sections 2.4.1 and 2.4.2; reference for what is stamped: the exact bytes of the signed note.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from ledger.clock import to_text
from ledger.errors import MalformedProofError, NoteSignatureError

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"
REPLY_MAX = 65_536


class Ask:
    """A request for a stamp, and what its reply is held to.

    Args:
        note: The signed checkpoint.
    """

    def __init__(self, note: bytes) -> None:
        builder = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256)
        self._note = note
        self._request = builder.nonce(nonce=True).cert_request(cert_request=True).build()

    @property
    def body(self) -> bytes:
        """Return the request as it is posted."""
        return self._request.as_bytes()

    def accept(self, reply: bytes, roots: Sequence[x509.Certificate]) -> str:
        """Return the time that a reply vouches for, RFC 3339 UTC.

        Args:
            reply: As it came.
            roots: Whom to trust; empty trusts the reply's own certificates.

        Returns:
            The time.

        Raises:
            MalformedProofError: No time stamp's reply, or not granted.
            NoteSignatureError: Not signed by somebody who may, not the answer to this request, or over other bytes.
        """
        return _read(reply, self._note, roots, self._request.nonce)


def stamped_at(reply: bytes, note: bytes, roots: Sequence[x509.Certificate] = ()) -> str:
    """Return the time at which a checkpoint was stamped, RFC 3339 UTC.

    Args:
        reply: As it was kept.
        note: The signed checkpoint.
        roots: Whom to trust; empty trusts the reply's own certificates.

    Returns:
        The time.

    Raises:
        MalformedProofError: No time stamp's reply.
        NoteSignatureError: Not signed by somebody who may, or over other bytes.
    """
    return _read(reply, note, roots, None)


def _read(reply: bytes, note: bytes, roots: Sequence[x509.Certificate], nonce: int | None) -> str:
    found = _decoded(reply)
    trusted = list(roots) or _certificates(found)
    builder = VerifierBuilder(roots=trusted, nonce=nonce)
    try:
        builder.build().verify(found, sha256(note).digest())
    except (VerificationError, ValueError) as error:
        raise NoteSignatureError(reason="time-stamp", found=str(error)[:80]) from error
    return to_text(found.tst_info.gen_time)


def _decoded(reply: bytes) -> TimeStampResponse:
    try:
        found = decode_timestamp_response(reply)
        if found.status != 0:
            raise MalformedProofError(reason="not-granted", found=found.status)
    except ValueError as error:
        raise MalformedProofError(reason="no-time-stamp") from error
    return found


def _certificates(found: TimeStampResponse) -> list[x509.Certificate]:
    try:
        return [x509.load_der_x509_certificate(one) for one in found.signed_data.certificates]
    except ValueError as error:
        raise MalformedProofError(reason="no-certificate") from error
