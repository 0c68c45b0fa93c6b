"""Which expectations bank lines meet, in passes from the surest to the weakest.

Pure. Account, currency and direction are always equal. A pass sees only what earlier passes left, and confirms only
what is unique from both sides; the rest is suggested to a person, or said to be ambiguous. No score confirms.

Source:
    Reconciliation rules, section 4.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from ledger.errors import InvariantError
from ledger.matching.carrying import References
from ledger.matching.equal_sums import pair_equal_sums
from ledger.matching.items import (
    OTHERS_MAX,
    Comparison,
    Expectation,
    Match,
    Observation,
    Other,
    Outcome,
    Run,
    compare,
    is_near,
    is_near_by_reference,
    other_reference,
    same_party,
    same_side,
    score,
)
from ledger.matching.subsets import subset_with_sum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

RULE_VERSION = "passes-2"
"""Kept with every match; changes when a pass changes what it confirms or suggests."""

SATURDAY = 5
UNIQUE_DAYS = 10
RUN_DAYS = (-1, 7)
"""From the last day of a run, both included."""

SUBSET_LEGS = (2, 6)
SPLIT_LEGS = (2, 4)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a fund may change about the passes; each change is a decision of two people.

    Attributes:
        confirm_amount_and_date: Whether the pass `amount-date` may confirm what is unique within ten days.
        amount_and_date_steps: Steps that the pass looks at: never gifts, whose prices repeat all day.
        tolerance_minor: Most that may be booked away by the pass `tolerance`, minor units.
        holidays: Days that are no working days beside Saturdays and Sundays.
        workdays: Saturdays and Sundays that are.
    """

    confirm_amount_and_date: bool = False
    amount_and_date_steps: tuple[str, ...] = ("R3", "R4", "R5", "R6")
    tolerance_minor: int = 100
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class _Open:
    """What earlier passes left.

    Attributes:
        expectations: By their ids.
        observations: By their ids.
        carrying: All pairs of these in which the line carries a reference: the same in every pass.
        rules: The fund's.
        named_runs: Periods that were paid together.
    """

    expectations: tuple[Expectation, ...]
    observations: tuple[Observation, ...]
    carrying: tuple[_Fit, ...]
    rules: Rules
    named_runs: frozenset[Run]

    def without(self, matches: Iterable[Match]) -> _Open:
        """Leave out all that these matches name, decided or not."""
        expected: set[str] = set()
        observed: set[str] = set()
        for one in matches:
            expected.update(one.expectations)
            observed.update(one.observations)
        if not expected and not observed:
            return self
        return replace(
            self,
            expectations=tuple(one for one in self.expectations if one.id not in expected),
            observations=tuple(one for one in self.observations if one.id not in observed),
            carrying=tuple(
                (one, other)
                for one, other in self.carrying
                if one.id not in expected and other.id not in observed
            ),
        )


def match(
    expectations: Iterable[Expectation],
    observations: Iterable[Observation],
    rules: Rules | None = None,
    named_runs: Iterable[Run] = (),
) -> Outcome:
    """Match in passes: identity, reference, batch, run, amount-date, subset, split, tolerance; the rest stays open.

    Args:
        expectations: In any order, ids unique.
        observations: In any order, ids unique; pending lines are not among them.
        rules: The fund's; the defaults unless given.
        named_runs: Periods that a platform's own statement says were paid together.

    Returns:
        Confirmed, suggested and ambiguous matches, and what stays open.

    Raises:
        InvariantError: Two expectations or two observations have one id.
    """
    things = tuple(sorted(expectations, key=lambda one: one.id))
    lines = tuple(sorted(observations, key=lambda one: one.id))
    _check_unique("expectation", [one.id for one in things])
    _check_unique("observation", [one.id for one in lines])
    carrying = tuple(_carrying(things, lines))
    given = left = _Open(things, lines, carrying, rules or Rules(), frozenset(named_runs))
    found: list[Match] = []
    for one_pass in _PASSES:
        new = one_pass(left)
        found += new
        left = left.without(new)
    found = _with_others(found, given)
    sure = [one for one in found if one.verdict == "confirmed"]
    expected = {id_ for one in sure for id_ in one.expectations}
    observed = {id_ for one in sure for id_ in one.observations}
    return Outcome(
        confirmed=tuple(sorted(sure, key=_order)),
        suggested=tuple(
            sorted((one for one in found if one.verdict == "suggested"), key=_best_first)
        ),
        ambiguous=tuple(sorted((one for one in found if one.verdict == "ambiguous"), key=_order)),
        open_expectations=tuple(one.id for one in given.expectations if one.id not in expected),
        open_observations=tuple(one.id for one in given.observations if one.id not in observed),
    )


def _check_unique(what: str, ids: Sequence[str]) -> None:
    for id_, count in Counter(ids).items():
        if count > 1:
            raise InvariantError(what=what, id=id_, reason="twice")


def _order(one: Match) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return one.expectations, one.observations


def _best_first(one: Match) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    return one.observations, -one.score, one.expectations


# --- pairs: one expectation, one line ---------------------------------------------------------------

_Fit = tuple[Expectation, Observation]


def _pairs(rule: str, fits: Sequence[_Fit], *, confirms: bool) -> list[Match]:
    """Make matches of pairs that fit: those unique from both sides, and those that are not."""
    of_expectation = Counter(expectation.id for expectation, _ in fits)
    of_observation = Counter(observation.id for _, observation in fits)
    return [
        _pair(
            rule,
            one,
            other,
            "confirmed"
            if confirms and of_expectation[one.id] == of_observation[other.id] == 1
            else "suggested",
        )
        for one, other in fits
    ]


def _pair(rule: str, one: Expectation, other: Observation, verdict: str) -> Match:
    compared = compare(one, other)
    return Match(
        rule,
        RULE_VERSION,
        verdict,
        (one.id,),
        (other.id,),
        other.line.amount_minor,
        other.line.amount_minor - one.amount_minor,
        compared,
        (),
        score(compared),
    )


def _by_identity(left: _Open) -> list[Match]:
    """Pass 1: the bank's own number of the line is one of the references, and the amount is equal."""
    by_number: dict[tuple[str, int], list[Expectation]] = defaultdict(list)
    for one in left.expectations:
        for reference in dict.fromkeys(one.references):
            by_number[reference, one.amount_minor].append(one)
    fits = [
        (one, other)
        for other in left.observations
        if other.line.bank_id is not None
        for one in by_number.get((other.line.bank_id, other.line.amount_minor), ())
        if same_side(one, other)
    ]
    return _pairs("identity", fits, confirms=True)


def _carrying(
    expectations: Sequence[Expectation], observations: Sequence[Observation]
) -> Iterator[_Fit]:
    """Give all pairs of one side in which the line carries a reference, within the long window.

    Yields:
        Pairs, by the line's id, then by the expectation's.
    """
    references = References(expectations)
    for other in observations:
        for one in references.carried_by(other):
            if same_side(one, other) and is_near_by_reference(one, other):
                yield one, other


def _by_reference(left: _Open) -> list[Match]:
    """Pass 2: a reference in the text, an equal amount."""
    fits = [
        (one, other) for one, other in left.carrying if one.amount_minor == other.line.amount_minor
    ]
    return _pairs("reference", fits, confirms=True)


def _by_amount_and_date(left: _Open) -> list[Match]:
    """Pass 5: an equal amount within −1 to +3 working days, and no number that says otherwise.

    A line that very many expectations fit is ambiguous and paired with none: see `equal_sums`.
    """
    asked = [one for one in left.expectations if one.step in left.rules.amount_and_date_steps]
    wide = pair_equal_sums(asked, left.observations, timedelta(days=UNIQUE_DAYS))
    of_expectation = Counter(one.id for one, _ in wide.pairs)
    of_expectation.update(wide.beside_crowded)
    of_observation = Counter(other.id for _, other in wide.pairs)
    found = [
        _pair(
            "amount-date",
            one,
            other,
            "confirmed"
            if left.rules.confirm_amount_and_date
            and not other_reference(one, other)
            and of_expectation[one.id] == of_observation[other.id] == 1
            else "suggested",
        )
        for one, other in wide.pairs
        if _within_working_days(one, other.day, left.rules)
    ]
    return found + [_undecided("amount-date", [], [other]) for other in wide.crowded]


def _within_working_days(one: Expectation, day: date, rules: Rules) -> bool:
    return working_day(one.due_first, -1, rules) <= day <= working_day(one.due_last, 3, rules)


def working_day(day: date, steps: int, rules: Rules) -> date:
    """Return the working day so many steps after a day (before it, for negative steps).

    Args:
        day: Any day.
        steps: How many working days on.
        rules: Which days are worked on.

    Returns:
        The day.
    """
    direction = timedelta(days=1 if steps > 0 else -1)
    for _ in range(abs(steps)):
        day += direction
        while day in rules.holidays or (day.weekday() >= SATURDAY and day not in rules.workdays):
            day += direction
    return day


def _by_tolerance(left: _Open) -> list[Match]:
    """Pass 8: a reference is found, and the amount differs by little, or by exactly the platform's stated fee."""
    fits = [
        (one, other)
        for one, other in left.carrying
        if _is_tolerable(one, other.line.amount_minor - one.amount_minor, left.rules)
    ]
    return _pairs("tolerance", fits, confirms=False)


def _is_tolerable(one: Expectation, difference: int, rules: Rules) -> bool:
    if one.fee_minor and difference == -one.fee_minor:
        return True
    most = rules.tolerance_minor if one.gifts is None else min(rules.tolerance_minor, one.gifts)
    return 0 < abs(difference) <= most


# --- sets: several on one side ----------------------------------------------------------------------


def _set(
    rule: str,
    expectations: Sequence[Expectation],
    observations: Sequence[Observation],
    verdict: str,
) -> Match:
    """Make a match of a set; its fields are those in which every pair of it agrees or not."""
    expected = sum(one.amount_minor for one in expectations)
    observed = sum(one.line.amount_minor for one in observations)
    pairs = [compare(one, other) for one in expectations for other in observations]
    compared = tuple(_joined(fields, expected, observed) for fields in zip(*pairs, strict=True))
    return Match(
        rule,
        RULE_VERSION,
        verdict,
        tuple(sorted(one.id for one in expectations)),
        tuple(sorted(one.id for one in observations)),
        observed,
        observed - expected,
        compared,
        (),
        score(compared),
    )


_WORST_FIRST = ("differs", "missing", "within", "equal")


def _joined(fields: Sequence[Comparison], expected: int, observed: int) -> Comparison:
    name = fields[0].field
    if name == "amount_minor":
        verdict = "equal" if expected == observed else "differs"
        return Comparison(name, str(expected), str(observed), verdict)
    return Comparison(
        name,
        " ".join(sorted({one.expected for one in fields} - {""})),
        " ".join(sorted({one.observed for one in fields} - {""})),
        min((one.verdict for one in fields), key=_WORST_FIRST.index),
    )


def _only_once(matches: Sequence[Match], otherwise: str) -> list[Match]:
    """Let a set stand only if no other set names one of its members; else it is what `otherwise` says."""
    of_expectation = Counter(id_ for one in matches for id_ in one.expectations)
    of_observation = Counter(id_ for one in matches for id_ in one.observations)
    return [
        one
        if all(of_expectation[id_] == 1 for id_ in one.expectations)
        and all(of_observation[id_] == 1 for id_ in one.observations)
        else replace(one, verdict=otherwise)
        for one in matches
    ]


def _by_batch(left: _Open) -> list[Match]:
    """Pass 3: all open lines with one number make the expectation, or all expectations of one line make it."""
    lines_of: dict[str, list[Observation]] = defaultdict(list)
    things_of: dict[str, list[Expectation]] = defaultdict(list)
    for one, other in left.carrying:
        lines_of[one.id].append(other)
        things_of[other.id].append(one)
    found = []
    for one in left.expectations:
        lines = lines_of.get(one.id, [])
        alone = all(len(things_of[line.id]) == 1 for line in lines)
        if len(lines) > 1 and _sum_of_lines(lines) == one.amount_minor:
            found.append(_set("batch", [one], lines, "confirmed" if alone else "suggested"))
    for other in left.observations:
        things = things_of.get(other.id, [])
        alone = all(len(lines_of[thing.id]) == 1 for thing in things)
        expected = sum(thing.amount_minor for thing in things)
        if len(things) > 1 and expected == other.line.amount_minor:
            found.append(_set("batch", things, [other], "confirmed" if alone else "suggested"))
    return _only_once(found, "suggested")


def _sum_of_lines(lines: Sequence[Observation]) -> int:
    return sum(one.line.amount_minor for one in lines)


def _by_run(left: _Open) -> list[Match]:
    """Pass 4: consecutive settlements of a platform make one line, one day before to seven days after the last."""
    by_platform: dict[tuple[str, str], list[tuple[Run, Expectation]]] = defaultdict(list)
    for one in left.expectations:
        if one.run is not None:
            by_platform[one.run.platform, one.commodity].append((one.run, one))
    found = []
    for items in by_platform.values():
        items.sort(key=lambda item: (item[0], item[1].id))
        for stretch in _stretches(items):
            found += _runs_of(stretch, left)
    return _only_once(found, "ambiguous")


def _stretches(
    items: Sequence[tuple[Run, Expectation]],
) -> list[list[tuple[Run, Expectation]]]:
    """Cut sorted settlements where a day is missing or covered twice."""
    stretches = [[items[0]]]
    for (before, _), item in pairwise(items):
        if item[0].first == before.last + timedelta(days=1):
            stretches[-1].append(item)
        else:
            stretches.append([item])
    return stretches


def _runs_of(stretch: Sequence[tuple[Run, Expectation]], left: _Open) -> list[Match]:
    sums = [0]
    for _, one in stretch:
        sums.append(sums[-1] + one.amount_minor)
    places: dict[int, list[int]] = defaultdict(list)
    for place, total in enumerate(sums):
        places[total].append(place)
    ends_on = _ends_on(stretch)
    found = []
    for other in left.observations:
        for end in ends_on.get(other.day, ()):
            last = stretch[end - 1][0].last
            for start in places.get(sums[end] - other.line.amount_minor, ()):
                things = [one for _, one in stretch[start:end]]
                if len(things) > 1 and all(same_side(one, other) for one in things):
                    run = Run(stretch[start][0].platform, stretch[start][0].first, last)
                    sure = run in left.named_runs
                    found.append(
                        _set("run", things, [other], "confirmed" if sure else "suggested")
                    )
    return found


def _ends_on(stretch: Sequence[tuple[Run, Expectation]]) -> Mapping[date, Sequence[int]]:
    """Return by day how many settlements may be paid by then: those whose last day lies near it, and two at least."""
    found: dict[date, list[int]] = defaultdict(list)
    for end in range(2, len(stretch) + 1):
        for days in range(RUN_DAYS[0], RUN_DAYS[1] + 1):
            found[stretch[end - 1][0].last + timedelta(days=days)].append(end)
    return found


def _by_subset(left: _Open) -> list[Match]:
    """Pass 6: two to six expectations of one party make one line, in one way only."""
    # Most expectations name nobody: a line is held against those only that do.
    parties = [one for one in left.expectations if one.party]
    found = []
    for other in left.observations if parties else ():
        near = [
            one
            for one in parties
            if same_side(one, other) and is_near(one, other.day, 1, 7) and same_party(one, other)
        ]
        picked = subset_with_sum(
            [one.amount_minor for one in near], other.line.amount_minor, *SUBSET_LEGS
        )
        if picked.items:
            things = [near[place] for place in picked.items]
            found.append(_set("subset", things, [other], "suggested"))
        elif picked.is_ambiguous:
            found.append(_undecided("subset", [], [other]))
    return _only_once(found, "ambiguous")


def _by_split(left: _Open) -> list[Match]:
    """Pass 7: two to four lines of one party make one expectation, in one way only."""
    found = []
    for one in left.expectations:
        if not one.party:
            continue
        near = [
            other
            for other in left.observations
            if same_side(one, other) and is_near(one, other.day, 1, 15) and same_party(one, other)
        ]
        picked = subset_with_sum(
            [other.line.amount_minor for other in near], one.amount_minor, *SPLIT_LEGS
        )
        if picked.items:
            lines = [near[place] for place in picked.items]
            found.append(_set("split", [one], lines, "suggested"))
        elif picked.is_ambiguous:
            found.append(_undecided("split", [one], []))
    return _only_once(found, "ambiguous")


def describe(
    rule: str, expectations: Sequence[Expectation], observations: Sequence[Observation]
) -> Match:
    """Say of things and lines that somebody puts together how they agree.

    Args:
        rule: The pass that suggested it.
        expectations: At least one.
        observations: At least one, each of the same side as every expectation.

    Returns:
        A match with its fields, as the passes would make it.
    """
    return _set(rule, expectations, observations, "suggested")


def _undecided(
    rule: str, expectations: Sequence[Expectation], observations: Sequence[Observation]
) -> Match:
    """Say of one item that several sets explain it equally well."""
    return Match(
        rule,
        RULE_VERSION,
        "ambiguous",
        tuple(one.id for one in expectations),
        tuple(one.id for one in observations),
        _sum_of_lines(observations),
        0,
        (),
        (),
        0,
    )


_PASSES: tuple[Callable[[_Open], list[Match]], ...] = (
    _by_identity,
    _by_reference,
    _by_batch,
    _by_run,
    _by_amount_and_date,
    _by_subset,
    _by_split,
    _by_tolerance,
)


# --- what lost --------------------------------------------------------------------------------------


def _with_others(found: Sequence[Match], given: _Open) -> list[Match]:
    """Add to each match of a single line the expectations that came near, and why they were not taken."""
    observations = {one.id: one for one in given.observations}
    by_amount: dict[int, list[Expectation]] = defaultdict(list)
    for one in given.expectations:
        by_amount[one.amount_minor].append(one)
    carried: Mapping[str, list[Expectation]] = _carried(given)
    return [
        replace(one, others=_others(one, observations[one.observations[0]], by_amount, carried))
        if len(one.observations) == 1
        else one
        for one in found
    ]


def _carried(given: _Open) -> Mapping[str, list[Expectation]]:
    carried: dict[str, list[Expectation]] = defaultdict(list)
    for one, other in given.carrying:
        carried[other.id].append(one)
    return carried


def _others(
    one: Match,
    other: Observation,
    by_amount: Mapping[int, Sequence[Expectation]],
    carried: Mapping[str, Sequence[Expectation]],
) -> tuple[Other, ...]:
    near = {thing.id: thing for thing in carried.get(other.id, ())}
    for thing in by_amount.get(other.line.amount_minor, ())[: OTHERS_MAX * 2]:
        if same_side(thing, other):
            near[thing.id] = thing
    return tuple(
        Other(id_, _why_not(thing, other))
        for id_, thing in sorted(near.items())
        if id_ not in one.expectations
    )[:OTHERS_MAX]


def _why_not(thing: Expectation, other: Observation) -> str:
    if thing.amount_minor != other.line.amount_minor:
        return "other-amount"
    if other_reference(thing, other):
        return "other-reference"
    if not is_near_by_reference(thing, other):
        return "outside-window"
    return "equally-good"
