"""Names that stand for people: keyed pseudonyms for entries, masked nicknames for pages."""

from __future__ import annotations

import base64
import hmac
import unicodedata

from ledger.errors import FieldError

KEY_BYTES = 32
"""One length only: HMAC pads shorter keys with zeros and hashes longer ones (RFC 2104 section
2)."""

PSEUDONYM_BYTES = 16
"""128 bits: no two of 2^50 people meet by chance."""

MASK = "**"
ANONYMOUS = "匿名"

_LOOKED_AT_MAX = 64
"""Code points of a nickname that are looked at: platforms allow some 30, and the rest is masked
anyway."""

_MARKS_MAX = 2
"""Combining marks kept on the first letter: enough for Vietnamese and Thai, too few to run over
the next line."""

_BLANK_LETTERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")
"""Letters, marks and symbols by their category that print nothing (Unicode
Default_Ignorable_Code_Point; U+2800 is the braille pattern without dots)."""

_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def pseudonym(key: bytes, scope: str, value: str) -> str:
    """Make the pseudonym that a value always has under one scope and key; it tells nothing of it.

    Args:
        key: 32 secret bytes.
        scope: Where it holds, such as a fund's name; the same value has unrelated pseudonyms
            elsewhere.
        value: What it stands for, such as a platform's user id.

    Returns:
        26 small letters and digits.

    Raises:
        FieldError: The key is not 32 bytes.

    Source:
        RFC 2104 sections 2 and 5 (truncation); RFC 4648 section 6.
    """
    if len(key) != KEY_BYTES:
        raise FieldError(field="key", reason="length", value=len(key))
    # The scope's length keeps ("a", "bc") and ("ab", "c") apart. A lone surrogate, which JSON can
    # carry, is a value too.
    scope_bytes = scope.encode("utf-8", "surrogatepass")
    message = b"mingzhang/pseudonym/v1\x00" + len(scope_bytes).to_bytes(4, "big") + scope_bytes
    message += value.encode("utf-8", "surrogatepass")
    digest = hmac.digest(key, message, "sha256")[:PSEUDONYM_BYTES]
    return base64.b32encode(digest).decode("ascii").rstrip("=").lower()


def mask_nickname(name: str) -> str:
    """Show of a nickname its first visible character: `李**`.

    Args:
        name: As the platform gave it; any length, anything in it.

    Returns:
        That character with its marks and `**`, or `匿名` when nothing of it is visible. No control
        character, no mark of direction, no invisible or private character is ever in it.

    Source:
        Unicode Standard Annex 29 section 3, cut down: base, marks, skin tone, pair of regional
        indicators.
    """
    # Composed first, so that Korean syllables and accented letters are one character.
    shown = unicodedata.normalize("NFC", name[:_LOOKED_AT_MAX])
    start = next((at for at, ch in enumerate(shown) if _is_visible(ch)), None)
    if start is None:
        return ANONYMOUS
    first = shown[start]
    following = [ch for ch in shown[start + 1 :] if unicodedata.category(ch) != "Cf"]
    if ord(first) in _REGIONAL:
        # Half a flag is a letter in a box.
        second = following[0] if following and ord(following[0]) in _REGIONAL else ""
        return first + second + MASK
    return first + _attached(following) + MASK


def _is_visible(ch: str) -> bool:
    """Return whether a character can stand first: it prints something by itself."""
    return unicodedata.category(ch)[0] in "LNPS" and ch not in _BLANK_LETTERS


def _attached(following: list[str]) -> str:
    """Return the marks and the skin tone that belong to the character before."""
    kept = ""
    for ch in following:
        is_mark = unicodedata.category(ch)[0] == "M" and ch not in _BLANK_LETTERS
        if len(kept) == _MARKS_MAX or not (is_mark or ord(ch) in _SKIN_TONES):
            break
        kept += ch
    return kept
