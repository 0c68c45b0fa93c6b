"""Read questions with what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.errors import NotFoundError
from ledger.keyset import Listing, Sort
from ledger.questions.tables import question_steps, question_texts, questions

STATES = ("waiting", "shown", "answered", "hidden")


class Step(NamedTuple):
    """What an officer did.

    Attributes:
        at_ms: When.
        kind: `shown`, `hidden`, `assigned`, `answered` or `erased`.
        member_id: Who.
        body: Of an answer.
    """

    at_ms: int
    kind: str
    member_id: str
    body: str


class Question(NamedTuple):
    """A question.

    Attributes:
        number: Of the question.
        asked_ms: When.
        gift_seq: The gift that it is about; None for the fund.
        language: `zh` or `en`.
        suspicion: Why it looks like spam; empty where it does not.
        body: What was asked; empty when erased.
        steps: What became of it, the oldest first.
    """

    number: int
    asked_ms: int
    gift_seq: int | None
    language: str
    suspicion: str
    body: str
    steps: tuple[Step, ...] = ()

    @property
    def answer(self) -> Step | None:
        """Return the newest answer."""
        return next((one for one in reversed(self.steps) if one.kind == "answered"), None)

    @property
    def owner(self) -> str | None:
        """Return who looks after it: whoever took it last."""
        return next(
            (one.member_id for one in reversed(self.steps) if one.kind == "assigned"), None
        )

    @property
    def is_shown(self) -> bool:
        """Tell whether anybody may read it: an officer said yes, and nobody no since."""
        told = [
            one.kind for one in self.steps if one.kind in ("shown", "hidden", "answered", "erased")
        ]
        return bool(self.body) and bool(told) and told[-1] in ("shown", "answered")

    @property
    def state(self) -> str:
        """Return `waiting`, `shown`, `answered` or `hidden`."""
        if self.is_shown:
            return "answered" if self.answer else "shown"
        is_hidden = any(one.kind in ("hidden", "erased") for one in self.steps)
        return "hidden" if is_hidden else "waiting"


def _base() -> sa.Select[Any]:
    q, t = questions.c, question_texts.c
    return sa.select(
        q.number,
        q.asked_ms,
        q.gift_seq,
        q.language,
        q.suspicion,
        sa.func.coalesce(t.body, "").label("body"),
    ).select_from(
        questions.outerjoin(question_texts, sa.and_(t.fund_id == q.fund_id, t.number == q.number))
    )


def last_number(connection: sa.Connection, fund_id: int) -> int:
    """Return the number of the newest question, 0 before the first."""
    found = connection.execute(
        sa.select(sa.func.max(questions.c.number)).where(questions.c.fund_id == fund_id)
    ).scalar()
    return int(found or 0)


def question(connection: sa.Connection, fund_id: int, number: int) -> Question:
    """Return one question.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        number: Of the question.

    Returns:
        The question with its steps.

    Raises:
        NotFoundError: There is none of this number.
    """
    rows = (
        connection.execute(
            _base().where(questions.c.fund_id == fund_id, questions.c.number == number)
        )
        .mappings()
        .all()
    )
    if not rows:
        raise NotFoundError(what="question", number=number)
    return _with_steps(connection, fund_id, rows)[0]


def newest_shown(
    connection: sa.Connection, fund_id: int, most: int, *, gift_seq: int | None = None
) -> list[Question]:
    """Return the newest questions that anybody may read.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        most: How many.
        gift_seq: Only about this gift.

    Returns:
        Newest first.
    """
    found: list[Question] = []
    below = 2**62
    while len(found) < most:
        query = _base().where(questions.c.fund_id == fund_id, questions.c.number < below)
        if gift_seq is not None:
            query = query.where(questions.c.gift_seq == gift_seq)
        newest = query.order_by(questions.c.number.desc()).limit(4 * most)
        rows = connection.execute(newest).mappings().all()
        found += [one for one in _with_steps(connection, fund_id, rows) if one.is_shown]
        if len(rows) < 4 * most:
            break
        below = rows[-1]["number"]
    return found[:most]


def listing(fund_id: int, state: str = "") -> Listing[Question]:
    """Return all questions as a list that the database sorts and cuts, newest first.

    Args:
        fund_id: The fund.
        state: Only `waiting` ones, which nobody has decided on; or all.

    Returns:
        The list; order `number`.
    """
    query = _base().where(questions.c.fund_id == fund_id)
    if state:
        s = question_steps.c
        decided = sa.exists().where(
            s.fund_id == questions.c.fund_id,
            s.number == questions.c.number,
            s.kind.in_(("shown", "hidden", "answered", "erased")),
        )
        query = query.where(~decided if state == "waiting" else decided)
    return Listing(
        query=query,
        orders={"number": (questions.c.number,)},
        usual=Sort("number", descending=True),
        read=lambda connection, rows: _with_steps(connection, fund_id, rows),
    )


def _with_steps(
    connection: sa.Connection, fund_id: int, rows: Sequence[sa.RowMapping]
) -> list[Question]:
    s = question_steps.c
    found: dict[int, list[Step]] = {row["number"]: [] for row in rows}
    for row in connection.execute(
        sa.select(s.number, s.at_ms, s.kind, s.member_id, s.body)
        .where(s.fund_id == fund_id, s.number.in_(list(found)))
        .order_by(s.number, s.step)
    ):
        found[row.number].append(Step(row.at_ms, row.kind, row.member_id, row.body))
    return [
        Question(
            row["number"],
            row["asked_ms"],
            row["gift_seq"],
            row["language"],
            row["suspicion"],
            row["body"],
            tuple(found[row["number"]]),
        )
        for row in rows
    ]
