"""What a file is by its own first bytes, and how its name may be shown. Pure.

In: bytes and a name. Out: one of `KINDS`. Guaranteed: no archive that unpacks to more than its limits, no XML with a
document type, and a name that is shown and never used as a path.
"""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
import zipfile

from ledger.errors import FileFormatError
from ledger.matching.formats import archives
from ledger.matching.formats.workbooks import OLD_MAGIC

KINDS = ("text", "xml", "xlsx", "zip", "xls", "pdf", "png", "jpeg")

NAME_MAX = 120
"""Characters of a name that are shown."""

_STARTS = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
"""What evidence can be beside sheets and texts: papers, and photographs of papers."""

_CONTENT = "[Content_Types].xml"
_TAG = re.compile(r"\s*<[A-Za-z?!]")
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def kind_of(name: str, data: bytes) -> str:
    """Return what bytes are.

    Args:
        name: For errors.
        data: The whole file.

    Returns:
        One of `KINDS`.

    Raises:
        FileFormatError: None of them, a broken archive, or XML with a document type.
        TooLargeError: An archive beyond the limits.
    """
    if data.startswith(archives.MAGIC):
        return _archive_kind(name, data)
    if data.startswith(OLD_MAGIC):
        return "xls"
    for start, kind in _STARTS.items():
        if data.startswith(start):
            return kind
    text = _text(data)
    if text is None:
        raise FileFormatError(file=name, line=0, field="file", reason="unknown-kind")
    if not _TAG.match(text):
        return "text"
    if _DOCTYPE.search(text):
        raise FileFormatError(file=name, line=0, field="file", reason="document-type")
    return "xml"


def _archive_kind(name: str, data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data), metadata_encoding="gb18030") as archive:
            members = archive.infolist()
    except archives.FAULTS as error:
        raise FileFormatError(
            file=name, line=0, field="archive", reason="broken-archive"
        ) from error
    archives.check_members(name, members)
    return "xlsx" if any(one.filename == _CONTENT for one in members) else "zip"


def _text(data: bytes) -> str | None:
    """Return bytes as text, None where they are none."""
    encodings = ("utf-8-sig", "gb18030")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ("utf-16", "utf-16")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROLS.search(text) else text
    return None


def shown_name(name: str) -> str:
    """Return a file's name as it may be shown.

    Args:
        name: As the browser sent it.

    Returns:
        Its last part without control and direction characters, shortened in the middle; `file` where nothing is left.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = "".join(one for one in last if unicodedata.category(one)[0] != "C").strip(" .")
    if len(clean) > NAME_MAX:
        clean = f"{clean[: NAME_MAX - 21]}…{clean[-20:]}"
    return clean or "file"
