"""Match what is open: payouts, transfers and spending against bank lines; what fits nothing stays open.

Only what is unique from both sides is confirmed (`matching.passes`), and each match is kept with its reasons. What a
person may confirm is suggested; suggestions are made anew by each run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ledger.clock import to_ms
from ledger.desk import sealed_lines
from ledger.desk.expected import STEPS, Expecting, Thing, line_id, seen
from ledger.desk.matched import MATCHING, Plan, at_once, book_all, keep_by_hand
from ledger.errors import InputError
from ledger.funds import history as funds
from ledger.journal.history import Fund
from ledger.matching import booking as matching
from ledger.matching import history, matches
from ledger.matching.history import StoredLine
from ledger.matching.items import Match, Observation, Outcome
from ledger.matching.matches import Suggestion
from ledger.matching.officers_rules import rules_in_force
from ledger.matching.passes import match
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer

TOGETHER = 500
"""Matches in one commit: few enough that somebody who waits is not kept waiting, about half a second."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a run did.

    Attributes:
        payouts: Settlements that reached an account.
        sent: Transfers that left.
        confirmed: Transfers that arrived.
        spending: Payments explained by spending.
        interest: Interest lines booked.
        open_lines: Lines that nothing explains.
        unpaid: Settlements that have not arrived.
        suggested: What a person may confirm.
        ambiguous: What several sets explain equally well.
    """

    payouts: int
    sent: int
    confirmed: int
    spending: int
    interest: int
    open_lines: int
    unpaid: int
    suggested: int = 0
    ambiguous: int = 0


def reconcile(sequencer: Sequencer, fund: Fund) -> Reconciled:
    """Run all steps, and suggest what is left.

    Args:
        sequencer: The writer.
        fund: The fund.

    Returns:
        What was done, and what is open.
    """
    desk = _Desk(sequencer, fund)
    done = {step: desk.run(step) for step in STEPS}
    interest = desk.book_interest()
    found = desk.suggest()
    with sequencer.database.reading() as connection:
        open_lines = history.open_lines_count(connection, fund.fund_id)
        unpaid = len(history.settlements(connection, fund.fund_id, unpaid=True))
    return Reconciled(
        payouts=done["R3"],
        sent=done["R4"],
        confirmed=done["R5"],
        spending=done["R6"],
        interest=interest,
        open_lines=open_lines,
        unpaid=unpaid,
        suggested=sum(one.verdict == "suggested" for one in found),
        ambiguous=sum(one.verdict == "ambiguous" for one in found),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """What the passes say of a step.

    Attributes:
        name: `R3` to `R6`.
        rule_version: Of the passes and the fund's rules.
        things: By id.
        lines: By id.
        outcome: Of the passes.
    """

    name: str
    rule_version: str
    things: dict[str, Thing]
    lines: dict[str, StoredLine]
    outcome: Outcome

    def lines_of(self, one: Match) -> list[StoredLine]:
        """Return the lines of a match."""
        return [self.lines[id_] for id_ in one.observations]


class _Desk:
    """One run. What it has looked at is looked at again only when something was booked since."""

    def __init__(self, sequencer: Sequencer, fund: Fund) -> None:
        self._sequencer, self._fund = sequencer, fund
        self._looked: dict[str, Step] = {}
        self._seen: tuple[list[StoredLine], list[Observation]] | None = None

    def _forget(self) -> None:
        """Look anew: something was booked."""
        self._looked.clear()
        self._seen = None

    def look(self, step: str) -> Step:
        """Run the passes over what is open; book nothing."""
        if step not in self._looked:
            self._looked[step] = self._look(step)
        return self._looked[step]

    def _look(self, step: str) -> Step:
        with self._sequencer.database.reading() as connection:
            fund_id = self._fund.fund_id
            rules, version = rules_in_force(connection, fund_id)
            expecting = Expecting(connection, self._fund)
            lines, observations = self._open_lines(connection)
            things = expecting.of_step(step, lines)
        expected = [one.expectation for one in things.values()]
        outcome = match(expected, observations, rules)
        return Step(step, version, things, {line_id(one): one for one in lines}, outcome)

    def _open_lines(self, connection: sa.Connection) -> tuple[list[StoredLine], list[Observation]]:
        if self._seen is None:
            lines = history.open_lines(connection, self._fund.fund_id)
            self._seen = lines, seen(lines, funds.details(connection, self._fund.fund_id).zone)
        return self._seen

    def run(self, step: str) -> int:
        """Book what one step confirms; return how many lines or things that is, whichever are more."""
        found = self.look(step)
        held = self._held(found.lines.values())
        plans = [
            at_once(found.rule_version, one, step, found.lines_of(one))
            for one in found.outcome.confirmed
            if not any((line.account, line.identity) in held for line in found.lines_of(one))
        ]
        done = 0
        if plans:
            self._forget()
        for some in _in_groups(plans, TOGETHER):
            done += sum(len(one.expectations) for one in self._book(some))
        return done

    def _held(self, lines: Iterable[StoredLine]) -> frozenset[sealed_lines.Key]:
        """Return the lines that are dated in a month that was sealed before they came."""
        with self._sequencer.database.reading() as connection:
            return sealed_lines.held(connection, self._fund.fund_id, lines)

    def _book(self, plans: Sequence[Plan]) -> Sequence[Plan]:
        """Book plans in one commit; where one is refused, each half in its own, until that one is left to people."""

        def decide(books: Books) -> int:
            return book_all(books, MATCHING, plans)

        try:
            self._sequencer.decide(self._fund, decide)
        except InputError:
            if len(plans) == 1:
                return ()
            half = len(plans) // 2
            return [*self._book(plans[:half]), *self._book(plans[half:])]
        return plans

    def book_interest(self) -> int:
        """Book what a bank calls interest: it needs no explanation beyond the bank's own word.

        A line before it on the same account that is still open holds it back: money takes its place on the line in the
        order in which it came.
        """
        with self._sequencer.database.reading() as connection:
            lines, _ = self._open_lines(connection)
        booked, held = 0, self._held(lines)
        waiting: set[str] = set()
        for line in lines:
            if (line.account, line.identity) in held:
                continue
            if (
                line.line.kind != "interest"
                or line.line.amount_minor <= 0
                or line.account in waiting
            ):
                waiting.add(line.account)
            else:
                self._sequencer.decide(self._fund, _interest(line))
                self._forget()
                booked += 1
        return booked

    def suggest(self) -> list[Suggestion]:
        """Make the suggestions anew."""
        found = [one for step in STEPS for one in suggestions_of(self.look(step))]
        self._sequencer.decide(
            self._fund,
            lambda books: matches.replace_suggestions(books.connection, self._fund.fund_id, found),
        )
        return found


def _interest(line: StoredLine) -> Callable[[Books], int]:
    def act(books: Books) -> int:
        matching.check_open(books, line)
        seq = matching.book_income(books, MATCHING, "interest", line)
        said = ("income", "bank-kind", "income/interest")
        return keep_by_hand(books, MATCHING, said, line, seq)

    return act


def _in_groups(plans: Sequence[Plan], size: int) -> Iterator[Sequence[Plan]]:
    for first in range(0, len(plans), size):
        yield plans[first : first + size]


# --- suggestions --------------------------------------------------------------------------------


def suggest(sequencer: Sequencer, fund: Fund) -> list[Suggestion]:
    """Make the suggestions anew, from what is open now.

    Args:
        sequencer: The writer.
        fund: The fund.

    Returns:
        What is suggested or ambiguous, those that were dismissed included.
    """
    return _Desk(sequencer, fund).suggest()


def suggestions_of(step: Step) -> list[Suggestion]:
    """Return what the passes leave to people; what they are sure of and nobody could book is among it."""
    outcome = step.outcome
    return [
        _suggestion(step, one)
        for one in (*outcome.confirmed, *outcome.suggested, *outcome.ambiguous)
    ]


def _suggestion(step: Step, one: Match) -> Suggestion:
    lines = step.lines_of(one)
    keys = tuple((line.account, line.identity) for line in lines)
    references = " ".join(ref for line in lines for ref in line.line.references)
    expected = [step.things[id_].expectation for id_ in one.expectations]
    commodity = lines[0].line.commodity if lines else expected[0].commodity
    amount = one.amount_minor if lines else sum(thing.amount_minor for thing in expected)
    return Suggestion(
        id=matches.suggestion_id(one, keys),
        verdict="ambiguous" if one.verdict == "ambiguous" else "suggested",
        step=step.name,
        rule=one.rule,
        rule_version=step.rule_version,
        account=lines[0].account if lines else "",
        day_ms=min((to_ms(line.line.booked_at) for line in lines), default=0),
        amount=amount,
        adjustment=one.adjustment_minor if lines and expected else 0,
        commodity=commodity,
        score=one.score,
        expectations=one.expectations,
        lines=keys,
        compared=matches.without_text(one, {"reference": references}),
        others=one.others,
    )
