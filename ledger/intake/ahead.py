"""Reading ahead: a second process parses, checks and commits to the next gifts while the one writer posts the last.

In: a file of ours. Out: batches, in its order. Guaranteed: the same batches as without the second process, which has no
database and no key; when it ends before the file does, that is an error and never an end of the file.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO

from ledger.clock import Clock, SystemClock, to_ms
from ledger.errors import FieldError, StateError
from ledger.intake.events import GiftEvent, RowProblem, UnitRate
from ledger.intake.prepared import PreparedGift, RateTable, TimedRate, prepare
from ledger.intake.sources.own_csv import CsvGifts
from ledger.intake.sources.own_jsonl import read_jsonl

BATCH_ROWS = 10_000
"""Gifts to a commit when reading files: the work of a commit is spread over them, and memory stays small."""

AHEAD_BYTES_MIN = 4 * 1024 * 1024
"""Below this size of a file a second process takes longer to start than it saves."""

ROOT = Path(__file__).resolve().parents[2]

_LENGTH_BYTES = 8
_END = b"\xff" * _LENGTH_BYTES
_MARSHAL_VERSION = 2
"""Without the table of references that later versions keep: batches share next to nothing."""


@dataclass(slots=True)
class Batch:
    """Rows of a file, ready to be posted.

    Attributes:
        rows: How many were read.
        gifts: The right ones that are money, in order.
        raws: The row of each gift as it stood in the file.
        problems: Rows that are not taken, in order.
    """

    rows: int
    gifts: list[PreparedGift]
    raws: list[bytes]
    problems: list[RowProblem]


def open_own_file(stream: BinaryIO, name: str) -> Iterable[GiftEvent | RowProblem]:
    """Open a file in one of our own formats, told by its name.

    Args:
        stream: The file.
        name: Ends in `.jsonl`, `.ndjson` or `.csv`.

    Returns:
        Its rows. For CSV a `CsvGifts`, which knows its columns.

    Raises:
        FieldError: Another ending.
        FileFormatError: A CSV without our header.
    """
    ending = name.lower().rsplit(".", 1)[-1]
    if ending in {"jsonl", "ndjson"}:
        return read_jsonl(stream)
    if ending == "csv":
        return CsvGifts(stream)
    raise FieldError(
        field="file", value=ending[:20], reason="unknown-format", known=("jsonl", "csv")
    )


def batches(
    rows: Iterable[GiftEvent | RowProblem], now_ms: Callable[[], int], rates: RateTable
) -> Iterator[Batch]:
    """Check rows and make them ready, some thousand at a time.

    Args:
        rows: From one of our own formats.
        now_ms: Tells when a batch is received.
        rates: What units are worth.

    Yields:
        Batches, in order.
    """
    source = iter(rows)
    while some := list(islice(source, BATCH_ROWS)):
        events = [row for row in some if type(row) is GiftEvent]
        problems = [row for row in some if type(row) is RowProblem]
        gifts, refused = prepare(events, now_ms(), rates)
        if len(gifts) == len(events):
            raws = [event.raw for event in events]
        else:
            by_line = {event.line: event.raw for event in events}
            raws = [by_line[gift.line] for gift in gifts]
        problems = sorted(problems + refused, key=lambda one: one.line)
        yield Batch(len(some), gifts, raws, problems)


def batches_of_file(
    path: Path, rows: Iterable[GiftEvent | RowProblem], clock: Clock, rates: RateTable
) -> Iterator[Batch]:
    """Read a file's batches, a large file's in a second process.

    Args:
        path: The file.
        rows: The same file, opened: read here when it is small, or when time is not the system's.
        clock: Tells when a batch is received.
        rates: What units are worth.

    Yields:
        Batches, in order.

    Raises:
        StateError: The second process ended before the file did.
    """
    if path.stat().st_size < AHEAD_BYTES_MIN or not isinstance(clock, SystemClock):
        yield from batches(rows, lambda: to_ms(clock.now()), rates)
        return
    with _reader(path, rates) as frames, _rare_collections():
        while True:
            head = frames.read(_LENGTH_BYTES)
            if head == _END:
                return
            size = int.from_bytes(head, "big")
            body = frames.read(size) if len(head) == _LENGTH_BYTES else b""
            if not body or len(body) != size:
                raise StateError(what="reader", state="ended early", file=path.name)
            yield _unpacked(body)


@contextlib.contextmanager
def _reader(path: Path, rates: RateTable) -> Iterator[IO[bytes]]:
    """Start the second process; it ends with this block, however that ends.

    Yields:
        Its frames: eight bytes of length, then a marshalled batch.
    """
    order = (
        str(path.resolve()),
        {
            unit: [
                (one.rate.minor, one.rate.units, one.rate.commodity, one.from_ms, one.seq)
                for one in timed
            ]
            for unit, timed in rates.items()
        },
    )
    with subprocess.Popen(  # noqa: S603 -- ourselves
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=1024 * 1024,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(marshal.dumps(order, _MARSHAL_VERSION))
            process.stdin.close()
            yield process.stdout
        finally:
            process.kill()


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for circular garbage once a batch and not thousands of times: rows make none, and looking is dear.

    Yields:
        Nothing.
    """
    before = gc.get_threshold()
    gc.set_threshold(20 * BATCH_ROWS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _packed(batch: Batch) -> bytes:
    return marshal.dumps(
        (
            batch.rows,
            list(map(tuple, batch.gifts)),
            batch.raws,
            [(one.line, one.field, one.reason, one.value, one.raw) for one in batch.problems],
        ),
        _MARSHAL_VERSION,
    )


def _unpacked(body: bytes) -> Batch:
    # From our own child, over a pipe that nobody else has.
    rows, gifts, raws, problems = marshal.loads(body)  # noqa: S302
    return Batch(
        rows,
        list(map(PreparedGift._make, gifts)),
        raws,
        [RowProblem(*values) for values in problems],
    )


def main() -> None:
    """Be the second process: the order on standard input, frames on standard output."""
    name, plain = marshal.loads(sys.stdin.buffer.read())  # noqa: S302
    rates = {
        unit: [
            TimedRate(UnitRate(minor, units, commodity), from_ms, seq)
            for minor, units, commodity, from_ms, seq in timed
        ]
        for unit, timed in plain.items()
    }
    clock, out = SystemClock(), sys.stdout.buffer
    path = Path(name)
    with (
        _rare_collections(),
        contextlib.suppress(BrokenPipeError, KeyboardInterrupt),
        path.open("rb") as stream,
    ):
        for batch in batches(open_own_file(stream, path.name), lambda: to_ms(clock.now()), rates):
            body = _packed(batch)
            out.write(len(body).to_bytes(_LENGTH_BYTES, "big"))
            out.write(body)
            out.flush()
        out.write(_END)
        out.flush()


if __name__ == "__main__":
    main()
