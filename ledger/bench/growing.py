"""What must not depend on how much there is: the append rate, a gift's page, and its trace."""

from __future__ import annotations

import http.client
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

from ledger.bench.figures import Figure
from ledger.bench.importing import Filling
from ledger.bench.places import SLUG, Bench
from ledger.bench.serving import Server, connected
from ledger.clock import to_ms
from ledger.intake.ahead import open_own_file
from ledger.intake.events import GiftEvent
from ledger.intake.prepared import prepare
from ledger.journal import history as journal_history
from ledger.journal.receipt_numbers import ReceiptNumber, receipt_number
from ledger.wiring import Services, build_services

COMMITS = 3
"""Commits whose median is the append rate at a size."""

LOOKS = 60
"""Gifts, spread over all, whose median is a page's or a trace's time."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How far a ledger grows.

    Attributes:
        sizes: Entries, rising.
        commit_rows: Gifts of one commit whose time is taken.
    """

    sizes: tuple[int, ...]
    commit_rows: int


def measure_growth(
    filling: Filling, server: Server, growth: Growth, wanted: set[str]
) -> Iterator[Figure]:
    """Grow one ledger and measure at each size.

    Args:
        filling: Of a ledger that is smaller than the first size.
        server: Serves it.
        growth: How far.
        wanted: Of `append`, `trace` and `page`.

    Yields:
        The figures of each size, with those of the first size as their limits.
    """
    first: dict[str, float] = {}
    bench = filling.bench
    for size in growth.sizes:
        filling.up_to(size)
        n = max(size, filling.entries)  # more, where other measurements left that much behind
        gifts = _some_gifts(bench, n) if wanted & {"trace", "page"} else []
        for name in ("append", "trace", "page"):
            if name not in wanted:
                continue
            if name == "append":
                value, unit = _append_rate(filling, growth.commit_rows), "gifts/s"
            elif name == "trace":
                value, unit = _trace_ms(bench, gifts), "ms"
            else:
                value, unit = _page_ms(server.port, gifts), "ms"
            yield Figure(name, bench.name, n, value, unit, first.setdefault(name, value))


def _append_rate(filling: Filling, rows: int) -> float:
    """Return how many prepared gifts the one writer commits a second."""
    path = filling.file(COMMITS * rows)
    bench = filling.bench
    now_ms = to_ms(bench.ledger.clock.now())
    seconds = []
    with path.open("rb") as stream:
        events = open_own_file(stream, path.name)
        for _ in range(COMMITS):
            some = [one for one in islice(events, rows) if isinstance(one, GiftEvent)]
            gifts, problems = prepare(some, now_ms, {})
            assert len(gifts) == rows
            assert not problems
            start = perf_counter()
            bench.receiver.take(gifts)
            seconds.append(perf_counter() - start)
    path.unlink()
    return rows / statistics.median(seconds)


def _some_gifts(bench: Bench, size: int) -> list[ReceiptNumber]:
    chosen = random.Random(size)  # noqa: S311 -- which gifts are looked at, the same in every run
    found: list[ReceiptNumber] = []
    with bench.ledger.database.reading() as connection:
        while len(found) < LOOKS:
            entry = journal_history.entry(connection, bench.fund.fund_id, chosen.randrange(size))
            if entry.kind == "gift":
                found.append(receipt_number(entry.seq, entry.leaf_hash))
    return found


def _trace_ms(bench: Bench, gifts: Sequence[ReceiptNumber]) -> float:
    """Return the time to follow a gift's way and to make its proof."""
    services = build_services(bench.ledger.settings, bench.ledger)
    return _median_ms([lambda one=one: _trace(services, one) for one in gifts])


def _trace(services: Services, number: ReceiptNumber) -> None:
    assert services.gift_page(SLUG, number.seq, number.check) is not None
    assert services.gift_proof(SLUG, number.seq)


def _page_ms(port: int, gifts: Sequence[ReceiptNumber]) -> float:
    """Return the time until one visitor has a gift's page."""
    connection = connected(port)
    looks = [
        lambda one=one: _page(connection, f"/funds/{SLUG}/gifts/{one.compact}") for one in gifts
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
