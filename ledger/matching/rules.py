"""Which expectation a bank line meets.

Pure. Exact passes, each confirming only what is unique from both sides. This version has the
first two, `identity` and `reference`; both demand equal account, commodity, direction and amount.
What they do not decide stays open, with its candidates. No pass guesses, and no score confirms.

Source:
    Reconciliation rules, section 4, passes 1 and 2.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.errors import InvariantError
from ledger.matching.lines import carries_reference, comparable, is_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ledger.matching.lines import BankLine

RULE_VERSION = "exact-1"
"""Kept with every match; changes when a pass changes what it confirms."""

DAYS_BEFORE = 3
DAYS_AFTER = 45
"""With a reference the window may be long; equal amounts alone would need a short one."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Money that should come or go.

    Attributes:
        id: Our id, unique among the expectations given.
        step: What is matched, `R3` to `R6` of the reconciliation rules.
        account: Our name of the bank or wallet account.
        commodity: ISO 4217 code.
        amount_minor: Signed minor units as on the line: plus in, minus out.
        references: Any of them identifies it: a settlement number, an own reference, a bank's
            number of the line.
        earliest: First day (in the account's zone) on which a line may meet it by reference.
        latest: Last such day.
    """

    id: str
    step: str
    account: str
    commodity: str
    amount_minor: int
    references: tuple[str, ...]
    earliest: date
    latest: date


@dataclass(frozen=True, slots=True)
class Observation:
    """A line that is not matched yet.

    Attributes:
        id: Our id (such as `line_identity`), unique among the observations given.
        account: Our name of the account that the line is of; files name accounts in their own way,
            or not at all.
        line: The line.
    """

    id: str
    account: str
    line: BankLine


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field as expected and as observed, both as text."""

    field: str
    expected: str
    observed: str


@dataclass(frozen=True, slots=True)
class Pair:
    """An expectation and a line that fit.

    Attributes:
        rule: Pass, `identity` or `reference`.
        rule_version: `RULE_VERSION`.
        expectation_id: The expectation.
        observation_id: The line.
        compared: Every field that was compared, with both values.
    """

    rule: str
    rule_version: str
    expectation_id: str
    observation_id: str
    compared: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What matching found. All in order of the ids, whatever the order of what was given.

    Attributes:
        confirmed: Unique from both sides; no id occurs twice.
        suggested: Pairs that fit, but not uniquely. Their ids are among the open ones.
        open_expectations: Ids that no confirmed pair has.
        open_observations: Ids that no confirmed pair has.
    """

    confirmed: tuple[Pair, ...]
    suggested: tuple[Pair, ...]
    open_expectations: tuple[str, ...]
    open_observations: tuple[str, ...]


_Fit = tuple[Expectation, Observation]
_Key = tuple[str, str, int, str]

_PURPOSE = ""
"""Stands for the number of an expectation whose reference is a purpose in words."""


def reference_window(due: date) -> tuple[date, date]:
    """Return the first and last day on which a line with its reference may meet what is due."""
    return due - timedelta(days=DAYS_BEFORE), due + timedelta(days=DAYS_AFTER)


def match(expectations: Iterable[Expectation], observations: Iterable[Observation]) -> Outcome:
    """Match exactly, in passes.

    1. *identity*: the bank's number of the line is one of the references.
    2. *reference*: the line carries one of the references, and its day is within the window.

    A pass sees what earlier passes left undecided. What fits several in one pass is not handed to
    a weaker one: it stays open with all its candidates.

    Args:
        expectations: In any order, ids unique.
        observations: In any order, ids unique.

    Returns:
        Confirmed and suggested pairs, and what stays open.

    Raises:
        InvariantError: Two expectations or two observations have one id.

    Source:
        Reconciliation rules, section 4.
    """
    expected, observed = tuple(expectations), tuple(observations)
    open_expectations = _unique("expectation", [expectation.id for expectation in expected])
    open_observations = _unique("observation", [observation.id for observation in observed])
    confirmed: list[Pair] = []
    suggested: list[Pair] = []
    for rule, fits_of in (("identity", _identity_fits), ("reference", _reference_fits)):
        fits = fits_of(expected, observed)
        unique, rest = _split(fits)
        confirmed += [_pair(rule, *fit) for fit in unique]
        suggested += [_pair(rule, *fit) for fit in rest]
        decided = {expectation.id for expectation, _ in fits}
        seen = {observation.id for _, observation in fits}
        expected = tuple(item for item in expected if item.id not in decided)
        observed = tuple(item for item in observed if item.id not in seen)
    return Outcome(
        confirmed=tuple(sorted(confirmed, key=_order)),
        suggested=tuple(sorted(suggested, key=_order)),
        open_expectations=tuple(
            sorted(open_expectations - {pair.expectation_id for pair in confirmed})
        ),
        open_observations=tuple(
            sorted(open_observations - {pair.observation_id for pair in confirmed})
        ),
    )


def _unique(what: str, ids: Sequence[str]) -> set[str]:
    for id_, count in Counter(ids).items():
        if count > 1:
            raise InvariantError(what=what, id=id_, reason="twice")
    return set(ids)


def _identity_fits(expected: Sequence[Expectation], observed: Sequence[Observation]) -> list[_Fit]:
    by_number: dict[_Key, list[Expectation]] = defaultdict(list)
    for expectation in expected:
        for reference in dict.fromkeys(expectation.references):
            by_number[_key_of(expectation, reference)].append(expectation)
    return [
        (expectation, observation)
        for observation in observed
        if observation.line.bank_id is not None
        for expectation in by_number.get(_key_on(observation, observation.line.bank_id), ())
    ]


def _reference_fits(
    expected: Sequence[Expectation], observed: Sequence[Observation]
) -> list[_Fit]:
    # A number is looked up, so that a thousand equal amounts are not compared each with each. A
    # purpose of several words is no run of the line, and is searched for in all lines of its sum.
    by_number: dict[_Key, list[Expectation]] = defaultdict(list)
    for expectation in expected:
        for reference in expectation.references:
            number = comparable(reference) if is_number(reference) else _PURPOSE
            by_number[_key_of(expectation, number)].append(expectation)
    fits = []
    for observation in observed:
        numbers = (_PURPOSE, *map(comparable, observation.line.references))
        near = {
            expectation.id: expectation
            for number in numbers
            for expectation in by_number.get(_key_on(observation, number), ())
        }
        fits += [(near[id_], observation) for id_ in near if _by_reference(near[id_], observation)]
    return fits


def _by_reference(expectation: Expectation, observation: Observation) -> bool:
    day = observation.line.booked_at.date()
    return expectation.earliest <= day <= expectation.latest and any(
        carries_reference(observation.line, reference) for reference in expectation.references
    )


def _key_of(expectation: Expectation, number: str) -> _Key:
    return expectation.account, expectation.commodity, expectation.amount_minor, number


def _key_on(observation: Observation, number: str) -> _Key:
    line = observation.line
    return observation.account, line.commodity, line.amount_minor, number


def _split(fits: Sequence[_Fit]) -> tuple[list[_Fit], list[_Fit]]:
    of_expectation = Counter(expectation.id for expectation, _ in fits)
    of_observation = Counter(observation.id for _, observation in fits)
    unique: list[_Fit] = []
    rest: list[_Fit] = []
    for expectation, observation in fits:
        alone = of_expectation[expectation.id] == of_observation[observation.id] == 1
        (unique if alone else rest).append((expectation, observation))
    return unique, rest


def _pair(rule: str, expectation: Expectation, observation: Observation) -> Pair:
    line = observation.line
    window = f"{expectation.earliest.isoformat()}/{expectation.latest.isoformat()}"
    found = {
        "identity": line.bank_id or "",
        "reference": " ".join(line.references) or line.text,
    }
    compared = [
        Comparison("account", expectation.account, observation.account),
        Comparison("commodity", expectation.commodity, line.commodity),
        Comparison("amount_minor", str(expectation.amount_minor), str(line.amount_minor)),
        Comparison(rule, " ".join(expectation.references), found[rule]),
    ]
    if rule == "reference":
        compared.append(Comparison("date", window, line.booked_at.date().isoformat()))
    return Pair(rule, RULE_VERSION, expectation.id, observation.id, tuple(compared))


def _order(pair: Pair) -> tuple[str, str]:
    return pair.expectation_id, pair.observation_id
