"""Section 9: entries of a span that correct months whose statements are out, and what those months say with them.

An entry corrects a closed month when it reverses one of its entries, or when it is dated in a sealed month and names
what it corrects. It counts where it stands; nothing published is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.issuing.numbers import NOTICE, numbered
from ledger.journal import accounts as names
from ledger.periods import history as periods
from ledger.periods.history import IssuedStatement
from ledger.projections.corrections import KINDS, corrections_between
from ledger.projections.month import Month, Movement
from ledger.projections.notices import Entry, corrects, made_wrong, published, told_by
from ledger.projections.stages import (
    BANK,
    BANK_FEES,
    FUND,
    FUND_FEES,
    PROGRAMME,
    REFUNDED_BANK,
    REFUNDED_FUND,
)
from ledger.statements.numbers import statement_number
from reports.statement import Adjustment, Correction, Restated

_LINES: Mapping[str, tuple[tuple[str, str, int], ...]] = {
    FUND: (
        (PROGRAMME, "F5", -1),
        (names.MANAGEMENT, "F6", -1),
        (FUND_FEES, "F6", -1),
        (REFUNDED_FUND, "F3", 1),
        (names.DONATIONS, "F3", 1),
        (names.RETURNED_GRANTS, "F7", 1),
        ("Income:", "F4", 1),
    ),
    BANK: (
        (BANK_FEES, "B5", -1),
        (names.OTHER_PAYMENTS, "B6", -1),
        (REFUNDED_BANK, "B6", -1),
        ("Income:", "B3", 1),
    ),
}
"""By stage and other account: the line, and whether money that comes to the stage makes the line larger."""


class Notice(NamedTuple):
    """Which notice is filled.

    Attributes:
        number: Of it.
        period: As its number has it.
        version: 1 for the first one of a month.
        at: When it is issued.
    """

    number: str
    period: str
    version: int
    at: datetime


def corrections(month: Month) -> tuple[Correction, ...]:
    """List the entries of a span that correct months that are out, each with the line of that month's statement.

    Args:
        month: A closed span.

    Returns:
        A row for each, by entry.
    """
    return tuple(row for _, row in _rows(month))


def _rows(of: Month) -> Iterator[tuple[str, Correction]]:
    """Go through the entries of a span that correct a month that is out.

    Yields:
        The month, and the row.
    """
    known = _published(of)
    closed = periods.closed(of.connection, of.fund.fund_id)
    for seq, (entry, wrong), (line, amount), reason in _correcting(of):
        yield (
            wrong,
            Correction(
                entry=seq,
                corrects_entry=entry,
                document=statement_number(of.fund, wrong, "M", 1),
                line=line,
                amount_minor=amount,
                reason=reason,
                notice=told_by(seq, known, closed),
            ),
        )


ADJUSTING = tuple(kind for kind in KINDS if kind != "gift.reversed")
"""Kinds that section 9 lists one by one. Gifts given back are many, and stand in G3 and in the register of gifts."""


def adjustments(month: Month, roles: Mapping[str, str]) -> tuple[Adjustment, ...]:
    """List the entries of a span that take something back or set it right.

    Args:
        month: A closed span.
        roles: What members are called in print, by id.

    Returns:
        A row for each, by entry.
    """
    found = corrections_between(
        month.connection,
        month.fund.fund_id,
        month.cut.first,
        month.cut.size,
        kinds=ADJUSTING,
        known_at=month.cut.size,
    )
    return tuple(
        Adjustment(
            one.seq,
            one.kind,
            one.corrects,
            one.amount,
            one.commodity,
            one.reason,
            roles.get(one.proposed_by, one.proposed_by),
            tuple(roles.get(who, who) for who in one.approved_by),
            one.statements,
        )
        for one in found
    )


def noticed(month: Month, notice: Notice) -> tuple[Correction, ...]:
    """List what a notice tells: the correcting entries of its month of which no earlier notice tells.

    Args:
        month: Its month, as far as it goes.
        notice: Which.

    Returns:
        A row for each entry and each published statement that it makes wrong.
    """
    known = [one for one in _known_to(notice, month) if not _is_later(one, notice)]
    closed = periods.closed(month.connection, month.fund.fund_id)
    return tuple(
        Correction(seq, entry, document, line, amount, reason, notice.number)
        for seq, (entry, wrong), (line, amount), reason in _correcting(month)
        if told_by(seq, known, closed) is None
        for document in made_wrong(seq, wrong, known)
    )


def later_corrections(after: Month, months: Sequence[str]) -> tuple[Correction, ...]:
    """List the entries behind a document's last one that correct months which it covers.

    Args:
        after: What came behind the document's last entry.
        months: That it covers.

    Returns:
        A row for each, by entry, with the monthly statement whose line it changes.
    """
    return tuple(row for wrong, row in _rows(after) if wrong in months)


def all_changes(month: Month, document: str) -> list[Correction]:
    """List every entry of a span that makes a published statement wrong, whoever tells of it."""
    known = [
        one
        for one in periods.issued(month.connection, month.fund.fund_id)
        if one.number == document
    ]
    return [
        Correction(seq, entry, document, line, amount, reason)
        for seq, (entry, wrong), (line, amount), reason in _correcting(month)
        if made_wrong(seq, wrong, known)
    ]


def _published(month: Month) -> list[IssuedStatement]:
    """Return what the log said by the span's end that is published."""
    return [
        one
        for one in published(month.connection, month.fund.fund_id)
        if (one.published_seq or 0) < month.cut.size
    ]


def _known_to(notice: Notice, month: Month) -> list[IssuedStatement]:
    """Return what was published when a notice was issued: of a closed month, some may have come out after its end."""
    found = published(month.connection, month.fund.fund_id)
    when = month.occurred([one.published_seq for one in found])
    size, out = month.cut.size, [(one, one.published_seq or 0) for one in found]
    return [one for one, seq in out if seq < size or when[seq] <= notice.at]


def _is_later(one: IssuedStatement, notice: Notice) -> bool:
    """Tell whether a published document is this notice itself, or one of its month that came after it."""
    named = numbered(one.number)
    return (
        named is not None
        and (named.kind, named.period) == (NOTICE, notice.period)
        and named.version >= notice.version
    )


def _correcting(
    month: Month,
) -> Iterator[tuple[int, tuple[int, str], tuple[str, int], str]]:
    """Find the entries of a span that correct another month.

    Yields:
        The entry; what it corrects and that one's month; the line and its change; why.
    """
    closed = [
        one
        for one in periods.closed(month.connection, month.fund.fund_id)
        if one.closed_seq < month.cut.first
    ]
    for one in month.movements:
        wrong = corrects(Entry(one.seq, one.kind, one.at, one.body), month.details.zone, closed)
        line = _line(one)
        if wrong is None or line is None or one.commodity != month.details.commodity:
            continue
        yield one.seq, wrong, line, str(one.body.get("reason", ""))


def _line(one: Movement) -> tuple[str, int] | None:
    """Return the line that counts a movement, and by how much it changes the line."""
    for stage, lines in _LINES.items():
        into = one.target.startswith(stage)
        if not into and not (one.source or "").startswith(stage):
            continue
        other = (one.source or _origin(one)) if into else one.target
        for start, line, sign in lines:
            if other.startswith(start):
                return line, sign * (one.to_length if into else -one.length)
    return None


def _origin(one: Movement) -> str:
    """Name the account that money from outside is booked against."""
    by_class = {"donation": names.DONATIONS, "returned-grant": names.RETURNED_GRANTS}
    return by_class.get(one.body.get("class", ""), names.INTEREST)


def restated(
    rows: Sequence[Correction],
    earlier: Mapping[str, Sequence[Correction]],
    lines_of: Callable[[str], Mapping[str, int | None]],
) -> tuple[Restated, ...]:
    """Say what corrected lines were, and what they are with the corrections.

    Args:
        rows: Corrections of this notice.
        earlier: By document, every change since it was built that this notice does not tell.
        lines_of: Gives the lines of a statement by its number.

    Returns:
        A row for each line of each document.
    """
    grouped: dict[tuple[str, str], list[Correction]] = defaultdict(list)
    for one in rows:
        grouped[one.document, one.line].append(one)
    made = []
    for (document, line), ones in sorted(grouped.items()):
        before = sum(one.amount_minor for one in earlier[document] if one.line == line)
        old = (lines_of(document)[line] or 0) + before
        change = sum(one.amount_minor for one in ones)
        made.append(
            Restated(document, line, old, change, old + change, tuple(one.entry for one in ones))
        )
    return tuple(made)
