"""Hold settlements to their figures and to the line, and payouts to what was settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.moneyline.intervals import Segment
from ledger.moneyline.shares import share
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.facts import Interval
from ledger.verify.folding import Event


class Settlements:
    """Reads settlements and what came of them.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "settlement": self._settlement,
            "payout": self._payout,
        }

    def _settlement(self, event: Event) -> None:
        body = event.value["body"]
        number = text(body, "statement_no", "settlements")
        names = ("gross", "refund", "share", "tax", "net", "unattributed")
        gross, refund, share_, tax, net, _ = (whole(body, name, "settlements") for name in names)
        self._books.findings.count("settlements")
        key = (text(body, "channel", "settlements"), number)
        if key in self._books.facts.settlements:
            raise BrokenEntryError(
                "settlements", "settled-twice", self._books.facts.settlements[key][1], number
            )
        self._books.facts.settlements[key] = (body, event.seq, None)
        if (
            body.get("commodity") == body.get("net_commodity")
            and gross != refund + share_ + tax + net
        ):
            raise BrokenEntryError(
                "settlements", "parts-differ", gross, refund + share_ + tax + net
            )
        segments = body.get("segments")
        if not isinstance(segments, list) or len(segments) != 1:
            raise BrokenEntryError("settlements", "segment-form", found=segments)

    def check_segment(
        self, value: Mapping[str, Any], segment: Segment, unattributed: int, before: int
    ) -> None:
        """Hold a settlement's segment to its figures, and its hole to what the line lacked."""
        body, seq, source = value["body"], segment.seq, segment.source
        assert source is not None
        stated = (body.get("gross"), body.get("net"), body.get("unattributed"))
        if stated != (segment.length, segment.to_length, unattributed):
            self._books.fail(
                "settlements",
                seq,
                "differs",
                (segment.length, segment.to_length, unattributed),
                stated,
            )
        # Gifts, voids and the hole lie gapless on the line, so the shares of neighbours telescope: it is enough
        # that the first begins at 0 and the last ends at the net.
        ends = (
            share(segment.to_length, 0, segment.length),
            share(segment.to_length, segment.length, segment.length),
        )
        if ends != (0, segment.to_length):
            self._books.fail("settlements", seq, "shares", (0, segment.to_length), ends)
        channel = source.account.rsplit(":", 1)[-1]
        excess = sum(
            line["amount"]
            for line in value["postings"]
            if line["account"] == source.account and line["amount"] > 0
        )
        payout = f"Assets:Payout:{channel}"
        if (
            excess != unattributed
            or segment.target.account != payout
            or body.get("channel") != channel
        ):
            self._books.fail(
                "settlements",
                seq,
                "postings-differ",
                (unattributed, payout),
                (excess, segment.target.account),
            )
        if unattributed:
            place = (source.account, source.commodity, before)
            hole = Interval(*place, unattributed, seq)
            until_ms = whole(body, "until_ms", "settlements")
            self._books.facts.holes[place] = self._books.hole_of[seq] = (hole, until_ms)

    def _payout(self, event: Event) -> None:
        body = event.value["body"]
        number = text(body, "statement_no", "settlements")
        key = (text(body, "channel", "settlements"), number)
        settled, settled_seq, paid_seq = self._books.facts.settlements.get(key, ({}, -1, None))
        if settled_seq < 0 or paid_seq is not None:
            raise BrokenEntryError("settlements", "no-such-settlement", found=number)
        amount = whole(body, "amount", "settlements")
        stated = (body.get("commodity"), body.get("channel"), event.value["postings"])
        account = text(body, "account", "settlements")
        commodity = settled.get("net_commodity")
        postings = [
            {"account": account, "amount": amount, "commodity": commodity},
            {"account": f"Assets:Payout:{key[0]}", "amount": -amount, "commodity": commodity},
        ]
        expected = (commodity, settled.get("channel"), postings)
        if stated != expected:
            raise BrokenEntryError("settlements", "payout-differs", expected, stated)
        self.pay(key, amount, event.seq)

    def pay(self, key: tuple[str, str], amount: int, seq: int) -> None:
        """Count what came of a settlement: several lines may bring it, and a difference may be booked away.

        Raises:
            BrokenEntryError: There is no such settlement, or it is more than its net.
        """
        settled, settled_seq, paid_seq = self._books.facts.settlements.get(key, ({}, -1, None))
        paid, net = self._books.paid.get(key, 0) + amount, settled.get("net")
        if settled_seq < 0 or paid_seq is not None:
            raise BrokenEntryError("settlements", "no-such-settlement", found=key[1])
        if type(net) is not int or not 0 < paid <= net:
            raise BrokenEntryError("settlements", "payout-differs", net, paid)
        self._books.paid[key] = paid
        if paid == net:
            self._books.facts.settlements[key] = (settled, settled_seq, seq)
