"""Which published statements later entries have made wrong, which notices tell of it, and which are still to come.

In: entries that correct, months and what was published. Out: for each month whose entries correct published figures and
of which no notice tells yet, what a notice would tell. Guaranteed: an entry is told by one notice, the first that was
published over it; the rule what corrects what is one, for pages, statements and notices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_text, local_date
from ledger.issuing import history as issuing
from ledger.issuing.numbers import NOTICE, is_notice, number_of, numbered
from ledger.issuing.steps import BUILT
from ledger.journal import history as journal
from ledger.journal.balances import ANY_SIZE
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.journal.months import month_after
from ledger.log import history as log
from ledger.periods import history as periods
from ledger.periods.history import IssuedStatement, Period

REVERSALS = frozenset({"spend.reversed", "movement.reversed"})
KINDS = ("spend.reversed", "movement.reversed", "spend", "income", "expense")
"""Kinds of entries that may change a figure of a month that is out."""

SPANS_MAX = 4
"""Months, the open one among them, in which entries are looked for of which no notice tells; older ones stand in the
register."""

CORRECTED = ("M", "Q", "A")
"""Documents that a notice may correct."""


class Entry(NamedTuple):
    """What an entry says that may correct another month.

    Attributes:
        seq: The entry.
        kind: Of it.
        at: When it happened.
        body: Of it.
    """

    seq: int
    kind: str
    at: datetime
    body: Mapping[str, Any]


def corrects(one: Entry, zone: str, closed: Sequence[Period]) -> tuple[int, str] | None:
    """Return the entry that an entry corrects, and that one's month. Pure.

    An entry corrects a month that is out when it reverses one of its entries, or when it is dated in a sealed month and
    names what it corrects.

    Args:
        one: The entry.
        zone: In which months are told.
        closed: Months closed before it.

    Returns:
        None where it corrects nothing that is out.
    """
    late = one.body.get("late")
    if isinstance(late, dict) and late.get("state") == "sealed":
        return int(late["corrects"]), f"{local_date(one.at, zone):%Y-%m}"
    reverses = one.body.get("reverses")
    if one.kind not in REVERSALS or type(reverses) is not int:
        return None
    found = next((at.month for at in closed if at.first <= reverses <= at.closed_seq), None)
    return None if found is None else (reverses, found)


def made_wrong(seq: int, month: str, issued: Sequence[IssuedStatement]) -> tuple[str, ...]:
    """Return the published statements that cover a month and did not know of an entry yet. Pure.

    Args:
        seq: The entry.
        month: That it corrects.
        issued: Published statements.

    Returns:
        Their numbers, once each.
    """
    found = set()
    for one in issued:
        named = numbered(one.number)
        if named is not None and named.kind in CORRECTED and one.size <= seq:
            found |= {one.number} if month in named.months else set()
    return tuple(sorted(found))


def told_by(seq: int, issued: Sequence[IssuedStatement], closed: Sequence[Period]) -> str | None:
    """Return the notice that tells of an entry: the first one that was built behind it, in the same month. Pure.

    Args:
        seq: The entry.
        issued: Published statements, of which notices count.
        closed: Closed months.

    Returns:
        Its number; None where none tells of it.
    """
    for one in sorted(issued, key=lambda one: one.size):
        named = numbered(one.number)
        if named is None or named.kind != NOTICE or one.size <= seq:
            continue
        between = [at.month for at in closed if seq <= at.closed_seq < one.size - 1]
        return one.number if set(between) <= {named.period} else None
    return None


class Waiting(NamedTuple):
    """A notice that is to be given.

    Attributes:
        month: For which it is prepared: the one whose entries correct.
        number: That it has, or will have.
        entries: The correcting ones.
        documents: The statements that they make wrong.
        state: Where a prepared one stands, such as `built`; empty where none was prepared.
        language: Of the prepared one; empty likewise.
    """

    month: str
    number: str
    entries: tuple[int, ...]
    documents: tuple[str, ...]
    state: str = ""
    language: str = ""


class _Span(NamedTuple):
    month: str
    first: int
    stop: int


def waiting(connection: sa.Connection, fund: Fund, zone: str) -> list[Waiting]:
    """Return the notices that are to be given, oldest first.

    Args:
        connection: In a transaction.
        fund: The fund.
        zone: In which months are told.

    Returns:
        One for each month with entries of which no notice tells; looked for in the last `SPANS_MAX` months.
    """
    issued = published(connection, fund.fund_id)
    if not any(_is_corrected(one) for one in issued):
        return []
    closed = periods.closed(connection, fund.fund_id)
    found = []
    for span in _spans(connection, fund.fund_id, closed):
        one = _of_span(connection, fund, span, (zone, closed, issued))
        if one is not None:
            found.append(one)
    return found


def published(connection: sa.Connection, fund_id: int) -> list[IssuedStatement]:
    """Return the statements that are published."""
    return [one for one in periods.issued(connection, fund_id) if one.published_seq is not None]


def _is_corrected(one: IssuedStatement) -> bool:
    named = numbered(one.number)
    return named is not None and named.kind in CORRECTED


def _spans(connection: sa.Connection, fund_id: int, closed: Sequence[Period]) -> list[_Span]:
    """Return the last months by their signed ends, oldest first, the open one last."""
    size = journal.size(connection, fund_id)
    first, found = 0, []
    for place, one in enumerate(closed):
        if place < len(closed) - SPANS_MAX:
            continue
        stop, _ = log.checkpoint_covering(connection, fund_id, one.closed_seq)
        if place > len(closed) - SPANS_MAX:
            found.append(_Span(one.month, first, stop))
        first = stop
    if closed and size > first:
        found.append(_Span(month_after(closed[-1].month), first, size))
    return found


def _of_span(
    connection: sa.Connection,
    fund: Fund,
    span: _Span,
    known: tuple[str, Sequence[Period], Sequence[IssuedStatement]],
) -> Waiting | None:
    zone, closed, issued = known
    before = [one for one in closed if one.closed_seq < span.first]
    seqs: list[int] = []
    documents: set[str] = set()
    for one in _candidates(connection, fund.fund_id, span):
        wrong = corrects(one, zone, before)
        numbers = made_wrong(one.seq, wrong[1], issued) if wrong else ()
        if numbers and told_by(one.seq, issued, closed) is None:
            seqs.append(one.seq)
            documents.update(numbers)
    if not seqs:
        return None
    number = number_of(
        fund.slug, span.month, NOTICE, next_version(connection, fund.fund_id, span.month)
    )
    drafts = issuing.issues(connection, fund.fund_id, number)
    newest = max(drafts, key=lambda one: one.last.seq, default=None)
    return Waiting(
        span.month,
        number,
        tuple(seqs),
        tuple(sorted(documents)),
        newest.state if newest else "",
        newest.language if newest else "",
    )


def _candidates(connection: sa.Connection, fund_id: int, span: _Span) -> list[Entry]:
    found = []
    for row in journal.of_kinds(connection, fund_id, KINDS, span.first, span.stop, most=ANY_SIZE):
        value = decode(row.entry)
        at = from_text(value["occurred_at"])
        found.append(Entry(row.seq, row.kind, at, value["body"]))
    return found


def next_version(connection: sa.Connection, fund_id: int, month: str) -> int:
    """Return the version of a month's next notice: those published are never touched again."""
    versions = [
        named.version
        for one in published(connection, fund_id)
        if (named := numbered(one.number)) is not None
        and (named.kind, named.period) == (NOTICE, month)
    ]
    return max(versions, default=0) + 1


class Restatement(NamedTuple):
    """A figure of a published statement that a notice corrects, as the entry that built the notice says it.

    Attributes:
        statement: Number of the statement.
        line: Code of the line.
        old: As it was, with earlier notices, minor units.
        change: What the notice changes.
        new: With it.
    """

    statement: str
    line: str
    old: int
    change: int
    new: int


class Notice(NamedTuple):
    """A published notice.

    Attributes:
        number: Of it.
        corrects: What it corrects.
        entry: That published it.
        at: When.
    """

    number: str
    corrects: tuple[Restatement, ...]
    entry: int
    at: datetime

    @property
    def statements(self) -> tuple[str, ...]:
        """Return the numbers of the statements that it corrects, once each."""
        return tuple(dict.fromkeys(one.statement for one in self.corrects))


def notices(connection: sa.Connection, fund_id: int) -> list[Notice]:
    """Return the published notices, oldest first."""
    first: dict[str, IssuedStatement] = {}
    for one in sorted(published(connection, fund_id), key=lambda one: one.published_seq or 0):
        if is_notice(one.number):
            first.setdefault(one.number, one)
    found = []
    for number, out in first.items():
        told = issuing.told(
            connection, fund_id, issuing.issue(connection, fund_id, number, out.language)
        )
        said = next(row for row in reversed(told) if row.step.step == BUILT)
        rows = tuple(Restatement(**row) for row in said.body.get("corrects", ()))
        found.append(Notice(number, rows, out.published_seq or 0, told[-1].at))
    return found
