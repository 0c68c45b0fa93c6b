"""Read working papers."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from ledger.errors import NotFoundError
from ledger.papers.tables import working_papers


class Paper(NamedTuple):
    """A version of a working paper.

    Attributes:
        number: Of the paper.
        version: From 1.
        member_id: Whose.
        at_ms: When it was written, POSIX milliseconds.
        title: One line.
        subject: What it is about; may be empty.
        body: Text.
    """

    number: int
    version: int
    member_id: str
    at_ms: int
    title: str
    subject: str
    body: str


_PAPER = tuple(working_papers.c[name] for name in Paper._fields)


def versions(connection: sa.Connection, fund_id: int, number: int) -> list[Paper]:
    """Return all versions of a paper, newest first; none if there is no such paper."""
    rows = connection.execute(
        sa.select(*_PAPER)
        .where(working_papers.c.fund_id == fund_id, working_papers.c.number == number)
        .order_by(working_papers.c.version.desc())
    )
    return [Paper(*row) for row in rows]


def paper(connection: sa.Connection, fund_id: int, number: int) -> Paper:
    """Return the newest version of a paper.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        number: Of the paper.

    Returns:
        The paper.

    Raises:
        NotFoundError: There is none of this number.
    """
    found = versions(connection, fund_id, number)
    if not found:
        raise NotFoundError(what="paper", number=number)
    return found[0]


def all_papers(connection: sa.Connection, fund_id: int) -> list[Paper]:
    """Return the newest version of every paper, newest paper first."""
    later = working_papers.alias("later")
    newest = ~sa.exists().where(
        later.c.fund_id == working_papers.c.fund_id,
        later.c.number == working_papers.c.number,
        later.c.version > working_papers.c.version,
    )
    rows = connection.execute(
        sa.select(*_PAPER)
        .where(working_papers.c.fund_id == fund_id, newest)
        .order_by(working_papers.c.number.desc())
    )
    return [Paper(*row) for row in rows]


def last_number(connection: sa.Connection, fund_id: int) -> int:
    """Return the number of the newest paper, 0 before the first."""
    found = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(working_papers.c.number), 0)).where(
            working_papers.c.fund_id == fund_id
        )
    )
    return int(found.scalar_one())
