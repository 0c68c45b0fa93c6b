"""Hold spending to its postings, and reversals to the spending that they take back."""

from __future__ import annotations

from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, posix, text, whole
from ledger.verify.folding import Event


class Spending:
    """Reads what was spent.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "spend": self._spend,
            "spend.reversed": self._spend_reversed,
        }

    def _spend(self, event: Event) -> None:
        body = event.value["body"]
        for name in (
            "account",
            "disease",
            "people",
            "provider",
            "batch",
            "commodity",
            "reference",
        ):
            text(body, name)
        amount = whole(body, "amount")
        seconds = posix(event.value["occurred_at"], minute=False)
        self._books.facts.spends[event.seq] = (body, seconds)
        expected = [
            {
                "account": f"Expenses:Programme:{body['disease']}",
                "amount": amount,
                "commodity": body["commodity"],
            },
            {"account": body["account"], "amount": -amount, "commodity": body["commodity"]},
        ]
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "zero-sums", "not-the-spend's", expected, event.value["postings"]
            )

    def _spend_reversed(self, event: Event) -> None:
        body = event.value["body"]
        reverses = whole(body, "reverses", "corrections")
        self._books.findings.count("corrections")
        spend = self._books.facts.spends.get(reverses)
        if spend is None or reverses in self._books.reversed:
            raise BrokenEntryError("corrections", "no-such-spend", found=reverses)
        self._books.reversed[reverses] = event.seq
        expected = (spend[0]["amount"], spend[0]["commodity"])
        if (body.get("amount"), body.get("commodity")) != expected:
            raise BrokenEntryError(
                "corrections", "differs", expected, (body.get("amount"), body.get("commodity"))
            )
