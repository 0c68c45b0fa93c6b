"""Fetch parts of a log: over HTTP from one address, or from a folder.

In: a path below the log, such as `tile/0/000`. Out: bytes. Guaranteed: only http and https, no redirects (they could
lead into a private network), nothing larger than its limit, no path that leads out of the folder, and a time limit.
"""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from ledger.errors import ExternalError, FieldError, NotFoundError, TooLargeError

Fetch = Callable[[str], bytes]
"""Takes a path below the log and gives its bytes."""

TIMEOUT_S = 20.0

BYTES_MAX = 256 * (65_535 + 2)
"""A full entry bundle is the largest part of a log (c2sp.org/tlog-tiles, "Log entries")."""

_PATH = re.compile(r"(?:checkpoint|key|tile/[0-9a-z/.]{1,80})", re.ASCII)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Follow nothing."""


def fetch_from(place: str, *, timeout_s: float = TIMEOUT_S) -> Fetch:
    """Return what fetches from an address or a folder.

    Args:
        place: `http://…`, `https://…` (the log's address, with or without a final slash) or a folder.
        timeout_s: How long one answer may take to begin, or to go on.

    Returns:
        The fetcher. It raises `NotFoundError` for what is not there, `ExternalError` for what cannot be reached and
        `TooLargeError` for what is larger than any part of a log.

    Raises:
        FieldError: Neither such an address nor a folder.
    """
    parts = urlsplit(place)
    if parts.scheme in ("http", "https") and parts.netloc:
        return _from_http(place.rstrip("/"), timeout_s)
    if Path(place).is_dir():
        return _from_folder(Path(place))
    raise FieldError(field="log", value=place[:200], reason="neither-address-nor-folder")


def _from_http(base: str, timeout_s: float) -> Fetch:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        _NoRedirects(),
    ):
        opener.add_handler(handler)

    def fetch(path: str) -> bytes:
        request = urllib.request.Request(  # noqa: S310  # http or https, checked above
            f"{base}/{_checked(path)}", headers={"User-Agent": "mingzhang-verify"}
        )
        try:
            # The opener has handlers for http and https only.
            with opener.open(request, timeout=timeout_s) as answer:
                data: bytes = answer.read(BYTES_MAX + 1)
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                raise NotFoundError(what="log-part", path=path) from error
            raise ExternalError(what="log-part", path=path, status=error.code) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ExternalError(what="log-part", path=path, reason=str(error)[:200]) from error
        return _limited(data, path)

    return fetch


def _from_folder(folder: Path) -> Fetch:
    def fetch(path: str) -> bytes:
        try:
            with (folder / _checked(path)).open("rb") as file:
                return _limited(file.read(BYTES_MAX + 1), path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFoundError(what="log-part", path=path) from error
        except OSError as error:
            raise ExternalError(what="log-part", path=path, reason=str(error)[:200]) from error

    return fetch


def _checked(path: str) -> str:
    if not _PATH.fullmatch(path) or ".." in path:
        raise FieldError(field="path", value=path[:100], reason="not-a-part-of-a-log")
    return path


def _limited(data: bytes, path: str) -> bytes:
    if len(data) > BYTES_MAX:
        raise TooLargeError(what="log-part", path=path, limit=BYTES_MAX)
    return data
