"""Public pages as they were last: shown, and said to be that, while the database is away.

In: answers of public pages. Out: copies in a folder of `LEDGER_HOME`, and one of them in the place of a 503.
Guaranteed: only what anybody could read is kept, for a week at most; a copy says in words of when it is; what must not
be a copy (proofs' checkpoint, tiles, the desk) is never one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from http import HTTPStatus
from pathlib import Path

import orjson
from flask import Flask, Response, request
from markupsafe import escape

from ledger.clock import Clock, SystemClock, from_posix, to_text
from ledger.web import headers
from ledger.web.hooks import passed_by_gifts
from ledger.web.language import Voice, language_of
from ledger.web.services import WebSettings, services

FOLDER = "last-good"
PAGES = ("zh", "en", "files", "outward")
"""Blueprints whose answers are kept: never the log's own addresses, where an old answer would look like a fork."""

KEPT_TYPES = (
    *("text/html", "application/json", "image/svg+xml", "image/png", "application/atom+xml"),
)
WITH_KEY = "overlay"
"""The page with a key in its address that is kept: another key is refused before the database is asked."""

COPIED = "Mingzhang-Copied-At"
"""Header of a copy: when it was so. Programs find it where people find a notice."""

_ANEW = frozenset({"cache-control", "content-length", "date", "etag", "set-cookie"})
"""Headers that a copy does not have from its original."""

BYTES_MAX = 512 * 1024
FILES_MAX = 2_000
AGAIN_S = 5.0
"""A page that changes all the time is written this seldom."""

SEEN_S = 60.0
"""A page that does not change is marked as still being so this seldom."""

OLDEST_S = 7 * 24 * 3600.0
PRUNE_EVERY = 200
_MAIN = re.compile(rb"<main\b[^>]*>")


def setup(app: Flask, settings: WebSettings, clock: Clock | None = None) -> None:
    """Keep public pages, and show them while the database is away.

    Args:
        app: The app.
        settings: Name the folder.
        clock: Tells the time; the machine's unless given.
    """
    copies = Copies(settings.home / FOLDER, clock or SystemClock())

    @passed_by_gifts
    def keep_or_show(response: Response) -> Response:
        if request.method not in {"GET", "HEAD"} or not _is_for_everybody():
            return response
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            return copies.shown(request.full_path) or response
        if request.method == "GET" and response.status_code == HTTPStatus.OK:
            copies.keep(request.full_path, response)
        elif response.status_code == HTTPStatus.NOT_MODIFIED:
            copies.note_unchanged(request.full_path)
        return response

    app.after_request(keep_or_show)
    app.context_processor(_read_only)


def _is_for_everybody() -> bool:
    """Tell whether this address shows the same to whoever may see it."""
    if headers.face_of(request.path) != "public" or (request.blueprint or "") not in PAGES:
        return False
    return "key" not in request.args or (request.endpoint or "").endswith(f".{WITH_KEY}")


def _read_only() -> dict[str, str]:
    """Give every page the name of the sentence which says that nothing can be recorded now; empty while it can."""
    if not services().is_read_only():
        return {"read_only": ""}
    face = headers.face_of(request.path)
    return {"read_only": "notice" if face == "public" else "desk"}


class Copies:
    """Copies of answers, a file each: its headers in the first line as JSON, then the body.

    Args:
        folder: Made when first needed.
        clock: Tells the time.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._written: dict[str, tuple[bytes, float]] = {}
        self._count = 0

    def _path(self, address: str) -> Path:
        return self._folder / hashlib.sha256(address.encode()).hexdigest()

    def keep(self, address: str, response: Response) -> None:
        """Keep an answer, unless it is the same as before; a disk that is full keeps nothing, and that is all.

        Args:
            address: Path and query.
            response: A 200.
        """
        if response.mimetype not in KEPT_TYPES or response.is_streamed:
            return
        body = response.get_data()
        digest = hashlib.sha256(body).digest()
        before = self._written.get(address)
        now = time.monotonic()
        if before and before[0] == digest:
            self.note_unchanged(address)
            return
        if len(body) > BYTES_MAX or (before and now - before[1] < AGAIN_S):
            return
        if len(self._written) > FILES_MAX:
            self._written.clear()
        self._written[address] = (digest, now)
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._path(address)
            beside = path.with_suffix(f".{os.getpid()}")
            # With whatever lets other sites frame and read it, or makes a file of it.
            head = [(name, value) for name, value in response.headers if name.lower() not in _ANEW]
            beside.write_bytes(orjson.dumps(head) + b"\n" + body)
            beside.replace(path)
            self._count += 1
            if self._count % PRUNE_EVERY == 1:
                self._prune()

    def note_unchanged(self, address: str) -> None:
        """Mark a copy as what the address shows now; nothing where it was marked a moment ago, or there is none.

        Args:
            address: Path and query.
        """
        before = self._written.get(address)
        now = time.monotonic()
        if before is not None and now - before[1] >= SEEN_S:
            self._written[address] = (before[0], now)
            with contextlib.suppress(OSError):
                os.utime(self._path(address))

    def shown(self, address: str) -> Response | None:
        """Return the copy of an address as an answer that says what it is; None where there is none.

        Args:
            address: Path and query.

        Returns:
            A 200 that no cache keeps.
        """
        path = self._path(address)
        try:
            kept_at = path.stat().st_mtime
            head, _, body = path.read_bytes().partition(b"\n")
            pairs = [(str(name), str(value)) for name, value in orjson.loads(head)]
        except (OSError, ValueError):
            return None
        if self._clock.now().timestamp() - kept_at > OLDEST_S:
            return None
        response = Response(body)
        for name in {name for name, _ in pairs}:
            response.headers.remove(name)
        response.headers.extend(pairs)
        if "Content-Disposition" not in response.headers:
            response.set_data(_saying(body, kept_at))
        response.headers["Cache-Control"] = headers.NO_STORE
        response.headers[COPIED] = to_text(from_posix(int(kept_at)))
        if "Access-Control-Allow-Origin" in response.headers:
            response.headers["Access-Control-Expose-Headers"] = COPIED
        return response

    def _prune(self) -> None:
        """Remove what is too old, and the oldest where there are too many."""
        files = sorted(self._folder.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        oldest = self._clock.now().timestamp() - OLDEST_S
        for at, file in enumerate(files):
            if at >= FILES_MAX or file.stat().st_mtime < oldest:
                file.unlink(missing_ok=True)


def _saying(body: bytes, kept_at: float) -> bytes:
    """Put a notice at the head of a page; what has no such place shows its own time."""
    found = _MAIN.search(body)
    if found is None:
        return body
    say = Voice(language_of(request.path))
    told = say("last_good.notice", moment=say.moment(from_posix(int(kept_at))))
    if b'id="content"' in found[0]:
        notice = f'<p class="notice late" role="status">{escape(told)}</p>'
    else:
        # The small frame in other sites' pages.
        told = say("last_good.short", moment=say.moment(from_posix(int(kept_at))))
        notice = f'<p role="status">{escape(told)}</p>'
    at = found.end()
    return body[:at] + notice.encode() + body[at:]
