"""Hold exceptions to how they are closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.clock import from_posix
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, posix, text, whole
from ledger.verify.facts import Item
from ledger.verify.folding import Event

_CLOSED = {
    "match": "resolved",
    "file": "resolved",
    "note": "resolved",
    "write-off": "written-off",
}
"""How an exception is closed, and the state that it is in from then on."""

_BY_FILE = ("joined", "replaced", "withdrawn")
"""What a file that came later may do for one that was held."""

_EXPLAINING = (
    "payout",
    "income",
    "expense",
    "transfer.sent",
    "transfer.confirmed",
    "transfer.returned",
    "spend",
    "gift",
    "adjustment",
)
"""Kinds of entries that can explain an exception without anybody's decision."""


class Exceptions:
    """Reads exceptions, raised and closed.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "exception.raised": self._exception_raised,
            "exception.resolved": self._exception_resolved,
        }

    def _exception_raised(self, event: Event) -> None:
        body = event.value["body"]
        for name in ("kind", "subject", "commodity"):
            text(body, name)
        at = posix(event.value["occurred_at"], minute=False)
        # Entries of the first version do not say since when.
        since = text(body, "since") if "since" in body else from_posix(at).date().isoformat()
        self._books.facts.items[event.seq] = Item({**body, "since": since}, at, None, "")

    def _exception_resolved(self, event: Event) -> None:
        body = event.value["body"]
        raised, how = whole(body, "raised", "corrections"), text(body, "how", "corrections")
        item = self._books.item(raised)
        self._books.findings.count("corrections")
        if item.resolved is not None:
            raise BrokenEntryError("corrections", "no-such-exception", found=raised)
        if how not in _CLOSED:
            raise BrokenEntryError("corrections", "malformed", tuple(_CLOSED), how)
        if how == "match":
            self._check_explained(item.body, whole(body, "entry", "corrections"), event.seq)
        elif not text(body, "reason", "corrections").strip():
            raise BrokenEntryError("corrections", "no-reason", found=raised)
        elif how == "file" and (
            item.body["kind"] != "balance_break" or body["reason"] not in _BY_FILE
        ):
            raise BrokenEntryError("corrections", "malformed", _BY_FILE, body["reason"])
        if how == "file" and body["reason"] == "withdrawn":
            self._books.facts.withdrawn.add(str(item.body["subject"]).partition("/")[0])
        self._books.facts.items[raised] = item._replace(resolved=event.seq, state=_CLOSED[how])

    def _check_explained(self, raised: Mapping[str, Any], entry: int, before: int) -> None:
        """Hold that the entry that explains an exception is there, and moves money.

        Raises:
            BrokenEntryError: It is not.
        """
        value = self._books.lookup(entry) if entry < before else None
        kind = "" if value is None else value["kind"]
        if kind not in _EXPLAINING:
            raise BrokenEntryError("corrections", "explains-nothing", _EXPLAINING, (entry, kind))
        settled = [
            paid
            for body, _, paid in self._books.facts.settlements.values()
            if raised["subject"] == f"settlement/{body.get('channel')}/{body.get('statement_no')}"
        ]
        if settled and entry not in settled:
            raise BrokenEntryError("corrections", "explains-nothing", tuple(settled), entry)
