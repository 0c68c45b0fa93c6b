"""Read where statements stand, and with which certificates auditors countersign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_text
from ledger.errors import NotFoundError
from ledger.issuing import steps as life
from ledger.issuing.tables import certificates, statement_steps
from ledger.journal import history as journal
from ledger.journal.codec import decode

NEWEST = 200
"""Statements that a list shows."""


class Step(NamedTuple):
    """A step of a statement's life.

    Attributes:
        seq: Its entry.
        step: Such as `signed`.
        sha256: Of the file that it left.
        bytes: Of that file.
        member_id: Who took it.
    """

    seq: int
    step: str
    sha256: bytes
    bytes: int
    member_id: str


@dataclass(frozen=True, slots=True)
class Issue:
    """A statement in one language, and what happened to it.

    Attributes:
        number: `qinghe-2026-10-M-v1`.
        language: `zh`, `en` or `both`.
        steps: Oldest first.
    """

    number: str
    language: str
    steps: tuple[Step, ...]

    @property
    def last(self) -> Step:
        """Return where it stands."""
        return self.steps[-1]

    @property
    def state(self) -> str:
        """Return the name of its last step."""
        return self.last.step

    @property
    def built(self) -> Step:
        """Return the last building of it."""
        return next(one for one in reversed(self.steps) if one.step == life.BUILT)

    def newest(self, step: str) -> Step | None:
        """Return the newest step of a name since it was built last."""
        for one in reversed(self.steps):
            if one.step == step:
                return one
            if one.step == life.BUILT:
                return None
        return None


_COLUMNS = ("number", "language", *Step._fields)


def _issues(rows: Sequence[Any]) -> list[Issue]:
    found: dict[tuple[str, str], list[Step]] = {}
    for number, language, *rest in rows:
        found.setdefault((number, language), []).append(Step(*rest))
    return [Issue(*key, tuple(steps)) for key, steps in found.items()]


def issues(connection: sa.Connection, fund_id: int, number: str | None = None) -> list[Issue]:
    """Return statements and where they stand.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        number: Only those of this number.

    Returns:
        Those with the newest steps first; at most `NEWEST` steps' worth where no number is given.
    """
    asked = sa.select(*(statement_steps.c[name] for name in _COLUMNS)).where(
        statement_steps.c.fund_id == fund_id
    )
    if number is not None:
        rows = connection.execute(
            asked.where(statement_steps.c.number == number).order_by(statement_steps.c.seq)
        ).all()
        return _issues(rows)
    rows = connection.execute(asked.order_by(statement_steps.c.seq)).all()
    return sorted(_issues(rows), key=lambda one: -one.last.seq)[:NEWEST]


def issue(connection: sa.Connection, fund_id: int, number: str, language: str) -> Issue:
    """Return one statement.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        number: Of the statement.
        language: Of the file.

    Returns:
        It and its steps.

    Raises:
        NotFoundError: It was never built.
    """
    for one in issues(connection, fund_id, number):
        if one.language == language:
            return one
    raise NotFoundError(what="statement", key=f"{number[:60]}/{language[:10]}")


class Told(NamedTuple):
    """A step as its entry tells it.

    Attributes:
        step: The row.
        at: When.
        role: In which role somebody took it.
        body: Of the entry.
    """

    step: Step
    at: Any
    role: str
    body: dict[str, Any]


def told(connection: sa.Connection, fund_id: int, one: Issue) -> list[Told]:
    """Return a statement's steps with what their entries say, oldest first."""
    found = []
    for step in one.steps:
        entry = decode(journal.entry(connection, fund_id, step.seq).entry)
        found.append(
            Told(step, from_text(entry["occurred_at"]), entry["actor"]["role"], entry["body"])
        )
    return found


class Certificate(NamedTuple):
    """A certificate with which somebody countersigns.

    Attributes:
        fingerprint: SHA-256 of it.
        member_id: Who.
        name: As it calls its holder.
        chain: It and those above it, PEM.
        enrolled_seq: Entry that enrolled it.
        ended_seq: Entry that ended it; None while it counts.
    """

    fingerprint: bytes
    member_id: str
    name: str
    chain: str
    enrolled_seq: int
    ended_seq: int | None


def enrolled(connection: sa.Connection, fund_id: int) -> list[Certificate]:
    """Return all certificates, oldest first, those that have ended too."""
    rows = connection.execute(
        sa.select(*(certificates.c[name] for name in Certificate._fields))
        .where(certificates.c.fund_id == fund_id)
        .order_by(certificates.c.enrolled_seq)
    )
    return [Certificate(*row) for row in rows]
