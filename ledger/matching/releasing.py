"""Undo what a match has posted, because it is released: each entry once, the newest first, by one entry.

What was dated in a closed month is undone in the open one; what a sealed month covers is not undone at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ledger.actors import Actor
from ledger.clock import to_text
from ledger.errors import InsufficientError
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.entries import Draft, Move, Posting
from ledger.matching.matches import KeptMatch
from ledger.moneyline.parcels import Parcels, put
from ledger.sequencer.books import Books

UNDONE = (
    "payout",
    "income",
    "adjustment",
    "transfer.sent",
    "transfer.confirmed",
    "transfer.returned",
)
"""Kinds of entries that the release of a match reverses. Spending is none of them: it was not booked by its line."""


class Undone(NamedTuple):
    """An entry that a release reverses.

    Attributes:
        seq: Its number.
        kind: Of the entry.
        body: Of the entry.
        postings: Of the entry.
    """

    seq: int
    kind: str
    body: dict[str, Any]
    postings: tuple[Posting, ...]

    @property
    def arrived(self) -> int:
        """Return what came to where it went, minor units: less than left, where a bank kept a fee of it."""
        return sum(one["to_length"] for one in self._main)

    @property
    def left(self) -> int:
        """Return what left; of money from outside, what came."""
        [source] = {one["from"] for one in self._main}
        return self.arrived if source is None else sum(one["length"] for one in self._main)

    @property
    def way(self) -> tuple[str, str, str]:
        """Return where it came from, where it went to, and its commodity; from outside, the income that it is."""
        first = self._main[0]
        outside = next(
            (one.credit for one in self.postings if one.debit == first["to"]),
            self.postings[0].credit,
        )
        return first["from"] or outside, first["to"], first["to_commodity"]

    @property
    def _main(self) -> list[dict[str, Any]]:
        segments: list[dict[str, Any]] = self.body["segments"]
        first = segments[0]
        return [
            one for one in segments if (one["from"], one["to"]) == (first["from"], first["to"])
        ]

    @property
    def kept(self) -> list[dict[str, Any]]:
        """Return the movements by which a bank kept something of what arrived."""
        segments: list[dict[str, Any]] = self.body["segments"]
        return segments[len(self._main) :]


def undone(books: Books, kept: KeptMatch) -> list[Undone]:
    """Return the entries that the release of a match has to reverse, newest first.

    Args:
        books: The fund's books.
        kept: The match.

    Returns:
        What its parts explain, and the adjustment that was approved with it.
    """
    seqs = {one.seq for one in kept.parts}
    if kept.adjustment:
        # What came short is no part of the line: it was posted just before what came.
        seqs.add(min(seqs) - 1)
    found = []
    for seq in sorted(seqs, reverse=True):
        entry = decode(journal_history.entry(books.connection, books.fund.fund_id, seq).entry)
        is_other = entry["kind"] == "adjustment" and entry["body"].get("decision") != kept.decision
        if entry["kind"] in UNDONE and not is_other:
            found.append(Undone(seq, entry["kind"], entry["body"], _postings(entry["postings"])))
    return found


def _postings(lines: Sequence[Mapping[str, Any]]) -> tuple[Posting, ...]:
    return tuple(
        Posting(debit["account"], credit["account"], debit["commodity"], debit["amount"])
        for debit, credit in zip(lines[::2], lines[1::2], strict=True)
    )


class _Ways:
    """Movements backwards, in their order, and what accounts hold after them."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._left: Counter[tuple[str, str]] = Counter()
        self._came: Counter[tuple[str, str]] = Counter()
        self.moves: list[Move] = []

    def back(self, one: Undone, parcels: Parcels | None) -> Parcels:
        """Move everything of an entry back; return where it lies again.

        Raises:
            InsufficientError: The account that it came to does not hold it any more.
        """
        for part in one.kept:
            self._move(
                (part["to"], part["from"], part["to_commodity"]), part["to_length"], part["length"]
            )
        target, source, commodity = one.way
        held = self._books.totals(source, commodity).balance - self._left[source, commodity]
        if source.startswith("Assets:") and one.arrived > held:
            raise InsufficientError(account=source, available=held, asked=one.arrived)
        ways = parcels or ((None, one.arrived),)
        places: Parcels = ()
        for start, length in ways:
            first = self._move((source, target, commodity), length, length, start)
            places = put(places, first, length)
        if one.left > one.arrived:
            # What a bank kept of what left never was on a line: it comes back as if from outside.
            self._move((None, target, commodity), 0, one.left - one.arrived)
        return places

    def _move(
        self,
        way: tuple[str | None, str, str],
        length: int,
        to_length: int,
        start: int | None = None,
    ) -> int:
        source, target, commodity = way
        at = (target, commodity)
        first = self._books.totals(*at).debits + self._came[at]
        self._came[at] += to_length
        self._left[at] -= to_length
        if source is not None:
            self._left[source, commodity] += length
        from_commodity = "" if source is None else commodity
        self.moves.append(
            Move(source, from_commodity, length, target, commodity, to_length, start=start)
        )
        return first


def release(
    books: Books,
    actor: Actor,
    said: dict[str, Any],
    found: Sequence[Undone],
    in_transit: Mapping[int, Parcels],
) -> tuple[int, dict[int, Parcels]]:
    """Post that a match holds no more, with what reverses its entries.

    Args:
        books: The fund's books.
        actor: Who gave the last approval, or the matching.
        said: `match`, `reason`, and `decision` or `reversal`.
        found: What is reversed.
        in_transit: Of each entry that sent a transfer, the intervals by which that leaves the transit line now.

    Returns:
        The entry; and of each arrival's entry the intervals in which it lies on the transit line again.

    Raises:
        InsufficientError: The account that it came to does not hold it any more.
        PeriodClosedError: A sealed month covers an entry.
    """
    ways = _Ways(books)
    places = {one.seq: ways.back(one, in_transit.get(one.seq)) for one in found}
    seq = books.post(
        Draft(
            "match.released",
            to_text(books.clock.now()),
            actor,
            {**said, "reverses": [one.seq for one in found]},
            tuple(_turned(posting for one in found for posting in one.postings)),
            tuple(ways.moves),
        )
    )
    return seq, places


def _turned(postings: Iterable[Posting]) -> list[Posting]:
    return [Posting(one.credit, one.debit, one.commodity, one.amount) for one in postings]
