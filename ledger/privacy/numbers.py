"""Phone and identity numbers of people in a text that is to be public. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final

from ledger.errors import FieldError

_PHONE: Final = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)", re.ASCII
)
_IDENTITY: Final = re.compile(r"(?<!\d)(?P<digits>\d{17})(?P<check>[\dXx])(?!\d)", re.ASCII)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"


def personal_number(text: str) -> str:
    """Tell whether a text holds a number that leads to a person.

    Args:
        text: Of any width and script.

    Returns:
        `phone`, a mobile number of mainland China; `identity`, an 18-digit identity number with a real birthday and a
        right check character; empty for neither.

    Source:
        GB 11643-1999 (identity numbers; check by ISO 7064, MOD 11-2).
    """
    narrow = unicodedata.normalize("NFKC", text)
    if _PHONE.search(narrow):
        return "phone"
    return "identity" if any(map(_is_identity, _IDENTITY.finditer(narrow))) else ""


def _is_identity(found: re.Match[str]) -> bool:
    digits = found["digits"]
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    try:
        date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    return _CHECKS[weighed % 11] == found["check"].upper()


def check_public(field: str, text: str) -> None:
    """Hold that a text may become part of an entry, which is public for good.

    Args:
        field: That it stands in, for the error.
        text: As typed.

    Raises:
        FieldError: It holds a phone or identity number (`personal-number`); the error does not repeat it.
    """
    if personal_number(text):
        raise FieldError(field=field, value="", reason="personal-number")


def public_references(references: Iterable[str]) -> list[str]:
    """Return the references that may be public. Banks take them from remarks, in which people write what they like.

    Args:
        references: Single words.

    Returns:
        Those that hold a digit, so that they are no name, and are no number of a person.
    """
    return [one for one in references if any(map(str.isdigit, one)) and not personal_number(one)]
