"""Reading ahead: a second process parses, checks and commits to the next gifts while the one writer posts the last.

In: a file of ours. Out: batches, in its order. Guaranteed: the same batches as without the second process, which has no
database and no key; when it ends before the file does, that is an error and never an end of the file.

Gifts that are entries already need no commitments. So the reader tells the ids and digests of a batch first, and makes
ready what the writer does not know; it tells those of the next batch before, so that neither waits for the other:

    reader: tell 0, tell 1, (answer 0) batch 0, tell 2, (answer 1) batch 1, tell 3 …

An answer may be older than the batch: whoever posts it looks again.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import marshal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from operator import not_
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

from ledger.clock import Clock, SystemClock, to_ms
from ledger.errors import FieldError, StateError
from ledger.intake.events import GiftEvent, RowProblem, UnitRate
from ledger.intake.prepared import Checked, PreparedGift, RateTable, TimedRate, check, seal
from ledger.intake.sources.own_csv import CsvGifts
from ledger.intake.sources.own_jsonl import read_jsonl

BATCH_ROWS = 10_000
"""Gifts to a commit when reading files: the work of a commit is spread over them, and memory stays small."""

AHEAD_BYTES_MIN = 4 * 1024 * 1024
"""Below this size of a file a second process takes longer to start than it saves."""

ROOT = Path(__file__).resolve().parents[2]

Repeats = Callable[[Sequence[str], Sequence[bytes]], Sequence[bool]]
"""Tells of ids and content digests which are surely recorded with just this content. It may leave some out."""

_LENGTH_BYTES = 8
_END = b"\xff" * _LENGTH_BYTES
_MARSHAL_VERSION = 2
"""Without the table of references that later versions keep: batches share next to nothing."""


@dataclass(slots=True)
class Batch:
    """Rows of a file, ready to be posted.

    Attributes:
        rows: How many were read.
        gifts: The right ones that are money and may be new, in order.
        raws: The row of each gift as it stood in the file.
        problems: Rows that are not taken, in order.
        repeated: How many more are right and money, and recorded already.
    """

    rows: int
    gifts: list[PreparedGift]
    raws: list[bytes]
    problems: list[RowProblem]
    repeated: int = 0


class _Read(NamedTuple):
    """Rows of a file, checked.

    Attributes:
        rows: How many were read.
        received_ms: When.
        checked: The right ones that are money, in order.
        problems: Rows that are not taken, in order.
    """

    rows: int
    received_ms: int
    checked: list[Checked]
    problems: list[RowProblem]

    def told(self) -> tuple[list[str], list[bytes]]:
        """Return ids and digests."""
        return [one.event.source_id for one in self.checked], [one.digest for one in self.checked]

    def batch(self, repeats: Sequence[bool]) -> Batch:
        """Make ready what is not known.

        Args:
            repeats: Of each gift, whether it is.

        Returns:
            The batch.
        """
        new = list(compress(self.checked, map(not_, repeats)))
        return Batch(
            self.rows,
            seal(new, self.received_ms),
            [one.event.raw for one in new],
            self.problems,
            len(self.checked) - len(new),
        )


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


def nothing_known(_ids: Sequence[str], digests: Sequence[bytes]) -> Sequence[bool]:
    """Know of no gift that it is recorded."""
    return [False] * len(digests)


def batches(
    rows: Iterable[GiftEvent | RowProblem],
    now_ms: Callable[[], int],
    rates: RateTable,
    repeats: Repeats = nothing_known,
) -> Iterator[Batch]:
    """Check rows and make them ready, some thousand at a time.

    Args:
        rows: From one of our own formats.
        now_ms: Tells when a batch is received.
        rates: What units are worth.
        repeats: Tells which are recorded already.

    Yields:
        Batches, in order.
    """
    for read in _read(rows, now_ms, rates):
        yield read.batch(repeats(*read.told()))


def _read(
    rows: Iterable[GiftEvent | RowProblem], now_ms: Callable[[], int], rates: RateTable
) -> Iterator[_Read]:
    source = iter(rows)
    while some := list(islice(source, BATCH_ROWS)):
        events = [row for row in some if type(row) is GiftEvent]
        problems = [row for row in some if type(row) is RowProblem]
        received_ms = now_ms()
        checked, refused = check(events, received_ms, rates)
        problems = sorted(problems + refused, key=lambda one: one.line)
        yield _Read(len(some), received_ms, checked, problems)


def batches_of_file(
    path: Path,
    rows: Iterable[GiftEvent | RowProblem],
    clock: Clock,
    rates: RateTable,
    repeats: Repeats = nothing_known,
) -> Iterator[Batch]:
    """Read a file's batches, a large file's in a second process.

    Args:
        path: The file.
        rows: The same file, opened: read here when it is small, or when time is not the system's.
        clock: Tells when a batch is received.
        rates: What units are worth.
        repeats: Tells which are recorded already.

    Yields:
        Batches, in order.

    Raises:
        StateError: The second process ended before the file did.
    """
    if path.stat().st_size < AHEAD_BYTES_MIN or not isinstance(clock, SystemClock):
        yield from batches(rows, lambda: to_ms(clock.now()), rates, repeats)
        return
    with reader(__name__, path, rates) as (answers, frames), rare_collections():
        for told, batch in values_of(frames, path):
            if batch is None:
                # A broken pipe is an early end too: it is found at the next frame.
                with contextlib.suppress(BrokenPipeError):
                    _send(answers, _bits(repeats(*told)))
            else:
                yield _unpacked(batch)


def values_of(stream: IO[bytes], path: Path) -> Iterator[Any]:
    """Read what a second process sends, to its end.

    Args:
        stream: Its output.
        path: The file that it reads.

    Yields:
        Plain values, as they were sent.

    Raises:
        StateError: It ended before the file did.
    """
    while (body := _frame(stream)) is not None:
        if not body:
            raise StateError(what="reader", state="ended early", file=path.name)
        # From our own child, over a pipe that nobody else has.
        yield marshal.loads(body)  # noqa: S302


def send_value(stream: IO[bytes], value: Any) -> None:
    """Send plain values to `values_of`."""
    _send(stream, marshal.dumps(value, _MARSHAL_VERSION))


def send_end(stream: IO[bytes]) -> None:
    """Say that the file was read to its end."""
    stream.write(_END)
    stream.flush()


def _frame(stream: IO[bytes]) -> bytes | None:
    """Read a frame: None at the end, empty when it was cut off."""
    head = stream.read(_LENGTH_BYTES)
    if head == _END:
        return None
    size = int.from_bytes(head, "big")
    body = stream.read(size) if len(head) == _LENGTH_BYTES else b""
    return body if len(body) == size else b""


def _send(stream: IO[bytes], body: bytes) -> None:
    stream.write(len(body).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(body)
    stream.flush()


def _bits(repeats: Sequence[bool]) -> bytes:
    """Pack truth values, a one before them: two answers fit the smallest pipe, so that sending one never waits."""
    text = "1" + "".join(map("01".__getitem__, repeats))
    number = int(text, 2)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _truths(bits: bytes) -> list[bool]:
    text = f"{int.from_bytes(bits, 'big'):b}"
    return list(map("1".__eq__, text[1:]))


@contextlib.contextmanager
def reader(
    module: str, path: Path, rates: RateTable, *more: int
) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Start a second process; it ends with this block, however that ends.

    Args:
        module: Whose `main` it is; that begins with `read_order`.
        path: The file that it reads.
        rates: What units are worth.
        more: What else it has to know.

    Yields:
        Where it takes answers, and its frames: eight bytes of length, then plain values, marshalled.
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
        more,
    )
    with subprocess.Popen(  # noqa: S603 -- ourselves
        [sys.executable, "-m", module],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=1024 * 1024,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send_value(process.stdin, order)
            yield process.stdin, process.stdout
        finally:
            process.kill()


def read_order(stream: IO[bytes]) -> tuple[Path, RateTable, tuple[int, ...]]:
    """Read what a second process is ordered: path, rates and whatever else it has to know."""
    name, plain, more = marshal.loads(_frame(stream) or b"")  # noqa: S302 -- from whoever started us
    rates = {
        unit: [
            TimedRate(UnitRate(minor, units, commodity), from_ms, seq)
            for minor, units, commodity, from_ms, seq in timed
        ]
        for unit, timed in plain.items()
    }
    return Path(name), rates, tuple(more)


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
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


def _packed(batch: Batch) -> tuple[Any, ...]:
    return (
        batch.rows,
        list(map(tuple, batch.gifts)),
        batch.raws,
        [(one.line, one.field, one.reason, one.value, one.raw) for one in batch.problems],
        batch.repeated,
    )


def _unpacked(batch: tuple[Any, ...]) -> Batch:
    rows, gifts, raws, problems, repeated = batch
    return Batch(
        rows,
        list(map(PreparedGift._make, gifts)),
        raws,
        [RowProblem(*values) for values in problems],
        repeated,
    )


def main() -> None:
    """Be the second process: the order and answers on standard input, frames on standard output."""
    answers, out = sys.stdin.buffer, sys.stdout.buffer
    path, rates, _ = read_order(answers)
    clock = SystemClock()
    with (
        rare_collections(),
        contextlib.suppress(BrokenPipeError, KeyboardInterrupt),
        path.open("rb") as stream,
    ):
        reads = _read(open_own_file(stream, path.name), lambda: to_ms(clock.now()), rates)
        before: _Read | None = None
        for read in itertools.chain(reads, (None,)):
            if read is not None:
                send_value(out, (read.told(), None))
            if before is not None:
                batch = before.batch(_truths(_frame(answers) or b""))
                send_value(out, (None, _packed(batch)))
            before = read
        send_end(out)


if __name__ == "__main__":
    main()
