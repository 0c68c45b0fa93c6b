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

import os
import re
import secrets
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

from flask import Flask, Response, current_app, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from ledger.errors import FieldError, FileFormatError, LedgerError
from ledger.matching.formats import sniffing
from ledger.web.hooks import passed_by_gifts
from ledger.web.problems import http_problem, problem_of, problem_response, wants_page
from ledger.web.services import WebSettings

KINDS = sniffing.KINDS
NAME_MAX = sniffing.NAME_MAX
kind_of = sniffing.kind_of
shown_name = sniffing.shown_name

_PDF = b"%PDF-"
_STORED = re.compile(r"[0-9a-f]{32}")
_MARK = "_takes_files"
_TOO_LARGE = "_too_large"
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


def takes_files(view: View, too_large: Callable[..., BaseResponse] | None = None) -> View:
    """Mark a view whose form may bring files: its body may be as large as `LEDGER_UPLOAD_MAX` says.

    Args:
        view: The view.
        too_large: A view of the same address that shows the form again where more was sent; none of it was read, and
            nothing of it may be. Without it, a page of its own says so.

    Returns:
        The view.
    """
    setattr(view, _MARK, True)
    setattr(view, _TOO_LARGE, too_large)
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
    app.register_error_handler(RequestEntityTooLarge, _on_too_large)


def _on_too_large(_error: RequestEntityTooLarge) -> BaseResponse:
    """Say so beside the field, where the page knows how."""
    view = current_app.view_functions.get(request.endpoint or "")
    again = getattr(view, _TOO_LARGE, None)
    if again is None or not wants_page():
        return problem_response(http_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
    try:
        response: BaseResponse = again(**(request.view_args or {}))
    except LedgerError as error:  # whoever is not signed in, or may not, is told that
        return problem_response(problem_of(error), error)
    response.status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return response


def pdf_of(file: FileStorage | None) -> IO[bytes]:
    """Look at a PDF that a form brought, without holding it in memory.

    Args:
        file: The field; None where there is none.

    Returns:
        Its bytes, to be read from the first on.

    Raises:
        FieldError: None was chosen, or it is empty.
        FileFormatError: It is none.
    """
    if file is None or not file.filename:
        raise FieldError(field="file", reason="missing", value="")
    head = file.stream.read(len(_PDF))
    if not head:
        raise FieldError(field="file", reason="empty", value=shown_name(file.filename))
    if head != _PDF:
        raise FileFormatError(file=shown_name(file.filename), line=0, reason="other-kind")
    file.stream.seek(0)
    return file.stream


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
