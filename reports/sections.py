"""The coded lines of a statement as rows to print: name, signed amount, what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.money import format_amount
from reports import documents, wording
from reports.statement import lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.statement import Statement
    from reports.wording import Language

NOT_APPLICABLE = "—"

_TABLES: Final = {
    "G": ("G1", "G2", "-G3", "-G4", "-G5", "=G6"),
    "P": ("P1", "P2", "-P3", "-P4", "=P5"),
    "B": ("B1", "B2", "B3", "-B4", "-B5", "-B6", "=B7", "B8"),
    "T": ("T1", "B4", "-T2", "-T2r", "=T3"),
    "F": ("F1", "F2", "F3", "F4", "-F5", "-F6", "F7", "=F8", "F9", "F10a", "-F10b"),
    "S": ("S1", "S2", "S3"),
    "X": ("X1", "X2", "X3", "X4"),
}
"""Codes of each section in order: `-` lines are printed with a minus, so that a column can be added by hand; `=`
marks the line that the lines above it make."""

_COUNTS: Final = {"G1", "X1", "X3", "X4"}
_TRANSFERS: Final = 5
"""The section that lists transfers, as templates number it."""

_COVER: Final = ("G2", "G6", "B4", "F5", "F8")


@dataclass(frozen=True, slots=True)
class LineRow:
    """One printed line.

    Attributes:
        code: Its code.
        name: Its name in the document's language.
        amount: Its figure as printed, with sign.
        basis: Its formula or what it rests on; may be empty.
        total: The lines above it make it: it gets the double rule.
    """

    code: str
    name: str
    amount: str
    basis: str
    total: bool


def line_rows(statement: Statement, letter: str, language: Language) -> tuple[LineRow, ...]:
    """Give the rows of a section's table.

    Args:
        statement: A checked statement.
        letter: `G`, `P`, `B`, `T`, `F`, `S` or `X`.
        language: Of names and notes.

    Returns:
        The rows in the fixed order; a line that returned transfers alone use is left out where there are none.
    """
    figures = lines(statement)
    basis = _basis(statement, language)
    rows = []
    for marked in _TABLES[letter]:
        code = marked.lstrip("-=")
        if code == "T2r" and not figures[code]:
            continue
        zh, en, formula = wording.LINE[code]
        rows.append(
            LineRow(
                code=code,
                name=zh if language == "zh" else en,
                amount=_figure(figures[code], code, marked[0] == "-", statement.commodity),
                basis=basis.get(code, "") or _plain_formula(code, formula, statement),
                total=marked[0] == "=",
            )
        )
    return tuple(rows)


def cover_rows(statement: Statement, language: Language) -> tuple[LineRow, ...]:
    """Give the five figures of the cover, without signs."""
    figures = lines(statement)
    names = wording.COVER[language]
    return tuple(
        LineRow(
            code, names[code], _figure(figures[code], code, False, statement.commodity), "", False
        )
        for code in _COVER
    )


def _figure(value: int | None, code: str, minus: bool, commodity: str) -> str:
    if value is None:
        return NOT_APPLICABLE
    if code in _COUNTS:
        return f"{value:,}"
    return format_amount(-value if minus else value, commodity)


def _plain_formula(code: str, formula: str, statement: Statement) -> str:
    """Leave out of a formula what this statement does not have."""
    if code == "T3" and not statement.transit.t2r:
        return formula.removesuffix(" − T2r")
    if code == "F5" and statement.spending.s3 is not None:
        return f"{formula} = S3"
    return formula


def _basis(statement: Statement, language: Language) -> dict[str, str]:
    """Say what single lines rest on, beyond their formula."""

    def say(key: str, **values: object) -> str:
        return wording.BASIS[language][key].format(**values)

    def amount(minor: int | None) -> str:
        return NOT_APPLICABLE if minor is None else format_amount(minor, statement.commodity)

    return {
        **_gift_basis(statement, say, amount),
        **_opening_basis(statement, say),
        **_bank_basis(statement, say),
        **_fund_basis(statement, say),
    }


def _gift_basis(
    statement: Statement, say: Callable[..., str], amount: Callable[[int | None], str]
) -> dict[str, str]:
    g = statement.gifts
    found = {
        "G3": say("G3", a=amount(g.g3a), b=amount(g.g3b)),
        "G5": say("G5", a=amount(g.g5a), b=amount(g.g5b)),
        "G1": say("no-gifts"),
    }
    if statement.due.received:
        found["P3"] = say("payments", n=len(statement.due.received))
    if g.first_gift_no is not None and g.last_gift_no is not None:
        found["G1"] = say("G1", first=f"{g.first_gift_no:,}", last=f"{g.last_gift_no:,}")
    return found


def _opening_basis(statement: Statement, say: Callable[..., str]) -> dict[str, str]:
    if statement.previous is None:
        return dict.fromkeys(("P1", "B1", "T1", "F1"), say("first"))
    pairs = (("P1", "P5"), ("B1", "B7"), ("T1", "T3"), ("F1", "F8"))
    return {
        opening: say("opening", code=closing, number=statement.previous.number)
        for opening, closing in pairs
    }


def _bank_basis(statement: Statement, say: Callable[..., str]) -> dict[str, str]:
    b = statement.bank
    ledger = statement.ledger
    # Entries decide what belongs to a period, as in B4 itself; days are only printed.
    sent = sum(
        (ledger.l1_first or 0)
        <= transfer.entry
        <= (-1 if ledger.l1_last is None else ledger.l1_last)
        for transfer in statement.transit.transfers
    )
    section, _, _ = documents.heading(statement.kind, _TRANSFERS)
    found = {"B4": say("B4", n=sent, section=section)} if sent else {}
    if b.b8 is None:
        found["B8"] = say("no-bank-file")
    elif b.b8_on is not None:
        found["B8"] = say("bank-file", on=b.b8_on.isoformat())
    if b.other_receipts:
        found["B3"] = say("listed", n=len(b.other_receipts))
    if b.other_payments:
        found["B6"] = say("listed", n=len(b.other_payments))
    return found


def _fund_basis(statement: Statement, say: Callable[..., str]) -> dict[str, str]:
    f = statement.fund
    found = {}
    if f.f9 is None:
        found = dict.fromkeys(("F9", "F10a", "F10b"), say("no-bank-file"))
    elif f.f9_on is not None:
        found = {"F9": say("bank-file", on=f.f9_on.isoformat())}
    if statement.spending.s3 is None:
        found["S3"] = say("no-provider")
    return found
