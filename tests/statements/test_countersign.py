"""What comes back from an auditor: taken as it should be, and every other file refused with its own reason."""

from __future__ import annotations

import io
from datetime import timedelta

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter

from ledger.errors import FileFormatError
from ledger.statements.countersign import ADDED_MAX, REASONS, accept, read_back
from ledger.statements.sign import approve
from ledger.verify.pdf_trust import Trust
from tests.statements.papers import NOW, appended, kept, loaded, rewritten


@pytest.fixture
def refused(certified, people, tmp_path):
    def check(data: bytes, *, enrolled=None, trust=None) -> str:
        rows = people.enrolled(people.auditor) if enrolled is None else enrolled
        with pytest.raises(FileFormatError) as caught:
            accept(certified, kept(tmp_path, data), rows, trust or people.trust(), NOW)
        reason = caught.value.fields["reason"]
        assert reason in REASONS
        return reason

    return check


def test_one_signature_more_by_somebody_enrolled_is_taken(
    certified, countersigned, people, tmp_path
):
    found = accept(
        certified,
        kept(tmp_path, countersigned),
        people.enrolled(people.auditor),
        people.trust(),
        NOW,
    )
    assert found.data == countersigned
    assert found.fingerprint == loaded(people.auditor).sha256.hex()
    assert (found.name, found.member_id) == ("孙审", "sun")
    assert (found.is_development, found.is_long_term, found.stamped_at) == (False, False, None)


def test_other_files_are_refused_before_they_are_read(certified, countersigned, refused, tmp_path):
    assert refused(certified) == "nothing-added"
    assert refused(certified + b"\n \n") == "bytes-after"
    for at in (100, len(certified) // 2, len(certified) - 1):
        flipped = bytearray(countersigned)
        flipped[at] ^= 1
        assert refused(bytes(flipped)) == "other-file"
    assert refused(certified[:-100]) == "other-file"
    assert refused(rewritten(certified, lambda _: None)) == "other-file"
    # Encrypting a file rewrites it, so it is another one; half a gigabyte is not read at all.
    locked = pikepdf.Encryption(owner="o", user="u")
    assert refused(rewritten(certified, lambda _: None, encryption=locked)) == "other-file"
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as stream:
        stream.truncate(500 * 1024 * 1024)
    with pytest.raises(FileFormatError, match="too-large"):
        read_back(certified, huge)


def test_bytes_after_the_end_and_a_truncated_signature_are_refused(countersigned, refused):
    assert refused(countersigned + b"% more\n") == "bytes-after"
    assert refused(countersigned[:-2000]) in ("not-a-pdf", "bytes-after", "bytes-differ")
    flipped = bytearray(countersigned)
    flipped[len(countersigned) - 1200] ^= 1
    assert refused(bytes(flipped)) in ("bytes-differ", "not-a-pdf", "not-allowed")


def _page(writer):
    writer.insert_page(
        generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Page"),
                pdf_name("/MediaBox"): generic.ArrayObject(
                    [generic.NumberObject(n) for n in (0, 0, 9, 9)]
                ),
                pdf_name("/Resources"): generic.DictionaryObject(),
                pdf_name("/Contents"): writer.add_object(generic.StreamObject(stream_data=b"")),
            }
        )
    )


def _note(writer):
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Text"),
            pdf_name("/Rect"): generic.ArrayObject(
                [generic.NumberObject(n) for n in (0, 0, 9, 9)]
            ),
            pdf_name("/Contents"): generic.TextStringObject("unqualified"),
        }
    )
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])


def _script(writer):
    writer.root["/OpenAction"] = generic.DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.TextStringObject("1")}
    )
    writer.update_root()


def _content(writer):
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 m"))
    writer.update_container(page)


def _file(writer):
    from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file

    one = EmbeddedFileObject.from_file_data(writer, data=b"1,2,3")
    embed_file(writer, FileSpec("more.csv", embedded_data=one, f_related_files=None))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_page, "changed-pages"),
        (_note, "changed-annotation"),
        (_script, "script"),
        (_content, "changed-content"),
        (_file, "changed-attachment"),
    ],
)
def test_a_change_before_the_auditor_signs_is_refused(certified, people, refused, change, reason):
    """The auditor's own signature would cover it; the organisation's forbids it."""
    changed = appended(certified, change)
    assert refused(changed) == reason
    if change in (_note, _content):
        signed = approve_anyway(changed, people)
        assert refused(signed) == reason


def approve_anyway(data, people, field="AuditorSignature"):
    """Sign as a tool does that asks for no permission."""
    meta = PdfSignatureMetadata(field_name=field, subfilter=SigSeedSubFilter.PADES)
    target = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    spec = SigFieldSpec(field) if field != "AuditorSignature" else None
    signer = PdfSigner(meta, people.signing(people.auditor).signer, new_field_spec=spec)
    signer.sign_pdf(writer, output=target)
    return target.getvalue()


def test_a_signature_outside_the_prepared_field_is_refused(certified, people, refused):
    assert refused(approve_anyway(certified, people, "Elsewhere")) == "other-field"


def test_whoever_is_not_enrolled_is_refused(countersigned, people, refused):
    assert refused(countersigned, enrolled={}) == "not-enrolled"
    other = people.authority.issue("周审")
    assert refused(countersigned, enrolled=people.enrolled(other)) == "not-enrolled"


def test_an_expired_a_revoked_and_an_unfit_certificate_are_refused(
    certified, people, refused, monkeypatch
):
    monkeypatch.setattr("ledger.statements.stamp_font.engine", lambda: None)
    ended = people.authority.issue("旧证", days=(0, 300))
    unfit = people.authority.issue("加密证", signs=False)
    for issued, reason in ((ended, "expired"), (unfit, "key-usage")):
        signing = people.signing(issued)
        signing.signer.signing_cert  # noqa: B018 -- loaded
        back = approve(certified, signing, "x")
        assert refused(back, enrolled=people.enrolled(issued)) == reason
    revoked = people.trust((people.auditor, NOW - timedelta(days=3)))
    back = approve(certified, people.signing(people.auditor), "x")
    assert refused(back, trust=revoked) == "revoked"
    assert refused(back, trust=Trust((people.root,))) == "no-revocation-list"


def test_a_second_countersignature_is_refused(countersigned, people, refused):
    again = approve_anyway(countersigned, people, "Second")
    assert refused(again) == "second-countersignature"


def test_a_bomb_is_refused_in_bounded_memory(certified, refused):
    import zlib

    bomb = zlib.compress(b"\0" * 60_000_000, 9)

    def add(writer):
        stream = generic.StreamObject(encoded_data=bomb)
        stream[pdf_name("/Filter")] = pdf_name("/FlateDecode")
        page = writer.root["/Pages"]["/Kids"][0]
        page["/Contents"] = writer.add_object(stream)
        writer.update_container(page)

    assert refused(appended(certified, add)) == "changed-content"
    assert len(bomb) < ADDED_MAX
