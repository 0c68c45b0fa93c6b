"""What an auditor sends back is taken only if it is the file that was sent, and one signature more.

In: the file as the organisation certified it, the file as it came back, and who is enrolled. Out: who signed it, when.
Guaranteed: the earlier bytes are unchanged; exactly one approval was added, in the prepared field, by an enrolled
certificate that was valid and not revoked; nothing else was changed or added. Each refusal has a reason of its own.

A hostile file may be made to eat time and memory: call this in a worker with limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto import x509

from ledger.errors import FileFormatError
from ledger.verify import pdf_changes
from ledger.verify.pdf_signatures import (
    APPROVAL,
    AUDITOR_FIELD,
    FUND_FIELD,
    Signature,
    Signatures,
    examine,
    name_in,
)
from ledger.verify.pdf_trust import Trust, read_certificates, trust_of

ADDED_MAX = 2 * 1024 * 1024
"""Bytes that a signature with its time stamps and lists may add; ours add some 40,000."""

_CHUNK = 1024 * 1024

REASONS = (
    "too-large",
    "other-file",
    "nothing-added",
    "not-a-pdf",
    "encrypted",
    "too-many",
    "script",
    "changed-pages",
    "changed-content",
    "changed-annotation",
    "changed-attachment",
    "bytes-differ",
    "not-allowed",
    "bytes-after",
    "second-countersignature",
    "other-field",
    "not-enrolled",
    "not-yours",
    "expired",
    "key-usage",
    "revoked",
    "no-revocation-list",
    "no-root",
)
"""Why a file is refused."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A certificate with which somebody may countersign.

    Attributes:
        member_id: Who.
        chain: It and those above it, PEM.
    """

    member_id: str
    chain: bytes


@dataclass(frozen=True, slots=True)
class Countersigned:
    """A file that is taken.

    Attributes:
        data: Its bytes.
        fingerprint: SHA-256 of the certificate, hex.
        name: What the certificate calls its holder.
        member_id: Whose certificate it is.
        stamped_at: Instant of the time stamp, where it has one.
        is_long_term: Whether it will hold when certificates have ended (B-LTA).
        is_development: Whether the key proves nothing.
    """

    data: bytes
    fingerprint: str
    name: str
    member_id: str
    stamped_at: datetime | None
    is_long_term: bool
    is_development: bool


def accept(
    sent: bytes, back: Path, enrolled: Mapping[str, Enrolled], trust: Trust, at: datetime
) -> Countersigned:
    """Take a countersigned file, or say why not.

    Args:
        sent: As the organisation certified it.
        back: The file that came back.
        enrolled: By the SHA-256 of the certificate, hex.
        trust: Whom the operator trusts, and lists of revoked certificates.
        at: Now.

    Returns:
        The file, and who signed it.

    Raises:
        FileFormatError: It is refused; reason is one of `REASONS`.
    """
    data = read_back(sent, back)
    with pdf_changes.opened(data) as pdf:
        if pdf_changes.has_program(pdf):
            _refuse("script")
    chains = [one for row in enrolled.values() for one in read_certificates("enrolled", row.chain)]
    signatures = examine(data, trust.joined(trust_of(chains)), at)
    one = _new(signatures)
    _check_whole(sent, data, signatures)
    if one is None:
        raise FileFormatError(file="pdf", reason="bytes-after")
    if one.fingerprint not in enrolled:
        _refuse("not-enrolled")
    check_holder(one, trust, at)
    if not signatures.found[-1].is_whole:
        _refuse("bytes-after")
    row = enrolled[one.fingerprint]
    return Countersigned(
        data,
        one.fingerprint,
        name_in(one.certificate),
        row.member_id,
        one.stamped_at,
        bool(signatures.long_term),
        one.is_development,
    )


def _refuse(reason: str) -> None:
    raise FileFormatError(file="pdf", reason=reason)


def read_back(sent: bytes, back: Path) -> bytes:
    """Read a file that came back, if it is what was sent and something more; never more than a little of another.

    Args:
        sent: As it went out.
        back: The file that came back.

    Returns:
        Its bytes.

    Raises:
        FileFormatError: It is larger than one signature makes it, another file, or as it was.
    """
    if back.stat().st_size > len(sent) + ADDED_MAX:
        _refuse("too-large")
    with back.open("rb") as stream:
        for start in range(0, len(sent), _CHUNK):
            if (
                stream.read(_CHUNK if start + _CHUNK <= len(sent) else len(sent) - start)
                != sent[start : start + _CHUNK]
            ):
                _refuse("other-file")
        added = stream.read(ADDED_MAX)
    if not added.strip():
        _refuse("bytes-after" if added else "nothing-added")
    return sent + added


def _check_whole(sent: bytes, data: bytes, signatures: Signatures) -> None:
    """Hold that every signature fits and allows what came after it, and that readers see the same as before."""
    for code in pdf_changes.changes(sent, data):
        _refuse(code if code == "script" else f"changed-{code}")
    if not all(one.is_intact for one in signatures.found):
        _refuse("bytes-differ")
    if not all(one.is_allowed for one in signatures.found):
        _refuse("not-allowed")
    if not signatures.people or signatures.people[0].field != FUND_FIELD:
        _refuse("not-allowed")


def _new(signatures: Signatures) -> Signature | None:
    """Return the auditor's signature: the one after the organisation's, in the prepared field; None without any.

    Raises:
        FileFormatError: It is in another place, or there are several.
    """
    added = [person for person in signatures.people if person.field != FUND_FIELD]
    if not added:
        # What stands after the end is no signature: a note, a page, or nothing that a reader finds.
        return None
    if len(added) > 1:
        raise FileFormatError(file="pdf", reason="second-countersignature")
    if added[0].kind != APPROVAL or added[0].field != AUDITOR_FIELD:
        raise FileFormatError(file="pdf", reason="other-field")
    return added[0]


def check_holder(one: Signature, trust: Trust, at: datetime) -> None:
    """Hold that a certificate could sign then.

    Args:
        one: A signature.
        trust: Whom the operator trusts, and lists of revoked certificates.
        at: When it came back; of one with a time stamp, that counts.

    Raises:
        FileFormatError: It was expired, or not for signing, or revoked, or nobody can tell.
    """
    when = one.stamped_at or at
    certificate = one.certificate
    if not certificate.not_valid_before <= when <= certificate.not_valid_after:
        _refuse("expired")
    if not may_sign(certificate):
        _refuse("key-usage")
    if one.is_trusted:
        return
    if "revoked" in one.why_not:
        _refuse("revoked")
    if not any(each.issuer == certificate.issuer for each in trust.lists):
        _refuse("no-revocation-list")
    _refuse("no-root")


def may_sign(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate's key is for signing documents."""
    usage = certificate.key_usage_value
    return usage is not None and bool({"digital_signature", "non_repudiation"} & set(usage.native))
