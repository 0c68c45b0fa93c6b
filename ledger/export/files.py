"""Write a file whole or not at all: whoever reads an export must never meet half of it."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file for writing that takes its name when the block ends well, durably.

    Args:
        path: Where it will be; an earlier file stays until then, and for good if the block fails.

    Yields:
        The stream; line ends are written as they are given.
    """
    with replaced_bytes(path) as out:
        stream = io.TextIOWrapper(out, encoding="utf-8", newline="")
        yield stream
        stream.flush()
        stream.detach()


@contextmanager
def replaced_bytes(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a file of bytes for writing, as `replaced`.

    Args:
        path: Where it will be.
        mode: Who may read it; the process's mask takes away from that.

    Yields:
        The stream.
    """
    with replaced_path(path) as beside:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as stream:
            yield stream


@contextmanager
def replaced_path(path: Path) -> Iterator[Path]:
    """Name a file that takes the name of another when the block ends well, for whoever writes by name.

    Args:
        path: Where it will be, as `replaced`.

    Yields:
        Where to write it: beside, hidden, and nobody else's, so that of two exports at once each is whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        yield beside
        _sync(beside)
        beside.replace(path)
        _sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
