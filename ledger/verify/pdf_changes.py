"""What a PDF holds that a statement never does, and what differs between a signed part and the whole file.

Our own look, beside the library's judgement of each later update: pages, what is drawn on them, annotations, attached
files. In: bytes. Out: short codes. Guaranteed: nothing is rendered or run.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from ledger.errors import FileFormatError

_WRONG = (
    pikepdf.PdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a part that is not what it should be ends in: a number where a page has to be, a box of words."""

OBJECTS_MAX = 200_000
"""A statement has some thousands."""

_PROGRAMS = ("/JS", "/JavaScript", "/XFA", "/RichMediaContent", "/RichMediaSettings")
_RUNS = ("/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition", "/RichMediaExecute")


@contextlib.contextmanager
def opened(data: bytes) -> Iterator[Pdf]:
    """Open a PDF.

    Args:
        data: The file.

    Yields:
        It.

    Raises:
        FileFormatError: It cannot be read (`not-a-pdf`), is encrypted (`encrypted`) or has too many parts (`too-many`).
    """
    try:
        pdf = pikepdf.open(io.BytesIO(data))
    except pikepdf.PasswordError as error:
        raise FileFormatError(file="pdf", reason="encrypted") from error
    except (pikepdf.PdfError, ValueError, RuntimeError, MemoryError) as error:
        raise FileFormatError(file="pdf", reason="not-a-pdf") from error
    with pdf:
        if pdf.is_encrypted:
            raise FileFormatError(file="pdf", reason="encrypted")
        if len(pdf.objects) > OBJECTS_MAX:
            raise FileFormatError(file="pdf", reason="too-many")
        try:
            yield pdf
        except _WRONG as error:
            raise FileFormatError(file="pdf", reason="not-a-pdf") from error


def has_program(pdf: Pdf) -> bool:
    """Tell whether a file holds anything that a reader would run, or does by itself when it is opened."""
    if "/OpenAction" in pdf.Root or "/AA" in pdf.Root:
        return True
    return any(_runs(one) for one in pdf.objects)


def _runs(one: Object) -> bool:
    """Look at an object and at what lies directly in it."""
    waiting: list[Any] = [one]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Array):
            waiting += [part for part in found.as_list() if _is_direct(part)]
            continue
        if isinstance(found, Stream):
            found = found.stream_dict
        if not isinstance(found, Dictionary):
            continue
        if any(name in found for name in _PROGRAMS) or str(found.get("/S", "")) in _RUNS:
            return True
        waiting += [part for part in found.as_dict().values() if _is_direct(part)]
    return False


def _is_direct(part: Any) -> bool:
    return isinstance(part, Array | Dictionary) and not part.is_indirect


def changes(before: bytes, after: bytes) -> list[str]:
    """Compare what readers see in a signed part with the whole file.

    Args:
        before: The part that was signed: a PDF of its own.
        after: The whole file.

    Returns:
        Codes of what differs besides signatures: `pages`, `content`, `annotation`, `attachment`, `script`. In order.

    Raises:
        FileFormatError: One of them cannot be read.
    """
    with opened(before) as old, opened(after) as new:
        found = []
        if len(old.pages) != len(new.pages):
            found.append("pages")
        elif any(
            _drawn(one.obj) != _drawn(two.obj)
            for one, two in zip(old.pages, new.pages, strict=True)
        ):
            found.append("content")
        if _annotations(old) != _annotations(new):
            found.append("annotation")
        if _attached(old) != _attached(new):
            found.append("attachment")
        if has_program(new):
            found.append("script")
        return found


def _drawn(page: Object) -> bytes:
    """Return a digest of what is drawn on a page, and where."""
    said = sha256()
    contents = page.get(Name.Contents, Array())
    for one in contents.as_list() if isinstance(contents, Array) else [contents]:
        said.update(one.read_raw_bytes())
    for name in ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources"):
        value = page.get(name)
        said.update(name.encode())
        if isinstance(value, Object):
            said.update(value.unparse(resolved=True))
        else:
            said.update(str(value).encode())
    return said.digest()


def _annotations(pdf: Pdf) -> list[list[tuple[bytes, str]]]:
    """Return each page's annotations; of signature fields that are filled in, only that they are there.

    A time stamp of the document has a field of its own, without any extent.
    """
    return [
        [
            told
            for one in page.obj.get(Name.Annots, Array())
            if (told := _annotation(one)) is not None
        ]
        for page in pdf.pages
    ]


def _annotation(one: Object) -> tuple[bytes, str] | None:
    if one.get(Name.FT) != Name.Sig:
        return one.unparse(resolved=True), ""
    box = [float(value) for value in one.get(Name.Rect, Array([0, 0, 0, 0]))]
    value = one.get(Name.V)
    is_stamp = isinstance(value, Dictionary) and value.get(Name.Type) == Name.DocTimeStamp
    if is_stamp and (box[0], box[1]) == (box[2], box[3]):
        return None
    return repr(box).encode(), str(one.get(Name.T))


def _attached(pdf: Pdf) -> list[tuple[str, bytes]]:
    return [
        (name, sha256(spec.get_file().read_bytes()).digest())
        for name, spec in sorted(pdf.attachments.items())
    ]
