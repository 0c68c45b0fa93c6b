"""A closed month becomes a signed statement, in the worker that the desk starts; and its figures alone."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from time import perf_counter, process_time
from typing import Any

import orjson

from ledger.bench.figures import Figure
from ledger.bench.places import SLUG, Bench
from ledger.bench.serving import ROOT
from ledger.funds import history as funds
from ledger.settings import environment_of
from ledger.statements.build import Issue, figures_of
from ledger.statements.jobs import DONE, Jobs
from ledger.statements.pki import make_development_pki

STATEMENT_S = {"postgresql": 60.0, "sqlite": 90.0}
STATEMENT_MB = 600.0
FIGURES_S = 2.0
"""What is allowed for a month of 1,000,000 gifts, whatever size is measured."""

NAMES = ("statement", "statement-mem", "figures")
LOOKS = 5
"""At the figures; their median counts."""


class Stating:
    """Makes the statement of a closed month.

    Args:
        bench: A ledger with the month closed, and members who are finance and approver.
        month: Which, `2026-10`.
        gifts: How many it has.
    """

    def __init__(self, bench: Bench, month: str, gifts: int) -> None:
        self._bench, self._month, self._gifts = bench, month, gifts

    def figures(self, wanted: set[str]) -> Iterator[Figure]:
        """Measure what is asked for.

        Args:
            wanted: Of `NAMES`.

        Yields:
            Figures, as they come.
        """
        name = self._bench.name
        if wanted & {"statement", "statement-mem"}:
            start = perf_counter()
            told = self._signed()
            seconds, cpu = perf_counter() - start, sum(one["cpu"] for one in told)
            limit = STATEMENT_S[name]
            if "statement" in wanted:
                yield Figure("statement", name, self._gifts, seconds, "s", limit, cpu)
            if "statement-mem" in wanted:
                peak = max(one["peak_mb"] for one in told)
                yield Figure("statement-mem", name, self._gifts, peak, "MB", STATEMENT_MB)
        if "figures" in wanted:
            seconds, cpu = self._alone()
            yield Figure("figures", name, self._gifts, seconds, "s", FIGURES_S, cpu)

    def _signed(self) -> list[dict[str, Any]]:
        """Prepare and sign as two people do, each in a process of its own; return what each process took."""
        make_development_pki(self._bench.ledger.settings.keys)
        people = self._people()
        wish = {"kind": "M", "period": self._month, "language": "zh"}
        built = self._worked("prepare", people["finance"], wish)
        return [built, self._worked("sign", people["approver"], built["said"])]

    def _people(self) -> dict[str, str]:
        with self._bench.ledger.database.reading() as connection:
            members = funds.all_members(connection, self._bench.fund.fund_id)
        return {role: one.member_id for one in members for role in one.roles}

    def _worked(self, task: str, member_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        ledger = self._bench.ledger
        job = Jobs(ledger.settings.home, SLUG).new(task, member_id, asked, ledger.clock.now())
        done = subprocess.run(  # noqa: S603 -- this very program, with an id of ours
            [sys.executable, "-m", "ledger.bench.statement_work", SLUG, job.id],
            cwd=ROOT,
            env=environment_of(ledger.settings),
            stdout=subprocess.PIPE,
            check=True,
        )
        told: dict[str, Any] = orjson.loads(done.stdout)
        assert told["state"] == DONE, told
        return told

    def _alone(self) -> tuple[float, float]:
        """Return the time and the processor time for the figures: summed anew once, then from kept sums."""
        ledger, fund = self._bench.ledger, self._bench.fund
        issue = Issue(ledger.clock.now())
        shutil.rmtree(ledger.settings.outputs / SLUG / "tallies", ignore_errors=True)
        first = figures_of(ledger, fund, self._month, issue)
        assert first.gifts.g1 == self._gifts
        taken, cpu = [], []
        for _ in range(LOOKS):
            start, spent = perf_counter(), process_time()
            assert figures_of(ledger, fund, self._month, issue) == first
            taken.append(perf_counter() - start)
            cpu.append(process_time() - spent)
        return statistics.median(taken), statistics.median(cpu)
