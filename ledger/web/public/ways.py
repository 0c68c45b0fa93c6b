"""What a gift's page says: where the money is, how it got there, whether it adds up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from markupsafe import Markup

from ledger.projections.shapes import GiftPage, StageKey, Step, Way
from ledger.web.language import Voice


@dataclass(frozen=True, slots=True)
class GiftSum:
    """The sum at the end of a gift's ways, recomputed here.

    Attributes:
        parts: What stands where the ways have come to, then what left, each in minor units.
        total: Their sum.
        given: The gift's value.
        stepped: At each step the amount is the one before less what left.
    """

    parts: tuple[int, ...]
    total: int
    given: int
    stepped: bool

    @property
    def holds(self) -> bool:
        """Tell whether the page may draw the double rule."""
        return self.total == self.given and self.stepped


def standing(way: Way) -> Step:
    """Return the last step of a way that the money has reached."""
    return [step for step in way.steps if step.reached][-1]


def gift_sum(page: GiftPage) -> GiftSum:
    """Add up what is where and what left, over all ways of a gift."""
    stands = [standing(way).amount_minor for way in page.ways]
    lefts = [
        part.amount_minor
        for way in page.ways
        for step in way.steps
        if step.reached
        for part in step.left
    ]
    parts = tuple(stands + lefts)
    stepped = all(_steps_down(way) for way in page.ways)
    split = sum(way.amount_minor for way in page.ways) == page.amount_minor
    return GiftSum(parts, sum(parts), page.amount_minor, stepped and split)


def _steps_down(way: Way) -> bool:
    before = way.amount_minor
    for step in way.steps:
        if not step.reached:
            return True
        if step.amount_minor + sum(part.amount_minor for part in step.left) != before:
            return False
        before = step.amount_minor
    return True


def title(page: GiftPage, say: Voice) -> Markup:
    """Say the outcome in one sentence, for people who see only the title of a shared page."""
    given = say.money(page.amount_minor)
    if page.reversal is not None and not page.reversal.after_settlement:
        return say("gift.title.reversed", amount=given)
    where: Counter[StageKey] = Counter()
    for way in page.ways:
        step = standing(way)
        where[step.key] += step.amount_minor
    if set(where) == {"raised"}:
        return say("gift.title.raised", amount=given)
    parts = [
        say(f"gift.part.{key}", amount=say.money(minor))
        for key, minor in reversed(list(where.items()))
    ]
    return say("gift.title", amount=given, parts=say("comma").join(parts))


def lead(page: GiftPage, say: Voice, receipt: str) -> Markup:
    """Say who gave what, when and where."""
    paid = say.money(page.amount_minor)
    if page.units is not None and page.units_commodity is not None:
        paid = say("gift.worth", units=say.money(page.units, page.units_commodity), amount=paid)
    return say(
        "gift.lead",
        name=say.nickname(page.name) if page.name else say("gift.someone"),
        day=say.full_day_of(page.at),
        time=say.time(page.at),
        channel=say.words(page.channel),
        paid=paid,
        receipt=Markup('<span class="code">{}</span>').format(receipt),
    )


def how(way: Way, say: Voice) -> Markup | None:
    """Tell the last movements of a way in one sentence; None before the first one."""
    done = [step for step in way.steps if step.reached and step.at and step.key != "raised"]
    told = [step for step in done if step.key in {"sent", "fund", "work"}] or done[-1:]
    if not told:
        return None
    return say("gift.how", steps=say("comma").join(_movement(step, say) for step in told))


def _movement(step: Step, say: Voice) -> Markup:
    day = say.day_of(step.at) if step.at else ""
    disease = say.words(step.disease) if step.disease else ""
    return say(f"gift.how.{step.key}", day=day, n=step.transfer or "", disease=disease)


def verdict(page: GiftPage, say: Voice) -> tuple[str, Markup]:
    """Count the checks.

    Returns:
        The tone of the panel (`holds`, `late` or `wrong`) and its first words.
    """
    counts = Counter(check.outcome for check in page.checks)
    if counts["fails"]:
        return "wrong", say("gift.checks_fail", failed=say.counted(counts["fails"], "check"))
    held = say.counted(counts["holds"], "check")
    if counts["unknown"]:
        unknown = say.counted(counts["unknown"], "check")
        return "holds", say("gift.checks_some", checks=held, unknown=unknown)
    return "holds", say("gift.checks_hold", checks=held)


def detail(step: Step, say: Voice) -> Markup:
    """Say what moved the money to a step."""
    if step.key == "settled" and step.channel is not None:
        key = "way.settlement_reference" if step.reference else "way.settlement"
        return say(key, channel=say.words(step.channel), reference=step.reference or "")
    if step.key in {"bank", "fund"} and step.account_tail:
        return say(f"way.{step.key}", tail=step.account_tail)
    if step.key == "sent" and step.transfer is not None:
        return say("way.sent", n=step.transfer)
    if step.key == "work" and step.disease is not None:
        return _batch(step, say)
    return Markup()


def _batch(step: Step, say: Voice) -> Markup:
    text = say("way.work", disease=say.words(step.disease)) if step.disease else Markup()
    if step.batch_minor is not None:
        text += say("way.batch", amount=say.money(step.batch_minor))
        if step.batch_times is not None:
            text += say("way.batch_times", times=say.counted(step.batch_times, "time"))
    return text


def thickness(step: Step, given: int) -> int:
    """Return the width class of the line below a step: 1 to 5, thinner where money has left."""
    return max(1, min(5, -(-5 * step.amount_minor // given))) if given > 0 else 1
