"""The signatures of a PDF: who signed what of it, and whether anything was changed afterwards. Works without a network.

In: a file's bytes, and whom to trust. Out: what is true of each signature, and from that the checks of a report.
Guaranteed: a signature counts as good only if the library's bottom line, the permissions of the certification (DocMDP)
and our own comparison of the pages agree; the last one has to cover the file to its last byte.

Source:
    ISO 32000-2, 12.8; ETSI EN 319 102-1 and 319 142-1.
"""

from __future__ import annotations

import asyncio
import io
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation import ades, policy_decl
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from ledger.errors import FileFormatError
from ledger.verify import pdf_changes
from ledger.verify.attached import behind_end
from ledger.verify.pdf_trust import Trust
from ledger.verify.report import Findings, failure, shown

FUND_FIELD = "FundSignature"
AUDITOR_FIELD = "AuditorSignature"

DEVELOPMENT = "ONLY FOR TRYING 仅供试用"
"""Begins the common name of everything that the development PKI issues."""

CERTIFICATION, APPROVAL, TIME_STAMP = "certification", "approval", "time-stamp"
WHOLE = SignatureCoverageLevel.ENTIRE_FILE

CHECKS = (
    "pdf-readable",
    "pdf-signed",
    "pdf-intact",
    "pdf-unchanged",
    "pdf-covered",
    "pdf-signers",
    "pdf-time",
    "pdf-long-term",
)
"""Of a file's signatures, in the order in which they are best read."""

logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def name_in(certificate: x509.Certificate) -> str:
    """Return what a certificate calls its holder."""
    names = certificate.subject.native
    return str(names.get("common_name") or names.get("organization_name") or "?")


def is_development(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate is of a development PKI: it proves nothing about anybody."""
    issuer = str(certificate.issuer.native.get("common_name") or "")
    return name_in(certificate).startswith(DEVELOPMENT) or issuer.startswith(DEVELOPMENT)


@dataclass(frozen=True)
class Signature:
    """What is true of one signature or time stamp of a file.

    Attributes:
        field: Name of its field.
        kind: Certification, approval or time stamp.
        certificate: Of whoever signed.
        is_intact: The bytes that it covers are those that were signed, and the signature is its key's.
        is_allowed: What was added after it is what the certification and the locks allow.
        is_whole: It covers the file to its last byte.
        is_trusted: Its certificate leads to a root that is trusted, could sign at that time, and was not revoked.
        why_not: Why it is not trusted, a short code.
        stamped_at: Instant of its time stamp, if that holds.
        has_stamp: It carries a time stamp, good or not.
        signed_end: Where the part that it covers ends.
        reported_at: Instant that the signer's own machine wrote down; proves nothing.
    """

    field: str
    kind: str
    certificate: x509.Certificate
    is_intact: bool
    is_allowed: bool
    is_whole: bool
    is_trusted: bool
    why_not: str
    stamped_at: datetime | None
    has_stamp: bool
    signed_end: int
    reported_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the certificate, hex."""
        return str(self.certificate.sha256.hex())

    @property
    def is_development(self) -> bool:
        """Tell whether it was made with a key for trying."""
        return is_development(self.certificate)


@dataclass(frozen=True)
class Signatures:
    """All signatures of a file.

    Attributes:
        found: In the order in which they were made.
        fields: Every signature field, and whether it is filled in.
        own_roots: Whether nothing but the file's own roots could be asked.
        long_term: Whether each signature can be judged for good, by what lies in the file; None without time stamps.
        why_not_long_term: What is missing for that.
    """

    found: tuple[Signature, ...]
    fields: Mapping[str, bool]
    own_roots: bool
    long_term: bool | None
    why_not_long_term: str = ""

    @property
    def people(self) -> tuple[Signature, ...]:
        """Return the signatures that are somebody's."""
        return tuple(one for one in self.found if one.kind != TIME_STAMP)

    def of(self, field: str) -> Signature | None:
        """Return the signature in a field."""
        return next((one for one in self.found if one.field == field), None)


def examine(data: bytes, trust: Trust, at: datetime, *, only_bytes: bool = False) -> Signatures:
    """Read and judge every signature of a file.

    Args:
        data: The file.
        trust: Whom to trust; without any root, those in the file are taken, and the result says so.
        at: Now.
        only_bytes: Do not judge what was added after a signature: for one that was made just now.

    Returns:
        What is true of each.

    Raises:
        FileFormatError: It cannot be read, or is encrypted.
        MemoryError: It takes more than this process may have.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return asyncio.run(_examine(data, trust, at, only_bytes))
    except (FileFormatError, MemoryError):
        raise
    except Exception as error:  # whatever the library meets in a hostile file is the file's fault
        raise FileFormatError(file="pdf", reason="not-a-pdf") from error


async def _examine(data: bytes, trust: Trust, at: datetime, only_bytes: bool) -> Signatures:
    reader = PdfFileReader(io.BytesIO(data), strict=False)
    if reader.encrypted:
        raise FileFormatError(file="pdf", reason="encrypted")
    kept = _kept(reader)
    signed = list(reader.embedded_signatures)
    inside = [one for sig in signed for one in (*sig.other_embedded_certs, sig.signer_cert)]
    inside += kept.between
    own_roots = not trust.roots
    roots = trust.roots or tuple(one for one in inside if one.self_issued and one.ca)
    every = Trust(roots, (*trust.between, *inside), (*trust.lists, *kept.lists))
    first = next((sig for sig in signed if sig.sig_object_type == "/Sig"), None)
    found = [
        await _judge(sig, every, at, is_first=sig is first, only_bytes=only_bytes)
        for sig in signed
    ]
    fields = {name: filled is not None for name, filled, _ in _fields(reader)}
    long_term, why = await _long_term(signed, every, found)
    return Signatures(tuple(found), fields, own_roots, long_term, why)


def _fields(reader: PdfFileReader) -> list[Any]:
    from pyhanko.sign.fields import enumerate_sig_fields

    return list(enumerate_sig_fields(reader))


def _kept(reader: PdfFileReader) -> Trust:
    """Return the certificates and lists that lie in the file for long-term validation."""
    from asn1crypto import crl

    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return Trust()
    lists = [crl.CertificateList.load(one.get_object().data) for one in store.crls]
    return Trust((), tuple(store.load_certs()), tuple(lists))


def _context(trust: Trust, at: datetime) -> ValidationContext:
    return ValidationContext(
        trust_roots=list(trust.roots),
        other_certs=list(trust.between),
        crls=list(trust.lists),
        moment=at,
        allow_fetching=False,
        revocation_mode="require",
    )


async def _judge(
    sig: EmbeddedPdfSignature, trust: Trust, at: datetime, *, is_first: bool, only_bytes: bool
) -> Signature:
    """Judge one signature at the instant of its time stamp, or now."""
    covered = sig.byte_range
    end = int(covered[-2]) + int(covered[-1])
    if sig.sig_object_type == "/DocTimeStamp":
        kind = TIME_STAMP
    else:
        kind = CERTIFICATION if is_first and sig.docmdp_level is not None else APPROVAL
    blank = Signature(
        str(sig.field_name), kind, sig.signer_cert, is_intact=False, is_allowed=False, is_whole=False,
        is_trusted=False, why_not="unreadable", stamped_at=None, has_stamp=False, signed_end=end,
    )  # fmt: skip
    try:
        if kind == TIME_STAMP:
            # What was added after it is judged by the signatures: a time stamp forbids nothing.
            stamp = await async_validate_pdf_timestamp(sig, _context(trust, at), skip_diff=True)
            return replace(
                blank,
                is_intact=stamp.intact and stamp.valid,
                is_allowed=stamp.coverage >= SignatureCoverageLevel.ENTIRE_REVISION,
                is_whole=stamp.coverage == WHOLE,
                is_trusted=stamp.trusted,
                why_not=_why(stamp),
                stamped_at=stamp.timestamp,
                has_stamp=True,
            )
        return await _judge_person(sig, trust, at, blank, only_bytes=only_bytes)
    except SignatureValidationError:
        return blank


async def _judge_person(
    sig: EmbeddedPdfSignature, trust: Trust, at: datetime, blank: Signature, *, only_bytes: bool
) -> Signature:
    usage = KeyUsageConstraints(
        key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
    )
    # What was added after it is judged once: that is most of the work.
    first = await async_validate_pdf_signature(
        sig,
        _context(trust, at),
        ts_validation_context=_context(trust, at),
        key_usage_settings=usage,
        skip_diff=True,
    )
    stamp = first.timestamp_validity
    holds = stamp is not None and stamp.intact and stamp.valid and stamp.trusted
    stamped_at = stamp.timestamp if stamp is not None and holds else None
    status = await async_validate_pdf_signature(
        sig,
        _context(trust, stamped_at or at),
        ts_validation_context=_context(trust, at),
        key_usage_settings=usage,
        skip_diff=only_bytes,
    )
    return replace(
        blank,
        is_intact=status.intact and status.valid,
        is_allowed=(only_bytes or bool(status.docmdp_ok))
        and status.coverage is not None
        and status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
        and status.seed_value_ok,
        is_whole=status.coverage == WHOLE,
        is_trusted=status.trusted,
        why_not=_why(status),
        stamped_at=stamped_at,
        has_stamp=stamp is not None,
        reported_at=status.signer_reported_dt,
    )


def _why(status: Any) -> str:
    if status.trusted:
        return ""
    if status.revoked:
        return "revoked"
    told = status.trust_problem_indic
    return str(getattr(told, "name", "") or "unknown").lower().replace("_", "-")


async def _long_term(
    signed: Sequence[EmbeddedPdfSignature], trust: Trust, found: Sequence[Signature]
) -> tuple[bool | None, str]:
    """Judge by what lies in the file alone whether it will still hold when certificates have ended."""
    people = [(sig, one) for sig, one in zip(signed, found, strict=True) if one.kind != TIME_STAMP]
    if not people or not all(one.has_stamp for _, one in people) or found[-1].kind != TIME_STAMP:
        return None, "no-time-stamp"
    spec = policy_decl.PdfSignatureValidationSpec(
        policy_decl.SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(trust_roots=list(trust.roots)),
                revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
            ),
            revinfo_gathering_policy=policy_decl.RevocationInfoGatheringSpec(
                online_fetching_rule=policy_decl.RevinfoOnlineFetchingRule.LOCAL_ONLY
            ),
            key_usage_settings=KeyUsageConstraints(
                key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
            ),
        ),
        diff_policy=None,  # judged before
    )
    for sig, _ in people:
        result = await ades.ades_lta_validation(sig, spec)
        if result.ades_subindic != AdESPassed.OK:
            return False, str(result.ades_subindic)
    return True, ""


# --- the checks of a report -----------------------------------------------------------------------


def check_signatures(
    data: bytes, trust: Trust, at: datetime
) -> tuple[Findings, Signatures | None]:
    """Check the signatures of a file.

    Args:
        data: The file.
        trust: Whom to trust.
        at: Now.

    Returns:
        What was found, with the checks of `CHECKS`; and the signatures, None where the file cannot be read.
    """
    findings = Findings()
    for name in CHECKS:
        findings.count(name, 0)
    try:
        with pdf_changes.opened(data) as pdf:
            programs = pdf_changes.has_program(pdf)
        signatures = examine(data, trust, at)
    except FileFormatError as error:
        _fail(findings, "pdf-readable", "file", str(error.fields["reason"]))
        for name in CHECKS[1:]:
            findings.unsure(name, "unreadable")
        return findings, None
    findings.count("pdf-readable")
    if programs:
        _fail(findings, "pdf-readable", "file", "script")
    if not signatures.people:
        for name in CHECKS[1:]:
            findings.unsure(name, "unsigned")
        if behind_end(data):
            # What is left of a signed file that was cut off in its first signature is the file before it.
            _fail(findings, "pdf-covered", "file", "bytes-after")
        return findings, signatures
    _check_bytes(findings, data, signatures)
    _check_people(findings, signatures, at)
    _check_time(findings, signatures)
    return findings, signatures


def _fail(findings: Findings, check: str, key: str, reason: str) -> None:
    findings.fail(check, failure("", None, ("PDF", key), reason))


def _check_bytes(findings: Findings, data: bytes, signatures: Signatures) -> None:
    first = signatures.people[0]
    findings.count("pdf-signed", len(signatures.people))
    if first.field != FUND_FIELD or first.kind != CERTIFICATION:
        _fail(findings, "pdf-signed", first.field, "not-certified")
    if (
        len([one for one in signatures.people if one.field == AUDITOR_FIELD])
        != len(signatures.people) - 1
    ):
        _fail(findings, "pdf-signed", signatures.people[-1].field, "other-field")
    for one in signatures.found:
        findings.count("pdf-intact")
        findings.count("pdf-unchanged")
        if not one.is_intact:
            _fail(findings, "pdf-intact", one.field, "bytes-differ")
        elif not one.is_allowed:
            _fail(findings, "pdf-unchanged", one.field, "not-allowed")
    for code in _changes(data, first.signed_end):
        _fail(findings, "pdf-unchanged", first.field, f"changed-{code}")
    findings.count("pdf-covered")
    if not signatures.found[-1].is_whole:
        _fail(findings, "pdf-covered", signatures.found[-1].field, "bytes-after")


def _changes(data: bytes, signed_end: int) -> list[str]:
    try:
        return pdf_changes.changes(data[:signed_end], data)
    except FileFormatError:
        return ["unreadable"]


def _check_people(findings: Findings, signatures: Signatures, at: datetime) -> None:
    for one in signatures.people:
        findings.count("pdf-signers")
        who = (name_in(one.certificate), one.fingerprint)
        findings.notes.append(_who_en_zh(one, who))
        if one.is_development:
            findings.unsure("pdf-signers", "development")
        elif one.is_trusted and signatures.own_roots:
            findings.unsure("pdf-signers", "own-roots")
        elif one.why_not in ("revoked", "revoked-no-poe"):
            _fail(findings, "pdf-signers", one.field, "revoked")
        elif one.stamped_at is not None and not _is_valid(one, one.stamped_at):
            _fail(findings, "pdf-signers", one.field, "expired")
        elif not one.is_trusted:
            findings.unsure("pdf-signers", "no-root" if _is_valid(one, at) else "expired")


def _is_valid(one: Signature, at: datetime) -> bool:
    """Tell whether a certificate could sign at an instant, by its own dates."""
    certificate = one.certificate
    return bool(certificate.not_valid_before <= at <= certificate.not_valid_after)


def _who_en_zh(one: Signature, who: tuple[str, str]) -> tuple[str, str]:
    en = f"{shown(one.field)}: {shown(who[0])}, certificate SHA-256 {who[1]}"
    zh = f"{shown(one.field)}：{shown(who[0])}，证书 SHA-256 {who[1]}"
    if one.is_development:
        en += "; a key ONLY FOR TRYING, it proves nothing about who signed"
        zh += "；这是仅供试用的密钥，不证明是谁签的"
    return en, zh


def _check_time(findings: Findings, signatures: Signatures) -> None:
    if any(one.is_development for one in signatures.found if one.kind == TIME_STAMP):
        # They hold, and prove nothing about when it was.
        findings.unsure("pdf-time", "development")
    for one in signatures.people:
        if one.stamped_at is not None:
            findings.count("pdf-time")
        elif one.has_stamp:
            findings.unsure("pdf-time", "no-root")
        else:
            findings.unsure("pdf-time", "no-time-stamp")
    if signatures.long_term:
        findings.count("pdf-long-term", len(signatures.people))
    elif signatures.long_term is None:
        findings.unsure("pdf-long-term", "no-time-stamp")
    else:
        findings.unsure("pdf-long-term", "not-yet")
