"""A development PKI: keys and certificates for the demo and for tests, that prove nothing about anybody.

In: a folder. Out: a root, the organisation, an auditor and a time stamp authority, with a revocation list. Guaranteed:
every certificate says in its own name that it is only for trying, so every page and every check can say so too; the
folder is readable by the service alone and lies in `LEDGER_HOME`, which is never committed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger.statements.files import write_new
from ledger.verify.pdf_signatures import DEVELOPMENT

FOLDER = "development-pki"
"""Below the folder of keys."""

PASSPHRASE = "only-for-trying"  # noqa: S105 -- protects nothing: these keys are for trying
"""Of the development PKI's own key files."""

ROOT, REVOKED = "root.pem", "root.crl"
_SIGNERS = ("organisation", "auditor", "tsa")
_FROM = datetime(2019, 1, 1, tzinfo=UTC)
"""So early that the demo's month lies behind it."""
_YEARS = timedelta(days=365 * 30)

_NAMES = {
    "root": "root 根证书",
    "organisation": "organisation 机构",
    "auditor": "auditor 审计师",
    "tsa": "time stamps 时间戳",
}

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Issued(NamedTuple):
    """A certificate with its key."""

    key: Key
    certificate: x509.Certificate


@dataclass(frozen=True)
class Authority:
    """A root that issues certificates; the development PKI's, or one of a test.

    Attributes:
        root: Its own key and certificate.
        mark: Whether what it issues says that it is only for trying.
    """

    root: Issued
    mark: bool = True

    def issue(
        self,
        name: str,
        *,
        days: tuple[int, int] = (0, _YEARS.days),
        key: Key | None = None,
        stamps_time: bool = False,
        signs: bool = True,
    ) -> Issued:
        """Issue a certificate.

        Args:
            name: Common name.
            days: First and last day of its validity, counted from 2019.
            key: Its key; made here when left out.
            stamps_time: Whether it is a time stamp authority's.
            signs: Whether its key may sign at all.

        Returns:
            It, with its key.
        """
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = name_of(name, mark=self.mark)
        builder = _builder(subject, self.root.certificate.subject, key, days)
        usage = _usage(digital_signature=signs, content_commitment=signs and not stamps_time)
        builder = builder.add_extension(usage, critical=True)
        if stamps_time:
            extended = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(extended, critical=True)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.key.public_key()),
            critical=False,
        )
        return Issued(key, builder.sign(self.root.key, hashes.SHA256()))

    def revocations(
        self, *revoked: tuple[x509.Certificate, datetime]
    ) -> x509.CertificateRevocationList:
        """Return a list of revoked certificates, each with the instant since when."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.certificate.subject)
            .last_update(_FROM)
            .next_update(_FROM + _YEARS)
            .add_extension(x509.CRLNumber(len(revoked) + 1), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.key.public_key()),
                critical=False,
            )
        )
        for certificate, at in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(certificate.serial_number)
                .revocation_date(at)
                .build()
            )
        return builder.sign(self.root.key, hashes.SHA256())


def name_of(name: str, *, mark: bool = True) -> x509.Name:
    """Return a subject: in the development PKI its common name begins with the mark."""
    shown = f"{DEVELOPMENT} {name}" if mark else name
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, shown)])


def new_authority(name: str = _NAMES["root"], *, mark: bool = True) -> Authority:
    """Make a root."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = name_of(name, mark=mark)
    usage = _usage(key_cert_sign=True, crl_sign=True)
    certificate = (
        _builder(subject, subject, key, (0, _YEARS.days), authority=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(Issued(key, certificate), mark)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: Key,
    days: tuple[int, int],
    *,
    authority: bool = False,
) -> x509.CertificateBuilder:
    first, last = days
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM + timedelta(days=first))
        .not_valid_after(_FROM + timedelta(days=last))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(**said: bool) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: said.get(name, False) for name in every})


def pem(certificate: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """Return a certificate or a revocation list as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_file(issued: Issued, authority: Authority, passphrase: str = PASSPHRASE) -> bytes:
    """Return a PKCS#12 file of a certificate, its key and its issuer."""
    return pkcs12.serialize_key_and_certificates(
        None,
        issued.key,
        issued.certificate,
        [authority.root.certificate],
        BestAvailableEncryption(passphrase.encode()),
    )


def make_development_pki(keys: Path) -> Path:
    """Make the development PKI, unless it is there.

    Args:
        keys: The folder of keys.

    Returns:
        Its folder.
    """
    folder = keys / FOLDER
    if (folder / REVOKED).exists():
        return folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = new_authority()
    makers: dict[str, Callable[[], Issued]] = {
        "organisation": lambda: authority.issue(_NAMES["organisation"]),
        "auditor": lambda: authority.issue(_NAMES["auditor"]),
        # The library that stamps in this process signs with RSA only.
        "tsa": lambda: authority.issue(
            _NAMES["tsa"],
            key=rsa.generate_private_key(public_exponent=65537, key_size=2048),
            stamps_time=True,
        ),
    }
    for name, make in makers.items():
        issued = make()
        write_new(folder / f"{name}.p12", key_file(issued, authority))
        write_new(
            folder / f"{name}.pem", pem(issued.certificate) + pem(authority.root.certificate)
        )
    write_new(folder / ROOT, pem(authority.root.certificate))
    # Last: a folder without it is made anew.
    write_new(folder / REVOKED, pem(authority.revocations()))
    return folder
