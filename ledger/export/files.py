"""Write a file whole or not at all: whoever reads an export must never meet half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file for writing that takes its name when the block ends well, durably.

    Args:
        path: Where it will be; an earlier file stays until then, and for good if the block fails.

    Yields:
        The stream; line ends are written as they are given.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
