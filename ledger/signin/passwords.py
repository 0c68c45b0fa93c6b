"""Which passwords are taken. Length, well-known ones and personal ones only; no rules of composition, no ageing.

Source:
    OWASP ASVS 5.0.0, 6.2 (1: length; 4, 12: common ones; 5: no composition; 9: long ones; 11: context words).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LENGTH_MIN = 12
LENGTH_MAX = 128
"""Characters; more is not safer, and hashing it costs."""

DISTINCT_MIN = 5
"""Fewer different characters are a repeat, however long."""

COMMON_FILE = Path(__file__).with_name("common_passwords.txt")
SITE_WORDS = ("mingzhang", "明账")

_PERSONAL_LATIN_MIN = 4
_PERSONAL_HAN_MIN = 2
_LEET = str.maketrans("@4310$5!7", "aaeiossit")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


@cache
def common_passwords() -> frozenset[str]:
    """Return the well-known passwords and parts of passwords that are shipped, in lower case."""
    return frozenset(COMMON_FILE.read_text(encoding="utf-8").split())


def normalise(password: str) -> str:
    """Return the one form of a password, however a keyboard composed its characters (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, personal: Iterable[str] = ()) -> str | None:
    """Tell why a password is not taken.

    Args:
        password: In its normal form.
        personal: The user's name and e-mail address.

    Returns:
        `too-short`, `too-long`, `repeats`, `common`, `personal`; None if it can be taken.
    """
    if len(password) < LENGTH_MIN:
        return "too-short"
    if len(password) > LENGTH_MAX:
        return "too-long"
    plain = password.casefold()
    if len(set(plain)) < DISTINCT_MIN:
        return "repeats"
    if _is_common(plain):
        return "common"
    if any(word in plain for word in (*SITE_WORDS, *_words(personal))):
        return "personal"
    return None


def _is_common(plain: str) -> bool:
    """Find a well-known password, also written in other signs, with signs around it, twice, or two in a row."""
    forms = {plain, _EDGES.sub("", plain)}
    forms |= {form.translate(_LEET) for form in forms}
    forms |= {_unit(form) for form in forms}
    known = common_passwords()
    if any(form in known for form in forms if form):
        return True
    return any(plain[:at] in known and plain[at:] in known for at in range(3, len(plain) - 2))


def _unit(text: str) -> str:
    """Return what a text repeats, or the text itself."""
    at = (text + text).find(text, 1)
    return text[:at] if 0 < at < len(text) else text


def _words(personal: Iterable[str]) -> list[str]:
    words = [word for text in personal for word in re.split(r"[\s@.,_+-]+", text.casefold())]
    return [
        word
        for word in words
        if len(word) >= (_PERSONAL_LATIN_MIN if word.isascii() else _PERSONAL_HAN_MIN)
        and word not in _TOP_DOMAINS
    ]


_TOP_DOMAINS = ("mail", "info")
"""Words that stand in many addresses and say nothing about a person."""
