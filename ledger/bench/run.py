"""What is measured, in which order and how large."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.bench.checking import measure_verify
from ledger.bench.figures import NAMES, Figure
from ledger.bench.growing import measure_growth
from ledger.bench.importing import measure_import
from ledger.bench.places import Place
from ledger.bench.serving import measure_http

GIFTS, QUICK_GIFTS = 200_000, 20_000
SIZES, QUICK_SIZES = (10_000, 100_000, 1_000_000), (5_000, 25_000)
LOADED_S, QUICK_LOADED_S = 10.0, 2.0


def measure(place: Place, only: str | None, *, quick: bool) -> Iterator[Figure]:
    """Measure one database.

    Args:
        place: The database.
        only: One of `NAMES`, or None for all.
        quick: Smaller, for a first impression.

    Yields:
        Figures, as they come.
    """
    wanted = {only} if only else set(NAMES)
    gifts = QUICK_GIFTS if quick else GIFTS
    if wanted & {"import", "replay"}:
        found = measure_import(place, gifts, replay="replay" in wanted)
        yield from (one for one in found if one.name in wanted)
    if "http" in wanted:
        yield from measure_http(place, QUICK_LOADED_S if quick else LOADED_S)
    if "verify" in wanted:
        yield from measure_verify(place, gifts)
    growth = wanted & {"append", "trace", "page"}
    if growth:
        yield from measure_growth(place, QUICK_SIZES if quick else SIZES, growth)
