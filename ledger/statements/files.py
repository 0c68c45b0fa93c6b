"""Where the files of statements lie. What is approved is the very file that was looked at: no two share a name."""

from __future__ import annotations

import io
import os
import secrets
import shutil
from hashlib import sha256
from pathlib import Path
from typing import IO


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


def figures_path(path: Path) -> Path:
    """Return where the figures of a statement lie, beside the file as it was built."""
    return path.with_suffix(".figures.json")


def figures_file(path: Path, digest: str) -> bytes | None:
    """Return the figures of a statement.

    Args:
        path: Of the statement's file as it was built.
        digest: SHA-256 of the figures, as the log says it, hex.

    Returns:
        `figures.json`; None where it is not there, or has other bytes.
    """
    try:
        data = figures_path(path).read_bytes()
    except FileNotFoundError:
        return None
    return data if sha256(data).hexdigest() == digest else None


def write_new(path: Path, data: bytes | IO[bytes]) -> None:
    """Write a file that is there whole or not at all, readable by the service alone.

    Args:
        path: Where; an earlier file of this name is replaced.
        data: Its bytes, or where they are read from piece by piece.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        shutil.copyfileobj(io.BytesIO(data) if isinstance(data, bytes) else data, stream)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
