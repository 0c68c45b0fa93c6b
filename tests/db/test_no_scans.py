"""No page reads a fund's history: every query on a table that grows with gifts or bank lines goes by an index.

What pages ask the database is caught while they are shown, and both databases say how they would find it. PostgreSQL
is told to avoid reading whole tables: where it still would, there is no index.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from ledger.app import create_app, doors_of
from ledger.clock import FixedClock
from ledger.db import Database
from ledger.desk.finding import look
from ledger.desk.reconcile import reconcile
from ledger.funds import booking as funding
from ledger.funds.history import Channel
from ledger.intake.booking import Recorded, book_gifts
from ledger.journal import history as journal
from ledger.journal.receipt_numbers import receipt_number
from ledger.sequencer.groups import Sequencer
from ledger.wiring import Ledger, build_services
from tests.db.ledgers import IMPORT, ZONE, gift, prepared
from tests.desk.counties import County, new_county
from tests.desk.test_files import FIRST, bring
from tests.signin.sites import CHEAP, Site, gate_of, settings_at

GROWING = frozenset(
    (
        "entries",
        "postings",
        "claims",
        "private_parts",
        "balances",
        "segments",
        "tiles",
        "checkpoints",
        "late_entries",
    )
)
"""Tables with a row for each gift, or for each commit."""

PAGES = (
    *("", "day", "day?on=2026-10-01", "files", "lines", "lines?state=open", "lines?from=2026-10-01"),
    *("matches", "matches?below=5", "exceptions", "exceptions?state=overdue", "exceptions?text=x"),
    *("decisions", "periods", "more", "periods/2026-10/late-gifts", "figures?at=2026-10-09"),
)  # fmt: skip


class Asked(NamedTuple):
    """A statement as the driver got it."""

    page: str
    statement: str
    parameters: Any


class Watched(NamedTuple):
    """A county with gifts and bank lines, and the statements of its pages."""

    county: County
    asked: list[Asked]


@pytest.fixture
def database_url(unused_database_url: str) -> str:
    """Give one that no test used before: what a server remembers of other rows decides its plans."""
    return unused_database_url


@pytest.fixture
def watched(database: Database, clock: FixedClock, tmp_path: Path) -> Watched:
    settings = settings_at(tmp_path)
    ledger = Ledger(settings, database, Sequencer(database, settings.keys, clock), clock)
    app = create_app(settings, build_services(settings, ledger), doors_of(ledger, cost=CHEAP))
    county = new_county(Site(app, gate_of(app), ledger), ledger)
    channel = Channel("Kuaishou", "kuaishou", "快手", "Kuaishou", "CNY")
    funding.open_channel(ledger.sequencer, clock, county.fund, channel)
    gifts = prepared(*[gift(f"g{at}", 100 + at) for at in range(5)])
    done = ledger.sequencer.decide(
        county.fund, lambda books: book_gifts(books, channel, IMPORT, ZONE, gifts)
    ).value
    assert all(isinstance(one, Recorded) for one in done)
    bring(county, FIRST)
    reconcile(ledger.sequencer, county.fund)
    look(ledger.sequencer, county.fund)
    asked: list[Asked] = []
    pages = [f"/desk/qinghe/{page}" for page in PAGES]
    with database.reading() as connection:
        first = journal.of_kind(connection, county.fund.fund_id, "gift", newest=1)[0]
    books = (
        "",
        "/period",
        "/period?from=2020-01-01&to=2026-12-31",
        "/broadcasts",
        "/waits",
        "/open",
    )
    more = ("/spending", "/calendar", "/corrections", "/account?name=Income:Gifts:Kuaishou")
    pages += [f"/funds/qinghe/books{page}" for page in (*books, *more, "/entries?first=0&stop=9")]
    pages += [
        "/",
        "/funds/qinghe",
        f"/funds/qinghe/gifts/{receipt_number(first.seq, first.leaf_hash).compact}",
        *(
            f"/funds/qinghe/{page}"
            for page in ("feed.atom", "totals.json", "transfers", "questions")
        ),
        "/funds/qinghe/statements",
        "/funds/qinghe/find?at=2026-10-09T20:00&amount=1.00",
    ]
    visitor = county.as_("wang")

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def _note(
        _connection: object, _cursor: object, statement: str, parameters: Any, *_: object
    ) -> None:
        if statement.startswith("SELECT"):
            asked.append(Asked(page, statement, parameters))

    for page in pages:
        answer = visitor.get(page)
        assert answer.status_code == 200, (page, answer.status_code)
    sa.event.remove(database.engine, "before_cursor_execute", _note)
    return Watched(county, asked)


def test_no_page_scans_what_grows(database: Database, watched: Watched) -> None:
    assert {one.page for one in watched.asked} >= {"/desk/qinghe/day", "/funds/qinghe"}
    scans = _of_sqlite if database.is_sqlite else _of_postgresql
    bad = set()
    with database.engine.connect() as connection:
        for one in {
            (asked.statement, repr(asked.parameters)): asked for asked in watched.asked
        }.values():
            bad |= {(one.page, found, one.statement[:300]) for found in scans(connection, one)}
    assert bad == set()


def _is_bounded(condition: str, statement: str) -> bool:
    """Tell whether an index is entered by more than the fund, or only its first or last row is wanted.

    What lies below a number is no bound: `seq < size` is the whole history. What lies above one is the newest of it.
    """
    ends = re.findall(r"\b(\w+) ?(=|>|\bIN\b|\bIS\b|\bANY\b)", condition)
    bounds = {name for name, _ in ends}
    ends_only = " LIMIT " in statement or "max(" in statement or "min(" in statement
    return bool(bounds - {"fund_id", "commodity"}) or ends_only


def _of_sqlite(connection: sa.Connection, asked: Asked) -> Iterator[str]:
    """Give the tables that a query reads from end to end."""
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.statement}", asked.parameters)
    for row in rows:
        found = re.match(r"(SCAN|SEARCH) (\w+)(.*)", row[3])
        if found is None or _table(found[2], asked.statement) not in GROWING:
            continue
        if found[1] == "SCAN" or not _is_bounded(found[3], asked.statement):
            yield row[3]


def _table(name: str, statement: str) -> str:
    """Return the table that stands behind a name of the query."""
    alias = re.search(rf"(\w+) AS {name}\b", statement)
    return alias[1] if alias else name


def _of_postgresql(connection: sa.Connection, asked: Asked) -> Iterator[str]:
    """Give the tables that a query reads from end to end."""
    connection.exec_driver_sql("SET enable_seqscan = off")
    found = connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {asked.statement}", asked.parameters
    ).scalar_one()
    plan = found if isinstance(found, list) else json.loads(found)
    for node in _nodes(plan[0]["Plan"]):
        if node.get("Relation Name") not in GROWING:
            continue
        condition = node.get("Index Cond") or node.get("Recheck Cond") or ""
        if not condition or not _is_bounded(condition, asked.statement):
            yield f"{node['Node Type']} {node['Relation Name']} {condition}"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", ()):
        yield from _nodes(one)
