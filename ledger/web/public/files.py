"""Files that have no language: receipts, entries as they stand in the log, statements."""

from __future__ import annotations

import re
from dataclasses import asdict
from hashlib import sha256

import orjson
from flask import Blueprint, Response, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from ledger.errors import FieldError, NotFoundError
from ledger.journal.receipt_numbers import parse_receipt_number
from ledger.web import headers
from ledger.web.services import services
from reports import schema

files = Blueprint("files", __name__)

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_REGISTER = re.compile(r"[a-z_]{1,40}\.csv", re.ASCII)
_STATEMENT_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,40}", re.ASCII)


@files.get("/funds/<fund>/gifts/<receipt>.tlog-proof")
def gift_proof(fund: str, receipt: str) -> BaseResponse:
    """Hand out a gift's receipt as a file.

    Raises:
        NotFoundError: No gift with this number.

    Source:
        C2SP tlog-proof, "File extension".
    """
    try:
        number = parse_receipt_number(receipt)
    except FieldError as error:
        raise NotFoundError(what="gift") from error
    if services().gift_page(fund, number.seq, number.check) is None:
        raise NotFoundError(what="gift")
    body = services().gift_proof(fund, number.seq)
    response = _download(body, "text/plain; charset=utf-8", f"{number.compact}.tlog-proof")
    return headers.public_page(response)


@files.get("/funds/<fund>/gifts/<receipt>.pdf")
def gift_receipt(fund: str, receipt: str) -> BaseResponse:
    """Hand out a gift's receipt on one page, in Chinese, or in English with `?lang=en`.

    Raises:
        NotFoundError: No gift with this number.
    """
    try:
        number = parse_receipt_number(receipt)
    except FieldError as error:
        raise NotFoundError(what="gift") from error
    if services().gift_page(fund, number.seq, number.check) is None:
        raise NotFoundError(what="gift")
    language = "en" if request.args.get("lang") == "en" else "zh"
    body = services().receipt_pdf(fund, number, language)
    return headers.public_page(_download(body, "application/pdf", f"{number.compact}.pdf"))


@files.get("/funds/<fund>/entries/<int:seq>.json")
def entry_bytes(fund: str, seq: int) -> BaseResponse:
    """Hand out the exact bytes of an entry.

    Raises:
        NotFoundError: The journal has not come that far.
    """
    page = services().entry(fund, seq)
    if page is None:
        raise NotFoundError(what="entry")
    return headers.immutable(Response(page.canonical, content_type="application/json"))


@files.get("/funds/<fund>/statements.json")
def published_statements(fund: str) -> BaseResponse:
    """List the published files by their digests, for whoever checks one: the log has the same, by entry."""
    listed = [
        {**asdict(one), "address": url_for(".statement_file", fund=fund, statement_id=one.id)}
        for one in services().published_statements(fund)
    ]
    response = Response(orjson.dumps({"statements": listed}), content_type="application/json")
    return headers.public_page(response)


@files.get("/funds/<fund>/statements/<statement_id>.pdf")
def statement_file(fund: str, statement_id: str) -> BaseResponse:
    """Hand out a published statement.

    Raises:
        NotFoundError: None of this name is published.
    """
    known = _STATEMENT_ID.fullmatch(statement_id)
    body = services().statement_file(fund, statement_id) if known else None
    if body is None:
        raise NotFoundError(what="statement")
    response = Response(body, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{fund}-{statement_id}.pdf"'
    # A published file is never replaced: its address gives these bytes for good.
    response.headers["Cache-Control"] = headers.IMMUTABLE_CACHE
    response.set_etag(sha256(body).hexdigest())
    return response.make_conditional(request, accept_ranges=True, complete_length=len(body))


@files.get("/funds/<fund>/statements/files/<digest>/<name>")
def register_file(fund: str, digest: str, name: str) -> BaseResponse:
    """Hand out a register that was too large to embed: its address has its digest, so it never changes.

    Raises:
        NotFoundError: No statement of the fund names such a file.
    """
    known = _DIGEST.fullmatch(digest) and _REGISTER.fullmatch(name)
    path = services().register_file(fund, digest, name) if known else None
    if path is None:
        raise NotFoundError(what="register")
    response = send_file(
        path, mimetype="text/csv", as_attachment=True, download_name=name, etag=digest
    )
    response.headers["Cache-Control"] = headers.IMMUTABLE_CACHE
    return response


@files.get(schema.ADDRESS)
def figures_schema() -> BaseResponse:
    """Hand out the JSON Schema of the figures inside statements."""
    body = orjson.dumps(schema.figures_schema(), option=orjson.OPT_INDENT_2)
    return headers.public_page(Response(body, content_type="application/schema+json"))


def _download(body: bytes, content_type: str, name: str) -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
