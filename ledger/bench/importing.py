"""Files of gifts: the first import, the same file again, and what the database does with rows of the same size."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import sqlalchemy as sa

from ledger.bench.figures import Figure
from ledger.bench.places import Bench, Place
from ledger.db import BigInt, Bytes, Database, insert_rows
from ledger.intake.ahead import BATCH_ROWS, open_own_file
from ledger.journal import history as journal_history

GIVERS = 9973
"""Different givers, a prime: they come in no rhythm."""

SPAN_S = 6 * 3600
"""The gifts of a file lie in the last hours before it is written."""

PLAIN = sa.Table(
    "plain",
    sa.MetaData(),
    sa.Column("id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("body", Bytes, nullable=False),
)


def write_gifts(path: Path, first: int, count: int) -> None:
    """Write a file of gifts in our own format, as a platform's export looks: ids rise with time.

    Args:
        path: Where to.
        first: Number of the first gift.
        count: How many.
    """
    now = datetime.fromtimestamp(path.parent.stat().st_mtime, UTC)
    with path.open("w", encoding="utf-8") as out:
        for at in range(first, first + count):
            given = now - timedelta(seconds=SPAN_S - (at - first) * SPAN_S // count)
            message = ',"message":"加油！愿早日康复"' if at % 5 == 0 else ""
            out.write(
                f'{{"id":"2026100{at:012d}","at":"{given:%Y-%m-%dT%H:%M:%S}Z","amount":"{1 + at % 50}.00",'
                f'"currency":"CNY","count":1,"giver":"ku_{at % GIVERS}","nickname":"观众{at % GIVERS}",'
                f'"gift":"啤酒","session":"room1"{message}}}\n'
            )


def import_file(bench: Bench, path: Path) -> tuple[int, float]:
    """Import a file; return how many gifts were new, and the seconds that it took."""
    start, new = perf_counter(), 0
    with path.open("rb") as stream:
        for tally in bench.receiver.import_file(path, open_own_file(stream, path.name)):
            assert not tally.problems
            new += tally.recorded
    return new, perf_counter() - start


class Filling:
    """Fills one ledger step by step, with gifts that it does not have yet.

    Args:
        bench: The ledger.

    Attributes:
        bench: As given.
        written: Gifts that files had so far: the next one's number.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.written = 0

    @property
    def entries(self) -> int:
        """Return how many entries the ledger has, from wherever they came."""
        with self.bench.ledger.database.reading() as connection:
            return journal_history.size(connection, self.bench.fund.fund_id)

    def file(self, count: int) -> Path:
        """Write a file of gifts that the ledger does not have; return where."""
        path = self.bench.ledger.settings.home / f"gifts-{self.written}.jsonl"
        write_gifts(path, self.written, count)
        self.written += count
        return path

    def up_to(self, size: int) -> None:
        """Import what is missing to a number of entries, and let the database look at what it has.

        A PostgreSQL in service does that by itself within a minute; one that was filled a second ago has not yet.
        """
        missing = size - self.entries
        if missing <= 0:
            return
        path = self.file(missing)
        import_file(self.bench, path)
        path.unlink()
        self.analyze()

    def analyze(self) -> None:
        """Let PostgreSQL count its rows."""
        database = self.bench.ledger.database
        if not database.is_sqlite:
            with database.writing() as connection:
                connection.execute(sa.text("ANALYZE"))


def measure_import(place: Place, filling: Filling, n: int, wanted: set[str]) -> Iterator[Figure]:
    """Measure a first import into an empty ledger, and the same file again.

    Args:
        place: The database.
        filling: Of an empty ledger; it has the gifts afterwards.
        n: Gifts.
        wanted: Of `import` and `replay`; the ledger is filled without either.

    Yields:
        `import`, then `replay`.
    """
    path = filling.file(n)
    new, first = import_file(filling.bench, path)
    assert new == n
    if wanted & {"import", "replay"}:
        limit = _plain(place, n, _bytes_a_gift(filling.bench.ledger.database))
        if "import" in wanted:
            yield Figure("import", place.name, n, n / first, "gifts/s", limit)
        if "replay" in wanted:
            new, again = import_file(filling.bench, path)
            assert new == 0
            yield Figure("replay", place.name, n, n / again, "gifts/s", limit)
    path.unlink()
    filling.analyze()


def _bytes_a_gift(database: Database) -> int:
    """Return the bytes that a gift's rows hold, of the first thousand: numbers counted as eight each."""
    with database.reading() as connection:
        entry = connection.execute(
            sa.text("SELECT avg(length(entry)) FROM entries WHERE kind = 'gift' AND seq < 1000")
        ).scalar_one()
        private = connection.execute(
            sa.text(
                "SELECT avg(length(giver) + length(nickname) * 3 + length(message) * 3 + length(delivery)) "
                "FROM private_parts WHERE seq < 1000"
            )
        ).scalar_one()
    # entry: two numbers, time, kind, hash; posting: six numbers, currency; claim: scope, key, digest, two numbers;
    # private part: channel, salts, two numbers.
    return (
        round(float(entry) + float(private))
        + (24 + 4 + 32)
        + (48 + 3)
        + (13 + 19 + 16 + 16)
        + (8 + 128 + 16)
    )


def _plain(place: Place, n: int, size: int) -> float:
    """Return how many rows of a size the database takes a second, in transactions of an import's size."""
    body = os.urandom(size)
    with place.fresh_url() as url:
        database = Database(url)
        try:
            with database.writing() as connection:
                PLAIN.create(connection)
            start = perf_counter()
            for first in range(0, n, BATCH_ROWS):
                rows = [(at, body) for at in range(first, min(n, first + BATCH_ROWS))]
                with database.writing() as connection:
                    insert_rows(connection, PLAIN, ("id", "body"), rows)
            return n / (perf_counter() - start)
        finally:
            database.close()
