"""Hold late gifts to the holes that they fill, and reversals to the gifts that they take back."""

from __future__ import annotations

from typing import Any

from ledger.errors import LedgerError
from ledger.moneyline.intervals import Line
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, Gift, read_gift, whole
from ledger.verify.facts import Interval
from ledger.verify.folding import Event


class Gifts:
    """Reads gifts that are not plain: those that fill a hole, and those taken back.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "gift": self._late_gift,
            "gift.reversed": self._gift_reversed,
        }

    def _late_gift(self, event: Event) -> None:
        """Hold a gift that was found after its period was settled to the hole that it fills; put one that is only
        late for its month on its line.

        Raises:
            BrokenEntryError: It fills none, or not there.
        """
        gift = read_gift(event.value)
        if gift.fills is None:
            self._put(gift, event.seq)
            return
        hole = self._books.hole_of.get(gift.fills)
        if hole is None:
            raise BrokenEntryError("voids", "no-such-hole", found=gift.fills)
        interval, _ = hole
        filled = self._books.filled.get(gift.fills, 0)
        platform = f"Assets:Platform:{gift.channel}"
        if (interval.account, interval.commodity) != (platform, gift.commodity):
            raise BrokenEntryError("voids", "hole-of-another-line", interval.account, platform)
        if gift.line != interval.start + filled:
            raise BrokenEntryError("gift-places", "differs", interval.start + filled, gift.line)
        if filled + gift.amount > interval.length:
            raise BrokenEntryError(
                "voids", "hole-too-small", interval.length - filled, gift.amount
            )
        self._books.filled[gift.fills] = filled + gift.amount
        place = (platform, gift.commodity, gift.line)
        self._books.facts.fills[place] = Interval(*place, gift.amount, event.seq)

    def _put(self, gift: Gift, seq: int) -> None:
        if self._books.state_holds:
            try:
                line = Line(f"Assets:Platform:{gift.channel}", gift.commodity)
                self._books.state.gift(line, gift.amount)
            except LedgerError as error:
                self._books.state_fails(seq, error)

    def _reversed_gift(self, seq: int, before: int) -> Gift:
        """Return the gift that a reversal names.

        Raises:
            BrokenEntryError: There is no such gift, or it is reversed already.
        """
        value = self._books.lookup(seq) if seq < before else None
        if value is None or value["kind"] != "gift":
            raise BrokenEntryError("corrections", "no-such-gift", found=seq)
        if seq in self._books.reversed:
            raise BrokenEntryError("corrections", "reversed-twice", self._books.reversed[seq], seq)
        return read_gift(value)

    def _gift_reversed(self, event: Event) -> None:
        body = event.value["body"]
        reverses = whole(body, "reverses", "corrections")
        gift = self._reversed_gift(reverses, event.seq)
        self._books.reversed[reverses] = event.seq
        self._books.findings.count("corrections")
        stated = (body.get("amount"), body.get("commodity"), body.get("channel", gift.channel))
        if stated != (gift.amount, gift.commodity, gift.channel):
            raise BrokenEntryError(
                "corrections", "differs", (gift.amount, gift.commodity, gift.channel), stated
            )
        platform = f"Assets:Platform:{gift.channel}"
        line = Line(platform, gift.commodity)
        early = gift.line >= self._books.state.front(line)
        if self._books.state_holds and body.get("settled") is not (not early):
            raise BrokenEntryError(
                "corrections", "settled-differs", not early, body.get("settled")
            )
        expected: list[dict[str, Any]] = []
        if not body.get("settled"):
            expected = [
                {
                    "account": f"Income:Gifts:{gift.channel}",
                    "amount": gift.amount,
                    "commodity": gift.commodity,
                },
                {"account": platform, "amount": -gift.amount, "commodity": gift.commodity},
            ]
            self._void(line, gift, event.seq)
        if event.value["postings"] != expected:
            raise BrokenEntryError(
                "corrections", "postings-differ", expected, event.value["postings"]
            )

    def _void(self, line: Line, gift: Gift, seq: int) -> None:
        place = (line.account, line.commodity, gift.line)
        self._books.facts.voids[place] = Interval(*place, gift.amount, seq)
        if self._books.state_holds:
            try:
                self._books.state.void(line, gift.line, gift.amount)
            except LedgerError as error:
                self._books.state_fails(seq, error)
