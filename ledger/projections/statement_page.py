"""A published statement's page: its files, its history, and its figures as they were printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ledger.issuing import history
from ledger.issuing.history import Issue
from ledger.issuing.numbers import address_of_number, is_notice
from ledger.journal.history import Fund
from ledger.projections.notices import Restatement, notices
from ledger.projections.shapes import Contact, PublishedFile, Words


@dataclass(frozen=True, slots=True)
class StatementStep:
    """A step of a statement's life, as anyone may read it.

    Attributes:
        language: Of the file.
        step: Such as `signed`.
        at: When.
        role: In which role somebody took it.
        entry: That says so.
        sha256: Of the file that it left, hex.
        level: Of the signature: `B-B`, `B-LTA`, or empty.
        certificate: SHA-256 of the signer's certificate, hex, or empty.
        is_development: Signed with a key that proves nothing.
        opinion: Kind of the auditor's opinion, or empty.
        findings: Why the auditor returned it, or empty.
    """

    language: str
    step: str
    at: datetime
    role: str
    entry: int
    sha256: str
    level: str = ""
    certificate: str = ""
    is_development: bool = False
    opinion: str = ""
    findings: str = ""


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice that a statement's page names.

    Attributes:
        id: The notice's name in addresses.
        number: Its number.
        at: When it was published.
        rows: What it corrects in this statement.
    """

    id: str
    number: str
    at: datetime
    rows: tuple[Restatement, ...]


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A published statement.

    Attributes:
        slug: The fund's name in addresses.
        fund: Its full name.
        contact: Who stands behind it.
        id: The statement's name in addresses.
        number: Its number.
        files: One a language, the one that the short address gives first.
        steps: Oldest first; none for one of before there were steps.
        lines: Figures by code, as printed; minor units or counts. Empty where they are not kept.
        zone: The fund's time zone.
        commodity: ISO 4217 code of the amounts.
        notices: Published notices that correct this statement, oldest first.
        corrects: Of a notice: the statements that it corrects, by their names in addresses, with the figures.
    """

    slug: str
    fund: Words
    contact: Contact
    id: str
    number: str
    files: tuple[PublishedFile, ...]
    steps: tuple[StatementStep, ...]
    lines: dict[str, int | None] = field(default_factory=dict)
    zone: str = "Asia/Shanghai"
    commodity: str = "CNY"
    notices: tuple[NoticeLine, ...] = ()
    corrects: tuple[tuple[str, Restatement], ...] = ()

    @property
    def is_notice(self) -> bool:
        """Tell whether it is a correction notice."""
        return is_notice(self.number)

    @property
    def opinion(self) -> str:
        """Return the kind of the auditor's opinion; empty where no auditor has signed."""
        return next((one.opinion for one in reversed(self.steps) if one.opinion), "")

    @property
    def is_development(self) -> bool:
        """Tell whether a signature was made with a key that proves nothing."""
        return any(one.is_development for one in self.steps)

    @property
    def level(self) -> str:
        """Return the level of the last signature; empty where nothing is signed."""
        return next((one.level for one in reversed(self.steps) if one.level), "")


def notices_about(
    connection: sa.Connection, fund_id: int, number: str
) -> tuple[tuple[NoticeLine, ...], tuple[tuple[str, Restatement], ...]]:
    """Return the notices that correct a statement, and, where it is a notice, what it corrects.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        number: Of the statement.

    Returns:
        Both, oldest first.
    """
    lines, corrects = [], []
    for one in notices(connection, fund_id):
        mine = tuple(row for row in one.corrects if row.statement == number)
        if mine:
            lines.append(NoticeLine(address_of_number(one.number), one.number, one.at, mine))
        if one.number == number:
            corrects = [(address_of_number(row.statement), row) for row in one.corrects]
    return tuple(lines), tuple(corrects)


def steps_of(
    connection: sa.Connection, fund: Fund, issues: Sequence[Issue]
) -> list[StatementStep]:
    """Return what happened to a statement's files, oldest first.

    Args:
        connection: In a transaction.
        fund: The fund.
        issues: The statement, in each language.

    Returns:
        Every step.
    """
    found = [
        _step(issue.language, row)
        for issue in issues
        for row in history.told(connection, fund.fund_id, issue)
    ]
    return sorted(found, key=lambda one: one.entry)


def _step(language: str, row: Any) -> StatementStep:
    body = row.body
    return StatementStep(
        language,
        row.step.step,
        row.at,
        row.role,
        row.step.seq,
        row.step.sha256.hex(),
        body.get("level", ""),
        body.get("certificate", ""),
        bool(body.get("development")),
        body.get("opinion", ""),
        body.get("findings", ""),
    )
