"""Where the files of statements lie. What is approved is the very file that was looked at: no two share a name."""

from __future__ import annotations

from pathlib import Path


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
