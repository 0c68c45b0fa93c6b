"""The secret in the address of a fund's overlay, a file beside the keys: whoever has it may show the overlay."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

BYTES = 18


def _path(keys: Path, fund: str) -> Path:
    return keys / f"{fund}.overlay"


def read(keys: Path, fund: str) -> str | None:
    """Return a fund's secret; None where none was made.

    Args:
        keys: Folder of the keys.
        fund: Slug of a fund that exists.

    Returns:
        URL-safe text.
    """
    try:
        return _path(keys, fund).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def renew(keys: Path, fund: str) -> str:
    """Make a new secret: addresses with the old one lead nowhere from now on.

    Args:
        keys: Folder of the keys.
        fund: Slug of a fund that exists.

    Returns:
        The new one.
    """
    made = secrets.token_urlsafe(BYTES)
    beside = _path(keys, fund).with_suffix(".overlay-new")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(file, made.encode("ascii") + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    beside.replace(_path(keys, fund))
    return made
