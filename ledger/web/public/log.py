"""The log's own addresses, for monitors, witnesses and verifiers nobody here wrote.

Source:
    C2SP tlog-tiles, "Merkle Tree", "Log entries" and "Checkpoints"; tlog-checkpoint.
"""

from __future__ import annotations

import gzip

from flask import Blueprint, Response, request

from ledger.errors import NotFoundError
from ledger.log.tiles import parse_tile_path
from ledger.web import headers
from ledger.web.services import services

log = Blueprint("log", __name__, url_prefix="/log/<fund>")

CHECKPOINT_CACHE = "public, max-age=2"
"""A few seconds at most (tlog-tiles, "Checkpoints")."""

KEY_CACHE = "public, max-age=300"
"""Short enough for a rotation, whose two keys overlap far longer."""


@log.after_request
def _open_to_all(response: Response) -> Response:
    """Let verifiers in other sites' pages read the log: it is public and knows no visitor."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@log.get("/checkpoint")
def get_checkpoint(fund: str) -> Response:
    """Answer with the latest signed checkpoint."""
    response = _plain_text(services().checkpoint(fund))
    response.headers["Cache-Control"] = CHECKPOINT_CACHE
    return response


@log.get("/witnessed")
def get_witnessed(fund: str) -> Response:
    """Answer with the newest checkpoint that a witness has cosigned.

    Raises:
        NotFoundError: None has.
    """
    body = services().witnessed(fund)
    if body is None:
        raise NotFoundError(what="checkpoint")
    response = _plain_text(body)
    response.headers["Cache-Control"] = CHECKPOINT_CACHE
    return response


@log.get("/tile/<path:path>")
def get_tile(fund: str, path: str) -> Response:
    """Answer with a tile or a bundle of entries; bundles are compressed for whoever accepts it.

    Raises:
        NotFoundError: Another spelling, or not in the log.
    """
    address = parse_tile_path(f"tile/{path}")
    body = services().tile(fund, address) if address is not None else None
    if address is None or body is None:
        raise NotFoundError(what="tile")
    response = Response(body, content_type="application/octet-stream")
    if address.is_bundle:
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings["gzip"] > 0:
            response.data = gzip.compress(body, compresslevel=6, mtime=0)
            response.headers["Content-Encoding"] = "gzip"
    return headers.immutable(response)


@log.get("/key")
def get_key(fund: str) -> Response:
    """Answer with the verifier keys of the log, one a line."""
    response = _plain_text(services().log_key(fund).rstrip("\n").encode() + b"\n")
    response.headers["Cache-Control"] = KEY_CACHE
    return response


def _plain_text(body: bytes) -> Response:
    return Response(body, content_type="text/plain; charset=utf-8")
