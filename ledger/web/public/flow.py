"""The stage flow of a fund page: picture, table and sum, from one set of figures."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from markupsafe import Markup

from ledger.errors import InvariantError
from ledger.money import exponent
from ledger.projections.shapes import FundPage, Stage
from ledger.web.language import Voice
from reports.flow import flow_svg
from reports.flow_data import from_stages

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FlowSum:
    """The sum below the picture, recomputed here.

    Attributes:
        raised: What was received, minor units.
        joined: What joined behind the first stage.
        waiting: What stands at the six stages.
        left: What left.
        chained: Each stage is what the one before passed on, plus what joined.
    """

    raised: int
    joined: int
    waiting: int
    left: int
    chained: bool

    @property
    def difference(self) -> int:
        """Return what is explained less what came in; 0 when the sum holds."""
        return self.waiting + self.left - self.raised - self.joined

    @property
    def holds(self) -> bool:
        """Tell whether the page may draw the double rule."""
        return self.difference == 0 and self.chained


@dataclass(frozen=True, slots=True)
class Pictures:
    """The two layouts of the same flow; the style sheet shows the one that fits."""

    upright: Markup
    lying: Markup


def left_of(stage: Stage) -> int:
    """Add up what left at a stage."""
    return sum(part.amount_minor for part in stage.left)


def joined_of(stage: Stage) -> int:
    """Add up what joined at a stage."""
    return sum(part.amount_minor for part in stage.joined)


def flow_sum(page: FundPage) -> FlowSum:
    """Recompute the sum from the parts, and compare it with the figures at the head of the page.

    Args:
        page: Stages in order, and the figures that stand above them.

    Returns:
        Both sides of the equation.
    """
    stages = page.stages
    passed = [stage.reached_minor - stage.waiting_minor - left_of(stage) for stage in stages]
    came = [stage.reached_minor - joined_of(stage) for stage in stages[1:]]
    headed = (stages[0].reached_minor, stages[-1].reached_minor)
    return FlowSum(
        raised=page.raised_minor,
        joined=sum(joined_of(stage) for stage in stages[1:]),
        waiting=sum(stage.waiting_minor for stage in stages),
        left=sum(left_of(stage) for stage in stages),
        chained=passed[:-1] == came
        and passed[-1] == 0
        and headed == (page.raised_minor, page.spent_minor),
    )


def pictures(page: FundPage, say: Voice) -> Pictures | None:
    """Draw the flow in both layouts.

    Args:
        page: Stages in order.
        say: Language of the labels.

    Returns:
        None when the stages do not tile: then there is nothing true to draw, and the page says
        in words by how much.
    """
    try:
        flow = from_stages(page.commodity, page.stages)
    except InvariantError:
        logger.exception("flow does not tile", fund=page.slug)
        return None
    upright = flow_svg(flow, layout="upright", language=say.language, id_prefix="up")
    lying = flow_svg(flow, layout="lying", language=say.language, id_prefix="ly")
    return Pictures(Markup(upright), Markup(lying))  # noqa: S704 - drawn by us from numbers


def shares_sentence(page: FundPage, say: Voice) -> Markup | None:
    """Say what becomes of every hundred of a settled gift.

    Args:
        page: Stages in order.
        say: Language of the sentence.

    Returns:
        None before the first settlement. Amounts are rates here, and the sentence says "about".
    """
    first, second = page.stages[0], page.stages[1]
    taken = [part for part in first.left if part.key in {"platform_share", "tax"}]
    settled = second.reached_minor + sum(part.amount_minor for part in taken)
    if not settled or not taken:
        return None

    hundred = 100 * 10 ** exponent(page.commodity)

    def share(minor: int) -> str:
        return say.money((2 * minor * hundred + settled) // (2 * settled))

    parts = [say(f"flow.share.{part.key}", amount=share(part.amount_minor)) for part in taken]
    return say(
        "flow.shares",
        hundred=say.round_money(100),
        net=share(second.reached_minor),
        parts=say("comma").join(parts),
    )
