"""Files that people bring: how large, of which kind, and what becomes of their names.

In: a file field of a form. Out: its bytes, and what they are by their own first bytes. Guaranteed: a kind that the page
asked for, no archive that unpacks to more than its limits, and a name that is shown and never used as a path.

| kind | known by | further |
| --- | --- | --- |
| `text` | text without control characters, in UTF-8, UTF-16 or GB 18030 | CSV, MT940, OFX, JSON Lines |
| `xml` | text that begins with a tag | no document type, so no entities |
| `xlsx`, `zip` | `PK` and a readable directory | at most 2,000 members, 200 MiB, a hundredfold |
| `xls` | the OLE2 header | |
| `pdf` | `%PDF-` | |

Source:
    OWASP ASVS 5.0.0, 5.2 (file upload and content) and 5.4 (file download).
"""

from __future__ import annotations

import codecs
import io
import os
import re
import secrets
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from flask import Flask, Response, current_app, request
from werkzeug.datastructures import FileStorage

from ledger.errors import FieldError, FileFormatError
from ledger.matching.formats import archives
from ledger.matching.formats.workbooks import OLD_MAGIC
from ledger.web.hooks import passed_by_gifts
from ledger.web.services import WebSettings

KINDS = ("text", "xml", "xlsx", "zip", "xls", "pdf")

NAME_MAX = 120
"""Characters of a name that are shown."""

_PDF = b"%PDF-"
_CONTENT = "[Content_Types].xml"
_TAG = re.compile(r"\s*<[A-Za-z?!]")
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_STORED = re.compile(r"[0-9a-f]{32}")
_MARK = "_takes_files"
_TYPED = "application/x-www-form-urlencoded"

View = TypeVar("View", bound=Callable[..., object])


class Upload(NamedTuple):
    """A file that somebody brought.

    Attributes:
        data: Its bytes, unchanged.
        kind: One of `KINDS`, by its bytes.
        shown_name: Its name as it may be shown: no path, no control characters, not long.
    """

    data: bytes
    kind: str
    shown_name: str


def takes_files(view: View) -> View:
    """Mark a view whose form may bring files: its body may be as large as `LEDGER_UPLOAD_MAX` says."""
    setattr(view, _MARK, True)
    return view


def setup(app: Flask, settings: WebSettings) -> None:
    """Bound each form by what it is: with files at marked views, or typed.

    Args:
        app: The app; before anything reads a form.
        settings: How much.
    """

    @passed_by_gifts
    def bound() -> None:
        if request.method == "GET":
            return
        if request.mimetype == _TYPED:
            # The library bounds the fields of forms with files only.
            request.max_content_length = settings.form_max
        elif getattr(current_app.view_functions.get(request.endpoint or ""), _MARK, False):
            request.max_content_length = settings.upload_max

    app.before_request(bound)


def received(file: FileStorage | None, *kinds: str) -> Upload:
    """Take a file that a form brought.

    Args:
        file: The field; None where there is none.
        kinds: Those that are allowed here; the bytes decide, not the name and not what the browser says.

    Returns:
        The file.

    Raises:
        FieldError: None was chosen, or it is empty.
        FileFormatError: It is of another kind, or broken.
        TooLargeError: It unpacks to more than the limits.
    """
    if file is None or not file.filename:
        raise FieldError(field="file", reason="missing", value="")
    data = file.stream.read()
    name = shown_name(file.filename)
    if not data:
        raise FieldError(field="file", reason="empty", value=name)
    kind = kind_of(name, data)
    if kind not in kinds:
        raise FileFormatError(
            file=name, line=0, field="file", reason="other-kind", value=kind, expected=list(kinds)
        )
    return Upload(data, kind, name)


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
    if data.startswith(_PDF):
        return "pdf"
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


def keep(folder: Path, upload: Upload) -> str:
    """Store a file under a random name, readable by the service alone.

    Args:
        folder: Where to.
        upload: The file.

    Returns:
        The name it has there: 32 hexadecimal digits.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = secrets.token_hex(16)
    handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(upload.data)
        stream.flush()
        os.fsync(stream.fileno())
    return name


def kept_file(folder: Path, name: str) -> bytes | None:
    """Return a file that was stored.

    Args:
        folder: Where.
        name: As `keep` returned it; anything else finds nothing.

    Returns:
        Its bytes; None when there is none.
    """
    if not _STORED.fullmatch(name):
        return None
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        return None


def attachment(data: bytes, name: str) -> Response:
    """Answer with a file that somebody brought: to be saved, never shown or run here.

    Args:
        data: Its bytes.
        name: Under which it is saved.

    Returns:
        The response.
    """
    response = Response(data, content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=shown_name(name))
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
