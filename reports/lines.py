"""Every coded line of a statement by its code, in the order of the sections."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reports.statement import FundLines, Statement

_LINE_FIELDS: Final = {
    "gifts": ("g1", "g2", "g3", "g3a", "g3b", "g4", "g5", "g5a", "g5b", "g6"),
    "due": ("p1", "p2", "p3", "p4", "p5"),
    "bank": ("b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8"),
    "transit": ("t1", "t2", "t2r", "t3"),
    "spending": ("s1", "s2", "s3"),
    "open": ("x1", "x2", "x3", "x4"),
}


def _code(field: str) -> str:
    return field[0].upper() + field[1:]


def lines(statement: Statement) -> dict[str, int | None]:
    """Give every numeric line by its code, in the order of the sections.

    Args:
        statement: The statement.

    Returns:
        `G1` to `X4`, minor units or counts; F lines are those of the whole fund; L lines with numbers only.
    """
    found: dict[str, int | None] = {}
    for section, names in _LINE_FIELDS.items():
        part = getattr(statement, section)
        if section == "spending":
            found |= _fund_lines(statement.fund)
        found |= {_code(name): getattr(part, name) for name in names}
    ledger = statement.ledger
    return found | {
        "L1a": ledger.l1_first,
        "L1b": ledger.l1_last,
        "L2": ledger.l2,
        "L3a": ledger.l3_gaps,
        "L3b": ledger.l3_duplicates,
        "L4a": ledger.l4_debits,
        "L4b": ledger.l4_credits,
    }


def _fund_lines(fund: FundLines) -> dict[str, int | None]:
    found: dict[str, int | None] = {
        _code(field.name): getattr(fund.total, field.name) for field in fields(fund.total)
    }
    return found | {"F9": fund.f9, "F10a": fund.f10_receivable, "F10b": fund.f10_payable}
