"""Zip archives from outside, opened within limits."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from ledger.errors import FileFormatError, TooLargeError

MEMBERS_MAX = 2_000
UNPACKED_BYTES_MAX = 200 * 2**20
RATIO_MAX = 100
"""Text packs to a tenth; a hundredth is a bomb."""

MAGIC = b"PK\x03\x04"

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Python unpacks these two in pieces; bzip2 and LZMA would unpack before a limit is seen."""

FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
)
"""What the standard library raises on broken archives; for names UnicodeError, a ValueError."""


def text_members(file: str, data: bytes) -> list[tuple[str, bytes]]:
    """Unpack the CSV files of an archive.

    Args:
        file: File name for errors.
        data: The whole archive.

    Returns:
        Name and bytes of every member whose name ends in `.csv`, in the archive's order. Names are
        GBK where they do not say UTF-8.

    Raises:
        FileFormatError: Not a readable archive, encrypted, or packed by another method than
            deflate.
        TooLargeError: More members, bytes or a higher ratio than allowed.

    Source:
        Inputs, section 5.2, pitfalls.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data), metadata_encoding="gb18030") as archive:
            members = archive.infolist()
            check_members(file, members)
            wanted = [info for info in members if info.filename.lower().endswith(".csv")]
            return [(info.filename, archive.read(info)) for info in wanted]
    except FAULTS as error:
        raise FileFormatError(
            file=file, line=0, field="archive", reason="broken-archive"
        ) from error


def check_members(file: str, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive by what its directory says, before anything is unpacked.

    The standard library never unpacks more of a member than the directory says.

    Args:
        file: File name for errors.
        members: The whole directory.

    Raises:
        FileFormatError: Encrypted, or packed by another method than deflate.
        TooLargeError: More members, bytes or a higher ratio than allowed.
    """
    if len(members) > MEMBERS_MAX:
        raise TooLargeError(file=file, what="members", limit=MEMBERS_MAX, found=len(members))
    unpacked = sum(info.file_size for info in members)
    if unpacked > UNPACKED_BYTES_MAX:
        raise TooLargeError(file=file, what="unpacked", limit=UNPACKED_BYTES_MAX, found=unpacked)
    for info in members:
        if info.flag_bits & 1:
            raise FileFormatError(file=file, line=0, field="archive", reason="encrypted")
        if info.compress_type not in _METHODS:
            raise FileFormatError(file=file, line=0, field="archive", reason="unknown-packing")
        if info.file_size > RATIO_MAX * max(info.compress_size, 1):
            raise TooLargeError(file=file, what="ratio", limit=RATIO_MAX, found=info.file_size)
