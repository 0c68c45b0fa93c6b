"""Hold other receipts and payments to their postings, proofs and donations, and reversals to what they take back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.folding import Event
from ledger.verify.kinds.spending import check_interval

_OPENING = "Equity:Opening-Balances"
_INCOME = {
    "donation": "Income:Donations:Direct",
    "interest": "Income:Interest:Bank",
    "other": "Income:Other:Bank",
    "returned-grant": "Income:ReturnedGrants:All",
}


class Movements:
    """Reads what came and went beside gifts, transfers and spending.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._refunded: dict[int, int] = defaultdict(int)

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "income": self._movement,
            "expense": self._movement,
            "movement.reversed": self._reversed,
            "opening.balances": self._opening,
        }

    def _movement(self, event: Event) -> None:
        value, body = event.value, event.value["body"]
        way, account = value["kind"], text(body, "account")
        cls, commodity = text(body, "class"), text(body, "commodity")
        amount = whole(body, "amount")
        self._books.facts.movements[event.seq] = value
        self._books.facts.note_files(event.seq, body)
        if not account.startswith(("Assets:Bank:", "Assets:Fund:")):
            raise BrokenEntryError("entries", "not-an-account", found=account)
        if "file" not in body and not body.get("evidence"):
            raise BrokenEntryError("evidence", "missing", found=event.seq)
        other = _INCOME.get(cls) if way == "income" else self._expense(body, account)
        to, of = (account, other) if way == "income" else (other, account)
        expected = [
            {"account": to, "amount": amount, "commodity": commodity},
            {"account": of, "amount": -amount, "commodity": commodity},
        ]
        if value["postings"] != expected:
            raise BrokenEntryError("zero-sums", "not-the-movement's", expected, value["postings"])

    def _opening(self, event: Event) -> None:
        """Hold opening balances to their postings, and to accounts on which nothing has moved.

        Raises:
            BrokenEntryError: No evidence, other postings, or an account that held or moved something before.
        """
        body, expected, seen = event.value["body"], [], set()
        self._books.facts.note_files(event.seq, body)
        balances = body.get("balances")
        if not isinstance(balances, list) or not balances:
            raise BrokenEntryError("entries", "no-balances", found=balances)
        if not body.get("evidence"):
            raise BrokenEntryError("evidence", "missing", found=event.seq)
        for one in balances:
            account, commodity = text(one, "account"), text(one, "commodity")
            opened = self._books.facts.money_accounts.get(account)
            if opened is None or opened[0]["commodity"] != commodity or account in seen:
                raise BrokenEntryError("entries", "not-an-account", found=account)
            seen.add(account)
            before = self._books.totals.get((account, commodity), [0, 0])
            if before != [0, 0]:
                raise BrokenEntryError("entries", "moved-before", [0, 0], (account, *before))
            amount = whole(one, "amount")
            expected += [
                {"account": account, "amount": amount, "commodity": commodity},
                {"account": _OPENING, "amount": -amount, "commodity": commodity},
            ]
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "zero-sums", "not-the-balances", expected, event.value["postings"]
            )

    def _expense(self, body: Mapping[str, Any], account: str) -> str | None:
        """Return where an expense goes; hold a management cost to its list and a refund to its donation.

        Raises:
            BrokenEntryError: A cost that is not on the list, or more given back than was donated.
        """
        cls, stage = body["class"], account.split(":")[1]
        if cls == "management":
            item = self._books.facts.lists.get("cost", text(body, "item"))
            if item is None or item.retired or stage != "Fund":
                raise BrokenEntryError("entries", "not-on-the-list", "cost", body["item"])
            return f"Expenses:Management:{body['item']}"
        if cls == "donation-refund":
            self._check_refund(body)
            return f"Expenses:DonationRefunds:{stage}"
        others = {"bank-charge": "Expenses:BankFees:Charges", "other": "Expenses:Other:Bank"}
        return others.get(cls) if stage == "Bank" else None

    def _check_refund(self, body: Mapping[str, Any]) -> None:
        donation = whole(body, "refunds", "corrections")
        given = self._books.facts.movements.get(donation)
        is_donation = (
            given is not None
            and given["kind"] == "income"
            and given["body"]["class"] == "donation"
            and given["body"]["commodity"] == body["commodity"]
            and donation not in self._books.reversed
        )
        if given is None or not is_donation:
            raise BrokenEntryError("corrections", "no-such-donation", found=donation)
        self._refunded[donation] += body["amount"]
        if self._refunded[donation] > given["body"]["amount"]:
            raise BrokenEntryError(
                "corrections", "more-than-given", given["body"]["amount"], self._refunded[donation]
            )

    def _reversed(self, event: Event) -> None:
        """Hold a reversal to the whole movement, once.

        Raises:
            BrokenEntryError: It takes back something else.
        """
        body = event.value["body"]
        reverses = whole(body, "reverses", "corrections")
        self._books.findings.count("corrections")
        value = self._books.facts.movements.get(reverses)
        if value is None or reverses in self._books.reversed:
            raise BrokenEntryError("corrections", "no-such-movement", found=reverses)
        told = value["body"]
        if value["kind"] == "income" and self._refunded[reverses]:
            raise BrokenEntryError("corrections", "given-back", 0, self._refunded[reverses])
        self._books.reversed[reverses] = event.seq
        amount, commodity = told["amount"], told["commodity"]
        debit, credit = value["postings"]
        expected = [
            {"account": credit["account"], "amount": amount, "commodity": commodity},
            {"account": debit["account"], "amount": -amount, "commodity": commodity},
        ]
        stated = (body.get("amount"), body.get("commodity"), event.value["postings"])
        if stated != (amount, commodity, expected):
            raise BrokenEntryError(
                "corrections", "postings-differ", (amount, commodity, expected), stated
            )
        if value["kind"] == "expense":
            check_interval(told, body)
            if "refunds" in told:
                self._refunded[told["refunds"]] -= amount
