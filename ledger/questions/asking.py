"""Ask a question, and do something about one."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.activity.recording import record
from ledger.activity.records import Activity
from ledger.actors import Member
from ledger.clock import Clock, to_ms
from ledger.db import Database
from ledger.errors import FieldError, StateError
from ledger.journal.history import Fund
from ledger.questions import history
from ledger.questions.spam import suspicion
from ledger.questions.tables import question_steps, question_texts, questions
from ledger.roles import acting

BODY_CHARS = (5, 1_000)
ANSWER_CHARS_MAX = 4_000
OPEN_MAX = 500
"""Questions that may wait for an officer at a time: beyond it somebody is filling the desk."""

KINDS = ("shown", "hidden", "assigned", "answered", "erased")


class Asked(NamedTuple):
    """What somebody asks.

    Attributes:
        body: Text.
        language: `zh` or `en`.
        gift_seq: The gift that it is about; None for the fund.
    """

    body: str
    language: str
    gift_seq: int | None = None


def ask(database: Database, clock: Clock, fund: Fund, asked: Asked) -> int:
    """Register a question.

    Args:
        database: Where.
        clock: Tells when.
        fund: The fund.
        asked: What.

    Returns:
        Its number: it is shown when an officer has read it.

    Raises:
        FieldError: Too short or too long.
        StateError: Too many wait already.
    """
    body = asked.body.replace("\r\n", "\n").replace("\0", "").strip()
    if not BODY_CHARS[0] <= len(body) <= BODY_CHARS[1]:
        raise FieldError(field="body", value="", reason="length")
    with database.writing() as connection:
        waiting = history.listing(fund.fund_id, "waiting").query.limit(OPEN_MAX + 1)
        if len(connection.execute(waiting).all()) > OPEN_MAX:
            raise StateError(what="questions", key=fund.slug, state="full", needed="answers")
        number = history.last_number(connection, fund.fund_id) + 1
        connection.execute(
            sa.insert(questions).values(
                fund_id=fund.fund_id,
                number=number,
                asked_ms=to_ms(clock.now()),
                gift_seq=asked.gift_seq,
                language=asked.language,
                suspicion=suspicion(body),
            )
        )
        connection.execute(
            sa.insert(question_texts).values(fund_id=fund.fund_id, number=number, body=body)
        )
    return number


def step(
    database: Database, clock: Clock, fund: Fund, member: Member, what: tuple[int, str, str]
) -> None:
    """Show or hide a question, take it, answer it, or erase what was asked.

    Args:
        database: Where.
        clock: Tells when.
        fund: The fund.
        member: Who.
        what: Number of the question, one of `KINDS`, and the text of an answer.

    Raises:
        NotAllowedError: None of their roles answers questions.
        NotFoundError: No such question.
        FieldError: An answer without text, or too long.
        StateError: Its text was erased.
    """
    number, kind, body = what
    role = acting(member, "question.answer").role
    body = body.strip() if kind == "answered" else ""
    if kind not in KINDS:
        raise FieldError(field="kind", value=kind[:20], reason="unknown", known=KINDS)
    if kind == "answered" and not 1 <= len(body) <= ANSWER_CHARS_MAX:
        raise FieldError(field="body", value="", reason="missing" if not body else "length")
    with database.writing() as connection:
        found = history.question(connection, fund.fund_id, number)
        if not found.body:
            raise StateError(what="question", key=number, state="erased", needed="a-text")
        connection.execute(
            sa.insert(question_steps).values(
                fund_id=fund.fund_id,
                number=number,
                step=len(found.steps) + 1,
                at_ms=to_ms(clock.now()),
                kind=kind,
                member_id=member.member_id,
                body=body,
            )
        )
        if kind == "erased":
            connection.execute(
                sa.delete(question_texts).where(
                    question_texts.c.fund_id == fund.fund_id, question_texts.c.number == number
                )
            )
        subject = f"question/{number}"
        one = Activity(
            fund.fund_id, "question.answer", subject, member.member_id, role, reason=kind
        )
        record(connection, clock, one)
