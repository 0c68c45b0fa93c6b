"""The stage flow as data: six stages that must tile, and the widths at which they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.errors import InvariantError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.projections.shapes import Stage

STAGE_KEYS = ("raised", "settled", "bank", "transit", "fund", "work")
"""The six stages of the money line, in its order."""

LEFT_KEYS = (
    "platform_share",
    "tax",
    "platform_fee",
    "refund",
    "chargeback",
    "written_off",
    "bank_fee",
    "management_cost",
    "donation_refund",
    "other",
)
"""Where money goes that leaves."""

JOINED_KEYS = ("opening", "interest", "donation", "returned_grant", "unattributed", "other")
"""Where money comes from that joins the way without having been a gift here."""

MILLI = 1000
"""Lengths are integers in thousandths of a drawing unit, so that the same flow gives the same text anywhere."""

THINNEST_MILLI = 1500
"""What is not zero is drawn at least 1.5 units wide, else it could not be seen."""


@dataclass(frozen=True, slots=True)
class FlowStage:
    """One stage with what it has seen and what it holds.

    Attributes:
        key: One of `STAGE_KEYS`.
        reached_minor: Everything that ever reached it, in minor units; 0 or more.
        waiting_minor: Its balance now; at `work` everything that reached it.
        left: Where money left the way here: pairs of one of `LEFT_KEYS` and an amount of 0 or more, largest
            first by habit. Empty at `work`.
        longest_wait_days: Age in days of the oldest money waiting here; None when nothing waits or at `work`.
        late: The oldest money has waited longer than was promised.
        average_days: Average days from here to the next stage, already written, such as `7.2`; None if unknown.
        joined: Money that reached this stage without passing the one before (interest, an opening balance):
            pairs of one of `JOINED_KEYS` and an amount of 0 or more. Counted in `reached_minor`.
    """

    key: str
    reached_minor: int
    waiting_minor: int
    left: tuple[tuple[str, int], ...] = ()
    longest_wait_days: int | None = None
    late: bool = False
    average_days: str | None = None
    joined: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """The whole way of a fund's money in one commodity, since its beginning.

    Attributes:
        commodity: ISO 4217 code of all amounts.
        stages: The six stages in the order of `STAGE_KEYS`.
    """

    commodity: str
    stages: tuple[FlowStage, ...]

    def __post_init__(self) -> None:
        """Refuse a flow whose parts do not tile."""
        check_flow(self)


@dataclass(frozen=True, slots=True)
class FlowSums:
    """The sum under the picture: `waiting + left = raised + joined`.

    Attributes:
        raised_minor: Everything that reached the first stage.
        joined_minor: Everything that joined behind the first stage.
        waiting_minor: What stands at the six stages, what is at work included.
        left_minor: What left the way.
    """

    raised_minor: int
    joined_minor: int
    waiting_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One row of the table beside the picture.

    Attributes:
        number: 1 to 6.
        key: One of `STAGE_KEYS`.
        reached_minor: As in the stage.
        waiting_minor: As in the stage.
        longest_wait_days: As in the stage.
        late: As in the stage.
        left_minor: Sum of `left`.
        left: Parts that are not zero.
        joined: Parts that are not zero.
    """

    number: int
    key: str
    reached_minor: int
    waiting_minor: int
    longest_wait_days: int | None
    late: bool
    left_minor: int
    left: tuple[tuple[str, int], ...]
    joined: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class StageWidths:
    """How wide the parts of one stage are drawn, in thousandths of a unit.

    Attributes:
        bar: The whole stage: onward, waiting and left.
        onward: What moves on.
        waiting: What waits.
        left: One width for each part of `left`, in its order.
    """

    bar: int
    onward: int
    waiting: int
    left: tuple[int, ...]


def from_stages(commodity: str, stages: Sequence[Stage]) -> Flow:
    """Take the stages of the fund page's projection.

    Args:
        commodity: ISO 4217 code.
        stages: The six, in order.

    Returns:
        The same figures, ready to draw.

    Raises:
        InvariantError: They do not tile.
    """
    return Flow(
        commodity,
        tuple(
            FlowStage(
                key="transit" if stage.key == "sent" else stage.key,
                reached_minor=stage.reached_minor,
                waiting_minor=stage.waiting_minor,
                left=tuple((left.key, left.amount_minor) for left in stage.left),
                longest_wait_days=stage.longest_wait_days,
                late=stage.late,
                average_days=_tenths(stage.average_tenths),
                joined=tuple((part.key, part.amount_minor) for part in stage.joined),
            )
            for stage in stages
        ),
    )


def _tenths(tenths: int | None) -> str | None:
    return None if tenths is None else f"{tenths // 10}.{tenths % 10}"


def _total(parts: Iterable[tuple[str, int]]) -> int:
    return sum(amount for _, amount in parts)


def check_flow(flow: Flow) -> None:
    """Make sure that nothing is lost or invented between the stages.

    Args:
        flow: What is to be drawn.

    Raises:
        InvariantError: Stages are missing, a part is negative or unknown, or what reached a stage is not what
            waits, left and moved on; fields `what`, `stage`, `left`, `right`.
    """
    if tuple(stage.key for stage in flow.stages) != STAGE_KEYS:
        raise InvariantError(what="flow-stages", stages=tuple(stage.key for stage in flow.stages))
    for index, stage in enumerate(flow.stages):
        _check_parts(stage)
        following = flow.stages[index + 1] if index + 1 < len(flow.stages) else None
        onward = following.reached_minor - _total(following.joined) if following else 0
        explained = stage.waiting_minor + _total(stage.left) + onward
        if onward < 0 or explained != stage.reached_minor:
            raise InvariantError(
                what="flow-conservation",
                stage=stage.key,
                left=stage.reached_minor,
                right=explained,
            )


def _check_parts(stage: FlowStage) -> None:
    amounts = (stage.reached_minor, stage.waiting_minor)
    parts = stage.left + stage.joined
    if min(amounts) < 0 or any(amount < 0 for _, amount in parts):
        raise InvariantError(what="flow-negative", stage=stage.key)
    unknown = [key for key, _ in stage.left if key not in LEFT_KEYS]
    unknown += [key for key, _ in stage.joined if key not in JOINED_KEYS]
    if unknown:
        raise InvariantError(what="flow-part", stage=stage.key, part=unknown[0])


def flow_sums(flow: Flow) -> FlowSums:
    """Add up both sides of the equation under the picture, each from its own parts."""
    return FlowSums(
        raised_minor=flow.stages[0].reached_minor,
        joined_minor=sum(_total(stage.joined) for stage in flow.stages[1:]),
        waiting_minor=sum(stage.waiting_minor for stage in flow.stages),
        left_minor=sum(_total(stage.left) for stage in flow.stages),
    )


def flow_table(flow: Flow) -> tuple[FlowRow, ...]:
    """Give the figures of the picture as rows, one a stage, in order."""
    return tuple(
        FlowRow(
            number=number,
            key=stage.key,
            reached_minor=stage.reached_minor,
            waiting_minor=stage.waiting_minor,
            longest_wait_days=stage.longest_wait_days,
            late=stage.late,
            left_minor=_total(stage.left),
            left=tuple(part for part in stage.left if part[1]),
            joined=tuple(part for part in stage.joined if part[1]),
        )
        for number, stage in enumerate(flow.stages, start=1)
    )


def flow_widths(flow: Flow, widest: int) -> tuple[StageWidths, ...]:
    """Measure the parts, from the last stage backwards, so that they tile exactly.

    A stage is as wide as what follows it, less what joined there, plus its own parts. Parts too thin to see take
    `THINNEST_MILLI`, and the others share what is left of the width.

    Args:
        flow: What is to be drawn.
        widest: How wide all the money there is may be, in thousandths of a unit.

    Returns:
        Six widths in the order of the stages.
    """
    ends = [stage.waiting_minor for stage in flow.stages]
    ends += [amount for stage in flow.stages for _, amount in stage.left]
    numerator, denominator = _scale(ends, widest)
    measured: list[StageWidths] = []
    following = 0
    for index in range(len(flow.stages) - 1, -1, -1):
        stage = flow.stages[index]
        waiting = _width(stage.waiting_minor, numerator, denominator)
        left = tuple(_width(amount, numerator, denominator) for _, amount in stage.left)
        bar = following + waiting + sum(left)
        measured.append(StageWidths(bar=bar, onward=following, waiting=waiting, left=left))
        joined = _total(stage.joined)
        moved = stage.reached_minor - joined
        beside = _width(joined, numerator, denominator)
        following = max(bar - beside, THINNEST_MILLI) if moved else 0
    return tuple(reversed(measured))


def _scale(amounts: list[int], widest: int) -> tuple[int, int]:
    """Find the scale at which the large parts fill what the thinnest ones leave free."""
    large = [amount for amount in amounts if amount]
    free = widest
    while large:
        total = sum(large)
        thin = [amount for amount in large if amount * free < THINNEST_MILLI * total]
        if not thin:
            return free, total
        large = [amount for amount in large if amount not in thin]
        free -= THINNEST_MILLI * len(thin)
    return 0, 1


def _width(amount: int, numerator: int, denominator: int) -> int:
    return max(amount * numerator // denominator, THINNEST_MILLI) if amount else 0
