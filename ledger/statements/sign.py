"""Sign a statement: the organisation certifies it, the auditor approves it.

In: a file with both fields, a key. Out: the file with one signature more, PAdES; B-LTA where a time stamp authority is
given, B-B otherwise. Guaranteed: the earlier bytes stay as they are; the organisation's signature lets only forms be
filled in after it (DocMDP 2), the auditor's nothing (DocMDP 1); no key is ever in the database.

Source:
    ETSI EN 319 142-1 (PAdES); ISO 32000-2, 12.8.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import Signer, SimpleSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, TimestampDSSContentSettings
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.stamp import BaseStampStyle, TextStampStyle
from pyhanko.stamp.noop import NoOpStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ledger.errors import ExternalError, FileFormatError, SettingsError, StateError
from ledger.statements import stamp_font
from ledger.verify.pdf_signatures import AUDITOR_FIELD, FUND_FIELD, is_development, name_in
from ledger.verify.pdf_trust import Trust, read_certificates

TSA_TIMEOUT_S = 20

logging.getLogger("pyhanko").setLevel(logging.ERROR)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Signing:
    """With what somebody signs.

    Attributes:
        signer: Has the key, or reaches it.
        certificate: Of the key.
        trust: Roots of the signer and of the time stamps, and what is known to be revoked: goes into the file.
        stamps: Asks a time stamp authority; None for a signature without long-term validation.
    """

    signer: Signer
    certificate: x509.Certificate
    trust: Trust
    stamps: TimeStamper | None = None

    @property
    def is_development(self) -> bool:
        """Tell whether the key is one for trying, that proves nothing."""
        return is_development(self.certificate)

    @property
    def level(self) -> str:
        """Name the level of PAdES that signatures will have."""
        return "B-B" if self.stamps is None else "B-LTA"


def _store(certificates: Iterable[x509.Certificate]) -> SimpleCertificateStore:
    found = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    found.register_multiple(certificates)
    return found


class KeySettings(Protocol):
    """The settings that name the organisation's key."""

    @property
    def keys(self) -> Path:
        """Return the folder of keys."""
        ...

    @property
    def trust(self) -> Path:
        """Return the folder of whom to trust."""
        ...

    @property
    def sign_p12(self) -> str:
        """Return the PKCS#12 file, or nothing."""
        ...

    @property
    def sign_passphrase(self) -> str:
        """Return its passphrase."""
        ...

    @property
    def sign_pkcs11_module(self) -> str:
        """Return the library of the device, or nothing."""
        ...

    @property
    def sign_pkcs11_token(self) -> str:
        """Return the label of its token."""
        ...

    @property
    def sign_pkcs11_pin(self) -> str:
        """Return its PIN."""
        ...

    @property
    def sign_pkcs11_key(self) -> str:
        """Return the label of key and certificate."""
        ...


# --- keys -----------------------------------------------------------------------------------------


def signing_with_file(
    data: bytes, passphrase: str, trust: Trust, stamps: TimeStamper | None = None
) -> Signing:
    """Return what signs with a key in a PKCS#12 file.

    Args:
        data: The file.
        passphrase: Of the file.
        trust: Roots and lists.
        stamps: Asks for time stamps.

    Returns:
        It.

    Raises:
        FileFormatError: Not such a file, or another passphrase.
    """
    reason = "not-a-key-file-or-other-passphrase"
    try:
        signer = SimpleSigner.load_pkcs12_data(data, (), passphrase.encode())
    except ValueError as error:
        raise FileFormatError(file="p12", reason=reason) from error
    if signer.signing_cert is None:
        raise FileFormatError(file="p12", reason=reason)
    return Signing(signer, signer.signing_cert, trust, stamps)


@contextlib.contextmanager
def organisation_key(
    settings: KeySettings, trust: Trust, stamps: TimeStamper | None
) -> Iterator[Signing]:
    """Open the organisation's key: a device, else a file, else the development key.

    Args:
        settings: Where it is.
        trust: Roots and lists.
        stamps: Asks for time stamps.

    Yields:
        What signs.

    Raises:
        SettingsError: The file or the device cannot be opened as the settings say.
        StateError: No key is set, and no development PKI was made.
    """
    if settings.sign_pkcs11_module:
        with _device_key(settings, trust, stamps) as signing:
            yield signing
        return
    if settings.sign_p12:
        path, passphrase, name = (
            Path(settings.sign_p12),
            settings.sign_passphrase,
            "LEDGER_SIGN_P12",
        )
    else:
        from ledger.statements.pki import FOLDER, PASSPHRASE

        path, passphrase, name = settings.keys / FOLDER / "organisation.p12", PASSPHRASE, ""
        if not path.exists():
            raise StateError(what="signing-key", state="none", needed="LEDGER_SIGN_P12")
    try:
        signing = signing_with_file(path.read_bytes(), passphrase, trust, stamps)
    except (OSError, FileFormatError) as error:
        raise SettingsError(
            name=name or "development-pki", expected="a PKCS#12 file that its passphrase opens"
        ) from error
    yield signing


@contextlib.contextmanager
def _device_key(
    settings: KeySettings, trust: Trust, stamps: TimeStamper | None
) -> Iterator[Signing]:
    import pkcs11
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

    expected = "a device that holds the token, the key and its certificate"
    try:
        session = open_pkcs11_session(
            settings.sign_pkcs11_module,
            token_criteria=TokenCriteria(label=settings.sign_pkcs11_token),
            user_pin=settings.sign_pkcs11_pin,
        )
    except (pkcs11.PKCS11Error, pkcs11.exceptions.PKCS11Error, OSError, RuntimeError) as error:
        raise SettingsError(name="LEDGER_SIGN_PKCS11_MODULE", expected=expected) from error
    with session:
        label = settings.sign_pkcs11_key
        chain = _store([*trust.between, *trust.roots])
        signer = PKCS11Signer(
            session,
            cert_label=label,
            key_label=label,
            ca_chain=chain,
            # Many devices sign a digest and cannot make one.
            use_raw_mechanism=True,
            embed_roots=True,
        )
        try:
            certificate = signer.signing_cert
        except pkcs11.exceptions.PKCS11Error as error:
            raise SettingsError(name="LEDGER_SIGN_PKCS11_KEY", expected=expected) from error
        if certificate is None:
            raise SettingsError(name="LEDGER_SIGN_PKCS11_KEY", expected=expected)
        yield Signing(signer, certificate, trust, stamps)


def web_stamps(url: str) -> TimeStamper:
    """Return what asks a time stamp authority over HTTP (RFC 3161)."""
    from pyhanko.sign.timestamps import HTTPTimeStamper

    return HTTPTimeStamper(url, timeout=TSA_TIMEOUT_S)


def development_stamps(folder: Path) -> TimeStamper:
    """Return the development PKI's own time stamps, made in this process: they prove nothing about time.

    Args:
        folder: Of the development PKI.

    Returns:
        What stamps.
    """
    from pyhanko.sign.timestamps import DummyTimeStamper

    from ledger.statements.pki import PASSPHRASE

    signer = SimpleSigner.load_pkcs12_data(
        (folder / "tsa.p12").read_bytes(), (), PASSPHRASE.encode()
    )
    roots = read_certificates("root.pem", (folder / "root.pem").read_bytes())
    return DummyTimeStamper(signer.signing_cert, signer.signing_key, _store(roots))


# --- signing --------------------------------------------------------------------------------------


def certify(data: bytes, signing: Signing, reason: str) -> bytes:
    """Let the organisation certify a statement.

    Args:
        data: A statement with both fields, none of them signed.
        signing: The organisation's key.
        reason: In words that the file shows.

    Returns:
        The file with the certification at its end.

    Raises:
        ExternalError: The time stamp authority does not answer.
        StateError: It cannot be signed: the field is missing or signed already, or the certificate may not sign.
    """
    meta = PdfSignatureMetadata(
        field_name=FUND_FIELD,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        **_common(signing, reason),
    )
    return _sign(data, meta, signing)


def approve(data: bytes, signing: Signing, reason: str) -> bytes:
    """Let the auditor approve a certified statement: nothing may be changed after it.

    Args:
        data: A statement that the organisation has certified.
        signing: The auditor's key.
        reason: In words that the file shows.

    Returns:
        The file with the approval at its end.

    Raises:
        ExternalError: The time stamp authority does not answer.
        StateError: It cannot be signed.
    """
    meta = PdfSignatureMetadata(
        field_name=AUDITOR_FIELD,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        **_common(signing, reason),
    )
    return _sign(data, meta, signing)


def _common(signing: Signing, reason: str) -> dict[str, Any]:
    shown = f"{reason}. 仅供试用 ONLY FOR TRYING" if signing.is_development else reason
    found: dict[str, Any] = {
        "md_algorithm": "sha256",
        "subfilter": SigSeedSubFilter.PADES,
        "reason": shown,
    }
    if signing.stamps is not None:
        trust = signing.trust
        found |= {
            "embed_validation_info": True,
            "use_pades_lta": True,
            # Everything before the time stamp, so that it is the last thing in the file.
            "dss_settings": DSSContentSettings(
                include_vri=False,
                next_ts_settings=TimestampDSSContentSettings(
                    include_vri=False, update_before_ts=True
                ),
            ),
            "validation_context": ValidationContext(
                trust_roots=list(trust.roots),
                other_certs=list(trust.between),
                crls=list(trust.lists),
                allow_fetching=False,
                revocation_mode="require",
            ),
        }
    return found


def _sign(data: bytes, meta: PdfSignatureMetadata, signing: Signing) -> bytes:
    target = io.BytesIO()
    try:
        signer = PdfSigner(
            meta, signing.signer, timestamper=signing.stamps, stamp_style=_stamp(signing)
        )
        signer.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(data)), existing_fields_only=True, output=target
        )
    except TimestampRequestError as error:
        raise ExternalError(what="time-stamp-authority", reason="refused") from error
    except SigningError as error:
        raise StateError(what="statement", state="cannot-be-signed", reason=str(error)) from error
    return target.getvalue()


def _stamp(signing: Signing) -> BaseStampStyle:
    """Return how the signature looks on the page: embedded font, or nothing where no font can be embedded."""
    font = stamp_font.engine()
    if font is None:
        return NoOpStampStyle()
    lines = [name_in(signing.certificate)[:40], "电子签名 signed electronically", "%(ts)s"]
    if signing.is_development:
        lines.append("仅供试用，不证明任何事 only for trying")
    return TextStampStyle(
        stamp_text="\n".join(lines),
        timestamp_format="%Y-%m-%d %H:%M UTC%z",
        text_box_style=TextBoxStyle(font=font, font_size=stamp_font.SIZE, leading=11),
        border_width=0,
        background=None,
        inner_content_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN,
            y_align=AxisAlignment.ALIGN_MID,
            margins=Margins(0, 0, 0, 0),
        ),
    )
