"""A platform's own list of gifts, as columns to compare: a large file is read and checked by a second process.

In: a file in one of our own formats, and a span of time. Out: ids, digests and sums of the gifts in it, batch by batch.
Guaranteed: the same batches as without the second process; when it ends before the file does, that is an error.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ledger.clock import Clock, SystemClock, to_ms
from ledger.intake import ahead
from ledger.intake.events import GiftEvent, RowProblem
from ledger.intake.prepared import RateTable, check

BATCH_ROWS = 5_000


class ListFile(NamedTuple):
    """A platform's list.

    Attributes:
        path: Where it lies.
        rows: The same file, opened: what `ahead.open_own_file` made of it.
    """

    path: Path
    rows: Iterable[GiftEvent | RowProblem]


class Listed(NamedTuple):
    """Gifts of some rows, checked; four columns of one length.

    Attributes:
        refused: Rows that are no gifts.
        ids: The platform's.
        digests: 16 bytes over the content of each.
        grosses: Minor units.
        commodities: Of the grosses.
    """

    refused: int
    ids: list[str]
    digests: list[bytes]
    grosses: list[int]
    commodities: list[str]


def listed(
    rows: Iterable[GiftEvent | RowProblem],
    received_ms: int,
    span_ms: tuple[int, int],
    rates: RateTable,
) -> Iterator[Listed]:
    """Check the rows of a list.

    Args:
        rows: In any order.
        received_ms: When it was brought.
        span_ms: First instant, and the one after the last; gifts outside it are passed over.
        rates: What units are worth.

    Yields:
        What is in some thousand rows.
    """
    since_ms, until_ms = span_ms
    source = iter(rows)
    while some := list(islice(source, BATCH_ROWS)):
        events = [
            one
            for one in some
            if type(one) is GiftEvent and since_ms <= one.occurred_at_ms < until_ms
        ]
        checked, problems = check(events, received_ms, rates)
        yield Listed(
            sum(type(one) is RowProblem for one in some) + len(problems),
            [one.event.source_id for one in checked],
            [one.digest for one in checked],
            [one.gross for one in checked],
            [one.commodity for one in checked],
        )


def listed_in_file(
    file: ListFile, clock: Clock, span_ms: tuple[int, int], rates: RateTable
) -> Iterator[Listed]:
    """Check the rows of a list, a large file's in a second process.

    Args:
        file: The list.
        clock: Tells when it was brought.
        span_ms: As `listed`.
        rates: What units are worth.

    Yields:
        What is in some thousand rows.

    Raises:
        StateError: The second process ended before the file did.
    """
    received_ms = to_ms(clock.now())
    is_small = file.path.stat().st_size < ahead.AHEAD_BYTES_MIN
    if is_small or not isinstance(clock, SystemClock):
        yield from listed(file.rows, received_ms, span_ms, rates)
        return
    order = (received_ms, *span_ms)
    with (
        ahead.reader(__name__, file.path, rates, *order) as (_, frames),
        ahead.rare_collections(),
    ):
        yield from map(Listed._make, ahead.values_of(frames, file.path))


def main() -> None:
    """Be the second process: the order on standard input, frames on standard output."""
    out = sys.stdout.buffer
    path, rates, (received_ms, *span) = ahead.read_order(sys.stdin.buffer)
    with (
        ahead.rare_collections(),
        contextlib.suppress(BrokenPipeError, KeyboardInterrupt),
        path.open("rb") as stream,
    ):
        rows = ahead.open_own_file(stream, path.name)
        for one in listed(rows, received_ms, (span[0], span[1]), rates):
            ahead.send_value(out, tuple(one))
        ahead.send_end(out)


if __name__ == "__main__":
    main()
