"""A countersigned statement that somebody changed afterwards, or whose signer does not count: both checkers say so.

What an auditor brings back is refused in `test_countersign.py`; this is what a stranger sees who checks a file.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter

from ledger.statements.pki import make_development_pki
from ledger.statements.sign import development_stamps
from ledger.verify import attached
from ledger.verify.attached import BROKEN, Bundle, Pdf
from ledger.verify.pdf_signatures import check_signatures
from ledger.verify.pdf_trust import Trust, read_trust
from tests.statements.papers import NOW, People, appended
from tests.statements.test_countersign import (
    _content,
    _file,
    _note,
    _page,
    _script,
    approve_anyway,
)


def flipped(at: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        place = len(data) * at // 100
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    return change


TAMPERED = {
    "a bit at the front": flipped(10),
    "a bit in the middle": flipped(50),
    "a page": lambda data: appended(data, _page),
    "a note": lambda data: appended(data, _note),
    "an attachment": lambda data: appended(data, _file),
    "a program": lambda data: appended(data, _script),
    "what a page shows": lambda data: appended(data, _content),
    "an empty update": lambda data: appended(data, lambda writer: writer.update_root()),
    "bytes behind the end": lambda data: data + b"\n",
    "cut off": lambda data: data[:-3000],
}


@pytest.mark.parametrize("what", TAMPERED)
def test_both_checkers_notice(what: str, countersigned: bytes, people: People) -> None:
    data = TAMPERED[what](countersigned)
    assert data != countersigned
    findings, _ = check_signatures(data, people.trust(), NOW)
    assert findings.broken
    try:
        state = attached._signatures(Bundle({}, Pdf(data))).state
    except attached.Unreadable:
        state = BROKEN
    assert state == BROKEN


def test_a_second_countersignature_is_noticed(countersigned: bytes, people: People) -> None:
    again = approve_anyway(countersigned, people, "Second")
    findings, _ = check_signatures(again, people.trust(), NOW)
    assert findings.broken


def test_a_signer_who_does_not_count_is_named(countersigned: bytes, people: People) -> None:
    def said(trust: Trust, at: datetime) -> str:
        findings, _ = check_signatures(countersigned, trust, at)
        if "pdf-signers" in findings.broken:
            return findings.broken["pdf-signers"].reason
        return findings.unsures.get("pdf-signers", "")

    assert said(people.trust(), NOW) == ""
    assert said(people.trust((people.auditor, NOW - timedelta(days=3))), NOW) == "revoked"
    assert said(people.trust(), NOW + timedelta(days=40_000)) == "expired"
    assert said(People().trust(), NOW) == "no-root"


def test_a_certificate_that_had_ended_when_it_was_stamped_is_wrong(
    certified: bytes, people: People, tmp_path: Path
) -> None:
    """The stamp says when it was, so nobody has to be unsure."""
    development = make_development_pki(tmp_path)
    ended = people.signing(people.authority.issue("旧证", days=(0, 300)))
    meta = PdfSignatureMetadata(
        field_name="AuditorSignature", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    target = io.BytesIO()
    PdfSigner(meta, ended.signer, timestamper=development_stamps(development)).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(certified)), output=target
    )
    trust = people.trust().joined(read_trust(development))
    findings, _ = check_signatures(target.getvalue(), trust, NOW)
    assert findings.broken["pdf-signers"].reason == "expired"
