"""The way of an interval: through which segments its units went, and where they wait.

In: an interval of a line, and a way to look up segments and voids. Out: pieces, a flattened tree.
Guaranteed: at every piece, what arrived = what waits + what was taken on; at every crossing, what
was taken = what arrived + what was left behind (where the commodity stays the same). Pieces of
neighbouring intervals add up to those of the whole. The cost is one look-up a piece.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ledger.errors import InvariantError
from ledger.moneyline.intervals import (
    PLATFORM,
    Line,
    Segment,
    effective_offset,
    is_platform,
    map_interval,
)

Find = Callable[[Line, int, int], Sequence[Segment]]
"""Gives the segments whose source is a line and which overlap an interval of it, in any order."""

Voids = Callable[[Line, int, int], Sequence[tuple[int, int]]]
"""Gives the voids (start, length) of a line that overlap an interval of it, in any order."""

DEPTH_MAX = 4096
"""A way may come back to a line (a returned transfer), but never so often: data that runs in a
circle must not keep us."""


class Stage(StrEnum):
    """Where money stands, in the order of its way; `COST` and `OTHER` lie beside it."""

    RAISED = "raised"
    SETTLED = "settled"
    BANK = "bank"
    TRANSIT = "transit"
    FUND = "fund"
    PROGRAMME = "programme"
    COST = "cost"
    OTHER = "other"


_STAGES = (
    (PLATFORM, Stage.RAISED),
    ("Assets:Payout:", Stage.SETTLED),
    ("Assets:Bank:", Stage.BANK),
    ("Assets:InTransit:", Stage.TRANSIT),
    ("Assets:Fund:", Stage.FUND),
    ("Expenses:Programme:", Stage.PROGRAMME),
    ("Expenses:", Stage.COST),
)


def stage_of(account: str) -> Stage:
    """Name the stage of an account.

    Args:
        account: Account name.

    Returns:
        Its stage; `OTHER` for what is neither on the way nor an expense.
    """
    return next((stage for start, stage in _STAGES if account.startswith(start)), Stage.OTHER)


@dataclass(frozen=True, slots=True)
class Piece:
    """Units that lay side by side on one line.

    Attributes:
        line: The line.
        lo: First raw position.
        hi: Raw position after the last.
        amount: Units of value in it: `hi - lo` less the voids inside. 0 if all was left behind.
        waiting: Those of them that nothing has taken on: they are still here.
        via: Segment by which they came; None for the first piece.
        taken: Units that `via` took for them, in the commodity of its source; None for the first.
        parent: Index of the piece they were taken from, in the list that `trace` returned.
        depth: Segments passed since the first piece.
    """

    line: Line
    lo: int
    hi: int
    amount: int
    waiting: int
    via: Segment | None
    taken: int | None
    parent: int | None
    depth: int

    @property
    def left(self) -> int | None:
        """Units left behind on the way here: fees, shares, tax, rounding.

        None for the first piece, and where the commodity changed (then it cannot be said).
        """
        if self.via is None or self.via.source is None or self.taken is None:
            return None
        same = self.via.source.commodity == self.line.commodity
        return self.taken - self.amount if same else None


class _Step(NamedTuple):
    """A piece still to be looked at."""

    line: Line
    lo: int
    hi: int
    via: Segment | None = None
    taken: int | None = None
    parent: int | None = None
    depth: int = 0


def trace(
    line: Line,
    lo: int,
    hi: int,
    find: Find,
    voids: Voids,
) -> list[Piece]:
    """Follow an interval to where its units are now.

    Args:
        line: Where to begin: for a gift, its platform's line.
        lo: First raw position: for a gift, what its entry states.
        hi: Raw position after the last.
        find: Looks up segments; asked once a piece.
        voids: Looks up voids; asked for platforms' lines only.

    Returns:
        The first piece, then each piece after the one it was taken from, by position. A boundary
        that cuts the interval gives several pieces.

    Raises:
        InvariantError: `lo > hi`, or the segments overlap, go back in time or run in a circle.
    """
    if not 0 <= lo <= hi:
        raise InvariantError(reason="outside", account=line.account, lo=lo, hi=hi)
    pieces: list[Piece] = []
    ahead = [_Step(line, lo, hi)]
    while ahead:
        step = ahead.pop()
        onward = _onward(step, len(pieces), find, voids)
        amount = _value(step.line, step.lo, step.hi, voids)
        waiting = amount - sum(child.taken or 0 for child in onward)
        pieces.append(
            Piece(
                line=step.line,
                lo=step.lo,
                hi=step.hi,
                amount=amount,
                waiting=waiting,
                via=step.via,
                taken=step.taken,
                parent=step.parent,
                depth=step.depth,
            )
        )
        ahead.extend(reversed(onward))
    return pieces


def _value(line: Line, lo: int, hi: int, voids: Voids) -> int:
    """Count the units of value in an interval.

    Args:
        line: Its line.
        lo: First raw position.
        hi: Raw position after the last.
        voids: As for `trace`.

    Returns:
        Units.
    """
    return effective_offset(lo, hi, voids(line, lo, hi)) if is_platform(line) else hi - lo


def _onward(step: _Step, index: int, find: Find, voids: Voids) -> list[_Step]:
    """Look up what took a piece on, and map the parts.

    Args:
        step: The piece.
        index: Its place in the list of pieces.
        find: As for `trace`.
        voids: As for `trace`.

    Returns:
        One step for each segment that took units of value, by position.

    Raises:
        InvariantError: The segments overlap, go back in time or run in a circle.
    """
    if step.lo == step.hi:
        return []
    onward = []
    reached = step.lo
    segments = sorted(find(step.line, step.lo, step.hi), key=lambda segment: segment.start)
    for segment in segments:
        first, last = max(step.lo, segment.start), min(step.hi, segment.end)
        back = step.via is not None and segment.seq < step.via.seq
        if first < reached or last <= first or back or step.depth >= DEPTH_MAX:
            reason = "back-in-time" if back else "circle" if last > first >= reached else "overlap"
            raise InvariantError(
                reason=reason, account=step.line.account, seq=segment.seq, lo=first, hi=last
            )
        reached = last
        inside = voids(step.line, segment.start, last) if is_platform(step.line) else ()
        taken = effective_offset(first, last, inside)
        if taken:
            to_lo, to_hi = map_interval(segment, first, last, inside)
            onward.append(
                _Step(segment.target, to_lo, to_hi, segment, taken, index, step.depth + 1)
            )
    return onward


@dataclass(slots=True)
class StageTotal:
    """What a way did at one stage, in one commodity.

    Attributes:
        reached: Units that came here for the first time; what returned is not counted again.
        waiting: Units that are here now.
        left: Units left behind on the way to here, from pieces of the same commodity.
    """

    reached: int = 0
    waiting: int = 0
    left: int = 0


def totals_by_stage(pieces: Sequence[Piece]) -> dict[tuple[Stage, str], StageTotal]:
    """Add up a way by stage and commodity.

    While the commodity does not change, the amount of the first piece is the sum of `waiting` and
    `left` over all stages.

    Args:
        pieces: What one call of `trace` returned, whole.

    Returns:
        Totals by stage and commodity, in the order of the stages; only those that were reached.
    """
    totals: dict[tuple[Stage, str], StageTotal] = {}
    passed: list[frozenset[Stage]] = []
    for piece in pieces:
        stage = stage_of(piece.line.account)
        before = frozenset[Stage]() if piece.parent is None else passed[piece.parent]
        passed.append(before | {stage})
        total = totals.setdefault((stage, piece.line.commodity), StageTotal())
        total.reached += 0 if stage in before else piece.amount
        total.waiting += piece.waiting
        total.left += piece.left or 0
    order = list(Stage)
    return dict(sorted(totals.items(), key=lambda item: (order.index(item[0][0]), item[0][1])))
