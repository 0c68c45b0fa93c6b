"""The number a giver holds: 12 characters of Crockford's base32, shown in three groups of four
(`7K4Q 92HD M3XA`).

The first eight characters are the entry's sequence number, the last four a check value that
whoever issues the number derives from the entry (see `ReceiptNumber.check`), so that a mistyped
number is noticed instead of showing a stranger's gift.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.errors import FieldError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U (Crockford, "Base 32", table of symbols)."""

LENGTH = 12
SEQ_BITS = 40
CHECK_BITS = 20

_CONFUSED = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]+")


@dataclass(frozen=True, slots=True)
class ReceiptNumber:
    """A gift's entry and its check value.

    Attributes:
        seq: The entry's sequence number, below 2^40.
        check: The first 20 bits of the entry's leaf hash: public, and wrong for all but one in a
            million typing errors.
    """

    seq: int
    check: int

    @property
    def compact(self) -> str:
        """Return the 12 characters as they stand in addresses."""
        value = (self.seq << CHECK_BITS) | self.check
        return "".join(ALPHABET[(value >> shift) & 31] for shift in range(55, -1, -5))

    @property
    def grouped(self) -> str:
        """Return the 12 characters in groups of four, as people read them."""
        text = self.compact
        return f"{text[:4]} {text[4:8]} {text[8:]}"


def receipt_number(seq: int, leaf_hash: bytes) -> ReceiptNumber:
    """Make the number of an entry.

    Args:
        seq: The entry's sequence number.
        leaf_hash: The entry's RFC 6962 leaf hash, 32 bytes.

    Returns:
        The number to show to the giver.

    Raises:
        FieldError: The sequence number does not fit into eight characters.
    """
    if not 0 <= seq < 1 << SEQ_BITS:
        raise FieldError(field="seq", value=seq, reason="out-of-range")
    return ReceiptNumber(seq, int.from_bytes(leaf_hash[:3], "big") >> 4)


def parse_receipt_number(text: str) -> ReceiptNumber:
    """Read a number as people type it: any case, spaces and hyphens anywhere, O for 0, I and L for
    1, full-width forms.

    Args:
        text: What was typed.

    Returns:
        The entry and the check value it claims; whether they belong together is for the caller to
        find out.

    Raises:
        FieldError: Reason `empty`, `length` (with `count`) or `character` (with `value`, the first
            wrong one).

    Source:
        Crockford, "Base 32": decoding accepts lower case, hyphens, and O, I, L for 0, 1, 1.
    """
    narrow = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)
    cleaned = _SEPARATORS.sub("", narrow).upper().translate(_CONFUSED)
    if not cleaned:
        raise FieldError(field="receipt", value="", reason="empty")
    wrong = next((character for character in cleaned if character not in ALPHABET), None)
    if wrong is not None:
        raise FieldError(field="receipt", value=wrong, reason="character")
    if len(cleaned) != LENGTH:
        raise FieldError(field="receipt", value=text[:40], reason="length", count=len(cleaned))
    value = 0
    for character in cleaned:
        value = (value << 5) | ALPHABET.index(character)
    return ReceiptNumber(value >> CHECK_BITS, value & ((1 << CHECK_BITS) - 1))
