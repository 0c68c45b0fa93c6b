"""Write working papers: each version is a row, and only whose paper it is writes the next one."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.activity.recording import record
from ledger.activity.records import Activity
from ledger.actors import Member
from ledger.clock import Clock, to_ms
from ledger.db import Database
from ledger.errors import FieldError, NotAllowedError, StateError
from ledger.journal.history import Fund
from ledger.papers import history
from ledger.papers.history import Paper
from ledger.papers.tables import working_papers
from ledger.roles import acting

TITLE_MAX = 200
BODY_MAX = 50_000


class Draft(NamedTuple):
    """What an auditor has written.

    Attributes:
        title: One line.
        subject: What it is about, such as `decision/12` or `entry/345`; may be empty.
        body: Text.
    """

    title: str
    subject: str
    body: str


def write(database: Database, clock: Clock, fund: Fund, member: Member, draft: Draft) -> int:
    """Begin a working paper.

    Args:
        database: Where it is kept.
        clock: Tells when.
        fund: The fund.
        member: Whose.
        draft: What.

    Returns:
        Its number.

    Raises:
        NotAllowedError: They are no auditor.
        FieldError: No title, or something is too long.
    """
    _check(draft)
    with database.writing() as connection:
        number = history.last_number(connection, fund.fund_id) + 1
        _add(connection, clock, fund, member, (number, 1, draft))
    return number


def revise(
    database: Database,
    clock: Clock,
    fund: Fund,
    member: Member,
    what: tuple[int, int, Draft],
) -> Paper:
    """Write the next version of one's own working paper.

    Args:
        database: Where it is kept.
        clock: Tells when.
        fund: The fund.
        member: Who writes.
        what: Its number, the version that they saw, and what stands there now.

    Returns:
        The paper.

    Raises:
        NotAllowedError: They are no auditor, or it is another one's.
        StateError: It was changed since they saw it.
        FieldError: No title, or something is too long.
    """
    number, seen, draft = what
    _check(draft)
    with database.writing() as connection:
        found = history.paper(connection, fund.fund_id, number)
        if found.member_id != member.member_id:
            raise NotAllowedError(reason="not-theirs", action="papers.write")
        if found.version != seen:
            raise StateError(
                what="paper", key=number, state=found.version, needed="latest-version"
            )
        _add(connection, clock, fund, member, (number, seen + 1, draft))
        return history.paper(connection, fund.fund_id, number)


def _check(draft: Draft) -> None:
    for field, text, longest in (
        ("title", draft.title, TITLE_MAX),
        ("subject", draft.subject, TITLE_MAX),
        ("body", draft.body, BODY_MAX),
    ):
        if len(text) > longest:
            raise FieldError(field=field, value="", reason="too-long")
    if not draft.title.strip():
        raise FieldError(field="title", value="", reason="missing")


def _add(
    connection: sa.Connection,
    clock: Clock,
    fund: Fund,
    member: Member,
    what: tuple[int, int, Draft],
) -> None:
    number, version, draft = what
    actor = acting(member, "papers.write")
    connection.execute(
        sa.insert(working_papers).values(
            fund_id=fund.fund_id,
            number=number,
            version=version,
            member_id=actor.id,
            at_ms=to_ms(clock.now()),
            title=draft.title.strip(),
            subject=draft.subject.strip(),
            body=draft.body,
        )
    )
    one = Activity(fund.fund_id, "papers.write", f"paper/{number}", actor.id, actor.role)
    record(connection, clock, one)
