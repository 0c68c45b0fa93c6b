"""Look at a column of values as a whole: most columns of neighbouring gifts hold one value only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 1024
"""Gifts to a column: enough that a call for all of them is cheap for each, and few enough that what it makes is still
in the processor's cache when the next call takes it (with 8,192 opening a gift takes a third longer)."""


def differing(column: Sequence[T], usual: T) -> Sequence[int]:
    """Return the places whose value is not the usual one, rising."""
    count = column.count(usual)
    if count == len(column):
        return ()
    if not count:
        return range(len(column))
    return [at for at, value in enumerate(column) if value != usual]


def changes(column: Sequence[T], before: T | None) -> Iterator[int]:
    """Find where a value differs from the one before it.

    Args:
        column: Values.
        before: What stood before the first; None for nothing.

    Yields:
        Places, rising.
    """
    if before is not None and column.count(before) == len(column):
        return
    last = before
    for at, value in enumerate(column):
        if value != last:
            yield at
            last = value


def groups_of(*columns: Sequence[T]) -> Iterable[tuple[tuple[T, ...], Sequence[int]]]:
    """Group places by what stands in them.

    Args:
        columns: At least one, all of the same length, not empty.

    Returns:
        For each different combination of values: it, and its places, rising; in the order in which they come first.
    """
    first = tuple(column[0] for column in columns)
    length = len(columns[0])
    if all(column.count(value) == length for column, value in zip(columns, first, strict=True)):
        return ((first, range(length)),)
    groups: dict[tuple[T, ...], list[int]] = {}
    for at, key in enumerate(zip(*columns, strict=True)):
        groups.setdefault(key, []).append(at)
    return groups.items()


def taken(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """Return the values at some places."""
    return column if len(places) == len(column) else [column[at] for at in places]


def first_difference(one: Sequence[object], other: Sequence[object]) -> int:
    """Return the first place in which two sequences differ; the length of the shorter when none does."""
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))
