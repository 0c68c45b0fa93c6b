"""Hold spending to its postings, lists and limits, and reversals to the spending that they take back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ledger.journal.accounts import UNCLASSIFIED
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, posix, text, whole
from ledger.verify.folding import Event

_SAME = ("account", "disease", "people", "provider", "batch", "commodity", "reference")


class Spending:
    """Reads what was spent.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._by_reference: dict[tuple[str, str], int] = defaultdict(int)
        self._by_sheet: dict[str, int] = defaultdict(int)
        self._by_decision: dict[int, int] = defaultdict(int)

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "spend": self._spend,
            "spend.reversed": self._spend_reversed,
        }

    def _spend(self, event: Event) -> None:
        body = event.value["body"]
        for name in _SAME:
            text(body, name)
        amount = whole(body, "amount")
        seconds = posix(event.value["occurred_at"], minute=False)
        self._books.facts.spends[event.seq] = (body, seconds)
        self._books.facts.note_files(event.seq, body)
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
        self._check_limit(body, amount)
        self._check_lists(body)

    def _check_lists(self, body: Mapping[str, Any]) -> None:
        """Hold a spend to the fund's lists at this entry.

        Raises:
            BrokenEntryError: It names what is not on them, or on them no more.
        """
        lists = self._books.facts.lists
        for name, field in (("disease", "disease"), ("group", "people"), ("provider", "provider")):
            code = body[field]
            if code == UNCLASSIFIED and name != "provider":
                continue
            if name == "provider" and not lists.active(name):
                continue
            found = lists.get(name, code)
            if found is None or found.retired:
                raise BrokenEntryError("entries", "not-on-the-list", name, code)

    def _check_limit(self, body: Mapping[str, Any], amount: int) -> None:
        """Hold a spend to the limit of one person, or to the sum that was approved.

        Raises:
            BrokenEntryError: It is above it.
        """
        key = (body["reference"], body["commodity"])
        self._by_reference[key] += amount
        sheet, decision = body.get("sheet"), body.get("decision")
        counted = self._by_reference[key]
        if decision is None:
            if isinstance(sheet, str):
                self._by_sheet[sheet] += amount
                counted = max(counted, self._by_sheet[sheet])
            if self._books.deciding.slots("spend", counted, body["commodity"]):
                raise BrokenEntryError("decisions", "no-decision", found=f"spend {counted}")
            return
        case = self._books.deciding.cases.get(decision) if type(decision) is int else None
        if case is None or case.kind != "spend":
            raise BrokenEntryError("decisions", "no-such-decision", found=decision)
        self._by_decision[decision] += amount
        approved, booked = case.latest.content.get("sum"), self._by_decision[decision]
        is_last = not case.waiting
        if (is_last and booked != approved) or booked > (approved or 0):
            raise BrokenEntryError("decisions", "not-what-was-approved", approved, booked)
        if max(counted, booked) > (case.latest.amount or 0):
            raise BrokenEntryError("decisions", "above-limit", case.latest.amount, counted)

    def _spend_reversed(self, event: Event) -> None:
        """Hold a reversal to the whole spend, once, and to the interval that it lay on.

        Raises:
            BrokenEntryError: It takes back something else.
        """
        body = event.value["body"]
        reverses = whole(body, "reverses", "corrections")
        self._books.findings.count("corrections")
        spend = self._books.facts.spends.get(reverses)
        if spend is None or reverses in self._books.reversed:
            raise BrokenEntryError("corrections", "no-such-spend", found=reverses)
        self._books.reversed[reverses] = event.seq
        told = spend[0]
        amount, commodity = told["amount"], told["commodity"]
        if (body.get("amount"), body.get("commodity")) != (amount, commodity):
            raise BrokenEntryError(
                "corrections",
                "differs",
                (amount, commodity),
                (body.get("amount"), body.get("commodity")),
            )
        self._by_reference[told["reference"], commodity] -= amount
        expected = [
            {"account": told["account"], "amount": amount, "commodity": commodity},
            {
                "account": f"Expenses:Programme:{told['disease']}",
                "amount": -amount,
                "commodity": commodity,
            },
        ]
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "corrections", "postings-differ", expected, event.value["postings"]
            )
        check_interval(told, body)


def check_interval(original: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Hold a reversal to the very interval that the original put on the line that it leaves.

    Args:
        original: Body of the entry that is reversed.
        body: Of the entry that reverses it.

    Raises:
        BrokenEntryError: It takes another interval.
    """
    try:
        [put], [taken] = original["segments"], body["segments"]
        there = (put["to"], put["to_start"], put["to_length"])
        found = (taken["from"], taken["start"], taken["length"])
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenEntryError("corrections", "malformed", found="segments") from error
    if there != found:
        raise BrokenEntryError("corrections", "other-interval", there, found)
