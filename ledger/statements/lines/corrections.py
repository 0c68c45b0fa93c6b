"""Section 9: entries of a span that correct months whose statements are out, and what those months say with them.

An entry corrects a closed month when it reverses one of its entries, or when it is dated in a sealed month and names
what it corrects. It counts where it stands; nothing published is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from ledger.clock import local_date
from ledger.journal import accounts as names
from ledger.periods import history as periods
from ledger.periods.history import Period
from ledger.projections.month import Month, Movement
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
from reports.statement import Correction, Restated

_REVERSALS = frozenset({"spend.reversed", "movement.reversed"})

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


def corrections(month: Month) -> tuple[Correction, ...]:
    """List the entries of a span that correct earlier ones.

    Args:
        month: A closed span.

    Returns:
        A row for each, by entry.
    """
    connection, fund_id = month.connection, month.fund.fund_id
    closed = [
        one for one in periods.closed(connection, fund_id) if one.closed_seq < month.cut.first
    ]
    notices = {
        one.number
        for one in periods.issued(connection, fund_id)
        if one.published_seq is not None and one.published_seq < month.cut.size
    }
    rows = []
    for one in month.movements:
        corrects = _corrects(month, one, closed)
        line = _line(one)
        if corrects is None or line is None or one.commodity != month.details.commodity:
            continue
        entry, wrong = corrects
        notice = statement_number(month.fund, month.cut.month, "C", 1)
        rows.append(
            Correction(
                entry=one.seq,
                corrects_entry=entry,
                document=statement_number(month.fund, wrong, "M", 1),
                line=line[0],
                amount_minor=line[1],
                reason=str(one.body.get("reason", "")),
                notice=notice if notice in notices else None,
            )
        )
    return tuple(rows)


def _corrects(month: Month, one: Movement, closed: Sequence[Period]) -> tuple[int, str] | None:
    """Return the entry that a movement corrects and its month; None where it corrects nothing that is out."""
    late = one.body.get("late")
    if isinstance(late, dict) and late.get("state") == "sealed":
        dated = f"{local_date(one.at, month.details.zone):%Y-%m}"
        return int(late["corrects"]), dated
    reverses = one.body.get("reverses")
    if one.kind not in _REVERSALS or type(reverses) is not int:
        return None
    found = next((at.month for at in closed if at.first <= reverses <= at.closed_seq), None)
    return None if found is None else (reverses, found)


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
    earlier: Sequence[Correction],
    published: Callable[[str], Mapping[str, int | None]],
) -> tuple[Restated, ...]:
    """Say what corrected lines were, and what they are with the corrections.

    Args:
        rows: Corrections of this notice.
        earlier: Those of the months between.
        published: Gives the lines of a statement by its number.

    Returns:
        A row for each line of each document.
    """
    grouped: dict[tuple[str, str], list[Correction]] = defaultdict(list)
    for one in rows:
        grouped[one.document, one.line].append(one)
    made = []
    for (document, line), ones in sorted(grouped.items()):
        before = sum(
            one.amount_minor for one in earlier if (one.document, one.line) == (document, line)
        )
        old = (published(document)[line] or 0) + before
        change = sum(one.amount_minor for one in ones)
        made.append(
            Restated(document, line, old, change, old + change, tuple(one.entry for one in ones))
        )
    return tuple(made)
