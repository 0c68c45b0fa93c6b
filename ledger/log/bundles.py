"""Entry bundles: up to 256 entries in one file, each after its length."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ledger.errors import FieldError, MalformedProofError, TooLargeError
from ledger.log.tiles import TILE_WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

ENTRY_BYTES_MAX = 2**16 - 1
"""The length of an entry is written in two bytes (c2sp.org/tlog-tiles, "Log entries")."""

_LENGTH_BYTES = 2


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Write an entry bundle: for each entry its length, big-endian in two bytes, and its bytes.

    Args:
        entries: 1 to 256 entries of up to `ENTRY_BYTES_MAX` bytes, oldest first.

    Returns:
        The bundle.

    Raises:
        FieldError: No entry, or more than a bundle holds.
        TooLargeError: An entry is too long.

    Source:
        c2sp.org/tlog-tiles, "Log entries".
    """
    if not 0 < len(entries) <= TILE_WIDTH:
        raise FieldError(field="entries", reason="count", value=len(entries))
    longest = max(map(len, entries))
    if longest > ENTRY_BYTES_MAX:
        raise TooLargeError(what="entry", length=longest, limit=ENTRY_BYTES_MAX)
    return b"".join([len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries])


def decode_bundle(data: bytes, width: int | None = None) -> list[bytes]:
    """Read an entry bundle.

    Args:
        data: The bundle.
        width: Entries it must have, 1 to 256; without it, any number from 1 to 256.

    Returns:
        The entries, oldest first.

    Raises:
        MalformedProofError: Cut off, or not that many entries.

    Source:
        c2sp.org/tlog-tiles, "Log entries".
    """
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if at > end or start > end:
            _malformed("cut-off")
        if len(entries) == TILE_WIDTH:
            _malformed("too-many-entries")
        entries.append(data[start:at])
    if not entries or (width is not None and len(entries) != width):
        _malformed("entry-count")
    return entries


def _malformed(reason: str) -> NoReturn:
    raise MalformedProofError(what="bundle", reason=reason)
