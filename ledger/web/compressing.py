"""Send public pages and files in a third of their bytes to whoever understands gzip.

Only what any cache may share is compressed: it holds nothing that belongs to one visitor, so its length tells nothing.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request

from ledger.web import headers
from ledger.web.hooks import passed_by_gifts

TYPES = frozenset(
    (
        "text/html",
        "text/css",
        "text/javascript",
        "image/svg+xml",
        "application/json",
        "application/atom+xml",
    )
)
LEAST = 1_000
"""Shorter answers fit into the first packet anyway."""

LEVEL, BEST = 5, 9


def setup(app: Flask) -> None:
    """Compress answers, after everything else was done to them.

    Args:
        app: The app; hooks run in the reverse order, so this has to be an early step.
    """
    app.after_request(compress)


def _packed(body: bytes, level: int) -> bytes:
    return gzip.compress(body, compresslevel=level, mtime=0)


@lru_cache(maxsize=64)
def _packed_once(body: bytes) -> bytes:
    """Compress what never changes as well as it can be, and only once."""
    return _packed(body, BEST)


@passed_by_gifts
def compress(response: Response) -> Response:
    """Compress an answer that may be shared; its ETag becomes a weak one, since the bytes differ."""
    if (
        response.mimetype not in TYPES
        or response.is_streamed
        or response.direct_passthrough
        or not response.cache_control.public
        or "Content-Encoding" in response.headers
        or "Content-Range" in response.headers
    ):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0 or (response.content_length or 0) < LEAST:
        return response
    body = response.get_data()
    is_file = response.cache_control.max_age == headers.YEAR_SECONDS
    response.set_data(_packed_once(body) if is_file else _packed(body, LEVEL))
    response.headers["Content-Encoding"] = "gzip"
    tag, _ = response.get_etag()
    if tag is not None:
        response.set_etag(tag, weak=True)
    return response
