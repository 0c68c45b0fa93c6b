"""Try matching rules before they take effect: what would they have said of the last closed month?

Nothing is written. What the month's lines explained is looked at as if it were open, so that the rules in force and
the new ones are asked the same question.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.clock import month_end, to_ms
from ledger.desk.expected import STEPS, Expecting, line_id, seen
from ledger.errors import StateError
from ledger.journal.history import Fund
from ledger.matching import history, matches
from ledger.matching.history import StoredLine
from ledger.matching.items import Outcome
from ledger.matching.officers_rules import rules_in_force
from ledger.matching.passes import Rules, match
from ledger.periods import history as periods


class Difference(NamedTuple):
    """A line of which the rules would say something else.

    Attributes:
        line: Account and row of its file.
        step: Of what is expected.
        before: What the rules in force say: verdict, pass and what it is matched with, or `open`.
        after: What the new ones say.
    """

    line: str
    step: str
    before: str
    after: str


class Tried(NamedTuple):
    """What came of a dry run.

    Attributes:
        month: That was looked at.
        lines: How many of its lines.
        differences: By line.
    """

    month: str
    lines: int
    differences: tuple[Difference, ...]


def dry_run(connection: sa.Connection, fund: Fund, new: Rules) -> Tried:
    """Compare rules with those in force over the last closed month.

    Args:
        connection: In a transaction.
        fund: The fund.
        new: The rules that somebody wants.

    Returns:
        Every line of which they say something else.

    Raises:
        StateError: No month is closed yet.
    """
    closed = periods.closed(connection, fund.fund_id)
    if not closed:
        raise StateError(what="period", state="none-closed", needed="closed")
    month = max(one.month for one in closed)
    lines = _lines(connection, fund, month)
    explained = frozenset(
        part.expectation
        for line in lines
        for kept in matches.of_line(connection, fund.fund_id, (line.account, line.identity))
        if kept.release is None
        for part in kept.parts
    )
    expecting = Expecting(connection, fund, explained)
    rules, _ = rules_in_force(connection, fund.fund_id)
    observed = seen(lines, expecting.zone)
    found: list[Difference] = []
    for step in STEPS:
        expected = [one.expectation for one in expecting.of_step(step, lines).values()]
        before, after = (_said(match(expected, observed, one)) for one in (rules, new))
        for line in lines:
            id_ = line_id(line)
            said = (before.get(id_, "open"), after.get(id_, "open"))
            if said[0] != said[1]:
                where = f"{line.account} row {line.evidence.row}"
                found.append(Difference(where, step, *said))
    return Tried(month, len(lines), tuple(found))


def _lines(connection: sa.Connection, fund: Fund, month: str) -> list[StoredLine]:
    """Return the lines that were booked in a month, as the fund's zone counts it."""
    zone = Expecting(connection, fund).zone
    year, number = int(month[:4]), int(month[5:])
    before = f"{year - (number == 1):04d}-{(number - 2) % 12 + 1:02d}"
    span = (to_ms(month_end(before, zone)), to_ms(month_end(month, zone)))
    return history.lines_between(connection, fund.fund_id, *span)


def _said(outcome: Outcome) -> dict[str, str]:
    """Return by line what the passes say of it; of several suggestions all."""
    found: dict[str, list[str]] = {}
    for one in (*outcome.confirmed, *outcome.suggested, *outcome.ambiguous):
        for id_ in one.observations:
            said = f"{one.verdict} {one.rule} {' '.join(one.expectations)}".strip()
            found.setdefault(id_, []).append(said)
    return {id_: "; ".join(sorted(said)) for id_, said in found.items()}
