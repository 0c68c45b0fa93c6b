"""What is measured, in which order and how large."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ledger.bench.checking import measure_verify
from ledger.bench.figures import NAMES, Figure
from ledger.bench.growing import Growth, measure_growth
from ledger.bench.importing import Filling, measure_import
from ledger.bench.month import NAMES as OF_MONTHS
from ledger.bench.month import MonthScale, measure_months
from ledger.bench.pages import PageScale, measure_pages
from ledger.bench.places import Bench, Place
from ledger.bench.serving import Server, measure_http
from ledger.bench.signed_in import measure_signed_in
from ledger.settings import load_settings

GROWING = {"append", "trace", "page"}


@dataclass(frozen=True, slots=True)
class Scale:
    """How large.

    Attributes:
        gifts: Of the file that is imported.
        loaded_s: How long each server is loaded.
        growth: Sizes at which it must make no difference.
        months: Of which a month is matched, looked at and closed.
        pages: Ledgers whose public pages are looked at.
    """

    gifts: int
    loaded_s: float
    growth: Growth
    months: MonthScale
    pages: PageScale


FULL = Scale(
    200_000,
    10.0,
    Growth((10_000, 100_000, 1_000_000), 10_000),
    MonthScale((10_000, 100_000, 1_000_000), 5_000, (10_000, 100_000)),
    PageScale((10_000, 100_000, 1_000_000)),
)
FOR_LONG = replace(FULL, pages=PageScale((10_000, 100_000, 1_000_000, 10_000_000)))
"""With ten million gifts: a quarter of an hour and a dozen gigabytes more for each database, on a quiet machine."""

QUICK = Scale(
    20_000,
    1.2,
    Growth((25_000, 75_000), 5_000),
    MonthScale((5_000,), 250, (1_000,)),
    PageScale((2_000,), days=40, looks=5),
)
"""The first size has room for what an import and a load leave behind: so it all takes one ledger and one server."""


def measure(places: Sequence[Place], only: str | None, *, scale: Scale = FULL) -> Iterator[Figure]:
    """Measure each database.

    Args:
        places: The databases.
        only: One of `NAMES`, or None for all.
        scale: How large: `FULL`, `FOR_LONG`, or `QUICK` for a first impression.

    Yields:
        Figures, as they come.
    """
    wanted = {only} if only else set(NAMES)
    nowhere = load_settings({"LEDGER_HOME": str(places[0].folder)})
    with Server(nowhere, "ledger.bench.empty:app") as empty:
        for place in places:
            yield from _measure(place, empty, wanted, scale)


def _measure(place: Place, empty: Server, wanted: set[str], scale: Scale) -> Iterator[Figure]:
    """Measure one database: months and pages on ledgers of their own, all else on one if growth begins small.

    Yields:
        Figures, as they come.
    """
    yield from _measure_ledger(place, empty, wanted - set(OF_MONTHS) - {"pages"}, scale)
    if wanted & set(OF_MONTHS):
        yield from measure_months(place, scale.months, wanted)
    if "pages" in wanted:
        yield from measure_pages(place, scale.pages)


def _measure_ledger(
    place: Place, empty: Server, wanted: set[str], scale: Scale
) -> Iterator[Figure]:
    growing = wanted & GROWING
    if wanted - GROWING:
        with place.fresh() as bench, _serving(bench) as server:
            filling = Filling(bench)
            yield from measure_import(place, filling, scale.gifts, wanted)
            if "verify" in wanted:
                yield measure_verify(bench)
            if "http" in wanted:
                yield measure_http(bench, server, empty, scale.loaded_s)
            if "signed-in" in wanted:
                yield measure_signed_in(bench, server)
            if growing and scale.gifts < scale.growth.sizes[0]:
                yield from measure_growth(filling, server, scale.growth, growing)
                return
    if growing:
        with place.fresh() as bench, _serving(bench) as server:
            yield from measure_growth(Filling(bench), server, scale.growth, growing)


def _serving(bench: Bench) -> Server:
    return Server(bench.ledger.settings, "wsgi:app")
