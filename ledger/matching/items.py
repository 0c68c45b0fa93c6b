"""What is matched with what: money that should come or go, lines that show it, and what a match says of both.

Pure values. Amounts are integers in minor units, days are those of the account's zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.matching.lines import carries_reference, comparable, is_number, normalise_text

if TYPE_CHECKING:
    from datetime import date

    from ledger.matching.lines import BankLine

DAYS_BEFORE = 3
DAYS_AFTER = 45
"""With a reference the window may be long; equal amounts alone need a short one."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Money that should come or go.

    Attributes:
        id: Our id, unique among the expectations given.
        step: What is matched, `R3` to `R6` of the reconciliation rules.
        accounts: Our names of the bank or wallet accounts on which it may be seen, once.
        commodity: ISO 4217 code.
        amount_minor: Signed minor units as on the line: plus in, minus out.
        references: Any of them identifies it: a settlement number, an own reference, a bank's
            number of the line.
        due_first: First day on which it is due.
        due_last: Last such day.
        party: Who pays or is paid, as lines would name them; empty where nobody can be named.
        gifts: How many gifts are in it, where it is a settlement: what rounding may differ by.
        fee_minor: A fee that the platform has stated and that may be missing from the amount.
        run: Platform and the days it covers, for settlements that may be paid several at a time.
    """

    id: str
    step: str
    accounts: tuple[str, ...]
    commodity: str
    amount_minor: int
    references: tuple[str, ...]
    due_first: date
    due_last: date
    party: str = ""
    gifts: int | None = None
    fee_minor: int | None = None
    run: Run | None = None


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """The days that a settlement covers.

    Attributes:
        platform: Whose.
        first: First day.
        last: Last day.
    """

    platform: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Observation:
    """A line that is not matched yet.

    Attributes:
        id: Our id (such as `line_identity`), unique among the observations given.
        account: Our name of the account that the line is of; files name accounts in their own way,
            or not at all.
        line: The line, its time in the account's zone.
    """

    id: str
    account: str
    line: BankLine

    @property
    def day(self) -> date:
        """Return the day that the bank booked it on."""
        return self.line.booked_at.date()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field on both sides.

    Attributes:
        field: `account`, `commodity`, `amount_minor`, `reference`, `date` or `party`.
        expected: As text.
        observed: As text.
        verdict: `equal`, `within`, `differs`, or `missing` where a side says nothing.
    """

    field: str
    expected: str
    observed: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Other:
    """A candidate that was not taken.

    Attributes:
        id: Of an expectation or an observation.
        why: `other-amount`, `other-reference`, `outside-window`, `equally-good`.
    """

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Match:
    """Expectations and lines that belong together.

    Attributes:
        rule: Name of the pass.
        rule_version: Version of the passes.
        verdict: `confirmed` (unique from both sides), `suggested`, or `ambiguous` (several sets are as good).
        expectations: Their ids, sorted.
        observations: Their ids, sorted.
        amount_minor: Sum of the lines.
        adjustment_minor: What the lines make beyond the expectations; zero but for the pass `tolerance`.
        compared: Fields with both values.
        others: Candidates that lost, and why; at most `OTHERS_MAX`.
        score: Orders suggestions; confirms nothing.
    """

    rule: str
    rule_version: str
    verdict: str
    expectations: tuple[str, ...]
    observations: tuple[str, ...]
    amount_minor: int
    adjustment_minor: int
    compared: tuple[Comparison, ...]
    others: tuple[Other, ...]
    score: int


OTHERS_MAX = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What matching found. All in order of the ids, whatever the order of what was given.

    Attributes:
        confirmed: Unique from both sides; no id occurs twice.
        suggested: What a person may confirm, the best first within each line.
        ambiguous: Lines that several sets explain equally well.
        open_expectations: Ids that no confirmed match has.
        open_observations: Ids that no confirmed match has.
    """

    confirmed: tuple[Match, ...]
    suggested: tuple[Match, ...]
    ambiguous: tuple[Match, ...]
    open_expectations: tuple[str, ...]
    open_observations: tuple[str, ...]


def same_side(expectation: Expectation, observation: Observation) -> bool:
    """Tell whether account, currency and direction are equal: without that nothing fits."""
    line = observation.line
    return (
        observation.account in expectation.accounts
        and expectation.commodity == line.commodity
        and (expectation.amount_minor > 0) == (line.amount_minor > 0)
    )


def carries(expectation: Expectation, observation: Observation) -> bool:
    """Tell whether a line carries one of the references, or has one as its bank's own number."""
    return any(carries_number(observation.line, one) for one in expectation.references)


def carries_number(line: BankLine, reference: str) -> bool:
    """Tell whether a line carries a reference, or has it as its bank's own number."""
    return carries_reference(line, reference) or (
        line.bank_id is not None and comparable(line.bank_id) == comparable(reference)
    )


def is_near(expectation: Expectation, day: date, before: int, after: int) -> bool:
    """Tell whether a day is at most so many days before or after the due ones."""
    return (
        expectation.due_first - timedelta(days=before)
        <= day
        <= expectation.due_last + timedelta(days=after)
    )


def is_near_by_reference(expectation: Expectation, observation: Observation) -> bool:
    """Tell whether a line is within the long window that a reference allows."""
    return is_near(expectation, observation.day, DAYS_BEFORE, DAYS_AFTER)


def other_reference(expectation: Expectation, observation: Observation) -> bool:
    """Tell whether both sides have numbers, and none in common."""
    has_numbers = any(is_number(reference) for reference in expectation.references)
    return bool(
        has_numbers and observation.line.references and not carries(expectation, observation)
    )


def same_party(expectation: Expectation, observation: Observation) -> bool:
    """Tell whether the line names who is expected."""
    party = normalise_text(expectation.party).casefold()
    return bool(party) and party in normalise_text(observation.line.counterparty).casefold()


def compare(expectation: Expectation, observation: Observation) -> tuple[Comparison, ...]:
    """Return every field with both values."""
    line = observation.line
    amount = "equal" if expectation.amount_minor == line.amount_minor else "differs"
    numbers = " ".join(line.references) or line.bank_id or line.text
    reference = (
        "equal"
        if carries(expectation, observation)
        else "differs"
        if other_reference(expectation, observation)
        else "missing"
    )
    party = (
        "missing"
        if not expectation.party or not line.counterparty
        else "equal"
        if same_party(expectation, observation)
        else "differs"
    )
    due = f"{expectation.due_first.isoformat()}/{expectation.due_last.isoformat()}"
    day = (
        "equal"
        if expectation.due_first <= observation.day <= expectation.due_last
        else "within"
        if is_near_by_reference(expectation, observation)
        else "differs"
    )
    return (
        Comparison("account", " ".join(expectation.accounts), observation.account, "equal"),
        Comparison("commodity", expectation.commodity, line.commodity, "equal"),
        Comparison("amount_minor", str(expectation.amount_minor), str(line.amount_minor), amount),
        Comparison("reference", " ".join(expectation.references), numbers, reference),
        Comparison("date", due, observation.day.isoformat(), day),
        Comparison("party", expectation.party, line.counterparty, party),
    )


WEIGHTS = {
    ("reference", "equal"): 4,
    ("reference", "differs"): -2,
    ("amount_minor", "equal"): 3,
    ("amount_minor", "differs"): -5,
    ("date", "equal"): 3,
    ("date", "within"): 2,
    ("party", "equal"): 2,
}
"""What a field adds to the score that orders suggestions.

Source:
    Reconciliation rules, section 4, "Score".
"""


def score(compared: tuple[Comparison, ...]) -> int:
    """Return how well fields agree; it orders suggestions and confirms nothing."""
    return sum(WEIGHTS.get((one.field, one.verdict), 0) for one in compared)
