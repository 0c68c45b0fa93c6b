"""Write a zip whose bytes depend on its files alone, one file after the other, and the manifest of them at its end.

In: files, in order. Out: a zip. Guaranteed: no time of day and nothing of the machine is in it; one piece of one file
in memory at a time; the manifest names every other file with its length and SHA-256.

Source:
    PKWARE APPNOTE 6.3.10 (zip, zip64).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

MANIFEST = "manifest.json"

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold; ours have none."""

_UNIX = 3
_MODE = 0o100644
_ROWS_IN_MEMORY = 1 << 20


class _Onward:
    """An output that only goes on: zip patches no earlier byte, and the same bytes come out on a pipe."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, data: bytes) -> int:
        return self._out.write(data)

    def flush(self) -> None:
        self._out.flush()


class Member(io.BufferedIOBase):
    """A file of the zip while it is written: counts and hashes what goes through.

    Args:
        stream: Of the zip.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self.digest = sha256()
        self.length = 0

    def writable(self) -> bool:
        """Return that it is."""
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # nobody gives it anything else
        """Write bytes."""
        size = self._stream.write(data)
        self.digest.update(data)
        self.length += size
        return size


class PackWriter:
    """Writes a zip.

    Args:
        out: Where to; only ever written to, from its beginning on.

    Attributes:
        files: How many were written.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(cast("IO[bytes]", _Onward(out)), "w")
        self._rows = SpooledTemporaryFile(max_size=_ROWS_IN_MEMORY)  # noqa: SIM115 -- closed with the zip
        self.files = 0

    @contextmanager
    def file(self, path: str) -> Iterator[Member]:
        """Open a file for writing, piece by piece.

        Args:
            path: Relative, with slashes; each once.

        Yields:
            What takes its bytes.
        """
        with self._zip.open(_info(path), "w", force_zip64=True) as stream:
            member = Member(stream)
            yield member
        row = {"path": path, "bytes": member.length, "sha256": member.digest.hexdigest()}
        self._rows.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        self.files += 1

    def put(self, path: str, data: bytes) -> None:
        """Write a file that is in memory."""
        with self.file(path) as member:
            member.write(data)

    def abandon(self) -> None:
        """Leave the zip as it is: no zip, and nobody takes it for one."""
        self._zip.fp = None
        self._rows.close()

    def close(self, head: Mapping[str, object]) -> str:
        """Write the manifest and end the zip.

        Args:
            head: What stands in it before the files.

        Returns:
            SHA-256 of the manifest, hexadecimal.
        """
        digest = sha256()
        with self._zip.open(_info(MANIFEST), "w", force_zip64=True) as stream:
            for piece in self._manifest(head):
                stream.write(piece)
                digest.update(piece)
        self._zip.close()
        self._rows.close()
        return digest.hexdigest()

    def _manifest(self, head: Mapping[str, object]) -> Iterator[bytes]:
        """Write the manifest as JSON, a file in each line.

        Yields:
            Its bytes.
        """
        begun = json.dumps(head, ensure_ascii=False, indent=1)
        yield begun.removesuffix("\n}").encode() + b',\n "files": [\n'
        self._rows.seek(0)
        for number, row in enumerate(self._rows):
            yield (b"  " if number == 0 else b",\n  ") + row.rstrip(b"\n")
        yield b"\n ]\n}\n"


def _info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = _MODE << 16
    return info
