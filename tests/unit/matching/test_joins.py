"""Statements of an account follow from each other, or do not."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.matching.joins import Account, Joined, Side, Span, family_of, join, overlapping

DAY = date(2026, 10, 1)


def span(first: int, last: int, opening: int | None, closing: int | None, part: int = 1) -> Span:
    """Make a statement of days of October, counted from 1."""
    days = (DAY + timedelta(days=first - 1), DAY + timedelta(days=last - 1))
    return Span(*days, opening, closing, "mt", b"", part)


def joined(one: Span, *others: Span, lines: dict[int, int] | None = None) -> Joined:
    totals = {DAY + timedelta(days=day - 1): total for day, total in (lines or {}).items()}
    return join(one, Account(others, Counter(totals), lambda _day: ()))


@pytest.mark.parametrize(
    ("one", "others", "before", "after", "broken"),
    [
        # The first of its account.
        (span(1, 5, 0, 10), (), ("first", None), ("first", None), False),
        # Day follows day.
        (span(6, 9, 10, 20), (span(1, 5, 0, 10),), ("joins", 0), ("first", None), False),
        (span(1, 5, 0, 10), (span(6, 9, 10, 20),), ("first", None), ("joins", 0), False),
        (span(6, 9, 11, 20), (span(1, 5, 0, 10),), ("breaks", 0), ("first", None), True),
        # Days without a statement: nothing moved in them, or a file is missing.
        (span(9, 9, 10, 20), (span(1, 5, 0, 10),), ("joins", 3), ("first", None), False),
        (span(9, 9, 15, 20), (span(1, 5, 0, 10),), ("breaks", 3), ("first", None), True),
        # It joins on one side: the gap on the other is only a missing file.
        (
            span(6, 6, 10, 20),
            (span(1, 5, 0, 10), span(9, 9, 50, 60)),
            ("joins", 0),
            ("breaks", 2),
            False,
        ),
        (
            span(6, 8, 10, 20),
            (span(1, 5, 0, 10), span(9, 9, 50, 60)),
            ("joins", 0),
            ("breaks", 0),
            True,
        ),
        # Nothing to compare.
        (span(6, 9, None, 20), (span(1, 5, 0, 10),), ("unknown", 0), ("first", None), False),
        (span(6, 9, 10, 20), (span(1, 5, None, None),), ("unknown", 0), ("first", None), False),
    ],
)
def test_how_a_statement_meets_its_neighbours(
    one: Span,
    others: tuple[Span, ...],
    before: tuple[str, int | None],
    after: tuple[str, int | None],
    broken: bool,
) -> None:
    found = joined(one, *others)
    assert (found.before.verdict, found.before.gap_days) == before
    assert (found.after.verdict, found.after.gap_days) == after
    assert found.is_broken is broken


def test_a_statement_within_another_is_held_to_the_lines_of_its_days() -> None:
    month, lines = span(1, 30, 0, 90), {2: 40, 10: 30, 20: 20}
    assert joined(span(10, 15, 40, 70), month, lines=lines) == Joined(
        Side("joins", 40, 0), Side("joins", 70, 0)
    )
    assert joined(span(10, 15, 41, 71), month, lines=lines).is_broken
    assert joined(span(10, 15, 40, 71), month, lines=lines).is_broken


def test_pages_of_one_day_may_come_in_any_order() -> None:
    pages = [span(5, 5, 0, 10, 1), span(5, 5, 10, 30, 2), span(5, 5, 30, 25, 3)]
    lines = {5: 25}
    for one in pages:
        others = [other for other in pages if other is not one]
        assert not joined(one, *others, lines=lines).is_broken


def test_a_side_is_covered_only_where_days_meet() -> None:
    spans = [span(1, 5, 0, 1), span(5, 9, 1, 2), span(11, 12, 2, 3)]
    assert overlapping(span(5, 5, 0, 0), spans) == tuple(spans[:2])
    assert overlapping(span(10, 10, 0, 0), spans) == ()


def test_formats_that_name_lines_alike_are_one_family() -> None:
    assert family_of("camt052") == family_of("camt053") == family_of("camt054")
    assert family_of("mt940") == family_of("mt942")
    assert len({family_of(one) for one in ("camt053", "mt940", "ofx", "wechat_trade")}) == 4


@given(
    moves=st.lists(st.integers(-500, 500), min_size=1, max_size=20),
    cuts=st.sets(st.integers(1, 19)),
    order=st.randoms(use_true_random=False),
)
def test_a_whole_history_joins_whatever_comes_first(
    moves: list[int], cuts: set[int], order: object
) -> None:
    """Cut a history into statements and take them in any order, again and again: none is left over."""
    ends = [*sorted(cut for cut in cuts if cut < len(moves)), len(moves)]
    starts = [0, *ends[:-1]]
    spans = [
        span(start + 1, end, sum(moves[:start]), sum(moves[:end]))
        for start, end in zip(starts, ends, strict=True)
    ]
    lines = {day + 1: move for day, move in enumerate(moves)}
    waiting = list(spans)
    order.shuffle(waiting)  # type: ignore[attr-defined]
    taken: list[Span] = []
    while waiting:
        fitting = [one for one in waiting if not joined(one, *taken, lines=lines).is_broken]
        assert fitting, (taken, waiting)
        taken.append(fitting[0])
        waiting.remove(fitting[0])
