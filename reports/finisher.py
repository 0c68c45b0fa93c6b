"""What is done to a PDF just before it is written, so that it may claim PDF/A-3a and PDF/UA-1.

Source:
    ISO 19005-3 (6.2.11.8 missing glyphs, 6.6.2.3 extension schemas, 6.8 associated files); ISO 14289-1 (5 and 7.5);
    ISO 32000-1, 7.9.6 (name trees) and 14.8.5.7 (table attributes).
"""

from __future__ import annotations

from typing import Any, Final

import pydyf

from ledger.errors import FieldError, InvariantError, SettingsError

SANS = "Noto Sans CJK SC"

_UA_CLAIM: Final = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">\
<pdfuaid:part>1</pdfuaid:part></rdf:Description>\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"\
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""

_END_OF_RDF: Final = b"</rdf:RDF>"


def finish(document: Any, pdf: pydyf.PDF) -> None:
    """Check and complete a PDF.

    Args:
        document: WeasyPrint's document, already painted.
        pdf: The objects about to be written; changed in place.

    Raises:
        FieldError: A character has no glyph in any installed font; field `code_points`.
        SettingsError: The statement's fonts are not installed.
        InvariantError: The renderer's output is not what this was written for.
    """
    refuse_missing_glyphs(document.fonts.values())
    join_claims(pdf)
    give_scopes(pdf)
    tidy_attachments(pdf)


def refuse_missing_glyphs(fonts: Any) -> None:
    """Refuse text that would be drawn as empty boxes.

    Args:
        fonts: The fonts that were used.

    Raises:
        FieldError: Characters are missing; `code_points` names them as `U+XXXX`.
        SettingsError: The statement's own font was not found on this machine.
    """
    used = list(fonts)
    missing = sorted({code for font in used for code in font.missing})
    if missing:
        raise FieldError(
            field="text",
            reason="missing-glyph",
            code_points=tuple(f"U+{code:04X}" for code in missing),
        )
    families = {font.family for font in used}
    if SANS not in families:
        raise SettingsError(name="fonts", expected=SANS, value=", ".join(sorted(families)))


def _object(pdf: pydyf.PDF, reference: bytes | str) -> Any:
    return pdf.objects[int(reference.split()[0])]


def join_claims(pdf: pydyf.PDF) -> None:
    """Put the PDF/UA claim into the one RDF block that validators read.

    Args:
        pdf: Changed in place.

    Raises:
        InvariantError: There is not exactly one block.
    """
    stream = _object(pdf, pdf.catalog["Metadata"])
    packet = b"\n".join(stream.stream)
    if packet.count(_END_OF_RDF) != 1:
        raise InvariantError(what="pdf-metadata", blocks=packet.count(_END_OF_RDF))
    stream.stream = [packet.replace(_END_OF_RDF, _UA_CLAIM + _END_OF_RDF)]


def give_scopes(pdf: pydyf.PDF) -> None:
    """Say of each header cell whether it heads its column or its row: in a table's head the column, else the row."""
    for element in pdf.objects:
        if isinstance(element, dict) and element.get("S") == "/TH":
            row = _object(pdf, element["P"])
            group = _object(pdf, row["P"])
            scope = "/Column" if group.get("S") == "/THead" else "/Row"
            element.setdefault("A", pydyf.Dictionary({"O": "/Table"}))["Scope"] = scope


def tidy_attachments(pdf: pydyf.PDF) -> None:
    """List each attachment once, and the name tree in its order."""
    if "AF" not in pdf.catalog:
        return
    pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    tree = _object(pdf, pdf.catalog["Names"]["EmbeddedFiles"])
    names = tree["Names"]
    pairs = sorted(zip(names[::2], names[1::2], strict=True), key=lambda pair: pair[0].string)
    tree["Names"] = pydyf.Array(item for pair in pairs for item in pair)
