"""Hold the closing of months, and statements to the entries that they cover."""

from __future__ import annotations

from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.folding import Event


class Periods:
    """Reads closings and statements.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "period.closed": self._period_closed,
            "statement.published": self._statement_published,
        }

    def _period_closed(self, event: Event) -> None:
        month = text(event.value["body"], "month")
        if any(closed >= month for closed in self._books.facts.periods):
            raise BrokenEntryError("entries", "closed-twice", found=month)
        self._books.facts.periods[month] = event.seq

    def _statement_published(self, event: Event) -> None:
        body = event.value["body"]
        self._books.facts.statements[text(body, "number"), text(body, "language")] = (
            body,
            event.seq,
        )
        if whole(body, "size") > event.seq:
            raise BrokenEntryError("entries", "built-later", event.seq, body["size"])
