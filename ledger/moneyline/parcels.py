"""What of one transfer is under way: intervals of a transit line, in the order in which they are to leave it.

Pure values, shared by the door and by whoever checks it. Positions and lengths are in minor units.
"""

from __future__ import annotations

Parcels = tuple[tuple[int, int], ...]
"""Start and length of each interval; none is empty."""


def total(parcels: Parcels) -> int:
    """Return how much is under way."""
    return sum(length for _, length in parcels)


def put(parcels: Parcels, start: int, length: int) -> Parcels:
    """Put an interval behind the others; one that goes on where the last ends is joined to it.

    Args:
        parcels: What is under way.
        start: Where it lies.
        length: Above zero.

    Returns:
        The same with it.
    """
    if parcels and sum(parcels[-1]) == start:
        return (*parcels[:-1], (parcels[-1][0], parcels[-1][1] + length))
    return (*parcels, (start, length))


def take(parcels: Parcels, amount: int) -> tuple[Parcels, Parcels]:
    """Take an amount from the front.

    Args:
        parcels: What is under way.
        amount: No more than that.

    Returns:
        What was taken, and what is left.
    """
    taken: list[tuple[int, int]] = []
    for at, (start, length) in enumerate(parcels):
        if amount < length:
            head = [(start, amount)] if amount else []
            return (*taken, *head), ((start + amount, length - amount), *parcels[at + 1 :])
        taken.append((start, length))
        amount -= length
    return tuple(taken), ()


def take_back(parcels: Parcels, start: int, length: int) -> tuple[Parcels, Parcels]:
    """Take the interval of a sending that is undone; where it does not lie there any more, as much from the end.

    Args:
        parcels: What is under way.
        start: Where the sending put it.
        length: How much it put there; no more than is under way.

    Returns:
        What was taken, and what is left.
    """
    for at, (first, size) in enumerate(parcels):
        if first <= start and start + length <= first + size:
            before = [(first, start - first)] if start > first else []
            end = start + length
            after = [(end, first + size - end)] if end < first + size else []
            return ((start, length),), (*parcels[:at], *before, *after, *parcels[at + 1 :])
    left, taken = take(parcels, total(parcels) - length)
    return taken, left


def as_text(parcels: Parcels) -> str:
    """Write parcels as a table keeps them: `12+5,30+1`."""
    return ",".join(f"{start}+{length}" for start, length in parcels)


def from_text(text: str) -> Parcels:
    """Read what `as_text` wrote."""
    pairs = (one.split("+") for one in text.split(",") if one)
    return tuple((int(start), int(length)) for start, length in pairs)
