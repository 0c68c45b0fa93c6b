"""The one rounding rule: which part of a sum belongs to an offset.

In: a total that became another total. Out: where an offset in the one lies in the other.
Guaranteed: exact integers, never going back, 0 maps to 0 and the end to the end. So the shares of
neighbours telescope: for 0 = x0 <= x1 <= ... <= xk = `total_from`, the sum of
`share(x(i+1)) - share(x(i))` is exactly `total_to`, however the interval is cut.
"""

from __future__ import annotations

from ledger.errors import InvariantError


def share(total_to: int, offset: int, total_from: int) -> int:
    """Map an offset in one total to the offset in what that total became.

    Args:
        total_to: What it became, minor units; not negative.
        offset: Offset in the first total, 0 to `total_from`.
        total_from: The first total, minor units of its own commodity; above 0.

    Returns:
        `total_to * offset / total_from`, halves rounded up, from 0 to `total_to`.

    Raises:
        InvariantError: An argument is out of its range; reason `share-range`.
    """
    if total_from <= 0 or total_to < 0 or not 0 <= offset <= total_from:
        raise InvariantError(
            reason="share-range", total_to=total_to, offset=offset, total_from=total_from
        )
    return (2 * total_to * offset + total_from) // (2 * total_from)


def share_interval(total_to: int, lo: int, hi: int, total_from: int) -> tuple[int, int]:
    """Map an interval of offsets; its share of `total_to` is the difference of the two results.

    Args:
        total_to: What the whole became, minor units; not negative.
        lo: First offset, 0 to `hi`.
        hi: Offset after the last, up to `total_from`.
        total_from: The whole, minor units; above 0.

    Returns:
        Both ends mapped by `share`.

    Raises:
        InvariantError: An argument is out of its range; reason `share-range`.
    """
    if lo > hi:
        raise InvariantError(reason="share-range", lo=lo, hi=hi, total_from=total_from)
    return share(total_to, lo, total_from), share(total_to, hi, total_from)
