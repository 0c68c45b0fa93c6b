"""Correction notices at the desk: which are to be given, and what each statement's page says of them."""

from __future__ import annotations

from typing import Any

from ledger.issuing.numbers import is_notice
from ledger.projections import notices
from ledger.projections.notices import Restatement, Waiting
from ledger.web.desk.frame import Desk


def to_give(desk: Desk, connection: Any) -> list[Waiting]:
    """Return the notices that the fund has to give."""
    return notices.waiting(connection, desk.fund, desk.details.zone)


def about(desk: Desk, connection: Any, number: str) -> dict[str, Any]:
    """Return what a statement's page says of notices.

    Args:
        desk: Whose.
        connection: A snapshot.
        number: Of the statement, or of a notice.

    Returns:
        `corrected_by`, published notices that correct it, as pairs of number and language; `to_give`, notices about it
        that are still to come.
    """
    languages = {
        one.number: one.language
        for one in notices.published(connection, desk.fund.fund_id)
        if is_notice(one.number)
    }
    return {
        "corrected_by": [
            (one.number, languages[one.number])
            for one in notices.notices(connection, desk.fund.fund_id)
            if number in one.statements
        ],
        "to_give": [one for one in to_give(desk, connection) if number in one.documents],
    }


def corrects(body: dict[str, Any]) -> list[Restatement]:
    """Read what the entry that built a notice says that it corrects; nothing for other documents."""
    return [Restatement(**row) for row in body.get("corrects", ())]
