"""The secrets that sign-in works with: a file beside the other keys, made once, never in the database."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ledger.errors import InvariantError, SettingsError

FILE = "signin.json"


@dataclass(frozen=True, slots=True)
class SignInKeys:
    """What the file holds.

    Attributes:
        totp: Encrypts the secrets of users' authenticators; by its number, so that there can be a newer one.
        hashing: 32 bytes: keys the hashes of recovery codes and of whom a try was about.
    """

    totp: dict[str, str] = field(repr=False)
    hashing: bytes = field(repr=False)

    def keyed_hash(self, purpose: str, text: str) -> bytes:
        """Return 32 bytes that tell nothing about the text to whoever lacks the key."""
        return hmac.digest(self.hashing, f"{purpose}\0{text}".encode(), "sha256")


def sign_in_keys(folder: Path) -> SignInKeys:
    """Read the keys, and make them first where there are none.

    Args:
        folder: Of all keys.

    Returns:
        The keys.

    Raises:
        InvariantError: The file is not what it was made as.
        SettingsError: Others may get at it.
    """
    path = folder / FILE
    if not path.exists():
        _make(path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(name=f"keys/{FILE}", expected="a file of mode 0600")
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return SignInKeys(dict(stored["totp"]), bytes.fromhex(stored["hashing"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InvariantError(file=path.name, reason="malformed") from error


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    text = json.dumps({"totp": {"1": secrets.token_hex(32)}, "hashing": secrets.token_hex(32)})
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        # Whoever comes second finds the first one's file: two processes never work with different keys.
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()


def hash_of(key: str) -> bytes:
    """Return what is stored of a random key (of a session, of a link): its SHA-256; 256 random bits need no salt."""
    return sha256(key.encode()).digest()


def new_key() -> str:
    """Return 256 random bits, 43 characters that fit into an address and a cookie."""
    return secrets.token_urlsafe(32)
