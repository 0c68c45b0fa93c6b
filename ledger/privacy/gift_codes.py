"""The donor's code of a gift: 8 characters that only whoever was given them, or has the private part, can know.

In: the salts of a gift. Out: a code, and whether a typed one is it. Guaranteed: derived from the salt of the name's
commitment, so it needs no row of its own and is gone when the gift is erased; compared in constant time.
"""

from __future__ import annotations

import hmac
import re

from ledger.journal.receipt_numbers import ALPHABET
from ledger.privacy.commitments import SALT_BYTES
from ledger.privacy.gift_parts import LABELS

LENGTH = 8
"""40 bits: a guesser who is held to some tries a minute does not find one in a million years."""

_LABEL = b"mingzhang/gift-code/v1"
_CONFUSED = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]+")
_NAME = LABELS.index("name")


def code_of_salt(salt: bytes) -> str:
    """Make the code from the salt of a gift's name.

    Args:
        salt: 32 bytes.

    Returns:
        8 characters of Crockford's base32.
    """
    value = int.from_bytes(hmac.digest(salt, _LABEL, "sha256")[:5], "big")
    return "".join(ALPHABET[value >> shift & 31] for shift in range(35, -1, -5))


def gift_code(salts: bytes) -> str:
    """Make the code from a gift's salts, as they are stored."""
    return code_of_salt(salts[SALT_BYTES * _NAME : SALT_BYTES * (_NAME + 1)])


def is_code(typed: str, salts: bytes | None) -> bool:
    """Tell whether what somebody typed is a gift's code.

    Args:
        typed: With spaces, small letters, or I, L and O for 1 and 0.
        salts: Of the gift; None where there is none, which takes as long.

    Returns:
        Whether it is.
    """
    cleaned = _SEPARATORS.sub("", typed[:60]).upper().translate(_CONFUSED)
    known = gift_code(salts or bytes(SALT_BYTES * len(LABELS)))
    same = hmac.compare_digest(cleaned.encode("utf-8", "replace"), known.encode())
    return same and salts is not None
