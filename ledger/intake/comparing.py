"""Compare what a platform says was given with what is recorded: which gifts are missing, too many, or of another sum.

In: a platform's list of the gifts of a month, as a stream. Out: counts, sums and the first of each kind. Guaranteed:
memory does not grow with the list: a bit for each entry, and one batch of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from ledger.clock import from_text, local_month, month_span, to_ms
from ledger.funds.history import Channel
from ledger.intake.booking import scope
from ledger.intake.listed import Listed
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.history import Fund, StoredEntry
from ledger.privacy.aliases import Aliases
from ledger.sequencer import store as claims

AHEAD = timedelta(days=1)
"""A platform's clock may be ahead of ours, by minutes: a gift can be recorded before it was given."""

GAP = 1_000
"""Entries that are read in passing rather than left out by a query of their own."""

EXAMPLES_MAX = 1_000
"""Of each kind so many are named; all are counted."""


class Sum(NamedTuple):
    """Gifts of one kind of difference.

    Attributes:
        gifts: How many.
        amount: Their sum, minor units; for other sums, what the platform says less what is recorded.
        examples: The first of them: a platform's id, or the number of an entry.
    """

    gifts: int
    amount: int
    examples: tuple[str, ...]


class Comparison(NamedTuple):
    """What came of comparing a month of a channel.

    Attributes:
        rows: Gifts in the platform's list that are of the month.
        same: Recorded with the same sum.
        repeated: Named twice in the list.
        refused: Rows that are no gifts.
        missing: In the list, not recorded.
        extra: Recorded and not reversed, not in the list.
        amount: In both, with another sum.
    """

    rows: int
    same: int
    repeated: int
    refused: int
    missing: Sum
    extra: Sum
    amount: Sum


class _Count:
    def __init__(self) -> None:
        self.count = self.amount = 0
        self.examples: list[str] = []

    def add(self, amount: int, example: str) -> None:
        self.count += 1
        self.amount += amount
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(example)

    def sum(self) -> Sum:
        return Sum(self.count, self.amount, tuple(self.examples))


class Comparing:
    """Compares one month of one channel.

    Args:
        connection: In a transaction that reads.
        keys: Folder of the keys: gifts of erased donors are known by keyed hashes.
        fund: The fund.
        channel: Its channel.
        when: The month, such as `2026-10`, and the zone that decides what belongs to it.
    """

    def __init__(
        self,
        connection: sa.Connection,
        keys: Path,
        fund: Fund,
        channel: Channel,
        when: tuple[str, str],
    ) -> None:
        self._connection, self._fund, self._channel = connection, fund, channel
        self._month, self._zone = when
        self._since, self._until = month_span(*when)
        self._scope = scope(channel)
        self._aliases = Aliases(keys, fund.slug)
        self._erased = claims.has_erased(connection, fund.fund_id, self._scope)
        self._size = journal.size(connection, fund.fund_id)
        self._seen = bytearray(self._size // 8 + 1)
        self._missing, self._extra, self._amount = _Count(), _Count(), _Count()
        self._rows = self._same = self._repeated = self._refused = 0

    @property
    def span_ms(self) -> tuple[int, int]:
        """Return the month's first instant and the one after its last, POSIX milliseconds."""
        return to_ms(self._since), to_ms(self._until)

    def compare(self, batches: Iterable[Listed]) -> Comparison:
        """Compare a list.

        Args:
            batches: Of the platform's list, gifts of the month in any order.

        Returns:
            What differs.
        """
        for batch in batches:
            self._refused += batch.refused
            self._rows += len(batch.ids)
            self._look_up(batch)
        self._find_extra()
        return Comparison(
            self._rows,
            self._same,
            self._repeated,
            self._refused,
            self._missing.sum(),
            self._extra.sum(),
            self._amount.sum(),
        )

    def _look_up(self, batch: Listed) -> None:
        known, seen = self._known(batch.ids), self._seen
        for id_, digest, gross, commodity in zip(*batch[1:], strict=True):
            found = known.get(id_)
            if found is None:
                self._missing.add(gross, id_)
                continue
            seq = found[0]
            bit = 1 << (seq & 7)
            if seen[seq >> 3] & bit:
                self._repeated += 1
                continue
            seen[seq >> 3] |= bit
            if found[1] == digest or (
                self._erased and found[1] == self._aliases.of_digest(digest)
            ):
                self._same += 1
            else:
                self._compare_sums(gross, commodity, seq)

    def _known(self, ids: list[str]) -> dict[str, tuple[int, bytes]]:
        find = (self._connection, self._fund.fund_id, self._scope)
        known = {key: (seq, digest) for key, seq, digest in claims.find(*find, ids)}
        unknown = [id_ for id_ in ids if id_ not in known]
        if unknown and self._erased:
            by_alias = {self._aliases.of_id(self._scope, id_): id_ for id_ in unknown}
            for alias, seq, digest in claims.find(*find, list(by_alias)):
                known[by_alias[alias]] = (seq, digest)
        return known

    def _compare_sums(self, gross: int, commodity: str, seq: int) -> None:
        """Tell another sum from another name or message: only the sum is the platform's to say."""
        entry = journal.entry(self._connection, self._fund.fund_id, seq)
        body = decode(entry.entry)["body"]
        if (body["amount"], body["commodity"]) == (gross, commodity):
            self._same += 1
        else:
            self._amount.add(gross - body["amount"], str(seq))

    def _is_seen(self, seq: int) -> bool:
        return bool(self._seen[seq >> 3] & 1 << (seq & 7))

    def _unseen(self) -> Iterator[StoredEntry]:
        """Read the entries that the list did not name, from the month's beginning on, and few of the others.

        Yields:
            Entries, oldest first.
        """
        connection, fund_id = self._connection, self._fund.fund_id
        first = journal.size_before(connection, fund_id, self._since - AHEAD)
        for start, stop in unseen_runs(self._seen, first, self._size):
            yield from journal.span(connection, fund_id, start, stop)

    def _find_extra(self) -> None:
        """Find gifts of the month that the list has not; reversed ones are none any more."""
        connection, fund_id = self._connection, self._fund.fund_id
        mark = f'"channel":"{self._channel.name}"'.encode()
        for entry in self._unseen():
            if entry.kind != "gift" or mark not in entry.entry or self._is_seen(entry.seq):
                continue
            value = decode(entry.entry)
            body = value["body"]
            if local_month(from_text(value["occurred_at"]), self._zone) != self._month:
                continue
            reversed_ = claims.find(connection, fund_id, "reversal", [str(entry.seq)])
            if body["channel"] == self._channel.name and not any(reversed_):
                self._extra.add(body["amount"], str(entry.seq))


def unseen_runs(
    seen: bytearray, first: int, stop: int, gap: int = GAP
) -> Iterator[tuple[int, int]]:
    """Find stretches of numbers that have no bit; those that lie close together are one, with what lies between.

    Args:
        seen: A bit for each number, the lowest first.
        first: First number.
        stop: Number after the last.
        gap: Fewer numbers than this between two stretches are read with them: cheaper than a further query.

    Yields:
        First number and number after the last of each stretch, in order.
    """
    begun, ended = -1, -1
    for start, end in _exact_runs(seen, first, stop):
        if begun < 0:
            begun = start
        elif start - ended >= gap:
            yield begun, ended
            begun = start
        ended = end
    if begun >= 0:
        yield begun, ended


def _exact_runs(seen: bytearray, first: int, stop: int) -> Iterator[tuple[int, int]]:
    """Find stretches without a bit; a whole byte of such numbers, or of others, is passed at once.

    Yields:
        First number and number after the last.
    """
    at, begun = first, -1
    while at < stop:
        eight = seen[at >> 3]
        whole = not at & 7 and at + 8 <= stop and eight in (0, 0xFF)
        if eight >> (at & 7) & 1:
            if begun >= 0:
                yield begun, at
            begun = -1
        elif begun < 0:
            begun = at
        at += 8 if whole else 1
    if begun >= 0:
        yield begun, stop
