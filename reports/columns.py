"""The months of a quarter or a year side by side, and the equations that join them to the whole.

Source:
    Statements, section 4, "Ties between A and M" (Y1, Y2, Y3, Y10).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ledger.money import format_amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.statement import MonthColumn, Statement
    from reports.ties import Tie

MOVING: Final = (
    *("G1", "G2", "G3", "G3a", "G3b", "G4", "G5", "G5a", "G5b", "G6", "P2", "P3", "P4"),
    *("B2", "B3", "B4", "B5", "B6", "T2", "T2r"),
    *("F2", "F3", "F4", "F5", "F6", "F7", "S1", "S2", "L2"),
)
"""Lines that add up over months."""

OPENING: Final = (("P1", "P5"), ("B1", "B7"), ("T1", "T3"), ("F1", "F8"))
"""Balances: of a period the first month's opening and the last month's closing."""

_TABLES: Final = {
    "G": ("G1", "G2", "G3", "G4", "G5", "G6"),
    "P": ("P1", "P2", "P3", "P4", "P5"),
    "B": ("B1", "B2", "B3", "B4", "B5", "B6", "B7"),
    "T": ("T1", "B4", "T2", "T2r", "T3"),
    "F": ("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8"),
}
_COUNTS: Final = {"G1"}
_ENDS: Final = {code for pair in OPENING for code in pair}


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One line over the months, as printed.

    Attributes:
        code: Of the line.
        months: Its figure in each month.
        corrections: Corrections behind the last month; a dash for a balance, which they do not change any more.
        total: Of the whole period, with them.
    """

    code: str
    months: tuple[str, ...]
    corrections: str
    total: str


def of(column: MonthColumn, code: str) -> int | None:
    """Return a line of a month."""
    return dict(column.lines).get(code)


def column_rows(
    statement: Statement, letter: str, lines: dict[str, int | None]
) -> tuple[ColumnRow, ...]:
    """Give the rows of a table of months.

    Args:
        statement: Of a quarter or a year.
        letter: `G`, `P`, `B`, `T` or `F`.
        lines: Its own lines.

    Returns:
        Rows in the fixed order, amounts without the sign that they carry elsewhere.
    """

    def shown(code: str, value: int | None) -> str:
        if value is None:
            return "—"
        return f"{value:,}" if code in _COUNTS else format_amount(value, statement.commodity)

    rows = []
    for code in _TABLES[letter]:
        later, whole = later_change(statement, code), lines[code]
        rows.append(
            ColumnRow(
                code,
                tuple(shown(code, of(column, code)) for column in statement.columns),
                "—" if code in _ENDS else shown(code, later),
                shown(code, None if whole is None else whole + later),
            )
        )
    return tuple(rows)


def later_change(statement: Statement, code: str) -> int:
    """Return by how much entries behind a period's last one change a line of its months, minor units."""
    return sum(one.amount_minor for one in statement.later if one.line == code)


def column_ties(
    statement: Statement, lines: dict[str, int | None], tie: type[Tie]
) -> Iterator[Tie]:
    """Give the equations between the months and the whole.

    Args:
        statement: Of a quarter or a year; one month has none.
        lines: Its own lines.
        tie: Makes a pair.

    Yields:
        Y1 (sums), Y2 (both ends and every month to the next), Y3 (what later corrections are about), Y10 (entries,
        chain of heads).
    """
    months = statement.columns
    if not months:
        return
    for code in MOVING:
        total = sum(of(one, code) or 0 for one in months)
        yield tie(code, f"Σ {code} by month", lines[code] or 0, total)
    for opening, closing in OPENING:
        yield tie(opening, f"{opening} {months[0].number}", lines[opening], of(months[0], opening))
        yield tie(
            closing, f"{closing} {months[-1].number}", lines[closing], of(months[-1], closing)
        )
        for one, following in pairwise(months):
            left, right = of(following, opening), of(one, closing)
            yield tie(f"{opening} {following.number}", f"{closing} {one.number}", left, right)
    yield tie(
        "L1 last", f"L1 last {months[-1].number}", statement.ledger.l1_last, months[-1].entries[1]
    )
    yield tie(
        "L5 closing", f"root {months[-1].number}", statement.ledger.l5_closing, months[-1].root
    )
    last_entry = -1 if statement.ledger.l1_last is None else statement.ledger.l1_last
    for row in statement.later:
        yield tie(f"correction {row.entry}", "behind the last", row.entry > last_entry, True)
        yield tie(f"correction {row.entry}", "of a line that moves", row.line in MOVING, True)
    for one, following in pairwise(months):
        last = one.entries[1]
        expected = None if last is None else last + 1
        yield tie(
            f"L1 first {following.number}",
            f"L1 last + 1 {one.number}",
            following.entries[0],
            expected,
        )
