"""A tile-log client written from the published formats alone.

It shares no code with the service, on purpose: if both had the same mistake, nobody would notice.

Sources: RFC 6962 section 2.1; C2SP signed-note, tlog-checkpoint, tlog-tiles.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Get = Callable[[str], bytes | None]
"""Takes a path below the log's address; None for 404."""


class UntrueError(Exception):
    """The log contradicts itself, its signature or what it said before."""


@dataclass(frozen=True)
class Head:
    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Key:
    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Key:
        name, key_id, material = vkey.split("+", 2)
        data = base64.b64decode(material, validate=True)
        if data[0] != 1 or len(data) != 33:
            raise UntrueError("not an Ed25519 key")
        expected = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        if bytes.fromhex(key_id) != expected:
            raise UntrueError("the key's ID is not the key's")
        return cls(name, expected, data[1:])


def open_checkpoint(note: bytes, keys: list[Key], origin: str) -> Head:
    """Check a signed note, then read it as a checkpoint."""
    cut = note.rindex(b"\n\n")
    text, lines = note[: cut + 1], note[cut + 2 :].decode().split("\n")
    # Every line is looked at: a wrong signature after a right one spoils the note too.
    signed = sum(_is_signed(text, line, keys) for line in lines[:-1])
    if lines[-1] != "" or not signed:
        raise UntrueError("no known key signed")
    found_origin, size, root = text.decode().split("\n")[:3]
    if found_origin != origin or not re.fullmatch("0|[1-9][0-9]*", size, re.ASCII):
        raise UntrueError("not a checkpoint of this log")
    return Head(found_origin, int(size), base64.b64decode(root, validate=True))


def _is_signed(text: bytes, line: str, keys: list[Key]) -> bool:
    """Tell whether a line is by a known key; a wrong signature by one spoils the whole note."""
    dash, name, blob = line.split(" ")
    data = base64.b64decode(blob)
    if dash != "\u2014":
        raise UntrueError("not a signature line")
    for key in keys:
        if (key.name, key.key_id) == (name, data[:4]):
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text)
            except InvalidSignature as error:
                raise UntrueError("a known key's signature is wrong") from error
            return True
    return False


# --- RFC 6962 ---------------------------------------------------------------------------------------


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: list[bytes]) -> bytes:
    """MTH: the largest power of two strictly below n goes left; a lone node goes up as it is."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node(root_of(hashes[:k]), root_of(hashes[k:]))


# --- tlog-tiles -------------------------------------------------------------------------------------


def path_of(level: str, index: int, width: int) -> str:
    digits = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        digits = f"x{index % 1000:03d}/{digits}"
    return f"tile/{level}/{digits}" + ("" if width == 256 else f".p/{width}")


def part(get: Get, level: str, index: int, width: int) -> bytes:
    """Get a tile or bundle; a partial one may have given way to the full one."""
    data = get(path_of(level, index, width))
    if data is None and width < 256:
        data = get(path_of(level, index, 256))
    if data is None:
        raise UntrueError(f"{path_of(level, index, width)} is not there")
    return data


def entries_of(bundle: bytes, width: int) -> list[bytes]:
    found: list[bytes] = []
    at = 0
    while at < len(bundle) and len(found) < width:
        length = int.from_bytes(bundle[at : at + 2], "big")
        found.append(bundle[at + 2 : at + 2 + length])
        at += 2 + length
        if at > len(bundle):
            raise UntrueError("a bundle is cut off")
    if len(found) != width:
        raise UntrueError("a bundle is short")
    return found


def tile_of(get: Get, level: int, index: int, width: int) -> list[bytes]:
    data = part(get, str(level), index, width)
    if len(data) not in {32 * width, 32 * 256}:
        raise UntrueError("a tile has a wrong length")
    return [data[at : at + 32] for at in range(0, 32 * width, 32)]


def root_by_tiles(get: Get, size: int) -> bytes:
    """Compute a tree's root from the right edge of its tiles: what no full tile sums up, level by level."""
    edges: list[list[bytes]] = []
    count = size
    while count:
        full, rest = divmod(count, 256)
        edges.append(tile_of(get, len(edges), full, rest) if rest else [])
        count = full
    peaks = _peaks(edges)
    if not peaks:
        return root_of([])
    root = peaks.pop()
    while peaks:
        root = node(peaks.pop(), root)
    return root


def _peaks(edges: list[list[bytes]]) -> list[bytes]:
    """Return the perfect subtrees of the right edge, largest first."""
    peaks: list[bytes] = []
    for tail in reversed(edges):
        at = 0
        for bit in range(7, -1, -1):
            if len(tail) >> bit & 1:
                peaks.append(root_of(tail[at : at + (1 << bit)]))
                at += 1 << bit
    return peaks


class Follower:
    """Follows one log: remembers the last head and all leaf hashes, and believes nothing else."""

    def __init__(self, get: Get, vkeys: list[str], origin: str) -> None:
        self._get = get
        self._keys = [Key.parse(one) for one in vkeys]
        self._origin = origin
        self.head = Head(origin, 0, root_of([]))
        self.leaves: list[bytes] = []
        self.entries: list[bytes] = []

    def follow(self) -> Head:
        """Take the log's newest checkpoint, if every earlier entry is still in it and every new one is shown."""
        note = self._get("checkpoint")
        if note is None:
            raise UntrueError("no checkpoint")
        head = open_checkpoint(note, self._keys, self._origin)
        if head.size < self.head.size:
            raise UntrueError("the log became smaller")
        leaves = self.leaves[: self.head.size]
        fresh: list[bytes] = []
        for index in range(len(leaves) // 256, -(-head.size // 256)):
            width = min(256, head.size - index * 256)
            entries = entries_of(part(self._get, "entries", index, width), width)
            hashes = [leaf(one) for one in entries]
            if hashes != tile_of(self._get, 0, index, width):
                raise UntrueError("a bundle and its tile differ")
            known = len(leaves) - index * 256
            if known > 0 and hashes[:known] != leaves[index * 256 :]:
                raise UntrueError("an earlier entry has changed")
            leaves += hashes[max(known, 0) :]
            fresh += entries[max(known, 0) :]
        # Old leaves make the old root and all of them the new one: the new tree extends the old.
        if root_of(leaves) != head.root or root_of(leaves[: self.head.size]) != self.head.root:
            raise UntrueError("the entries do not make the signed root")
        if root_by_tiles(self._get, head.size) != head.root:
            raise UntrueError("the tiles do not make the signed root")
        self.head, self.leaves = head, leaves
        self.entries += fresh
        return head
