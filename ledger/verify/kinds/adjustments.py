"""Hold differences that were booked away to what was due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.folding import Event
from ledger.verify.kinds.settlements import Settlements


class Adjustments:
    """Reads adjustments and write-offs.

    Args:
        books: What the entries before have made.
        settlements: Count what came of each.
    """

    def __init__(self, books: Books, settlements: Settlements) -> None:
        self._books = books
        self._settlements = settlements

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "adjustment": self._adjustment,
        }

    def _adjustment(self, event: Event) -> None:
        """Hold an adjustment to its postings, and a write-off to the settlement that its exception names.

        Raises:
            BrokenEntryError: It takes something else, or nothing was due.
        """
        body = event.value["body"]
        source, target = text(body, "from", "corrections"), text(body, "to", "corrections")
        amount, commodity = whole(body, "amount", "corrections"), text(body, "commodity")
        self._books.findings.count("corrections")
        expected = [
            {"account": target, "amount": amount, "commodity": commodity},
            {"account": source, "amount": -amount, "commodity": commodity},
        ]
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "corrections", "postings-differ", expected, event.value["postings"]
            )
        if "raised" not in body:
            self._rounded(body, (source, target), event.seq)
            return
        raised, _, resolved, _ = self._books.item(whole(body, "raised", "corrections"))
        if resolved is not None:
            raise BrokenEntryError("corrections", "no-such-exception", found=body["raised"])
        self._write_off(raised, (source, amount), event.seq)

    def _write_off(self, raised: Mapping[str, Any], taken: tuple[str, int], seq: int) -> None:
        """Mark the settlement that an exception names as written off.

        Raises:
            BrokenEntryError: Nothing, or something else, was due.
        """
        for key, (settled, settled_seq, paid_seq) in self._books.facts.settlements.items():
            subject = f"settlement/{settled.get('channel')}/{settled.get('statement_no')}"
            if raised.get("subject") == subject and paid_seq is None:
                due = (f"Assets:Payout:{settled['channel']}", settled["net"])
                if due != taken:
                    raise BrokenEntryError("corrections", "differs", due, taken)
                self._books.facts.settlements[key] = (settled, settled_seq, seq)
                return
        raise BrokenEntryError("corrections", "nothing-due", found=raised.get("subject"))

    def _rounded(self, body: Mapping[str, Any], way: tuple[str, str], seq: int) -> None:
        """Hold the difference between a settlement and its line to what is due.

        Raises:
            BrokenEntryError: It goes elsewhere, or nothing was due.
        """
        key = (text(body, "channel", "corrections"), text(body, "statement_no", "corrections"))
        short = (f"Assets:Payout:{key[0]}", f"Expenses:Rounding:{key[0]}")
        fee = (f"Assets:Payout:{key[0]}", f"Expenses:PlatformFees:{key[0]}")
        settled = self._books.facts.settlements.get(key, ({}, -1, None))[0]
        if way == fee and body["amount"] != settled.get("payout_fee"):
            raise BrokenEntryError(
                "corrections", "differs", settled.get("payout_fee"), body["amount"]
            )
        if way in (short, fee):
            self._settlements.pay(key, whole(body, "amount", "corrections"), seq)
        elif way[0] != f"Income:Rounding:{key[0]}" or not way[1].startswith("Assets:Bank:"):
            raise BrokenEntryError("corrections", "differs", short, way)
