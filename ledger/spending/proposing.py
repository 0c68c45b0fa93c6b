"""Spending above the limit of one person, as what others are to decide.

The decision says publicly how much, to which payments and for which diseases; the rows with their counts of people are
private, committed to and kept beside until it ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ledger.decisions.booking import Proposed
from ledger.funds.history import MoneyAccount
from ledger.sequencer.books import Books
from ledger.spending import limits
from ledger.spending.sheet import SpendRow

REFERENCES_SHOWN = 20


def wanted(
    books: Books,
    account: MoneyAccount,
    rows: Sequence[SpendRow],
    evidence: Sequence[str],
    sheet: str | None,
) -> Proposed:
    """Return spending as what others are to decide.

    Args:
        books: The fund's books.
        account: The fund account that pays.
        rows: Not booked yet.
        evidence: SHA-256 of the files that prove it.
        sheet: Commitment to the sheet; None for what was typed.

    Returns:
        What its decision says. The amount that decides who approves may be above the sum: see `limits`.
    """
    by_disease: dict[str, int] = defaultdict(int)
    for row in rows:
        by_disease[row.disease] += row.amount_minor
    references = sorted({row.reference for row in rows})
    content: dict[str, Any] = {
        "account": account.name,
        "sum": sum(by_disease.values()),
        "commodity": account.commodity,
        "rows": len(rows),
        "references": references[:REFERENCES_SHOWN],
        "diseases": dict(sorted(by_disease.items())),
        "evidence": list(evidence),
    }
    if sheet is not None:
        content["sheet"] = sheet
    private = {"rows": [row_to_json(row) for row in rows]}
    counted = limits.counted(books, rows)
    return Proposed("spend", content, counted, account.commodity, private)


def row_to_json(row: SpendRow) -> list[Any]:
    """Return a row as the private part of its decision has it."""
    return [
        row.line_no,
        row.spent_on.isoformat(),
        row.disease,
        row.people,
        row.provider,
        row.batch,
        row.persons,
        row.person_times,
        row.amount_minor,
        row.reference,
    ]


def rows_of(private: Mapping[str, Any]) -> list[SpendRow]:
    """Read the rows of a decision's private part."""
    return [SpendRow(one[0], date.fromisoformat(one[1]), *one[2:]) for one in private["rows"]]
