"""What stands for a platform's id after its donor was erased: a keyed hash, so that a repeat is still known.

In: ids and digests. Out: aliases. Guaranteed: without the key file nobody can tell which id an alias stands for.
"""

from __future__ import annotations

import hmac
import os
from hashlib import sha256
from pathlib import Path

from ledger.errors import KeyMismatchError
from ledger.privacy.pseudonyms import pseudonym

KEY_BYTES = 32
DIGEST_BYTES = 16
PREFIX = "erased:"


class Aliases:
    """Makes aliases with a fund's own key.

    Args:
        keys: Folder of the keys.
        fund: Slug of the fund; its key is made when first needed.
    """

    def __init__(self, keys: Path, fund: str) -> None:
        self._path = keys / f"{fund}.aliases"
        self._read: bytes | None = None

    def of_id(self, scope: str, source_id: str) -> str:
        """Return what stands for a platform's id."""
        return PREFIX + pseudonym(self._key(), scope, source_id)

    def of_digest(self, digest: bytes) -> bytes:
        """Return what stands for a content digest, 16 bytes."""
        return hmac.digest(self._key(), b"digest\x00" + digest, sha256)[:DIGEST_BYTES]

    def _key(self) -> bytes:
        if self._read is None:
            if not self._path.exists():
                self._make()
            self._read = self._path.read_bytes()
            if len(self._read) != KEY_BYTES:
                raise KeyMismatchError(file=self._path.name, reason="length")
        return self._read

    def _make(self) -> None:
        """Write a new key whole, or find the one that another process has just written."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        passing = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        file = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(file, os.urandom(KEY_BYTES))
            os.fsync(file)
        finally:
            os.close(file)
        try:
            os.link(passing, self._path)
        except FileExistsError:
            pass
        finally:
            passing.unlink()
