"""Months on their way from open to sealed, and what each lets in. Pure: the books and the checker ask the same.

    open -> closing -> closed -> sealed,    closed -> reopened -> closed

In: the steps so far, and what an entry says of itself. Out: the mark that it has to carry, or a refusal. Guaranteed: no
entry counts in a month that is closed. What is dated in one counts in the next open month, and says so (`late`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ledger.errors import PeriodClosedError

STEPS = {
    "period.closing": "closing",
    "period.closed": "closed",
    "period.reopened": "reopened",
    "period.sealed": "sealed",
}
"""By kind of entry, the state that it brings a month to."""

REPORTED = frozenset(
    {
        "session.opened",
        "session.closed",
        "gift",
        "gift.reversed",
        "settlement",
        "payout",
        "income",
        "transfer.sent",
        "transfer.confirmed",
        "transfer.returned",
        "exception.raised",
        "exception.resolved",
    }
)
"""Kinds that say what platforms and banks report. They are never turned away: it happened, and the proof is there."""

CORRECTING = ("corrects", "reverses")
"""Members of a body that name the entry that it corrects."""


class Step(NamedTuple):
    """One step of a month.

    Attributes:
        seq: The entry.
        month: `2026-10`.
        state: That it is in from then on: `closing`, `closed`, `reopened` or `sealed`.
        ends: First instant after the month, RFC 3339 UTC; None in entries of the first version.
        until: When a reopened month closes by itself, RFC 3339 UTC.
    """

    seq: int
    month: str
    state: str
    ends: str | None
    until: str | None = None


def step_of(seq: int, kind: str, body: Mapping[str, Any]) -> Step:
    """Read a step from its entry."""
    return Step(seq, body["month"], STEPS[kind], body.get("ends"), body.get("until"))


def month_after(month: str) -> str:
    """Return the next month: `2026-11` after `2026-10`."""
    year, number = int(month[:4]), int(month[5:7])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


@dataclass(frozen=True, slots=True)
class Months:
    """Where a fund's months stand.

    Attributes:
        closed: Steps by which months are closed now, oldest first.
        sealed: The step that sealed the last sealed month.
        open_step: The step that began closing, or reopened, the month that is open for entries with a reason.
    """

    closed: tuple[Step, ...] = ()
    sealed: Step | None = None
    open_step: Step | None = None

    def after(self, step: Step) -> Months:
        """Return where the months stand after a step; that it may be taken is checked by its door."""
        if step.state == "closing":
            return replace(self, open_step=step)
        if step.state == "sealed":
            return replace(self, sealed=step)
        before = tuple(one for one in self.closed if one.month != step.month)
        if step.state == "reopened":
            return replace(self, closed=before, open_step=step)
        return replace(self, closed=(*before, step), open_step=None)

    @property
    def last_closed(self) -> Step | None:
        """Return the step that closed the last closed month."""
        return self.closed[-1] if self.closed else None

    @property
    def reopened(self) -> Step | None:
        """Return the step that reopened a month which is open still."""
        step = self.open_step
        return step if step is not None and step.state == "reopened" else None

    @property
    def bound(self) -> str:
        """Return the instant from which on entries need no look; empty where no month was closed."""
        return max(self._sealed_bound, self._closed_bound, self._open_bound)

    @property
    def _sealed_bound(self) -> str:
        return (self.sealed and self.sealed.ends) or ""

    @property
    def _closed_bound(self) -> str:
        return max((one.ends or "" for one in self.closed), default="")

    @property
    def _open_bound(self) -> str:
        return (self.open_step and self.open_step.ends) or ""

    @property
    def sealed_last(self) -> int:
        """Return the last entry that a sealed month covers, -1 where none is sealed."""
        if self.sealed is None:
            return -1
        month = self.sealed.month
        return max((one.seq for one in self.closed if one.month <= month), default=-1)

    @property
    def open_month(self) -> str:
        """Return the month in which late entries count; empty where none was ever closed."""
        if self.open_step is not None:
            return self.open_step.month
        return month_after(self.closed[-1].month) if self.closed else ""

    def month_of(self, occurred_at: str) -> str:
        """Return the month that an entry with a mark is dated in; what is older than all is of the first.

        Args:
            occurred_at: RFC 3339 UTC, of an entry that `mark` gives a mark.

        Returns:
            Such as `2026-10`; empty for an entry of a month that is open.
        """
        steps = (*self.closed, *(() if self.open_step is None else (self.open_step,)))
        after = [(one.ends, one.month) for one in steps if one.ends and one.ends > occurred_at]
        return min(after)[1] if after else ""

    def mark(self, kind: str, occurred_at: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Say what an entry has to carry because of the month that it is dated in.

        Args:
            kind: Of the entry.
            occurred_at: RFC 3339 UTC.
            body: Of the entry, without the mark.

        Returns:
            What its body says as `late`; None for an entry of an open month.

        Raises:
            PeriodClosedError: The month is sealed, and nobody but a person says so and no entry that it corrects is
                named; or it is closing, and no reason is given; or the entry undoes one that a sealed month covers.
        """
        self._check_undone(kind, body)
        if occurred_at >= self.bound:
            return None
        if occurred_at < self._sealed_bound:
            return self._into_sealed(kind, occurred_at, body)
        if occurred_at < self._closed_bound:
            return {"counts_in": self.open_month, "state": "closed"}
        step = self.open_step
        assert step is not None
        if kind not in REPORTED and not _says_why(body):
            raise PeriodClosedError(month=step.month, state=step.state, needed="reason")
        return {"counts_in": step.month, "state": step.state}

    def _into_sealed(
        self, kind: str, occurred_at: str, body: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        assert self.sealed is not None
        named = [body[name] for name in CORRECTING if type(body.get(name)) is int]
        if kind not in REPORTED and not named:
            raise PeriodClosedError(
                month=self.sealed.month, state="sealed", needed="corrects", at=occurred_at
            )
        corrects = named[0] if named else self.sealed.seq
        return {"corrects": corrects, "counts_in": self.open_month, "state": "sealed"}

    def _check_undone(self, kind: str, body: Mapping[str, Any]) -> None:
        """Hold that what a sealed month covers is not undone by the release of a match.

        Raises:
            PeriodClosedError: It is.
        """
        if kind != "match.released" or "reversal" in body or self.sealed is None:
            return
        undone = body.get("reverses")
        seqs = undone if isinstance(undone, list) else ()
        if any(type(one) is int and one <= self.sealed_last for one in seqs):
            raise PeriodClosedError(month=self.sealed.month, state="sealed", what="match")


def _says_why(body: Mapping[str, Any]) -> bool:
    reason = body.get("reason")
    return isinstance(reason, str) and bool(reason.strip())


def standing(steps: Iterable[Step]) -> Months:
    """Return where months stand after steps, oldest first."""
    months = Months()
    for one in steps:
        months = months.after(one)
    return months
