"""Files that pages load, read once, at addresses that change with their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request, url_for

from ledger.errors import NotFoundError
from ledger.web import headers

FOLDER = Path(__file__).parent / "static"

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

_DIGEST_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load.

    Attributes:
        body: Its bytes.
        content_type: What it is.
        digest: Beginning of its SHA-256, hexadecimal.
    """

    body: bytes
    content_type: str
    digest: str


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:_DIGEST_LENGTH]
    return Asset(body, CONTENT_TYPES[path.suffix], digest)


def setup(app: Flask) -> None:
    """Serve the files below `/static/`, and give templates `asset(name)` for their addresses.

    Modules in a folder import each other by relative addresses, which carry no digest: those are shared for a short
    time and asked for again by ETag.
    """
    assets = {
        path.relative_to(FOLDER).as_posix(): _read(path)
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    }

    def address(name: str) -> str:
        return url_for("static", name=name, v=assets[name].digest)

    def serve(name: str) -> Response:
        """Answer with a file.

        Raises:
            NotFoundError: There is none of this name.
        """
        asset = assets.get(name)
        if asset is None:
            raise NotFoundError(what="asset")
        response = Response(asset.body, content_type=asset.content_type)
        if request.args.get("v") == asset.digest:
            return headers.immutable(response)
        return headers.public_page(response)

    app.jinja_env.globals["asset"] = address
    app.add_url_rule("/static/<path:name>", "static", serve)
