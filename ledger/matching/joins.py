"""Whether the statements of an account follow from each other. Pure.

A statement joins where its opening is the balance that the account had before its first day, and its closing the one
after its last: by the statement before and after it, or by one that covers the same days and the lines of these days.
A day may have several statements (pages); so any balance that a statement or line has on the day itself will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

FIRST = "first"
JOINS = "joins"
BREAKS = "breaks"
UNKNOWN = "unknown"
VERDICTS = (FIRST, JOINS, BREAKS, UNKNOWN)
"""`first`: no statement lies on this side. `unknown`: one of both states no balance."""

_DAY = timedelta(days=1)
_FAMILIES = {"camt": "camt", "mt94": "mt", "mt95": "mt"}


def family_of(format_name: str) -> str:
    """Return which formats name lines alike: a notification of camt and its statement are of one family."""
    return _FAMILIES.get(format_name[:4], format_name)


class Span(NamedTuple):
    """A statement as its neighbours see it.

    Attributes:
        first: First day that it covers; None when it covers none.
        last: Last day.
        opening: Balance before it, minor units.
        closing: Balance after it.
        family: As `family_of` gives it.
        sha256: File that it is of.
        part: Which statement of it.
        lines: How many are booked in it.
    """

    first: date | None
    last: date | None
    opening: int | None
    closing: int | None
    family: str
    sha256: bytes = b""
    part: int = 0
    lines: int = 0


class Side(NamedTuple):
    """How a statement meets what lies before or after it.

    Attributes:
        verdict: One of `VERDICTS`.
        expected: Balance that the other side gives, minor units; None where it gives none.
        gap_days: Days between the two that no statement covers; 0 where they touch or overlap, None without another.
    """

    verdict: str
    expected: int | None = None
    gap_days: int | None = None

    @property
    def breaks_at_once(self) -> bool:
        """Tell whether balances differ though no day lies between."""
        return self.verdict == BREAKS and self.gap_days == 0


class Joined(NamedTuple):
    """Both sides."""

    before: Side
    after: Side

    @property
    def is_broken(self) -> bool:
        """Tell whether it has to be held: it contradicts a neighbour that touches it, or joins on no side.

        Where it joins on one side, a gap on the other is only a file that is missing.
        """
        sides = (self.before, self.after)
        if any(side.breaks_at_once for side in sides):
            return True
        verdicts = {side.verdict for side in sides}
        return BREAKS in verdicts and JOINS not in verdicts


class Account(NamedTuple):
    """What is known of an account.

    Attributes:
        spans: Statements that were taken.
        totals: By day, the sum of the lines that count, those of the statement in question included.
        balances: Gives the balances that lines have on a day.
    """

    spans: Sequence[Span]
    totals: Mapping[date, int]
    balances: Callable[[date], Iterable[int]]


def join(span: Span, account: Account) -> Joined:
    """Hold a statement to its neighbours.

    Args:
        span: The statement; not among the account's own.
        account: What was taken.

    Returns:
        Both sides.
    """
    if span.first is None or span.last is None:
        return Joined(Side(UNKNOWN), Side(UNKNOWN))
    return Joined(_before(span, account), _after(span, account))


def overlapping(span: Span, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the statements that cover a day of this one."""
    return tuple(
        one
        for one in spans
        if span.first and span.last and one.first and one.last
        if one.first <= span.last and span.first <= one.last
    )


def _before(span: Span, account: Account) -> Side:
    first = span.first
    assert first is not None
    covering = [
        one
        for one in account.spans
        if one.first and one.last and one.first <= first <= one.last
        if not _is_other_page(span, one, touches=one.closing == span.opening)
    ]
    if covering:
        expected = [
            one.opening + _sum_until(account.totals, one, first - _DAY)
            for one in covering
            if one.opening is not None
        ]
        ends = [one.closing for one in covering if one.last == first and one.closing is not None]
        return _side(span.opening, [*expected, *ends], account.balances(first), 0)
    past = {one.last for one in account.spans if one.last and one.last < first}
    if not past:
        return Side(FIRST)
    nearest = max(past)
    gap = (first - nearest).days - 1
    found = _given(one.closing for one in account.spans if one.last == nearest)
    return _side(span.opening, found, (), gap)


def _after(span: Span, account: Account) -> Side:
    last = span.last
    assert last is not None
    covering = [
        one
        for one in account.spans
        if one.first and one.last and one.first <= last <= one.last
        if not _is_other_page(span, one, touches=one.opening == span.closing)
    ]
    if covering:
        expected = [
            one.opening + _sum_until(account.totals, one, last)
            for one in covering
            if one.opening is not None
        ]
        ends = [one.closing for one in covering if one.last == last]
        starts = [one.opening for one in covering if one.first == last]
        return _side(
            span.closing, [*expected, *_given((*ends, *starts))], account.balances(last), 0
        )
    future = {one.first for one in account.spans if one.first and one.first > last}
    if not future:
        return Side(FIRST)
    nearest = min(future)
    gap = (nearest - last).days - 1
    found = _given(one.opening for one in account.spans if one.first == nearest)
    return _side(span.closing, found, (), gap)


def _is_other_page(span: Span, other: Span, *, touches: bool) -> bool:
    """Tell whether both are of one day, and the other says nothing of this side: it is a page further
    on, or further back.

    Args:
        span: The statement.
        other: The other one.
        touches: Whether their balances meet on this side.

    Returns:
        Whether to leave it out.
    """
    if not (span.first == span.last == other.first == other.last):
        return False
    same = (span.opening, span.closing) == (other.opening, other.closing)
    return not same and not touches


def _sum_until(totals: Mapping[date, int], one: Span, last: date) -> int:
    """Return what moved from a statement's first day until the end of a day."""
    assert one.first is not None
    return sum(total for day, total in totals.items() if one.first <= day <= last)


def _given(balances: Iterable[int | None]) -> list[int]:
    return [one for one in balances if one is not None]


def _side(balance: int | None, expected: Sequence[int], more: Iterable[int], gap: int) -> Side:
    if balance is None or not expected:
        return Side(UNKNOWN, None, gap)
    if balance in expected or balance in set(more):
        return Side(JOINS, balance, gap)
    return Side(BREAKS, expected[0], gap)
