"""The two signature fields of a statement, made before anybody signs.

In: a rendered statement, with an empty link in each signature box of its first page. Out: the same file with a
signature field in the place of each. Guaranteed: equal bytes give equal bytes; the fields are tagged (PDF/UA), have an
appearance and the print flag (PDF/A), and the auditor's locks the whole file. A field that were added after the
certification would break it.

Source:
    ISO 32000-2, 12.7.5.5 (signature fields) and 12.8; ISO 14289-1, 7.18; ISO 19005-3, 6.3.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf

from ledger.errors import InvariantError
from ledger.verify.pdf_signatures import AUDITOR_FIELD, FUND_FIELD

PLACE = "https://statements.invalid/field/"
"""Begins the address of the empty links that hold the places of fields; no such host can exist."""

FIELDS: Mapping[str, tuple[str, str]] = {
    "fund": (FUND_FIELD, "基金签章 Signature of the fund"),
    "auditor": (AUDITOR_FIELD, "审计师签章 Signature of the auditor"),
}
"""Fields by the end of their place's address: name, and what a reader says aloud."""

_PRINT_AND_LOCKED = 4 + 128
_SIGNATURES_EXIST_APPEND_ONLY = 3


def prepare_fields(rendered: bytes) -> bytes:
    """Turn the places of signatures into signature fields.

    Args:
        rendered: A statement as the renderer wrote it.

    Returns:
        The file that is to be signed.

    Raises:
        InvariantError: It has not exactly the two places, or has fields already.
    """
    with pikepdf.open(io.BytesIO(rendered)) as pdf:
        places = {key: (page, link) for key, page, link in _places(pdf)}
        if places.keys() != FIELDS.keys() or Name.AcroForm in pdf.Root:
            raise InvariantError(what="signature-places", found=sorted(places))
        fields = [_field(pdf, key, *places[key]) for key in FIELDS]
        pdf.Root.AcroForm = pdf.make_indirect(
            Dictionary(Fields=Array(fields), SigFlags=_SIGNATURES_EXIST_APPEND_ONLY)
        )
        target = io.BytesIO()
        # Judging later updates takes a hundred times longer where objects lie in streams of objects.
        plain = pikepdf.ObjectStreamMode.disable
        pdf.save(target, deterministic_id=True, object_stream_mode=plain)
    return target.getvalue()


def _places(pdf: Pdf) -> Iterator[tuple[str, Object, Object]]:
    for page in pdf.pages:
        for annotation in page.obj.get(Name.Annots, Array()):
            address = str(annotation.get(Name.A, Dictionary()).get(Name.URI, ""))
            if address.startswith(PLACE):
                yield address.removeprefix(PLACE), page.obj, annotation


def _field(pdf: Pdf, key: str, page: Object, link: Object) -> Object:
    """Make a place's link, in its own object, a signature field; its place in the tree of tags becomes a form."""
    name, told = FIELDS[key]
    left, one, right, other = (Decimal(str(value)) for value in link.Rect.as_list())
    low, high = sorted((one, other))
    for gone in (Name.A, Name.BS, Name.Contents, Name.Subtype):
        del link[gone]
    appearance = pdf.make_stream(
        b"",
        Dictionary(
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, right - left, high - low]),
            Resources=Dictionary(),
        ),
    )
    new: Any = {
        "Subtype": Name.Widget,
        "FT": Name.Sig,
        "T": name,
        "TU": told,
        "F": _PRINT_AND_LOCKED,
        "P": page,
        "Rect": Array([left, low, right, high]),
        "AP": Dictionary(N=appearance),
    }
    if key == "auditor":
        new["Lock"] = pdf.make_indirect(Dictionary(Type=Name.SigFieldLock, Action=Name.All, P=1))
    for part, value in new.items():
        link[f"/{part}"] = value
    _tag_as_form(pdf, int(link.StructParent), told)
    return link


def _tag_as_form(pdf: Pdf, number: int, told: str) -> None:
    """Change the tag of an annotation from a link to a form; `/K` is the reference itself, not a list of one.

    The library that judges later signatures finds the reference only there.

    Raises:
        InvariantError: The tag is not the one that the renderer writes for an empty link.
    """
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    found = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
    element = found.get(number)
    children = element.get(Name.K) if isinstance(element, Dictionary) else None
    if element is None or not isinstance(children, Array) or len(children) != 1:
        raise InvariantError(what="signature-tag", key=number)
    element.S = Name.Form
    element.Alt = told
    element.K = children[0]
