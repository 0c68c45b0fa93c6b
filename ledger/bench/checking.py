"""Verification, against hashing the same bytes and nothing else."""

from __future__ import annotations

import os
from hashlib import sha256
from time import perf_counter

from ledger.bench.figures import Figure
from ledger.bench.places import Bench
from ledger.errors import StateError
from ledger.journal import history as journal_history
from ledger.verify.database import verify_database


def measure_verify(bench: Bench) -> Figure:
    """Measure `verify` with all cores.

    Args:
        bench: A ledger that was filled.

    Returns:
        `verify`.

    Raises:
        StateError: The ledger does not verify.
    """
    fund_id = bench.fund.fund_id
    with bench.ledger.database.reading() as connection:
        n = journal_history.size(connection, fund_id)
        data = [one.entry for one in journal_history.span(connection, fund_id, 0, n)]
    start = perf_counter()
    for one in data:
        sha256(one).digest()
    limit = n / (perf_counter() - start)
    del data
    settings = bench.ledger.settings
    start = perf_counter()
    report = verify_database(settings.database_url, settings.keys, workers=os.cpu_count() or 1)
    seconds = perf_counter() - start
    if not report.ok:
        raise StateError(what="ledger", state="does not verify", summary=report.summary)
    return Figure("verify", bench.name, n, n / seconds, "entries/s", limit)
