"""What must not depend on how much there is: the append rate, a gift's page, and its trace."""

from __future__ import annotations

import http.client
import random
import statistics
from collections.abc import Iterator, Sequence
from time import perf_counter

from ledger.bench.figures import Figure
from ledger.bench.importing import import_file, write_gifts
from ledger.bench.places import SLUG, Bench, Place
from ledger.bench.serving import served
from ledger.clock import to_ms
from ledger.intake.ahead import BATCH_ROWS, batches, open_own_file
from ledger.journal import history as journal_history
from ledger.journal.receipt_numbers import ReceiptNumber, receipt_number
from ledger.wiring import Services, build_services

COMMITS = 3
"""Commits of `BATCH_ROWS` gifts whose median is the append rate at a size."""

LOOKS = 60
"""Gifts, spread over all, whose median is a page's or a trace's time."""


def measure_growth(place: Place, sizes: Sequence[int], wanted: set[str]) -> Iterator[Figure]:
    """Grow one ledger and measure at each size.

    Args:
        place: The database.
        sizes: Entries, rising.
        wanted: Of `append`, `trace` and `page`.

    Yields:
        The figures of each size, with those of the first size as their limits.
    """
    first: dict[str, float] = {}
    with place.fresh() as bench:
        have = 0
        for size in sizes:
            if size > have:
                _fill(bench, have, size - have)
            have = size
            for name in ("trace", "page", "append"):
                if name not in wanted:
                    continue
                if name == "append":
                    value, unit = _append_rate(bench, have), "gifts/s"
                    have += COMMITS * BATCH_ROWS
                else:
                    look = _trace_ms if name == "trace" else _page_ms
                    value, unit = look(bench, size), "ms"
                yield Figure(name, place.name, size, value, unit, first.setdefault(name, value))


def _fill(bench: Bench, first: int, count: int) -> None:
    path = bench.ledger.settings.home / "gifts.jsonl"
    write_gifts(path, first, count)
    import_file(bench, path)
    path.unlink()


def _append_rate(bench: Bench, first: int) -> float:
    """Return how many prepared gifts the one writer commits a second."""
    path = bench.ledger.settings.home / "more.jsonl"
    write_gifts(path, first, COMMITS * BATCH_ROWS)
    clock = bench.ledger.clock
    seconds = []
    with path.open("rb") as stream:
        rows = open_own_file(stream, path.name)
        for batch in batches(rows, lambda: to_ms(clock.now()), {}):
            start = perf_counter()
            bench.receiver.take(batch.gifts)
            seconds.append(perf_counter() - start)
    path.unlink()
    return BATCH_ROWS / statistics.median(seconds)


def _some_gifts(bench: Bench, size: int) -> list[ReceiptNumber]:
    chosen = random.Random(size)  # noqa: S311 -- which gifts are looked at, the same in every run
    found: list[ReceiptNumber] = []
    with bench.ledger.database.reading() as connection:
        while len(found) < LOOKS:
            entry = journal_history.entry(connection, bench.fund.fund_id, chosen.randrange(size))
            if entry.kind == "gift":
                found.append(receipt_number(entry.seq, entry.leaf_hash))
    return found


def _trace_ms(bench: Bench, size: int) -> float:
    """Return the time to follow a gift's way and to make its proof."""
    services = build_services(bench.ledger.settings, bench.ledger)
    return _median_ms([lambda one=one: _trace(services, one) for one in _some_gifts(bench, size)])


def _trace(services: Services, number: ReceiptNumber) -> None:
    assert services.gift_page(SLUG, number.seq, number.check) is not None
    assert services.gift_proof(SLUG, number.seq)


def _page_ms(bench: Bench, size: int) -> float:
    """Return the time until one visitor has a gift's page."""
    with served(bench.ledger.settings, "wsgi:app") as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        looks = [
            lambda one=one: _page(connection, f"/funds/{SLUG}/gifts/{one.compact}")
            for one in _some_gifts(bench, size)
        ]
        try:
            _page(connection, f"/funds/{SLUG}")
            return _median_ms(looks)
        finally:
            connection.close()


def _page(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("GET", path, headers={"Accept-Language": "en"})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == http.HTTPStatus.OK, (answer.status, path, body[:200])


def _median_ms(looks: Sequence[object]) -> float:
    taken = []
    for look in looks:
        start = perf_counter()
        look()  # type: ignore[operator]
        taken.append((perf_counter() - start) * 1000)
    return statistics.median(taken)
