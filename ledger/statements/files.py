"""Where the files of statements lie. What is approved is the very file that was looked at: no two share a name."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def register_path(folder: Path, digest: str, name: str) -> Path:
    """Return where a register lies that is too large to embed.

    Args:
        folder: Of the fund's outputs.
        digest: SHA-256 of its bytes, hexadecimal.
        name: Of the file.

    Returns:
        Its path.
    """
    return folder / "files" / digest / name


def statement_file(folder: Path, number: str, language: str, sha256: bytes) -> Path:
    """Return where a statement's file lies.

    Args:
        folder: Of the fund's outputs.
        number: Of the statement.
        language: `zh` or `en`.
        sha256: Of the file.

    Returns:
        Its path.
    """
    return folder / f"{number}-{language}-{sha256[:8].hex()}.pdf"


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, readable by the service alone.

    Args:
        path: Where; an earlier file of this name is replaced.
        data: Its bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
