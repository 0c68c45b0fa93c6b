"""Whom to trust, read from a folder: roots, certificates between, and lists of revoked ones.

In: PEM or DER files. Out: certificates and lists. Guaranteed: only files of the folder are read, none is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asn1crypto import crl, pem, x509

from ledger.errors import FileFormatError

CERTIFICATES = frozenset({".pem", ".crt", ".cer", ".der"})
LISTS = frozenset({".crl"})
FILE_MAX = 20 * 1024 * 1024


@dataclass(frozen=True)
class Trust:
    """Who is trusted.

    Attributes:
        roots: Certificates that vouch for themselves.
        between: Others, to build chains with.
        lists: Revocation lists.
    """

    roots: Sequence[x509.Certificate] = ()
    between: Sequence[x509.Certificate] = ()
    lists: Sequence[crl.CertificateList] = field(default=())

    def joined(self, other: Trust) -> Trust:
        """Return what both hold."""
        return Trust(
            (*self.roots, *other.roots),
            (*self.between, *other.between),
            (*self.lists, *other.lists),
        )


def trust_of(certificates: Iterable[x509.Certificate]) -> Trust:
    """Sort certificates into roots and others."""
    roots: list[x509.Certificate] = []
    between: list[x509.Certificate] = []
    for one in certificates:
        (roots if one.self_issued and one.ca else between).append(one)
    return Trust(tuple(roots), tuple(between))


def read_trust(folder: Path) -> Trust:
    """Read a folder.

    Args:
        folder: With `.pem`, `.crt`, `.cer` and `.der` files of certificates, and `.crl` files; others are not
            looked at. One that does not exist trusts nobody.

    Returns:
        Who is trusted.

    Raises:
        FileFormatError: A file is not what its name says.
    """
    certificates: list[x509.Certificate] = []
    lists: list[crl.CertificateList] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix in CERTIFICATES:
            certificates += read_certificates(path.name, path.read_bytes())
        elif path.suffix in LISTS:
            lists += [_list(path.name, der) for der in _ders(path.name, path.read_bytes())]
    found = trust_of(certificates)
    return Trust(found.roots, found.between, tuple(lists))


def read_certificates(name: str, data: bytes) -> list[x509.Certificate]:
    """Read certificates.

    Args:
        name: Of their file, for errors.
        data: PEM with one or several, or DER with one.

    Returns:
        Them, in order.

    Raises:
        FileFormatError: It holds none, or something else.
    """
    found = []
    for der in _ders(name, data):
        try:
            one = x509.Certificate.load(der, strict=True)
            _ = one.subject.native, one.public_key.algorithm, one.not_valid_after
        except (ValueError, TypeError, KeyError) as error:
            raise FileFormatError(file=name, reason="not-a-certificate") from error
        found.append(one)
    if not found:
        raise FileFormatError(file=name, reason="not-a-certificate")
    return found


def _list(name: str, der: bytes) -> crl.CertificateList:
    try:
        one = crl.CertificateList.load(der, strict=True)
        _ = one.issuer.native, one["tbs_cert_list"]["this_update"].native
    except (ValueError, TypeError, KeyError) as error:
        raise FileFormatError(file=name, reason="not-a-revocation-list") from error
    return one


def _ders(name: str, data: bytes) -> list[bytes]:
    if len(data) > FILE_MAX:
        raise FileFormatError(file=name, reason="too-large")
    if not pem.detect(data):
        return [data]
    try:
        return [der for _, _, der in pem.unarmor(data, multiple=True)]
    except ValueError as error:
        raise FileFormatError(file=name, reason="not-pem") from error
