"""Hold the release of a match to what it reverses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.moneyline.intervals import Line
from ledger.moneyline.parcels import put, take_back, total
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.facts import Transfer
from ledger.verify.folding import Event
from ledger.verify.kinds.transfers import stand, transit_of

_RELEASED = (
    "payout",
    "income",
    "adjustment",
    "transfer.sent",
    "transfer.confirmed",
    "transfer.returned",
)
"""Kinds of entries that the release of a match reverses."""


class Releases:
    """Reads releases of matches.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "match.released": self._match_released,
        }

    def _match_released(self, event: Event) -> None:
        """Hold the release of a match to the entries that it reverses, each once.

        Raises:
            BrokenEntryError: It reverses something else, or was released already.
        """
        body, seq = event.value["body"], event.seq
        number = whole(body, "match", "corrections")
        reason = text(body, "reason", "corrections")
        self._books.findings.count("corrections")
        if number in self._books.facts.releases:
            raise BrokenEntryError("corrections", "released-twice", found=number)
        self._books.facts.releases[number] = (seq, reason, body.get("decision"))
        reverses = body.get("reverses")
        if not isinstance(reverses, list) or not all(type(one) is int for one in reverses):
            raise BrokenEntryError("corrections", "malformed", found=reverses)
        if "reversal" in body and body["reversal"] not in self._books.reversed.values():
            raise BrokenEntryError("corrections", "no-such-entry", found=body["reversal"])
        expected: list[dict[str, Any]] = []
        came: dict[Line, int] = {}
        for one in reverses:
            original = self._undone(one, seq)
            expected += [line for pair in _turned(original["postings"]) for line in pair]
            self._undo(original, came, seq)
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "corrections", "postings-differ", expected, event.value["postings"]
            )

    def _undone(self, seq: int, before: int) -> dict[str, Any]:
        """Return an entry that a release reverses.

        Raises:
            BrokenEntryError: There is none that could be, or it is reversed already.
        """
        value = self._books.lookup(seq) if 0 <= seq < before else None
        if value is None or value["kind"] not in _RELEASED or seq in self._books.released:
            raise BrokenEntryError("corrections", "no-such-entry", _RELEASED, seq)
        self._books.released[seq] = before
        return value

    def _undo(self, original: Mapping[str, Any], came: dict[Line, int], seq: int) -> None:
        """Let a settlement or a transfer stand where it stood before an entry.

        Raises:
            BrokenEntryError: A transfer has gone on since.
        """
        body, kind = original["body"], original["kind"]
        if not kind.startswith("transfer."):
            self._unpay(body, kind)
            return
        one = self._books.facts.transfers[whole(body, "number", "transfers")]
        amount, line = whole(body, "amount", "transfers"), Line(transit_of(one), one.commodity)
        one.steps.append((seq, "released", amount, 0, original["seq"]))
        if kind == "transfer.sent":
            _unsend(one, original, amount)
        else:
            at = self._books.state.debits(line) + came.get(line, 0)
            came[line] = came.get(line, 0) + amount
            back = kind == "transfer.returned"
            if (one.back if back else one.arrived) < amount:
                raise BrokenEntryError("transfers", "step", kind, one.state)
            one.parcels = put(one.parcels, at, amount)
            one.back -= amount if back else 0
            one.arrived -= 0 if back else amount
        stand(one, seq)

    def _unpay(self, body: Mapping[str, Any], kind: str) -> None:
        """Let a settlement wait again for what a payout, or a difference that was booked away, had paid of it.

        Raises:
            BrokenEntryError: A write-off, which no match has.
        """
        if "raised" in body:
            raise BrokenEntryError("corrections", "no-such-entry", _RELEASED, "write-off")
        if kind == "income":
            return
        key = (text(body, "channel", "settlements"), text(body, "statement_no", "settlements"))
        settled, settled_seq, _ = self._books.facts.settlements[key]
        self._books.facts.settlements[key] = (settled, settled_seq, None)
        if kind == "payout" or body.get("from") == f"Assets:Payout:{key[0]}":
            self._books.paid[key] -= whole(body, "amount", "settlements")


def _unsend(one: Transfer, original: Mapping[str, Any], amount: int) -> None:
    """Let a part of a transfer stand where it stood before it left.

    Raises:
        BrokenEntryError: It has gone on since.
    """
    seq = original["seq"]
    fee = whole(original["body"], "fee", "transfers")
    arrived = amount - fee
    if total(one.parcels) < arrived or seq not in one.sendings:
        raise BrokenEntryError("transfers", "step", "transfer.sent", one.state)
    start = whole(original["body"]["segments"][0], "to_start", "transfers")
    _, one.parcels = take_back(one.parcels, start, arrived)
    one.gone, one.fee = one.gone - amount, one.fee - fee
    one.sendings.remove(seq)
    one.sent_seq = one.sendings[0] if one.sendings else None


def _turned(lines: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return postings with debit and credit of each changed."""
    return [
        [{**credit, "amount": debit["amount"]}, {**debit, "amount": -debit["amount"]}]
        for debit, credit in zip(lines[::2], lines[1::2], strict=True)
    ]
