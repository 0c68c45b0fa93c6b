"""A busy month: matched, looked at, closed, and balances of its past.

Each size has a ledger of its own, made through the doors. What is allowed stands beside each figure.
"""

from __future__ import annotations

import http.client
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from urllib.parse import urlencode

import orjson
import sqlalchemy as sa

from ledger.bench import month_files as made
from ledger.bench.figures import Figure
from ledger.bench.importing import Filling, import_file
from ledger.bench.month_files import Month
from ledger.bench.month_work import ORDER_END, decided, take_file
from ledger.bench.places import SLUG, Bench, Place
from ledger.bench.serving import ROOT, Server, connected
from ledger.bench.stating import NAMES as OF_STATEMENTS
from ledger.bench.stating import Stating
from ledger.clock import local_date
from ledger.desk import wanted as wanting
from ledger.funds import booking as funding
from ledger.funds import history as funds
from ledger.funds.booking import NewAccount
from ledger.funds.members import enrol_member
from ledger.journal import history as journal
from ledger.journal.balances import totals
from ledger.log.tables import checkpoints
from ledger.projections.accounts import Accounts
from ledger.settings import environment_of
from ledger.signin import signing_in
from ledger.signin.browser import COOKIE
from ledger.signin.enrolling import enrol_for_script
from ledger.signin.gate import open_gate
from ledger.signin.sessions import Shown, Where

MATCH_S = {"postgresql": 60.0, "sqlite": 120.0}
PEAK_MB = 500.0
PAGE_MS = 150.0
CLOSE_S = 30.0
BALANCE_MS = 20.0
"""What is allowed for a month of 1,000,000 gifts, whatever size is measured."""

NAMES = ("match", "match-mem", "day", "lists", "balance", "close", *OF_STATEMENTS, "search")
LOOKS = 15
"""At a page; its median counts."""

PEOPLE = (("Wang", "finance,operator"), ("Zhou", "controller,approver"), ("Li", "approver"))
"""Above half a million two approve."""

PASSWORD = "a quiet morning on the steppe"  # noqa: S105 -- of people who are gone with the ledger


@dataclass(frozen=True, slots=True)
class MonthScale:
    """How large months are.

    Attributes:
        gifts: Of each month, rising.
        lines: Bank lines of each.
        searched: Bank lines of lists in which words are looked for, rising.
    """

    gifts: tuple[int, ...]
    lines: int
    searched: tuple[int, ...]


def measure_months(place: Place, scale: MonthScale, wanted: set[str]) -> Iterator[Figure]:
    """Measure months of each size.

    Args:
        place: The database.
        scale: How large.
        wanted: Of `NAMES`.

    Yields:
        Figures, as they come.
    """
    for gifts in scale.gifts if wanted - {"search"} else ():
        with place.fresh() as bench, Server(bench.ledger.settings, "wsgi:app") as server:
            yield from _Measuring(bench, server, gifts, scale.lines).figures(wanted)
    for lines in scale.searched if "search" in wanted else ():
        with place.fresh() as bench, Server(bench.ledger.settings, "wsgi:app") as server:
            yield _Measuring(bench, server, lines, lines).searched()


class _Measuring:
    def __init__(self, bench: Bench, server: Server, gifts: int, lines: int) -> None:
        self._bench, self._server = bench, server
        ledger = bench.ledger
        with ledger.database.reading() as connection:
            zone = funds.details(connection, bench.fund.fund_id).zone
        today = local_date(ledger.clock.now(), zone)
        # The bank's lines are of the last whole month, the gifts of the one before.
        first = (today.replace(day=1) - timedelta(days=32)).replace(day=1)
        self._month = Month(first, zone, gifts, lines)
        self._user_id = self._set_up()

    def _set_up(self) -> int:
        """Open the accounts and enrol the people, before money moves; return who looks at the pages."""
        ledger, fund = self._bench.ledger, self._bench.fund
        for stage, name, number in (
            ("bank", "CCB", made.COLLECTING),
            ("fund", "Main", made.PAYING),
        ):
            account = NewAccount(stage, name, number, "CNY", made.OPENING)
            funding.open_account(ledger.sequencer, ledger.clock, fund, account)
        gate = open_gate(ledger.settings, ledger.database, ledger.clock)
        users = []
        for name, roles in PEOPLE:
            user = enrol_for_script(gate, f"{name.lower()}@example.com", name, PASSWORD)
            enrol_member(ledger.sequencer, fund, name, roles, user.user_id)
            users.append(user.user_id)
        return users[0]

    def figures(self, wanted: set[str]) -> Iterator[Figure]:
        """Fill the ledger, match it, and measure what is asked for.

        Yields:
            Figures, as they come.
        """
        self._fill()
        done = self._matched()
        limit = MATCH_S[self._bench.name]
        if "match" in wanted:
            seconds = sum(done["seconds"].values())
            yield self._figure("match", seconds, "s", limit, done["cpu"])
        if "match-mem" in wanted:
            yield self._figure("match-mem", done["peak_mb"], "MB", PEAK_MB)
        if wanted & {"day", "lists"}:
            yield from self._pages(wanted)
        if "balance" in wanted:
            yield self._figure("balance", self._balance_ms(), "ms", BALANCE_MS)
        if wanted & {"close", *OF_STATEMENTS}:
            start, cpu = perf_counter(), process_time()
            decided(self._bench.ledger, self._bench.fund, wanting.close(self._month.name, "bench"))
            seconds, spent = perf_counter() - start, process_time() - cpu
            if "close" in wanted:
                yield self._figure("close", seconds, "s", CLOSE_S, spent)
        yield from Stating(self._bench, self._month.name, self._month.gifts).figures(wanted)

    def _figure(
        self, name: str, value: float, unit: str, limit: float, cpu: float | None = None
    ) -> Figure:
        return Figure(name, self._bench.name, self._month.gifts, value, unit, limit, cpu)

    def _fill(self) -> None:
        path = self._home / "gifts.jsonl"
        made.write_gifts(path, self._month)
        new, _ = import_file(self._bench, path)
        assert new == self._month.gifts
        path.unlink()
        Filling(self._bench).analyze()

    @property
    def _home(self) -> Path:
        return self._bench.ledger.settings.home

    # --- matching -----------------------------------------------------------------------------

    def _matched(self) -> dict[str, Any]:
        path = self._home / "list.jsonl"
        made.write_gifts(path, self._month, differing=True)
        month = self._month
        order = {
            "fund": SLUG,
            "first": month.first.isoformat(),
            "zone": month.zone,
            "gifts": month.gifts,
            "lines": month.lines,
            "list": str(path),
        }
        done = subprocess.run(
            [sys.executable, "-m", "ledger.bench.month_work"],
            cwd=ROOT,
            env=environment_of(self._bench.ledger.settings),
            input=orjson.dumps(order) + ORDER_END,
            stdout=subprocess.PIPE,
            check=True,
        )
        path.unlink()
        Filling(self._bench).analyze()
        told: dict[str, Any] = orjson.loads(done.stdout)
        found = told["found"]
        # What is measured did happen: all but the differences that were put there is matched.
        assert found["differing"] == 3 * 3, found
        assert found["payouts"] == made.SETTLEMENTS, found
        assert found["sent"] == found["arrived"] == made.TRANSFERS, found
        assert found["spending"] >= month.payments * 9 // 10, found
        assert found["equal_days"] > 0, found
        return told

    # --- pages --------------------------------------------------------------------------------

    def _pages(self, wanted: set[str]) -> Iterator[Figure]:
        if "day" in wanted:
            yield self._figure("day", self._slowest_ms([f"/desk/{SLUG}/day"]), "ms", PAGE_MS)
        if "lists" in wanted:
            yield self._figure("lists", self._slowest_ms(self._lists()), "ms", PAGE_MS)

    def _slowest_ms(self, pages: Sequence[str]) -> float:
        """Return the median of the slowest of some pages, for an officer."""
        connection = connected(self._server.port)
        try:
            cookie = {"Cookie": f"{COOKIE}={self._session_key()}"}
            return max(_median_ms(connection, cookie, pages))
        finally:
            connection.close()

    def searched(self) -> Figure:
        """Take the bank's files, and nothing else; look for words that no line has, that few have, and that most have.

        Returns:
            `search`, of the slowest of them.
        """
        ledger, sums = self._bench.ledger, made.grosses(self._month)
        for number, data in (
            (made.COLLECTING, made.collecting_file(self._month, sums)),
            (made.PAYING, made.paying_file(self._month, sums)),
        ):
            take_file(ledger, self._bench.fund, number, data)
        Filling(self._bench).analyze()
        words = (
            "nowhere",
            "没有",
            made.number_of(self._month, made.SETTLEMENTS - 1),
            "款",
            "医院",
        )
        asked = [{"text": one} for one in words]
        asked += [
            {"text": words[-2], "state": "open"},
            {"text": words[0], "account": "Assets:Fund:Main"},
        ]
        slowest = self._slowest_ms([f"/desk/{SLUG}/lines?{urlencode(one)}" for one in asked])
        return Figure("search", self._bench.name, self._month.lines, slowest, "ms", PAGE_MS)

    def _lists(self) -> list[str]:
        """Return the list pages of a desk, plain and filtered."""
        day = self._month.bank_first + timedelta(days=10)
        asked = (
            "",
            "day?on=" + date.isoformat(day),
            "files",
            "lines",
            "lines?state=open",
            "lines?state=matched",
            "lines?account=Assets:Fund:Main&state=open",
            f"lines?from={day}&to={day}",
            "lines?amount=100.37",
            "lines?text=" + "nowhere",
            "matches",
            "matches?below=100",
            "matches?skip=50",
            "exceptions",
            "exceptions?kind=unknown_receipt",
            "exceptions?state=overdue",
            "exceptions?text=nowhere",
            "decisions",
        )
        return [f"/desk/{SLUG}/{page}" for page in asked]

    def _session_key(self) -> str:
        ledger = self._bench.ledger
        gate = open_gate(ledger.settings, ledger.database, ledger.clock)
        with gate.writing() as connection:
            shown = Shown(self._user_id, "totp")
            where = Where("web", "bench", "127.0.0.1")
            return signing_in.open_session(gate, connection, shown, where, None).key

    # --- balances -----------------------------------------------------------------------------

    def _balance_ms(self) -> float:
        """Return the time for all accounts at a past checkpoint, and for one at any size and on a day: the slowest."""
        fund_id = self._bench.fund.fund_id
        with self._bench.ledger.database.reading() as connection:
            sizes = list(
                connection.execute(
                    sa.select(checkpoints.c.size).where(checkpoints.c.fund_id == fund_id)
                ).scalars()
            )
            chosen = random.Random(len(sizes))  # noqa: S311 -- which are looked at, the same in every run
            names = journal.account_names(connection, fund_id)
            accounts = [one for one, name in names.items() if name.startswith("Assets:")]
            now = self._bench.ledger.clock.now()
            looks: list[list[float]] = [[], [], []]
            for _ in range(LOOKS * 4):
                start = perf_counter()
                Accounts(connection, fund_id, "CNY", chosen.choice(sizes))
                looks[0].append(perf_counter() - start)
                start = perf_counter()
                account = chosen.choice(accounts)
                totals(connection, fund_id, account, "CNY", chosen.randrange(max(sizes)))
                looks[1].append(perf_counter() - start)
                start = perf_counter()
                moment = now - timedelta(minutes=chosen.randrange(10))
                size = journal.size_before(connection, fund_id, moment)
                totals(connection, fund_id, account, "CNY", size)
                looks[2].append(perf_counter() - start)
        return max(statistics.median(one) for one in looks) * 1000


def _median_ms(
    connection: http.client.HTTPConnection, headers: dict[str, str], pages: Sequence[str]
) -> list[float]:
    """Return the median of each page, after one look that is not counted."""
    found = []
    for page in pages:
        taken = []
        for _ in range(LOOKS + 1):
            start = perf_counter()
            connection.request("GET", page, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            taken.append((perf_counter() - start) * 1000)
            assert answer.status == http.HTTPStatus.OK, (answer.status, page, body[:300])
        found.append(statistics.median(taken[1:]))
    return found
