"""Turn the traced tree of a gift into ways from the first stage to where its parts stand.

In: the pieces of a trace. Out: parts; each has an amount at every piece it passed, and what left
between two. Guaranteed: the parts' amounts at any piece add up to the piece, what a part has at a
piece plus what left on the way there is what it had before, and nothing is negative. Where one
piece was left in several directions, what had been taken for it is divided by the one rounding
rule (`moneyline.shares`), so the parts tile at every stage.

After a conversion amounts stay in the gift's own commodity: they say what of the gift went on, not what it became.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.moneyline.shares import share
from ledger.moneyline.way import Piece


@dataclass(frozen=True, slots=True)
class Hop:
    """A part of a gift at one piece of its trace.

    Attributes:
        piece: Index of the piece.
        amount: What of the gift is there, minor units.
        left: What left on coming here.
        left_at: Where that lies in everything that left on coming here: the parts follow each other.
    """

    piece: int
    amount: int
    left: int = 0
    left_at: int = 0


Part = tuple[Hop, ...]
"""One way: hops from the first piece on."""


def parts_of(pieces: Sequence[Piece]) -> list[Part]:
    """Divide a trace into ways.

    Args:
        pieces: What `trace` returned, whole.

    Returns:
        At least one way, in the order of the gift's units.
    """
    children: dict[int, list[int]] = {}
    for index, piece in enumerate(pieces):
        if piece.parent is not None:
            children.setdefault(piece.parent, []).append(index)
    # Children come after their parents, so from the end each piece finds its children done.
    done: dict[int, list[Part]] = {}
    for index in range(len(pieces) - 1, -1, -1):
        piece = pieces[index]
        parts: list[Part] = []
        for child in children.get(index, ()):
            parts += _onward(pieces, index, child, done.pop(child))
        if piece.waiting or not parts:
            parts.append((Hop(index, piece.waiting),))
        done[index] = parts
    return done[0]


def _onward(pieces: Sequence[Piece], index: int, child: int, parts: list[Part]) -> list[Part]:
    """Put a piece before the ways of one of its children."""
    taken = pieces[child].taken or 0
    total = sum(part[0].amount for part in parts)
    converted = pieces[index].line.commodity != pieces[child].line.commodity
    made: list[Part] = []
    reached = before = left_at = 0
    for part in parts:
        reached += part[0].amount
        upto = share(taken, reached, total) if total else taken
        mine, before = upto - before, upto
        if converted:
            made.append((Hop(index, mine), *(Hop(hop.piece, mine) for hop in part)))
            continue
        left = mine - part[0].amount
        arrived = replace(part[0], left=left, left_at=left_at)
        left_at += left
        made.append((Hop(index, mine), arrived, *part[1:]))
    return made


def split_left(total: Sequence[int], lo: int, hi: int) -> tuple[int, ...]:
    """Divide a part of what left at a crossing among its causes.

    The causes lie interleaved on one line of length `sum(total)`; neighbouring intervals add up to
    those of the whole, so that all gifts of a settlement together pay exactly its tax, its refunds
    and its share.

    Args:
        total: What each cause took at the whole crossing, minor units.
        lo: Where the part begins.
        hi: Where it ends, up to `sum(total)`.

    Returns:
        For each cause its part; they add up to `hi - lo`.
    """
    found = []
    rest = sum(total)
    for amount in total:
        first = share(amount, lo, rest) if rest else 0
        last = share(amount, hi, rest) if rest else 0
        found.append(last - first)
        # What this cause did not take keeps its order on a shorter line.
        lo, hi, rest = lo - first, hi - last, rest - amount
    return tuple(found)
