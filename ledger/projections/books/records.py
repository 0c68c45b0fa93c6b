"""Registers that anyone may read: corrections, and what has to be disclosed by when."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.journal import history as journal
from ledger.projections.books.head import Head, head
from ledger.projections.corrections import KINDS, Corrected, read_corrections
from ledger.projections.fund_page import View
from ledger.projections.shapes import StatementLine
from ledger.projections.statement_list import statement_lines

PAGE = 50


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """Some corrections, newest first.

    Attributes:
        head: Whose.
        shown: Those of this page.
        earlier: Entry below which the next page begins; None at the end.
    """

    head: Head
    shown: tuple[Corrected, ...]
    earlier: int | None


def correction_page(of: View, below: int | None = None) -> CorrectionPage:
    """Make a page of the register of corrections.

    Args:
        of: The fund.
        below: Only entries with a smaller number.

    Returns:
        The newest of them: a range of the index for each kind, however many entries there are.
    """
    connection, fund_id = of.connection, of.fund.fund_id
    found = [
        one
        for kind in KINDS
        for one in journal.of_kind(connection, fund_id, kind, newest=PAGE + 1, below=below)
    ]
    found.sort(key=lambda one: -one.seq)
    shown = read_corrections(connection, fund_id, found[:PAGE])
    return CorrectionPage(
        head(of), tuple(shown), found[PAGE - 1].seq if len(found) > PAGE else None
    )


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """What was to be disclosed by when.

    Attributes:
        head: Whose.
        promised: Working days after a month's end.
        lines: What has a day by which it has to be out, newest first, those to come at the end.
    """

    head: Head
    promised: int
    lines: tuple[StatementLine, ...]

    @property
    def kept(self) -> int:
        """Count the first issues that were out in time."""
        return sum(
            one.state == "published" and one.issue == 1 and not one.days_late for one in self.lines
        )

    @property
    def missed(self) -> int:
        """Count those that were late, or are."""
        return sum(one.issue == 1 and one.days_late > 0 for one in self.lines)


def calendar_page(of: View) -> CalendarPage:
    """Make the calendar of disclosures."""
    lines = statement_lines(of.connection, of.fund, of.details.zone, of.now)
    due = tuple(one for one in lines if one.is_promised)
    return CalendarPage(head(of), of.promises.statement_days, due)
