"""What every document has to be, before and after each signature, as programs see it that are not ours.

Source:
    PDF notes, section 6.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pikepdf
from pikepdf import Name

from ledger.statements.sign import approve, certify, development_stamps, signing_with_file
from ledger.verify.pdf_signatures import AUDITOR_FIELD, FUND_FIELD
from ledger.verify.pdf_trust import read_trust

SIGNERS = ("organisation", "auditor")


class Stage(NamedTuple):
    name: str
    data: bytes
    signatures: int


def run(*command: object) -> str:
    return subprocess.run(
        [str(one) for one in command], check=True, capture_output=True, text=True
    ).stdout


def signed_twice(prepared: bytes, development: Path) -> list[Stage]:
    """Sign for the long term, with time stamps of the development PKI."""
    trust, stamps = read_trust(development), development_stamps(development)
    people = [
        signing_with_file(
            (development / f"{who}.p12").read_bytes(), "only-for-trying", trust, stamps
        )
        for who in SIGNERS
    ]
    first = certify(prepared, people[0], "发布 Published")
    second = approve(first, people[1], "意见 Opinion")
    return [
        Stage("prepared", prepared, 0),
        Stage("certified", first, 1),
        Stage("final", second, 2),
    ]


def check_by_others(data: bytes, signatures: int, folder: Path) -> None:
    """Ask qpdf and poppler: syntax, fonts, signatures, and what comes out of the file."""
    path, out = folder / "file.pdf", folder / "out"
    path.write_bytes(data)
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", path)
    fonts = run("pdffonts", path).splitlines()[2:]
    assert fonts
    for line in fonts:
        assert re.match(r"[A-Z]{6}\+", line), line
        # name, type (two words), encoding, emb, sub, uni, object (two words)
        assert line.split()[-5:-2] == ["yes", "yes", "yes"], line
    if signatures:
        assert run("pdfsig", "-nocert", path).count("Signature is Valid") == signatures
    out.mkdir(exist_ok=True)
    run("pdfdetach", "-saveall", "-o", out, path)
    found = {one.name: one.read_bytes() for one in out.iterdir()}
    if "manifest.json" in found:
        manifest = json.loads(found["manifest.json"])
        embedded = {one["name"]: one["sha256"] for one in manifest["files"] if not one.get("url")}
        assert embedded == {
            name: sha256(content).hexdigest()
            for name, content in found.items()
            if name != "manifest.json"
        }


def check_claims(data: bytes, language: str = "zh-CN") -> None:
    """Hold a file to what it claims: PDF/A-3a and PDF/UA-1."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        root = pdf.Root
        packet = root.Metadata.read_bytes().decode()
        assert packet.count("<rdf:RDF") == 1
        with pdf.open_metadata() as told:
            assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("3", "A")
        assert "<pdfuaid:part>1</pdfuaid:part>" in packet or 'pdfuaid:part="1"' in packet
        assert root.OutputIntents[0].DestOutputProfile is not None
        assert root.MarkInfo.Marked
        assert str(root.Lang) == language
        assert root.ViewerPreferences.DisplayDocTitle
        assert pdf.trailer.ID[0] is not None
        assert "/Encrypt" not in pdf.trailer
        assert len({one.objgen for one in root.AF}) == len(root.AF) > 0
        for one in root.AF:
            assert {"/AFRelationship", "/Desc", "/UF"} <= set(one.keys())
        for one in pdf.objects:
            if isinstance(one, pikepdf.Stream):
                assert "/F" not in one  # its bytes would lie outside
            elif isinstance(one, pikepdf.Dictionary):
                assert "/JS" not in one
                if one.get("/S") == "/TH":
                    assert str(one.A.Scope) in {"/Column", "/Row"}
                if one.get("/S") == "/Figure":
                    assert str(one.Alt)


def check_fields(data: bytes) -> None:
    """Hold both signature fields to what PDF/A, PDF/UA and the lock of the second ask for."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        fields = {str(one.T): one for one in pdf.Root.AcroForm.Fields}
        for name in (FUND_FIELD, AUDITOR_FIELD):
            _check_field(pdf, fields[name])
        assert fields[AUDITOR_FIELD].Lock.P == 1
        assert str(fields[AUDITOR_FIELD].Lock.Action) == "/All"


def _check_field(pdf: pikepdf.Pdf, field: pikepdf.Object) -> None:
    """Hold a field to PDF/A (appearance, print flag, on the page) and PDF/UA (a form in the tree, said aloud)."""
    assert field.F == 132
    assert field.AP.N is not None
    assert str(field.TU)
    page = pdf.pages[0]
    left, low, right, high = (float(value) for value in field.Rect)
    box = [float(value) for value in page.MediaBox]
    assert box[0] < left < right < box[2]
    assert box[1] < low < high < box[3]
    assert any(one.objgen == field.objgen for one in page.Annots)
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    found = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
    element = found[int(field.StructParent)]
    assert Name.Form == element.S
    assert element.K.Type == Name.OBJR
    assert element.K.Obj.objgen == field.objgen
