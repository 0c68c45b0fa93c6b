"""Hold the steps of months, and every entry to the month that it is dated in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ledger.clock import month_end, to_text
from ledger.errors import LedgerError, PeriodClosedError
from ledger.journal.late import LateRun, joined
from ledger.journal.months import STEPS, Step, step_of
from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text
from ledger.verify.folding import Event

CHECK = "periods"

_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)

_BEFORE = {
    "closing": ("open",),
    "closed": ("open", "closing", "reopened"),
    "reopened": ("closed",),
    "sealed": ("closed",),
}
"""States of a month from which each step may be taken."""


class Periods:
    """Reads steps of months.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._states: dict[str, str] = {}
        self._totals: dict[str, tuple[int, dict[str, int]]] = {}

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            **dict.fromkeys(STEPS, self._step),
        }

    # --- every entry --------------------------------------------------------------------------

    def check(self, event: Event) -> None:
        """Hold an entry to the month that it is dated in, and the gifts before it to theirs.

        Raises:
            BrokenEntryError: It lacks its mark, has another one, or could not be there at all.
        """
        value = event.value
        self._books.findings.count(CHECK)
        self.check_gifts(event.earliest)
        self._check_time(value)
        body = {name: of for name, of in value["body"].items() if name != "late"}
        try:
            mark = self._books.months.mark(value["kind"], value["occurred_at"], body)
        except PeriodClosedError as error:
            raise BrokenEntryError(CHECK, "closed", error.fields.get("state")) from error
        if mark != value["body"].get("late"):
            raise BrokenEntryError(CHECK, "mark-differs", mark, value["body"].get("late"))
        if mark is not None:
            self._note(event, mark)

    def _note(self, event: Event, mark: Mapping[str, Any]) -> None:
        """Keep what the index of late entries has to say of an entry with a mark."""
        value, late = event.value, self._books.facts.late
        month = self._books.months.month_of(value["occurred_at"])
        run = LateRun(event.seq, event.seq, value["kind"], month, mark["counts_in"], mark["state"])
        if value["kind"] == "gift":
            body = value["body"]
            run = run._replace(amount=body["amount"], commodity=body["commodity"])
        late[-1:] = joined([*late[-1:], run])

    def check_gifts(self, earliest: tuple[str, int] | None) -> None:
        """Hold gifts without a mark to be of a month that is open, by the earliest of them."""
        if earliest is not None and earliest[0] < self._books.months.bound:
            self._books.fail(CHECK, earliest[1], "mark-missing", found=earliest[0])

    def _check_time(self, value: Mapping[str, Any]) -> None:
        """Hold that a reopened month was closed when its time was over.

        Raises:
            BrokenEntryError: It was not.
        """
        step = self._books.months.reopened
        is_over = step is not None and value["recorded_at"] >= (step.until or "")
        if is_over and not (value["kind"] == "period.closed" and "again" in value["body"]):
            raise BrokenEntryError(CHECK, "not-closed-again", found=value["recorded_at"])

    # --- steps --------------------------------------------------------------------------------

    def _step(self, event: Event) -> None:
        value = event.value
        body = value["body"]
        month = text(body, "month", CHECK)
        if not _MONTH.fullmatch(month):
            raise BrokenEntryError(CHECK, "no-such-month", found=month)
        step = step_of(event.seq, value["kind"], body)
        state = self._states.get(month, "open")
        if state not in _BEFORE[step.state]:
            raise BrokenEntryError(CHECK, "step", _BEFORE[step.state], state)
        self._check_ends(step, value)
        self._check_order(step)
        if "again" in body:
            self._check_again(body, value["recorded_at"])
        self._check_state(step, body)
        self._states[month] = step.state
        self._books.facts.period_steps[event.seq] = step
        self._books.months = self._books.months.after(step)

    def _check_ends(self, step: Step, value: Mapping[str, Any]) -> None:
        """Hold the instant after a month; entries of the first version, which only closed, do not say it.

        Raises:
            BrokenEntryError: It is another one, or not over when the entry was made.
        """
        if step.ends is None and step.state == "closed":
            return
        try:
            expected = to_text(month_end(step.month, self._books.facts.opened.get("zone", "")))
        except (LedgerError, ValueError, OSError, KeyError) as error:
            raise BrokenEntryError(CHECK, "no-such-month", found=step.month) from error
        if step.ends not in (expected, None) or value["occurred_at"] < expected:
            raise BrokenEntryError(CHECK, "ends", expected, (step.ends, value["occurred_at"]))

    def _check_order(self, step: Step) -> None:
        """Hold that months are closed and sealed in order, and that only the last closed one is reopened.

        Raises:
            BrokenEntryError: They are not.
        """
        closed = [one.month for one in self._books.months.closed]
        sealed = {month for month, state in self._states.items() if state == "sealed"}
        wrong = {
            "closing": any(month >= step.month for month in closed),
            "closed": any(month >= step.month for month in closed),
            "reopened": bool(closed) and closed[-1] != step.month,
            "sealed": any(month < step.month and month not in sealed for month in closed),
        }
        if wrong[step.state]:
            raise BrokenEntryError(CHECK, "order", closed, step.month)
        if step.state == "reopened" and (step.until is None or not isinstance(step.until, str)):
            raise BrokenEntryError(CHECK, "no-end", found=step.until)

    def _check_state(self, step: Step, body: Mapping[str, Any]) -> None:
        """Keep the totals at each closing, and hold a seal to those of its month's; its root is held to the tree.

        Raises:
            BrokenEntryError: It says something else.
        """
        if step.state == "closed":
            sums: dict[str, int] = {}
            for (_, commodity), (debits, _credits) in self._books.totals.items():
                sums[commodity] = sums.get(commodity, 0) + debits
            self._totals[step.month] = (step.seq, {one: sums[one] for one in sums if sums[one]})
        if step.state != "sealed":
            return
        last, totals = self._totals[step.month]
        said = (body.get("last"), body.get("size"), body.get("totals"))
        if said != (last, last + 1, totals):
            raise BrokenEntryError(CHECK, "seal-differs", (last, last + 1, totals), said)
        self._books.facts.sealed_roots[last + 1] = (step.seq, text(body, "root", CHECK))

    def _check_again(self, body: Mapping[str, Any], recorded_at: str) -> None:
        """Hold that a month closed by itself when the time of its reopening was over.

        Raises:
            BrokenEntryError: It was not reopened, or not for so short a time.
        """
        step = self._books.months.reopened
        if step is None or body["again"] != step.seq or recorded_at < (step.until or ""):
            raise BrokenEntryError(CHECK, "not-over", step, body["again"])
