"""Questions as anybody may read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ledger.clock import from_ms
from ledger.errors import NotFoundError
from ledger.journal.receipt_numbers import receipt_number
from ledger.journal.tables import entries
from ledger.projections.fund_page import View
from ledger.questions import history
from ledger.questions.history import Question

NEWEST = 50


@dataclass(frozen=True, slots=True)
class PublicQuestion:
    """A question.

    Attributes:
        number: Of the question.
        asked_at: When.
        language: Of its text.
        state: `waiting`, `shown`, `answered` or `hidden`.
        body: What was asked; empty unless anybody may read it.
        answer: The newest answer; empty where there is none.
        answered_at: When; None where there is none.
        receipt: Receipt number of the gift that it is about; empty for the fund.
    """

    number: int
    asked_at: datetime
    language: str
    state: str
    body: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    receipt: str = ""

    @property
    def is_shown(self) -> bool:
        """Tell whether anybody may read it."""
        return bool(self.body)


def newest(of: View) -> list[PublicQuestion]:
    """Return the newest questions that anybody may read."""
    return _public(of, history.newest_shown(of.connection, of.fund.fund_id, NEWEST))


def one(of: View, number: int) -> PublicQuestion | None:
    """Return one question; without its text unless anybody may read it; None if there is none."""
    try:
        found = history.question(of.connection, of.fund.fund_id, number)
    except NotFoundError:
        return None
    return _public(of, [found])[0]


def _public(of: View, found: Sequence[Question]) -> list[PublicQuestion]:
    seqs = [one.gift_seq for one in found if one.gift_seq is not None]
    leaves = of.connection.execute(
        sa.select(entries.c.seq, entries.c.leaf_hash).where(
            entries.c.fund_id == of.fund.fund_id, entries.c.seq.in_(seqs)
        )
    )
    receipts = {row.seq: receipt_number(row.seq, bytes(row.leaf_hash)).compact for row in leaves}
    made = []
    for one in found:
        answer = one.answer
        made.append(
            PublicQuestion(
                one.number,
                from_ms(one.asked_ms),
                one.language,
                one.state,
                *(
                    (
                        one.body,
                        answer.body if answer else "",
                        from_ms(answer.at_ms) if answer else None,
                        receipts.get(one.gift_seq, "") if one.gift_seq is not None else "",
                    )
                    if one.is_shown
                    else ()
                ),
            )
        )
    return made
