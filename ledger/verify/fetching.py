"""Fetch parts of a log: over HTTP from one address, or from a folder.

In: a path below the log, such as `tile/0/000`. Out: bytes. Guaranteed: what `ledger.outgoing` guarantees of addresses;
nothing larger than its limit, and no path that leads out of the folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from ledger.errors import ExternalError, FieldError, NotFoundError, TooLargeError
from ledger.outgoing import PORTS, Bounds, Site

Fetch = Callable[[str], bytes]
"""Takes a path below the log and gives its bytes."""

BYTES_MAX = 256 * (65_535 + 2)
"""A full entry bundle is the largest part of a log (c2sp.org/tlog-tiles, "Log entries")."""

_PATH = re.compile(r"(?:checkpoint|key|tile/[0-9a-z/.]{1,80})", re.ASCII)


def fetch_from(place: str, *, allow_private: bool = False) -> Fetch:
    """Return what fetches from an address or a folder.

    Args:
        place: `http://…`, `https://…` (the log's address, with or without a final slash) or a folder.
        allow_private: Whether the address may lie in a private network, or on this machine.

    Returns:
        The fetcher. It raises `NotFoundError` for what is not there, `ExternalError` for what cannot be reached,
        `TooLargeError` for what is larger than any part of a log, and `FieldError` (`private-network`) for an address
        that is not public.

    Raises:
        FieldError: Neither such an address nor a folder.
    """
    if urlsplit(place).scheme in PORTS:
        return _from_http(Site(place, Bounds(BYTES_MAX), allow_private=allow_private))
    if Path(place).is_dir():
        return _from_folder(Path(place))
    raise FieldError(field="log", value=place[:200], reason="neither-address-nor-folder")


def _from_http(site: Site) -> Fetch:
    return lambda path: site.get(_checked(path))


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
