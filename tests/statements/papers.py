"""What tests sign: one small statement, rendered once a session, and people with keys."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import pikepdf
from asn1crypto import crl, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from ledger.statements import pki
from ledger.statements.countersign import Enrolled
from ledger.statements.pki import Authority, Issued, new_authority
from ledger.statements.sign import Signing, signing_with_file
from ledger.verify.pdf_trust import Trust, read_certificates

NOW = datetime(2026, 11, 6, 9, 0, tzinfo=UTC)


@dataclass
class People:
    """A root that is not for trying, an organisation and auditors."""

    authority: Authority = field(
        default_factory=lambda: new_authority("Qinghe test root", mark=False)
    )

    @cached_property
    def fund(self) -> Issued:
        return self.authority.issue("清河县基金")

    @cached_property
    def auditor(self) -> Issued:
        return self.authority.issue("孙审")

    @cached_property
    def root(self) -> x509.Certificate:
        return loaded(self.authority.root)

    def trust(self, *revoked: tuple[Issued, datetime]) -> Trust:
        told = [(one.certificate, at) for one, at in revoked]
        der = self.authority.revocations(*told).public_bytes(serialization.Encoding.DER)
        return Trust((self.root,), (), (crl.CertificateList.load(der),))

    def signing(self, issued: Issued, stamps=None) -> Signing:
        data = pki.key_file(issued, self.authority)
        return signing_with_file(data, pki.PASSPHRASE, self.trust(), stamps)

    def enrolled(self, *issued: Issued) -> dict[str, Enrolled]:
        root = pki.pem(self.authority.root.certificate)
        return {
            loaded(one).sha256.hex(): Enrolled("sun", pki.pem(one.certificate) + root)
            for one in issued
        }


def loaded(issued: Issued) -> x509.Certificate:
    return read_certificates("pem", pki.pem(issued.certificate))[0]


def appended(data: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Append an update to a file, as an editor would."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def rewritten(data: bytes, change: Callable[[pikepdf.Pdf], None], **how: object) -> bytes:
    """Write a file anew with a change."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        target = io.BytesIO()
        pdf.save(target, **how)
    return target.getvalue()


def kept(folder: Path, data: bytes) -> Path:
    path = folder / "back.pdf"
    path.write_bytes(data)
    return path
