"""Public pages as they were last: shown, and said to be that, while the database is away.

In: answers of public pages. Out: copies in a folder of `LEDGER_HOME`, and one of them in the place of a 503.
Guaranteed: only what anybody could read is kept, for a week at most; a copy says in words of when it is; what must not
be a copy (proofs' checkpoint, tiles, the desk) is never one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, request
from markupsafe import escape

from ledger.clock import Clock, SystemClock, from_posix
from ledger.web import headers
from ledger.web.hooks import passed_by_gifts
from ledger.web.language import Voice, language_of
from ledger.web.services import WebSettings

FOLDER = "last-good"
PAGES = ("zh", "en", "files", "outward")
"""Blueprints whose answers are kept: never the log's own addresses, where an old answer would look like a fork."""

KEPT_TYPES = ("text/html", "application/json", "image/svg+xml", "application/atom+xml")
BYTES_MAX = 512 * 1024
FILES_MAX = 2_000
AGAIN_S = 5.0
"""A page that changes all the time is written this seldom."""

OLDEST_S = 7 * 24 * 3600.0
PRUNE_EVERY = 200
_MAIN = b'<main id="content"'


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
        if request.method != "GET" or headers.face_of(request.path) != "public":
            return response
        if (request.blueprint or "") not in PAGES or "key" in request.args:
            return response
        if response.status_code == HTTPStatus.OK:
            copies.keep(request.full_path, response)
        elif response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            return copies.shown(request.full_path) or response
        return response

    app.after_request(keep_or_show)


class Copies:
    """Copies of answers, a file each: the content type in the first line, then the body.

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
        if len(body) > BYTES_MAX or (
            before and (before[0] == digest or now - before[1] < AGAIN_S)
        ):
            return
        if len(self._written) > FILES_MAX:
            self._written.clear()
        self._written[address] = (digest, now)
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._path(address)
            beside = path.with_suffix(f".{os.getpid()}")
            beside.write_bytes(f"{response.content_type}\n".encode() + body)
            beside.replace(path)
            self._count += 1
            if self._count % PRUNE_EVERY == 1:
                self._prune()

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
        except OSError:
            return None
        if self._clock.now().timestamp() - kept_at > OLDEST_S:
            return None
        response = Response(_saying(body, kept_at), content_type=head.decode("latin-1"))
        response.headers["Cache-Control"] = headers.NO_STORE
        return response

    def _prune(self) -> None:
        """Remove what is too old, and the oldest where there are too many."""
        files = sorted(self._folder.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        oldest = self._clock.now().timestamp() - OLDEST_S
        for at, file in enumerate(files):
            if at >= FILES_MAX or file.stat().st_mtime < oldest:
                file.unlink(missing_ok=True)


def _saying(body: bytes, kept_at: float) -> bytes:
    """Put a notice at the head of a page; data for machines carry their own time."""
    at = body.find(_MAIN)
    end = body.find(b">", at)
    if at < 0 or end < 0:
        return body
    say = Voice(language_of(request.path))
    told = say("last_good.notice", moment=say.moment(from_posix(int(kept_at))))
    notice = f'<p class="notice late" role="status">{escape(told)}</p>'
    return body[: end + 1] + notice.encode() + body[end + 1 :]
