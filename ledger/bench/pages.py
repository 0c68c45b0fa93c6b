"""Public pages with few and with millions of gifts behind them: how long each takes, and what it asks the database."""

from __future__ import annotations

import contextlib
import http.client
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Self
from zoneinfo import ZoneInfo

import orjson

from ledger.bench.figures import Figure
from ledger.bench.importing import Filling
from ledger.bench.places import SLUG, Bench, Place
from ledger.bench.serving import ROOT, Server, connected
from ledger.bench.years import DAYS, Years
from ledger.clock import FixedClock, SystemClock, from_text, local_date
from ledger.errors import StateError
from ledger.funds import history as funds
from ledger.journal import history as journal
from ledger.journal.codec import decode
from ledger.journal.receipt_numbers import receipt_number
from ledger.money import plain_amount
from ledger.settings import Settings, environment_of

PAGE_MS = 50.0
"""What is allowed to the median, whatever the number of gifts."""

LOOKS = 30
"""At each page, at a gift's each at another gift; the median counts."""

PAGES = {
    "home": "/",
    "fund": "/funds/{fund}",
    "statements": "/funds/{fund}/statements",
    "transfers": "/funds/{fund}/transfers",
    "questions": "/funds/{fund}/questions",
    "books": "/funds/{fund}/books",
    "period": "/funds/{fund}/books/period",
    "all-days": "/funds/{fund}/books/period?from={first}&to={last}",
    "broadcasts": "/funds/{fund}/books/broadcasts",
    "waits": "/funds/{fund}/books/waits",
    "open": "/funds/{fund}/books/open",
    "spending": "/funds/{fund}/books/spending",
    "calendar": "/funds/{fund}/books/calendar",
    "corrections": "/funds/{fund}/books/corrections",
    "account": "/funds/{fund}/books/account?name=Income:Gifts:Kuaishou",
    "totals": "/funds/{fund}/totals.json",
    "feed": "/funds/{fund}/feed.atom",
    "widget": "/funds/{fund}/widget",
}
"""Each by its name; `gift`, `entry` and `find` are asked for many gifts and not for one address."""


@dataclass(frozen=True, slots=True)
class PageScale:
    """How much there is behind the pages.

    Attributes:
        gifts: Of each ledger, rising.
        days: Over which each spreads them.
        looks: At each page.
    """

    gifts: tuple[int, ...]
    days: int = DAYS
    looks: int = LOOKS


def measure_pages(place: Place, scale: PageScale) -> Iterator[Figure]:
    """Measure the pages of ledgers with the same days and more and more gifts.

    Args:
        place: The database.
        scale: How many.

    Yields:
        `pages`, one for each page and size.
    """
    for gifts in scale.gifts:
        now = SystemClock().now()
        clock = FixedClock(now - timedelta(days=scale.days + 1))
        with place.fresh(clock) as bench, Server(bench.ledger.settings, "wsgi:app") as server:
            yesterday = local_date(now, "Asia/Shanghai") - timedelta(days=1)
            Years(bench, clock).write(gifts, yesterday, scale.days)
            Filling(bench).analyze()
            yield from looked_at(bench, server.port, gifts, scale.looks)


def looked_at(bench: Bench, port: int, gifts: int, looks: int = LOOKS) -> Iterator[Figure]:
    """Look at every page of a ledger, over HTTP for its time and in a second process for what it costs.

    Args:
        bench: The ledger.
        port: Where it is served.
        gifts: How many it has.
        looks: At each page.

    Yields:
        `pages`, one for each page.
    """
    addresses = _addresses(bench, looks)
    connection = connected(port)
    with _Inside(bench.ledger.settings) as inside:
        for name, paths in addresses.items():
            asked_for = (paths * looks)[:looks]
            _get(connection, asked_for[0])
            taken = statistics.median(_get(connection, one) for one in asked_for)
            cpu, asked = inside.cost(asked_for)
            yield Figure(
                "pages", bench.name, gifts, taken, "ms", PAGE_MS, cpu, of=name, queries=asked
            )
    connection.close()


def _addresses(bench: Bench, looks: int) -> Mapping[str, list[str]]:
    """Return the addresses of each page."""
    fund_id = bench.fund.fund_id
    with bench.ledger.database.reading() as connection:
        zone = funds.details(connection, fund_id).zone
        size = journal.size(connection, fund_id)
        begun = journal.entry(connection, fund_id, 0)
        chosen = random.Random(size)  # noqa: S311 -- which gifts are looked at, the same in every run
        found: list[journal.StoredEntry] = []
        while len(found) < looks:
            one = journal.entry(connection, fund_id, chosen.randrange(size))
            found += [one] if one.kind == "gift" else []
        last = journal.entry(connection, fund_id, size - 1)
    days = {
        "first": local_date(_recorded(begun), zone),
        "last": local_date(_recorded(last), zone),
    }
    numbers = [receipt_number(one.seq, one.leaf_hash).compact for one in found]
    return {
        **{name: [path.format(fund=SLUG, **days)] for name, path in PAGES.items()},
        "gift": [f"/funds/{SLUG}/gifts/{one}" for one in numbers],
        "entry": [f"/funds/{SLUG}/entries/{one.seq}" for one in found],
        "find": [f"/funds/{SLUG}/find?{_moment(one, zone)}" for one in found],
    }


def _recorded(one: journal.StoredEntry) -> datetime:
    return from_text(decode(one.entry)["recorded_at"])


def _moment(one: journal.StoredEntry, zone: str) -> str:
    """Return the question for the gifts of a gift's minute and amount."""
    value = decode(one.entry)
    at = from_text(value["occurred_at"]).astimezone(ZoneInfo(zone))
    amount = plain_amount(value["body"]["amount"], value["body"]["commodity"])
    return f"at={at:%Y-%m-%dT%H:%M}&amount={amount}"


def _get(connection: http.client.HTTPConnection, path: str) -> float:
    """Return how long a page takes, ms."""
    start = perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    taken = (perf_counter() - start) * 1000
    assert answer.status == http.HTTPStatus.OK, (answer.status, path, body[:300])
    return taken


class _Inside:
    """The same app in a process where its statements and its processor time are counted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._process = self._stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "ledger.bench.page_work"],
                cwd=ROOT,
                env=environment_of(self._settings) | {"LEDGER_LOG_LEVEL": "warning"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def cost(self, looks: Sequence[str]) -> tuple[float, int]:
        """Return the median of processor time, seconds, and of statements.

        Raises:
            StateError: The process ended: a page was refused.
        """
        into, out = self._process.stdin, self._process.stdout
        assert into is not None
        assert out is not None
        into.write(orjson.dumps(looks) + b"\n")
        into.flush()
        line = out.readline()
        if not line:
            raise StateError(what="pages", state="not shown", first=looks[0])
        told = orjson.loads(line)
        return told["cpu"], round(told["asked"])
