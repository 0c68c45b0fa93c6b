"""Commitments: what an entry says in public of a private part, opened by who holds the salt."""

from __future__ import annotations

import re
import struct
from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256

from ledger.errors import CommitmentError, FieldError

SALT_BYTES = 32
"""Fresh random bytes for each field of each entry. One length only: HMAC pads shorter keys with
zeros and hashes longer ones, so that two keys of different lengths can mean the same (RFC 2104
section 2)."""

COMMITMENT_CHARS = 44
"""Base64 of 32 bytes."""

_BLOCK_BYTES = 64
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))
_INNER_REST = b"\x36" * (_BLOCK_BYTES - SALT_BYTES)
_OUTER_REST = b"\x5c" * (_BLOCK_BYTES - SALT_BYTES)

_LENGTHS_KEPT = 4096
"""Lengths of private parts whose bytes are kept; longer ones are rare."""

_LABEL = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)


Keys = tuple[Sequence[bytes], Sequence[bytes]]
"""Columns of salts as HMAC's inner and outer hash begin with them."""


class _Rests(dict[int, bytes]):
    """What every inner hash of a label has between salt and private part, by the private part's length.

    Args:
        label: What kind of field.

    Raises:
        FieldError: Not a label.
    """

    def __init__(self, label: str) -> None:
        if not _LABEL.fullmatch(label):
            raise FieldError(field="label", reason="not-a-label", value=label[:40])
        super().__init__()
        self._begun = _INNER_REST + f"mingzhang/{label}/v1".encode() + b"\x00"

    def __missing__(self, length: int) -> bytes:
        """Return the bytes for a length, and keep those of the usual ones."""
        rest = self._begun + length.to_bytes(4, "big")
        if length < _LENGTHS_KEPT:
            self[length] = rest
        return rest


_rests = lru_cache(maxsize=64)(_Rests)


def keys_of(salts: bytes, fields: int) -> list[Keys]:
    """Make the keys of many entries' commitments, all by two calls.

    Args:
        salts: Of each entry, for each of its fields 32 bytes, joined.
        fields: How many fields each entry has.

    Returns:
        For each field the keys of all entries, in order.

    Raises:
        FieldError: Not so many bytes.
    """
    if len(salts) % (SALT_BYTES * fields):
        raise FieldError(field="salt", reason="length", value=len(salts))
    row = struct.Struct(f"{SALT_BYTES}s" * fields)
    inner = zip(*row.iter_unpack(salts.translate(_INNER_PAD)), strict=True)
    outer = zip(*row.iter_unpack(salts.translate(_OUTER_PAD)), strict=True)
    return list(zip(inner, outer, strict=True)) or [((), ())] * fields


def commit_column(label: str, keys: Keys, privates: Iterable[bytes]) -> bytes:
    """Commit to the same field of many entries.

    HMAC-SHA-256 is written out as its two hashes: with a key of one length a commitment takes 1 microsecond where
    `hmac.digest` alone takes 1.4, and an import makes several for each gift.

    Args:
        label: What kind of field: small letters, digits, `-`.
        keys: Of that field, from `keys_of`.
        privates: One private part a key, in order.

    Returns:
        44 characters of base64 for each, joined.

    Raises:
        FieldError: A label that cannot be used.

    Source:
        RFC 2104 section 2; RFC 4648 section 4.
    """
    rests, outer_rest, hash_of = _rests(label), _OUTER_REST, sha256
    digests = [
        hash_of(
            outer + outer_rest + hash_of(inner + rests[len(private)] + private).digest()
        ).digest()
        for inner, outer, private in zip(*keys, privates, strict=True)
    ]
    # Digests with a zero byte after each are whole groups of three bytes, so one call encodes all of them; where a
    # digest alone has its padding, they have the last six zero bits.
    text = bytearray(b2a_base64(b"\0".join(digests) + b"\0" * bool(digests), newline=False))
    text[COMMITMENT_CHARS - 1 :: COMMITMENT_CHARS] = b"=" * len(digests)
    return bytes(text)


def split_commitments(joined: bytes) -> list[str]:
    """Split joined commitments into one text each."""
    text = joined.decode("ascii")
    return [text[at : at + COMMITMENT_CHARS] for at in range(0, len(text), COMMITMENT_CHARS)]


def commit_many(label: str, pairs: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """Commit to many private parts under one label.

    Args:
        label: What kind of field: small letters, digits, `-`.
        pairs: Salt (32 bytes) and private part of each.

    Returns:
        One commitment a pair, in order: 44 characters of base64.

    Raises:
        FieldError: A label or a salt that cannot be used.
    """
    salts, privates = [], []
    for salt, private in pairs:
        if len(salt) != SALT_BYTES:
            raise FieldError(field="salt", reason="length", value=len(salt))
        salts.append(salt)
        privates.append(private)
    return split_commitments(commit_column(label, keys_of(b"".join(salts), 1)[0], privates))


def commit(salt: bytes, label: str, private: bytes) -> str:
    """Commit to a private part: hiding as long as the salt is secret, binding for ever.

    Args:
        salt: 32 fresh random bytes, used for this one field of this one entry.
        label: What kind of field: small letters, digits, `-`.
        private: Canonical bytes of the private part; may be empty.

    Returns:
        base64(HMAC-SHA256(salt, "mingzhang/<label>/v1" || 0x00 || len32(private) || private)), 44
        characters.

    Raises:
        FieldError: A label or a salt that cannot be used.

    Source:
        RFC 2104 section 2; RFC 4648 section 4. The shape follows Key Transparency's commitments.
    """
    return commit_many(label, ((salt, private),))[0]


def open_commitment(commitment: str, salt: bytes, label: str, private: bytes) -> None:
    """Check that salt and private part open a commitment.

    Args:
        commitment: As the entry has it.
        salt: 32 bytes.
        label: What kind of field.
        private: Canonical bytes of the private part.

    Raises:
        CommitmentError: They do not (`other-value`), or are no salt or label (`salt`, `label`).
            What was shown is not repeated in the error.
    """
    try:
        computed = commit(salt, label, private)
    except FieldError as error:
        raise CommitmentError(
            reason=error.fields["field"], label=label[:40], commitment=commitment[:80]
        ) from error
    # All three are shown or public by now: the time that a comparison takes tells nothing.
    if computed != commitment:
        raise CommitmentError(reason="other-value", label=label, commitment=commitment[:80])
