"""Verification, against hashing the same bytes and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from time import perf_counter

from ledger.bench.figures import Figure
from ledger.bench.importing import import_file, write_gifts
from ledger.bench.places import Place
from ledger.errors import StateError
from ledger.journal import history as journal_history
from ledger.verify.database import verify_database


def measure_verify(place: Place, n: int) -> Iterator[Figure]:
    """Measure `verify` with all cores.

    Args:
        place: The database.
        n: Gifts.

    Yields:
        `verify`.

    Raises:
        StateError: The ledger does not verify.
    """
    with place.fresh() as bench:
        path = bench.ledger.settings.home / "gifts.jsonl"
        write_gifts(path, 0, n)
        import_file(bench, path)
        with bench.ledger.database.reading() as connection:
            data = [
                one.entry for one in journal_history.span(connection, bench.fund.fund_id, 0, n)
            ]
        start = perf_counter()
        for one in data:
            sha256(one).digest()
        limit = len(data) / (perf_counter() - start)
        del data
        settings = bench.ledger.settings
        start = perf_counter()
        report = verify_database(settings.database_url, settings.keys, workers=os.cpu_count() or 1)
        seconds = perf_counter() - start
        if not report.ok:
            raise StateError(what="ledger", state="does not verify", summary=report.summary)
    yield Figure("verify", place.name, n, n / seconds, "entries/s", limit)
