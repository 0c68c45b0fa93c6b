"""The secrets that platforms sign with: one file a channel, readable by the service alone."""

from __future__ import annotations

import stat
from pathlib import Path

from ledger.errors import SettingsError

FOLDER = "webhooks"
SUFFIX = ".secret"
SECRET_BYTES_MAX = 1024

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secret_of(keys: Path, fund: str, channel: str) -> str:
    """Read the secret that a channel shares with its platform.

    Args:
        keys: Folder of the keys.
        fund: Slug of a fund that exists.
        channel: Name of a channel that exists.

    Returns:
        The first line of `webhooks/<fund>/<channel>.secret`; empty when there is no such file: then no signature is
        right.

    Raises:
        SettingsError: Others may read the file, or it is no text.
    """
    path = keys / FOLDER / fund / f"{channel}{SUFFIX}"
    try:
        if path.stat().st_mode & _OTHERS:
            raise SettingsError(name=_shown(fund, channel), expected="a file of mode 0600")
        data = path.read_bytes()[:SECRET_BYTES_MAX]
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise SettingsError(name=_shown(fund, channel), expected="a readable file") from error
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError as error:
        raise SettingsError(name=_shown(fund, channel), expected="UTF-8 text") from error
    return lines[0].strip() if lines else ""


def _shown(fund: str, channel: str) -> str:
    return f"keys/{FOLDER}/{fund}/{channel}{SUFFIX}"
