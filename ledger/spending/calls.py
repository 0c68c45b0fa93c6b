"""Calls of machines that book spending: a client's key that comes again gives the first answer again.

No answer is stored. The commit that books the rows also claims the key for the first of them, with a digest of what was
asked; the first answer follows from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from ledger.errors import ConflictError, FieldError
from ledger.journal.codec import encode
from ledger.sequencer.books import Books
from ledger.sequencer.store import CLAIM_COLUMNS
from ledger.sequencer.tables import claims
from ledger.spending.booking import Booked, booked_from
from ledger.spending.sheet import SpendRow

KEY_CHARS_MAX = 120


class Call(NamedTuple):
    """A call with a key that its client chose.

    Attributes:
        member_id: In whose name: each member has one space of keys, for gifts and for spending.
        key: The key; None for a call without one.
        asked: What the key stands for.
    """

    member_id: str
    key: str | None
    asked: Mapping[str, Any]

    @property
    def scope(self) -> str:
        """Return the scope of its claim."""
        return f"call:{self.member_id}"

    @property
    def digest(self) -> bytes:
        """Return what tells a repeat from another call."""
        return sha256(b"spending\n" + encode(dict(self.asked))).digest()[:16]


def again(books: Books, call: Call, rows: Sequence[SpendRow]) -> Booked | None:
    """Find what a key has booked already. Asked before anything is checked.

    Args:
        books: The fund's books.
        call: The call.
        rows: That it brings.

    Returns:
        The first answer; None when the key is new, or there is none.

    Raises:
        FieldError: Not a key.
        ConflictError: The key was used for something else.
    """
    if call.key is None:
        return None
    if not 1 <= len(call.key) <= KEY_CHARS_MAX or not call.key.isprintable():
        raise FieldError(field="Idempotency-Key", value=call.key[:20], reason="length")
    books.settle()
    first = books.claimed(call.scope, [call.key]).get(call.key)
    if first is None:
        return None
    if first.digest != call.digest:
        raise ConflictError(key=call.key, field="Idempotency-Key", seq=first.seq)
    return booked_from(books, rows, first.seq)


def remember(books: Books, call: Call, done: Booked) -> None:
    """Claim the key for the first entry that the call has booked. One that booked nothing leaves its key free.

    Args:
        books: The fund's books.
        call: The call.
        done: What came of it.
    """
    if call.key is None or done.first is None:
        return
    row = (books.fund.fund_id, call.scope, call.key, done.first, call.digest)
    books.add_row(claims, CLAIM_COLUMNS, row)
    # A later call of the same commit, of gifts too, has to find it.
    books.settle()
